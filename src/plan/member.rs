//! Which project or workspace member an image runs.

use super::inputs::{Inputs, Subject};
use crate::closure::Members;
use crate::diagnostic::{Diagnostic, Result, nearest};
use crate::lock::PackageId;
use crate::profile::Profile;
use crate::rules;

/// The subject of a profile. Errors: a member that does not exist, a workspace whose root is no
/// project and of which no member was named.
pub(super) fn subject<'p>(inputs: &'p Inputs, profile: &'p Profile) -> Result<Subject<'p>> {
    let project = &inputs.project;
    let root = Subject {
        inputs,
        profile,
        member: project.lock.root(),
        manifest: &project.pyproject,
        folder: "",
    };
    let Some(wanted) = &profile.member else {
        return match (
            &project.pyproject.project,
            project.lock.members().as_slice(),
        ) {
            (Some(_), _) => Ok(root),
            (None, [only]) => of_member(root, *only),
            (None, []) => Ok(root),
            (None, members) => Err(no_member(root, members).into()),
        };
    };
    let members = project.lock.members();
    let named = |id: &&PackageId| project.lock.package(**id).name == wanted.value;
    match members.iter().find(named) {
        Some(id) => of_member(root, *id),
        None => {
            let names = members
                .iter()
                .map(|id| project.lock.package(*id).name.as_ref());
            let problem = format!("the workspace has no member `{}`", wanted.value);
            let place = wanted
                .origin
                .place_of(wanted.value.as_ref(), "no member has this name");
            Err(Diagnostic::new(rules::UNKNOWN_MEMBER, problem)
                .at_some(place)
                .with_note(format!(
                    "asked for by the profile `{}` ({})",
                    profile.name, wanted.origin
                ))
                .with_help_some(nearest(wanted.value.as_ref(), names))
                .into())
        }
    }
}

fn of_member(root: Subject<'_>, id: PackageId) -> Result<Subject<'_>> {
    let project = &root.inputs.project;
    let package = project.lock.package(id);
    let folder = package.source.folder().unwrap_or(".");
    let Some(manifest) = project.manifest_at(folder) else {
        let problem = format!(
            "the member `{}` has no pyproject.toml in `{folder}`",
            package.name
        );
        return Err(Diagnostic::new(rules::MISSING_MEMBER, problem)
            .with_help("fetch it if it is a Git submodule: `git submodule update --init`")
            .into());
    };
    Ok(Subject {
        member: Some(id),
        manifest,
        folder: if folder == "." { "" } else { folder },
        ..root
    })
}

fn no_member(root: Subject<'_>, members: &[PackageId]) -> Diagnostic {
    let lock = &root.inputs.project.lock;
    let names: Vec<String> = members
        .iter()
        .map(|id| format!("`{}`", lock.package(*id).name))
        .collect();
    let first = lock.package(members[0]).name.clone();
    Diagnostic::new(rules::NO_MEMBER, "the workspace's root is no project: an image needs a member to run")
        .with_note(format!("the members are {}", names.join(", ")))
        .with_help(format!(
            "write to dfgen.toml, with a name of your own:\n[profile.{first}]\nextends = \"{}\"\nmember = \"{first}\"",
            root.profile.built_in.as_ref().unwrap_or(&root.profile.name),
        ))
}

impl Subject<'_> {
    /// The members to select, in uv's meaning.
    pub(super) fn members(&self) -> Members {
        match self.member {
            Some(id) if !self.folder.is_empty() => {
                Members::Named(vec![self.inputs.project.lock.package(id).name.clone()])
            }
            _ => Members::Root,
        }
    }
}
