//! Files that have no place in an image: tools of the build, package lists, tests, the whole folder, copies of themselves.

use super::{Seen, text};
use crate::catalog::Folders;
use crate::existing::apt::{self, is_build_tool};
use crate::existing::dockerfile::Kind;
use crate::existing::image::Image;
use crate::existing::install;

pub(super) fn ships_uv(image: &Image) -> Vec<Seen> {
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

pub(super) fn compilers(image: &Image) -> Vec<Seen> {
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

pub(super) fn lists_left(image: &Image) -> Vec<Seen> {
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

pub(super) fn copies_everything(image: &Image) -> Vec<Seen> {
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
    let name = path.rsplit('/').next().unwrap_or(path);
    Folders::embedded().developers().contains(name)
}

pub(super) fn tests_copied(image: &Image) -> Vec<Seen> {
    let tests = image
        .copied
        .iter()
        .filter(|copied| is_for_developers(&copied.value.source));
    tests
        .map(|copied| (copied.place.clone(), copied.value.source.clone()))
        .collect()
}

pub(super) fn recursive_chown(image: &Image) -> Vec<Seen> {
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
