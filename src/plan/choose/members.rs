//! The images of a workspace's members: those for what serves, works or listens to a chat. Libraries, tools and
//! examples are none.

use super::{Place, Taken, images};
use crate::application::{Candidate, Kind, Rank};
use crate::catalog::Frameworks;
use crate::diagnostic::{Diagnostic, Result};
use crate::names::PackageName;
use crate::plan::inputs::Inputs;
use crate::plan::run::entry::Application;
use crate::profile::Profile;
use crate::project::source_tree::{Role, SourceTree};
use crate::rules;

/// The images of all members but the root. Errors: what only a person can tell, which of two stacks is meant.
pub(super) fn services(inputs: &Inputs) -> Result<Vec<Taken>> {
    let members = inputs.project.members.iter();
    let members = members.filter(|member| !is_aside(&member.path));
    let names = members.filter_map(|member| member.pyproject.name());
    let mut services = Vec::new();
    for name in names {
        services.extend(of_member(inputs, name)?);
    }
    Ok(services)
}

/// The profile of this name, where it is a member's. A member that nothing is known of is taken for one that serves.
pub(super) fn named(inputs: &Inputs, name: &str) -> Option<Result<Profile>> {
    let members = inputs.project.members.iter();
    let names = members.filter_map(|member| member.pyproject.name());
    let is_of = |member: &&PackageName| name.starts_with(&plain(member)) || member.as_ref() == name;
    for member in names.filter(is_of) {
        let taken = of_member(inputs, member).unwrap_or_default().into_iter();
        let mut profiles = taken.map(|taken| taken.profile);
        if let Some(found) = profiles.find(|profile| profile.name.as_ref() == name) {
            return Some(Ok(found));
        }
        if member.as_ref() == name || plain(member) == name {
            let place = Place {
                inputs,
                member: Some(member),
            };
            return Some(place.profile("core-api", ""));
        }
    }
    None
}

/// Whether a member lies among what is beside the applications.
fn is_aside(folder: &str) -> bool {
    let side = Frameworks::embedded().usual("side-folders");
    let mut parts = folder.split('/');
    parts.any(|part| {
        let role = SourceTree::role("", &format!("{part}/x"));
        role != Role::Source || side.iter().any(|name| name == part)
    })
}

/// What cannot be had of a member, as one whose folder is not there, is no service.
fn of_member(inputs: &Inputs, member: &PackageName) -> Result<Vec<Taken>> {
    let place = Place {
        inputs,
        member: Some(member),
    };
    images(&place, true).or_else(|problems| {
        let is_asked = |problem: &Diagnostic| problem.rule() == rules::AMBIGUOUS_ML;
        if problems.iter().any(is_asked) {
            return Err(problems);
        }
        Ok(Vec::new())
    })
}

/// What of a member's answers somebody: over the web, else in a chat.
pub(super) fn serves<'a>(application: &'a Application<'_>) -> Option<&'a Candidate> {
    let stands = |kind: fn(Kind) -> bool| {
        let all = application.candidates.iter();
        let mut all = all.filter(|one| one.confidence.rank() > Rank::Aside);
        all.find(|one| kind(one.kind))
    };
    let talking = || stands(|kind| kind == Kind::Script).filter(|_| application.has_bot());
    stands(Kind::serves).or_else(talking)
}

/// A member's name as an image has it.
pub(super) fn plain(member: &PackageName) -> String {
    member.as_ref().replace(['.', '_'], "-")
}
