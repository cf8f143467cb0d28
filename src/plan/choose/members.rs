//! The images of a workspace's members: one for each that serves, works or listens to a chat. Libraries, tools and
//! examples are none.

use super::{Taken, ml_of, target};
use crate::application::{Candidate, Kind, Rank};
use crate::catalog::Frameworks;
use crate::closure::{Closure, Selection};
use crate::diagnostic::Result;
use crate::names::PackageName;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::member;
use crate::plan::run::entry::Application;
use crate::profile::{Origin, Profile, Setting};
use crate::project::source_tree::{Role, SourceTree};

/// What one member is run as.
struct Service {
    /// The built-in profile that it is like.
    like: &'static str,
    /// What its name has behind the member's.
    ending: &'static str,
    because: String,
}

/// The images of all members but the root.
pub(super) fn services(inputs: &Inputs) -> Vec<Taken> {
    let members = inputs.project.members.iter();
    let members = members.filter(|member| !is_aside(&member.path));
    let names = members.filter_map(|member| member.pyproject.name());
    names.flat_map(|name| of_member(inputs, name)).collect()
}

/// The profile of this name, where it is a member's. A member that nothing is known of is taken for one that serves.
pub(super) fn named(inputs: &Inputs, name: &str) -> Option<Result<Profile>> {
    let members = inputs.project.members.iter();
    let names = members.filter_map(|member| member.pyproject.name());
    for member in names.filter(|member| name.starts_with(&plain(member)) || member.as_ref() == name)
    {
        let taken = of_member(inputs, member).into_iter();
        let mut profiles = taken.map(|taken| taken.profile);
        if let Some(found) = profiles.find(|profile| profile.name.as_ref() == name) {
            return Some(Ok(found));
        }
        if member.as_ref() == name {
            return Some(profile(inputs, member, "core-api", ""));
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

fn of_member(inputs: &Inputs, member: &PackageName) -> Vec<Taken> {
    let found = profile(inputs, member, "core-api", "")
        .ok()
        .and_then(|core| {
            let subject = member::subject(inputs, &core).ok()?;
            let selection = Selection {
                members: subject.members(),
                ..Selection::production()
            };
            let closure = inputs.closure(&selection, &target(&subject)?).ok()?;
            Some(run_as(&subject, &closure))
        });
    let services = found.into_iter().flatten();
    let taken = services.filter_map(|service| {
        let profile = profile(inputs, member, service.like, service.ending).ok()?;
        Some(Taken::new(profile, service.because))
    });
    taken.collect()
}

fn run_as(subject: &Subject<'_>, closure: &Closure<'_>) -> Vec<Service> {
    let application = Application::new(subject, closure);
    let stands = |kind: fn(Kind) -> bool| {
        let all = application.candidates.iter();
        let mut all = all.filter(|one| one.confidence.rank() > Rank::Aside);
        all.find(|one| kind(one.kind))
    };
    let serving = stands(Kind::serves);
    let working = stands(|kind| kind == Kind::Worker);
    let talking = stands(|kind| kind == Kind::Script).filter(|_| application.has_bot());
    let because = |one: &Candidate| format!("{} in {}", one.framework.name(), one.place.location());
    let like = ml_of(subject.inputs, closure).map_or("core-api", |(name, _)| name);
    let mut services = Vec::new();
    services.extend(serving.or(talking).map(|one| Service {
        like,
        ending: "",
        because: because(one),
    }));
    services.extend(working.map(|one| Service {
        like: "worker",
        ending: if services.is_empty() { "" } else { "-worker" },
        because: because(one),
    }));
    services
}

/// A built-in profile for a member, under the member's name.
fn profile(inputs: &Inputs, member: &PackageName, like: &str, ending: &str) -> Result<Profile> {
    let like = inputs.config.profile(like)?;
    let name = format!("{}{ending}", plain(member));
    Ok(Profile {
        name: name.parse().unwrap_or_else(|_| like.name.clone()),
        member: Some(Setting {
            value: member.clone(),
            origin: Origin::Default,
        }),
        ..like
    })
}

fn plain(member: &PackageName) -> String {
    member.as_ref().replace(['.', '_'], "-")
}
