//! The walk through the lock, breadth first, along every edge whose marker holds.

use std::collections::{BTreeSet, VecDeque};

use indexmap::IndexMap;

use super::roots::Roots;
use super::selection::ProjectUse;
use super::{Chosen, Reason, Via};
use crate::diagnostic::{Diagnostic, Result};
use crate::lock::{
    Active, Answers, ConflictKind, Dependency, Lock, LockedRequirement, Marker, PackageId,
};
use crate::names::{ExtraName, PackageName};
use crate::rules;

/// The chosen packages by name and version, and what of the lock's conflicts is active with them.
pub(super) fn walk(
    lock: &Lock,
    roots: &Roots<'_>,
    exclude: &[PackageName],
    answers: &Answers,
) -> Result<(IndexMap<PackageId, Chosen>, Active)> {
    let mut active = roots.active();
    loop {
        let mut walk = Walk::new(lock, exclude, answers, &active);
        walk.start(roots)?;
        walk.finish()?;
        let Walk { chosen, .. } = walk;
        if !activate(lock, &chosen, &mut active) {
            return Ok((sorted(lock, chosen), active));
        }
    }
}

/// Counts in the conflicting extras that were met on the way. `true` when one is new: the markers
/// before it have to be asked again.
fn activate(lock: &Lock, chosen: &IndexMap<PackageId, Chosen>, active: &mut Active) -> bool {
    let mut grown = false;
    for item in lock.conflicts().iter().flatten() {
        let ConflictKind::Extra(extra) = &item.kind else {
            continue;
        };
        let has = |id: &PackageId| chosen.get(id).is_some_and(|one| one.extras.contains(extra));
        if lock.named(&item.package).iter().any(has) {
            grown |= active.add_extra(&item.package, extra);
        }
    }
    grown
}

fn sorted(lock: &Lock, mut chosen: IndexMap<PackageId, Chosen>) -> IndexMap<PackageId, Chosen> {
    chosen.sort_by(|a, _, b, _| {
        let (left, right) = (lock.package(*a), lock.package(*b));
        (&left.name, &left.version, a).cmp(&(&right.name, &right.version, b))
    });
    chosen
}

struct Walk<'w> {
    lock: &'w Lock,
    exclude: &'w [PackageName],
    answers: &'w Answers,
    active: &'w Active,
    chosen: IndexMap<PackageId, Chosen>,
    queue: VecDeque<(PackageId, Option<ExtraName>)>,
    seen: BTreeSet<(PackageId, Option<ExtraName>)>,
}

impl<'w> Walk<'w> {
    fn new(
        lock: &'w Lock,
        exclude: &'w [PackageName],
        answers: &'w Answers,
        active: &'w Active,
    ) -> Self {
        Self {
            lock,
            exclude,
            answers,
            active,
            chosen: IndexMap::new(),
            queue: VecDeque::new(),
            seen: BTreeSet::new(),
        }
    }

    fn start(&mut self, roots: &Roots<'_>) -> Result<()> {
        for id in &roots.members {
            let package = self.lock.package(*id);
            if roots.project == ProjectUse::Include {
                self.enter(*id, None);
                for extra in roots.extras_of(package) {
                    self.enter(*id, Some(extra));
                }
            }
            for group in roots.groups_of(package) {
                self.follow_all(*id, &Via::Group(group.clone()), &package.groups[group])?;
            }
        }
        for group in roots.manifest_groups() {
            for requirement in &self.lock.manifest().dependency_groups[group] {
                self.follow_requirement(&Via::Group(group.clone()), requirement)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        while let Some((id, extra)) = self.queue.pop_front() {
            let package = self.lock.package(id);
            match extra {
                None => self.follow_all(id, &Via::Project, &package.dependencies)?,
                Some(extra) => {
                    let edges = package.extras.get(&extra).map_or(&[][..], Vec::as_slice);
                    self.follow_all(id, &Via::Extra(extra), edges)?;
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, id: PackageId, extra: Option<&ExtraName>) {
        let chosen = self.chosen.entry(id).or_default();
        chosen.extras.extend(extra.cloned());
        if self.seen.insert((id, extra.cloned())) {
            self.queue.push_back((id, extra.cloned()));
        }
    }

    fn follow_all(&mut self, by: PackageId, via: &Via, edges: &[Dependency]) -> Result<()> {
        for edge in edges {
            let reason = Reason {
                by: Some(by),
                via: via.clone(),
                extras: edge.extras.clone(),
                marker: edge.marker.clone(),
            };
            self.follow(edge.package, reason)?;
        }
        Ok(())
    }

    /// Groups of a root without `[project]` are locked as requirements, not as edges: the package
    /// is the one of that name whose fork holds on the target.
    fn follow_requirement(&mut self, via: &Via, requirement: &LockedRequirement) -> Result<()> {
        for id in self.lock.named(&requirement.name) {
            let forks = &self.lock.package(*id).fork_markers;
            let mut here = forks.is_empty();
            for fork in forks {
                here |= self.holds(fork)?;
            }
            if here {
                let reason = Reason {
                    by: None,
                    via: via.clone(),
                    extras: requirement.extras.clone(),
                    marker: requirement.marker.clone(),
                };
                self.follow(*id, reason)?;
            }
        }
        Ok(())
    }

    fn follow(&mut self, to: PackageId, reason: Reason) -> Result<()> {
        if self.exclude.contains(&self.lock.package(to).name) {
            return Ok(());
        }
        if let Some(marker) = &reason.marker {
            let activated = self.activated(to, &reason.extras);
            if !self.holds_with(marker, activated.as_ref().unwrap_or(self.active))? {
                return Ok(());
            }
        }
        self.enter(to, None);
        for extra in &reason.extras {
            self.enter(to, Some(extra));
        }
        self.chosen.entry(to).or_default().reasons.push(reason);
        Ok(())
    }

    /// An edge that asks for an extra makes it active for its own marker, as in uv.
    fn activated(&self, to: PackageId, extras: &[ExtraName]) -> Option<Active> {
        if extras.is_empty() || self.lock.conflicts().is_empty() {
            return None;
        }
        let mut active = self.active.clone();
        for extra in extras {
            active.add_extra(&self.lock.package(to).name, extra);
        }
        Some(active)
    }

    fn holds(&self, marker: &Marker) -> Result<bool> {
        self.holds_with(marker, self.active)
    }

    fn holds_with(&self, marker: &Marker, active: &Active) -> Result<bool> {
        self.answers.holds(marker, active).ok_or_else(|| {
            let file = self.lock.file();
            Diagnostic::new(
                rules::INVALID_LOCK,
                format!("uv.lock has a marker that cannot be read: `{marker}`"),
            )
            .at(file.place_of(marker.as_str(), "not a marker (PEP 508)"))
            .with_help("write the lock again with `uv lock`")
            .into()
        })
    }
}
