//! How Python packages come into an image: held to the lock or not, with what only developers need or without.

use super::{Seen, text};
use crate::existing::apt;
use crate::existing::image::Image;
use crate::existing::install::{self, Installer};
use crate::existing::shell::Joint;

pub(super) fn development_group(image: &Image) -> Vec<Seen> {
    let seen = image.installs.iter().filter(|install| {
        let names_it = install.value.groups.iter().any(|group| group == "dev")
            || install.value.extras.iter().any(|extra| extra == "dev");
        install.value.development || names_it || install.value.all_groups
    });
    seen.map(|install| (install.place.clone(), text(&install.place)))
        .collect()
}

pub(super) fn unlocked_install(image: &Image) -> Vec<Seen> {
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

pub(super) fn beside_lock(image: &Image) -> Vec<Seen> {
    let beside = image
        .installs
        .iter()
        .filter(|install| !install.value.beside.is_empty());
    beside
        .map(|install| (install.place.clone(), install.value.beside.join(", ")))
        .collect()
}

pub(super) fn hidden_failure(image: &Image) -> Vec<Seen> {
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
