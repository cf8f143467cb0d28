//! What a local package asks for, held against what its lock recorded: extras, groups, requirements.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;

use indexmap::IndexMap;
use pep508_rs::{MarkerExpression, MarkerValueExtra};

use super::flat::{flat, unconditional};
use super::requirement::{Origin, Requirement, locked, shown};
use super::sources::Lowering;
use super::stale;
use super::workspace::{Kin, Local, Scope, Workspace};
use crate::diagnostic::{Diagnostic, Place};
use crate::lock::{LockedRequirement, Metadata, Package};
use crate::names::{ExtraName, GroupName, PackageName};
use crate::project::pyproject::{GroupItem, requirement_name};

/// A requirement of a manifest, with the line that says it.
pub(super) struct Asked<'p> {
    pub(super) text: &'p str,
    pub(super) span: Range<usize>,
    pub(super) scope: Scope,
}

/// Requirements of `dependencies` and of the extras.
pub(super) fn asked<'p>(local: &Local<'p>) -> Vec<Asked<'p>> {
    let Some(project) = &local.pyproject.project else {
        return Vec::new();
    };
    let own = project.dependencies.iter().map(|item| Asked {
        text: item.get_ref(),
        span: item.span(),
        scope: Scope::Project,
    });
    let extras = project.optional_dependencies.iter();
    let extras = extras.flat_map(|(name, items)| {
        let extra = ExtraName::from_str(name.get_ref()).ok();
        items.iter().filter_map(move |item| {
            Some(Asked {
                text: item.get_ref(),
                span: item.span(),
                scope: Scope::Extra(extra.clone()?),
            })
        })
    });
    own.chain(extras).collect()
}

/// The groups with `include-group` followed, the older `dev-dependencies` counted in. `None` when
/// an included group is missing or includes itself: uv says so better.
pub(super) fn asked_groups<'p>(local: &Local<'p>) -> Option<IndexMap<GroupName, Vec<Asked<'p>>>> {
    let mut groups = IndexMap::new();
    for name in local.pyproject.dependency_groups.keys() {
        let name = GroupName::from_str(name.get_ref()).ok()?;
        let mut items = Vec::new();
        let mut seen = BTreeMap::new();
        follow(local, &name, &name, &mut seen, &mut items)?;
        groups.insert(name, items);
    }
    if let Some(legacy) = &local.pyproject.uv.dev_dependencies {
        let items = legacy.iter().map(|item| Asked {
            text: item.get_ref(),
            span: item.span(),
            scope: Scope::Group(GroupName::dev()),
        });
        groups.entry(GroupName::dev()).or_default().extend(items);
    }
    Some(groups)
}

/// Each group once, though several include it; `seen` says whether all of one is known.
fn follow<'p>(
    local: &Local<'p>,
    outer: &GroupName,
    group: &GroupName,
    seen: &mut BTreeMap<GroupName, bool>,
    items: &mut Vec<Asked<'p>>,
) -> Option<()> {
    let groups = &local.pyproject.dependency_groups;
    match seen.insert(group.clone(), false) {
        // It includes itself.
        Some(false) => return None,
        Some(true) => {
            seen.insert(group.clone(), true);
            return Some(());
        }
        None => {}
    }
    let mut all = groups.iter();
    let (_, own) =
        all.find(|(name, _)| GroupName::from_str(name.get_ref()).as_ref() == Ok(group))?;
    for item in own {
        match item.get_ref() {
            GroupItem::Requirement(text) => items.push(Asked {
                text,
                span: item.span(),
                scope: Scope::Group(outer.clone()),
            }),
            GroupItem::Include(name) => {
                let included = GroupName::from_str(name).ok()?;
                follow(local, outer, &included, seen, items)?;
            }
        }
    }
    seen.insert(group.clone(), true);
    Some(())
}

/// Holds one local package against what the lock recorded of its manifest.
pub(super) struct Comparison<'w, 'p> {
    pub(super) workspace: &'w Workspace<'p>,
    pub(super) local: &'w Local<'p>,
    pub(super) problems: Vec<Diagnostic>,
}

