//! Whose each file of an image is: of a Python distribution by its RECORD, of a Debian or Alpine package by its database, of
//! Python itself, of the application, of the system.
//!
//! A file belongs to who lists it in its own layer or one below; files that nobody there lists, to who lists them later. What
//! was compiled belongs to who has its source.

mod databases;
mod distributions;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::reading::{Entry, Image, Kind, PathId, Paths};
use crate::catalog::Catalog;

pub(crate) use distributions::Installed;

/// What kind of owner somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerKind {
    /// A distribution of Python.
    Distribution,
    /// A Debian package.
    Debian,
    /// An Alpine package.
    Alpine,
    /// Python itself.
    Python,
    /// The project's own files.
    Application,
    /// Models that no package lists, by their format.
    Model,
    /// What no package lists, in folders of the system.
    System,
}

/// Who owns a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) kind: OwnerKind,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
}

/// The number of an owner.
pub(crate) type OwnerId = usize;

/// All owners of an image, and whose each entry of each layer is.
#[derive(Debug)]
pub(crate) struct Owners {
    all: Vec<Owner>,
    numbers: BTreeMap<Owner, OwnerId>,
    /// By layer and entry.
    of: Vec<Vec<OwnerId>>,
    /// The distributions, as each layer brings them.
    pub(crate) installed: Vec<Installed>,
}

/// Whose a path is by what layers up to here say.
struct Map {
    paths: Vec<Option<OwnerId>>,
    /// Folders within environments all of whose files are one's.
    folders: BTreeMap<PathId, Option<OwnerId>>,
}

impl Owners {
    /// Finds them.
    pub(crate) fn of(image: &Image) -> Self {
        let mut owners = Self {
            all: Vec::new(),
            numbers: BTreeMap::new(),
            of: Vec::new(),
            installed: Vec::new(),
        };
        let mut map = Map {
            paths: vec![None; image.paths.len()],
            folders: BTreeMap::new(),
        };
        let mut first = Vec::new();
        for (number, layer) in image.layers.iter().enumerate() {
            owners.learn(image, number, &mut map);
            let entries = layer.contents.entries.iter();
            let known = entries.map(|entry| map.owner(&image.paths, entry.path));
            first.push(known.collect::<Vec<_>>());
        }
        for (layer, first) in image.layers.iter().zip(first) {
            let entries = layer.contents.entries.iter().zip(first);
            let of = entries.map(|(entry, first)| {
                first
                    .or_else(|| map.owner(&image.paths, entry.path))
                    .unwrap_or_else(|| owners.by_place(&image.paths, entry))
            });
            let of = of.collect();
            owners.of.push(of);
        }
        owners
    }

    /// Who owns an entry of a layer.
    pub(crate) fn owner(&self, layer: usize, entry: usize) -> &Owner {
        &self.all[self.of[layer][entry]]
    }

    /// The number of who owns it.
    pub(crate) fn id(&self, layer: usize, entry: usize) -> OwnerId {
        self.of[layer][entry]
    }

    /// The owner of a number.
    pub(crate) fn get(&self, id: OwnerId) -> &Owner {
        &self.all[id]
    }

    fn number(&mut self, owner: Owner) -> OwnerId {
        if let Some(id) = self.numbers.get(&owner) {
            return *id;
        }
        let id = self.all.len();
        self.all.push(owner.clone());
        self.numbers.insert(owner, id);
        id
    }

    /// What the databases of a layer say.
    fn learn(&mut self, image: &Image, number: usize, map: &mut Map) {
        let contents = &image.layers[number].contents;
        for (owner, path) in databases::listed(&image.paths, &contents.kept) {
            let id = self.number(owner);
            map.paths[path.index()] = Some(id);
        }
        for installed in distributions::installed(&image.paths, number, &contents.kept) {
            let id = self.number(Owner {
                kind: OwnerKind::Distribution,
                name: installed.name.clone(),
                version: Some(installed.version.clone()),
            });
            for listed in &installed.files {
                map.take(&image.paths, installed.site, listed.path, id);
            }
            self.installed.push(installed);
        }
    }

