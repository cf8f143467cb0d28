//! The ways from what was selected to a package, and what is there for its sake only.
//!
//! There can be more chains in a real lock than anybody can count, so [`Closure::chains`] gives
//! them as a tree that stands on its head, with the package at its foot, in which every step is
//! explained once. Errors show one, the shortest: [`Closure::shortest_chain`].

use std::collections::BTreeSet;
use std::fmt;

use super::graph::{Graph, Reach, Step};
use super::{Closure, Reason, Via};
use crate::lock::{Lock, PackageId};

/// One way from what was selected to a package: `shop-api -> sqlalchemy[postgresql] -> psycopg2`.
#[derive(Debug, Clone)]
pub struct Chain<'p> {
    lock: &'p Lock,
    edges: Vec<Reason>,
    end: PackageId,
}

impl<'p> Chain<'p> {
    pub(super) fn new(lock: &'p Lock, edges: Vec<Reason>, end: PackageId) -> Self {
        Self { lock, edges, end }
    }

    /// The edges from the selection on; none for a member that was selected itself.
    pub fn edges(&self) -> &[Reason] {
        &self.edges
    }

    /// Where it begins.
    pub(crate) fn begin(&self) -> Step {
        let first = self.edges.first();
        first.map_or_else(|| Step::project(self.end), Reason::step)
    }

    /// The package that each edge leads to.
    pub(crate) fn packages(&self) -> impl Iterator<Item = PackageId> {
        let inner = self.edges.iter().skip(1).filter_map(|edge| edge.by);
        inner.chain([self.end])
    }
}

impl PartialEq for Chain<'_> {
    fn eq(&self, other: &Self) -> bool {
        (&self.edges, self.end) == (&other.edges, other.end)
    }
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for edge in &self.edges {
            write!(f, "{} -> ", edge.step().label(self.lock))?;
        }
        write!(f, "{}", self.lock.package(self.end).name)
    }
}

/// Every way to a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chains {
    /// The package.
    pub(crate) package: PackageId,
    /// Whether it was selected itself, whatever else needs it.
    pub selected: bool,
    /// What needs it; what is nearest to the selection comes first.
    pub needs: Vec<Need>,
}

/// An edge that leads to a package, and how the chain goes on above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The edge.
    pub reason: Reason,
    /// What needs the step where the edge begins.
    pub above: Above,
}

/// What stands above a step of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Above {
    /// Nothing: it was selected.
    Selected,
    /// These edges lead to it.
    Needs(Vec<Need>),
    /// The edges that were given where the tree had this step before.
    Shown,
}

impl<'p> Closure<'p> {
    /// Every way from what was selected to a package. Of circles it has only what is on a way.
    pub(crate) fn chains(&self, id: PackageId) -> Chains {
        let graph = Graph::new(&self.selected.chosen, &self.selected.entries);
        let step = graph.find(&Step::project(id));
        let mut tree = Tree {
            closure: self,
            reach: graph.reach(|_| true),
            graph: &graph,
            shown: BTreeSet::new(),
        };
        Chains {
            package: id,
            selected: step.is_some_and(|step| graph.is_entry(step)),
            needs: step.map_or_else(Vec::new, |step| tree.needs(step)),
        }
    }

    /// A way with the fewest edges; `None` when the package is not in the closure.
    pub(crate) fn shortest_chain(&self, id: PackageId) -> Option<Chain<'p>> {
        let graph = Graph::new(&self.selected.chosen, &self.selected.entries);
        let step = graph.find(&Step::project(id))?;
        let way = graph.reach(|_| true).way(step);
        Some(Chain::new(
            self.lock,
            way.into_iter().cloned().collect(),
            id,
        ))
    }

    /// What would leave the closure together with these packages, because nothing else needs it;
    /// without the packages themselves, in the closure's order.
    pub(crate) fn only_needed_by(&self, packages: &[PackageId]) -> Vec<PackageId> {
        let graph = Graph::new(&self.selected.chosen, &self.selected.entries);
        let is_gone = |step: &Step| step.package.is_some_and(|id| packages.contains(&id));
        let left = graph.reach(|step| !is_gone(step));
        let stays = |id: &PackageId| {
            let step = graph.find(&Step::project(*id));
            step.is_some_and(|step| left.contains(step))
        };
        let ids = self.selected.chosen.keys().copied();
        ids.filter(|id| !packages.contains(id) && !stays(id))
            .collect()
    }
}

