//! Why a file need not be in an image: one reason for each, so that bytes are counted once.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::Seen;
use crate::catalog::{Catalog, Certainty, GpuPart, Leftover, PathPattern, Whose};
use crate::image::fate::End;
use crate::image::owner::{OwnerId, OwnerKind, environments, is_installer, source_of};
use crate::image::reading::{Image, PathId};
use crate::names::PackageName;

/// Why a file could go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// A later layer, of this number, ended it.
    Ended(usize, End),
    /// It is of a kind that images can do without, by its number.
    Leftover(usize),
    /// It is of a development tool.
    Development(OwnerId),
    /// It is of a distribution that another environment has too: of this one's folder.
    Twice(PathId),
    /// It tests a distribution, and nothing imports it.
    Tests,
    /// It was compiled by another Python than the image's.
    OtherPython,
    /// It was compiled from a source that was written since.
    Stale,
    /// It is a part of GPU wheels, by its number.
    Gpu(usize),
}

/// The reason of each entry of each layer.
#[derive(Debug)]
pub(crate) struct Reasons(Vec<Vec<Option<Reason>>>);

impl Reasons {
    pub(crate) fn of(seen: &Seen<'_>) -> Self {
        let judge = Judge::new(seen);
        let layers = seen.image.layers.iter().enumerate();
        let reasons = layers.map(|(layer, read)| {
            let entries = 0..read.contents.entries.len();
            entries.map(|entry| judge.reason(layer, entry)).collect()
        });
        Self(reasons.collect())
    }

    /// Why an entry could go.
    pub(crate) fn get(&self, layer: usize, entry: usize) -> Option<Reason> {
        self.0[layer][entry]
    }
}

struct Judge<'s, 'i> {
    seen: &'s Seen<'i>,
    rows: Vec<&'static Leftover>,
    parts: Vec<&'static GpuPart>,
    /// The first kind of leftover that a folder, or one that it is in, is of.
    folders: Vec<Option<usize>>,
    development: BTreeMap<OwnerId, bool>,
    /// Distributions of environments that are not the image's own and have what that has too: folder by owner and site.
    twice: BTreeMap<PathId, Vec<String>>,
    compiled: BTreeMap<PathId, Reason>,
}

impl<'s, 'i> Judge<'s, 'i> {
    fn new(seen: &'s Seen<'i>) -> Self {
        let catalog = Catalog::embedded();
        let rows: Vec<&Leftover> = catalog.leftovers().rows().map(|(_, row)| row).collect();
        let parts = catalog
            .trim()
            .all_parts()
            .map(|(_, part)| &**part)
            .collect();
        Self {
            folders: folders(seen.image, &rows),
            rows,
            parts,
            development: BTreeMap::new(),
            twice: twice(seen),
            compiled: compiled(seen),
            seen,
        }
        .with_development()
    }

    fn with_development(mut self) -> Self {
        let tools = Catalog::embedded().development();
        let installed = &self.seen.owners.installed;
        let names: Vec<&str> = installed.iter().map(|one| one.name.as_str()).collect();
        for (layer, entry, _) in self.seen.files() {
            let id = self.seen.owners.id(layer, entry);
            self.development.entry(id).or_insert_with(|| {
                let owner = self.seen.owners.get(id);
                let name = PackageName::from_str(&owner.name).ok();
                let row = name.filter(|_| owner.kind == OwnerKind::Distribution);
                row.and_then(|name| tools.get(&name)).is_some_and(|row| {
                    let is_needed = |name: &PackageName| names.contains(&name.as_ref());
                    row.certainty() == Certainty::Certain
                        && !is_installer(&owner.name)
                        && !row.needed_by().iter().any(is_needed)
                })
            });
        }
        self
    }

    fn reason(&self, layer: usize, entry: usize) -> Option<Reason> {
        let read = &self.seen.image.layers[layer].contents.entries[entry];
        if read.size == 0 {
            return None;
        }
        if let Some((by, end)) = self.seen.fates.end(layer, entry) {
            return Some(Reason::Ended(by, end));
        }
        let id = self.seen.owners.id(layer, entry);
        let in_twice = || {
            let owner = self.seen.owners.get(id);
            let mut above = self.seen.image.paths.upwards(read.path);
            let site = above.find(|folder| self.twice.contains_key(folder))?;
            self.twice[&site]
                .contains(&owner.name)
                .then_some(Reason::Twice(site))
        };
        self.leftover(read.path, id)
            .or_else(in_twice)
            .or_else(|| self.development[&id].then_some(Reason::Development(id)))
            .or_else(|| self.compiled.get(&read.path).copied())
            .or_else(|| self.of_distribution(read.path, id))
    }

