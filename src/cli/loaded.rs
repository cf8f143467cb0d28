//! What was read of a project: everything that the commands decide from.

use std::path::Path;

use dfgen::catalog::Catalog;
use dfgen::diagnostic::Result;
use dfgen::freshness;
use dfgen::plan::{self, Inputs, Plan, Taken};
use dfgen::profile::{Config, Profile};
use dfgen::project::{Project, SourceTree};

use super::target::TargetArguments;

/// A project's manifests, lock, source tree and settings, with the catalog.
pub(super) struct Loaded {
    project: Project,
    tree: SourceTree,
    config: Config,
    catalog: Catalog,
}

impl Loaded {
    /// Reads a project. Errors: files that are missing or invalid, a lock that does not fit the
    /// manifests.
    pub(super) fn load(root: &Path) -> Result<Self> {
        let project = Project::load(root)?;
        freshness::check(&project)?;
        let config = Config::load(&project)?;
        let rows = config.catalog_rows()?;
        Ok(Self {
            tree: SourceTree::load(root)?,
            catalog: Catalog::with_rows(rows),
            project,
            config,
        })
    }

    /// What plans are decided from.
    pub(super) fn inputs(&self) -> Inputs<'_> {
        Inputs {
            project: &self.project,
            tree: &self.tree,
            config: &self.config,
            catalog: &self.catalog,
        }
    }

    /// The user's settings.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether a profile, or a member of the workspace that stands for its service, has this name.
    pub(super) fn knows(&self, profile: &str) -> bool {
        let members = self.project.members.iter();
        let mut members = members.filter_map(|member| member.pyproject.name());
        self.config.names().iter().any(|name| name == profile)
            || members.any(|name| name.as_ref() == profile)
    }

    /// The profiles of these names; without any, those that `render` takes.
    pub(super) fn taken(&self, profiles: &[String]) -> Result<Vec<Taken>> {
        plan::choose(self.inputs(), profiles)
    }

    /// The same profiles, with the target that the command line asks for.
    pub(super) fn profiles(
        &self,
        names: &[String],
        target: &TargetArguments,
    ) -> Result<Vec<Profile>> {
        let taken = self.taken(names)?.into_iter();
        let profiles = taken.map(|taken| target.applied_to(taken.profile));
        Ok(profiles.collect())
    }

    /// The plan of these profiles; without any, of those that `render` takes.
    pub(super) fn plan(&self, profiles: &[String]) -> Result<Plan> {
        Plan::new(self.inputs(), &self.taken(profiles)?)
    }
}