impl<'p> Closure<'p> {
    /// A shortest way to each package, in the closure's order.
    pub(crate) fn shortest_chains(&self) -> Vec<(PackageId, Chain<'p>)> {
        let graph = Graph::new(&self.selected.chosen, &self.selected.entries);
        let reach = graph.reach(|_| true);
        let chain = |id: PackageId| {
            let way = graph.find(&Step::project(id)).map(|step| reach.way(step));
            let edges = way.unwrap_or_default().into_iter().cloned().collect();
            (id, Chain::new(self.lock, edges, id))
        };
        self.selected.chosen.keys().copied().map(chain).collect()
    }

    /// The packages that the project itself asks for, each with what would leave if it did not: nothing where another
    /// package needs it too. In the closure's order; packages of the project's own are not among them.
    pub(crate) fn requirements(&self) -> Vec<(PackageId, Vec<PackageId>)> {
        let graph = Graph::new(&self.selected.chosen, &self.selected.entries);
        let is_own = |id: Option<PackageId>| id.is_none_or(|id| self.lock.is_member(id));
        let is_asked = |(id, chosen): &(&PackageId, &super::Chosen)| {
            !self.lock.is_member(**id) && chosen.reasons.iter().any(|reason| is_own(reason.by))
        };
        let asked = self.selected.chosen.iter().filter(is_asked);
        let leaving = |(id, _): (&PackageId, &super::Chosen)| {
            let leads = |from: &Step, to: &Step| to.package != Some(*id) || !is_own(from.package);
            let left = graph.reach_along(|_| true, leads);
            let ids = self.selected.chosen.keys().copied();
            let stays = |id: &PackageId| {
                let step = graph.find(&Step::project(*id));
                step.is_some_and(|step| left.contains(step))
            };
            (*id, ids.filter(|id| !stays(id)).collect())
        };
        asked.map(leaving).collect()
    }

    /// The selected extras and groups of the project's own packages, as `name[extra]` or `name:group`, each with what would
    /// leave without it.
    pub(crate) fn lists(&self) -> Vec<(String, Vec<PackageId>)> {
        let graph = Graph::new(&self.selected.chosen, &self.selected.entries);
        let entries = self
            .selected
            .entries
            .iter()
            .filter(|step| step.via != Via::Project);
        let leaving = |entry: &Step| {
            let left = graph.reach(|step| step != entry);
            let ids = self.selected.chosen.keys().copied();
            let stays = |id: &PackageId| {
                let step = graph.find(&Step::project(*id));
                step.is_some_and(|step| left.contains(step))
            };
            (
                entry.label(self.lock),
                ids.filter(|id| !stays(id)).collect(),
            )
        };
        entries.map(leaving).collect()
    }
}

/// Builds [`Chains`].
struct Tree<'c> {
    closure: &'c Closure<'c>,
    graph: &'c Graph<'c>,
    reach: Reach<'c>,
    shown: BTreeSet<usize>,
}

impl Tree<'_> {
    /// The edges to a step, without those that come from where only the step itself leads.
    fn needs(&mut self, step: usize) -> Vec<Need> {
        let target = self.graph.step(step);
        let without = self.graph.reach(|other| !other.implies(target));
        let mut edges: Vec<_> = self.graph.up(step).to_vec();
        edges.retain(|(from, _)| without.contains(*from));
        edges.sort_by_cached_key(|(from, _)| self.order(*from));
        edges.dedup();
        let need = |(from, reason): (usize, &Reason)| Need {
            above: self.above(from),
            reason: reason.clone(),
        };
        edges.into_iter().map(need).collect()
    }

    fn above(&mut self, step: usize) -> Above {
        if self.graph.is_entry(step) {
            Above::Selected
        } else if self.shown.insert(step) {
            Above::Needs(self.needs(step))
        } else {
            Above::Shown
        }
    }

    fn order(&self, step: usize) -> (Option<usize>, String) {
        let label = self.graph.step(step).label(self.closure.lock);
        (self.reach.distance(step), label)
    }
}

#[cfg(test)]
mod tests {
    use crate::closure::fixture::{SHOP, project, target};
    use crate::closure::{Above, Choice, Closure, Need, Selection};
    use crate::lock::{Lock, PackageId};
    use crate::project::Project;

