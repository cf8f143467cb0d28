//! `uv.lock` as meant: every package with where it comes from, what it needs and under which
//! condition, and the files that can be installed.
//!
//! First stage of the pipeline. `Lock::parse` is the only way to get one; afterwards every edge
//! leads to a package that exists, and every name and version is valid. Reading is fast because a
//! lock is machine-written: `reader` takes what uv writes, the `toml` crate takes all else.

mod convert;
mod marker;
mod reader;
mod wheel;
mod wire;

use std::fmt;

use indexmap::IndexMap;
use pep508_rs::pep440_rs::{Version, VersionSpecifiers};

use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile};
use crate::names::{ExtraName, GroupName, PackageName};
use crate::rules;
use crate::secret::Url;

pub use marker::Marker;
pub(crate) use marker::{Active, Answers, is_beyond_reading, parse as parse_marker};
pub(crate) use wheel::WheelName;
pub use wheel::{Distribution, Tags};

/// A read `uv.lock`.
#[derive(Debug, Clone)]
pub struct Lock {
    file: SourceFile,
    revision: u32,
    requires_python: VersionSpecifiers,
    supported_markers: Vec<Marker>,
    required_markers: Vec<Marker>,
    conflicts: Vec<ConflictSet>,
    manifest: Manifest,
    options: Options,
    packages: Vec<Package>,
    by_name: IndexMap<PackageName, Vec<PackageId>>,
}

/// A package's place in its lock: names are not unique, so packages go by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(usize);

/// A value for each package of a lock.
#[derive(Debug)]
pub(crate) struct PerPackage<T>(Vec<T>);

impl<T> std::ops::Index<PackageId> for PerPackage<T> {
    type Output = T;

    fn index(&self, id: PackageId) -> &T {
        &self.0[id.0]
    }
}

/// One locked package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: PackageName,
    /// Its version; a local package whose build backend works it out has none.
    pub version: Option<Version>,
    /// Where it comes from.
    pub source: Source,
    /// The forks of the resolution that it belongs to; empty for all.
    pub(crate) fork_markers: Vec<Marker>,
    /// What it always needs.
    pub(crate) dependencies: Vec<Dependency>,
    /// What each extra adds.
    pub(crate) extras: IndexMap<ExtraName, Vec<Dependency>>,
    /// What each dependency group of a local package holds, `include-group` already followed.
    pub(crate) groups: IndexMap<GroupName, Vec<Dependency>>,
    /// The groups that are installed unless told otherwise, where the lock says so (revision 5).
    pub(crate) default_groups: Option<DefaultGroups>,
    /// The source distribution.
    pub(crate) sdist: Option<Artifact>,
    /// Every wheel that was found when locking, for all platforms.
    pub(crate) wheels: Vec<Artifact>,
    /// What a local package's manifest said when it was locked; revision 4 leaves it out.
    pub(crate) metadata: Option<Metadata>,
}

impl Package {
    /// `name==version`, or the name alone.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{}=={version}", self.name),
            None => self.name.to_string(),
        }
    }
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A package index, by URL, or a flat one by path relative to the lock.
    Registry(Url),
    /// A Git repository: URL with query and the commit as fragment.
    Git(Url),
    /// A single file by URL.
    Url(Url),
    /// A single file by path.
    Path(String),
    /// A local folder, installed as built.
    Directory(String),
    /// A local folder, installed editable in development.
    Editable(String),
    /// A local folder that is never installed itself; only what it needs is.
    Virtual(String),
}

impl Source {
    /// The local folder, relative to the lock's, if the source is one.
    pub(crate) fn folder(&self) -> Option<&str> {
        match self {
            Self::Directory(path) | Self::Editable(path) | Self::Virtual(path) => Some(path),
            _ => None,
        }
    }

    /// The key under which the lock has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Registry(_) => "registry",
            Self::Git(_) => "git",
            Self::Url(_) => "url",
            Self::Path(_) => "path",
            Self::Directory(_) => "directory",
            Self::Editable(_) => "editable",
            Self::Virtual(_) => "virtual",
        }
    }
}

/// The place, as it may be shown.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(url) | Self::Git(url) | Self::Url(url) => url.fmt(f),
            Self::Path(path)
            | Self::Directory(path)
            | Self::Editable(path)
            | Self::Virtual(path) => f.write_str(path),
        }
    }
}

/// An edge: what a package needs, and when.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    /// The package that is needed.
    pub(crate) package: PackageId,
    /// The extras of it that are needed.
    pub(crate) extras: Vec<ExtraName>,
    /// The condition; `None` is always.
    pub(crate) marker: Option<Marker>,
}

