//! What an extra or a group adds to a closure, without making the closure that has both.
//!
//! A lock without conflicts has no marker that asks what is selected: then whatever an extra brings comes on top, and
//! the walk begins at its own requirements and ends where the closure is.

use std::collections::BTreeSet;

use super::{Closure, Via};
use crate::lock::{Answers, Dependency, PackageId};
use crate::names::ExtraName;

/// A package, by itself or with one of its extras.
type Met = (PackageId, Option<ExtraName>);

impl Closure<'_> {
    /// The packages that a list of a member's requirements adds, sorted. `None` where markers may depend on what is
    /// selected, or cannot be read: only the whole closure tells.
    pub(super) fn growth(
        &self,
        member: PackageId,
        via: &Via,
        answers: &Answers,
    ) -> Option<BTreeSet<PackageId>> {
        if !self.lock.conflicts().is_empty() || !self.selected.selection.exclude.is_empty() {
            return None;
        }
        let package = self.lock.package(member);
        let edges = match via {
            Via::Project => Some(&package.dependencies),
            Via::Extra(extra) => package.extras.get(extra),
            Via::Group(group) => package.groups.get(group),
        };
        let mut seen: BTreeSet<Met> = BTreeSet::new();
        let mut queue: Vec<Met> = Vec::new();
        self.follow(edges?, answers, &mut queue)?;
        while let Some(met) = queue.pop() {
            if self.has(&met) || !seen.insert(met.clone()) {
                continue;
            }
            let package = self.lock.package(met.0);
            let edges = match &met.1 {
                None => Some(&package.dependencies),
                Some(extra) => package.extras.get(extra),
            };
            self.follow(edges.map_or(&[], Vec::as_slice), answers, &mut queue)?;
        }
        let met = seen.into_iter().map(|(id, _)| id);
        Some(met.filter(|id| !self.contains(*id)).collect())
    }

    fn has(&self, (id, extra): &Met) -> bool {
        let chosen = self.chosen(*id);
        chosen.is_some_and(|chosen| {
            extra
                .as_ref()
                .is_none_or(|extra| chosen.extras.contains(extra))
        })
    }

    fn follow(&self, edges: &[Dependency], answers: &Answers, queue: &mut Vec<Met>) -> Option<()> {
        for edge in edges {
            let holds = match &edge.marker {
                Some(marker) => answers.holds(marker, &self.selected.active)?,
                None => true,
            };
            if holds {
                queue.push((edge.package, None));
                let extras = edge.extras.iter().cloned();
                queue.extend(extras.map(|extra| (edge.package, Some(extra))));
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use crate::closure::fixture::{SHOP, project, target};
    use crate::closure::{Choice, Closure, Closures, Selection, Via};

    #[test]
    fn what_an_extra_adds_is_what_the_whole_closure_has_more() {
        let project = project(SHOP);
        let closures = Closures::default();
        let plain = closures
            .select(&project, &Selection::production(), &target())
            .unwrap();
        let member = project.lock.root().unwrap();
        let package = project.lock.package(member);
        let extras = package.extras.keys().cloned().map(Via::Extra);
        let groups = package.groups.keys().cloned().map(Via::Group);
        let lists: Vec<Via> = extras.chain(groups).collect();
        assert!(lists.len() > 1);
        for via in lists {
            let mut selection = Selection::production();
            match &via {
                Via::Extra(extra) => selection.extras = Choice::some(vec![extra.clone()]),
                Via::Group(group) => selection.groups = Choice::some(vec![group.clone()]),
                Via::Project => {}
            }
            let whole = Closure::select(&project, &selection, &target()).unwrap();
            let more = whole.packages().map(|(id, _, _)| id);
            let more: Vec<_> = more.filter(|id| !plain.contains(*id)).collect();
            let (answers, _) = closures.of_target(&project, &target());
            let mut grown: Vec<_> = plain
                .growth(member, &via, &answers)
                .unwrap()
                .into_iter()
                .collect();
            grown.sort_by_key(|id| more.iter().position(|other| other == id));
            assert_eq!(grown, more, "{via:?}");
        }
    }
}
