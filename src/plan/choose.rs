//! Which profiles are rendered when none is named: those that make sense for what the lock holds.

mod members;

use std::collections::BTreeSet;

use super::inputs::{Inputs, Subject};
use super::member;
use crate::application::Kind;
use crate::closure::{Closure, Selection};
use crate::diagnostic::{Diagnostic, Result};
use crate::plan::packages::gpu;
use crate::plan::packages::selection::ml_parts;
use crate::plan::run::entry::Application;
use crate::plan::run::{self, heavy, procfile, server};
use crate::profile::{Line, Profile, ProfileName, Setting};
use crate::target::{Libc, Platform, Target};

/// A profile that is rendered, and why.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The profile.
    pub profile: Profile,
    /// Why, in a few words.
    pub because: String,
    /// What is to be told with it: another image that is not there.
    pub(crate) note: Option<Diagnostic>,
    /// The command of a Procfile or its like, where such files are not heeded.
    pub(crate) platform: Option<Setting<Vec<Line>>>,
}

impl Taken {
    /// A profile, and why it is taken.
    pub fn new(profile: Profile, because: impl Into<String>) -> Self {
        Self {
            profile,
            because: because.into(),
            note: None,
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
        let because = match server {
            Some(server) => format!("{}; {server}", taken.because),
            None => taken.because,
        };
        Taken {
            profile,
            because,
            note: taken.note,
            platform,
        }
    });
    Ok(told.collect())
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
    inputs
        .config
        .profile(name)
        .or_else(|problems| members::named(inputs, name).unwrap_or(Err(problems)))
}

fn sensible(inputs: &Inputs) -> Result<Vec<Taken>> {
    let members = members::services(inputs);
    if inputs.project.pyproject.project.is_none() && !members.is_empty() {
        return Ok(members);
    }
    let core = inputs.config.profile("core-api")?;
    let subject = member::subject(inputs, &core)?;
    let Some(target) = target(&subject) else {
        return Ok(vec![Taken::new(core, "dfgen's default")]);
    };
    let base = Selection {
        members: subject.members(),
        ..Selection::production()
    };
    let plain = inputs.closure(&base, &target)?;
    let application = Application::new(&subject, &plain);
    // A root that only holds its members together is no image.
    if !members.is_empty() && !application.runs() {
        return Ok(members);
    }
    if let Some(only) = only_ml(inputs, &plain)? {
        return Ok(std::iter::once(only).chain(members).collect());
    }
    let worker = worker(inputs, &application)?;
    let mut taken = Vec::new();
    let serves = application.candidates.iter().any(|one| one.kind.serves());
    let mut ml = ml_image(inputs, &base, &target)?;
    if let Some(ml) = &mut ml {
        ml.note = heavy(&subject, &plain, &application);
    }
    let is_heavy = ml.as_ref().is_some_and(|ml| ml.note.is_some());
    if !is_heavy && (serves || worker.is_none()) {
        taken.push(Taken::new(core.clone(), "the project needs no ML stack"));
    }
    taken.extend(ml);
    taken.extend(worker);
    taken.extend(members);
    Ok(taken)
}

/// The image of a project that needs the ML stack itself.
fn only_ml(inputs: &Inputs, plain: &Closure<'_>) -> Result<Option<Taken>> {
    let Some((name, because)) = ml_of(inputs, plain) else {
        return Ok(None);
    };
    Ok(Some(Taken::new(inputs.config.profile(name)?, because)))
}

/// The profile for what needs the ML stack itself, and why.
fn ml_of(inputs: &Inputs, plain: &Closure<'_>) -> Option<(&'static str, String)> {
    let mut packages = plain.packages();
    let heavy = packages.find(|(_, package, _)| inputs.catalog.ml().is_heavy(&package.name));
    let (_, package, _) = heavy?;
    let name = if gpu::has_cuda(&inputs.catalog, plain) {
        "ml-inference-gpu"
    } else {
        "ml-inference-cpu"
    };
    Some((name, format!("the project itself needs {}", package.name)))
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

/// An ML image, where an extra or group brings the ML stack.
fn ml_image(inputs: &Inputs, base: &Selection, target: &Target) -> Result<Option<Taken>> {
    for name in ["ml-inference-gpu", "ml-inference-cpu"] {
        let profile: Profile = inputs.config.profile(name)?;
        let subject = member::subject(inputs, &profile)?;
        let Ok(parts) = ml_parts(&subject, base, target) else {
            continue;
        };
        if parts.is_empty() {
            continue;
        }
        let selection = Selection {
            extras: crate::closure::Choice::some(parts.extras.clone()),
            groups: crate::closure::Choice::some(parts.groups.clone()),
            ..base.clone()
        };
        let closure = inputs.closure(&selection, target)?;
        if gpu::has_cuda(&inputs.catalog, &closure) == profile.gpu.value.is_on() {
            let extras = parts.extras.iter().map(|extra| format!("extra `{extra}`"));
            let groups = parts.groups.iter().map(|group| format!("group `{group}`"));
            let words: Vec<String> = extras.chain(groups).collect();
            let because = format!("{} brings the ML stack", words.join(" and "));
            return Ok(Some(Taken::new(profile.clone(), because)));
        }
    }
    Ok(None)
}

/// A worker, where the source has one.
fn worker(inputs: &Inputs, application: &Application<'_>) -> Result<Option<Taken>> {
    let Some(worker) = application
        .candidates
        .iter()
        .find(|one| one.kind == Kind::Worker)
    else {
        let profile = inputs.config.profile("worker")?;
        let works = procfile::works(inputs, &profile);
        return Ok(works.then(|| Taken::new(profile, "the worker of the Procfile")));
    };
    let because = format!("{} in {}", worker.framework.name(), worker.place.location());
    Ok(Some(Taken::new(inputs.config.profile("worker")?, because)))
}

/// A target that the project allows, good enough to ask what kind of project it is.
fn target(subject: &Subject<'_>) -> Option<Target> {
    let images = subject.inputs.catalog.base_images();
    let requires = subject.inputs.project.lock.requires_python();
    let minors: Vec<_> = images.python_minors().collect();
    // Rows of the catalog, whose tests read every one.
    let pythons = minors
        .into_iter()
        .rev()
        .filter_map(|minor| images.python(minor)?.newest().parse().ok());
    let mut allowed =
        pythons.filter(|python: &crate::target::PythonVersion| requires.contains(python.version()));
    Some(Target {
        platform: Platform::LinuxAmd64,
        libc: Libc::Glibc(2, 36),
        python: allowed.next()?,
    })
}
