//! Habits that cost bytes or do nothing: a full base, what apt recommends, variables that nobody reads, tools that are not
//! there.

use super::base::{repository, tag};
use super::files::runs_with;
use super::{Look, Seen, text};
use crate::existing::apt;
use crate::existing::checksum::{Authorship, authorship};
use crate::existing::dockerfile::{Kind, Words};
use crate::existing::install::Installer;
use crate::existing::shell::{self, Command};

/// Python's image with compilers, headers and version control in it.
pub(super) fn full_base(look: &Look<'_>) -> Vec<Seen> {
    let base = &look.image.base;
    let is_full = repository(&base.value) == "python"
        && tag(&base.value).is_none_or(|tag| {
            !tag.contains("slim") && !tag.contains("alpine") && !tag.contains('$')
        });
    is_full
        .then(|| (base.place.clone(), base.value.clone()))
        .into_iter()
        .collect()
}

/// The programs of a command line that ask over the network.
fn asker(commands: &[Command]) -> Option<&str> {
    let mut programs = commands.iter().map(Command::program);
    programs.find(|program| matches!(*program, "curl" | "wget"))
}

pub(super) fn missing_health_tool(look: &Look<'_>) -> Vec<Seen> {
    let checks = look.image.instructions.iter().rev();
    let mut checks = checks.filter_map(|one| match &one.kind {
        Kind::Healthcheck(check) => Some((check.as_ref(), &one.place)),
        _ => None,
    });
    let Some((Some((_, words)), place)) = checks.next() else {
        return Vec::new();
    };
    let commands = match words {
        Words::Shell(text) => shell::split(text, 0, '\\'),
        Words::Exec(words) => shell::split(&words.join(" "), 0, '\\'),
    };
    let Some(tool) = asker(&commands) else {
        return Vec::new();
    };
    let base = &look.image.base.value;
    let is_bare = match repository(base) {
        "python" | "debian" => tag(base).is_some_and(|tag| tag.contains("slim")),
        "ubuntu" => true,
        _ => false,
    };
    // Whatever names it may bring it.
    let named = look.image.steps.iter().any(|step| match &step.kind {
        Kind::Run(..) | Kind::Copy { .. } => step.ships && step.place.text().contains(tool),
        _ => false,
    });
    (is_bare && !named)
        .then(|| (place.clone(), tool.to_owned()))
        .into_iter()
        .collect()
}

/// What apt recommends is installed as well.
pub(super) fn recommended_packages(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    let off = look
        .image
        .steps
        .iter()
        .any(|step| step.place.text().contains("Install-Recommends"));
    for (_, step, commands) in look.image.steps.runs().filter(|(_, step, _)| step.ships) {
        let loose = commands.iter().filter(|command| {
            let is_apt = matches!(command.program(), "apt" | "apt-get");
            is_apt && !apt::installed(command).is_empty() && !command.has("--no-install-recommends")
        });
        seen.extend(loose.map(|one| (step.place_of(one), packages(one))));
    }
    if off { Vec::new() } else { seen }
}

fn packages(command: &Command) -> String {
    let names = apt::installed(command).into_iter().map(|one| one.package);
    names.collect::<Vec<_>>().join(" ")
}

/// Variables of pip in an image that only uv installs for.
pub(super) fn ignored_pip_variable(look: &Look<'_>) -> Vec<Seen> {
    let installs = look.image.steps.installs();
    let has_uv = installs
        .iter()
        .any(|one| matches!(one.install.installer, Installer::UvSync | Installer::UvPip));
    let has_pip = look.image.steps.runs().any(|(_, step, _)| {
        let text = step.place.text().replace("uv pip", "");
        text.contains("pip") || text.contains("poetry")
    });
    if !has_uv || has_pip {
        return Vec::new();
    }
    let mut seen = Vec::new();
    for step in look.image.steps.iter() {
        if let Kind::Env(pairs) = &step.kind {
            let names = pairs
                .iter()
                .map(|(name, _)| name)
                .filter(|name| name.starts_with("PIP_"));
            seen.extend(names.map(|name| (step.place.within(name), name.clone())));
        }
    }
    seen
}

