//! A profile's wishes as a selection of the lock: sets such as `@ml` become names.

use std::collections::BTreeSet;

use crate::closure::{Choice, DefaultGroupsUse, Include, ProjectUse, Selection};
use crate::diagnostic::{Diagnostic, Result, nearest};
use crate::lock::PackageId;
use crate::names::{ExtraName, GroupName, PackageName};
use crate::plan::inputs::Subject;
use crate::profile::{PackagePattern, Setting, Wanted};
use crate::rules;
use crate::target::Target;

/// The selection of an image. Errors: patterns that fit no locked package, several extras of the ML
/// stack that must not be installed together.
pub(crate) fn selection(subject: &Subject<'_>, target: &Target) -> Result<Selection> {
    let base = Selection {
        members: subject.members(),
        ..Selection::production()
    };
    let ml = if wants_ml(subject) {
        ml_parts(subject, &base, target)?
    } else {
        MlParts::default()
    };
    let profile = subject.profile;
    let defaults = profile.groups.value.contains(&Wanted::Default);
    Ok(Selection {
        extras: choice(&profile.extras, &ml.extras),
        groups: choice(&profile.groups, &ml.groups),
        default_groups: if defaults {
            DefaultGroupsUse::Include
        } else {
            DefaultGroupsUse::Leave
        },
        project: ProjectUse::Include,
        exclude: packages(subject, "exclude", &profile.exclude)?,
        ..base
    })
}

fn wants_ml(subject: &Subject<'_>) -> bool {
    let profile = subject.profile;
    profile.extras.value.contains(&Wanted::Ml) || profile.groups.value.contains(&Wanted::Ml)
}

fn choice<T: Clone + PartialEq>(wanted: &Setting<Vec<Wanted<T>>>, ml: &[T]) -> Choice<T> {
    if wanted.value.contains(&Wanted::All) {
        return Choice::all();
    }
    let mut names: Vec<T> = Vec::new();
    for one in &wanted.value {
        match one {
            Wanted::Name(name) => names.push(name.clone()),
            Wanted::Ml => names.extend(ml.iter().cloned()),
            Wanted::Default | Wanted::All => {}
        }
    }
    Choice {
        include: Include::Some(names),
        exclude: Vec::new(),
    }
}

/// The extras and groups of a member that bring the ML stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MlParts {
    pub(crate) extras: Vec<ExtraName>,
    pub(crate) groups: Vec<GroupName>,
}

