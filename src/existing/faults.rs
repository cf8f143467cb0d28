//! What of an existing Dockerfile is not carried over, because it is a fault.
//!
//! One rule each in [`FAULTS`]: what is wrong, what dfgen does instead, and how to see it. The rules only
//! look at what reaches the image.

use super::Placed;
use super::apt::{self, is_build_tool};
use super::dockerfile::Kind;
use super::image::Image;
use super::install::{self, Installer};
use super::shell::Joint;
use super::start::Start;
use crate::command::StartCommand;
use crate::diagnostic::Place;
use crate::rules::{self, Rule};
use crate::secret::is_secret;

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
        check: root_user,
    },
    FaultRule {
        rule: rules::SINGLE_STAGE,
        why: "builds and runs in one stage, so that all build tools ship",
        instead: "build stages, of which only the results are copied",
        check: single_stage,
    },
    FaultRule {
        rule: rules::SHIPS_UV,
        why: "uv is in the image, about 50 MB that nothing runs",
        instead: "uv is mounted for the build",
        check: ships_uv,
    },
    FaultRule {
        rule: rules::DEVELOPMENT_GROUP,
        why: "installs development dependencies",
        instead: "only what the profile names; `dev` has its own profile",
        check: development_group,
    },
    FaultRule {
        rule: rules::UNLOCKED_INSTALL,
        why: "installs without holding to uv.lock",
        instead: "everything comes from uv.lock, hashes checked",
        check: unlocked_install,
    },
    FaultRule {
        rule: rules::INSTALL_BESIDE_LOCK,
        why: "installs Python packages that uv.lock does not hold",
        instead: "only locked packages: `uv add` what is needed",
        check: beside_lock,
    },
    FaultRule {
        rule: rules::HIDDEN_FAILURE,
        why: "goes on when an install fails",
        instead: "a failed install fails the build",
        check: hidden_failure,
    },
    FaultRule {
        rule: rules::DEVELOPMENT_SERVER,
        why: "starts a server for development",
        instead: "the production command; reload is for the profile `dev`",
        check: development_server,
    },
    FaultRule {
        rule: rules::RUNNER_COMMAND,
        why: "starts through a tool that may install packages at start",
        instead: "the environment's own executables",
        check: runner_command,
    },
    FaultRule {
        rule: rules::SHELL_COMMAND,
        why: "starts through a shell, which does not pass signals on",
        instead: "a command in exec form",
        check: shell_command,
    },
    FaultRule {
        rule: rules::COMPILERS_SHIPPED,
        why: "a compiler or headers in the image",
        instead: "build tools in the build stage, where a package has no wheel",
        check: compilers,
    },
    FaultRule {
        rule: rules::PACKAGE_LISTS_LEFT,
        why: "leaves apt's package lists in a layer",
        instead: "lists and caches never enter a layer",
        check: lists_left,
    },
    FaultRule {
        rule: rules::COPIES_EVERYTHING,
        why: "copies the whole folder: tests, notes, what was forgotten in it",
        instead: "the application's own files, by name",
        check: copies_everything,
    },
    FaultRule {
        rule: rules::TESTS_SHIPPED,
        why: "tests or developers' scripts in the image",
        instead: "they stay out",
        check: tests_copied,
    },
    FaultRule {
        rule: rules::RECURSIVE_CHOWN,
        why: "writes every file a second time, into a layer of its own",
        instead: "files belong to root and can be read by the user",
        check: recursive_chown,
    },
    FaultRule {
        rule: rules::UNPINNED_BASE,
        why: "the base image changes from build to build",
        instead: "a tag with Python's version and Debian's release",
        check: unpinned_base,
    },
    FaultRule {
        rule: rules::SECRET_IN_ENVIRONMENT,
        why: "a secret that everybody who has the image can read",
        instead: "given at run time, or a build secret",
        check: secrets,
    },
    FaultRule {
        rule: rules::DEBUG_ENVIRONMENT,
        why: "switches debugging on",
        instead: "left out; set it where it is wanted",
        check: debug_environment,
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
        (rules::DEVELOPMENT_SERVER, development_seen),
        (rules::RUNNER_COMMAND, runner_seen),
        (rules::SHELL_COMMAND, shell_seen),
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

fn root_user(image: &Image) -> Vec<Seen> {
    let is_root = |user: &str| matches!(user.split(':').next(), Some("" | "root" | "0"));
    match &image.user {
        Some(user) if !is_root(&user.value) => Vec::new(),
        Some(user) => vec![(user.place.clone(), format!("USER {}", user.value))],
        None => vec![(image.base.place.clone(), "no USER".to_owned())],
    }
}

fn single_stage(image: &Image) -> Vec<Seen> {
    let builds = image
        .installs
        .iter()
        .any(|install| install.value.installer != Installer::Other)
        && image.stages == 1;
    builds
        .then(|| (image.base.place.clone(), "one FROM".to_owned()))
        .into_iter()
        .collect()
}

fn ships_uv(image: &Image) -> Vec<Seen> {
    let mut seen = Vec::new();
    if is_uv_image(&image.base.value) {
        seen.push((image.base.place.clone(), image.base.value.clone()));
    }
    for instruction in &image.instructions {
        if let Kind::Copy { from, sources, .. } = &instruction.kind {
            let image_of_uv = from.as_deref().is_some_and(is_uv_image);
            let file = sources.iter().find(|source| {
                source.ends_with("/uv")
                    || source.contains("astral.sh/uv")
                    || source.contains("/root/.local")
            });
            if let (true, _) | (_, Some(_)) = (image_of_uv, file) {
                seen.push((instruction.place.clone(), "uv is copied".to_owned()));
            }
        }
    }
    let brought = image
        .commands
        .iter()
        .filter(|command| install::brings_uv(&command.value));
    seen.extend(brought.map(|command| (command.place.clone(), "uv is installed".to_owned())));
    seen
}

fn is_uv_image(image: &str) -> bool {
    image.contains("astral-sh/uv") || image.contains("astral/uv")
}

fn development_group(image: &Image) -> Vec<Seen> {
    let seen = image.installs.iter().filter(|install| {
        let names_it = install.value.groups.iter().any(|group| group == "dev")
            || install.value.extras.iter().any(|extra| extra == "dev");
        install.value.development || names_it || install.value.all_groups
    });
    seen.map(|install| (install.place.clone(), text(&install.place)))
        .collect()
}

fn unlocked_install(image: &Image) -> Vec<Seen> {
    let unlocked = image
        .installs
        .iter()
        .filter(|install| match install.value.installer {
            Installer::UvSync => !install.value.locked,
            Installer::UvPip | Installer::Pip => {
                install.value.beside.is_empty() && install.value.extras.is_empty()
            }
            Installer::Other => false,
        });
    let project = image.installs.iter().filter(|install| {
        install.value.installer != Installer::UvSync && !install.value.extras.is_empty()
    });
    unlocked
        .chain(project)
        .map(|install| (install.place.clone(), text(&install.place)))
        .collect()
}

fn beside_lock(image: &Image) -> Vec<Seen> {
    let beside = image
        .installs
        .iter()
        .filter(|install| !install.value.beside.is_empty());
    beside
        .map(|install| (install.place.clone(), install.value.beside.join(", ")))
        .collect()
}

fn hidden_failure(image: &Image) -> Vec<Seen> {
    let pairs = image.commands.iter().zip(image.commands.iter().skip(1));
    let hidden = pairs.filter(|(command, next)| {
        let ignores =
            next.value.after == Joint::Or && matches!(next.value.program(), "true" | ":" | "echo");
        let installs = install::install(&command.value, false, false).is_some()
            || !apt::installed(&command.value).is_empty();
        ignores && installs
    });
    hidden
        .map(|(command, _)| {
            (
                command.place.clone(),
                format!("{} || true", command.value.program()),
            )
        })
        .collect()
}

fn development_server(image: &Image) -> Vec<Seen> {
    image.start.iter().flat_map(development_seen).collect()
}

fn development_seen(start: &Placed<Start>) -> Vec<Seen> {
    let read = StartCommand::read(&start.value.words);
    let words = read.development_words().into_iter().map(str::to_owned);
    let words = words.chain(read.development_server());
    words.map(|word| (start.place.clone(), word)).collect()
}

fn runner_command(image: &Image) -> Vec<Seen> {
    image.start.iter().flat_map(runner_seen).collect()
}

fn runner_seen(start: &Placed<Start>) -> Vec<Seen> {
    let runner = start
        .value
        .runner
        .iter()
        .filter(|runner| runner.ends_with(" run") || *runner == "uvx");
    runner
        .map(|runner| (start.place.clone(), runner.clone()))
        .collect()
}

fn shell_command(image: &Image) -> Vec<Seen> {
    image.start.iter().flat_map(shell_seen).collect()
}

fn shell_seen(start: &Placed<Start>) -> Vec<Seen> {
    let shell = start
        .value
        .shell
        .then(|| (start.place.clone(), start.value.line()));
    shell.into_iter().collect()
}

fn compilers(image: &Image) -> Vec<Seen> {
    let tools = image
        .apt_runtime
        .iter()
        .filter(|package| is_build_tool(&package.value.package));
    let mut seen: Vec<Seen> = tools
        .map(|package| (package.place.clone(), package.value.package.clone()))
        .collect();
    if image.base.value.contains("-devel") {
        seen.push((image.base.place.clone(), image.base.value.clone()));
    }
    seen
}

fn lists_left(image: &Image) -> Vec<Seen> {
    let mut seen = Vec::new();
    for instruction in &image.instructions {
        let Kind::Run(commands, mounts) = &instruction.kind else {
            continue;
        };
        let mounted = mounts.iter().any(|mount| mount.contains("/var/lib/apt"));
        if !mounted
            && commands.iter().any(apt::updates_lists)
            && !commands.iter().any(apt::removes_lists)
        {
            seen.push((instruction.place.clone(), "apt-get update".to_owned()));
        }
    }
    seen
}

fn copies_everything(image: &Image) -> Vec<Seen> {
    let whole = image
        .copied
        .iter()
        .filter(|copied| copied.value.source == ".");
    whole
        .map(|copied| (copied.place.clone(), text(&copied.place)))
        .collect()
}

/// Whether a path of the build context is for developers only.
pub(crate) fn is_for_developers(path: &str) -> bool {
    matches!(
        path.split('/').next_back().unwrap_or(path),
        "tests" | "test" | "scripts" | "docs" | "examples" | "notebooks" | "benchmarks"
    )
}

fn tests_copied(image: &Image) -> Vec<Seen> {
    let tests = image
        .copied
        .iter()
        .filter(|copied| is_for_developers(&copied.value.source));
    tests
        .map(|copied| (copied.place.clone(), copied.value.source.clone()))
        .collect()
}

fn recursive_chown(image: &Image) -> Vec<Seen> {
    let is_recursive = |word: &String| {
        word == "--recursive"
            || word.starts_with('-') && !word.starts_with("--") && word.contains('R')
    };
    let chowns = image.commands.iter().filter(|command| {
        matches!(command.value.program(), "chown" | "chmod" | "chgrp")
            && command.value.words.iter().any(is_recursive)
    });
    chowns
        .map(|command| (command.place.clone(), command.value.words.join(" ")))
        .collect()
}

fn unpinned_base(image: &Image) -> Vec<Seen> {
    let is_unpinned = |base: &str| {
        let last = base.rsplit('/').next().unwrap_or(base);
        let tag = last.split_once(':').map_or("latest", |(_, tag)| tag);
        let moves = matches!(tag, "latest" | "slim" | "alpine" | "3" | "3-slim");
        !base.contains('@') && base != "scratch" && moves
    };
    let bases = std::iter::once(&image.base).chain(&image.other_bases);
    let unpinned = bases.filter(|base| is_unpinned(&base.value));
    unpinned
        .map(|base| (base.place.clone(), base.value.clone()))
        .collect()
}

fn secrets(image: &Image) -> Vec<Seen> {
    let found = image
        .env
        .iter()
        .filter(|one| is_secret(&one.value.name, &one.value.value));
    found
        .map(|one| (one.place.clone(), one.value.name.clone()))
        .collect()
}

/// Whether a variable switches debugging on.
pub(crate) fn is_debug(name: &str, value: &str) -> bool {
    let on = matches!(
        value.to_lowercase().as_str(),
        "1" | "true" | "yes" | "on" | "development" | "dev" | "debug"
    );
    let debugs = matches!(
        name,
        "DEBUG"
            | "FLASK_DEBUG"
            | "DJANGO_DEBUG"
            | "FLASK_ENV"
            | "PYTHONASYNCIODEBUG"
            | "RELOAD"
            | "UVICORN_RELOAD"
            | "APP_DEBUG"
    );
    debugs && on
}

fn debug_environment(image: &Image) -> Vec<Seen> {
    let found = image
        .env
        .iter()
        .filter(|one| is_debug(&one.value.name, &one.value.value));
    found
        .map(|one| {
            (
                one.place.clone(),
                format!("{}={}", one.value.name, one.value.value),
            )
        })
        .collect()
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
