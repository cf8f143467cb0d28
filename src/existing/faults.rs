//! What of an existing Dockerfile is a fault: `init` does not carry it over, `audit` tells it with what to write.
//!
//! One rule each in [`FAULTS`]: what is wrong, what dfgen does instead, what to write by hand, and how to see it. The
//! rules look at what reaches the image, and at what lies around the Dockerfile; their checks lie together by what they
//! look at.

mod base;
mod caches;
mod context;
mod environment;
mod environments;
mod files;
mod habits;
mod installs;
mod layers;
mod list;
mod start;

pub(crate) use self::environment::is_debug;
pub(crate) use self::files::is_for_developers;
use self::list::FAULTS;
use super::Placed;
use super::around::Surroundings;
use super::image::Image;
use super::start::Start;
use crate::diagnostic::Place;
use crate::rules::{self, Effort, Rule};

/// A kind of fault.
pub struct FaultRule {
    /// Its rule.
    pub rule: &'static Rule,
    /// What is wrong with it.
    pub why: &'static str,
    /// What dfgen does instead.
    pub(crate) instead: &'static str,
    /// What to write by hand.
    pub write: &'static str,
    /// What that takes.
    pub effort: Effort,
    /// Whether it is one in an image that only developers use, too.
    pub(crate) in_development: bool,
    check: fn(&Look<'_>) -> Vec<Seen>,
}

/// What is looked at.
pub(crate) struct Look<'a> {
    image: &'a Image,
    around: &'a Surroundings,
}

/// Where a fault was seen, and what of it is worth naming.
type Seen = (Place, String);

/// A check of a start alone.
type StartCheck = fn(&Placed<Start>) -> Vec<Seen>;

/// One fault of a Dockerfile.
#[derive(Clone)]
pub struct Fault {
    /// Its kind.
    pub kind: &'static FaultRule,
    /// Where it is.
    pub place: Place,
    /// What it is there: a package, a variable, a command.
    pub what: String,
}

/// The faults of an image, in the order of the rules.
pub fn faults(image: &Image, around: &Surroundings) -> Vec<Fault> {
    let look = Look { image, around };
    let found = FAULTS.iter().flat_map(|kind| {
        let seen = (kind.check)(&look);
        seen.into_iter()
            .map(move |(place, what)| Fault { kind, place, what })
    });
    found.collect()
}

/// The faults of a command that compose gives instead of the image's own.
pub(crate) fn start_faults(start: &Placed<Start>) -> Vec<Fault> {
    let checks: [(&Rule, StartCheck); 3] = [
        (rules::DEVELOPMENT_SERVER, start::development_seen),
        (rules::RUNNER_COMMAND, start::runner_seen),
        (rules::SHELL_COMMAND, start::shell_seen),
    ];
    let mut found = Vec::new();
    for (rule, check) in checks {
        for kind in FAULTS.iter().filter(|kind| kind.rule == rule) {
            let seen = check(start).into_iter();
            found.extend(seen.map(|(place, what)| Fault { kind, place, what }));
        }
    }
    found
}

