//! What stands before a program and only runs it: `uv run`, `tini --`, `gosu app`, `wait-for-it db --`.
//!
//! An image of dfgen has none of them: its environment is on the path, its user is set, and the program
//! is process 1 itself.

use crate::project::source_tree::has_extension;

/// Tools that run a program of an environment, with `run` after their own options.
const TOOLS: [&str; 6] = ["uv", "poetry", "pdm", "pipenv", "hatch", "rye"];

/// Options of runners that take the next word.
const WITH_VALUE: [&str; 52] = [
    "--allow-insecure-host",
    "--cache-dir",
    "--color",
    "--config-file",
    "--config-setting",
    "--default-index",
    "--directory",
    "--env",
    "--env-file",
    "--exclude-newer",
    "--extra",
    "--extra-index-url",
    "--find-links",
    "--from",
    "--group",
    "--index",
    "--index-strategy",
    "--index-url",
    "--keyring-provider",
    "--link-mode",
    "--no-binary-package",
    "--no-build-package",
    "--no-extra",
    "--no-group",
    "--only-group",
    "--package",
    "--prerelease",
    "--project",
    "--python",
    "--python-platform",
    "--python-preference",
    "--refresh-package",
    "--reinstall-package",
    "--resolution",
    "--rewrite",
    "--spec",
    "--upgrade-package",
    "--user",
    "--venv",
    "--with",
    "--with-editable",
    "--with-requirements",
    "-C",
    "-P",
    "-e",
    "-f",
    "-i",
    "-p",
    "-r",
    "-u",
    "-w",
    "-n",
];

/// The words without what only runs them, and what that was.
pub(super) fn without_runner(words: &[String]) -> (Vec<String>, Option<String>) {
    let mut words: Vec<String> = words.to_vec();
    let mut runner = None;
    while let Some(found) = Runner::of(&words) {
        words.drain(..found.words.min(words.len()));
        if found.installs {
            without_version(&mut words);
        }
        runner = runner.or(Some(found.name));
    }
    let is_module =
        |first: &String| first == "-m" || first == "--module" || has_extension(first, "py");
    if runner.is_some() && words.first().is_some_and(is_module) {
        words.insert(0, "python".to_owned());
    }
    for (index, word) in words.iter_mut().enumerate() {
        *word = bare(word, index == 0);
    }
    (words, runner)
}

/// A runner at the front of a command.
struct Runner {
    name: String,
    /// How many words it has.
    words: usize,
    /// Whether it installs what it runs.
    installs: bool,
}

impl Runner {
    fn of(words: &[String]) -> Option<Self> {
        let first = file_name(words.first()?);
        let own = 1 + options(&words[1..]);
        let next = words.get(own).map_or("", String::as_str);
        let then = |count: usize| count + options(words.get(count..).unwrap_or_default());
        let runner = |name: &str, words: usize| {
            Some(Self {
                name: name.to_owned(),
                words,
                installs: false,
            })
        };
        let installing = |name: &str, words: usize| {
            Some(Self {
                name: name.to_owned(),
                words,
                installs: true,
            })
        };
        match first {
            "uvx" => installing("uvx", own),
            "pipx" if next == "run" => installing("pipx run", then(own + 1)),
            "uv" if next == "tool" && words.get(own + 1).is_some_and(|word| word == "run") => {
                installing("uv tool run", then(own + 2))
            }
            tool if TOOLS.contains(&tool) && next == "run" => {
                runner(&format!("{tool} run"), then(own + 1))
            }
            "tini" | "tini-static" | "dumb-init" | "catatonit" | "setpriv" | "sudo" | "runuser"
                if words.len() > own =>
            {
                runner(first, own)
            }
            "su-exec" | "gosu" | "s6-setuidgid" | "chpst" if words.len() > own + 1 => {
                runner(first, own + 1)
            }
            "exec" | "nohup" | "command" if words.len() > own => runner(first, own),
            "env" if words.len() > 1 && !next.contains('=') && own == 1 => runner(first, 1),
            waits if waits.starts_with("wait-for") || waits == "dockerize" => {
                let end = words.iter().position(|word| word == "--")?;
                runner(first, end + 1)
            }
            _ => None,
        }
    }
}