impl<'p> Comparison<'_, 'p> {
    pub(super) fn metadata(&mut self, package: &Package, metadata: &Metadata) {
        if !self.local.has_dynamic_requirements() {
            let skipped = self.extras(metadata);
            let outside = |scope: &Scope| !skipped.contains(scope);
            let asked = asked(self.local)
                .into_iter()
                .filter(|one| outside(&one.scope));
            let recorded = metadata.requires_dist.iter().map(|wire| Recorded {
                scope: recorded_scope(wire),
                wire,
            });
            let recorded = recorded.filter(|one| outside(&one.scope));
            let (asked, recorded) = (asked.collect::<Vec<_>>(), recorded.collect::<Vec<_>>());
            let equal = package.version.is_none() && self.equal_when_flat(&asked, &recorded);
            if !equal {
                self.requirements(&asked, &recorded);
            }
        }
        self.groups(&metadata.requires_dev);
    }

    /// Extras that only one side has; their requirements need no further words.
    fn extras(&mut self, metadata: &Metadata) -> BTreeSet<Scope> {
        let (here, there) = if let Some(provided) = &metadata.provides_extras {
            let names = self.local.pyproject.extras();
            let names = names.filter_map(|name| ExtraName::from_str(name).ok());
            let provided = provided.iter().cloned().map(Scope::Extra);
            (names.map(Scope::Extra).collect(), provided.collect())
        } else {
            let asked = asked(self.local).into_iter().map(|one| one.scope);
            let recorded = metadata.requires_dist.iter().map(recorded_scope);
            (extras(asked), extras(recorded))
        };
        self.only_on_one_side(&here, &there);
        here.symmetric_difference(&there).cloned().collect()
    }

    pub(super) fn groups(&mut self, recorded: &IndexMap<GroupName, Vec<LockedRequirement>>) {
        let Some(asked) = asked_groups(self.local) else {
            return;
        };
        // Locks without a revision leave empty groups out.
        let with_empty = self.workspace.project.lock.revision() >= 1;
        let filled = asked
            .iter()
            .filter(|(_, items)| with_empty || !items.is_empty());
        let here: BTreeSet<Scope> = filled.map(|(name, _)| Scope::Group(name.clone())).collect();
        let filled = recorded
            .iter()
            .filter(|(_, items)| with_empty || !items.is_empty());
        let there: BTreeSet<Scope> = filled.map(|(name, _)| Scope::Group(name.clone())).collect();
        self.only_on_one_side(&here, &there);
        for (name, items) in &asked {
            let scope = Scope::Group(name.clone());
            if let Some(recorded) = recorded.get(name).filter(|_| here.contains(&scope)) {
                let recorded = recorded.iter().map(|wire| Recorded {
                    scope: scope.clone(),
                    wire,
                });
                self.requirements(items, &recorded.collect::<Vec<_>>());
            }
        }
    }

    pub(super) fn only_on_one_side(&mut self, here: &BTreeSet<Scope>, there: &BTreeSet<Scope>) {
        let gone: Vec<&Scope> = there.difference(here).collect();
        let new: Vec<&Scope> = here.difference(there).collect();
        for scope in &new {
            let message = format!(
                "uv.lock does not know the {scope} of {}",
                self.local.label()
            );
            let place = self.place_of(scope, "not locked");
            let note = match gone.as_slice() {
                [only] if new.len() == 1 => Some(format!("uv.lock has the {only} in its place")),
                _ => None,
            };
            let problem = stale(message).at(place);
            self.problems.push(match note {
                Some(note) => problem.with_note(note),
                None => problem,
            });
        }
        if gone.len() == 1 && new.len() == 1 {
            return;
        }
        for scope in gone {
            let message = format!(
                "uv.lock has the {scope}, which {} no longer has",
                self.local.label()
            );
            self.problems
                .push(stale(message).at(self.place_of(scope, "not in this file")));
        }
    }

    /// The place of an extra or group, or of where it would be.
    pub(super) fn place_of(&self, scope: &Scope, label: &str) -> Place {
        let manifest = self.local.pyproject;
        let extras = manifest.project.iter();
        let extras = extras.flat_map(|project| project.optional_dependencies.keys());
        let (key, names): (&[&str], Vec<_>) = match scope {
            Scope::Project => (&["\ndependencies", "[project]"], Vec::new()),
            Scope::Extra(_) => (&["optional-dependencies", "[project]"], extras.collect()),
            Scope::Group(_) => (
                &["[dependency-groups]", "[project]"],
                manifest.dependency_groups.keys().collect(),
            ),
        };
        let own = names
            .into_iter()
            .find(|name| scope.is_named(name.get_ref()));
        match own {
            Some(name) => self.local.place(name.span(), label),
            None => self.local.place_of(key, label),
        }
    }

    pub(super) fn requirements(&mut self, asked: &[Asked<'p>], recorded: &[Recorded<'_>]) {
        let Sides { asked, recorded } = self.sides(asked, recorded);
        let wanted = |one: &Requirement| asked.iter().any(|(_, all)| all.contains(one));
        let had = |one: &Requirement| recorded.iter().any(|(_, known)| known == one);
        let odd = recorded.iter().filter(|(_, known)| !wanted(known));
        let mut odd: Vec<&(&Recorded<'_>, Requirement)> = odd.collect();
        for (one, all) in asked.iter().filter(|(_, all)| !all.iter().all(&had)) {
            let same = |(wire, _): &&(&Recorded<'_>, Requirement)| {
                let name = requirement_name(one.text);
                wire.scope == one.scope && name.as_ref() == Some(&wire.wire.name)
            };
            let (instead, rest) = odd.into_iter().partition(same);
            odd = rest;
            self.report_asked(one, all, &instead);
        }
        for (wire, _) in odd {
            self.report_recorded(wire);
        }
    }

    /// Whether both sides say the same once extras that ask for other extras of the same package are
    /// written out. uv does that itself where the version is dynamic, and so may the build backend
    /// that it asks: hatchling then forgets under which condition they were asked for
    /// (`_resolve_optional_dependencies` in `hatchling/metadata/core.py`, 1.33.0).
    fn equal_when_flat(&self, asked: &[Asked<'p>], recorded: &[Recorded<'_>]) -> bool {
        let Some(name) = self.local.pyproject.name() else {
            return false;
        };
        let Sides { asked, recorded } = self.sides(asked, recorded);
        let asked: Vec<(&Scope, Requirement)> = asked
            .iter()
            .flat_map(|(one, all)| all.iter().map(|each| (&one.scope, each.clone())))
            .collect();
        let there: Vec<&Requirement> = recorded.iter().map(|(_, known)| known).collect();
        let equal = |here: &[Requirement]| {
            let (mut ours, mut theirs) = (here.iter(), there.iter());
            ours.all(|one| there.contains(&one)) && theirs.all(|one| here.contains(one))
        };
        let python = &self.workspace.python;
        equal(&flat(name, &asked)) || equal(&flat(name, &unconditional(name, asked, python)))
    }

    /// Both sides, comparable, without the packages that dfgen cannot tell about.
    fn sides<'s>(&self, asked: &'s [Asked<'p>], recorded: &'s [Recorded<'s>]) -> Sides<'s, 'p> {
        let lowering = Lowering {
            workspace: self.workspace,
            local: self.local,
        };
        let mut unclear: BTreeSet<PackageName> = BTreeSet::new();
        let mut here = Vec::new();
        for one in asked {
            match (
                lowering.lower(one.text, &one.scope),
                requirement_name(one.text),
            ) {
                (Some(all), _) => here.push((one, all)),
                (None, name) => unclear.extend(name),
            }
        }
        let mut there = Vec::new();
        for one in recorded {
            match locked(one.wire, &self.workspace.root, &self.workspace.python) {
                Some(known) => there.push((one, known)),
                None => drop(unclear.insert(one.wire.name.clone())),
            }
        }
        if self.local.kin == Kin::Stranger {
            unclear.extend(foreign_sources(&here, &there));
        }
        here.retain(|(_, all)| !all.iter().any(|one| unclear.contains(&one.name)));
        there.retain(|(_, known)| !unclear.contains(&known.name));
        Sides {
            asked: here,
            recorded: there,
        }
    }

    fn report_asked(
        &mut self,
        one: &Asked<'_>,
        all: &[Requirement],
        instead: &[&(&Recorded<'_>, Requirement)],
    ) {
        let place = |label: String| self.local.place(one.span.clone(), label);
        let owner = self.local.owner(&one.scope);
        let text = one.text;
        let moved = instead.iter().find_map(|(_, known)| {
            let here = all.iter().find(|here| here.differs_in_origin_from(known))?;
            Some((here, known))
        });
        let problem = if let Some((here, known)) = moved {
            stale(format!(
                "uv.lock has `{text}` of {owner} from another source"
            ))
            .at(place(format!("uv.lock has it from {}", known.origin)))
            .with_note(format!("by the manifest it comes from {}", here.origin))
        } else if instead.is_empty() {
            stale(format!(
                "uv.lock does not have `{text}`, which {owner} asks for"
            ))
            .at(place("not locked".to_owned()))
        } else {
            let instead: Vec<String> = instead.iter().map(|(wire, _)| wire.shown()).collect();
            stale(format!(
                "uv.lock was written before {owner} asked for `{text}`"
            ))
            .at(place(format!("uv.lock has {}", instead.join(" and "))))
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn report_recorded(&mut self, wire: &Recorded<'_>) {
        let owner = self.local.owner(&wire.scope);
        let message = format!(
            "uv.lock has {}, which {owner} no longer asks for",
            wire.shown()
        );
        let place = self.place_of(&wire.scope, "not asked for here");
        self.problems.push(stale(message).at(place));
    }
}

fn extras(scopes: impl Iterator<Item = Scope>) -> BTreeSet<Scope> {
    scopes.filter(|scope| *scope != Scope::Project).collect()
}

/// Both sides of a comparison.
struct Sides<'s, 'p> {
    asked: Vec<(&'s Asked<'p>, Vec<Requirement>)>,
    recorded: Vec<(&'s Recorded<'s>, Requirement)>,
}

/// A requirement that the lock recorded, with the extra or group that it stands in.
pub(super) struct Recorded<'l> {
    pub(super) scope: Scope,
    pub(super) wire: &'l LockedRequirement,
}

impl Recorded<'_> {
    fn shown(&self) -> String {
        format!("`{}`", shown(self.wire))
    }
}

/// The packages that a path dependency takes from the default indexes by its own manifest and from
/// elsewhere by the lock: sources of a workspace that dfgen does not see.
fn foreign_sources(
    here: &[(&Asked<'_>, Vec<Requirement>)],
    there: &[(&Recorded<'_>, Requirement)],
) -> BTreeSet<PackageName> {
    let elsewhere = there
        .iter()
        .filter(|(_, known)| known.origin != Origin::Registry);
    let elsewhere = elsewhere.map(|(_, known)| &known.name);
    let plain = |name: &&PackageName| {
        let mut all = here.iter().flat_map(|(_, all)| all);
        all.any(|one| one.name == **name && one.origin == Origin::Registry)
    };
    elsewhere.filter(plain).cloned().collect()
}

fn recorded_scope(wire: &LockedRequirement) -> Scope {
    let tree = wire.marker.as_ref().and_then(|marker| marker.tree());
    match tree.and_then(pep508_rs::MarkerTree::top_level_extra) {
        Some(MarkerExpression::Extra {
            name: MarkerValueExtra::Extra(extra),
            ..
        }) => Scope::Extra(extra),
        _ => Scope::Project,
    }
}

impl Scope {
    fn is_named(&self, name: &str) -> bool {
        match self {
            Self::Project => false,
            Self::Extra(extra) => ExtraName::from_str(name).as_ref() == Ok(extra),
            Self::Group(group) => GroupName::from_str(name).as_ref() == Ok(group),
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Project => f.write_str("project"),
            Self::Extra(extra) => write!(f, "extra `{extra}`"),
            Self::Group(group) => write!(f, "group `{group}`"),
        }
    }
}

impl Local<'_> {
    /// Whether the build backend works the requirements out, so that the manifest does not say them.
    pub(super) fn has_dynamic_requirements(&self) -> bool {
        let Some(project) = &self.pyproject.project else {
            return true;
        };
        let dynamic = |key: &str| key == "dependencies" || key == "optional-dependencies";
        project.dynamic.iter().any(|key| dynamic(key))
    }

    /// The package, extra or group that asks, as messages have it.
    pub(super) fn owner(&self, scope: &Scope) -> String {
        match scope {
            Scope::Project => self.label(),
            _ => format!("the {scope} of {}", self.label()),
        }
    }
}
