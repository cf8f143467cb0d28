//! Downloads: those that stay in a layer, those that are made again at each build, and mounts that keep none.

use super::{Look, Seen, text};
use crate::existing::apt;
use crate::existing::copied::within;
use crate::existing::dockerfile::Kind;
use crate::existing::install::Installer;
use crate::existing::shell::Command;
use crate::existing::steps::{Step, StepInstall};

/// How a step keeps what it downloads.
#[derive(PartialEq, Eq)]
enum Kept {
    /// In a mount, where the tool looks for it.
    InMount,
    /// There is a mount, and the tool looks elsewhere or is told to keep nothing.
    Missed,
    /// Not at all.
    Nowhere,
    /// In the layer.
    InLayer,
}

pub(super) fn cache_left(look: &Look<'_>) -> Vec<Seen> {
    firsts(look, &Kept::InLayer, |step| step.ships)
}

pub(super) fn no_cache_mount(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = firsts(look, &Kept::Nowhere, |_| true);
    // What is left in a layer is told as that.
    let left = cache_left(look);
    let steps: Vec<&Step> = look.image.steps.iter().collect();
    seen.retain(|(place, _)| {
        let own = steps.iter().find(|step| step.place.holds(place));
        own.is_none_or(|step| left.iter().all(|(left, _)| !step.place.holds(left)))
    });
    seen.extend(firsts(look, &Kept::InLayer, |step| !step.ships));
    seen
}

pub(super) fn missed_cache_mount(look: &Look<'_>) -> Vec<Seen> {
    firsts(look, &Kept::Missed, |_| true)
}

/// The first install of each step that keeps its downloads so.
fn firsts(look: &Look<'_>, kept: &Kept, is_meant: fn(&Step) -> bool) -> Vec<Seen> {
    let mut seen: Vec<(usize, Seen)> = Vec::new();
    for one in look.image.steps.installs() {
        let is_first = seen.iter().all(|(at, _)| *at != one.at);
        if is_first && is_meant(one.step) && downloads(&one) && self::kept(&one) == *kept {
            seen.push((one.at, (one.place(), text(&one.place()))));
        }
    }
    seen.into_iter().map(|(_, seen)| seen).collect()
}

fn downloads(one: &StepInstall<'_>) -> bool {
    let is_known = one.install.installer != Installer::Other;
    is_known && !one.install.is_about_tools() && !one.install.alone
}

fn kept(one: &StepInstall<'_>) -> Kept {
    let is_uv = one.install.installer != Installer::Pip;
    let (variable, name, off) = if is_uv {
        ("UV_CACHE_DIR", "uv", "UV_NO_CACHE")
    } else {
        ("PIP_CACHE_DIR", "pip", "PIP_NO_CACHE_DIR")
    };
    let has = |word: &str| one.command.has(word);
    let is_off = if is_uv {
        has("--no-cache") || has("-n")
    } else {
        has("--no-cache-dir")
    };
    let is_off = is_off || one.step.is_on(&[off]);
    let mounts: Vec<&String> = one
        .step
        .mounts()
        .iter()
        .filter(|mount| mount.contains("type=cache"))
        .collect();
    let targets: Vec<&str> = mounts.iter().filter_map(|mount| target(mount)).collect();
    let folder = one.command.values("--cache-dir").next().map(str::to_owned);
    let folder = folder.or_else(|| one.step.env.get(variable).cloned());
    let home = home(one.step);
    let folder = folder.or_else(|| Some(format!("{}/.cache/{name}", home?)));
    let is_fit = |target: &str| {
        folder
            .as_ref()
            .is_none_or(|folder| within(&one.step.absolute(folder), &one.step.absolute(target)))
    };
    let is_near = |target: &&str| {
        target.ends_with(&format!("/{name}"))
            || target.ends_with("/.cache")
            || target.starts_with('~')
    };
    if targets.iter().any(|target| is_fit(target)) {
        return if is_off { Kept::Missed } else { Kept::InMount };
    }
    if targets.iter().any(is_near) {
        return Kept::Missed;
    }
    let is_removed =
        matches!(&one.step.kind, Kind::Run(commands, _) if commands.iter().any(removes_cache));
    if is_off || is_removed {
        Kept::Nowhere
    } else {
        Kept::InLayer
    }
}

fn removes_cache(command: &Command) -> bool {
    let mut words = command.words.iter();
    let removes = command.program() == "rm" && words.any(|word| word.contains(".cache"));
    let cleans = command.has("cache")
        && (command.has("clean") || command.has("purge") || command.has("prune"));
    removes || cleans
}

/// Where a mount is.
fn target(mount: &str) -> Option<&str> {
    let mut parts = mount.split(',');
    parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        matches!(key, "target" | "dst" | "destination").then(|| value.trim_matches('"'))
    })
}

/// The user's home; `None` where a number says who it is.
fn home(step: &Step) -> Option<String> {
    if let Some(home) = step.env.get("HOME") {
        return Some(home.clone());
    }
    match step
        .user
        .as_deref()
        .map(|user| user.split(':').next().unwrap_or(user))
    {
        None | Some("root" | "0" | "") => Some("/root".to_owned()),
        Some(user) if user.starts_with(|c: char| c.is_ascii_digit() || c == '$') => None,
        Some(user) => Some(format!("/home/{user}")),
    }
}

pub(super) fn lists_left(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (_, step, commands) in look.image.steps.runs().filter(|(_, step, _)| step.ships) {
        let mounted = |part: &str| step.mounts().iter().any(|mount| mount.contains(part));
        let has = |test: fn(&Command) -> bool| commands.iter().any(test);
        let of_apt =
            has(apt::updates_lists) && !has(apt::removes_lists) && !mounted("/var/lib/apt");
        let of_apk = has(updates_index) && !has(removes_index) && !mounted("/var/cache/apk");
        let of_dnf = has(installs_with_dnf) && !has(cleans_dnf) && !mounted("/var/cache");
        if of_apt || of_apk || of_dnf {
            let what = if of_apt {
                "apt-get update"
            } else if of_apk {
                "apk update"
            } else {
                "dnf install"
            };
            seen.push((step.place.clone(), what.to_owned()));
        }
    }
    seen
}

fn updates_index(command: &Command) -> bool {
    let updates = command.has("update")
        || command.has("-U")
        || command.has("--update-cache")
        || command.has("--update");
    command.program() == "apk" && updates && !command.has("--no-cache")
}

fn removes_index(command: &Command) -> bool {
    let mut words = command.words.iter();
    command.program() == "rm"
        && words.any(|word| word.starts_with("/var/cache/apk") || word.starts_with("/var/cache/*"))
}

fn installs_with_dnf(command: &Command) -> bool {
    matches!(command.program(), "dnf" | "microdnf" | "yum") && command.has("install")
}

fn cleans_dnf(command: &Command) -> bool {
    let mut words = command.words.iter();
    let removes = command.program() == "rm" && words.any(|word| word.starts_with("/var/cache"));
    matches!(command.program(), "dnf" | "microdnf" | "yum") && command.has("clean") || removes
}
