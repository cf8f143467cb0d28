//! Debian packages that the project's own image installs to run, and the new one does not.

use super::loss::{Keep, Loss, Weight};
use super::own_image::OwnImage;
use crate::catalog::Dockerfiles;
use crate::diagnostic::Place;
use crate::existing::{Install, Placed, added, is_build_tool};
use crate::lock::Source;
use crate::names::PackageName;
use crate::plan::run::told_packages::named_here;
use crate::profile::AptPackage;
use crate::project::source_tree::has_extension;

pub(super) fn losses(own: &OwnImage<'_>) -> Vec<Loss> {
    let image = own.image;
    let mut found: Vec<Loss> = Vec::new();
    for package in &image.apt_runtime {
        let name = Dockerfiles::embedded().renamed(&package.value.package);
        found.extend(lost(own, name, &package.place));
    }
    for (path, names) in image.package_lists(own.tree()) {
        let file = own.tree().lying_text(&path);
        for name in names {
            let place = file.as_ref().map(|file| file.place_of(&name, ""));
            found.extend(place.and_then(|place| lost(own, &name, &place)));
        }
    }
    found.extend(image.installs.iter().filter_map(|one| beside(own, one)));
    // What Debian calls these is not known.
    for command in &image.commands {
        for name in added(&command.value) {
            let is_known = Dockerfiles::embedded().of_alpine(&name).is_some();
            if !is_known && !is_build_tool(&name) && !is_of_shell(&name) {
                let keep = Keep::Look(
                    "Alpine's: name what Debian has for it in `apt.runtime`, if the application needs it",
                );
                found.push(loss(&name, command.place.within(&name), keep));
            }
        }
    }
    found
}

/// Packages of Python that are installed beside the lock, and are in none of the images.
fn beside(own: &OwnImage<'_>, install: &Placed<Install>) -> Option<Loss> {
    let layers = || own.plans.iter().flat_map(|plan| &plan.layers);
    let names = install.value.beside.iter().filter_map(|text| {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let name = &text[..end.unwrap_or(text.len())];
        let is_file = name.starts_with('.') || has_extension(name, "txt") || text.contains('/');
        let name = name.parse::<PackageName>().ok().filter(|_| !is_file)?;
        let is_tool = Dockerfiles::embedded()
            .build_tools()
            .contains(name.as_ref());
        let is_there = layers().any(|layer| layer.names().contains(&name));
        let members = own.inputs().project.members.iter();
        let mut manifests = members
            .map(|member| &member.pyproject)
            .chain([own.first.subject.manifest]);
        let is_own = manifests.any(|one| one.name() == Some(&name));
        (!is_tool && !is_there && !is_own).then(|| name.to_string())
    });
    let names: Vec<String> = names.collect();
    let is_own = own.image.file.path().to_string_lossy() == install.place.path();
    let keep = Keep::Look("installed beside the lock: `uv add`, and lock it");
    (is_own && !names.is_empty()).then(|| loss(&names.join(" "), install.place.clone(), keep))
}

/// Packages that scripts of Alpine's need to make users.
fn is_of_shell(name: &str) -> bool {
    matches!(
        name,
        "shadow" | "su-exec" | "coreutils" | "build-base" | "musl"
    )
}

fn loss(name: &str, place: Place, keep: Keep) -> Loss {
    Loss {
        weight: Weight::Package,
        place,
        what: name.to_owned(),
        keep,
    }
}

fn lost(own: &OwnImage<'_>, name: &str, place: &Place) -> Option<Loss> {
    if is_build_tool(name) || is_explained(own, name) {
        return None;
    }
    if name.contains(['$', '`']) {
        let keep = Keep::Look("its name is only known when the image is built: `apt.runtime`");
        return Some(loss(name, place.clone(), keep));
    }
    let package: AptPackage = name.parse().ok()?;
    let here = named_here(own.inputs(), own.release, own.image, package.clone());
    let is_planned = |package: &AptPackage| {
        let mut needs = own.plans.iter().flat_map(|plan| &plan.apt_runtime);
        needs.any(|need| need.package == *package)
    };
    if is_planned(&package) || here.as_ref().is_some_and(is_planned) {
        return None;
    }
    let Some(here) = here else {
        let keep = Keep::Look("no package of this name is known on the new base: `apt.runtime`");
        return Some(loss(name, place.clone(), keep));
    };
    if is_judged(own, &here) {
        return None;
    }
    let name = here.as_str().to_owned();
    Some(loss(&name, place.clone(), Keep::Package(name.clone())))
}

/// Whether it is known what it was there for, and that the new image does without.
fn is_explained(own: &OwnImage<'_>, name: &str) -> bool {
    if Dockerfiles::embedded().unneeded(name).is_none() {
        return false;
    }
    let Some(programs) = Dockerfiles::embedded().called(name) else {
        return true;
    };
    let mut locked = own.inputs().project.lock.packages();
    let mut fetches = || locked.any(|(_, package)| matches!(package.source, Source::Git(_)));
    let mut called = programs.iter();
    called.any(|program| own.calls(program)) || programs.contains(&"git") && fetches()
}

/// Whether the catalog knows that something in the image needs a library, and where: then that decided about it.
fn is_judged(own: &OwnImage<'_>, library: &AptPackage) -> bool {
    let catalog = &own.inputs().catalog;
    let layers = own.plans.iter().flat_map(|plan| &plan.layers);
    let mut names = layers.flat_map(crate::plan::LayerPlan::names);
    library.as_str().starts_with("lib")
        && names.any(|name| {
            catalog.package(name).is_some_and(|row| {
                row.runtime(own.release).contains(library)
                    || row.compiled_runtime(own.release).contains(library)
            })
        })
}