    fn with_ml(project: &Project) -> Closure<'_> {
        let selection = Selection {
            extras: Choice::some(vec!["ml".parse().unwrap()]),
            ..Selection::default()
        };
        Closure::select(project, &selection, &target()).unwrap()
    }

    fn id(lock: &Lock, name: &str) -> PackageId {
        lock.named(&name.parse().unwrap())[0]
    }

    fn names(closure: &Closure<'_>, ids: &[PackageId]) -> Vec<String> {
        let names = ids
            .iter()
            .map(|id| closure.lock().package(*id).name.to_string());
        names.collect()
    }

    /// One line for each edge, indented by its distance from the package.
    fn drawn(lock: &Lock, needs: &[Need], depth: usize) -> String {
        let line = |need: &Need| {
            let label = need.reason.step().label(lock);
            let (word, rest) = match &need.above {
                Above::Selected => (" *", String::new()),
                Above::Shown => (" ^", String::new()),
                Above::Needs(needs) => ("", drawn(lock, needs, depth + 1)),
            };
            format!("{:depth$}{label}{word}\n{rest}", "")
        };
        needs.iter().map(line).collect()
    }

    #[test]
    fn the_shortest_chain_names_extras_and_groups() {
        let project = project(SHOP);
        let closure = with_ml(&project);
        let chain = |name| {
            let chain = closure.shortest_chain(id(&project.lock, name));
            chain.map(|chain| chain.to_string())
        };
        assert_eq!(chain("shop-api").unwrap(), "shop-api");
        assert_eq!(chain("torch").unwrap(), "shop-api[ml] -> torch");
        assert_eq!(chain("pytest").unwrap(), "shop-api:dev -> pytest");
        let psycopg2 = chain("psycopg2").unwrap();
        assert_eq!(psycopg2, "shop-api -> sqlalchemy[postgresql] -> psycopg2");
        assert_eq!(chain("colorama"), None);
    }

    #[test]
    fn the_tree_has_every_edge_once_and_no_circle() {
        let project = project(SHOP);
        let chains = with_ml(&project).chains(id(&project.lock, "numpy"));
        insta::assert_snapshot!(drawn(&project.lock, &chains.needs, 0), @"
        shop-api:dev *
        sentence-transformers
         shop-api[ml] *
        transformers
         sentence-transformers ^
         triton
          torch
           shop-api[ml] *
           sentence-transformers ^
        ");
    }

    #[test]
    fn what_only_a_package_needs_leaves_with_it() {
        let project = project(SHOP);
        let closure = with_ml(&project);
        let leaving = |gone: &[&str]| {
            let ids: Vec<_> = gone.iter().map(|name| id(&project.lock, name)).collect();
            names(&closure, &closure.only_needed_by(&ids))
        };
        assert_eq!(leaving(&["torch"]), ["triton"]);
        assert_eq!(leaving(&["sentence-transformers"]), [""; 0]);
        let both = leaving(&["sentence-transformers", "torch"]);
        assert_eq!(both, ["transformers", "triton"]);
        assert_eq!(leaving(&["sqlalchemy"]), ["psycopg2"]);
    }

    #[test]
    fn a_requirement_that_others_need_too_takes_nothing_with_it() {
        let project = project(SHOP);
        let closure = with_ml(&project);
        let line = |(id, leaving): (PackageId, Vec<PackageId>)| {
            let name = &project.lock.package(id).name;
            format!("{name}: {}\n", names(&closure, &leaving).join(" "))
        };
        let lines: String = closure.requirements().into_iter().map(line).collect();
        insta::assert_snapshot!(lines, @"
        click: click
        numpy: 
        pytest: pytest
        sentence-transformers: sentence-transformers
        sqlalchemy: psycopg2 sqlalchemy
        torch:
        ");
        let lists = closure.lists();
        let ml = lists
            .iter()
            .find(|(label, _)| label == "shop-api[ml]")
            .unwrap();
        assert!(names(&closure, &ml.1).contains(&"torch".to_owned()));
        for (id, chain) in closure.shortest_chains() {
            assert_eq!(Some(chain), closure.shortest_chain(id));
        }
    }

    #[test]
    fn what_leaves_is_what_an_exclusion_leaves_out() {
        let project = project(SHOP);
        let all = with_ml(&project);
        for (gone, package, _) in all
            .packages()
            .filter(|(id, ..)| !project.lock.is_member(*id))
        {
            let selection = Selection {
                extras: Choice::all(),
                exclude: vec![package.name.clone()],
                ..Selection::default()
            };
            let less = Closure::select(&project, &selection, &target()).unwrap();
            let missing = all
                .packages()
                .map(|(id, ..)| id)
                .filter(|id| !less.contains(*id));
            let missing: Vec<_> = missing.filter(|id| *id != gone).collect();
            assert_eq!(
                all.only_needed_by(&[gone]),
                missing,
                "without {}",
                package.name
            );
        }
    }
}
