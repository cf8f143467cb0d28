//! What an application needs to start, where it is locked, and not for every image: the extra or group that has it.
//!
//! An application without a server, or without what it imports, is no image, so what brings that is taken where there is
//! one way to; of a group for developers that alone, and none of their tools. Several ways, and what else a way brings (the
//! ML stack in a light image), are for a person to judge.

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
use crate::profile::{Origin, PackagePattern, Profile, Serves, Wanted};

/// An extra or group that has a server for an application.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    part: Part,
    /// What it is taken for: a server, or something that is imported.
    brings: PackageName,
    /// What else it brings.
    added: BTreeSet<PackageId>,
    /// What a group for developers asks for beside it: an image does without.
    spare: Vec<PackageName>,
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
    let Some(Way {
        part,
        brings,
        spare,
        ..
    }) = way
    else {
        return (profile, None);
    };
    let is_server = inputs.catalog.servers().server(&brings).is_some();
    let what = if is_server {
        "for its server"
    } else {
        "as it imports"
    };
    let without = if spare.is_empty() {
        ""
    } else {
        ", without the tools beside it"
    };
    let because = format!("{} {what} {brings}{without}", part.words());
    let mut profile = profile;
    let spare = spare.into_iter().map(PackagePattern::Name);
    profile.exclude.value.extend(spare);
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
    if is_said || profile.command.is_some() || profile.development.value {
        return None;
    }
    let subject = member::subject(inputs, profile).ok()?;
    let interpreter = python::interpreter(&subject).ok()?;
    let target = interpreter.target(profile.platforms.value[0]);
    let closure = inputs.closure(&interpreter.selection, &target).ok()?;
    let application = Application::new(&subject, &closure);
    let started = run::started(&subject, &application).ok()??;
    if profile.serves.value != Serves::Http && started.kind != Kind::Worker {
        return None;
    }
    let lacking = application.locked_at_start(started);
    let has_any = |interface| !servers(inputs, interface, &closure).is_empty();
    let interface = interface_of(started.kind).filter(|interface| !has_any(*interface));
    let needs =
        |server: Option<Interface>, imports: BTreeSet<PackageName>| Needs { server, imports };
    let both = needs(interface, lacking.clone());
    let alone = needs(interface, BTreeSet::new());
    let found = [both, alone].into_iter().find_map(|needs| {
        let ways = ways(&subject, &closure, &interpreter.selection, &needs);
        let best = ways.iter().min_by_key(|way| way.added.len())?.clone();
        // `all` beside `server` is the same way, and more.
        let is_one = ways.iter().all(|way| best.added.is_subset(&way.added));
        Some((is_one && !best.doubt).then_some(best))
    });
    found.flatten()
}

/// What is needed, and not in the closure.
#[derive(Debug)]
struct Needs {
    /// A server for this interface.
    server: Option<Interface>,
    /// Distributions that are imported.
    imports: BTreeSet<PackageName>,
}

fn interface_of(kind: Kind) -> Option<Interface> {
    match kind {
        Kind::Asgi => Some(Interface::Asgi),
        Kind::Wsgi => Some(Interface::Wsgi),
        _ => None,
    }
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
        |selection| {
            let needs = Needs {
                server: Some(interface),
                imports: BTreeSet::new(),
            };
            ways(subject, closure, &selection, &needs)
        },
    )
}

/// Every extra and group of the image's project that has all that is needed.
fn ways(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    selection: &Selection,
    needs: &Needs,
) -> Vec<Way> {
    let project = &subject.inputs.project;
    let is_needed = needs.server.is_some() || !needs.imports.is_empty();
    let Some(member) = subject.member.filter(|_| is_needed) else {
        return Vec::new();
    };
    let package = project.lock.package(member);
    let extras = package.extras.keys().cloned().map(Part::Extra);
    let groups = package.groups.keys().cloned().map(Part::Group);
    let has: BTreeSet<PackageId> = closure.packages().map(|(id, _, _)| id).collect();
    let way = |part: Part| {
        let mut selection = part.added_to(selection);
        let whole = subject.inputs.closure(&selection, closure.target()).ok()?;
        let brings = brought(subject.inputs, needs, &whole)?;
        let spare = part.spare(subject, closure, needs, &brings);
        let whole = if spare.is_empty() {
            whole
        } else {
            let names = spare.iter().cloned();
            selection.exclude.extend(names);
            subject.inputs.closure(&selection, closure.target()).ok()?
        };
        brought(subject.inputs, needs, &whole)?;
        let added = whole.packages().map(|(id, _, _)| id);
        let added: BTreeSet<PackageId> = added.filter(|id| !has.contains(id)).collect();
        let is_forbidden = |id: &PackageId| {
            let mut patterns = subject.profile.forbid.value.iter();
            patterns.any(|pattern| matches(subject, pattern, &project.lock.package(*id).name))
        };
        Some(Way {
            doubt: added.iter().any(is_forbidden),
            part,
            brings,
            added,
            spare,
        })
    };
    extras.chain(groups).filter_map(way).collect()
}

/// What a closure is taken for, where it has all that is needed.
fn brought(inputs: &Inputs, needs: &Needs, closure: &Closure<'_>) -> Option<PackageName> {
    let names = closure.packages().map(|(_, package, _)| &package.name);
    let names: BTreeSet<&PackageName> = names.collect();
    let first = needs.imports.first().cloned();
    let has_all = needs.imports.iter().all(|name| names.contains(name));
    let server = match needs.server {
        Some(interface) => Some(servers(inputs, interface, closure).into_iter().next()?),
        None => None,
    };
    server.or(first).filter(|_| has_all)
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
        let (brings, part) = (&self.brings, self.part.words());
        if self.spare.is_empty() {
            return format!("`{brings}` is locked in the {part}: `{key}` {heading}");
        }
        let spare = self.spare.iter().map(|name| format!("\"{name}\""));
        let spare: Vec<String> = spare.collect();
        let spare = spare.join(", ");
        format!("`{brings}` is locked in the {part}: `{key}` and `exclude = [{spare}]` {heading}")
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

    /// What a group for developers asks for, that neither the image has anyway nor the application needs.
    fn spare(
        &self,
        subject: &Subject<'_>,
        closure: &Closure<'_>,
        needs: &Needs,
        brings: &PackageName,
    ) -> Vec<PackageName> {
        let Self::Group(group) = self else {
            return Vec::new();
        };
        let lock = &subject.inputs.project.lock;
        let member = subject.member.map(|id| lock.package(id));
        let asked = member.and_then(|member| member.groups.get(group));
        let asked = asked.filter(|_| self.is_for_developers());
        let has = |name: &PackageName| closure.packages().any(|(_, one, _)| one.name == *name);
        let names = asked.into_iter().flatten();
        let names = names.map(|one| &lock.package(one.package).name);
        let names = names.filter(|name| *name != brings && !needs.imports.contains(*name));
        names.filter(|name| !has(name)).cloned().collect()
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
