//! `tool.uv.conflicts` of all members, against the sets that the lock was written for.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::Deserialize;

use super::stale;
use super::workspace::{Local, Workspace};
use crate::diagnostic::Diagnostic;
use crate::lock::{ConflictItem, ConflictKind};
use crate::names::{ExtraName, GroupName, PackageName};
use crate::project::pyproject::GroupItem;

type Set = BTreeSet<ConflictItem>;

#[derive(Deserialize)]
struct ItemWire {
    package: Option<PackageName>,
    extra: Option<ExtraName>,
    group: Option<GroupName>,
}

pub(super) fn check(workspace: &Workspace<'_>) -> Vec<Diagnostic> {
    let Some(here) = declared(workspace) else {
        return Vec::new();
    };
    let lock = &workspace.project.lock;
    let there: Vec<Set> = lock
        .conflicts()
        .iter()
        .map(|set| set.iter().cloned().collect())
        .collect();
    let new = here.iter().filter(|(_, set)| !there.contains(set));
    let new = new.map(|(member, set)| {
        stale(format!(
            "uv.lock was written without the conflict of {}",
            listed(set)
        ))
        .at(member.place_of(&["\nconflicts", "conflicts", "[tool.uv]"], "not locked"))
    });
    let declared: Vec<&Set> = here.iter().map(|(_, set)| set).collect();
    let gone = there.iter().filter(|set| {
        !declared.contains(set) && !declared.iter().any(|one| follows(workspace, set, one))
    });
    let root = &workspace.locals[0];
    let gone = gone.map(|set| {
        stale(format!(
            "uv.lock has the conflict of {}, which is no longer declared",
            listed(set)
        ))
        .at(root.place_of(
            &["\nconflicts", "conflicts", "[tool.uv]", "[project]"],
            "not here",
        ))
    });
    new.chain(gone).collect()
}

/// The declared sets, each with its member. `None` when a declaration cannot be read.
fn declared<'w, 'p>(workspace: &'w Workspace<'p>) -> Option<Vec<(&'w Local<'p>, Set)>> {
    let mut declared = Vec::new();
    for member in workspace.members() {
        let Some(value) = &member.pyproject.uv.conflicts else {
            continue;
        };
        let sets: Vec<Vec<ItemWire>> = value.clone().try_into().ok()?;
        for set in sets {
            let items: Option<Set> = set.into_iter().map(|item| typed(member, item)).collect();
            declared.push((member, items?));
        }
    }
    Some(declared)
}

fn typed(member: &Local<'_>, wire: ItemWire) -> Option<ConflictItem> {
    let kind = match (wire.extra, wire.group) {
        (Some(extra), None) => ConflictKind::Extra(extra),
        (None, Some(group)) => ConflictKind::Group(group),
        (None, None) => ConflictKind::Project,
        (Some(_), Some(_)) => return None,
    };
    Some(ConflictItem {
        package: wire.package.or_else(|| member.pyproject.name().cloned())?,
        kind,
    })
}

/// Whether uv derives a set from a declared one: a group conflicts with all that a group conflicts
/// with which it includes.
fn follows(workspace: &Workspace<'_>, set: &Set, declared: &Set) -> bool {
    let meets = |item: &ConflictItem| {
        let mut origins = declared.iter();
        origins.any(|origin| item == origin || includes(workspace, item, origin))
    };
    set.len() <= declared.len() && set.iter().all(meets)
}

fn includes(workspace: &Workspace<'_>, item: &ConflictItem, origin: &ConflictItem) -> bool {
    let (ConflictKind::Group(outer), ConflictKind::Group(inner)) = (&item.kind, &origin.kind)
    else {
        return false;
    };
    let mut locals = workspace.locals.iter();
    let found = locals.find(|local| local.pyproject.name() == Some(&item.package));
    let Some(local) = found.filter(|_| item.package == origin.package) else {
        return false;
    };
    let mut reached = vec![outer.clone()];
    let mut next = 0;
    while let Some(group) = reached.get(next).cloned() {
        reached.extend(
            included(local, &group)
                .filter(|name| !reached.contains(name))
                .collect::<Vec<_>>(),
        );
        next += 1;
    }
    reached.contains(inner)
}

fn included<'p>(local: &Local<'p>, group: &GroupName) -> impl Iterator<Item = GroupName> + use<'p> {
    let mut groups = local.pyproject.dependency_groups.iter();
    let named = |name: &str| GroupName::from_str(name).as_ref() == Ok(group);
    let items = groups.find(|(name, _)| named(name.get_ref()));
    let items = items.into_iter().flat_map(|(_, items)| items);
    items.filter_map(|item| match item.get_ref() {
        GroupItem::Include(name) => GroupName::from_str(name).ok(),
        GroupItem::Requirement(_) => None,
    })
}

fn listed(set: &Set) -> String {
    let items = set.iter().map(|item| match &item.kind {
        ConflictKind::Project => format!("`{}`", item.package),
        ConflictKind::Extra(extra) => format!("`{}[{extra}]`", item.package),
        ConflictKind::Group(group) => format!("`{}:{group}`", item.package),
    });
    items.collect::<Vec<_>>().join(", ")
}
