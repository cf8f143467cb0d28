//! Python's environments: whether what is copied from a build stage runs where it lies then, and starts fast.

use super::layers::{environment, step_path};
use super::{Look, Seen, text};
use crate::existing::copied::within;
use crate::existing::dockerfile::Kind;
use crate::existing::install::Installer;
use crate::existing::steps::{Step, StepInstall};

/// A copy of a stage's environment into the image.
struct Moved<'s> {
    step: &'s Step,
    stage: usize,
    /// Where it was.
    was: String,
    /// Where it is then.
    is: String,
}

fn moved<'s>(look: &Look<'s>) -> Vec<Moved<'s>> {
    let mut found = Vec::new();
    for step in look.image.steps.iter().filter(|step| step.ships) {
        let Kind::Copy {
            from: Some(from),
            sources,
            target,
            ..
        } = &step.kind
        else {
            continue;
        };
        let Some(stage) = look.image.steps.stage(from) else {
            continue;
        };
        let Some(was) = environment(look, stage) else {
            continue;
        };
        for source in sources {
            let path = step_path(source);
            if within(&was, &path) {
                let to = step.absolute(target);
                let rest = was
                    .strip_prefix(path.trim_end_matches('/'))
                    .unwrap_or_default();
                let is = format!("{}{rest}", to.trim_end_matches('/'));
                found.push(Moved {
                    step,
                    stage,
                    was: was.clone(),
                    is,
                });
            }
        }
    }
    found
}

pub(super) fn moved_environment(look: &Look<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for one in moved(look) {
        let is_relocatable = look.image.steps.of_stage(one.stage).any(|step| {
            step.is_on(&["UV_VENV_RELOCATABLE"]) || step.place.text().contains("--relocatable")
        });
        let build = look.image.steps.base_of(one.stage).and_then(python_of);
        let run = python_of(&look.image.base.value);
        if one.was != one.is && !is_relocatable {
            seen.push((one.step.place.clone(), format!("{} to {}", one.was, one.is)));
        } else if let (Some(build), Some(run)) = (build, run)
            && build != run
        {
            seen.push((one.step.place.clone(), format!("Python {build} to {run}")));
        }
    }
    seen
}

/// The minor version of an official image of Python.
fn python_of(image: &str) -> Option<String> {
    let last = image.rsplit('/').next()?;
    let tag = last.strip_prefix("python:")?;
    let mut parts = tag.split(['.', '-', '@']);
    let (major, minor) = (parts.next()?, parts.next()?);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(major) && is_number(minor)).then(|| format!("{major}.{minor}"))
}

pub(super) fn editable_without_source(look: &Look<'_>) -> Vec<Seen> {
    if look
        .around
        .manifest
        .as_ref()
        .is_none_or(|manifest| !manifest.is_package)
    {
        return Vec::new();
    }
    let installs = look.image.steps.installs();
    let mut seen = Vec::new();
    for one in moved(look) {
        let own = installs.iter().rfind(|install| {
            install.step.stage == one.stage && install.install.own && !install.install.alone
        });
        let Some(own) = own.filter(|own| is_editable(own)) else {
            continue;
        };
        let folder = &own.step.folder;
        let brings = look
            .image
            .steps
            .iter()
            .filter(|step| step.ships)
            .any(|step| match &step.kind {
                Kind::Copy {
                    target,
                    sources,
                    from,
                    ..
                } => {
                    let is_environment = from.is_some()
                        && sources
                            .iter()
                            .all(|source| within(&step_path(source), &one.was));
                    let target = step.absolute(target);
                    !is_environment && (within(&target, folder) || within(folder, &target))
                }
                _ => false,
            });
        if !brings && folder != "/" {
            seen.push((
                one.step.place.clone(),
                format!("the source in {folder} is not copied"),
            ));
        }
    }
    seen
}

fn is_editable(one: &StepInstall<'_>) -> bool {
    match one.install.installer {
        Installer::UvSync => {
            !one.command.has("--no-editable") && !one.step.is_on(&["UV_NO_EDITABLE"])
        }
        Installer::Pip | Installer::UvPip => one.command.has("-e") || one.command.has("--editable"),
        Installer::Other => false,
    }
}

pub(super) fn no_bytecode(look: &Look<'_>) -> Vec<Seen> {
    let image = look.image;
    let is_root = |user: &str| matches!(user.split(':').next(), Some("" | "root" | "0"));
    let cannot_write = image
        .user
        .as_ref()
        .is_some_and(|user| !is_root(&user.value));
    let will_not = image
        .variable("PYTHONDONTWRITEBYTECODE")
        .is_some_and(|value| !value.is_empty());
    if !cannot_write && !will_not {
        return Vec::new();
    }
    let stages: Vec<usize> = moved(look).iter().map(|one| one.stage).collect();
    let reaches = |step: &Step| {
        step.ships
            || stages.iter().any(|stage| {
                look.image
                    .steps
                    .of_stage(*stage)
                    .any(|one| one.place == step.place)
            })
    };
    let installs = image.steps.installs();
    let mut with_uv = installs.iter().filter(|one| {
        matches!(one.install.installer, Installer::UvSync | Installer::UvPip)
            && !one.install.is_about_tools()
            && reaches(one.step)
    });
    let compiles = |one: &StepInstall<'_>| {
        one.step.is_on(&["UV_COMPILE_BYTECODE"])
            || one.command.has("--compile-bytecode")
            || one.command.has("--compile")
    };
    let compiled_later = image
        .steps
        .runs()
        .any(|(_, _, commands)| commands.iter().any(|one| one.has("compileall")));
    let first = with_uv
        .find(|one| !compiles(one))
        .filter(|_| !compiled_later);
    first
        .map(|one| (one.place(), text(&one.place())))
        .into_iter()
        .collect()
}
