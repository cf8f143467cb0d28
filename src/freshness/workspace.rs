//! The local packages of a project, as uv sees them when it locks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::requirement::{PythonRange, absolute};
use super::source_wire::required_members;
use crate::diagnostic::Place;
use crate::lock::{Package, Source};
use crate::names::{ExtraName, GroupName, PackageName};
use crate::project::{Project, Pyproject};

/// A folder with a manifest.
pub(super) struct Local<'p> {
    /// Absolute.
    pub(super) folder: PathBuf,
    pub(super) pyproject: &'p Pyproject,
    pub(super) kin: Kin,
}

/// What a local package is to the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kin {
    /// The root or another member.
    Member,
    /// A path dependency, with a workspace of its own.
    Stranger,
}

/// Where in a manifest a requirement stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Project,
    Extra(ExtraName),
    Group(GroupName),
}

/// All local packages, the root first.
pub(super) struct Workspace<'p> {
    pub(super) project: &'p Project,
    pub(super) root: PathBuf,
    pub(super) python: PythonRange,
    pub(super) locals: Vec<Local<'p>>,
    required: BTreeMap<PackageName, Option<bool>>,
}

impl<'p> Workspace<'p> {
    /// `None` when the lock's `requires-python` holds for nothing.
    pub(super) fn new(project: &'p Project) -> Option<Self> {
        // Through a link to the folder, `..` leads elsewhere than it does for the system.
        let root = std::fs::canonicalize(&project.root).unwrap_or_else(|_| project.root.clone());
        let root = absolute(&root, "");
        let local = |path: &str, pyproject, kin| Local {
            folder: absolute(&root, path),
            pyproject,
            kin,
        };
        let mut locals = vec![local("", &project.pyproject, Kin::Member)];
        for member in &project.members {
            locals.push(local(&member.path, &member.pyproject, Kin::Member));
        }
        for other in &project.path_dependencies {
            locals.push(local(&other.path, &other.pyproject, Kin::Stranger));
        }
        let members = locals.iter().filter(|local| local.kin == Kin::Member);
        let mut required = BTreeMap::new();
        for (name, editable) in members.flat_map(|local| required_members(local.pyproject)) {
            let known: &mut Option<bool> = required.entry(name).or_default();
            *known = known.or(editable);
        }
        Some(Self {
            project,
            python: PythonRange::of([project.lock.requires_python()])?,
            root,
            locals,
            required,
        })
    }

    /// The members, the root first.
    pub(super) fn members(&self) -> impl Iterator<Item = &Local<'p>> {
        self.locals.iter().filter(|local| local.kin == Kin::Member)
    }

    /// A member by name.
    pub(super) fn member(&self, name: &PackageName) -> Option<&Local<'p>> {
        self.members()
            .find(|local| local.pyproject.name() == Some(name))
    }

    /// Where sources come from that a package does not give itself: the workspace's root. uv looks
    /// for it upwards, and stops at the first folder with a manifest, so a member below another
    /// member finds none.
    pub(super) fn root_of<'w>(&'w self, local: &'w Local<'p>) -> &'w Local<'p> {
        let between = |other: &Local<'_>| {
            let above = other.folder != local.folder && local.folder.starts_with(&other.folder);
            above && other.folder != self.root
        };
        match local.kin {
            Kin::Member if !self.locals.iter().any(between) => &self.locals[0],
            _ => local,
        }
    }

    /// How a member is installed: a member that another one needs is a package, build system or not.
    pub(super) fn kind_of(&self, member: &Local<'p>) -> &'static str {
        let name = member.pyproject.name();
        let required = name.and_then(|name| self.required.get(name));
        let built = member.pyproject.build_system.is_some() || required.is_some();
        let package = member.pyproject.uv.package.unwrap_or(built);
        match (package, required) {
            (false, _) => "virtual",
            (true, Some(Some(false))) => "directory",
            (true, _) => "editable",
        }
    }

    /// How a path that says nothing about it is installed. A folder whose manifest is not here is
    /// taken as the lock has it.
    pub(super) fn kind_at(&self, path: &Path) -> &'static str {
        if let Some(local) = self.locals.iter().find(|local| local.folder == path) {
            let package = local.pyproject.uv.package.unwrap_or(true);
            return if package { "directory" } else { "virtual" };
        }
        let mut locked = self.project.lock.packages().map(|(_, package)| package);
        let found = locked.find_map(|package| {
            let place = match &package.source {
                Source::Path(file) => file,
                source => source.folder()?,
            };
            (absolute(&self.root, place) == path).then_some(package.source.kind())
        });
        found.unwrap_or("directory")
    }

    /// The locked package in a folder.
    pub(super) fn locked(&self, local: &Local<'p>) -> Option<&'p Package> {
        let mut packages = self.project.lock.packages().map(|(_, package)| package);
        packages.find(|package| {
            let folder = package.source.folder();
            folder.is_some_and(|folder| absolute(&self.root, folder) == local.folder)
        })
    }
}

impl Local<'_> {
    /// The name to say in a message.
    pub(super) fn label(&self) -> String {
        match self.pyproject.name() {
            Some(name) => format!("`{name}`"),
            None => "the project".to_owned(),
        }
    }

    /// A place in the manifest.
    pub(super) fn place(&self, span: std::ops::Range<usize>, label: impl Into<String>) -> Place {
        self.pyproject.file.place(span, label)
    }

    /// The place of a key or table, as well as text search finds it.
    pub(super) fn place_of(&self, keys: &[&str], label: &str) -> Place {
        let text = self.pyproject.file.text();
        let find = |key: &&str| {
            let bare = key.trim_start();
            let skipped = key.len() - bare.len();
            Some((text.find(*key)? + skipped, bare.len()))
        };
        let found = keys.iter().find_map(find);
        let span = found.map_or(0..0, |(start, length)| start..start + length);
        self.pyproject.file.place(span, label)
    }
}
