//! What a plan is decided from, and what every decision about one image begins with.

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lock::PackageId;
use crate::profile::{Config, Line, Profile, Setting};
use crate::project::{Project, Pyproject, SourceTree};
use crate::rules;

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

impl Subject<'_> {
    /// Names in a list of rules that are no rule.
    pub(super) fn unknown_rules<'n>(
        &self,
        key: &str,
        said: &Setting<Vec<Line>>,
        known: impl Iterator<Item = &'n str>,
    ) -> Vec<Diagnostic> {
        let known: Vec<&str> = known.collect();
        let unknown = said
            .value
            .iter()
            .filter(|name| !known.contains(&name.as_ref()));
        unknown
            .map(|name| {
                Diagnostic::new(
                    rules::UNKNOWN_RULE,
                    format!("`{key}` names `{}`, which is no rule for it", name.as_ref()),
                )
                .at_some(said.origin.place_of(name.as_ref(), "no such rule"))
                .with_note(format!(
                    "in the profile `{}` ({})",
                    self.profile.name, said.origin
                ))
                .with_help_some(nearest(name.as_ref(), known.iter().copied()))
            })
            .collect()
    }
}