/// The first line of a place, short.
fn text(place: &Place) -> String {
    place
        .text()
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches(['\\', ' '])
        .chars()
        .take(60)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;
    use crate::existing::Dockerfile;
    use crate::rules::Family;

    fn found(text: &str) -> Vec<(&'static str, String)> {
        let dockerfile = Dockerfile::parse(SourceFile::new("Dockerfile", text)).unwrap();
        let around = Surroundings::of_project("[dependency-groups]\ndev = []\n");
        let faults = faults(&Image::of(&dockerfile, None).unwrap(), &around);
        faults
            .into_iter()
            .map(|fault| {
                (
                    fault.kind.rule.name(),
                    format!(
                        "{} {}",
                        fault.place.location().replace("Dockerfile:", ""),
                        fault.what
                    ),
                )
            })
            .collect()
    }

    /// What one rule sees in a Dockerfile that is otherwise without faults.
    fn only(rule: &str, lines: &str) -> Vec<String> {
        let found = found(&format!("FROM python:3.13-slim-trixie\nUSER 1\n{lines}\n"));
        assert!(
            found.iter().any(|(name, _)| *name == rule),
            "{rule}: {found:?}"
        );
        found
            .into_iter()
            .filter(|(name, _)| *name == rule)
            .map(|(_, what)| what)
            .collect()
    }

    #[test]
    fn a_good_image_has_no_fault() {
        let text = "FROM python:3.13-slim-trixie AS build\nCOPY --from=ghcr.io/astral-sh/uv:0.9.1 /uv /bin/\nRUN --mount=type=cache,target=/root/.cache uv sync --locked --no-dev\n\
                    FROM python:3.13-slim-trixie\nCOPY --from=build /app /app\nENV TOKENIZERS_PARALLELISM=false KEY_PREFIX=\nUSER 1000\nCMD [\"uvicorn\", \"a:app\"]\n";
        assert_eq!(found(text), []);
    }

    /// Lines that a rule sees, and what it says of them.
    const SEEN: [(&str, &str, &[&str]); 18] = [
        ("root-user", "USER 0:0", &["3 USER 0:0"]),
        (
            "single-stage",
            "RUN uv sync --locked --no-dev",
            &["1 one FROM"],
        ),
        (
            "ships-uv",
            "COPY --from=ghcr.io/astral-sh/uv:1 /uv /bin/\nRUN pip install uv",
            &["3 uv is copied", "4 uv is installed"],
        ),
        (
            "development-group",
            "RUN uv sync --locked",
            &["3 uv sync --locked"],
        ),
        (
            "unlocked-install",
            "RUN uv sync --no-dev\nRUN pip install .",
            &["3 uv sync --no-dev", "4 pip install ."],
        ),
        (
            "install-beside-lock",
            "RUN uv pip install torch",
            &["3 torch"],
        ),
        (
            "hidden-failure",
            "RUN pip install x || true",
            &["3 pip || true"],
        ),
        (
            "development-server",
            "CMD [\"uvicorn\", \"a:app\", \"--reload\"]",
            &["3 --reload"],
        ),
        (
            "runner-command",
            "CMD [\"uv\", \"run\", \"a\"]",
            &["3 uv run"],
        ),
        ("shell-command", "CMD gunicorn a", &["3 gunicorn a"]),
        (
            "compilers-shipped",
            "RUN apt-get install -y \\\n  gcc libpq5",
            &["4 gcc"],
        ),
        (
            "package-lists-left",
            "RUN apt-get update",
            &["3 apt-get update"],
        ),
        ("copies-everything", "COPY . .", &["3 COPY . ."]),
        ("tests-shipped", "COPY tests/ tests/", &["3 tests"]),
        (
            "recursive-chown",
            "COPY a /app\nRUN a && chown -R app /app",
            &["4 chown -R app /app"],
        ),
        ("unpinned-base", "FROM python", &["3 python"]),
        (
            "secret-in-environment",
            "ENV API_KEY=abc\nENV DB=postgresql://u:p@db/x",
            &["3 API_KEY", "4 DB"],
        ),
        ("debug-environment", "ENV DEBUG=1", &["3 DEBUG=1"]),
    ];

    #[test]
    fn rules_are_seen_at_their_lines() {
        for (rule, lines, expected) in SEEN {
            assert_eq!(only(rule, lines), *expected, "{rule}");
        }
    }

    #[test]
    fn what_only_looks_like_a_fault_is_none() {
        let lines = "RUN apt-get update && rm -rf /var/lib/apt/lists/*\nRUN --mount=type=cache,target=/var/lib/apt apt-get update\nENV SECRET_KEY=\nENV MAX_TOKEN=512\nENV API_KEY_FILE=/run/secrets/key\nENV DEBUG=0\nRUN chmod +x a";
        assert_eq!(
            found(&format!("FROM python:3.13-slim\nUSER 1\n{lines}\n")),
            []
        );
    }

    #[test]
    fn every_fault_of_the_registry_is_looked_for() {
        let mut looked_for: Vec<&str> = FAULTS.iter().map(|kind| kind.rule.name()).collect();
        looked_for.sort_unstable();
        let faults = rules::ALL.iter();
        let faults = faults.filter(|rule| rule.family() == Family::Fault);
        assert_eq!(
            looked_for,
            faults.map(|rule| rule.name()).collect::<Vec<_>>()
        );
    }
}
