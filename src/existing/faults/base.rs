//! What an image stands on and runs as: its base images, its stages, its user.

use super::Seen;
use crate::catalog::Dockerfiles;
use crate::existing::image::Image;
use crate::existing::install::Installer;

pub(super) fn root_user(image: &Image) -> Vec<Seen> {
    let is_root = |user: &str| matches!(user.split(':').next(), Some("" | "root" | "0"));
    match &image.user {
        Some(user) if !is_root(&user.value) => Vec::new(),
        Some(user) => vec![(user.place.clone(), format!("USER {}", user.value))],
        None => vec![(image.base.place.clone(), "no USER".to_owned())],
    }
}

pub(super) fn single_stage(image: &Image) -> Vec<Seen> {
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

pub(super) fn unpinned_base(image: &Image) -> Vec<Seen> {
    let is_unpinned = |base: &str| {
        let last = base.rsplit('/').next().unwrap_or(base);
        let tag = last.split_once(':').map_or("latest", |(_, tag)| tag);
        let moves = Dockerfiles::embedded().moving_tags().contains(tag);
        !base.contains('@') && base != "scratch" && moves
    };
    let bases = std::iter::once(&image.base).chain(&image.other_bases);
    let unpinned = bases.filter(|base| is_unpinned(&base.value));
    unpinned
        .map(|base| (base.place.clone(), base.value.clone()))
        .collect()
}
