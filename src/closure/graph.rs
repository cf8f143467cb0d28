//! A closure as a graph, for questions about ways through it.
//!
//! The nodes are not packages but [`Step`]s, a package and one of its lists of requirements:
//! `uvicorn` and `uvicorn[standard]` are needed by different packages and need different ones.

use std::collections::VecDeque;

use indexmap::IndexMap;

use super::roots::Roots;
use super::selection::ProjectUse;
use super::{Chosen, Reason, Via};
use crate::lock::{Lock, PackageId};

/// A package and which of its lists of requirements: where an edge begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The package; `None` is a root without `[project]`, which has groups only.
    pub package: Option<PackageId>,
    /// Which of its lists.
    pub via: Via,
}

impl Step {
    /// A package with its own requirements.
    pub(super) fn project(package: PackageId) -> Self {
        Self {
            package: Some(package),
            via: Via::Project,
        }
    }

    /// As `name`, `name[extra]`, `name:group` or, for a root without a name, `group dev`: the words
    /// of requirements and of uv.
    pub(crate) fn label(&self, lock: &Lock) -> String {
        let name = self.package.map(|id| &lock.package(id).name);
        match (name, &self.via) {
            (Some(name), Via::Project) => name.to_string(),
            (Some(name), Via::Extra(extra)) => format!("{name}[{extra}]"),
            (Some(name), Via::Group(group)) => format!("{name}:{group}"),
            (None, Via::Group(group)) => format!("group {group}"),
            (None, via) => unreachable!("a root without a name has groups only, not {via:?}"),
        }
    }

    /// Whether whatever takes `self` takes `other` too: an extra comes with its package.
    pub(super) fn implies(&self, other: &Self) -> bool {
        let comes_along = other.via == Via::Project && !matches!(self.via, Via::Group(_));
        self == other || (comes_along && self.package == other.package)
    }
}

impl Reason {
    /// Where the edge begins.
    pub fn step(&self) -> Step {
        Step {
            package: self.by,
            via: self.via.clone(),
        }
    }
}

/// Where the walk through the lock begins: the selected members with their selected extras and groups.
pub(super) fn entries(lock: &Lock, roots: &Roots<'_>) -> Vec<Step> {
    let mut entries = Vec::new();
    for id in &roots.members {
        let package = lock.package(*id);
        let own = (roots.project == ProjectUse::Include).then_some(Via::Project);
        let extras = roots.extras_of(package).cloned().map(Via::Extra);
        let groups = roots.groups_of(package).cloned().map(Via::Group);
        let all = own.into_iter().chain(extras).chain(groups);
        entries.extend(all.map(|via| Step {
            package: Some(*id),
            via,
        }));
    }
    let groups = roots.manifest_groups().cloned().map(Via::Group);
    entries.extend(groups.map(|via| Step { package: None, via }));
    entries
}

/// An edge: the step at its other end, and the reason that it stands for.
pub(super) type Edge<'c> = (usize, &'c Reason);

/// The steps of a closure, by number, with the edges between them.
pub(super) struct Graph<'c> {
    steps: IndexMap<Step, Ends<'c>>,
    entries: Vec<usize>,
}

/// The edges of one step.
#[derive(Default)]
struct Ends<'c> {
    /// To what it needs.
    down: Vec<Edge<'c>>,
    /// To what needs it.
    up: Vec<Edge<'c>>,
}

/// What can be reached from the entries, each with its distance and the last edge of a shortest way.
pub(super) struct Reach<'c>(Vec<Option<(usize, Option<Edge<'c>>)>>);

impl<'c> Graph<'c> {
    pub(super) fn new(chosen: &'c IndexMap<PackageId, Chosen>, entries: &[Step]) -> Self {
        let mut graph = Self {
            steps: IndexMap::new(),
            entries: Vec::new(),
        };
        graph.entries = entries
            .iter()
            .map(|step| graph.number(step.clone()))
            .collect();
        for (id, one) in chosen {
            for reason in &one.reasons {
                graph.connect(*id, reason);
            }
        }
        graph
    }

    fn number(&mut self, step: Step) -> usize {
        let entry = self.steps.entry(step);
        let number = entry.index();
        entry.or_default();
        number
    }

    fn connect(&mut self, to: PackageId, reason: &'c Reason) {
        let from = self.number(reason.step());
        let extras = reason.extras.iter().cloned().map(Via::Extra);
        for via in std::iter::once(Via::Project).chain(extras) {
            let to = self.number(Step {
                package: Some(to),
                via,
            });
            self.steps[from].down.push((to, reason));
            self.steps[to].up.push((from, reason));
        }
    }

    pub(super) fn find(&self, step: &Step) -> Option<usize> {
        self.steps.get_index_of(step)
    }

    pub(super) fn step(&self, number: usize) -> &Step {
        let found = self.steps.get_index(number);
        found.expect("numbers come from this graph").0
    }

    /// The edges to what needs a step.
    pub(super) fn up(&self, number: usize) -> &[Edge<'c>] {
        &self.steps[number].up
    }

    pub(super) fn is_entry(&self, number: usize) -> bool {
        self.entries.contains(&number)
    }

    /// What can be reached from the entries along steps that are open, breadth first.
    pub(super) fn reach(&self, is_open: impl Fn(&Step) -> bool) -> Reach<'c> {
        self.reach_along(is_open, |_, _| true)
    }

    /// The same along edges that are open too: each goes from a step to one that it needs.
    pub(super) fn reach_along(
        &self,
        is_open: impl Fn(&Step) -> bool,
        leads: impl Fn(&Step, &Step) -> bool,
    ) -> Reach<'c> {
        let mut reached = vec![None; self.steps.len()];
        let mut queue = VecDeque::new();
        for entry in self
            .entries
            .iter()
            .filter(|entry| is_open(self.step(**entry)))
        {
            reached[*entry] = Some((0, None));
            queue.push_back((*entry, 0));
        }
        while let Some((from, distance)) = queue.pop_front() {
            for (to, reason) in &self.steps[from].down {
                let is_free = reached[*to].is_none() && is_open(self.step(*to));
                if is_free && leads(self.step(from), self.step(*to)) {
                    reached[*to] = Some((distance + 1, Some((from, *reason))));
                    queue.push_back((*to, distance + 1));
                }
            }
        }
        Reach(reached)
    }
}

impl<'c> Reach<'c> {
    pub(super) fn contains(&self, number: usize) -> bool {
        self.0[number].is_some()
    }

    /// The number of edges from the nearest entry.
    pub(super) fn distance(&self, number: usize) -> Option<usize> {
        self.0[number].map(|(distance, _)| distance)
    }

    /// The edges of a shortest way, from an entry on.
    pub(super) fn way(&self, number: usize) -> Vec<&'c Reason> {
        let mut way = Vec::new();
        let mut at = number;
        while let Some((_, Some((before, reason)))) = self.0[at] {
            way.push(reason);
            at = before;
        }
        way.reverse();
        way
    }
}