/// A file that can be installed or built from.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// The file's name, percent signs decoded.
    pub filename: String,
    /// Where it is, where the lock has a URL.
    pub(crate) url: Option<Url>,
    /// Its path below the folder of its index, where that is local.
    pub(crate) path: Option<String>,
    /// The algorithm and digest, as `sha256:...`; some indexes give none.
    pub(crate) hash: Option<String>,
    /// Compressed size in bytes; some indexes give none.
    pub size: Option<u64>,
}

/// The groups that are installed unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DefaultGroups {
    /// These.
    Some(Vec<GroupName>),
    /// `"all"`.
    All,
}

/// Extras, groups or packages that must not be installed together.
pub(crate) type ConflictSet = Vec<ConflictItem>;

/// One member of a [`ConflictSet`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConflictItem {
    /// The package that has the extra or group.
    pub(crate) package: PackageName,
    /// What of the package conflicts.
    pub(crate) kind: ConflictKind,
}

/// What of a package conflicts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ConflictKind {
    /// The package's own requirements.
    Project,
    /// An extra.
    Extra(ExtraName),
    /// A dependency group.
    Group(GroupName),
}

/// What the workspace asked for when it was locked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manifest {
    /// The workspace's members; empty for a project that is alone.
    pub(crate) members: Vec<PackageName>,
    /// Groups of a root that has no `[project]`.
    pub(crate) dependency_groups: IndexMap<GroupName, Vec<LockedRequirement>>,
    /// Default groups of a root that has no `[project]`.
    pub(crate) default_groups: Option<DefaultGroups>,
    /// `constraint-dependencies`.
    pub(crate) constraints: Vec<LockedRequirement>,
    /// `override-dependencies`.
    pub(crate) overrides: Vec<LockedRequirement>,
    /// `build-constraint-dependencies`.
    pub(crate) build_constraints: Vec<LockedRequirement>,
    /// `exclude-dependencies`.
    pub(crate) excludes: Vec<PackageName>,
}

/// What a local package's manifest said when it was locked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metadata {
    /// `dependencies` and `optional-dependencies`, the latter with `extra == '..'` markers.
    pub(crate) requires_dist: Vec<LockedRequirement>,
    /// `dependency-groups`.
    pub(crate) requires_dev: IndexMap<GroupName, Vec<LockedRequirement>>,
    /// The extras; `None` in locks without a revision, which did not record them.
    pub(crate) provides_extras: Option<Vec<ExtraName>>,
}

/// A requirement as the lock recorded it.
#[derive(Debug, Clone)]
pub(crate) struct LockedRequirement {
    /// The package.
    pub(crate) name: PackageName,
    /// Its extras.
    pub(crate) extras: Vec<ExtraName>,
    /// The condition.
    pub(crate) marker: Option<Marker>,
    /// The versions.
    pub(crate) specifier: Option<String>,
    /// The source, where it is not the default index: key and value.
    pub(crate) source: Option<(&'static str, Url)>,
    /// The folder inside the archive of a `url`.
    pub(crate) subdirectory: Option<String>,
}

/// How the lock was resolved, where that is not uv's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `resolution`.
    pub(crate) resolution_mode: Option<String>,
    /// `prerelease`.
    pub(crate) prerelease_mode: Option<String>,
    /// `fork-strategy`.
    pub(crate) fork_strategy: Option<String>,
    /// `exclude-newer`.
    pub(crate) exclude_newer: Option<ExcludeNewer>,
}

/// The time after which nothing counted for the resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExcludeNewer {
    /// A moment (RFC 3339).
    Time(String),
    /// A span back from the moment of locking (ISO 8601).
    Span(String),
}

