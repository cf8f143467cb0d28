//! Which locked packages an image gets, and why each is there.
//!
//! Second stage of the pipeline. [`Closure::select`] walks the lock from the selected members,
//! extras and groups along every edge whose marker holds on the target. The promise: it is exactly
//! what `uv export` and `uv sync` would take; the corpus test holds it to that.

mod absence;
mod chain;
mod distribution;
#[cfg(test)]
mod fixture;
mod graph;
mod growth;
mod installable;
mod known;
mod roots;
mod selection;
#[cfg(test)]
mod tests;
mod walk;
mod weight;
mod why;

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::Result;
use crate::lock::{Active, Answers, Lock, Marker, Package, PackageId, Source};
use crate::names::{ExtraName, GroupName};
use crate::project::Project;
use crate::target::Target;
use distribution::BestWheels;

pub use absence::{Obstacle, Way};
pub use chain::{Above, Chain, Chains, Need};
pub use graph::Step;
pub(crate) use known::{Change, Closures};
pub use selection::{Choice, DefaultGroupsUse, Include, Members, ProjectUse, Selection};
pub use weight::Weight;
pub use why::{Answer, Leaving, Presence, Verdict, Why};

/// The locked packages of one selection on one target.
#[derive(Debug, Clone)]
pub struct Closure<'p> {
    lock: &'p Lock,
    project: &'p Project,
    selected: Arc<Selected>,
}

/// What was selected, without the lock that it was selected from.
#[derive(Debug)]
struct Selected {
    selection: Selection,
    target: Target,
    wheels: Arc<BestWheels>,
    active: Active,
    members: Vec<PackageId>,
    entries: Vec<Step>,
    groups: Choice<GroupName>,
    chosen: IndexMap<PackageId, Chosen>,
}

/// One package of a closure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The extras of it that are active.
    pub extras: BTreeSet<ExtraName>,
    /// Every edge that leads to it; empty for a selected member that nothing else needs.
    pub reasons: Vec<Reason>,
}

/// An edge that was followed.
#[derive(Debug, Clone)]
pub struct Reason {
    /// The package that needs it; `None` is a root without `[project]`, through a group.
    pub by: Option<PackageId>,
    /// Through what of that package.
    pub via: Via,
    /// The extras that are asked for.
    pub extras: Vec<ExtraName>,
    /// The condition on the edge, which holds.
    pub marker: Option<Marker>,
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        let marker = |reason: &Self| {
            reason
                .marker
                .as_ref()
                .map(|marker| marker.as_str().to_owned())
        };
        (self.by, &self.via, &self.extras, marker(self))
            == (other.by, &other.via, &other.extras, marker(other))
    }
}

impl Eq for Reason {}

/// Which of a package's lists of requirements an edge stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// Its own requirements.
    Project,
    /// An extra.
    Extra(ExtraName),
    /// A dependency group.
    Group(GroupName),
}

impl<'p> Closure<'p> {
    /// Selects from a project's lock. Errors: names that do not exist, selections that conflict.
    pub fn select(project: &'p Project, selection: &Selection, target: &Target) -> Result<Self> {
        let answers = Answers::new(target.marker_environment());
        let wheels = Arc::new(BestWheels::new(&project.lock, target));
        Self::select_by(project, selection, target, &answers, wheels)
    }

    /// As [`Self::select`], with what the lock's markers say on the target, and which wheels fit it.
    fn select_by(
        project: &'p Project,
        selection: &Selection,
        target: &Target,
        answers: &Answers,
        wheels: Arc<BestWheels>,
    ) -> Result<Self> {
        let roots = roots::Roots::new(project, selection)?;
        let (chosen, active) = walk::walk(&project.lock, &roots, &selection.exclude, answers)?;
        let selected = Selected {
            selection: selection.clone(),
            active,
            target: target.clone(),
            wheels,
            entries: graph::entries(&project.lock, &roots),
            members: roots.members.clone(),
            groups: roots.groups.clone(),
            chosen,
        };
        Ok(Self::of(project, Arc::new(selected)))
    }

    fn of(project: &'p Project, selected: Arc<Selected>) -> Self {
        Self {
            lock: &project.lock,
            project,
            selected,
        }
    }

    /// The lock that was selected from.
    pub fn lock(&self) -> &'p Lock {
        self.lock
    }

    /// What was asked for.
    pub(crate) fn selection(&self) -> &Selection {
        &self.selected.selection
    }

    /// What it was selected for.
    pub fn target(&self) -> &Target {
        &self.selected.target
    }

    /// Every package with the reasons for it, by name and version.
    pub fn packages(&self) -> impl Iterator<Item = (PackageId, &'p Package, &Chosen)> {
        let lock = self.lock;
        self.selected
            .chosen
            .iter()
            .map(move |(id, chosen)| (*id, lock.package(*id), chosen))
    }

    /// The packages that would be installed: all but virtual ones, which only stand for what they require
    /// (<https://docs.astral.sh/uv/concepts/projects/config/#project-packaging>).
    pub fn installed(&self) -> impl Iterator<Item = (PackageId, &'p Package, &Chosen)> {
        self.packages()
            .filter(|(_, package, _)| !matches!(package.source, Source::Virtual(_)))
    }

    /// The condition on an edge in words for people: what it asks of the target, without what uv
    /// wrote into it about conflicting extras and groups. `None` when it asks nothing.
    pub fn condition(&self, marker: &Marker) -> Option<String> {
        marker.given(&self.selected.active)
    }

    /// Whether a package is in it.
    pub(crate) fn contains(&self, id: PackageId) -> bool {
        self.selected.chosen.contains_key(&id)
    }

    /// A package's reasons.
    pub fn chosen(&self, id: PackageId) -> Option<&Chosen> {
        self.selected.chosen.get(&id)
    }
}
