//! An extra or a group of the member that an image runs, and what it changes in the closure.

use std::collections::BTreeSet;

use crate::catalog::{Accelerator, Certainty, CudaVersion, LockedCuda, is_of_another_system};
use crate::closure::{Change, Closure, Via};
use crate::lock::{ConflictKind, PackageId};
use crate::names::{GroupName, PackageName};
use crate::plan::inputs::Subject;
use crate::plan::packages::{gpu, stack};
use crate::project::pyproject::DefaultGroupsItem;

/// An extra or a group, and what it changes.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) via: Via,
    pub(super) change: Change,
    /// The names of what it adds.
    pub(super) names: BTreeSet<PackageName>,
    /// The package for which it brings the ML stack, if it does.
    pub(super) ml: Option<PackageId>,
    /// What the packages that it brings compute on, where they tell.
    pub(super) told: Option<Accelerator>,
    pub(super) cuda: Option<CudaVersion>,
    /// What its own name says.
    pub(super) hint: Option<Accelerator>,
    /// Whether its name says that it is for another system than Linux.
    pub(super) is_for_another_system: bool,
    /// A package of it that only nvcc could compile.
    pub(super) uncompiled: Option<PackageId>,
    /// Whether it changes what the project computes with, and brings nothing new.
    pub(super) is_variant: bool,
    pub(super) is_development: bool,
    /// Whether uv installs it unless told otherwise.
    pub(super) is_default: bool,
    families: BTreeSet<(PackageName, PackageId)>,
}

/// How well a part fits what an image computes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Its packages are made for that.
    Told,
    /// Its name says so.
    Named,
    /// It says nothing.
    Plain,
    /// It runs there, and is made for something else: CUDA's wheels on a CPU.
    Odd,
}

impl Part {
    /// The extras and groups of the member that add something to its plain closure.
    pub(super) fn all(subject: &Subject<'_>, plain: &Closure<'_>) -> Vec<Self> {
        let Some(member) = subject.member else {
            return Vec::new();
        };
        let package = plain.lock().package(member);
        let extras = package.extras.keys().cloned().map(Via::Extra);
        let groups = package.groups.keys().cloned().map(Via::Group);
        let defaults = default_groups(subject);
        let mut parts = Vec::new();
        for via in extras.chain(groups) {
            // What conflicts with itself, as an extra that has two others, is nobody's choice.
            let Ok(change) = subject.inputs.change(plain, member, &via) else {
                continue;
            };
            let is_default = matches!(&via, Via::Group(group) if defaults.contains(group));
            let part = Self::new(subject, plain, via, change, is_default);
            // One that is for an accelerator by its name may have what the project has anyway; a default one may exclude
            // others.
            let is_named = part.told.is_some() && part.hint.is_some();
            if !part.change.added.is_empty() || is_named || is_default {
                parts.push(part);
            }
        }
        parts
    }

    fn new(
        subject: &Subject<'_>,
        plain: &Closure<'_>,
        via: Via,
        change: Change,
        is_default: bool,
    ) -> Self {
        let catalog = &subject.inputs.catalog;
        let lock = plain.lock();
        let asked = asked(subject, plain, &via, &change);
        let added = || change.added.iter().copied();
        let has = |id: &PackageId| change.added.contains(id) || plain.contains(*id);
        let own = asked.iter().copied().filter(has);
        let told: Vec<LockedCuda> = added()
            .chain(own)
            .filter_map(|id| gpu::of_package(catalog, plain, id))
            .collect();
        let heavy = |id: &PackageId| stack::is_heavy(catalog, lock, *id);
        let families = families(subject, plain, added());
        let kept = plain.packages().map(|(id, _, _)| id);
        let kept = kept.filter(|id| !change.removed.contains(id));
        let clashes = clash(&families, &self::families(subject, plain, kept));
        let name = match &via {
            Via::Extra(extra) => extra.as_ref(),
            Via::Group(group) => group.as_ref(),
            Via::Project => "",
        };
        Self {
            names: added().map(|id| lock.package(id).name.clone()).collect(),
            ml: stack::of(catalog, plain, added(), &asked),
            told: told
                .iter()
                .map(|one| one.accelerator())
                .max_by_key(|one| weight(*one)),
            cuda: told.iter().filter_map(|one| gpu::at_least(*one)).max(),
            hint: Accelerator::of_name(name),
            is_for_another_system: is_of_another_system(name),
            uncompiled: uncompiled(subject, plain, added()),
            is_variant: clashes || change.removed.iter().any(heavy),
            is_development: is_development(subject, plain, &via, &asked),
            is_default,
            families,
            via,
            change,
        }
    }

    /// How well it fits an image that computes on this; `None` where it must not be in it.
    pub(super) fn fit(&self, wanted: Accelerator) -> Option<Fit> {
        let usual = |one: Accelerator| matches!(one, Accelerator::Cpu | Accelerator::Cuda);
        if self.is_for_another_system {
            return None;
        }
        let others = self.told.into_iter().chain(self.hint);
        if others.clone().any(|one| one != wanted && !usual(one)) {
            return None;
        }
        Some(match (self.told, self.hint) {
            (Some(told), None) if told == wanted => Fit::Told,
            (Some(told), Some(hint)) if told == wanted && hint == wanted => Fit::Told,
            (_, Some(hint)) if hint == wanted => Fit::Named,
            (None, None) => Fit::Plain,
            _ => Fit::Odd,
        })
    }

