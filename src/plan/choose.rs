//! Which profiles are rendered when none is named: those that make sense for what the lock holds.

mod hardware;
mod members;

use std::collections::BTreeSet;

use super::inputs::{Inputs, Subject};
use super::member;
use crate::application::Kind;
use crate::closure::{Choice, Closure, Selection};
use crate::diagnostic::{Diagnostic, Result};
use crate::names::PackageName;
use crate::plan::base::python;
use crate::plan::packages::{gpu, stack};
use crate::plan::run::entry::Application;
use crate::plan::run::{self, heavy, processes, procfile, server, told};
use crate::plan::variants::{self, Chosen};
use crate::profile::{Line, Origin, Profile, ProfileName, Setting};
use crate::target::Target;

/// A profile that is rendered, and why.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The profile.
    pub profile: Profile,
    /// Why, in a few words.
    pub because: String,
    /// What is to be told with it: another image that is not there, processes that are none of its services.
    pub(crate) notes: Vec<Diagnostic>,
    /// The command of a Procfile or its like, where such files are not heeded.
    pub(crate) platform: Option<Setting<Vec<Line>>>,
}

impl Taken {
    /// A profile that is rendered for this reason.
    pub fn new(profile: Profile, because: impl Into<String>) -> Self {
        Self {
            profile,
            because: because.into(),
            notes: Vec::new(),
            platform: None,
        }
    }
}

/// The profiles to render, each with why. What is named on the command line is taken as it is; then
/// what `profiles` in dfgen.toml says; then the user's own profiles; then what the lock asks for. Who only says more
/// about profiles that the lock asks for still gets them all.
pub fn choose(inputs: &Inputs, named: &[String]) -> Result<Vec<Taken>> {
    let taken = chosen(inputs, named)?;
    // A model server beside an API is not what answers the web.
    let is_other = |profile: &Profile| profile.gpu.value.is_on() || profile.model_cache.is_some();
    let all_others = || {
        let sensible = sensible(inputs).unwrap_or_default();
        sensible.iter().all(|one| is_other(&one.profile))
    };
    let told = taken.into_iter().map(|taken| {
        let takes_web = !is_other(&taken.profile) || all_others();
        let told = procfile::told(inputs, taken.profile.clone(), takes_web);
        let platform = told.command.clone().filter(|_| !inputs.heeds_containers());
        let told = if platform.is_some() {
            taken.profile
        } else {
            told
        };
        let (profile, server) = server::with_server(inputs, told);
        let profile = told::told(inputs, profile);
        let because = match server {
            Some(server) => format!("{}; {server}", taken.because),
            None => taken.because,
        };
        Taken {
            profile,
            because,
            notes: taken.notes,
            platform,
        }
    });
    let mut taken: Vec<Taken> = told.collect();
    let mut profiles: Vec<Profile> = taken.iter().map(|one| one.profile.clone()).collect();
    let notes = processes::told(inputs, &mut profiles);
    for ((one, profile), notes) in taken.iter_mut().zip(profiles).zip(notes) {
        one.profile = profile;
        one.notes.extend(notes);
    }
    Ok(taken)
}

/// Built-in profiles that make sense for the lock and are not taken, as dfgen.toml has profiles of its own.
pub fn ended(inputs: &Inputs) -> Vec<ProfileName> {
    let Ok(taken) = chosen(inputs, &[]) else {
        return Vec::new();
    };
    if inputs.config.profiles.is_some() || inputs.config.own_names().next().is_none() {
        return Vec::new();
    }
    let usual = sensible(inputs).unwrap_or_default().into_iter();
    let names = usual.map(|usual| usual.profile.name);
    names
        .filter(|name| !taken.iter().any(|taken| taken.profile.name == *name))
        .collect()
}

fn chosen(inputs: &Inputs, named: &[String]) -> Result<Vec<Taken>> {
    let own: Vec<String> = inputs.config.own_names().map(ToString::to_string).collect();
    if named.is_empty()
        && inputs.config.profiles.is_none()
        && let Ok(sensible) = sensible(inputs)
    {
        let asked = |own: &String| sensible.iter().any(|one| one.profile.name.as_ref() == own);
        if own.iter().all(asked) {
            return Ok(sensible);
        }
    }
    let (names, because) = match (&inputs.config.profiles, named, own.as_slice()) {
        (_, [_, ..], _) => (named, "asked for".to_owned()),
        (Some(said), [], _) => (said.value.as_slice(), said.origin.to_string()),
        (None, [], [_, ..]) => (own.as_slice(), "a profile of the project's own".to_owned()),
        (None, [], []) => return sensible(inputs),
    };
    let place = |name: &str| match (&inputs.config.profiles, named) {
        (Some(said), []) => said.origin.place_of(name, "no profile has this name"),
        _ => None,
    };
    let taken = names.iter().map(|name| {
        let profile = profile(inputs, name).map_err(|problems| problems.or_at(place(name)))?;
        Ok(Taken::new(profile, because.clone()))
    });
    let mut taken = taken.collect::<Result<Vec<_>>>()?;
    let mut seen = BTreeSet::new();
    taken.retain(|taken| seen.insert(taken.profile.name.clone()));
    Ok(taken)
}

