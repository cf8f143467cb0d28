//! What an image starts: `ENTRYPOINT` and `CMD` together, without what only got in the way.

use super::dockerfile::Words;
use super::shell::{self, Command};
use crate::project::source_tree::has_extension;

/// What an image starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The program and its arguments, without runners (`uv run`, `tini --`) and paths of the environment.
    pub words: Vec<String>,
    /// Commands that run before it, in the same shell line or in the entrypoint script.
    pub before: Vec<Command>,
    /// The script that is started first, as written.
    pub script: Option<String>,
    /// Whether Docker runs it through a shell.
    pub shell: bool,
    /// The runner that was taken off, `uv run` for one.
    pub runner: Option<String>,
}

impl Start {
    /// The script and the words in one line.
    pub fn line(&self) -> String {
        let words = self.script.iter().chain(&self.words).map(String::as_str);
        words.collect::<Vec<_>>().join(" ")
    }
}

/// What `ENTRYPOINT` and `CMD` start together; `None` when there is neither.
///
/// Source: <https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact>
pub(super) fn start(entrypoint: Option<&Words>, cmd: Option<&Words>) -> Option<Start> {
    match (entrypoint, cmd) {
        (None, None) => None,
        (Some(Words::Shell(text)), _) | (None, Some(Words::Shell(text))) => Some(of_shell(text)),
        (None, Some(Words::Exec(words))) => Some(of_exec(words, &[])),
        (Some(Words::Exec(entrypoint)), Some(Words::Shell(text))) => {
            let mut start = of_exec(entrypoint, &of_shell(text).words);
            start.shell = true;
            Some(start)
        }
        (Some(Words::Exec(entrypoint)), cmd) => {
            let arguments = match cmd {
                Some(Words::Exec(words)) => words.as_slice(),
                _ => &[],
            };
            Some(of_exec(entrypoint, arguments))
        }
    }
}

fn of_exec(entrypoint: &[String], arguments: &[String]) -> Start {
    let (words, runner) = without_runner(entrypoint);
    match words.as_slice() {
        [shell, flag, text, ..]
            if is_shell(shell) && flag.starts_with('-') && flag.ends_with('c') =>
        {
            let mut start = of_shell(text);
            start.runner = start.runner.or(runner);
            start
        }
        [shell, script] if is_shell(shell) => of_script(script, arguments, runner),
        [script] if is_script(script) => of_script(script, arguments, runner),
        [] => of_words(arguments, runner),
        _ => of_words(&[&words, arguments].concat(), runner),
    }
}

fn of_words(words: &[String], runner: Option<String>) -> Start {
    let (words, inner) = without_runner(words);
    Start {
        words,
        before: Vec::new(),
        script: None,
        shell: false,
        runner: runner.or(inner),
    }
}

fn of_script(script: &str, arguments: &[String], runner: Option<String>) -> Start {
    Start {
        script: Some(script.to_owned()),
        ..of_words(arguments, runner)
    }
}

fn of_shell(text: &str) -> Start {
    let mut commands = shell::split(text, 0, '\\');
    let last = commands.pop().map(|last| last.words).unwrap_or_default();
    let start = match last.as_slice() {
        [script] if is_script(script) => of_script(script, &[], None),
        [shell, script] if is_shell(shell) => of_script(script, &[], None),
        _ => of_words(&last, None),
    };
    Start {
        before: commands,
        shell: true,
        ..start
    }
}

/// What an entrypoint script starts at its end, and what it does before. `exec "$@"` starts the
/// arguments: its words are empty then.
pub fn start_of_script(text: &str) -> Start {
    let body = text.strip_prefix("#!").map_or(text, |rest| {
        rest.split_once('\n').map_or("", |(_, rest)| rest)
    });
    let mut commands = shell::split(body, 0, '\\');
    let last = commands.pop().map(|last| last.words).unwrap_or_default();
    let arguments = last
        .first()
        .is_some_and(|first| first.starts_with("$@") || first.starts_with("$*"));
    let start = of_words(if arguments { &[] } else { &last }, None);
    Start {
        before: commands,
        ..start
    }
}

fn is_shell(word: &str) -> bool {
    matches!(
        word.rsplit('/').next(),
        Some("sh" | "bash" | "ash" | "dash")
    )
}

fn is_script(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    has_extension(word, "sh") || name.contains("entrypoint")
}

