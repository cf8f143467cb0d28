//! What is on disk: manifests of the root and of every workspace member, the lock, and what else
//! decides about an image.
//!
//! [`Project::load`] reads it once; nothing behind it touches the disk.

pub(crate) mod credentials;
mod git;
pub mod pyproject;
pub mod rust;
pub mod source_tree;
pub mod workspace;

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::lock::{Lock, PackageId};
use crate::names::PackageName;
use crate::rules;

pub use pyproject::Pyproject;
pub use source_tree::SourceTree;
pub use workspace::Member;

/// A uv project: its folder, manifests and lock.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that holds `uv.lock`.
    pub root: PathBuf,
    /// The root's manifest.
    pub pyproject: Pyproject,
    /// The workspace's members other than the root, in the order of their paths.
    pub members: Vec<Member>,
    /// The local packages of the lock that are no members, where their manifests are on disk.
    pub path_dependencies: Vec<Member>,
    /// The lock.
    pub lock: Lock,
    /// `uv.toml`, if it is there: uv takes its settings instead of those of `[tool.uv]`.
    pub uv_toml: Option<SourceFile>,
    /// The first version in `.python-version`, if that file is there.
    pub python_version: Option<(String, SourceFile)>,
}

impl Project {
    /// Reads a project. Errors: a missing or invalid `pyproject.toml` or `uv.lock`, a member whose
    /// manifest cannot be read, a secret in any of them.
    pub fn load(root: &Path) -> Result<Self> {
        let pyproject = Pyproject::parse(manifest(root)?)?;
        let lock = Lock::parse(read_lock(root)?)?;
        let members = workspace::members(root, &pyproject)?;
        let project = Self {
            root: root.to_owned(),
            path_dependencies: workspace::path_dependencies(root, &lock, &members),
            members,
            uv_toml: uv_toml(root)?,
            python_version: python_version(root),
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
        credentials::NotSecret::said(settings.text())
    }

    /// The manifest of a local package, by the folder that the lock gives for it.
    pub fn manifest_of(&self, id: PackageId) -> Option<&Pyproject> {
        let folder = self.lock.package(id).source.folder()?;
        self.manifest_at(folder)
    }

    /// The manifest in the folder of a local package, relative to the root (`.` is the root itself).
    pub fn manifest_at(&self, folder: &str) -> Option<&Pyproject> {
        if folder == "." {
            return Some(&self.pyproject);
        }
        let mut local = self.members.iter().chain(&self.path_dependencies);
        let package = local.find(|package| package.path == folder);
        package.map(|package| &package.pyproject)
    }

    /// Every manifest: the root's first.
    pub fn manifests(&self) -> impl Iterator<Item = &Pyproject> {
        std::iter::once(&self.pyproject).chain(self.members.iter().map(|member| &member.pyproject))
    }

    /// The names of the workspace's packages.
    pub fn member_names(&self) -> Vec<&PackageName> {
        self.manifests().filter_map(Pyproject::name).collect()
    }
}

fn manifest(root: &Path) -> Result<SourceFile> {
    read(root, "pyproject.toml")?.ok_or_else(|| {
        let folder = root.display();
        Diagnostic::new(
            rules::NO_MANIFEST,
            format!("there is no pyproject.toml in `{folder}`"),
        )
        .with_help("go to the project's folder, or say where it is: `dfgen --project DIR ...`")
        .with_help("start a project with `uv init`")
        .into()
    })
}

fn read_lock(root: &Path) -> Result<SourceFile> {
    read(root, "uv.lock")?.ok_or_else(|| {
        let folder = root.display();
        let mut problem =
            Diagnostic::new(rules::NO_LOCK, format!("there is no uv.lock in `{folder}`"))
                .with_help("write it with `uv lock`, and commit it");
        if let Some(above) = root
            .ancestors()
            .skip(1)
            .find(|above| above.join("uv.lock").is_file())
        {
            let above = above.display();
            problem = problem.with_help(format!(
                "`{above}` has one: if this is a member of that workspace, run dfgen there"
            ));
        }
        problem.into()
    })
}

/// Settings of uv's beside the manifest. Errors: no TOML, with which uv stops.
fn uv_toml(root: &Path) -> Result<Option<SourceFile>> {
    let file = read(root, "uv.toml").ok().flatten();
    let problem = file.as_ref().and_then(|file| {
        let error = file.text().parse::<toml::Table>().err()?;
        Some(pyproject::invalid(file, &error))
    });
    problem.map_or(Ok(file), Err)
}

fn python_version(root: &Path) -> Option<(String, SourceFile)> {
    let file = read(root, ".python-version").ok()??;
    let lines = file.text().lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let version = lines.next()?;
    Some((version.to_owned(), file.clone()))
}

/// A file of the project; `None` when it is not there.
pub(crate) fn read(root: &Path, path: &str) -> Result<Option<SourceFile>> {
    match std::fs::read_to_string(root.join(path)) {
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
