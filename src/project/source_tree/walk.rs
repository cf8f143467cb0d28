//! The one walk over the folder: sorted, and without a look into folders that no image needs by their name.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::admission::Left;
use super::{Entry, join};
use crate::catalog::{Builds, Catalog, Unwanted, UnwantedKind, UnwantedNames};

/// How the program beside the generated Dockerfiles is called, and begins: dfgen's own, and no source.
const PROGRAM: &str = "dfgen.py";
const PROGRAM_HEAD: &[u8] = b"# Made by dfgen ";

/// What was found.
pub(super) struct Found {
    /// Every file that was walked to.
    pub(super) files: BTreeMap<String, Entry>,
    /// Symbolic links, each with the path that it leads to; none for what is outside the folder.
    pub(super) links: BTreeMap<String, Option<String>>,
    /// Folders that were not looked into.
    pub(super) left: BTreeMap<String, Left>,
}

/// Every file below `root`, a canonical path.
pub(super) fn walk(root: &Path) -> Found {
    let mut walk = Walk {
        root: root.to_owned(),
        unwanted: Catalog::embedded().unwanted(),
        found: Found {
            files: BTreeMap::new(),
            links: BTreeMap::new(),
            left: BTreeMap::new(),
        },
    };
    walk.folder(root, "", Links::Follow);
    walk.found
}

struct Walk {
    root: PathBuf,
    unwanted: &'static Unwanted,
    found: Found,
}

/// Whether links to folders are followed. Below a followed link none is: that ends every loop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Follow,
    Leave,
}

impl Walk {
    /// Adds what lies in one folder. What cannot be listed is empty.
    fn folder(&mut self, folder: &Path, shown: &str, links: Links) {
        let Ok(listing) = fs::read_dir(folder) else {
            return;
        };
        let mut entries: Vec<(String, PathBuf)> = listing
            .flatten()
            .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
            .collect();
        entries.sort();
        let names = || entries.iter().map(|(name, _)| name.as_str());
        let beside_manifest = names().any(|name| Builds::embedded().manifests().contains(name));
        if !shown.is_empty() && names().any(|name| name == "pyvenv.cfg") {
            return self.left(shown, UnwantedKind::Rubbish);
        }
        for (name, path) in entries {
            let shown = join(shown, &name);
            match self.unwanted.named(&shown) {
                Some((kind, row))
                    if path.is_dir() && is_meant(kind, row, &path, beside_manifest) =>
                {
                    self.left(&shown, kind);
                }
                _ => self.entry(&path, &shown, links),
            }
        }
    }

    fn left(&mut self, folder: &str, kind: UnwantedKind) {
        let left = Left::Unwanted(kind);
        self.found.left.insert(folder.to_owned(), left);
    }

    fn entry(&mut self, path: &Path, shown: &str, links: Links) {
        let Ok(kind) = fs::symlink_metadata(path) else {
            return;
        };
        if kind.is_symlink() {
            self.link(path, shown, links);
        } else if kind.is_dir() {
            self.folder(path, shown, links);
        } else if kind.is_file() && !is_program(path) {
            self.file(shown, kind.len());
        }
    }

    fn link(&mut self, path: &Path, shown: &str, links: Links) {
        let Ok(target) = fs::canonicalize(path) else {
            return;
        };
        let Ok(kind) = fs::metadata(&target) else {
            return;
        };
        let Ok(inside) = target.strip_prefix(&self.root) else {
            self.found.links.insert(shown.to_owned(), None);
            return;
        };
        if let Some(inside) = inside.to_str() {
            let inside = inside.replace('\\', "/");
            self.found.links.insert(shown.to_owned(), Some(inside));
        }
        if kind.is_file() {
            self.file(shown, kind.len());
        } else if kind.is_dir() && links == Links::Follow && !path.starts_with(&target) {
            self.folder(&target, shown, Links::Leave);
        }
    }

    fn file(&mut self, shown: &str, size: u64) {
        let entry = Entry {
            size,
            text: OnceLock::new(),
        };
        self.found.files.insert(shown.to_owned(), entry);
    }
}

/// A folder that holds nothing else would be taken for a package.
fn is_program(path: &Path) -> bool {
    let is_called = path.file_name().is_some_and(|name| name == PROGRAM);
    let mut head = [0; PROGRAM_HEAD.len()];
    let mut read = || fs::File::open(path)?.read_exact(&mut head);
    is_called && read().is_ok() && head == PROGRAM_HEAD
}

/// Whether a folder of an unwanted name is what the name stands for.
fn is_meant(kind: UnwantedKind, row: &UnwantedNames, path: &Path, beside_manifest: bool) -> bool {
    let is_there = row.holds().is_none_or(|file| path.join(file).exists());
    let is_package = path.join("__init__.py").exists();
    let is_output = beside_manifest && !is_package;
    let is_kind = match kind {
        UnwantedKind::Secret | UnwantedKind::Database => !is_package,
        UnwantedKind::Rubbish => true,
        UnwantedKind::Tests => false,
    };
    is_kind && is_there && (!row.at_manifest() || is_output)
}
