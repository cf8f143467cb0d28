//! What Debian packages of the project's own Dockerfile are called on the release of an image.

use crate::catalog::{DebianRelease, Executables};
use crate::existing::{Command, Image, Placed};
use crate::plan::inputs::Inputs;
use crate::profile::AptPackage;

/// The name of a package on a release of an image, where it has one there. Libraries have others from one release to the
/// next, and Ubuntu others than Debian.
pub(crate) fn named_here(
    inputs: &Inputs,
    release: DebianRelease,
    image: &Image,
    package: AptPackage,
) -> Option<AptPackage> {
    let libraries = inputs.catalog.libraries();
    let here = libraries.on(release);
    if here.contains_key(&package) || Executables::embedded().brings(&package, release) {
        return Some(package);
    }
    let renamed = DebianRelease::ALL.into_iter().find_map(|other| {
        let brought = libraries.on(other).get(&package)?;
        let mut same = here
            .iter()
            .filter(|(_, libraries)| !libraries.is_disjoint(brought));
        same.next().map(|(name, _)| name.clone())
    });
    let base = inputs.catalog.base_images().system(&image.base.value);
    let is_same = match base.map(|system| system.debian) {
        Some(Some(debian)) => debian == release || !package.as_str().starts_with("lib"),
        Some(None) | None => false,
    };
    renamed.or_else(|| is_same.then_some(package))
}

/// The plain name of a package, where the Dockerfile has it from a source that it adds itself: `postgresql-client-14` is
/// in none of Debian's.
pub(super) fn unversioned<'n>(image: &Image, name: &'n str) -> &'n str {
    let of_sources = |command: &&Placed<Command>| {
        let mut words = command.value.words.iter();
        words.any(|word| word.contains("sources.list"))
    };
    let numbers = |ending: &str| ending.chars().all(|c| c.is_ascii_digit() || c == '.');
    match name.rsplit_once('-') {
        Some((plain, ending)) if numbers(ending) && !plain.starts_with("lib") => {
            let adds = image.commands.iter().find(of_sources).is_some();
            if adds { plain } else { name }
        }
        _ => name,
    }
}