impl MlParts {
    fn of(parts: &[Part]) -> Self {
        Self {
            extras: parts.iter().filter_map(|part| part.extra.clone()).collect(),
            groups: parts.iter().filter_map(|part| part.group.clone()).collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.extras.is_empty() && self.groups.is_empty()
    }
}

/// One extra or group, and what it adds.
struct Part {
    extra: Option<ExtraName>,
    group: Option<GroupName>,
    has_cuda: bool,
}

/// Asks each extra and group of the member, by itself, what it adds. Default groups are for
/// development and not asked. Of parts that must not be installed together, those are taken whose
/// wheels fit the profile: with CUDA for GPUs, without elsewhere.
pub(crate) fn ml_parts(
    subject: &Subject<'_>,
    base: &Selection,
    target: &Target,
) -> Result<MlParts> {
    let project = &subject.inputs.project;
    let Some(member) = subject.member else {
        return Ok(MlParts::default());
    };
    let package = project.lock.package(member);
    let plain = subject.inputs.closure(base, target)?;
    let has: BTreeSet<&PackageName> = plain
        .packages()
        .map(|(_, package, _)| &package.name)
        .collect();
    let extras = package
        .extras
        .keys()
        .map(|extra| (Some(extra.clone()), None));
    let groups = package
        .groups
        .keys()
        .filter(|group| **group != GroupName::dev());
    let groups = groups.map(|group| (None, Some(group.clone())));
    let mut parts = Vec::new();
    for (extra, group) in extras.chain(groups) {
        let selection = with_part(base, extra.as_ref(), group.as_ref());
        let Ok(closure) = subject.inputs.closure(&selection, target) else {
            continue;
        };
        let added = closure
            .packages()
            .filter(|(_, package, _)| !has.contains(&package.name));
        let added: Vec<PackageId> = added.map(|(id, _, _)| id).collect();
        let is_ml = |id: &PackageId| {
            subject
                .inputs
                .catalog
                .ml()
                .is_heavy(&project.lock.package(*id).name)
        };
        if added.iter().any(is_ml) {
            let has_cuda = crate::plan::packages::gpu::has_cuda(&subject.inputs.catalog, &closure);
            parts.push(Part {
                extra,
                group,
                has_cuda,
            });
        }
    }
    compatible(subject, base, target, parts)
}

fn with_part(base: &Selection, extra: Option<&ExtraName>, group: Option<&GroupName>) -> Selection {
    Selection {
        extras: Choice::some(extra.into_iter().cloned().collect()),
        groups: Choice::some(group.into_iter().cloned().collect()),
        ..base.clone()
    }
}

/// All parts, if they can be installed together; else those that fit the profile.
fn compatible(
    subject: &Subject<'_>,
    base: &Selection,
    target: &Target,
    mut parts: Vec<Part>,
) -> Result<MlParts> {
    let together = |parts: &[Part]| {
        let parts = MlParts::of(parts);
        let selection = Selection {
            extras: Choice::some(parts.extras),
            groups: Choice::some(parts.groups),
            ..base.clone()
        };
        subject.inputs.closure(&selection, target).map(|_| ())
    };
    if together(&parts).is_err() {
        parts.retain(|part| part.has_cuda == subject.profile.gpu.value.is_on());
    }
    let Err(problems) = together(&parts) else {
        return Ok(MlParts::of(&parts));
    };
    let all = MlParts::of(&parts);
    let mut fitting: Vec<Part> = Vec::new();
    for part in parts {
        fitting.push(part);
        if together(&fitting).is_err() {
            fitting.pop();
        }
    }
    let why = problems
        .iter()
        .next()
        .map_or("", |problem| problem.message());
    Err(ambiguous(subject, why, &all, &MlParts::of(&fitting)).into())
}

/// Extras that cannot be installed together, with a choice of them that can.
fn ambiguous(subject: &Subject<'_>, why: &str, all: &MlParts, fitting: &MlParts) -> Diagnostic {
    let name = &subject.profile.name;
    let quoted = |names: Vec<String>| format!("[{}]", names.join(", "));
    let extras = |parts: &MlParts| {
        quoted(
            parts
                .extras
                .iter()
                .map(|one| format!("\"{one}\""))
                .collect(),
        )
    };
    let groups = |parts: &MlParts| {
        quoted(
            parts
                .groups
                .iter()
                .map(|one| format!("\"{one}\""))
                .collect(),
        )
    };
    let problem = Diagnostic::new(
        rules::AMBIGUOUS_ML,
        format!("the profile `{name}` takes what brings the ML stack, and {why}"),
    )
    .with_note(format!(
        "the ML stack comes with extras = {}, groups = {}",
        extras(all),
        groups(all)
    ));
    problem.with_help(format!(
        "say which to take, in dfgen.toml, for example:\n[profile.{name}]\nextras = {}\ngroups = {}",
        extras(fitting),
        groups(fitting)
    ))
}

/// The locked packages that patterns name. Errors: a pattern that names none of the lock.
pub(crate) fn packages(
    subject: &Subject<'_>,
    key: &str,
    patterns: &Setting<Vec<PackagePattern>>,
) -> Result<Vec<PackageName>> {
    let lock = &subject.inputs.project.lock;
    let mut found = BTreeSet::new();
    for pattern in &patterns.value {
        let before = found.len();
        found.extend(
            lock.names()
                .filter(|name| matches(subject, pattern, name))
                .cloned(),
        );
        if let (PackagePattern::Name(name), true) = (pattern, found.len() == before) {
            if lock.named(name).is_empty() {
                return Err(Diagnostic::new(
                    rules::UNKNOWN_PACKAGE,
                    format!("`{name}` is not in uv.lock"),
                )
                .at_some(
                    patterns
                        .origin
                        .place_of(name.as_ref(), "no locked package has this name"),
                )
                .with_note(format!(
                    "named in `{key}` of the profile `{}` ({})",
                    subject.profile.name, patterns.origin
                ))
                .with_help_some(nearest(name.as_ref(), lock.names().map(AsRef::as_ref)))
                .into());
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Whether a pattern means a package.
pub(crate) fn matches(subject: &Subject<'_>, pattern: &PackagePattern, name: &PackageName) -> bool {
    match pattern {
        PackagePattern::Name(wanted) => wanted == name,
        PackagePattern::Glob(glob) => glob.matches(name.as_ref()),
        PackagePattern::Ml => subject.inputs.catalog.ml().is_heavy(name),
    }
}
