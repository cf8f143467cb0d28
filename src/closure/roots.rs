//! A selection held against a project: where the walk through the lock begins.
//!
//! Refuses what uv refuses: members, extras and groups that do not exist, and selections that the
//! lock's `conflicts` forbid.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::selection::{Choice, DefaultGroupsUse, Include, Members, ProjectUse, Selection};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, nearest};
use crate::lock::{
    Active, ConflictItem, ConflictKind, DefaultGroups, Dependency, Lock, Package, PackageId,
};
use crate::names::{ExtraName, GroupName, PackageName};
use crate::project::pyproject::DefaultGroupsItem;
use crate::project::{Project, Pyproject};
use crate::rules;

/// Where the walk through the lock begins.
#[derive(Debug)]
pub(super) struct Roots<'p> {
    pub(super) members: Vec<PackageId>,
    /// Whether groups of a root without `[project]` count in.
    root_groups: bool,
    pub(super) groups: Choice<GroupName>,
    extras: &'p Choice<ExtraName>,
    pub(super) project: ProjectUse,
    lock: &'p Lock,
}

impl<'p> Roots<'p> {
    pub(super) fn new(project: &'p Project, selection: &'p Selection) -> Result<Self> {
        let lock = &project.lock;
        let members = members(project, &selection.members)?;
        let mut groups = selection.groups.clone();
        let defaults = match selection.default_groups {
            DefaultGroupsUse::Include => default_groups(project, selection, &members),
            DefaultGroupsUse::Leave => DefaultGroups::Some(Vec::new()),
        };
        add_defaults(&mut groups, &defaults);
        let roots = Self {
            root_groups: selection.members == Members::Root || selection.members == Members::All,
            members,
            groups,
            extras: &selection.extras,
            project: selection.project,
            lock,
        };
        let mut problems = roots.unknown_extras(project);
        problems.extend(roots.unknown_groups(project, &selection.groups));
        Diagnostics::check(problems)?;
        roots.refuse_conflicts(&defaults)?;
        Ok(roots)
    }

    /// The selected extras that a member has; none where its own requirements are left out.
    pub(super) fn extras_of<'a>(
        &'a self,
        package: &'a Package,
    ) -> impl Iterator<Item = &'a ExtraName> {
        let own = self.project == ProjectUse::Include;
        let extras = package.extras.keys();
        extras.filter(move |extra| own && self.extras.contains(extra))
    }

    /// The selected groups that a member has.
    pub(super) fn groups_of<'a>(
        &'a self,
        package: &'a Package,
    ) -> impl Iterator<Item = &'a GroupName> {
        package
            .groups
            .keys()
            .filter(|group| self.groups.contains(group))
    }

    /// The selected groups of a root that has no `[project]`.
    pub(super) fn manifest_groups(&self) -> impl Iterator<Item = &GroupName> {
        let groups = self.lock.manifest().dependency_groups.keys();
        groups.filter(|group| self.root_groups && self.groups.contains(group))
    }

    /// The conflict items that the selection itself makes active.
    pub(super) fn active(&self) -> Active {
        let mut active = Active::default();
        for package in self.members.iter().map(|id| self.lock.package(*id)) {
            if self.project == ProjectUse::Include {
                active.add_project(&package.name);
            }
            for extra in self.extras_of(package) {
                active.add_extra(&package.name, extra);
            }
            for group in self.groups_of(package) {
                active.add_group(&package.name, group);
            }
        }
        active
    }

    fn unknown_extras(&self, project: &Project) -> Vec<Diagnostic> {
        let known = known_extras(project, &self.members);
        let unknown = self.extras.said().filter(|extra| !known.contains(extra));
        let owner = lacking(project, &self.members);
        unknown
            .map(|extra| {
                Diagnostic::new(rules::UNKNOWN_EXTRA, format!("{owner} extra `{extra}`"))
                    .with_help_some(nearest(extra.as_ref(), known.iter().map(AsRef::as_ref)))
                    .with_help("extras are the keys of `[project.optional-dependencies]`")
            })
            .collect()
    }

    fn unknown_groups(&self, project: &Project, said: &Choice<GroupName>) -> Vec<Diagnostic> {
        let known = known_groups(project, &self.members, self.root_groups);
        let unknown = said.said().filter(|group| !known.contains(group));
        let owner = lacking(project, &self.members);
        unknown
            .map(|group| {
                Diagnostic::new(rules::UNKNOWN_GROUP, format!("{owner} group `{group}`"))
                    .with_help_some(nearest(group.as_ref(), known.iter().map(AsRef::as_ref)))
                    .with_help("groups are the keys of `[dependency-groups]`")
            })
            .collect()
    }

    /// Two or more of one conflict set, default groups counted in. Only packages that the selection
    /// can reach matter, whatever the markers say.
    fn refuse_conflicts(&self, defaults: &DefaultGroups) -> Result<()> {
        let reachable = LazyCell::new(|| self.reachable());
        for set in self.lock.conflicts() {
            let selected = set.iter().filter(|item| self.selects(&item.kind));
            let mut hit: Vec<&ConflictItem> = selected.collect();
            if hit.len() > 1 {
                hit.retain(|item| reachable.contains(&item.package));
            }
            if hit.len() > 1 {
                return Err(conflict(set, &hit, defaults).into());
            }
        }
        Ok(())
    }

    fn selects(&self, kind: &ConflictKind) -> bool {
        match kind {
            ConflictKind::Project => self.project == ProjectUse::Include,
            ConflictKind::Extra(extra) => self.extras.contains(extra),
            ConflictKind::Group(group) => self.groups.contains(group),
        }
    }

    /// The names that a walk without markers comes to.
    fn reachable(&self) -> BTreeSet<&PackageName> {
        let mut seen: BTreeSet<(PackageId, Option<&ExtraName>)> = BTreeSet::new();
        let mut queue: Vec<(PackageId, Option<&ExtraName>)> = Vec::new();
        for id in &self.members {
            let package = self.lock.package(*id);
            queue.push((*id, None));
            queue.extend(self.extras_of(package).map(|extra| (*id, Some(extra))));
            let groups = self
                .groups_of(package)
                .flat_map(|group| &package.groups[group]);
            queue.extend(groups.flat_map(states));
        }
        while let Some((id, extra)) = queue.pop() {
            if seen.insert((id, extra)) {
                let package = self.lock.package(id);
                let edges = match extra {
                    None => Some(&package.dependencies),
                    Some(extra) => package.extras.get(extra),
                };
                queue.extend(edges.into_iter().flatten().flat_map(states));
            }
        }
        seen.into_iter()
            .map(|(id, _)| &self.lock.package(id).name)
            .collect()
    }
}