/// `tool` of `tool@1.2`, as `uvx` takes it.
fn without_version(words: &mut [String]) {
    if let Some(first) = words.first_mut()
        && let Some((name, _)) = first.split_once('@').filter(|(name, _)| !name.is_empty())
    {
        *first = name.to_owned();
    }
}

/// How many words are options of a runner.
fn options(words: &[String]) -> usize {
    let mut count = 0;
    while let Some(word) = words.get(count).filter(|word| word.starts_with('-')) {
        // `uv run -m module` is `python -m module`.
        if word == "-m" || word == "--module" {
            return count;
        }
        count += if WITH_VALUE.contains(&word.as_str()) {
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

/// A program of the environment or the system by its name alone, and Python without a version that the
/// image may not have. Further words lose only the folder of an environment.
fn bare(word: &str, is_program: bool) -> String {
    let Some((folder, name)) = word.rsplit_once('/') else {
        return unversioned(word, is_program);
    };
    let in_environment = folder.ends_with("env/bin") && !word.starts_with('-');
    let in_system = ["/usr/", "/bin", "/sbin", "/opt/"]
        .iter()
        .any(|start| folder.starts_with(start))
        && folder.ends_with("bin")
        || folder.ends_with("/.local/bin");
    if in_environment || is_program && in_system {
        unversioned(name, true)
    } else {
        word.to_owned()
    }
}

/// `python` of `python3.11`.
fn unversioned(name: &str, is_program: bool) -> String {
    let version = name.strip_prefix("python3.").filter(|_| is_program);
    match version {
        Some(minor) if minor.bytes().all(|byte| byte.is_ascii_digit()) => "python".to_owned(),
        _ => name.to_owned(),
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_off(line: &str) -> (String, Option<String>) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let (words, runner) = without_runner(&words);
        (words.join(" "), runner)
    }

    #[test]
    fn nothing_but_the_program_is_left() {
        for (line, program) in [
            (
                "uvx mcp-server --transport sse",
                "mcp-server --transport sse",
            ),
            ("uvx --from shop[cli] shop serve", "shop serve"),
            ("uvx shop@1.2 serve", "shop serve"),
            ("uv tool run shop", "shop"),
            (
                "uv --offline run --no-sync shop --port 80",
                "shop --port 80",
            ),
            ("uv --directory /app run -m shop", "python -m shop"),
            ("uv run --with x main.py", "python main.py"),
            (
                "poetry --no-interaction run gunicorn a:app",
                "gunicorn a:app",
            ),
            ("su-exec 1337:1337 python3 -m maubot", "python3 -m maubot"),
            ("gosu app uv run uvicorn a:app", "uvicorn a:app"),
            ("/sbin/tini -g -- /venv/bin/python3.11 -m a", "python -m a"),
            (
                "dumb-init --rewrite 15:2 -- celery -A a worker",
                "celery -A a worker",
            ),
            ("sudo -u app -E gunicorn a", "gunicorn a"),
            (
                "opentelemetry-instrument /venv/bin/python server.py",
                "opentelemetry-instrument python server.py",
            ),
            (
                "./wait-for-it.sh db:5432 -t 30 -- uvicorn a:app",
                "uvicorn a:app",
            ),
            ("/usr/bin/env python main.py", "python main.py"),
            ("/home/app/.local/bin/uvicorn a:app", "uvicorn a:app"),
        ] {
            assert_eq!(taken_off(line).0, program, "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_runner_stays() {
        for line in [
            "uv sync",
            "env A=1 gunicorn a",
            "/app/bin/start --fast",
            "chromium --driver /usr/bin/driver",
            "python main.py",
        ] {
            assert_eq!(taken_off(line), (line.to_owned(), None));
        }
    }
}
