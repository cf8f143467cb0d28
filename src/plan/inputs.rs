//! What a plan is decided from, and what every decision about one image begins with.

use crate::catalog::Catalog;
use crate::lock::PackageId;
use crate::profile::{Config, Profile};
use crate::project::{Project, Pyproject, SourceTree};

/// Everything that was read.
#[derive(Clone, Copy)]
pub struct Inputs<'p> {
    /// Manifests and lock.
    pub project: &'p Project,
    /// The files of the project's folder.
    pub tree: &'p SourceTree,
    /// The user's settings.
    pub config: &'p Config,
    /// Facts about the outside world.
    pub catalog: &'p Catalog,
}

/// One image in the making: the inputs, its profile, and the project or member that it runs.
#[derive(Clone, Copy)]
pub(super) struct Subject<'p> {
    pub(super) inputs: Inputs<'p>,
    pub(super) profile: &'p Profile,
    /// The package that it runs; `None` for a root without `[project]`.
    pub(super) member: Option<PackageId>,
    /// The manifest of that package.
    pub(super) manifest: &'p Pyproject,
    /// Its folder relative to the root; empty for the root itself.
    pub(super) folder: &'p str,
}
