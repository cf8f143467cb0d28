//! Why a locked package is not in a closure: the ways that lead to it, each with what stands in it.
//!
//! First the selection is widened, by one extra, group or member at a time, and selected again: so
//! conflicts mean what they mean to uv. Only when nothing of that leads to the package are markers
//! passed over, along the way with the fewest that do not hold.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use indexmap::IndexMap;
use pep508_rs::MarkerEnvironment;

use super::graph::Step;
use super::selection::{Choice, DefaultGroupsUse, Members, ProjectUse, Selection};
use super::{Chain, Closure, Reason, Via};
use crate::lock::{Lock, Marker, PackageId};
use crate::names::PackageName;

/// A way that would lead to a package, if it were open.
#[derive(Debug, Clone, PartialEq)]
pub struct Way<'p> {
    /// The way, from where a wider selection would begin.
    pub chain: Chain<'p>,
    /// What stands in it, from the beginning on; never empty.
    pub obstacles: Vec<Obstacle>,
}

/// What keeps a way from leading to a package.
#[derive(Debug, Clone)]
pub enum Obstacle {
    /// The extra, group or member that it begins with is not selected.
    NotSelected(Step),
    /// A package on it is excluded.
    Excluded(PackageName),
    /// A condition on it does not hold on the target.
    MarkerFails(Marker),
}

impl PartialEq for Obstacle {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::NotSelected(one), Self::NotSelected(two)) => one == two,
            (Self::Excluded(one), Self::Excluded(two)) => one == two,
            (Self::MarkerFails(one), Self::MarkerFails(two)) => one.as_str() == two.as_str(),
            _ => false,
        }
    }
}

impl<'p> Closure<'p> {
    /// The ways to a package that is not in the closure, those that are nearest to open first.
    /// Empty when nothing in the lock needs it.
    pub(super) fn ways(&self, name: &PackageName) -> Vec<Way<'p>> {
        let mut ways = self.ways_of_wider_selections(name);
        if ways.is_empty() {
            ways.extend(self.way_past_markers(name));
        }
        ways.sort_by_cached_key(|way| {
            let chain = &way.chain;
            (way.obstacles.len(), chain.edges().len(), chain.to_string())
        });
        ways
    }

    fn ways_of_wider_selections(&self, name: &PackageName) -> Vec<Way<'p>> {
        let unexcluded = Selection {
            exclude: Vec::new(),
            ..self.selected.selection.clone()
        };
        if let Some(way) = self.way_in(&unexcluded, name) {
            return vec![way];
        }
        let mut ways = Vec::new();
        for member in self.lock.members() {
            // Whatever an extra of a member leads to is no news when the member itself leads there.
            let own = self.way_from(&Step::project(member), name);
            match own {
                Some(way) => ways.push(way),
                None => ways.extend(self.ways_from_lists(member, name)),
            }
        }
        let groups = self.lock.manifest().dependency_groups.keys().cloned();
        let steps = groups.map(|group| Step {
            package: None,
            via: Via::Group(group),
        });
        ways.extend(steps.filter_map(|step| self.way_from(&step, name)));
        ways
    }

    fn ways_from_lists(&self, member: PackageId, name: &PackageName) -> Vec<Way<'p>> {
        let package = self.lock.package(member);
        let extras = package.extras.keys().cloned().map(Via::Extra);
        let groups = package.groups.keys().cloned().map(Via::Group);
        let steps = extras.chain(groups).map(|via| Step {
            package: Some(member),
            via,
        });
        steps
            .filter_map(|step| self.way_from(&step, name))
            .collect()
    }

    fn way_from(&self, step: &Step, name: &PackageName) -> Option<Way<'p>> {
        if self.selected.entries.contains(step) {
            return None;
        }
        self.way_in(&selection_of(self.lock, step), name)
    }

    /// The way to a package in the closure of another selection, which uv may refuse.
    fn way_in(&self, selection: &Selection, name: &PackageName) -> Option<Way<'p>> {
        let wider = Closure::select(self.project, selection, &self.selected.target).ok()?;
        let chain = wider.shortest_chain(wider.named(name)?)?;
        let obstacles = self.obstacles(&chain);
        (!obstacles.is_empty()).then_some(Way { chain, obstacles })
    }

    fn obstacles(&self, chain: &Chain<'p>) -> Vec<Obstacle> {
        let begin = chain.begin();
        let selected = self.selected.entries.contains(&begin);
        let not_selected = (!selected).then_some(Obstacle::NotSelected(begin));
        let names = chain.packages().map(|id| &self.lock.package(id).name);
        let excluded = names.filter(|name| self.selected.selection.exclude.contains(name));
        let excluded = excluded.cloned().map(Obstacle::Excluded);
        not_selected.into_iter().chain(excluded).collect()
    }

    fn way_past_markers(&self, name: &PackageName) -> Option<Way<'p>> {
        let chain = Search::new(self).run(name)?;
        let mut obstacles = self.obstacles(&chain);
        let environment = self.selected.target.marker_environment();
        let markers = chain.edges().iter().filter_map(|edge| edge.marker.as_ref());
        let failing = markers.filter(|marker| !self.holds(marker, &environment));
        obstacles.extend(failing.cloned().map(Obstacle::MarkerFails));
        (!obstacles.is_empty()).then_some(Way { chain, obstacles })
    }

    fn holds(&self, marker: &Marker, environment: &MarkerEnvironment) -> bool {
        marker.holds(environment, &self.selected.active) == Some(true)
    }

    /// The package of this name that is in it.
    pub(crate) fn named(&self, name: &PackageName) -> Option<PackageId> {
        let mut ids = self.lock.named(name).iter().copied();
        ids.find(|id| self.contains(*id))
    }
}

