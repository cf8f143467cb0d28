//! The Python files of one project: found by module name, parsed at most once, names resolved.
//!
//! [`Code`] stands between the [`SourceTree`] and the questions that the rest of this folder asks.
//! It knows the import roots (the project's folder, its `src`, other roots the caller names) and
//! finds those that only the imports themselves tell (`backend/app` with `from app import …`).

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use pep508_rs::PackageName;

use super::modules::Modules;
use super::python::{Binding, Module, Scope};
use super::stdlib;
use crate::diagnostic::{Place, SourceFile};
use crate::project::source_tree::{Role, SourceTree, has_extension, join, module_of, parent};

/// How many names a chain of re-exports may pass through.
const LONGEST_CHAIN: usize = 12;

/// The Python files of one project.
#[derive(Debug)]
pub(crate) struct Code<'a> {
    tree: &'a SourceTree,
    project: String,
    roots: Vec<String>,
    /// Import names that belong to installed packages, whatever file has the same name.
    installed: BTreeSet<String>,
    modules: &'a Modules,
    /// The import root that each file belongs to, worked out when it is first asked for.
    root_of: IndexMap<&'a str, OnceCell<String>>,
    own: Vec<&'a str>,
    runnable: Vec<&'a str>,
    /// What was located, by the file that asked and the name: every use of a name asks again.
    located: RefCell<HashMap<String, HashMap<String, Option<Located>>>>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Something of another distribution or of Python, by its dotted name.
    Outside(String),
    /// A name in a file of the project; an empty name is the module itself.
    Inside {
        /// The file.
        path: String,
        /// The dotted name in it.
        name: String,
    },
}

/// Where a module was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    /// The file; for a namespace package the folder.
    pub(crate) path: String,
    /// The import root it was found under.
    pub(crate) root: String,
}

impl<'a> Code<'a> {
    /// The code of the project whose folder is `project` (empty for the tree's root). `closure`
    /// settles names that are both a file here and an installed package.
    pub(crate) fn new(
        tree: &'a SourceTree,
        modules: &'a Modules,
        project: &str,
        closure: &BTreeSet<PackageName>,
    ) -> Self {
        let installed = closure.iter().map(|name| name.as_ref().replace('-', "_"));
        let python: Vec<&str> = modules.paths().collect();
        let own = own_files(tree, project, &python);
        // What a name with a line break in it holds can be no word of a command; as source it is told not to be copied.
        let may_run = |path: &&str| {
            let role = SourceTree::role(project, path);
            matches!(role, Role::Source | Role::Scripts) && !path.contains(char::is_control)
        };
        Self {
            runnable: own.iter().copied().filter(may_run).collect(),
            own,
            tree,
            project: project.to_owned(),
            roots: tree.import_roots(project),
            installed: installed.collect(),
            modules,
            root_of: python
                .into_iter()
                .map(|path| (path, OnceCell::new()))
                .collect(),
            located: RefCell::default(),
        }
    }

    /// The same with further import roots, such as those of workspace members it depends on.
    #[must_use]
    pub(crate) fn with_roots(mut self, roots: impl IntoIterator<Item = String>) -> Self {
        for root in roots {
            if !self.roots.contains(&root) {
                self.roots.push(root);
            }
        }
        self.located = RefCell::default();
        self
    }