    /// Whether it brings the ML stack, all of it in wheels, and that for what an image computes on.
    pub(super) fn brings_models_for(&self, wanted: Accelerator) -> bool {
        let has_wheels = self.uncompiled.is_none();
        self.ml.is_some() && has_wheels && self.fit(wanted).is_some_and(|fit| fit < Fit::Odd)
    }

    /// Whether both cannot be in one image: the project says so, or they bring flavours of one distribution.
    pub(super) fn excludes(&self, other: &Self, subject: &Subject<'_>) -> bool {
        let lock = &subject.inputs.project.lock;
        let member = subject.member.map(|id| &lock.package(id).name);
        let declared = lock.conflicts().iter().any(|set| {
            let has = |via: &Via| {
                let own = set.iter().filter(|item| Some(&item.package) == member);
                own.into_iter().any(|item| is_of(&item.kind, via))
            };
            has(&self.via) && has(&other.via)
        });
        declared || clash(&self.families, &other.families) || self.has_other_version(other, subject)
    }

    fn has_other_version(&self, other: &Self, subject: &Subject<'_>) -> bool {
        let lock = &subject.inputs.project.lock;
        let mut shared = self.names.intersection(&other.names);
        shared.any(|name| {
            let ids = lock.named(name);
            let of = |part: &Self| {
                ids.iter()
                    .find(|id| part.change.added.contains(id))
                    .copied()
            };
            of(self) != of(other)
        })
    }

    /// Whether a package is of use to this image's accelerator only, and brings no framework of its own.
    pub(super) fn is_addition(&self, subject: &Subject<'_>) -> bool {
        use crate::catalog::MlKind;
        let catalog = &subject.inputs.catalog;
        let kinds = self.names.iter().filter_map(|name| catalog.ml().get(name));
        let mut kinds = kinds.map(|row| row.kind()).peekable();
        kinds.peek().is_some() && kinds.all(|kind| kind == MlKind::GpuLibrary)
    }
}

/// What counts where several are told: what only other hardware runs is there for its sake.
fn weight(one: Accelerator) -> u8 {
    match one {
        Accelerator::Cpu => 0,
        Accelerator::Cuda => 1,
        _ => 2,
    }
}

fn is_of(kind: &ConflictKind, via: &Via) -> bool {
    match (kind, via) {
        (ConflictKind::Extra(one), Via::Extra(other)) => one == other,
        (ConflictKind::Group(one), Via::Group(other)) => one == other,
        _ => false,
    }
}

/// Of what each package is a flavour, where it is one.
fn families(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    packages: impl Iterator<Item = PackageId>,
) -> BTreeSet<(PackageName, PackageId)> {
    let gpu = subject.inputs.catalog.gpu();
    let family = |id: PackageId| gpu.family(&closure.lock().package(id).name);
    packages
        .filter_map(|id| Some((family(id)?.clone(), id)))
        .collect()
}

fn clash(
    one: &BTreeSet<(PackageName, PackageId)>,
    two: &BTreeSet<(PackageName, PackageId)>,
) -> bool {
    let mut pairs = one
        .iter()
        .flat_map(|one| two.iter().map(move |two| (one, two)));
    pairs.any(|(one, two)| one.0 == two.0 && one.1 != two.1)
}

/// What of a change a person wrote down: the requirements of the list itself, and those of local packages in it.
fn asked(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    via: &Via,
    change: &Change,
) -> BTreeSet<PackageId> {
    let lock = closure.lock();
    let own = subject.member.map(|id| lock.package(id));
    let list = own.and_then(|own| match via {
        Via::Extra(extra) => own.extras.get(extra),
        Via::Group(group) => own.groups.get(group),
        Via::Project => None,
    });
    let local = change.added.iter().map(|id| lock.package(*id));
    let local = local.filter(|package| package.source.folder().is_some());
    let edges = list.into_iter().flatten();
    let edges = edges.chain(local.flat_map(|package| &package.dependencies));
    edges.map(|edge| edge.package).collect()
}

/// A package that has no wheel, and that only CUDA's compiler could build.
fn uncompiled(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    mut packages: impl Iterator<Item = PackageId>,
) -> Option<PackageId> {
    let gpu = subject.inputs.catalog.gpu();
    packages.find(|id| {
        let package = closure.lock().package(*id);
        let need = gpu.cuda_need(&package.name);
        need.is_some_and(|need| need.compiles_with_nvcc() && need.is_for_gpus_only())
            && closure.builds(*id)
    })
}

/// Whether a list is for those who work on the project: it has a tool of theirs.
fn is_development(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    via: &Via,
    asked: &BTreeSet<PackageId>,
) -> bool {
    let tools = subject.inputs.catalog.development();
    let is_tool = |id: &PackageId| {
        let row = tools.get(&closure.lock().package(*id).name);
        row.is_some_and(|row| row.certainty() == Certainty::Certain)
    };
    *via == Via::Group(GroupName::dev()) || asked.iter().any(is_tool)
}

/// The groups that uv installs by default.
fn default_groups(subject: &Subject<'_>) -> BTreeSet<GroupName> {
    let said = subject.manifest.uv.default_groups.as_ref();
    match said.map(toml::Spanned::get_ref) {
        Some(DefaultGroupsItem::Some(groups)) => groups.iter().cloned().collect(),
        Some(DefaultGroupsItem::All) => {
            let member = subject.member.into_iter();
            let lock = &subject.inputs.project.lock;
            member
                .flat_map(|id| lock.package(id).groups.keys().cloned())
                .collect()
        }
        None => BTreeSet::from([GroupName::dev()]),
    }
}
