//! What can be imported from a folder, and from which folders a project imports.

use std::collections::BTreeMap;

use super::{SourceTree, has_extension, join};

/// A package or module that can be imported by its bare name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TopLevel {
    /// The name to import.
    pub(crate) name: String,
    /// The folder on the import path, relative to the tree's root; empty for the root itself.
    pub(crate) root: String,
    /// How it is laid out.
    pub(crate) layout: Layout,
}

/// How a [`TopLevel`] is laid out on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layout {
    /// A folder with `__init__.py`.
    Package,
    /// A folder without `__init__.py` that holds Python files.
    Namespace,
    /// A single file.
    Module,
}

impl SourceTree {
    /// Whether a folder is a package.
    pub(crate) fn is_package(&self, folder: &str) -> bool {
        self.has_file(&join(folder, "__init__.py"))
    }

    /// What can be imported by its bare name when `root` is on the import path, sorted by name.
    pub(crate) fn top_level(&self, root: &str) -> Vec<TopLevel> {
        let mut found: BTreeMap<String, Layout> = BTreeMap::new();
        for path in self.below(root) {
            let inner = path.strip_prefix(root).unwrap_or(path);
            if let Some((name, layout)) = top_level_of(inner.trim_start_matches('/')) {
                let known = found.entry(name.to_owned()).or_insert(layout);
                *known = layout.min(*known);
            }
        }
        let named = found.into_iter().map(|(name, layout)| TopLevel {
            name,
            root: root.to_owned(),
            layout,
        });
        named.collect()
    }

    /// The folders that belong on the import path of the project at `project`: its `src` folder
    /// when that holds packages and is none itself, and the folder itself.
    pub(crate) fn import_roots(&self, project: &str) -> Vec<String> {
        let src = join(project, "src");
        let is_package = self.has_file(&join(&src, "__init__.py"));
        let mut roots = Vec::new();
        if !is_package && !self.top_level(&src).is_empty() {
            roots.push(src);
        }
        roots.push(project.to_owned());
        roots
    }
}

/// The dotted name of the module in a file below an import root.
pub(crate) fn module_of(root: &str, path: &str) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let inner = inner.trim_start_matches('/');
    let name = inner.strip_suffix(".py").unwrap_or(inner);
    let name = name.strip_suffix("/__init__").unwrap_or(name);
    name.replace('/', ".")
}

fn top_level_of(inner: &str) -> Option<(&str, Layout)> {
    let (name, layout) = match inner.split_once('/') {
        Some((name, "__init__.py")) => (name, Layout::Package),
        Some((name, rest)) if has_extension(rest, "py") => (name, Layout::Namespace),
        Some(_) => return None,
        None => (inner.strip_suffix(".py")?, Layout::Module),
    };
    is_identifier(name).then_some((name, layout))
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_')
        && letters.all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> SourceTree {
        SourceTree::from_files(paths.iter().map(|path| (*path, "")))
    }

    #[test]
    fn top_level_names_are_found_in_flat_and_src_layouts() {
        let tree = tree(&[
            "src/shop/__init__.py",
            "src/shop/a.py",
            "src/ns/b.py",
            "src/one.py",
            "tests/x.py",
            "README.md",
        ]);
        let names: Vec<_> = tree
            .top_level("src")
            .into_iter()
            .map(|t| (t.name, t.layout))
            .collect();
        assert_eq!(
            names,
            [
                ("ns".to_owned(), Layout::Namespace),
                ("one".to_owned(), Layout::Module),
                ("shop".to_owned(), Layout::Package)
            ]
        );
        assert_eq!(tree.import_roots(""), ["src", ""]);
    }
}
