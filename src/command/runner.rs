//! What stands before a program and only runs it: `uv run`, `tini --`, `gosu app`, `wait-for-it db --`.
//!
//! An image of dfgen has none of them: its environment is on the path, its user is set, and the program
//! is process 1 itself.

use crate::catalog::{self, Runners};
use crate::project::source_tree::has_extension;

/// The words without what only runs them, and what that was.
pub(crate) fn without_runner(words: &[String]) -> (Vec<String>, Option<String>) {
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

/// A program at the front of a command that runs the one behind it.
struct Runner {
    name: String,
    /// How many words it has.
    words: usize,
    /// Whether it installs what it runs.
    installs: bool,
}

impl Runner {
    /// A program that only gets the other one started.
    fn of(words: &[String]) -> Option<Self> {
        let name = file_name(words.first()?);
        Self::read(name, Runners::embedded().runner(name)?, words)
    }

    /// A program that looks at the other one meanwhile.
    fn wrapper(words: &[String]) -> Option<Self> {
        let name = file_name(words.first()?);
        Self::read(name, Runners::embedded().wrapper(name)?, words)
    }

    fn read(name: &str, row: &catalog::Runner, words: &[String]) -> Option<Self> {
        let own = 1 + options(words.get(1..)?, &row.with_value);
        if let Some(end) = &row.until {
            let end = words.iter().position(|word| word == end)?;
            return Some(Self {
                name: name.to_owned(),
                words: end + 1,
                installs: false,
            });
        }
        let next = words.get(own).filter(|_| row.plain);
        if row.plain && (own > 1 || next.is_none_or(|next| next.contains('='))) {
            return None;
        }
        let mut forms = row.words.iter();
        let form = forms.find(|form| follows(form, &words[own..]))?;
        let end = own + form.split_whitespace().count();
        let end = match form.as_str() {
            "" => end,
            _ => end + options(words.get(end..)?, &row.with_value),
        };
        let taken = end + row.operands;
        // `uv run` alone runs nothing, and still is a runner; `sudo` alone is a program.
        (words.len() > taken || !form.is_empty() || row.installs.contains(form)).then(|| Self {
            name: format!("{name} {form}").trim_end().to_owned(),
            words: taken,
            installs: row.installs.contains(form),
        })
    }
}

/// Whether a command goes on with these words.
fn follows(form: &str, words: &[String]) -> bool {
    let mut words = words.iter();
    form.split_whitespace()
        .all(|wanted| words.next().is_some_and(|word| word == wanted))
}

/// The words from the program itself on: without runners, and without what looks at it.
pub(super) fn program(words: &[String]) -> &[String] {
    let mut words = words;
    while let Some(found) = Runner::of(words).or_else(|| Runner::wrapper(words)) {
        words = words.get(found.words..).unwrap_or_default();
    }
    words
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
fn options(words: &[String], with_value: &[String]) -> usize {
    let mut count = 0;
    while let Some(word) = words.get(count).filter(|word| word.starts_with('-')) {
        // `uv run -m module` is `python -m module`.
        if word == "-m" || word == "--module" {
            return count;
        }
        count += if with_value.contains(word) { 2 } else { 1 };
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
    // `$VIRTUAL_ENV/bin`, too.
    let environment = folder.trim_end_matches("/bin").trim_end_matches('}');
    let in_environment = folder.ends_with("/bin")
        && environment.to_ascii_lowercase().ends_with("env")
        && !word.starts_with('-');
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
