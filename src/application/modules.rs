//! The Python files of a source tree.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use indexmap::IndexMap;

use super::mentioned::Mentioned;
use super::python::Module;
use crate::diagnostic::SourceFile;
use crate::project::source_tree::{SourceTree, has_extension};

/// The Python files of a source tree, each parsed when it is first asked for: the images of a project read the same.
#[derive(Debug)]
pub(crate) struct Modules {
    /// By path, sorted.
    parsed: IndexMap<String, OnceCell<Parsed>>,
    mentioned: Mentioned,
    /// What a path without its end is as a module: a file, or a folder that is a namespace.
    at: RefCell<HashMap<String, Option<String>>>,
}

impl Modules {
    /// Those of a tree.
    pub(crate) fn new(tree: &SourceTree) -> Self {
        let python = tree.paths().filter(|path| has_extension(path, "py"));
        Self {
            parsed: python
                .map(|path| (path.to_owned(), OnceCell::new()))
                .collect(),
            mentioned: Mentioned::default(),
            at: RefCell::default(),
        }
    }

    /// All paths, sorted.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.parsed.keys().map(String::as_str)
    }

    /// Whether there is a file at this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.parsed.contains_key(path)
    }

    /// The summary of a file, parsed when first asked for.
    pub(super) fn get(&self, path: &str, tree: &SourceTree) -> Option<&Module> {
        let cell = self.parsed.get(path)?;
        let parsed = cell.get_or_init(|| {
            let empty = || SourceFile::new(path, "");
            let text = tree.text(path).unwrap_or_else(empty);
            let module = Module::parse(text.text());
            Parsed { text, module }
        });
        Some(&parsed.module)
    }

    /// The files that are nested too deeply to be read, of those that were asked about.
    pub(super) fn unread(&self) -> impl Iterator<Item = &str> {
        let unread = |parsed: &OnceCell<Parsed>| parsed.get().is_some_and(|one| one.module.unread);
        let files = self.parsed.iter();
        files
            .filter(move |(_, parsed)| unread(parsed))
            .map(|(path, _)| path.as_str())
    }

    /// Whether the text of a file holds one of these words. Cheaper than parsing.
    pub(super) fn mentions(
        &self,
        path: &str,
        words: &[impl AsRef<str>],
        tree: &SourceTree,
    ) -> bool {
        self.mentioned.any(path, words, || {
            let parsed = self.parsed.get(path).and_then(OnceCell::get);
            let text = parsed.map(|parsed| parsed.text.clone());
            text.or_else(|| tree.text(path))
        })
    }

    /// The file, or the folder of a namespace package, of the module at this path without its end.
    pub(super) fn at(&self, base: String) -> Option<String> {
        if let Some(known) = self.at.borrow().get(&base) {
            return known.clone();
        }
        let found = [format!("{base}/__init__.py"), format!("{base}.py")]
            .into_iter()
            .find(|path| self.parsed.contains_key(path.as_str()))
            .or_else(|| self.is_namespace(&base).then(|| base.clone()));
        self.at.borrow_mut().insert(base, found.clone());
        found
    }

    fn is_namespace(&self, folder: &str) -> bool {
        let prefix = format!("{folder}/");
        let files = self.parsed.as_slice();
        let first = files.partition_point(|path, _| *path < prefix);
        let first = files.get_index(first);
        first.is_some_and(|(path, _)| path.starts_with(&prefix))
    }
}

#[derive(Debug)]
struct Parsed {
    text: SourceFile,
    module: Module,
}