/// A platform that is written into `FROM`.
pub(super) fn nailed_platform(look: &Look<'_>) -> Vec<Seen> {
    let bases = std::iter::once(&look.image.base).chain(&look.image.other_bases);
    let nailed = bases.filter_map(|base| {
        let text = base.place.text();
        let (_, platform) = text.split_once("--platform=")?;
        let platform = platform.split_whitespace().next()?;
        (!platform.contains('$')).then(|| (base.place.within(platform), platform.to_owned()))
    });
    nailed.collect()
}

/// A library of the system beside a wheel that brings it itself.
pub(super) fn unneeded_library(look: &Look<'_>) -> Vec<Seen> {
    // In a file of dfgen's own it is what the person's own container installs, and was kept for that.
    let file = &look.image.file;
    if authorship(&file.path().to_string_lossy(), file.text()) == Authorship::Ours {
        return Vec::new();
    }
    let locked = |name: &str| look.around.locked.contains(name);
    let headless = locked("opencv-python-headless")
        && !locked("opencv-python")
        && !locked("opencv-contrib-python");
    let binary = (locked("psycopg2-binary") || locked("psycopg-binary"))
        && !locked("psycopg2")
        && !locked("psycopg-c");
    let is_brought = |package: &str| match package {
        "libgl1" | "libgl1-mesa-glx" | "libgl1-mesa-dri" => headless,
        "libpq5" => binary,
        _ => false,
    };
    let brought = look
        .image
        .apt_runtime
        .iter()
        .filter(|one| is_brought(&one.value.package) && !runs_with(look, &one.value.package));
    brought
        .map(|one| (one.place.clone(), one.value.package.clone()))
        .collect()
}

/// The user that is made and never taken.
pub(super) fn unused_user(look: &Look<'_>) -> Vec<Seen> {
    let says_user = look
        .image
        .instructions
        .iter()
        .any(|one| matches!(one.kind, Kind::User(_)));
    if says_user || super::base::root_user(look).is_empty() {
        return Vec::new();
    }
    let mut steps = look.image.steps.runs().filter(|(_, step, _)| step.ships);
    let made = steps.find_map(|(_, step, commands)| {
        let made = commands
            .iter()
            .find(|one| matches!(one.program(), "useradd" | "adduser"))?;
        Some(step.place_of(made))
    });
    made.map(|place| (place.clone(), text(&place)))
        .into_iter()
        .collect()
}

/// Libraries of the system before those that wheels bring.
pub(super) fn library_path(look: &Look<'_>) -> Vec<Seen> {
    let mut locked = look.around.locked.iter();
    let has_wheels =
        locked.any(|name| name.starts_with("nvidia-cublas") || name.starts_with("nvidia-cudnn"));
    let paths = look.image.env.iter().filter(|one| {
        one.value.name == "LD_LIBRARY_PATH" && one.value.value.contains("cuda") && has_wheels
    });
    paths
        .map(|one| (one.place.clone(), one.value.value.clone()))
        .collect()
}

/// A cache of models in root's home, where another user runs.
pub(super) fn foreign_cache(look: &Look<'_>) -> Vec<Seen> {
    let is_root = |user: &str| matches!(user.split(':').next(), Some("" | "root" | "0"));
    let user = look.image.user.as_ref();
    if user.is_none_or(|user| is_root(&user.value)) {
        return Vec::new();
    }
    let says_cache = |name: &str| {
        name.ends_with("_HOME") || name.ends_with("_CACHE") || name.ends_with("CACHE_DIR")
    };
    let caches = look.image.env.iter().filter(|one| {
        let value = &one.value.value;
        let is_roots = value == "/root" || value.starts_with("/root/");
        let builds = ["UV_", "PIP_", "CARGO_", "RUSTUP_"];
        is_roots
            && says_cache(&one.value.name)
            && !builds.iter().any(|start| one.value.name.starts_with(start))
    });
    caches
        .map(|one| {
            (
                one.place.clone(),
                format!("{}={}", one.value.name, one.value.value),
            )
        })
        .collect()
}
