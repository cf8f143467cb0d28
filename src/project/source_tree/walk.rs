//! The one walk over the folder: sorted, bounded, blind to what no image needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Entry, has_extension, join};

/// Folders that are never part of a project's source, wherever they are.
const LEFT_OUT: [&str; 22] = [
    ".cache",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pdm-build",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    "__pycache__",
    "__pypackages__",
    "htmlcov",
    "node_modules",
    "site-packages",
];

/// Folders that are build output when they lie beside a manifest and hold no package.
const BUILD_OUTPUT: [&str; 4] = ["build", "dist", "target", "wheels"];

/// Files that make the folder around them a project of its own.
const MANIFESTS: [&str; 4] = ["pyproject.toml", "setup.py", "package.json", "Cargo.toml"];

/// Every file below `root`, a canonical path.
pub(super) fn files(root: &Path) -> BTreeMap<String, Entry> {
    let mut walk = Walk {
        root: root.to_owned(),
        files: BTreeMap::new(),
    };
    walk.folder(root, "", Links::Follow);
    walk.files
}

struct Walk {
    root: PathBuf,
    files: BTreeMap<String, Entry>,
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
        let names: Vec<String> = entries.iter().map(|(name, _)| name.clone()).collect();
        if names.iter().any(|name| name == "pyvenv.cfg") {
            return;
        }
        let beside_manifest = names.iter().any(|name| MANIFESTS.contains(&name.as_str()));
        for (name, path) in entries {
            let is_output = beside_manifest && is_build_output(&name, &path);
            if !is_output && !is_left_out(&name) {
                self.entry(&path, &join(shown, &name), links);
            }
        }
    }

    fn entry(&mut self, path: &Path, shown: &str, links: Links) {
        let Ok(kind) = fs::symlink_metadata(path) else {
            return;
        };
        if kind.is_symlink() {
            self.link(path, shown, links);
        } else if kind.is_dir() {
            self.folder(path, shown, links);
        } else if kind.is_file() {
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
        if !target.starts_with(&self.root) {
            return;
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
        self.files.insert(shown.to_owned(), entry);
    }
}

fn is_left_out(name: &str) -> bool {
    LEFT_OUT.contains(&name) || has_extension(name, "egg-info") || has_extension(name, "pyc")
}

fn is_build_output(name: &str, path: &Path) -> bool {
    BUILD_OUTPUT.contains(&name) && path.is_dir() && !path.join("__init__.py").exists()
}