/// The selection of one step and nothing else.
fn selection_of(lock: &Lock, step: &Step) -> Selection {
    let mut selection = Selection {
        default_groups: DefaultGroupsUse::Leave,
        ..Selection::default()
    };
    if let Some(member) = step.package {
        selection.members = Members::Named(vec![lock.package(member).name.clone()]);
    }
    match &step.via {
        Via::Project => {}
        Via::Extra(extra) => selection.extras = Choice::some(vec![extra.clone()]),
        Via::Group(group) => {
            selection.groups = Choice::some(vec![group.clone()]);
            selection.project = ProjectUse::Leave;
        }
    }
    selection
}

/// The search for the way with the fewest markers that do not hold, then the fewest edges, from
/// everything that could be selected. Dijkstra's.
struct Search<'c, 'p> {
    closure: &'c Closure<'p>,
    environment: MarkerEnvironment,
    steps: IndexMap<Step, Found>,
    queue: BinaryHeap<Reverse<(Cost, usize)>>,
}

/// Obstacles, then edges.
type Cost = (usize, usize);

/// The best way to a step so far: what it costs, and its last edge with the step before.
struct Found {
    cost: Cost,
    before: Option<(usize, Reason)>,
}

impl<'c, 'p> Search<'c, 'p> {
    fn new(closure: &'c Closure<'p>) -> Self {
        let mut search = Self {
            closure,
            environment: closure.selected.target.marker_environment(),
            steps: IndexMap::new(),
            queue: BinaryHeap::new(),
        };
        for entry in &closure.selected.entries {
            search.offer(entry.clone(), (0, 0), None);
        }
        for entry in every_entry(closure.lock) {
            search.offer(entry, (1, 0), None);
        }
        search
    }

