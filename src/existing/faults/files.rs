//! Files that have no place in an image: tools of the build, tests, the whole folder.

use super::base::is_uv_image;
use super::{Look, Seen, text};
use crate::catalog::{Catalog, DebianRelease, Dockerfiles, Folders};
use crate::existing::apt::{self, is_build_tool};
use crate::existing::around::Ignored;
use crate::existing::dockerfile::Kind;
use crate::existing::install;
use crate::existing::shell::Command;
use crate::existing::steps::Step;
use crate::names::PackageName;

pub(super) fn ships_uv(look: &Look<'_>) -> Vec<Seen> {
    let image = look.image;
    if is_uv_itself(look) {
        return Vec::new();
    }
    let mut seen = Vec::new();
    if is_uv_image(&image.base.value) {
        seen.push((image.base.place.clone(), image.base.value.clone()));
    }
    for step in image.steps.iter().filter(|step| step.ships) {
        match &step.kind {
            Kind::Copy { from, sources, .. } => {
                let image_of_uv = from.as_deref().is_some_and(is_uv_image);
                let is_file = sources
                    .iter()
                    .any(|source| source.ends_with("/uv") || source.contains("astral.sh/uv"));
                let home = from
                    .as_deref()
                    .is_some_and(|from| brings_home(look, from, sources));
                if image_of_uv || is_file || home {
                    seen.push((step.place.clone(), "uv is copied".to_owned()));
                }
            }
            Kind::Run(commands, _) => {
                let brought = commands
                    .iter()
                    .filter(|command| install::brings_uv(command));
                seen.extend(brought.map(|one| (step.place_of(one), "uv is installed".to_owned())));
            }
            _ => {}
        }
    }
    seen
}

/// Whether the image is uv's own.
fn is_uv_itself(look: &Look<'_>) -> bool {
    let words = look.image.start.as_ref().map(|start| &start.value.words);
    words
        .and_then(|words| words.first())
        .is_some_and(|first| first == "uv" || first.ends_with("/uv"))
}

/// Whether the home that is copied is the one that uv's installer put uv into.
fn brings_home(look: &Look<'_>, from: &str, sources: &[String]) -> bool {
    let is_home = |source: &String| source.trim_end_matches('/').ends_with("/.local");
    let Some(stage) = look
        .image
        .steps
        .stage(from)
        .filter(|_| sources.iter().any(is_home))
    else {
        return false;
    };
    let mut steps = look.image.steps.of_stage(stage);
    steps.any(|step| match &step.kind {
        Kind::Run(commands, _) => commands.iter().any(|command| {
            command
                .words
                .iter()
                .any(|word| word.contains("astral.sh/uv") || word.ends_with("uv-installer.sh"))
        }),
        _ => false,
    })
}

pub(super) fn compilers(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for (_, step, commands) in look.image.steps.runs().filter(|(_, step, _)| step.ships) {
        for command in commands {
            let names = installed(command).into_iter();
            let tools = names.filter(|name| {
                compiles(name) && !is_taken_back(commands, name) && !runs_with(look, name)
            });
            let place = step.place_of(command);
            seen.extend(tools.map(|name| (place_of(step, &place, &name), name)));
        }
    }
    let base = &look.image.base;
    if base.value.contains("-devel") {
        seen.push((base.place.clone(), base.value.clone()));
    }
    seen
}

/// Where a package is named: in the command, or in the variable that the command puts in.
fn place_of(step: &Step, place: &crate::diagnostic::Place, name: &str) -> crate::diagnostic::Place {
    let found = place.within(name);
    if found == *place && !place.text().contains(name) {
        step.place.within(name)
    } else {
        found
    }
}

fn compiles(package: &str) -> bool {
    let known = Dockerfiles::embedded();
    let is_cross = package.ends_with("-linux-gnu") && package.starts_with('g');
    let is_other =
        known.other_compilers().contains(package) || package.ends_with("-devel") || is_cross;
    (is_build_tool(package) || is_other) && !known.no_compilers().contains(package)
}

/// Whether a locked package needs a Debian package while it runs: a compiler for kernels of Triton.
pub(super) fn runs_with(look: &Look<'_>, name: &str) -> bool {
    let catalog = Catalog::embedded();
    let locked = look
        .around
        .locked
        .iter()
        .filter_map(|name| name.parse().ok());
    let mut rows = locked.filter_map(|name: PackageName| catalog.package(&name));
    rows.any(|row| {
        row.runtime(DebianRelease::Trixie)
            .iter()
            .any(|one| one.as_str() == name)
    })
}

/// The packages of the system that a command installs.
fn installed(command: &Command) -> Vec<String> {
    match command.program() {
        "apk" => apt::added(command),
        "dnf" | "microdnf" | "yum" | "zypper" => {
            let words = command
                .words
                .iter()
                .skip_while(|word| *word != "install")
                .skip(1);
            words
                .filter(|word| !word.starts_with('-'))
                .cloned()
                .collect()
        }
        _ => apt::installed(command)
            .into_iter()
            .map(|one| one.package)
            .collect(),
    }
}

/// Whether a later command of the same step removes a package again.
fn is_taken_back(commands: &[Command], name: &str) -> bool {
    commands.iter().any(|command| {
        let removes = ["purge", "remove", "autoremove", "del"];
        let removes = removes.iter().any(|word| command.has(word));
        let is_virtual = command.program() == "apk" && command.has("del");
        removes && (command.has(name) || is_virtual)
    })
}

pub(super) fn copies_everything(look: &Look<'_>) -> Vec<Seen> {
    if matches!(
        look.around.ignored,
        Ignored::By {
            is_allowlist: true,
            ..
        }
    ) {
        return Vec::new();
    }
    let whole = look
        .image
        .copied
        .iter()
        .filter(|copied| copied.value.source == ".");
    whole
        .map(|copied| (copied.place.clone(), text(&copied.place)))
        .collect()
}

/// Whether a path of the build context is for developers only.
pub(crate) fn is_for_developers(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    Folders::embedded().developers().contains(name)
}

pub(super) fn tests_copied(look: &Look<'_>) -> Vec<Seen> {
    let tests =
        look.image.copied.iter().filter(|copied| {
            is_for_developers(&copied.value.source) || copied.value.source == ".git"
        });
    tests
        .map(|copied| (copied.place.clone(), copied.value.source.clone()))
        .collect()
}