/// The words without what only runs them, and what that was.
pub(super) fn without_runner(words: &[String]) -> (Vec<String>, Option<String>) {
    let mut words: Vec<String> = words.to_vec();
    let mut runner = None;
    loop {
        let first = words
            .first()
            .map_or("", |first| first.rsplit('/').next().unwrap_or(first))
            .to_owned();
        let second = words.get(1).map_or("", String::as_str).to_owned();
        let taken = match (first.as_str(), second.as_str()) {
            ("uv" | "poetry" | "pdm" | "pipenv" | "hatch" | "rye", "run") => {
                2 + options(&words[2..])
            }
            ("tini" | "dumb-init" | "catatonit", _) => 1 + options(&words[1..]),
            ("exec" | "nohup", _) => 1,
            _ => break,
        };
        runner = runner.or(Some(if second == "run" {
            format!("{first} run")
        } else {
            first
        }));
        words.drain(..taken.min(words.len()));
    }
    let is_module =
        |first: &String| first == "-m" || first == "--module" || has_extension(first, "py");
    if runner.is_some() && words.first().is_some_and(is_module) {
        words.insert(0, "python".to_owned());
    }
    if let Some(first) = words.first_mut() {
        *first = bare(first);
    }
    (words, runner)
}

/// How many words are options of a runner.
fn options(words: &[String]) -> usize {
    let with_value = [
        "--extra",
        "--group",
        "--package",
        "--project",
        "--directory",
        "--python",
        "-p",
        "--env-file",
        "--with",
        "-m",
        "--module",
    ];
    let mut count = 0;
    while let Some(word) = words.get(count).filter(|word| word.starts_with('-')) {
        // `uv run -m module` is `python -m module`.
        if word == "-m" || word == "--module" {
            return count;
        }
        count += if with_value.contains(&word.as_str()) {
            2
        } else {
            1
        };
        if word == "--" {
            break;
        }
    }
    count
}

/// A program of the environment by its name alone.
fn bare(program: &str) -> String {
    let in_environment = program.contains("venv/bin/")
        || program.starts_with("/usr/local/bin/")
        || program.starts_with("/usr/bin/");
    match program.rsplit_once('/') {
        Some((_, name)) if in_environment => name.to_owned(),
        _ => program.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exec(words: &[&str]) -> Words {
        Words::Exec(words.iter().map(|word| (*word).to_owned()).collect())
    }

    fn cmd(words: &Words) -> Start {
        start(None, Some(words)).unwrap()
    }

    #[test]
    fn runners_and_paths_of_the_environment_are_taken_off() {
        let start = cmd(&exec(&[
            "uv",
            "run",
            "--no-sync",
            "--extra",
            "ml",
            "uvicorn",
            "a:app",
        ]));
        assert_eq!(
            (start.words.join(" ").as_str(), start.runner.as_deref()),
            ("uvicorn a:app", Some("uv run"))
        );
        assert_eq!(
            cmd(&exec(&[
                "/usr/bin/tini",
                "--",
                "/app/.venv/bin/gunicorn",
                "a:app"
            ]))
            .words
            .join(" "),
            "gunicorn a:app"
        );
        assert_eq!(cmd(&exec(&["python", "main.py"])).runner, None);
    }

    #[test]
    fn a_shell_line_ends_in_what_is_started() {
        let start = cmd(&Words::Shell(
            "alembic upgrade head && exec uvicorn a:app".to_owned(),
        ));
        assert!(start.shell);
        assert_eq!(start.words.join(" "), "uvicorn a:app");
        assert_eq!(start.before[0].words.join(" "), "alembic upgrade head");
        let start = cmd(&exec(&["sh", "-c", "gunicorn --bind 0.0.0.0:8000 a"]));
        assert!(start.shell);
        assert_eq!(start.words[0], "gunicorn");
    }

    #[test]
    fn entrypoint_and_command_together() {
        let both = start(
            Some(&exec(&["uv", "run"])),
            Some(&exec(&["uvicorn", "a:app"])),
        )
        .unwrap();
        assert_eq!(both.words.join(" "), "uvicorn a:app");
        let script = start(
            Some(&exec(&["/app/docker-entrypoint.sh"])),
            Some(&exec(&["gunicorn", "a"])),
        )
        .unwrap();
        assert_eq!(script.script.as_deref(), Some("/app/docker-entrypoint.sh"));
        assert_eq!(script.words.join(" "), "gunicorn a");
        assert_eq!(start(None, None), None);
    }

    #[test]
    fn scripts_end_in_what_they_start() {
        let script = start_of_script("#!/bin/sh\nset -e\npython manage.py migrate\nexec \"$@\"\n");
        assert!(script.words.is_empty());
        assert_eq!(script.before[1].words.join(" "), "python manage.py migrate");
        assert_eq!(
            start_of_script("#!/bin/bash\nexec uv run uvicorn a:app\n")
                .words
                .join(" "),
            "uvicorn a:app"
        );
    }
}
