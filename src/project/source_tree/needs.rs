//! What a build reads whatever an ignore file says: manifests, locks, licences, and what manifests name.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::mentions::Mentions;
use super::{SourceTree, has_extension, join, parent};
use crate::catalog::Builds;
use crate::ignore_pattern::IgnorePattern;
use crate::project::Pyproject;

/// Files that uv and dfgen read beside them.
const OF_UV: [&str; 4] = ["uv.lock", "uv.toml", "dfgen.toml", ".python-version"];

/// Licence files that build backends take without being told.
pub(crate) fn is_licence(name: &str) -> bool {
    Builds::embedded().licences().begin(name)
}

/// The needs of every project in a tree.
pub(super) struct Needs<'t> {
    tree: &'t SourceTree,
    /// The folders of manifests.
    projects: BTreeSet<&'t str>,
    /// What the manifests name.
    named: OnceCell<BTreeSet<String>>,
    /// What their globs find, and what the code of builds names: a build may take it, or make it.
    found: OnceCell<BTreeSet<String>>,
}

/// The files that the globs of a manifest find: licences, and those below a folder that is named.
pub(crate) fn found_by_globs(
    tree: &SourceTree,
    folder: &str,
    manifest: &Pyproject,
) -> BTreeSet<String> {
    let is_glob = |text: &String| text.contains(['*', '?', '[']);
    let in_folder = |text: &String| {
        let first = text.split('/').next().unwrap_or_default();
        text.contains('/') && !first.is_empty() && !first.contains(['*', '?', '['])
    };
    let named = manifest.named_paths();
    let named = named.into_iter().filter(in_folder);
    let globs = manifest.licence_globs().into_iter().chain(named);
    let globs = globs
        .filter(is_glob)
        .filter_map(|text| IgnorePattern::parse(&text));
    let globs: Vec<IgnorePattern> = globs.map(|glob| glob.below(folder)).collect();
    if globs.is_empty() {
        return BTreeSet::new();
    }
    let files = tree.below(folder);
    let found = files.filter(|path| globs.iter().any(|glob| glob.matches(path)));
    found.map(str::to_owned).collect()
}

/// The files that the code of a build names by their paths: `open("CHANGES.txt")` in `setup.py`.
pub(crate) fn named_by_code(
    tree: &SourceTree,
    folder: &str,
    manifest: &Pyproject,
) -> BTreeSet<String> {
    let named = manifest.named_paths().into_iter();
    let hooks = named.filter(|path| has_extension(path, "py") && !path.contains(['*', '?', '[']));
    let code = Builds::embedded()
        .code()
        .iter()
        .map(str::to_owned)
        .chain(hooks);
    let mut files = BTreeSet::new();
    for path in code.map(|path| join(folder, &path)) {
        let Some(text) = tree.text(&path) else {
            continue;
        };
        let mut mentions = Mentions::default();
        if has_extension(&path, "py") {
            mentions.read(text.text());
        } else {
            let words = text.text().split([' ', ',', ':', '=', '\n', '\t', '\r']);
            words.for_each(|word| mentions.read(&format!("\"{word}\"")));
        }
        for named in mentions.paths() {
            let beside = [folder, parent(&path)].map(|folder| join(folder, &named));
            files.extend(beside.into_iter().filter(|path| tree.has_file(path)));
        }
    }
    files
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
            found: OnceCell::new(),
        }
    }

    /// Whether a folder is a project's.
    pub(super) fn is_project(&self, folder: &str) -> bool {
        self.projects.contains(folder)
    }

    /// Whether a build reads this file, which is ignored because `hit`, a folder around it or the file itself, is.
    /// What globs find and code names counts where a clean checkout has it.
    pub(super) fn are_met_by(&self, path: &str, hit: &str, is_untracked: bool) -> bool {
        let folder = parent(path);
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_usual =
            Builds::embedded().files().contains(name) || OF_UV.contains(&name) || is_licence(name);
        if is_usual && self.is_project(folder) {
            return true;
        }
        let named = self.named.get_or_init(|| self.named());
        let at_or_above = |outer: &str, inner: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_named = named
            .iter()
            .any(|named| at_or_above(named, path) && at_or_above(hit, named));
        let found = || self.found.get_or_init(|| self.found());
        is_named || !is_untracked && found().contains(path)
    }

    fn manifests(&self) -> impl Iterator<Item = (&'t str, Pyproject)> {
        self.projects.iter().filter_map(|folder| {
            let file = self.tree.text(&join(folder, "pyproject.toml"))?;
            Some((*folder, Pyproject::parse(file).ok()?))
        })
    }

    fn named(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for (folder, manifest) in self.manifests() {
            let named = manifest.named_paths().into_iter();
            let paths = named.filter_map(|path| {
                let path = path.trim_start_matches("./").trim_matches('/');
                (!path.is_empty() && path != ".").then(|| join(folder, path))
            });
            all.extend(paths);
        }
        all
    }

    fn found(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (folder, manifest) in self.manifests() {
            found.extend(found_by_globs(self.tree, folder, &manifest));
            found.extend(named_by_code(self.tree, folder, &manifest));
        }
        found
    }
}

fn is_called(path: &str, name: &str) -> bool {
    path.rsplit('/').next() == Some(name)
}
