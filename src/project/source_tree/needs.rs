//! What a build reads whatever an ignore file says: manifests, locks, licences, and what manifests name.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::{SourceTree, join, parent};
use crate::project::Pyproject;

/// Files of a project's own folder that building it reads.
pub(crate) const BUILD_FILES: [&str; 13] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "MANIFEST.in",
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "rust-toolchain.toml",
    "meson.build",
    "CMakeLists.txt",
    "hatch_build.py",
    "hatch.toml",
    "build.py",
];

/// Files that uv and dfgen read beside them.
const OF_UV: [&str; 4] = ["uv.lock", "uv.toml", "dfgen.toml", ".python-version"];

/// Licence files that build backends take without being told (PEP 639's usual globs).
pub(crate) fn is_licence(name: &str) -> bool {
    let starts = ["LICEN", "COPYING", "NOTICE", "AUTHORS"];
    starts.iter().any(|start| name.starts_with(start))
}

/// The needs of every project in a tree.
pub(super) struct Needs<'t> {
    tree: &'t SourceTree,
    /// The folders of manifests.
    projects: BTreeSet<&'t str>,
    /// What the manifests name.
    named: OnceCell<BTreeSet<String>>,
}

impl<'t> Needs<'t> {
    pub(super) fn new(tree: &'t SourceTree) -> Self {
        let manifests = tree
            .paths()
            .filter(|path| is_called(path, "pyproject.toml"));
        Self {
            tree,
            projects: manifests.map(parent).collect(),
            named: OnceCell::new(),
        }
    }

    /// Whether a folder is a project's.
    pub(super) fn is_project(&self, folder: &str) -> bool {
        self.projects.contains(folder)
    }

    /// Whether a build reads this file, which is ignored because `hit`, a folder around it or the file itself, is.
    pub(super) fn are_met_by(&self, path: &str, hit: &str) -> bool {
        let folder = parent(path);
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_usual = BUILD_FILES.contains(&name) || OF_UV.contains(&name) || is_licence(name);
        if is_usual && self.is_project(folder) {
            return true;
        }
        let named = self.named.get_or_init(|| self.named());
        let at_or_above = |outer: &str, inner: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        named
            .iter()
            .any(|named| at_or_above(named, path) && at_or_above(hit, named))
    }

    fn named(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for folder in &self.projects {
            let file = self.tree.text(&join(folder, "pyproject.toml"));
            // Manifests of the project were read before, and errors told; others name nothing that dfgen needs.
            let manifest = file.and_then(|file| Pyproject::parse(file).ok());
            let named = manifest.map(|manifest| manifest.named_paths());
            let paths = named.into_iter().flatten().filter_map(|path| {
                let path = path.trim_start_matches("./").trim_matches('/');
                (!path.is_empty() && path != ".").then(|| join(folder, path))
            });
            all.extend(paths);
        }
        all
    }
}

fn is_called(path: &str, name: &str) -> bool {
    path.rsplit('/').next() == Some(name)
}