/// The package that an edge leads to, by itself and with each extra that is asked for.
fn states(edge: &Dependency) -> impl Iterator<Item = (PackageId, Option<&ExtraName>)> {
    let extras = edge.extras.iter().map(Some);
    std::iter::once(None)
        .chain(extras)
        .map(|extra| (edge.package, extra))
}

fn members(project: &Project, wanted: &Members) -> Result<Vec<PackageId>> {
    let lock = &project.lock;
    match wanted {
        Members::All => Ok(lock.members()),
        Members::Root if project.pyproject.project.is_none() => Ok(lock.members()),
        Members::Root => lock
            .root()
            .map(|id| vec![id])
            .ok_or_else(|| root_not_locked(project)),
        Members::Named(names) => names.iter().map(|name| member(lock, name)).collect(),
    }
}

fn root_not_locked(project: &Project) -> Diagnostics {
    let name = project.pyproject.name().map_or("", |name| name.as_ref());
    Diagnostic::new(
        rules::STALE_LOCK,
        format!("uv.lock does not know the project `{name}`"),
    )
    .at(project.pyproject.file.place_of(name, "not in uv.lock"))
    .with_help("write the lock again with `uv lock`")
    .into()
}

fn member(lock: &Lock, name: &PackageName) -> Result<PackageId> {
    let members = lock.members();
    let found = members.iter().find(|id| lock.package(**id).name == *name);
    found.copied().ok_or_else(|| {
        let names = members.iter().map(|id| lock.package(*id).name.as_ref());
        Diagnostic::new(
            rules::UNKNOWN_MEMBER,
            format!("the workspace has no member `{name}`"),
        )
        .with_help_some(nearest(name.as_ref(), names))
        .into()
    })
}

/// `default-groups` of the member that was asked for, else of the root; `dev` when nothing is said.
fn default_groups(
    project: &Project,
    selection: &Selection,
    members: &[PackageId],
) -> DefaultGroups {
    let lock = &project.lock;
    let (manifest, locked) = match (&selection.members, members) {
        (Members::Named(_), [only]) => (
            project.manifest_of(*only),
            lock.package(*only).default_groups.as_ref(),
        ),
        _ => (
            Some(&project.pyproject),
            match lock.root() {
                Some(root) => lock.package(root).default_groups.as_ref(),
                None => lock.manifest().default_groups.as_ref(),
            },
        ),
    };
    let said = manifest.and_then(|manifest| manifest.uv.default_groups.as_ref());
    match (said.map(toml::Spanned::get_ref), locked) {
        (Some(DefaultGroupsItem::All), _) => DefaultGroups::All,
        (Some(DefaultGroupsItem::Some(groups)), _) => DefaultGroups::Some(groups.clone()),
        (None, Some(locked)) if manifest.is_none() => locked.clone(),
        (None, _) => DefaultGroups::Some(vec![GroupName::dev()]),
    }
}

