//! A server that is locked, and not for every image: the extra or group that has it.
//!
//! An application without a server is no image, so what brings one is taken where there is one way to. Several ways, and
//! what else a way brings (tools of developers, the ML stack in a light image), are for a person to judge.

use std::collections::BTreeSet;

use crate::application::Kind;
use crate::catalog::{Frameworks, Interface};
use crate::closure::{Choice, Closure, Include, Selection};
use crate::lock::PackageId;
use crate::names::{ExtraName, GroupName, PackageName};
use crate::plan::base::python;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::packages::patterns::matches;
use crate::plan::run::entry::Application;
use crate::plan::{member, run};
use crate::profile::{Origin, Profile, Serves, Wanted};

/// An extra or group that has a server for an application.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    part: Part,
    server: PackageName,
    /// What else it brings.
    added: BTreeSet<PackageId>,
    /// Whether it is nothing to take unasked.
    doubt: bool,
}

#[derive(Debug, Clone)]
enum Part {
    Extra(ExtraName),
    Group(GroupName),
}

/// The profile with the extra or group that has the server of its application, and why, where it takes one that nobody
/// asked for.
pub(crate) fn with_server(inputs: &Inputs, profile: Profile) -> (Profile, Option<String>) {
    let way = way(inputs, &profile);
    let Some(Way { part, server, .. }) = way else {
        return (profile, None);
    };
    let because = format!("{} for its server {server}", part.words());
    let mut profile = profile;
    match part {
        Part::Extra(name) => profile.extras.value.push(Wanted::Name(name)),
        Part::Group(name) => profile.groups.value.push(Wanted::Name(name)),
    }
    (profile, Some(because))
}

fn way(inputs: &Inputs, profile: &Profile) -> Option<Way> {
    let is_said = [&profile.extras.origin, &profile.groups.origin]
        .iter()
        .any(|origin| !matches!(origin, Origin::Default | Origin::BuiltIn(_)));
    let is_started = profile.command.is_some() || profile.serves.value != Serves::Http;
    if is_said || is_started || profile.development.value {
        return None;
    }
    let subject = member::subject(inputs, profile).ok()?;
    let interpreter = python::interpreter(&subject).ok()?;
    let target = interpreter.target(profile.platforms.value[0]);
    let closure = inputs.closure(&interpreter.selection, &target).ok()?;
    let has_any = |interface| !servers(inputs, interface, &closure).is_empty();
    if has_any(Interface::Asgi) && has_any(Interface::Wsgi) {
        return None;
    }
    let application = Application::new(&subject, &closure);
    let interface = match run::started(&subject, &application).ok()??.kind {
        Kind::Asgi => Interface::Asgi,
        Kind::Wsgi => Interface::Wsgi,
        _ => return None,
    };
    if has_any(interface) {
        return None;
    }
    let ways = ways(&subject, &closure, &interpreter.selection, interface);
    let best = ways.iter().min_by_key(|way| way.added.len())?;
    // `all` beside `server` is the same way, and more.
    let is_one = ways.iter().all(|way| best.added.is_subset(&way.added));
    (is_one && !best.doubt).then(|| best.clone())
}

/// The same for an image whose closure is known.
pub(crate) fn locked(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    interface: Interface,
) -> Vec<Way> {
    let selection = python::interpreter(subject).map(|interpreter| interpreter.selection);
    selection.map_or_else(
        |_| Vec::new(),
        |selection| ways(subject, closure, &selection, interface),
    )
}

/// Every extra and group of the image's project that has a server for this interface.
fn ways(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    selection: &Selection,
    interface: Interface,
) -> Vec<Way> {
    let project = &subject.inputs.project;
    let Some(member) = subject.member else {
        return Vec::new();
    };
    let package = project.lock.package(member);
    let extras = package.extras.keys().cloned().map(Part::Extra);
    let groups = package.groups.keys().cloned().map(Part::Group);
    let has: BTreeSet<PackageId> = closure.packages().map(|(id, _, _)| id).collect();
    let way = |part: Part| {
        let selection = part.added_to(selection);
        let whole = subject.inputs.closure(&selection, closure.target()).ok()?;
        let server = servers(subject.inputs, interface, &whole)
            .into_iter()
            .next()?;
        let added = whole.packages().map(|(id, _, _)| id);
        let added: BTreeSet<PackageId> = added.filter(|id| !has.contains(id)).collect();
        let is_forbidden = |id: &PackageId| {
            let mut patterns = subject.profile.forbid.value.iter();
            patterns.any(|pattern| matches(subject, pattern, &project.lock.package(*id).name))
        };
        Some(Way {
            doubt: part.is_for_developers() || added.iter().any(is_forbidden),
            part,
            server,
            added,
        })
    };
    extras.chain(groups).filter_map(way).collect()
}

/// The servers for an interface that a closure has, the one to take first at the front.
fn servers(inputs: &Inputs, interface: Interface, closure: &Closure<'_>) -> Vec<PackageName> {
    let servers = inputs.catalog.servers().servers_for(interface).into_iter();
    let has = |name: &&PackageName| {
        let mut packages = closure.packages();
        packages.any(|(_, package, _)| package.name == **name)
    };
    let found = servers.map(|(name, _)| name).filter(has);
    found.cloned().collect()
}

impl Way {
    /// What to write to have it.
    pub(crate) fn help(&self, profile: &Profile) -> String {
        let heading = format!("in [profile.{}] of dfgen.toml", profile.name);
        let key = match &self.part {
            Part::Extra(name) => format!("extras = [\"{name}\"]"),
            Part::Group(name) => format!("groups = [\"{name}\"]"),
        };
        let (server, part) = (&self.server, self.part.words());
        format!("`{server}` is locked in the {part}: `{key}` {heading}")
    }
}

impl Part {
    fn words(&self) -> String {
        match self {
            Self::Extra(name) => format!("extra `{name}`"),
            Self::Group(name) => format!("group `{name}`"),
        }
    }

    fn added_to(&self, selection: &Selection) -> Selection {
        let mut selection = selection.clone();
        match self {
            Self::Extra(name) => selection.extras = with(selection.extras, name),
            Self::Group(name) => selection.groups = with(selection.groups, name),
        }
        selection
    }

    /// Whether it is a group for those who work on the project.
    fn is_for_developers(&self) -> bool {
        let usual = Frameworks::embedded().usual("developer-groups");
        matches!(self, Self::Group(name) if usual.iter().any(|usual| usual == name.as_ref()))
    }
}

fn with<T: Clone>(choice: Choice<T>, name: &T) -> Choice<T> {
    match choice.include {
        Include::Some(mut names) => {
            names.push(name.clone());
            Choice {
                include: Include::Some(names),
                ..choice
            }
        }
        Include::All => choice,
    }
}
