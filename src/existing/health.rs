//! What a health check asks.

use super::dockerfile::Words;
use super::shell;

/// A health check as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HealthCheck {
    /// What it asks.
    pub(crate) question: HealthQuestion,
    /// `interval`, `timeout`, `start-period` and `retries`, as they were given.
    pub(crate) options: Vec<(String, String)>,
    /// The port of this machine that it asks.
    pub(crate) port: Option<u16>,
}

/// What a health check asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HealthQuestion {
    /// A path of the application over HTTP, by whatever tool.
    Path(String),
    /// A command.
    Command(Vec<String>),
    /// Something that only a shell can run.
    Shell(String),
}

impl HealthCheck {
    pub(super) fn new(options: &[(String, String)], words: &Words) -> Self {
        Self {
            question: question(words),
            options: options.to_vec(),
            port: port(words),
        }
    }
}

pub(super) fn question(words: &Words) -> HealthQuestion {
    let text = match words {
        Words::Exec(words) => words.join(" "),
        Words::Shell(text) => text.clone(),
    };
    if let Some(path) = path(&text) {
        return HealthQuestion::Path(path);
    }
    match words {
        Words::Exec(words) if !is_shell(words) => HealthQuestion::Command(without_uv(words)),
        Words::Exec(_) => HealthQuestion::Shell(text),
        Words::Shell(text) => {
            let commands = shell::split(text, 0, '\\');
            let plain = |word: &String| !word.contains(['$', '`']);
            match commands.split_first() {
                Some((first, rest))
                    if first.words.iter().all(plain)
                        && rest.iter().all(|other| other.program() == "exit") =>
                {
                    HealthQuestion::Command(without_uv(&first.words))
                }
                _ => HealthQuestion::Shell(text.clone()),
            }
        }
    }
}

fn is_shell(words: &[String]) -> bool {
    words.first().is_some_and(|first| first.ends_with("sh"))
}

fn without_uv(words: &[String]) -> Vec<String> {
    crate::command::without_runner(words).0
}

/// The port of the first address of this machine.
pub(super) fn port(words: &Words) -> Option<u16> {
    let text = match words {
        Words::Exec(words) => words.join(" "),
        Words::Shell(text) => text.clone(),
    };
    let hosts = ["localhost:", "127.0.0.1:", "0.0.0.0:", "[::1]:"];
    let rest = hosts
        .iter()
        .find_map(|host| Some(text.split_once(host)?.1))?;
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())]
        .parse()
        .ok()
        .filter(|port| *port != 0)
}

/// The path of the first URL of this machine.
fn path(text: &str) -> Option<String> {
    let hosts = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];
    let starts = text.match_indices("://").filter_map(|(at, found)| {
        let rest = &text[at + found.len()..];
        hosts.iter().find_map(|host| rest.strip_prefix(host))
    });
    let bare = hosts.iter().filter_map(|host| {
        let curls = text.contains("curl") || text.contains("wget");
        text.split_once(host)
            .map(|(_, rest)| rest)
            .filter(|_| curls)
    });
    let rest = starts.chain(bare).next()?;
    let end =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | ';' | '|' | '&'));
    let place = &rest[..end.unwrap_or(rest.len())];
    let path = place.find('/').map_or("/", |at| &place[at..]);
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic())
        && !path.contains(['$', '`', '{', '}', '\\']);
    plain.then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> HealthQuestion {
        question(&Words::Shell(text.to_owned()))
    }

    #[test]
    fn a_path_is_found_whatever_asks_for_it() {
        let path = |path: &str| HealthQuestion::Path(path.to_owned());
        assert_eq!(
            shell("curl -f http://localhost:8000/health || exit 1"),
            path("/health")
        );
        assert_eq!(shell("curl --fail localhost:8000/up"), path("/up"));
        assert_eq!(
            shell(
                "python -c \"import urllib.request as u; u.urlopen('http://127.0.0.1:80/h?x=1')\""
            ),
            path("/h?x=1")
        );
        assert_eq!(shell("wget -qO- http://localhost:${PORT:-80}"), path("/"));
    }

    #[test]
    fn other_commands_are_kept_where_no_shell_is_needed() {
        let command = |words: &[&str]| {
            HealthQuestion::Command(words.iter().map(|word| (*word).to_owned()).collect())
        };
        assert_eq!(
            shell("uv run python health.py || exit 1"),
            command(&["python", "health.py"])
        );
        assert_eq!(
            question(&Words::Exec(vec!["pg_isready".to_owned()])),
            command(&["pg_isready"])
        );
        assert_eq!(
            shell("a | grep b"),
            HealthQuestion::Shell("a | grep b".to_owned())
        );
        assert!(matches!(
            shell("curl http://localhost/${A}health"),
            HealthQuestion::Shell(_)
        ));
    }
}
