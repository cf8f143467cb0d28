//! What an image starts: `ENTRYPOINT` and `CMD` together, without what only got in the way.

use super::dockerfile::Words;
use super::functions;
use super::shell::{self, Command};
use crate::command::{StartCommand, without_runner};
use crate::project::source_tree::has_extension;

/// What an image starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// The program and its arguments, without runners (`uv run`, `tini --`) and paths of the environment.
    pub(crate) words: Vec<String>,
    /// Commands that run before it, in the same shell line or in the entrypoint script.
    pub(crate) before: Vec<Command>,
    /// The script that is started first, as written.
    pub(crate) script: Option<String>,
    /// Whether Docker runs it through a shell.
    pub(crate) shell: bool,
    /// The runner that was taken off, `uv run` for one.
    pub(crate) runner: Option<String>,
}

impl Start {
    /// The script and the words in one line.
    pub(crate) fn line(&self) -> String {
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
        (Some(Words::Shell(text)), Some(Words::Exec(words))) if hands_on(text) => {
            let line = text.split_whitespace();
            let own = line.filter(|word| !word.trim_matches('"').starts_with('$'));
            let own: Vec<String> = own.map(str::to_owned).collect();
            Some(of_exec(&own, words))
        }
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

/// Whether a line of shell ends in the words of `CMD`: `/entrypoint.sh $0 $@`.
fn hands_on(text: &str) -> bool {
    let last = text.split_whitespace().next_back();
    let last = last.map(|word| word.trim_matches('"'));
    matches!(last, Some("$@" | "$*" | "${@}")) && !text.contains(['&', '|', ';'])
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
        // `entrypoint: ""` of a compose file: the command is all there is.
        [] if !arguments.is_empty() => of_exec(arguments, &[]),
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

pub(super) fn of_shell(text: &str) -> Start {
    let (main, before) = main_of(shell::split(text, 0, '\\'));
    let start = match main.as_slice() {
        [script] if is_script(script) => of_script(script, &[], None),
        [shell, script] if is_shell(shell) => of_script(script, &[], None),
        // The line may hand all of it to another shell.
        [shell, flag, ..] if is_shell(shell) && flag.starts_with('-') => of_exec(&main, &[]),
        _ => of_words(&main, None),
    };
    Start {
        before: [before, start.before].concat(),
        shell: true,
        ..start
    }
}

/// What an entrypoint script starts at its end, and what else it does. `exec "$@"` starts the
/// arguments: its words are empty then.
pub(crate) fn start_of_script(text: &str) -> Start {
    let first = text.starts_with("#!").then(|| text.find('\n'));
    let start = first.map_or(0, |end| end.map_or(text.len(), |end| end + 1));
    let body = &text[start..];
    let commands = functions::commands(body, start);
    let starts_arguments = commands
        .iter()
        .rfind(|command| !is_idle(command))
        .is_some_and(is_arguments);
    let (main, before) = if starts_arguments {
        let others = commands.into_iter().filter(|one| !is_arguments(one));
        (Vec::new(), others.collect())
    } else {
        main_of(commands)
    };
    let main = gathered(written_out(main, body), body);
    let start = match main.as_slice() {
        [shell, script, arguments @ ..] if is_shell(shell) && !script.starts_with('-') => {
            of_script(script, arguments, None)
        }
        [script, arguments @ ..] if is_script(script) => of_script(script, arguments, None),
        _ => of_words(&main, None),
    };
    Start { before, ..start }
}

/// What a script starts where it is given nothing to start: the last server or worker in it.
pub(crate) fn default_of_script(start: &Start) -> Vec<String> {
    let mut commands = start.before.iter().rev();
    let last = commands.find(|command| StartCommand::read(&command.words).may_last());
    last.map(|command| without_runner(&command.words).0)
        .unwrap_or_default()
}

/// Whether a command starts what the script was given.
fn is_arguments(command: &Command) -> bool {
    let words = without_runner(&command.words).0;
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let is_all = ["$@", "$*", "${@"].iter().any(|all| last.starts_with(all));
    // What goes before them is filled by the script: `exec "${PREFIX[@]}" "$@"`.
    is_all && before.iter().all(|word| word.starts_with('$'))
}

/// Whether a command only waits, ends or tells.
fn is_idle(command: &Command) -> bool {
    matches!(
        command.program(),
        "wait"
            | ":"
            | "true"
            | "exit"
            | "return"
            | "sleep"
            | "tail"
            | "echo"
            | "printf"
            | "kill"
            | "trap"
            | "rm"
            | "esac"
            | ";;"
    )
}

/// The command that a line of shell is there for, and the others: the last one that does something; a
/// server or worker where that is neither.
fn main_of(mut commands: Vec<Command>) -> (Vec<String>, Vec<Command>) {
    let words = |command: &Command| without_runner(&command.words).0;
    let last = commands
        .iter()
        .rposition(|one| !is_idle(one) && !is_arguments(one));
    let is_program = |at: &usize| {
        let words = words(&commands[*at]);
        StartCommand::read(&words).may_last()
            || words.first().is_some_and(|first| {
                first.starts_with("python") || first.starts_with('$') || first == "eval"
            })
    };
    let known = commands
        .iter()
        .rposition(|one| StartCommand::read(&one.words).may_last());
    let for_production = commands.iter().rposition(|one| {
        let read = StartCommand::read(&one.words);
        read.may_last() && read.development_server().is_none()
    });
    let develops = |at: &usize| {
        let read = StartCommand::read(&words(&commands[*at]));
        read.development_server().is_some()
    };
    // Where a script starts either, what it has for production counts.
    let last = last.filter(|at| !develops(at) || for_production.is_none());
    let at = last
        .filter(is_program)
        .or(for_production)
        .or(known)
        .or(last);
    let Some(at) = at else {
        let last = commands.pop();
        return (last.map(|last| last.words).unwrap_or_default(), commands);
    };
    let main = commands.remove(at);
    // What follows it waits for it or cleans up after it.
    let others = commands
        .into_iter()
        .enumerate()
        .filter(|(index, one)| *index < at || !is_idle(one));
    (main.words, others.map(|(_, one)| one).collect())
}

/// The arguments that a script gathers, in place of `"${args[@]}"`: what it adds always, and what it adds where a variable
/// has a value, `[[ -n "$PORT" ]] && args+=(--port "$PORT")`.
fn gathered(words: Vec<String>, script: &str) -> Vec<String> {
    let [before @ .., last] = words.as_slice() else {
        return words;
    };
    let name = last
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix("[@]}"));
    let Some(name) = name.filter(|_| !before.is_empty()) else {
        return words;
    };
    let start = format!("{name}+=(");
    let mut all = before.to_vec();
    for line in script.lines() {
        let Some((before, rest)) = line.split_once(start.as_str()) else {
            continue;
        };
        let words = shell::split(
            rest.rsplit_once(')').map_or(rest, |(words, _)| words),
            0,
            '\\',
        );
        let words = words.into_iter().next().map(|command| command.words);
        let words = words.unwrap_or_default();
        let asks = |word: &String| {
            let variable = word.trim_start_matches('$').trim_matches(['{', '}']);
            word.starts_with('$') && before.contains("-n") && before.contains(variable)
        };
        if before.is_empty() || words.iter().any(asks) {
            all.extend(words);
        }
    }
    all
}

/// `eval "$cmd"` and `exec $cmd`, where the script says `cmd=".."` in so many words.
fn written_out(words: Vec<String>, script: &str) -> Vec<String> {
    let words = match words.as_slice() {
        [eval, rest @ ..] if eval == "eval" => rest.to_vec(),
        _ => words,
    };
    let [only] = words.as_slice() else {
        return words;
    };
    let name = only
        .trim_start_matches('$')
        .trim_matches(['{', '}'])
        .to_owned();
    let text = only
        .starts_with('$')
        .then(|| assigned(script, &name))
        .flatten();
    match text {
        Some(text) => {
            let (mut main, _) = main_of(shell::split(&text, 0, '\\'));
            main.retain(|word| word != "$@" && word != "$*");
            main
        }
        None => words,
    }
}

/// The first text that a script gives a variable, without what only adds to it.
fn assigned(script: &str, name: &str) -> Option<String> {
    let assignment = format!("{name}=");
    let mut starts = script.match_indices(&assignment);
    starts.find_map(|(at, found)| {
        let before = script[..at].rsplit('\n').next().unwrap_or_default();
        let is_whole = matches!(before.trim(), "" | "export" | "local" | "readonly");
        let value = &script[at + found.len()..];
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let text = value[1..].split_once(quote)?.0;
        let adds = text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
        (is_whole && !adds).then(|| text.to_owned())
    })
}

pub(super) fn is_shell(word: &str) -> bool {
    matches!(
        word.rsplit('/').next(),
        Some("sh" | "bash" | "ash" | "dash")
    )
}

fn is_script(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    has_extension(word, "sh") || name.contains("entrypoint")
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
        let line = "bash -lc \"alembic upgrade head && exec uvicorn a:app --port ${PORT:-8000}\"";
        let start = cmd(&Words::Shell(line.to_owned()));
        assert_eq!(start.words.join(" "), "uvicorn a:app --port ${PORT:-8000}");
        assert_eq!(start.before[0].words.join(" "), "alembic upgrade head");
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
    fn a_line_of_shell_may_hand_on_the_command() {
        let shell = Words::Shell("/docker-entrypoint.sh $0 $@".to_owned());
        let both = start(Some(&shell), Some(&exec(&["gunicorn", "a:app"]))).unwrap();
        assert_eq!(both.script.as_deref(), Some("/docker-entrypoint.sh"));
        assert_eq!(both.words.join(" "), "gunicorn a:app");
        let alone = Words::Shell("uvicorn a:app".to_owned());
        let both = start(Some(&alone), Some(&exec(&["x"]))).unwrap();
        assert_eq!(both.words.join(" "), "uvicorn a:app");
    }

    #[test]
    fn scripts_end_in_what_they_start() {
        let script = start_of_script("#!/bin/sh\nset -e\npython manage.py migrate\nexec \"$@\"\n");
        assert!(script.words.is_empty());
        assert_eq!(script.before[1].words.join(" "), "python manage.py migrate");
        let filled = start_of_script("#!/bin/bash\nPRE=()\nexec \"${PRE[@]}\" \"$@\"\n");
        assert!(filled.words.is_empty());
        assert_eq!(
            start_of_script("#!/bin/bash\nexec uv run uvicorn a:app\n")
                .words
                .join(" "),
            "uvicorn a:app"
        );
    }

    #[test]
    fn what_waits_at_the_end_is_not_what_is_started() {
        let words = |text: &str| start_of_script(text).words.join(" ");
        let both = "celery -A a worker &\ndaphne a.asgi:app &\nwait\n";
        assert_eq!(words(both), "daphne a.asgi:app");
        assert_eq!(
            start_of_script(both).before[0].words.join(" "),
            "celery -A a worker"
        );
        assert_eq!(
            words("gunicorn a:app &\nnginx -g 'daemon off;'\n"),
            "gunicorn a:app"
        );
        assert_eq!(
            words("uvicorn a:app &\npython main.py\n:\n"),
            "python main.py"
        );
        assert_eq!(words("wait\n"), "wait");
    }

    #[test]
    fn a_command_in_a_variable_is_seen() {
        let words = |text: &str| start_of_script(text).words.join(" ");
        assert_eq!(
            words("cmd=\"exec gunicorn a:app -w 2\"\neval \"$cmd\"\n"),
            "gunicorn a:app -w 2"
        );
        assert_eq!(words("CMD='uvicorn a:app'\nexec $CMD\n"), "uvicorn a:app");
        assert_eq!(
            words(
                "cmd=\"exec gunicorn a:app \\\n  -b :$PORT \\\n $@\"\nif x; then\n  cmd=\"su -c '$cmd'\"\nfi\neval \"$cmd\"\n"
            ),
            "gunicorn a:app -b :$PORT"
        );
        assert_eq!(words("cmd=$1\nexec $cmd\n"), "$cmd");
    }

    #[test]
    fn a_script_given_nothing_starts_its_server() {
        let script = start_of_script("if [ -z \"$1\" ]; then uvicorn a:app; fi\nexec \"$@\"\n");
        assert!(script.words.is_empty());
        assert_eq!(default_of_script(&script).join(" "), "uvicorn a:app");
    }
}
