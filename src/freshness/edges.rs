//! Locks that recorded no requirements (revision 4, and the oldest): the edges tell which packages
//! were asked for, and the locked versions what was not.
//!
//! Less can be seen here than where uv recorded the requirements, and nothing is guessed: an alarm is
//! raised for a package that is missing or left over, and for a version that cannot be what is asked.

use std::collections::BTreeSet;

use pep508_rs::pep440_rs::VersionSpecifiers;

use super::lists::{Asked, Comparison, asked, asked_groups};
use super::requirement::Requirement;
use super::sources::Lowering;
use super::stale;
use super::workspace::Scope;
use crate::diagnostic::Diagnostic;
use crate::lock::{Dependency, Marker, Package};
use crate::names::PackageName;
use crate::project::pyproject::requirement_name;

impl Comparison<'_, '_> {
    /// Holds the manifest against the edges of its locked package.
    pub(super) fn edges(&mut self, package: &Package) {
        if !self.local.has_dynamic_requirements() {
            let asked = asked(self.local);
            let extras = package.extras.iter();
            let extras = extras.map(|(name, edges)| (Scope::Extra(name.clone()), edges));
            let own = (Scope::Project, &package.dependencies);
            let locked: Vec<_> = std::iter::once(own).chain(extras).collect();
            self.scopes(&asked, &locked);
        }
        if let Some(groups) = asked_groups(self.local) {
            let asked: Vec<Asked<'_>> = groups.into_values().flatten().collect();
            let locked = package.groups.iter();
            let locked = locked.map(|(name, edges)| (Scope::Group(name.clone()), edges));
            self.scopes(&asked, &locked.collect::<Vec<_>>());
        }
    }

    fn scopes(&mut self, asked: &[Asked<'_>], locked: &[(Scope, &Vec<Dependency>)]) {
        let lowering = Lowering {
            workspace: self.workspace,
            local: self.local,
        };
        let mut known: BTreeSet<(&Scope, PackageName)> = BTreeSet::new();
        let mut problems = Vec::new();
        for one in asked {
            let edges = locked.iter().find(|(scope, _)| *scope == one.scope);
            let edges = edges.map_or(&[][..], |(_, edges)| edges.as_slice());
            let Some(all) = lowering.lower(one.text, &one.scope) else {
                known.extend(requirement_name(one.text).map(|name| (&one.scope, name)));
                continue;
            };
            known.extend(all.iter().map(|one_of| (&one.scope, one_of.name.clone())));
            for requirement in all.iter().filter(|one_of| self.matters(one_of)) {
                problems.extend(self.missing(one, requirement, edges));
            }
        }
        for (scope, edges) in locked {
            for edge in *edges {
                let name = &self.workspace.project.lock.package(edge.package).name;
                if known.insert((scope, name.clone())) {
                    problems.push(self.left_over(name, scope));
                }
            }
        }
        self.problems.extend(problems);
    }

    fn left_over(&self, name: &PackageName, scope: &Scope) -> Diagnostic {
        let owner = self.local.owner(scope);
        let message = format!("uv.lock has `{name}`, which {owner} no longer asks for");
        stale(message).at(self.place_of(scope, "not asked for here"))
    }

    /// Extras of a required package that only one side has.
    fn other_extras(
        &self,
        one: &Asked<'_>,
        requirement: &Requirement,
        edges: &[Dependency],
    ) -> Option<Diagnostic> {
        let lock = &self.workspace.project.lock;
        let to = |edge: &&Dependency| lock.package(edge.package).name == requirement.name;
        let mut edges = edges.iter().filter(to);
        let (Some(edge), None) = (edges.next(), edges.next()) else {
            return None;
        };
        // An extra that the package does not have leaves no trace.
        let known = &lock.package(edge.package).extras;
        let asked = requirement.extras.iter();
        let mut new =
            asked.filter(|extra| known.contains_key(*extra) && !edge.extras.contains(extra));
        let mut gone = edge
            .extras
            .iter()
            .filter(|extra| !requirement.extras.contains(*extra));
        let (extra, has) = match (new.next(), gone.next()) {
            (Some(extra), _) => (extra, "does not ask for"),
            (None, Some(extra)) => (extra, "asks for"),
            (None, None) => return None,
        };
        let owner = self.local.owner(&one.scope);
        let message = format!(
            "uv.lock was written before {owner} asked for `{}`",
            one.text
        );
        let label = format!("uv.lock {has} the extra `{extra}`");
        Some(stale(message).at(self.local.place(one.span.clone(), label)))
    }

    /// Whether uv would lock it at all.
    fn matters(&self, requirement: &Requirement) -> bool {
        let lock = &self.workspace.project.lock;
        let manifest = lock.manifest();
        let overridden = manifest.overrides.iter();
        let mut set_aside = overridden.map(|one| &one.name).chain(&manifest.excludes);
        let possible = |marker: &Marker| {
            let tree = marker.tree();
            tree.is_none_or(|tree| !tree.is_disjoint(&requirement.marker))
        };
        let supported = lock.supported_markers();
        let anywhere = supported.is_empty() || supported.iter().any(possible);
        let possible = anywhere && !requirement.marker.is_false();
        possible && !set_aside.any(|name| *name == requirement.name)
    }

    fn missing(
        &self,
        one: &Asked<'_>,
        requirement: &Requirement,
        edges: &[Dependency],
    ) -> Option<Diagnostic> {
        let lock = &self.workspace.project.lock;
        let packages = edges.iter().map(|edge| lock.package(edge.package));
        let named: Vec<&Package> = packages
            .filter(|package| package.name == requirement.name)
            .collect();
        let owner = self.local.label();
        if named.is_empty() {
            let message = format!(
                "uv.lock does not have `{}`, which {owner} asks for",
                one.text
            );
            return Some(stale(message).at(self.local.place(one.span.clone(), "not locked")));
        }
        let range = requirement.specifiers.iter();
        let range: VersionSpecifiers = range.map(|one| one.specifier.clone()).collect();
        let fits = |package: &&Package| {
            let version = package.version.as_ref();
            version.is_none_or(|version| range.contains(version))
        };
        if named.iter().any(fits) {
            return self.other_extras(one, requirement, edges);
        }
        let versions: Vec<String> = named.iter().map(|package| package.label()).collect();
        let message = format!(
            "uv.lock was written before {owner} asked for `{}`",
            one.text
        );
        let label = format!("uv.lock has `{}`", versions.join("`, `"));
        Some(stale(message).at(self.local.place(one.span.clone(), label)))
    }
}
