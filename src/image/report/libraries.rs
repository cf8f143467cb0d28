//! Shared libraries that something in an image cannot be loaded without, and that are nowhere in it.
//!
//! As the scan of a build does (`dfgen explain libraries`): what packages bring, they load for each other by name, as torch
//! does for NVIDIA's, so a library counts as there wherever in an environment it lies; of the system, where the loader looks.
//! What the system's own packages need, their database sees to. Rows of `scan.toml` are not missed.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

use super::Seen;
use crate::catalog::{Catalog, DebianRelease, LibraryPattern};
use crate::image::owner::OwnerKind;
use crate::image::reading::{Object, PathId};
use crate::names::PackageName;

/// A library that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MissingLibrary {
    /// Its file name.
    pub library: String,
    /// Who needs it, most telling first: distributions, or `application`.
    pub owners: Vec<String>,
    /// Files that cannot be loaded without it.
    pub files: Vec<String>,
    /// The Debian package that brings it, where that is known of the image's release.
    pub package: Option<String>,
}

impl MissingLibrary {
    /// What to write, and where.
    pub fn write(&self) -> String {
        match &self.package {
            Some(package) => format!(
                "`apt = {{ runtime = [\"{package}\"] }}` in dfgen.toml, or `apt-get install {package}`"
            ),
            None => format!(
                "`apt-file search {}` names the package that brings it; `scan = {{ ignore = [\"{}\"] }}` where nothing loads it",
                self.library, self.library
            ),
        }
    }
}

/// Where a loader looks without being told.
const LOADED_FROM: [&str; 5] = ["lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib"];

/// All of an image, but those that somebody said are not missed.
pub(in crate::image) fn missing(
    seen: &Seen<'_>,
    ignored: &[LibraryPattern],
) -> Vec<MissingLibrary> {
    let place = Place::new(seen);
    let mut found: BTreeMap<&str, (BTreeSet<String>, Vec<String>)> = BTreeMap::new();
    for (number, layer) in seen.image.layers.iter().enumerate() {
        for object in &layer.contents.objects {
            let Some((_, entry)) = seen.fates.at(object.path).filter(|(at, _)| *at == number)
            else {
                continue;
            };
            let owner = seen.owners.owner(number, entry);
            if !is_looked_at(owner.kind) || place.is_optional(object.path, &owner.name) {
                continue;
            }
            for library in object.needs.iter().filter(|name| !place.has(object, name)) {
                if !is_absent(library, ignored) {
                    let of = found.entry(library).or_default();
                    of.0.insert(owner.name.clone());
                    of.1.push(seen.image.paths.shown(object.path));
                }
            }
        }
    }
    let brought = release(seen).map(|release| Catalog::embedded().libraries().on(release));
    let package = |library: &str| {
        let library = library.parse().ok()?;
        let mut packages = brought?.iter();
        let (package, _) = packages.find(|(_, libraries)| libraries.contains(&library))?;
        Some(package.to_string())
    };
    let found = found
        .into_iter()
        .map(|(library, (owners, files))| MissingLibrary {
            package: package(library),
            library: library.to_owned(),
            owners: owners.into_iter().collect(),
            files,
        });
    found.collect()
}

/// Python's own modules for windows and databases lack their libraries in slim images, and nobody minds.
fn is_looked_at(kind: OwnerKind) -> bool {
    !matches!(
        kind,
        OwnerKind::Debian | OwnerKind::Alpine | OwnerKind::Python
    )
}

fn is_absent(library: &str, ignored: &[LibraryPattern]) -> bool {
    let known = Catalog::embedded().scan().libraries();
    let mut patterns = known.map(|(pattern, _)| pattern).chain(ignored);
    patterns.any(|pattern| pattern.fits(library))
}

/// The Debian release of an image.
fn release(seen: &Seen<'_>) -> Option<DebianRelease> {
    let kept = seen
        .image
        .layers
        .iter()
        .flat_map(|layer| &layer.contents.kept);
    let mut said = kept.filter(|one| seen.image.paths.name(one.path) == b"os-release");
    said.find_map(|one| {
        let text = String::from_utf8_lossy(&one.content);
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
        DebianRelease::from_str(line.trim_matches('"')).ok()
    })
}