/// The profile of a name. In a workspace, the name of a member stands for its service.
fn profile(inputs: &Inputs, name: &str) -> Result<Profile> {
    let said = inputs.config.profile(name);
    // A table that says neither whose it is nor what it is like may be about a member's image.
    let is_open = |said: &Profile| said.member.is_none() && said.built_in.is_none();
    if said.as_ref().is_ok_and(|said| !is_open(said)) {
        return said;
    }
    members::named(inputs, name).unwrap_or(said)
}

/// What profiles are made for: the project, or one member of a workspace.
struct Place<'p> {
    inputs: &'p Inputs,
    member: Option<&'p PackageName>,
}

impl Place<'_> {
    /// A built-in profile, here. That of a member has the member's name, and `ending` behind it, with what dfgen.toml
    /// says about that.
    fn profile(&self, built_in: &str, ending: &str) -> Result<Profile> {
        let Some(member) = self.member else {
            return self.inputs.config.profile(built_in);
        };
        let name = format!("{}{ending}", members::plain(member));
        let profile = self.inputs.config.profile_like(&name, built_in)?;
        let setting = Setting {
            value: member.clone(),
            origin: Origin::Default,
        };
        Ok(Profile {
            name: name.parse().unwrap_or_else(|_| profile.name.clone()),
            member: profile.member.or(Some(setting)),
            ..profile
        })
    }
}

fn sensible(inputs: &Inputs) -> Result<Vec<Taken>> {
    let members = members::services(inputs)?;
    if inputs.project.pyproject.project.is_none() && !members.is_empty() {
        return Ok(members);
    }
    let root = Place {
        inputs,
        member: None,
    };
    let mut taken = images(&root, !members.is_empty())?;
    taken.extend(members);
    Ok(taken)
}

/// The images of a project or member: one for the web, those for models, one for jobs. None for one that may only hold
/// others together and runs nothing.
fn images(place: &Place<'_>, may_be_none: bool) -> Result<Vec<Taken>> {
    let inputs = place.inputs;
    let core = place.profile("core-api", "")?;
    let subject = member::subject(inputs, &core)?;
    let Ok(target) = python::reference(&subject) else {
        return Ok(vec![Taken::new(core, "dfgen's default")]);
    };
    let plain = inputs.closure(&production(&subject), &target)?;
    if may_be_none && !Application::new(&subject, &plain).runs() {
        return Ok(Vec::new());
    }
    let needed = stack::of_closure(&inputs.catalog, &plain);
    let mut models = models(place, &target, needed.map(|id| stack::because(&plain, id)))?;
    if needed.is_some() {
        return Ok(models);
    }
    let chosen = variants::chosen(&subject, &target)?;
    let closure = inputs.closure(&with(&subject, &chosen), &target)?;
    let application = Application::new(&subject, &closure);
    if let Some(first) = models.first_mut() {
        first.notes.extend(heavy(&subject, &closure, &application));
    }
    let would_crash = models.first().is_some_and(|one| !one.notes.is_empty())
        || chosen.all_need_models && !models.is_empty();
    let serves = match place.member {
        Some(_) => members::serves(&application),
        None => application.candidates.iter().find(|one| one.kind.serves()),
    };
    let serves = serves.map(|one| format!("{} in {}", one.framework.name(), one.place.location()));
    let ending = if place.member.is_some() && serves.is_some() {
        "-worker"
    } else {
        ""
    };
    let worker = worker(place, ending, &application)?;
    let mut taken = Vec::new();
    let is_web = serves.is_some() || place.member.is_none() && worker.is_none();
    if !would_crash && is_web {
        let others = chosen.others.join(", ");
        let because = match (place.member.and(serves), others.as_str()) {
            (Some(served), _) => served,
            (None, "") => "the project needs no ML stack".to_owned(),
            (None, others) => {
                format!("the project needs no ML stack; {others} for what it imports")
            }
        };
        taken.push(Taken::new(core.clone(), because));
    }
    taken.extend(models);
    taken.extend(worker);
    Ok(taken)
}