fn add_defaults(groups: &mut Choice<GroupName>, defaults: &DefaultGroups) {
    match (&mut groups.include, defaults) {
        (Include::Some(names), DefaultGroups::Some(defaults)) => {
            names.extend(defaults.iter().cloned());
        }
        (include, DefaultGroups::All) => *include = Include::All,
        (Include::All, DefaultGroups::Some(_)) => {}
    }
}

/// The extras that exist. The lock says so; locks without a revision do not, and revision 4 leaves
/// it out, so there the manifest is asked.
fn known_extras(project: &Project, members: &[PackageId]) -> BTreeSet<ExtraName> {
    let mut known = BTreeSet::new();
    for id in members {
        let package = project.lock.package(*id);
        known.extend(package.extras.keys().cloned());
        let metadata = package.metadata.as_ref();
        let provided = metadata.and_then(|metadata| metadata.provides_extras.as_ref());
        if let Some(extras) = provided {
            known.extend(extras.iter().cloned());
        } else {
            let manifest = project.manifest_of(*id);
            let names = manifest.into_iter().flat_map(Pyproject::extras);
            known.extend(names.filter_map(|name| name.parse().ok()));
        }
    }
    known
}

/// The groups that exist, empty ones too: those of the lock and those of the manifests.
fn known_groups(
    project: &Project,
    members: &[PackageId],
    root_groups: bool,
) -> BTreeSet<GroupName> {
    // `dev` is uv's own word: `--no-dev` and `--only-dev` are no mistake where no group has that name.
    let mut known = BTreeSet::from([GroupName::dev()]);
    for id in members {
        let package = project.lock.package(*id);
        known.extend(package.groups.keys().cloned());
        let metadata = package.metadata.iter();
        known.extend(metadata.flat_map(|metadata| metadata.requires_dev.keys().cloned()));
        known.extend(
            project
                .manifest_of(*id)
                .into_iter()
                .flat_map(written_groups),
        );
    }
    if root_groups && project.lock.root().is_none() {
        known.extend(project.lock.manifest().dependency_groups.keys().cloned());
        known.extend(written_groups(&project.pyproject));
    }
    known
}

fn written_groups(manifest: &Pyproject) -> BTreeSet<GroupName> {
    let names = manifest
        .dependency_groups
        .keys()
        .map(|name| name.get_ref().parse().ok());
    let legacy = manifest
        .uv
        .dev_dependencies
        .as_ref()
        .map(|_| GroupName::dev());
    names.flatten().chain(legacy).collect()
}

/// The beginning of a message about a missing extra or group.
fn lacking(project: &Project, members: &[PackageId]) -> String {
    match members {
        [only] => format!("`{}` has no", project.lock.package(*only).name),
        _ => "no member of the workspace has the".to_owned(),
    }
}

fn conflict(set: &[ConflictItem], hit: &[&ConflictItem], defaults: &DefaultGroups) -> Diagnostic {
    let is_default = |item: &ConflictItem| match (&item.kind, defaults) {
        (ConflictKind::Group(_), DefaultGroups::All) => true,
        (ConflictKind::Group(group), DefaultGroups::Some(groups)) => groups.contains(group),
        _ => false,
    };
    let said = |item: &&ConflictItem| {
        let by_default = if is_default(item) {
            " (enabled by default)"
        } else {
            ""
        };
        format!("{}{by_default}", words(item))
    };
    let said: Vec<String> = hit.iter().map(said).collect();
    let all: Vec<String> = set.iter().map(label).collect();
    let problem = Diagnostic::new(
        rules::CONFLICTING_SELECTION,
        format!("{} cannot be installed together", listed(&said)),
    )
    .with_note(format!(
        "declared in `tool.uv.conflicts`: {{{}}}",
        all.join(", ")
    ));
    let problem = if hit.iter().any(|item| is_default(item)) {
        problem.with_help("leave the default groups out with `--no-default-groups`")
    } else {
        problem
    };
    problem.with_help("take one of them, and make a profile for each that you need")
}

fn words(item: &ConflictItem) -> String {
    match &item.kind {
        ConflictKind::Project => format!("package `{}`", item.package),
        ConflictKind::Extra(extra) => format!("extra `{extra}`"),
        ConflictKind::Group(group) => format!("group `{group}`"),
    }
}

fn label(item: &ConflictItem) -> String {
    match &item.kind {
        ConflictKind::Project => format!("`{}`", item.package),
        ConflictKind::Extra(extra) => format!("`{}[{extra}]`", item.package),
        ConflictKind::Group(group) => format!("`{}:{group}`", item.package),
    }
}

/// `a`, `b` and `c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