/// What libraries an image has.
struct Place<'s, 'i> {
    seen: &'s Seen<'i>,
    names: BTreeSet<Vec<u8>>,
}

impl<'s, 'i> Place<'s, 'i> {
    fn new(seen: &'s Seen<'i>) -> Self {
        let paths = &seen.image.paths;
        let folders = loader_folders(seen);
        let mut names = BTreeSet::new();
        for path in paths.all() {
            let is_library = memchr::memmem::find(paths.name(path), b".so").is_some();
            let Some((layer, entry)) = seen.fates.at(path).filter(|_| is_library) else {
                continue;
            };
            let is_of_system = !is_looked_at(seen.owners.owner(layer, entry).kind);
            let folder = paths.parent(path).unwrap_or(PathId::ROOT);
            if !is_of_system || folders.contains(&paths.bytes(folder)) {
                names.insert(paths.name(path).to_vec());
            }
        }
        let objects = seen
            .image
            .layers
            .iter()
            .flat_map(|layer| &layer.contents.objects);
        let own = objects.filter(|object| seen.fates.at(object.path).is_some());
        names.extend(own.filter_map(|object| object.name.clone().map(String::into_bytes)));
        Self { seen, names }
    }

    /// Whether a library is there for who needs it.
    fn has(&self, object: &Object, library: &str) -> bool {
        self.names.contains(library.as_bytes())
            || object
                .folders
                .iter()
                .any(|folder| self.is_in(object, folder, library))
    }

    fn is_in(&self, object: &Object, folder: &str, library: &str) -> bool {
        let paths = &self.seen.image.paths;
        let relative = ["$ORIGIN", "${ORIGIN}"]
            .iter()
            .find_map(|origin| folder.strip_prefix(origin));
        let path = match relative {
            Some(relative) => paths
                .parent(object.path)
                .and_then(|own| paths.known_below(own, format!("{relative}/{library}").as_bytes())),
            None => paths.known(format!("{folder}/{library}").as_bytes()),
        };
        path.is_some_and(|path| self.seen.fates.at(path).is_some())
    }

    /// Whether an image works without being able to load a file.
    fn is_optional(&self, path: PathId, owner: &str) -> bool {
        let Ok(name) = PackageName::from_str(owner) else {
            return false;
        };
        let whole = String::from_utf8_lossy(&self.seen.image.paths.bytes(path)).into_owned();
        let Some((_, inner)) = whole.rsplit_once("site-packages/") else {
            return false;
        };
        let mut parts = Catalog::embedded().scan().parts_of(&name);
        parts.any(|part| part.has(inner))
    }
}

/// The folders that the loader of an image looks in: its own, those of its configuration, and of `LD_LIBRARY_PATH`.
fn loader_folders(seen: &Seen<'_>) -> BTreeSet<Vec<u8>> {
    let paths = &seen.image.paths;
    let mut folders: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut add = |folder: &str| {
        folders.insert(folder.trim_matches('/').as_bytes().to_vec());
    };
    for folder in LOADED_FROM {
        add(folder);
    }
    for path in paths
        .all()
        .filter(|path| paths.name(*path).ends_with(b"-linux-gnu"))
    {
        let bytes = paths.bytes(path);
        let text = String::from_utf8_lossy(&bytes);
        let parent = text.rsplit_once('/').map_or("", |(parent, _)| parent);
        if LOADED_FROM.contains(&parent) {
            add(&text);
        }
    }
    let kept = seen
        .image
        .layers
        .iter()
        .flat_map(|layer| &layer.contents.kept);
    for one in kept.filter(|one| paths.name(one.path).ends_with(b".conf")) {
        let text = String::from_utf8_lossy(&one.content);
        text.lines()
            .map(str::trim)
            .filter(|line| line.starts_with('/'))
            .for_each(&mut add);
    }
    let env = &seen.image.configuration.env;
    let said = env.iter().filter(|(name, _)| name == "LD_LIBRARY_PATH");
    said.flat_map(|(_, value)| value.split(':'))
        .for_each(&mut add);
    folders
}
