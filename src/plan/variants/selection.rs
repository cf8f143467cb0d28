//! A profile's wishes as a selection of the lock: sets such as `@ml` become names.

use super::{Chosen, chosen};
use crate::closure::{Choice, DefaultGroupsUse, Include, ProjectUse, Selection};
use crate::diagnostic::{Diagnostic, Result};
use crate::plan::inputs::Subject;
use crate::plan::packages::patterns::packages;
use crate::profile::{Setting, Wanted};
use crate::target::Target;

/// The selection of an image, and notes about what is left out of it; the target is one that tells what extras and groups bring. Errors: patterns that fit no
/// locked package, several extras of the ML stack that must not be installed together.
pub(in crate::plan) fn selection(
    subject: &Subject<'_>,
    target: &Target,
) -> Result<(Selection, Vec<Diagnostic>)> {
    let profile = subject.profile;
    let asks = has_sets(&profile.extras) || has_sets(&profile.groups);
    let chosen = if asks {
        chosen(subject, target)?
    } else {
        Chosen::default()
    };
    let defaults = profile.groups.value.contains(&Wanted::Default);
    let selection = Selection {
        members: subject.members(),
        extras: choice(&profile.extras, &chosen.extras),
        groups: choice(&profile.groups, &chosen.groups),
        default_groups: if defaults {
            DefaultGroupsUse::Include
        } else {
            DefaultGroupsUse::Leave
        },
        project: ProjectUse::Include,
        exclude: packages(subject, "exclude", &profile.exclude)?,
    };
    Ok((selection, chosen.left_out))
}

fn has_sets<T: PartialEq>(wanted: &Setting<Vec<Wanted<T>>>) -> bool {
    let mut all = wanted.value.iter();
    all.any(|one| matches!(one, Wanted::Ml | Wanted::App))
}

fn choice<T: Clone + PartialEq>(wanted: &Setting<Vec<Wanted<T>>>, chosen: &[T]) -> Choice<T> {
    if wanted.value.contains(&Wanted::All) {
        return Choice::all();
    }
    let mut names: Vec<T> = Vec::new();
    for one in &wanted.value {
        match one {
            Wanted::Name(name) => names.push(name.clone()),
            Wanted::Ml | Wanted::App => names.extend(chosen.iter().cloned()),
            Wanted::Default | Wanted::All => {}
        }
    }
    let mut unique: Vec<T> = Vec::new();
    names.retain(|name| {
        let is_new = !unique.contains(name);
        unique.push(name.clone());
        is_new
    });
    Choice {
        include: Include::Some(names),
        exclude: Vec::new(),
    }
}
