//! Which profiles are rendered when none is named: those that make sense for what the lock holds.

use super::inputs::{Inputs, Subject};
use super::selection::ml_parts;
use super::{Decision, gpu, member};
use crate::application::Kind;
use crate::closure::{Closure, Selection};
use crate::diagnostic::Result;
use crate::profile::Profile;
use crate::target::{Libc, Platform, Target};

/// The profiles to render, each with why. What is named on the command line is taken as it is; then
/// what `profiles` in dfgen.toml says; then the user's own profiles; then what the lock asks for.
pub fn choose(inputs: Inputs<'_>, named: &[String]) -> Result<Vec<Decision<String>>> {
    let because = |names: &[String], why: &str| -> Vec<Decision<String>> {
        names
            .iter()
            .map(|name| Decision::new(name.clone(), why))
            .collect()
    };
    if !named.is_empty() {
        return Ok(because(named, "asked for"));
    }
    if let Some(said) = &inputs.config.profiles {
        return Ok(because(&said.value, &said.origin.to_string()));
    }
    let own: Vec<String> = inputs.config.own_names().map(ToString::to_string).collect();
    if !own.is_empty() {
        return Ok(because(&own, "a profile of the project's own"));
    }
    sensible(inputs)
}

fn sensible(inputs: Inputs<'_>) -> Result<Vec<Decision<String>>> {
    let core = inputs.config.profile("core-api")?;
    let subject = member::subject(inputs, &core)?;
    let Some(target) = target(&subject) else {
        return Ok(vec![Decision::new(
            "core-api".to_owned(),
            "dfgen's default",
        )]);
    };
    let base = Selection {
        members: subject.members(),
        ..Selection::production()
    };
    let plain = Closure::select(inputs.project, &base, &target)?;
    let is_ml = plain
        .packages()
        .find(|(_, package, _)| inputs.catalog.ml().is_heavy(&package.name));
    if let Some((_, package, _)) = is_ml {
        let name = if gpu::has_cuda(inputs.catalog, &plain) {
            "ml-inference-gpu"
        } else {
            "ml-inference-cpu"
        };
        return Ok(vec![Decision::new(
            name.to_owned(),
            format!("the project itself needs {}", package.name),
        )]);
    }
    let mut taken = Vec::new();
    taken.push(Decision::new(
        "core-api".to_owned(),
        "the project needs no ML stack",
    ));
    taken.extend(ml_image(inputs, &base, &target)?);
    taken.extend(worker(&subject, &plain));
    Ok(taken)
}

/// An ML image, where an extra or group brings the ML stack.
fn ml_image(
    inputs: Inputs<'_>,
    base: &Selection,
    target: &Target,
) -> Result<Option<Decision<String>>> {
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
        let closure = Closure::select(inputs.project, &selection, target)?;
        if gpu::has_cuda(inputs.catalog, &closure) == profile.gpu.value {
            let extras = parts.extras.iter().map(|extra| format!("extra `{extra}`"));
            let groups = parts.groups.iter().map(|group| format!("group `{group}`"));
            let words: Vec<String> = extras.chain(groups).collect();
            return Ok(Some(Decision::new(
                name.to_owned(),
                format!("{} brings the ML stack", words.join(" and ")),
            )));
        }
    }
    Ok(None)
}

/// A worker, where the source has one.
fn worker(subject: &Subject<'_>, closure: &Closure<'_>) -> Option<Decision<String>> {
    let application = super::entry::Application::new(subject, closure);
    let worker = application
        .candidates
        .iter()
        .find(|one| one.kind == Kind::Worker)?;
    let because = format!("{} in {}", worker.framework.name(), worker.place.location());
    Some(Decision::new("worker".to_owned(), because))
}

/// A target that the project allows, good enough to ask what kind of project it is.
fn target(subject: &Subject<'_>) -> Option<Target> {
    let images = subject.inputs.catalog.base_images();
    let requires = subject.inputs.project.lock.requires_python();
    let minors: Vec<_> = images.python_minors().collect();
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