    fn run(mut self, name: &PackageName) -> Option<Chain<'p>> {
        while let Some(Reverse((cost, number))) = self.queue.pop() {
            let (step, found) = self.steps.get_index(number).expect("it was numbered");
            if found.cost < cost {
                continue;
            }
            if let Some(end) = self.is_end(step, name) {
                return Some(Chain::new(self.closure.lock, self.way(number), end));
            }
            for (to, reason) in edges(self.closure.lock, step) {
                self.follow(number, cost, to, &reason);
            }
        }
        None
    }

    /// A group is no reason for the package that has it.
    fn is_end(&self, step: &Step, name: &PackageName) -> Option<PackageId> {
        let package = step
            .package
            .filter(|_| !matches!(step.via, Via::Group(_)))?;
        (self.closure.lock.package(package).name == *name).then_some(package)
    }

    fn follow(&mut self, from: usize, (obstacles, edges): Cost, to: PackageId, reason: &Reason) {
        let fails = |marker: &Marker| !self.closure.holds(marker, &self.environment);
        let closed = reason.marker.as_ref().is_some_and(fails);
        let cost = (obstacles + usize::from(closed), edges + 1);
        let extras = reason.extras.iter().cloned().map(Via::Extra);
        for via in std::iter::once(Via::Project).chain(extras) {
            let step = Step {
                package: Some(to),
                via,
            };
            self.offer(step, cost, Some((from, reason.clone())));
        }
    }

    fn offer(&mut self, step: Step, cost: Cost, before: Option<(usize, Reason)>) {
        let entry = self.steps.entry(step);
        let number = entry.index();
        let found = Found { cost, before };
        match entry {
            indexmap::map::Entry::Occupied(entry) if entry.get().cost <= cost => return,
            indexmap::map::Entry::Occupied(mut entry) => *entry.get_mut() = found,
            indexmap::map::Entry::Vacant(entry) => {
                entry.insert(found);
            }
        }
        self.queue.push(Reverse((cost, number)));
    }

    fn way(&self, number: usize) -> Vec<Reason> {
        let mut way = Vec::new();
        let mut at = number;
        while let Some((before, reason)) = &self.steps[at].before {
            way.push(reason.clone());
            at = *before;
        }
        way.reverse();
        way
    }
}

/// Every list of requirements that a selection could begin with.
fn every_entry(lock: &Lock) -> Vec<Step> {
    let mut entries = Vec::new();
    for id in lock.members() {
        let package = lock.package(id);
        let extras = package.extras.keys().cloned().map(Via::Extra);
        let groups = package.groups.keys().cloned().map(Via::Group);
        let all = std::iter::once(Via::Project).chain(extras).chain(groups);
        entries.extend(all.map(|via| Step {
            package: Some(id),
            via,
        }));
    }
    let groups = lock.manifest().dependency_groups.keys().cloned();
    entries.extend(groups.map(|group| Step {
        package: None,
        via: Via::Group(group),
    }));
    entries
}

/// The edges that begin at a step, whether they hold or not.
fn edges(lock: &Lock, step: &Step) -> Vec<(PackageId, Reason)> {
    let Some(package) = step.package.map(|id| lock.package(id)) else {
        return edges_of_root(lock, step);
    };
    let edges = match &step.via {
        Via::Project => Some(&package.dependencies),
        Via::Extra(extra) => package.extras.get(extra),
        Via::Group(group) => package.groups.get(group),
    };
    let reason = |edge: &crate::lock::Dependency| Reason {
        by: step.package,
        via: step.via.clone(),
        extras: edge.extras.clone(),
        marker: edge.marker.clone(),
    };
    let edges = edges.into_iter().flatten();
    edges.map(|edge| (edge.package, reason(edge))).collect()
}

fn edges_of_root(lock: &Lock, step: &Step) -> Vec<(PackageId, Reason)> {
    let Via::Group(group) = &step.via else {
        return Vec::new();
    };
    let requirements = lock.manifest().dependency_groups.get(group);
    let edges = requirements.into_iter().flatten().flat_map(|requirement| {
        let reason = Reason {
            by: None,
            via: step.via.clone(),
            extras: requirement.extras.clone(),
            marker: requirement.marker.clone(),
        };
        let ids = lock.named(&requirement.name).iter();
        ids.map(move |id| (*id, reason.clone()))
    });
    edges.collect()
}