    /// Whose a file is by where it lies.
    fn by_place(&mut self, paths: &Paths, entry: &Entry) -> OwnerId {
        let bytes = paths.bytes(entry.path);
        let path = String::from_utf8_lossy(&bytes);
        let format = Catalog::embedded().models().format(&path);
        let (kind, name) = match format.filter(|_| !is_in_environment(&path)) {
            Some(format) => (OwnerKind::Model, format!("models ({format})")),
            None => {
                let (kind, name) = place(&path);
                (kind, name.to_owned())
            }
        };
        self.number(Owner {
            kind,
            name,
            version: None,
        })
    }
}

impl Map {
    fn take(&mut self, paths: &Paths, site: PathId, path: PathId, owner: OwnerId) {
        self.paths[path.index()] = Some(owner);
        for folder in paths
            .upwards(path)
            .skip(1)
            .take_while(|id| *id != site && *id > site)
        {
            let of = self.folders.entry(folder).or_insert(Some(owner));
            if *of != Some(owner) {
                *of = None;
            }
        }
    }

    fn owner(&self, paths: &Paths, path: PathId) -> Option<OwnerId> {
        self.paths[path.index()]
            .or_else(|| self.paths[source_of(paths, path)?.index()])
            .or_else(|| {
                let known = paths
                    .upwards(path)
                    .find_map(|folder| self.folders.get(&folder));
                known.copied().flatten()
            })
    }
}

/// The source of a compiled file: `a/__pycache__/b.cpython-313.pyc` is of `a/b.py`.
pub(crate) fn source_of(paths: &Paths, path: PathId) -> Option<PathId> {
    let name = paths.name(path).strip_suffix(b".pyc")?;
    let cache = paths.parent(path)?;
    if paths.name(cache) != b"__pycache__" {
        return None;
    }
    let stem = name.split(|byte| *byte == b'.').next()?;
    paths.known_below(paths.parent(cache)?, &[stem, b".py"].concat())
}

fn is_in_environment(path: &str) -> bool {
    path.contains("site-packages/") || path.contains("dist-packages/")
}

/// Whose a path is that nobody lists.
fn place(path: &str) -> (OwnerKind, &'static str) {
    let starts = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
    if is_in_environment(path) {
        return (OwnerKind::System, "site-packages, in no RECORD");
    }
    let python = [
        "usr/local/lib/python3",
        "usr/local/include/python3",
        "usr/local/bin/",
        "usr/local/lib/libpython3",
    ];
    let python_again = [
        "usr/local/share/man/man1/python",
        "usr/local/lib/pkgconfig/python",
        "usr/local/bin/python",
    ];
    let is_program = path.strip_prefix("usr/local/bin/").is_some_and(|name| {
        ["python", "pip", "pydoc", "idle", "2to3"]
            .iter()
            .any(|start| name.starts_with(start))
    });
    if starts(&python[..2]) || starts(&python[3..]) || starts(&python_again) || is_program {
        return (OwnerKind::Python, "Python");
    }
    let system = [
        "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "media", "mnt", "proc",
        "run", "sbin", "sys", "tmp", "usr", "var", "root",
    ];
    let first = path.split('/').next().unwrap_or_default();
    if system.contains(&first)
        && !starts(&[
            "usr/src/", "usr/app", "var/www", "var/app", "var/task", "root/app",
        ])
    {
        return (OwnerKind::System, "system, in no package");
    }
    (OwnerKind::Application, "application")
}

/// The environments of an image: folders of site-packages, each with what is installed there in the end.
pub(crate) fn environments(
    installed: &[Installed],
    is_there: impl Fn(usize, PathId) -> bool,
) -> BTreeMap<PathId, Vec<&Installed>> {
    let mut found: BTreeMap<PathId, Vec<&Installed>> = BTreeMap::new();
    for one in installed {
        if is_there(one.layer, one.record) {
            found.entry(one.site).or_default().push(one);
        }
    }
    found
}

/// Files that take space.
pub(crate) fn holds(entry: &Entry) -> bool {
    entry.kind == Kind::File
}

/// Names of distributions that every environment may have.
pub(crate) fn is_installer(name: &str) -> bool {
    BTreeSet::from(["pip", "setuptools", "wheel"]).contains(name)
}
