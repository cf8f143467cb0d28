//! What of an existing Dockerfile is not carried over, because it is a fault.
//!
//! One rule each in [`FAULTS`]: what is wrong, what dfgen does instead, and how to see it. The rules only
//! look at what reaches the image; their checks lie together by what they look at.

mod base;
mod environment;
mod files;
mod installs;
mod start;

pub(crate) use self::environment::is_debug;
pub(crate) use self::files::is_for_developers;
use super::Placed;
use super::image::Image;
use super::start::Start;
use crate::diagnostic::Place;
use crate::rules::{self, Rule};

/// A kind of fault.
pub struct FaultRule {
    /// Its rule.
    pub rule: &'static Rule,
    /// What is wrong with it.
    pub(crate) why: &'static str,
    /// What dfgen does instead.
    pub(crate) instead: &'static str,
    check: fn(&Image) -> Vec<Seen>,
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

/// Every rule, in the order in which they are told.
pub(crate) static FAULTS: &[FaultRule] = &[
    FaultRule {
        rule: rules::ROOT_USER,
        why: "runs as root",
        instead: "a user with a number of its own and no rights",
        check: base::root_user,
    },
    FaultRule {
        rule: rules::SINGLE_STAGE,
        why: "builds and runs in one stage, so that all build tools ship",
        instead: "build stages, of which only the results are copied",
        check: base::single_stage,
    },
    FaultRule {
        rule: rules::SHIPS_UV,
        why: "uv is in the image, about 50 MB that nothing runs",
        instead: "uv is mounted for the build",
        check: files::ships_uv,
    },
    FaultRule {
        rule: rules::DEVELOPMENT_GROUP,
        why: "installs development dependencies",
        instead: "only what the profile names; `dev` has its own profile",
        check: installs::development_group,
    },
    FaultRule {
        rule: rules::UNLOCKED_INSTALL,
        why: "installs without holding to uv.lock",
        instead: "everything comes from uv.lock, hashes checked",
        check: installs::unlocked_install,
    },
    FaultRule {
        rule: rules::INSTALL_BESIDE_LOCK,
        why: "installs Python packages that uv.lock does not hold",
        instead: "only locked packages: `uv add` what is needed",
        check: installs::beside_lock,
    },
    FaultRule {
        rule: rules::HIDDEN_FAILURE,
        why: "goes on when an install fails",
        instead: "a failed install fails the build",
        check: installs::hidden_failure,
    },
    FaultRule {
        rule: rules::DEVELOPMENT_SERVER,
        why: "starts a server for development",
        instead: "the production command; reload is for the profile `dev`",
        check: start::development_server,
    },
    FaultRule {
        rule: rules::RUNNER_COMMAND,
        why: "starts through a tool that may install packages at start",
        instead: "the environment's own executables",
        check: start::runner_command,
    },
    FaultRule {
        rule: rules::SHELL_COMMAND,
        why: "starts through a shell, which does not pass signals on",
        instead: "a command in exec form",
        check: start::shell_command,
    },
    FaultRule {
        rule: rules::COMPILERS_SHIPPED,
        why: "a compiler or headers in the image",
        instead: "build tools in the build stage, where a package has no wheel",
        check: files::compilers,
    },
    FaultRule {
        rule: rules::PACKAGE_LISTS_LEFT,
        why: "leaves apt's package lists in a layer",
        instead: "lists and caches never enter a layer",
        check: files::lists_left,
    },
    FaultRule {
        rule: rules::COPIES_EVERYTHING,
        why: "copies the whole folder: tests, notes, what was forgotten in it",
        instead: "the application's own files, by name",
        check: files::copies_everything,
    },
    FaultRule {
        rule: rules::TESTS_SHIPPED,
        why: "tests or developers' scripts in the image",
        instead: "they stay out",
        check: files::tests_copied,
    },
    FaultRule {
        rule: rules::RECURSIVE_CHOWN,
        why: "writes every file a second time, into a layer of its own",
        instead: "files belong to root and can be read by the user",
        check: files::recursive_chown,
    },
    FaultRule {
        rule: rules::UNPINNED_BASE,
        why: "the base image changes from build to build",
        instead: "a tag with Python's version and Debian's release",
        check: base::unpinned_base,
    },
    FaultRule {
        rule: rules::SECRET_IN_ENVIRONMENT,
        why: "a secret that everybody who has the image can read",
        instead: "given at run time, or a build secret",
        check: environment::secrets,
    },
    FaultRule {
        rule: rules::DEBUG_ENVIRONMENT,
        why: "switches debugging on",
        instead: "left out; set it where it is wanted",
        check: environment::debug_environment,
    },
];

/// The faults of an image, in the order of the rules.
pub fn faults(image: &Image) -> Vec<Fault> {
    let found = FAULTS.iter().flat_map(|kind| {
        let seen = (kind.check)(image);
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
        let faults = faults(&Image::of(&dockerfile, None).unwrap());
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
        let text = "FROM python:3.13-slim-trixie AS build\nCOPY --from=ghcr.io/astral-sh/uv:0.9.1 /uv /bin/\nRUN uv sync --locked --no-dev\n\
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
            "RUN a && chown -R app /app",
            &["3 chown -R app /app"],
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
    fn every_rule_is_seen_at_its_line() {
        for kind in FAULTS {
            let rule = kind.rule;
            let (_, lines, expected) = SEEN
                .iter()
                .find(|(name, ..)| *name == rule.name())
                .unwrap_or_else(|| panic!("{rule} is not seen"));
            assert_eq!(only(rule.name(), lines), *expected);
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