    fn leftover(&self, path: PathId, id: OwnerId) -> Option<Reason> {
        let owner = self.seen.owners.get(id);
        let whose = match owner.kind {
            OwnerKind::Distribution => Whose::Distribution,
            OwnerKind::Application | OwnerKind::Model => Whose::Application,
            // Python's own headers are as good as a package's.
            OwnerKind::Python => Whose::Distribution,
            OwnerKind::Debian | OwnerKind::Alpine | OwnerKind::System => Whose::System,
        };
        let paths = &self.seen.image.paths;
        let folder = paths.parent(path)?;
        let by_folder = self.folders[folder.index()];
        let (folder, name) = (paths.name(folder), paths.name(path));
        let (folder, name) = (str::from_utf8(folder).ok()?, str::from_utf8(name).ok()?);
        let found = self.rows.iter().enumerate().find(|(number, row)| {
            let fits = by_folder == Some(*number)
                || row.has_file(folder, name)
                || owner.kind == OwnerKind::Debian && row.has_package(&owner.name);
            fits && row.is_of(Some(whose))
        });
        found.map(|(number, _)| Reason::Leftover(number))
    }

    /// Tests and parts for GPUs that the catalog knows of a distribution.
    fn of_distribution(&self, path: PathId, id: OwnerId) -> Option<Reason> {
        let owner = self.seen.owners.get(id);
        if owner.kind != OwnerKind::Distribution {
            return None;
        }
        let name = PackageName::from_str(&owner.name).ok()?;
        let whole = String::from_utf8_lossy(&self.seen.image.paths.bytes(path)).into_owned();
        let (_, inner) = whole.rsplit_once("site-packages/")?;
        let is_in = |patterns: &[PathPattern]| patterns.iter().any(|pattern| pattern.covers(inner));
        let tests = Catalog::embedded().trim().tests(&name);
        if tests.is_some_and(|row| is_in(row.folders())) {
            return Some(Reason::Tests);
        }
        let mut parts = self.parts.iter();
        let part = parts.position(|part| part.is_in(&name) && is_in(part.paths()));
        part.map(Reason::Gpu)
    }
}

/// Which folders are of a kind that images can do without; what is in them is too.
fn folders(image: &Image, rows: &[&Leftover]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; image.paths.len()];
    let mut is_folder = vec![false; image.paths.len()];
    for path in image.paths.all() {
        if let Some(folder) = image.paths.parent(path) {
            is_folder[folder.index()] = true;
        }
    }
    for path in image.paths.all() {
        let inherited = image
            .paths
            .parent(path)
            .and_then(|folder| found[folder.index()]);
        found[path.index()] = inherited.or_else(|| {
            if !is_folder[path.index()] {
                return None;
            }
            let bytes = image.paths.bytes(path);
            let path = str::from_utf8(&bytes).ok()?;
            rows.iter().position(|row| row.has_folder(path))
        });
    }
    found
}

/// Environments that have what a larger one has too, and the distributions that both have.
fn twice(seen: &Seen<'_>) -> BTreeMap<PathId, Vec<String>> {
    let is_there = |layer: usize, path: PathId| {
        let at = seen.fates.at(path);
        at.is_some_and(|(there, _)| there == layer)
    };
    let all = environments(&seen.owners.installed, is_there);
    let size = |site: &PathId| all[site].iter().map(|one| one.files.len()).sum::<usize>();
    let Some(own) = all.keys().copied().max_by_key(size) else {
        return BTreeMap::new();
    };
    let has = |name: &str| all[&own].iter().any(|one| one.name == name);
    let others = all.iter().filter(|(site, _)| **site != own);
    let shared = others.map(|(site, installed)| {
        let names = installed.iter().map(|one| one.name.clone());
        (
            *site,
            names
                .filter(|name| has(name) && !is_installer(name))
                .collect::<Vec<_>>(),
        )
    });
    shared.filter(|(_, names)| !names.is_empty()).collect()
}

/// Compiled files that no Python of the image reads, or that it compiles again.
fn compiled(seen: &Seen<'_>) -> BTreeMap<PathId, Reason> {
    let pythons = pythons(seen);
    let mut found = BTreeMap::new();
    for layer in &seen.image.layers {
        for one in &layer.contents.bytecode {
            let name = String::from_utf8_lossy(seen.image.paths.name(one.path)).into_owned();
            let tag = name
                .split('.')
                .find_map(|part| part.strip_prefix("cpython-3"));
            if tag.is_some_and(|tag| !pythons.is_empty() && !pythons.iter().any(|one| one == tag)) {
                found.insert(one.path, Reason::OtherPython);
                continue;
            }
            let source =
                source_of(&seen.image.paths, one.path).and_then(|path| seen.fates.at(path));
            if let (Some((modified, size)), Some((layer, entry))) = (one.source, source) {
                let source = &seen.image.layers[layer].contents.entries[entry];
                let same = u64::from(size) == source.size & 0xffff_ffff
                    && u64::from(modified) == source.modified & 0xffff_ffff;
                if !same && source.size > 0 {
                    found.insert(one.path, Reason::Stale);
                }
            }
        }
    }
    found
}

/// The minor versions of the Pythons of an image: `13` of `bin/python3.13`.
fn pythons(seen: &Seen<'_>) -> Vec<String> {
    let paths = &seen.image.paths;
    let named = paths.all().filter_map(|path| {
        let minor = paths.name(path).strip_prefix(b"python3.")?;
        let is_program = paths.name(paths.parent(path)?) == b"bin";
        let digits = minor.iter().all(u8::is_ascii_digit) && !minor.is_empty();
        (is_program && digits && seen.fates.at(path).is_some())
            .then(|| String::from_utf8_lossy(minor).into_owned())
    });
    named.collect()
}
