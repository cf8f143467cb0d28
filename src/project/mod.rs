//! What is on disk: manifests of the root and of every workspace member, the lock, and what else
//! decides about an image.
//!
//! [`Project::load`] reads it once; nothing behind it touches the disk.

pub(crate) mod credentials;
mod discovery;
mod flat_layout;
mod git;
pub(crate) mod pyproject;
mod python_request;
mod revision;
pub(crate) mod rust;
pub(crate) mod shared;
pub mod source_tree;
mod way_to_lock;
pub(crate) mod workspace;

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::lock::{Lock, PackageId};
use crate::rules;

pub use discovery::discover;
pub use pyproject::{ProjectTable, Pyproject};
pub(crate) use python_request::{PythonRequest, WantedPython};
pub use revision::Revision;
pub use source_tree::SourceTree;
pub use workspace::Member;

/// A uv project: its folder, manifests and lock.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `uv.lock`.
    pub(crate) root: PathBuf,
    /// The root's manifest.
    pub pyproject: Pyproject,
    /// The workspace's members other than the root, in the order of their paths.
    pub members: Vec<Member>,
    /// The local packages of the lock that are no members, where their manifests are on disk.
    pub(crate) path_dependencies: Vec<Member>,
    /// The lock.
    pub lock: Lock,
    /// `uv.toml`, if it is there: uv takes its settings instead of those of `[tool.uv]`.
    pub(crate) uv_toml: Option<SourceFile>,
    /// The Python that `.python-version` or another version file asks for, if there is one.
    pub(crate) python_request: Option<PythonRequest>,
}

impl Project {
    /// Reads a project. Errors: a missing or invalid `pyproject.toml` or `uv.lock`, a member whose
    /// manifest cannot be read, a secret in any of them.
    pub fn load(root: &Path) -> Result<Self> {
        let pyproject = Pyproject::parse(manifest(root)?)?;
        let lock = Lock::parse(read_lock(root, &pyproject)?)?;
        let members = workspace::members(root, &pyproject)?;
        let project = Self {
            root: root.to_owned(),
            path_dependencies: workspace::path_dependencies(root, &lock, &members),
            members,
            uv_toml: uv_toml(root)?,
            python_request: PythonRequest::load(root)?,
            pyproject,
            lock,
        };
        let readmes = project.readmes();
        let files = project.files().chain(&readmes);
        credentials::refuse(files, &project.not_secret())?;
        Ok(project)
    }

    /// Every file that was read as TOML.
    fn files(&self) -> impl Iterator<Item = &SourceFile> {
        let others = self.path_dependencies.iter();
        let others = others.map(|package| &package.pyproject.file);
        let manifests = self.manifests().map(|manifest| &manifest.file);
        manifests
            .chain(others)
            .chain(&self.uv_toml)
            .chain([self.lock.file()])
    }

    /// The texts that packages have in their metadata: `readme` in a manifest.
    fn readmes(&self) -> Vec<SourceFile> {
        let own = std::iter::once(("", &self.pyproject));
        let local = self.members.iter().chain(&self.path_dependencies);
        let local = local.map(|package| (package.path.as_str(), &package.pyproject));
        let packages = own
            .chain(local)
            .filter(|(_, manifest)| manifest.is_package());
        let paths = packages
            .filter_map(|(folder, manifest)| Some(source_tree::join(folder, manifest.readme()?)));
        paths
            .filter_map(|path| read(&self.root, &path).ok().flatten())
            .collect()
    }

    /// The names that dfgen's settings say are no secrets'.
    fn not_secret(&self) -> credentials::NotSecret {
        let settings = read(&self.root, "dfgen.toml").ok().flatten();
        let settings = settings.as_ref().unwrap_or(&self.pyproject.file);
        // What cannot be shared is told by who reads the settings.
        let shared = shared::shared(&self.root, settings).unwrap_or_default();
        let shared = shared.iter().map(|shared| &shared.file);
        credentials::NotSecret::said(std::iter::once(settings).chain(shared))
    }

    /// The manifest of a local package, by the folder that the lock gives for it.
    pub(crate) fn manifest_of(&self, id: PackageId) -> Option<&Pyproject> {
        let folder = self.lock.package(id).source.folder()?;
        self.manifest_at(folder)
    }

    /// The manifest in the folder of a local package, relative to the root (`.` is the root itself).
    pub(crate) fn manifest_at(&self, folder: &str) -> Option<&Pyproject> {
        if folder == "." {
            return Some(&self.pyproject);
        }
        let mut local = self.members.iter().chain(&self.path_dependencies);
        let package = local.find(|package| package.path == folder);
        package.map(|package| &package.pyproject)
    }

    /// Every manifest: the root's first.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &Pyproject> {
        std::iter::once(&self.pyproject).chain(self.members.iter().map(|member| &member.pyproject))
    }
}

fn manifest(root: &Path) -> Result<SourceFile> {
    read(root, "pyproject.toml")?.ok_or_else(|| way_to_lock::no_manifest(root).into())
}

fn read_lock(root: &Path, pyproject: &Pyproject) -> Result<SourceFile> {
    read(root, "uv.lock")?.ok_or_else(|| way_to_lock::no_lock(root, pyproject).into())
}

/// Settings of uv's beside the manifest. Errors: no TOML, with which uv stops.
fn uv_toml(root: &Path) -> Result<Option<SourceFile>> {
    let file = read(root, "uv.toml")?;
    let problem = file.as_ref().and_then(|file| {
        let error = file.text().parse::<toml::Table>().err()?;
        Some(pyproject::invalid(file, &error))
    });
    problem.map_or(Ok(file), Err)
}

/// A file of the project; `None` when it is not there.
pub(crate) fn read(root: &Path, path: &str) -> Result<Option<SourceFile>> {
    match crate::disk::read_to_string(root.join(path)) {
        Ok(text) => Ok(Some(SourceFile::new(path, text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> Diagnostics {
    Diagnostic::new(
        rules::UNREADABLE_FILE,
        format!("`{path}` cannot be read: {error}"),
    )
    .into()
}