/// What is selected without any extra and group.
fn production(subject: &Subject<'_>) -> Selection {
    Selection {
        members: subject.members(),
        ..Selection::production()
    }
}

fn with(subject: &Subject<'_>, chosen: &Chosen) -> Selection {
    Selection {
        extras: Choice::some(chosen.extras.clone()),
        groups: Choice::some(chosen.groups.clone()),
        ..production(subject)
    }
}

/// Why there is no light image beside the one for ML, where the application needs the ML stack at its start. Who says
/// anything about that image asks for it.
fn heavy(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
) -> Option<Diagnostic> {
    let mut own = subject.inputs.config.own_names();
    if own.any(|name| *name == subject.profile.name) {
        return None;
    }
    let told = procfile::told(subject.inputs, subject.profile.clone(), true);
    let told = Subject {
        profile: &told,
        ..*subject
    };
    let candidate = run::started(&told, application).ok()??;
    heavy::absent(&told, closure, application, candidate)
}

/// The images for models: one for GPUs, one for CPUs, or both where extras or groups tell them apart. `needed` is why
/// the project itself is one, if it is.
fn models(place: &Place<'_>, target: &Target, needed: Option<String>) -> Result<Vec<Taken>> {
    let inputs = place.inputs;
    let mut found = Vec::new();
    for name in ["ml-inference-gpu", "ml-inference-cpu"] {
        let profile = place.profile(name, "")?;
        let subject = member::subject(inputs, &profile)?;
        let chosen = variants::chosen(&subject, target)?;
        if needed.is_none() && chosen.models.is_empty() {
            continue;
        }
        let closure = inputs.closure(&with(&subject, &chosen), target)?;
        let is_fitting = variants::is_fitting(&subject, &chosen, &closure);
        let has_cuda = gpu::has_cuda(&inputs.catalog, &closure);
        let parts = chosen.models.join(" and ");
        let because = match (&needed, parts.as_str()) {
            (Some(needed), "") => needed.clone(),
            (Some(needed), parts) => format!("{needed}; {parts}"),
            (None, parts) => format!("{parts} brings the ML stack"),
        };
        let is_usual = has_cuda == profile.gpu.value.is_on();
        found.push((is_fitting, is_usual, Taken::new(profile, because)));
    }
    if let [(true, ..), (false, _, cpu)] = found.as_mut_slice()
        && !inputs
            .config
            .own_names()
            .any(|name| name.as_ref().starts_with("ml-"))
        && let Some(place) = hardware::on_cpu(inputs)
    {
        cpu.notes.push(hardware::note(&place));
        found.remove(0);
    }
    // An image never vanishes: where none is made for its hardware, the one that comes near.
    let near =
        |(is_fitting, is_usual, _): &(bool, bool, Taken)| (*is_fitting, *is_usual && !is_fitting);
    let best = found.iter().map(near).max();
    found.retain(|one| {
        if near(one).0 {
            true
        } else {
            Some(near(one)) == best
        }
    });
    if matches!(best, Some((false, _))) {
        found.truncate(1);
    }
    let is_both = found.len() > 1;
    let named = found.into_iter().map(|(_, _, taken)| match place.member {
        Some(member) if is_both => for_hardware(taken, member),
        _ => taken,
    });
    Ok(named.collect())
}

/// Two images of one member need two names.
fn for_hardware(taken: Taken, member: &PackageName) -> Taken {
    let hardware = if taken.profile.gpu.value.is_on() {
        "gpu"
    } else {
        "cpu"
    };
    let name = format!("{}-{hardware}", members::plain(member)).parse();
    Taken {
        profile: Profile {
            name: name.unwrap_or_else(|_| taken.profile.name.clone()),
            ..taken.profile
        },
        ..taken
    }
}

/// A worker, where the source has one.
fn worker(place: &Place<'_>, ending: &str, application: &Application<'_>) -> Result<Option<Taken>> {
    let mut all = application.candidates.iter();
    let profile = place.profile("worker", ending)?;
    let Some(worker) = all.find(|one| one.kind == Kind::Worker) else {
        let works = place.member.is_none() && procfile::works(place.inputs, &profile);
        return Ok(works.then(|| Taken::new(profile, "the worker of the Procfile")));
    };
    let because = format!("{} in {}", worker.framework.name(), worker.place.location());
    Ok(Some(Taken::new(profile, because)))
}