impl Lock {
    /// Reads the text of a lock. Errors: not TOML, cut off, conflict markers of a merge, a Git LFS
    /// pointer, a schema other than 1, an edge that leads nowhere.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as Pyproject::parse takes it; the lock keeps it"
    )]
    pub(crate) fn parse(file: SourceFile) -> Result<Self> {
        refuse_what_is_no_lock(&file)?;
        let wire = match reader::parse(file.text()) {
            Some(wire) => wire,
            None => toml::from_str(file.text()).map_err(|error| unreadable(&file, &error))?,
        };
        convert::lock(&file, &wire)
    }

    /// The file that was read.
    pub(crate) fn file(&self) -> &SourceFile {
        &self.file
    }

    /// The lock's revision; 0 for locks that have none.
    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// The Pythons that the resolution holds for.
    pub(crate) fn requires_python(&self) -> &VersionSpecifiers {
        &self.requires_python
    }

    /// `tool.uv.environments` as locked; empty for all environments.
    pub(crate) fn supported_markers(&self) -> &[Marker] {
        &self.supported_markers
    }

    /// `tool.uv.required-environments` as locked.
    pub(crate) fn required_markers(&self) -> &[Marker] {
        &self.required_markers
    }

    /// What must not be installed together.
    pub(crate) fn conflicts(&self) -> &[ConflictSet] {
        &self.conflicts
    }

    /// What the workspace asked for when it was locked.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How it was resolved.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// The date that the resolution was limited to, if it is a real one and not a span.
    pub(crate) fn exclude_newer(&self) -> Option<&str> {
        match &self.options.exclude_newer {
            Some(ExcludeNewer::Time(time)) => Some(time),
            _ => None,
        }
    }

    /// Every package, in the order of the file.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (PackageId, &Package)> {
        let numbered = self.packages.iter().enumerate();
        numbered.map(|(index, package)| (PackageId(index), package))
    }

    /// A value for each package, by its place.
    pub(crate) fn for_each<T>(&self, value: impl Fn() -> T) -> PerPackage<T> {
        PerPackage(self.packages.iter().map(|_| value()).collect())
    }

    /// A package by its place.
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.0]
    }

    /// All packages of a name: several where the resolution forks or sources differ.
    pub fn named(&self, name: &PackageName) -> &[PackageId] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every name, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &PackageName> {
        self.by_name.keys()
    }

    /// The local packages that the workspace is made of, the root among them when it is a project.
    pub(crate) fn members(&self) -> Vec<PackageId> {
        let is_member = |id: &PackageId| self.is_member(*id);
        self.packages()
            .map(|(id, _)| id)
            .filter(is_member)
            .collect()
    }

    /// Whether a package is a member of the workspace (or the project itself).
    pub(crate) fn is_member(&self, id: PackageId) -> bool {
        let package = self.package(id);
        let Some(folder) = package.source.folder() else {
            return false;
        };
        folder == "." || self.manifest.members.contains(&package.name)
    }

    /// The project in the lock's own folder, if the root is one.
    pub fn root(&self) -> Option<PackageId> {
        let at_root = |package: &Package| package.source.folder() == Some(".");
        let found = self.packages().find(|(_, package)| at_root(package));
        found.map(|(id, _)| id)
    }
}

/// The texts that people find in place of a lock, told apart before TOML is blamed.
fn refuse_what_is_no_lock(file: &SourceFile) -> Result<()> {
    let text = file.text();
    if text.starts_with("version https://git-lfs.github.com/spec/") {
        return Err(Diagnostic::new(
            rules::LFS_POINTER,
            "uv.lock is a Git LFS pointer, not the lock itself",
        )
        .at(file.place_of("version", "the content was never fetched"))
        .with_help("run `git lfs pull`")
        .into());
    }
    if let Some(start) = text
        .find("\n<<<<<<< ")
        .map(|at| at + 1)
        .or_else(|| text.starts_with("<<<<<<< ").then_some(0))
    {
        return Err(Diagnostic::new(
            rules::MERGE_CONFLICT,
            "uv.lock has unresolved conflicts of a merge",
        )
        .at(file.place(start..start + 7, "the conflict begins here"))
        .with_help("take either side (`git checkout --ours uv.lock`), then run `uv lock`")
        .into());
    }
    Ok(())
}

/// Why a text that should be a lock is none: a newer schema, or broken.
fn unreadable(file: &SourceFile, error: &toml::de::Error) -> Diagnostics {
    let header: Option<wire::VersionWire> = toml::from_str(file.text()).ok();
    if let Some(version) = header
        .and_then(|header| header.version)
        .filter(|version| *version != 1)
    {
        return unsupported(file, version).into();
    }
    if file.text().trim().is_empty() {
        return Diagnostic::new(rules::INVALID_LOCK, "uv.lock is empty")
            .at(file.place(0..0, "no lock"))
            .with_help("restore it from version control, or write it again with `uv lock`")
            .into();
    }
    Diagnostic::new(rules::INVALID_LOCK, "uv.lock cannot be read")
        .at(file.place(error.span().unwrap_or(0..0), error.message()))
        .with_help("restore it from version control, or write it again with `uv lock`")
        .into()
}

fn unsupported(file: &SourceFile, version: u32) -> Diagnostic {
    Diagnostic::new(
        rules::UNSUPPORTED_LOCK,
        format!("uv.lock has schema version {version}, dfgen reads version 1"),
    )
    .at(file.place_of("version", "written by another generation of uv"))
    .with_help("write it with a uv whose schema is 1, or look for a newer dfgen")
}

#[cfg(test)]
mod tests;