    /// The tree the code lies in.
    pub(crate) fn tree(&self) -> &'a SourceTree {
        self.tree
    }

    /// The project's folder; empty for the tree's root.
    pub(crate) fn project(&self) -> &str {
        &self.project
    }

    /// The Python files of this project, those of projects nested in it left out, sorted.
    pub(crate) fn files(&self) -> &[&'a str] {
        &self.own
    }

    /// Those of its files that an image may run: tests, docs, examples and migrations left out.
    pub(crate) fn runnable(&self) -> &[&'a str] {
        &self.runnable
    }

    /// What a file of this project is for.
    pub(crate) fn role(&self, path: &str) -> Role {
        SourceTree::role(&self.project, path)
    }

    /// The summary of a file, parsed when first asked for.
    pub(crate) fn module(&self, path: &str) -> Option<&Module> {
        self.modules.get(path, self.tree)
    }

    /// The files that are nested too deeply to be read, of those that were asked about.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &'a str> {
        self.modules.unread()
    }

    /// The text of a file, for places.
    pub(crate) fn text(&self, path: &str) -> Option<SourceFile> {
        self.tree.text(path)
    }

    /// A place in a file.
    pub(crate) fn place(&self, path: &str, span: &std::ops::Range<usize>, label: &str) -> Place {
        let file = self.text(path).unwrap_or_else(|| SourceFile::new(path, ""));
        file.place(span.clone(), label)
    }

    /// Whether the text of a file holds one of these words. Cheaper than parsing.
    pub(crate) fn mentions(&self, path: &str, words: &[impl AsRef<str>]) -> bool {
        self.modules.mentions(path, words, self.tree)
    }

    /// The module of this dotted name, as a file at `from` would import it.
    pub(crate) fn locate(&self, from: &str, dotted: &str) -> Option<Located> {
        let known = self.located.borrow();
        if let Some(known) = known.get(from).and_then(|known| known.get(dotted)) {
            return known.clone();
        }
        drop(known);
        let found = self.find(from, dotted);
        let mut known = self.located.borrow_mut();
        let of_file = known.entry(from.to_owned()).or_default();
        of_file.insert(dotted.to_owned(), found.clone());
        found
    }

    fn find(&self, from: &str, dotted: &str) -> Option<Located> {
        let first = dotted.split('.').next().unwrap_or(dotted);
        let by_root = self
            .roots
            .iter()
            .find_map(|root| self.locate_below(root, dotted));
        if by_root.is_some() || stdlib::ever_contained(first) || self.installed.contains(first) {
            return by_root;
        }
        self.script_roots(from)
            .find_map(|root| self.locate_below(root, dotted))
            .or_else(|| self.locate_beside(from, dotted))
    }

    /// The module of this dotted name in a package around a file that is run from that package's own folder.
    fn locate_beside(&self, from: &str, dotted: &str) -> Option<Located> {
        let (root, _) = self.module_name(from);
        let is_beside = self.tree.is_package(&root);
        is_beside
            .then(|| self.locate_below(&root, dotted))
            .flatten()
    }

    /// The module of this dotted name below one import root.
    pub(crate) fn locate_below(&self, root: &str, dotted: &str) -> Option<Located> {
        let base = join(root, &dotted.replace('.', "/"));
        let path = self.modules.at(base)?;
        Some(Located {
            path,
            root: root.to_owned(),
        })
    }

    /// Folders around a file that may be on the import path though the manifest does not say so:
    /// the nearest first, folders that are packages left out. Where `manage.py` lies, it is run, package or not.
    fn script_roots<'p>(&self, from: &'p str) -> impl Iterator<Item = &'p str> {
        let is_run = |folder: &&str| self.tree.has_file(&join(folder, "manage.py"));
        around(from).filter(move |folder| !self.tree.is_package(folder) || is_run(folder))
    }

    /// The folder that must be on the import path for this file, and its module name then.
    pub(crate) fn module_name(&self, path: &str) -> (String, String) {
        let root = || self.root_of(path);
        let known = self.root_of.get(path);
        let root = known.map_or_else(root, |known| known.get_or_init(root).clone());
        let name = module_of(&root, path);
        (root, name)
    }

    /// The import root of a file: the one under which most of its own imports are found. With none
    /// to tell, the project's `src`, or the folder above the outermost package around the file.
    fn root_of(&self, path: &str) -> String {
        let usual = self.usual_root(path);
        // What names its neighbours as if they were at the top is run from a folder above them, package or not; its
        // relative imports lead no higher than that.
        let imports = self.module(path).map(|module| module.imports.as_slice());
        let levels = imports.unwrap_or_default().iter().map(|one| one.level);
        let highest = levels.max().unwrap_or_default() as usize;
        let depth = |folder: &str| {
            path[folder.len()..]
                .trim_start_matches('/')
                .matches('/')
                .count()
        };
        let beside = around(path).filter(|folder| self.tree.is_package(folder));
        let beside = beside.filter(|folder| highest <= depth(folder));
        let candidates = self.script_roots(path).chain(beside).filter(|folder| {
            folder.len() >= self.project.len() && folder.starts_with(&self.project)
        });
        let mut best = (self.first_party_imports(path, &usual), usual);
        for folder in candidates {
            let found = self.first_party_imports(path, folder);
            if found > best.0 {
                best = (found, folder.to_owned());
            }
        }
        best.1
    }

    fn usual_root(&self, path: &str) -> String {
        let start = parent(path);
        let mut folder = start;
        while self.tree.has_file(&join(folder, "__init__.py")) && folder != self.project {
            folder = parent(folder);
        }
        let is_root = self.roots.iter().any(|root| root == folder);
        if folder != start && !is_root {
            return folder.to_owned();
        }
        let mut roots = self.roots.iter();
        let around = roots.find(|root| {
            root.is_empty() || folder == root.as_str() || folder.starts_with(&format!("{root}/"))
        });
        around.map_or_else(|| folder.to_owned(), Clone::clone)
    }

    fn first_party_imports(&self, path: &str, root: &str) -> usize {
        let Some(module) = self.module(path) else {
            return 0;
        };
        let absolute = module.imports.iter().filter(|import| import.level == 0);
        absolute
            .filter(|import| {
                let first = import.module.split('.').next().unwrap_or_default();
                !stdlib::ever_contained(first)
                    && !self.installed.contains(first)
                    && self.locate_below(root, &import.module).is_some()
            })
            .count()
    }

    /// The folder that `level` leading dots stand for in the file at `path`.
    fn relative_folder(path: &str, level: u32) -> &str {
        (0..level).fold(path, |folder, _| parent(folder))
    }

    /// The module that `from {level dots}{module} import …` at `path` names.
    pub(crate) fn imported(&self, path: &str, level: u32, module: &str) -> Option<Located> {
        if level == 0 {
            return self.locate(path, module);
        }
        let folder = Self::relative_folder(path, level);
        if module.is_empty() {
            let init = join(folder, "__init__.py");
            let path = if self.modules.has(&init) {
                init
            } else {
                folder.to_owned()
            };
            return Some(Located {
                path,
                root: folder.to_owned(),
            });
        }
        self.locate_below(folder, module)
    }

    /// The submodule `name` of the package at `package` (its `__init__.py`, or its folder).
    pub(crate) fn submodule(&self, package: &str, name: &str) -> Option<String> {
        let folder = package
            .strip_suffix("__init__.py")
            .map_or(package, |f| f.trim_end_matches('/'));
        if has_extension(folder, "py") {
            return None;
        }
        self.locate_below(folder, name).map(|located| located.path)
    }

    /// The files of the project that a file names in its imports.
    pub(crate) fn imports_of(&self, path: &str) -> Vec<String> {
        let imports = self.module(path).map(|module| module.imports.as_slice());
        let located = imports.unwrap_or_default().iter().flat_map(|import| {
            let package = self.imported(path, import.level, &import.module);
            let package = package.map(|located| located.path);
            let submodules = import.names.iter().filter_map({
                let package = package.clone();
                move |name| self.submodule(package.as_deref()?, name)
            });
            submodules.collect::<Vec<_>>().into_iter().chain(package)
        });
        located.collect()
    }

    /// The files of the project that a file imports, itself first.
    pub(crate) fn reached(&self, path: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![path.to_owned()];
        while let Some(path) = waiting.pop() {
            if has_extension(&path, "py") && !reached.contains(&path) {
                waiting.extend(self.imports_of(&path));
                reached.insert(path);
            }
        }
        reached
    }

    /// What `name` stands for in the file at `path`.
    pub(crate) fn resolve(&self, path: &str, name: &str) -> Origin {
        self.resolve_within(path, name, LONGEST_CHAIN)
    }

    fn resolve_within(&self, path: &str, name: &str, left: usize) -> Origin {
        let here = || Origin::Inside {
            path: path.to_owned(),
            name: name.to_owned(),
        };
        let Some(module) = self.module(path).filter(|_| left > 0) else {
            return here();
        };
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let Some(binding) = module.binding(first) else {
            let local = module.defines(first) || module.assigns_anywhere(first).next().is_some();
            return if local {
                here()
            } else {
                Origin::Outside(name.to_owned())
            };
        };
        let is_own = binding.is_local && module.defines(first);
        if is_own || module.assigned(&Scope::Module, first).is_some() {
            return here();
        }
        self.bound(path, binding, rest, left)
    }

    /// What `name` stands for in code of this scope: what a function imports goes before what its
    /// module has under that name.
    pub(crate) fn resolve_in(&self, path: &str, scope: &Scope, name: &str) -> Origin {
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let module = self.module(path);
        match module.and_then(|module| module.local_binding(scope, first)) {
            Some(binding) => self.bound(path, binding, rest, LONGEST_CHAIN),
            None => self.resolve(path, name),
        }
    }

    /// `rest` of what an import of the file at `path` brings.
    fn bound(&self, path: &str, binding: &Binding, rest: &str, left: usize) -> Origin {
        let wanted = dotted(binding.name.as_deref().unwrap_or_default(), rest);
        match self.imported(path, binding.level, &binding.module) {
            Some(located) => self.member(&located.path, &wanted, left - 1),
            None => Origin::Outside(dotted(&binding.module, &wanted)),
        }
    }

    /// Whether the binding is `from . import name` in the package's own `__init__.py`.
    fn names_own_submodule(&self, path: &str, name: &str, binding: &Binding) -> bool {
        binding.name.as_deref() == Some(name)
            && self
                .imported(path, binding.level, &binding.module)
                .is_some_and(|package| package.path == path)
    }

    /// `wanted`, a dotted name, in the module or package at `path`.
    fn member(&self, path: &str, wanted: &str, left: usize) -> Origin {
        let inside = |name: &str| Origin::Inside {
            path: path.to_owned(),
            name: name.to_owned(),
        };
        if wanted.is_empty() || left == 0 {
            return inside(wanted);
        }
        let (first, rest) = wanted.split_once('.').unwrap_or((wanted, ""));
        let module = self.module(path);
        if module.is_some_and(|module| module.defines(first)) {
            return inside(wanted);
        }
        let binding = module.and_then(|module| module.binding(first));
        if binding.is_some_and(|binding| !self.names_own_submodule(path, first, binding)) {
            return self.resolve_within(path, wanted, left - 1);
        }
        match self.submodule(path, first) {
            Some(submodule) => self.member(&submodule, rest, left - 1),
            None => inside(wanted),
        }
    }
}

/// The folders around a file, the nearest first.
fn around(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(parent(path)), |folder| {
        (!folder.is_empty()).then(|| parent(folder))
    })
}

fn own_files<'a>(tree: &SourceTree, project: &str, python: &[&'a str]) -> Vec<&'a str> {
    let nested = tree.nested_projects(project);
    let inside = |path: &str, folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    let all = python.iter().copied();
    all.filter(|path| project.is_empty() || inside(path, project))
        .filter(|path| !nested.iter().any(|folder| inside(path, folder)))
        .collect()
}

fn dotted(first: &str, rest: &str) -> String {
    match (first, rest) {
        ("", rest) => rest.to_owned(),
        (first, "") => first.to_owned(),
        (first, rest) => format!("{first}.{rest}"),
    }
}
