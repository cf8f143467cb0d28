//! Backing services: which ones a closure speaks to, and which the compose file has.
//!
//! A locked driver says what an application speaks to, not where that runs. So a service enters the compose file
//! where the profile says so, or where the source has no other address for it; `init` writes what is implied, `render`
//! hints at it.

use std::collections::BTreeSet;

use crate::catalog::{Certainty, ServiceKind};
use crate::closure::{Closure, Via};
use crate::diagnostic::{Diagnostic, Result, nearest};
use crate::existing::Compose;
use crate::plan::base::python;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::run::composed;
use crate::plan::{Decision, NeededService, member};
use crate::profile::{ImageRef, Line, Origin, Profile};
use crate::project::source_tree::has_extension;
use crate::rules;

/// The backing services that an image of this profile speaks to. Errors: as for
/// [`candidates`](super::candidates()).
pub(crate) fn implied_services(
    inputs: &Inputs,
    profile: &Profile,
) -> Result<BTreeSet<ServiceKind>> {
    let subject = member::subject(inputs, profile)?;
    let interpreter = python::interpreter(&subject)?;
    let target = interpreter.target(profile.platforms.value[0]);
    let closure = inputs.closure(&interpreter.selection, &target)?;
    Ok(implied(inputs, &closure))
}

/// Where a driver may be for something else, it counts when a person asked for it: as a requirement
/// of the project, as an extra of one, or by running what it speaks to beside the project.
fn implied(inputs: &Inputs, closure: &Closure<'_>) -> BTreeSet<ServiceKind> {
    let catalog = &inputs.catalog;
    let lock = closure.lock();
    let composed = composed(inputs);
    let telling = closure.packages().filter(|(_, package, chosen)| {
        let driver = catalog.services().driver(&package.name);
        let is_sure = driver.is_some_and(|row| row.certainty() == Certainty::Certain);
        let asked = chosen.reasons.iter().all(|reason| {
            reason.by.is_none_or(|by| lock.is_member(by)) || matches!(reason.via, Via::Extra(_))
        });
        let is_run = || driver.is_some_and(|row| composed.contains(&row.service()));
        is_sure || asked || is_run()
    });
    let names = telling.map(|(_, package, _)| &package.name);
    let kinds = catalog.services().implied(names).into_iter();
    // What is run may be the same with more in it: pgvector speaks as PostgreSQL does.
    let as_run = |kind: ServiceKind| {
        let alike =
            |other: &&ServiceKind| kind.tables().is_some() && other.tables() == kind.tables();
        let other = composed.iter().find(alike).copied();
        other.filter(|_| !composed.contains(&kind)).unwrap_or(kind)
    };
    kinds.map(as_run).collect()
}

/// Where a compose file of the project's own runs a service beside the application, and tells it by this variable.
pub(crate) fn given(subject: &Subject<'_>, variable: &str, kind: ServiceKind) -> Option<String> {
    let inputs = subject.inputs;
    let composes = inputs.containers().0.composes.iter();
    let services = composes.flat_map(|compose| &compose.services);
    let mut built = services.filter(|service| service.build.is_some());
    let told = |(name, _): &(String, Option<String>)| name == variable;
    let giving = built.find(|service| service.environment.iter().any(told))?;
    let is_run = composed(inputs).contains(&kind);
    is_run.then(|| format!("is given by {}", giving.place.location()))
}

/// The services that compose files of the project's own run.
fn composed(inputs: &Inputs) -> BTreeSet<ServiceKind> {
    kinds_of(inputs, &inputs.containers().0.composes)
}

/// Where a compose file of the project's own runs a service.
pub(crate) fn is_run(subject: &Subject<'_>, kind: ServiceKind) -> Option<String> {
    let mut all = composed::all(subject.inputs).into_iter();
    let found = all.find(|one| one.kind == kind)?;
    let place = found.service.place_of("image").location();
    Some(format!("stands for what {place} runs"))
}

/// The same of every compose file in the project, wherever it lies.
fn run_anywhere(inputs: &Inputs) -> BTreeSet<ServiceKind> {
    let tree = &inputs.tree;
    let is_compose = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.contains("compose") && (has_extension(name, "yml") || has_extension(name, "yaml"))
    };
    let texts = tree.lying().filter(is_compose);
    let texts = texts.filter_map(|path| tree.lying_text(path));
    let composes: Vec<Compose> = texts.filter_map(|file| Compose::parse(file).ok()).collect();
    kinds_of(inputs, &composes)
}

fn kinds_of(inputs: &Inputs, composes: &[Compose]) -> BTreeSet<ServiceKind> {
    let services = composes.iter().flat_map(|compose| &compose.services);
    let images = services.filter_map(|service| service.image.as_ref()?.parse::<ImageRef>().ok());
    let kinds = images.filter_map(|image| inputs.catalog.services().of_image(image.repository()));
    kinds.collect()
}

/// A backing service, and the image that it runs.
pub(crate) struct Wished {
    pub(crate) kind: ServiceKind,
    pub(crate) image: ImageRef,
    /// Whether the profile names the image.
    pub(crate) is_pinned: bool,
}

impl Wished {
    /// The image that compose files of the project's own have for it, else that of the catalog.
    fn usual(inputs: &Inputs, kind: ServiceKind) -> Result<Self> {
        let composed = composed::all(inputs).into_iter();
        let composed = composed.filter(|one| one.kind == kind && one.said != kind.as_str());
        let said = composed.map(|one| one.said).next();
        let usual = || inputs.named(inputs.catalog.services().service(kind).image());
        let image = match said.and_then(|said| said.parse().ok()) {
            Some(image) => image,
            None => usual()?,
        };
        Ok(Self {
            kind,
            image,
            is_pinned: false,
        })
    }

    /// What a text stands for: the name of a service, or an image of one.
    fn read(inputs: &Inputs, text: &str) -> Option<Result<Self>> {
        if let Some(kind) = ServiceKind::named(text) {
            return Some(Self::usual(inputs, kind));
        }
        let image: ImageRef = text.parse().ok()?;
        let kind = inputs.catalog.services().of_image(image.repository())?;
        Some(if image.tag().is_some() {
            Ok(Self {
                kind,
                image,
                is_pinned: true,
            })
        } else {
            Self::usual(inputs, kind)
        })
    }
}

/// The services that the profile says. Errors: one that the catalog does not know.
fn said(subject: &Subject<'_>) -> Result<Vec<Wished>> {
    let said = &subject.profile.services;
    let read = |text: &Line| {
        let known = Wished::read(subject.inputs, text.as_ref());
        known.unwrap_or_else(|| Err(unknown(subject, text.as_ref()).into()))
    };
    said.value.iter().map(read).collect()
}

fn unknown(subject: &Subject<'_>, wanted: &str) -> Diagnostic {
    let profile = subject.profile;
    let known = ServiceKind::ALL.map(ServiceKind::as_str);
    let origin = &profile.services.origin;
    let problem = format!("dfgen knows no backing service `{wanted}`");
    Diagnostic::new(rules::UNKNOWN_SERVICE, problem)
        .at_some(origin.place_of(wanted, "not one of them"))
        .with_note(format!(
            "asked for by `services` of the profile `{}` ({origin})",
            profile.name
        ))
        .with_help_some(nearest(wanted, known))
}

/// The services that the profile says; where it says nothing, those that the closure speaks to. Errors: as [`said`].
pub(crate) fn wished(subject: &Subject<'_>, closure: &Closure<'_>) -> Result<Vec<Wished>> {
    if are_said(subject.profile) {
        return said(subject);
    }
    let kinds = implied(subject.inputs, closure).into_iter();
    kinds
        .map(|kind| Wished::usual(subject.inputs, kind))
        .collect()
}

/// Whether the profile says which services there are, be it none.
pub(crate) fn are_said(profile: &Profile) -> bool {
    !matches!(profile.services.origin, Origin::Default)
}

/// What the image speaks to, its profile says nothing about, and the compose file does not have.
pub(crate) fn hint(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    there: &[Decision<NeededService>],
) -> Option<Diagnostic> {
    if are_said(subject.profile) {
        return None;
    }
    let mut kinds = implied(subject.inputs, closure);
    // Of drivers for several databases those count that the project is run with.
    let run = run_anywhere(subject.inputs);
    let run: BTreeSet<ServiceKind> = run.into_iter().filter_map(ServiceKind::tables).collect();
    let is_run = |kind: &ServiceKind| kind.tables().is_some_and(|kind| run.contains(&kind));
    if kinds.iter().any(is_run) {
        kinds.retain(|kind| kind.tables().is_none() || is_run(kind));
    }
    kinds.retain(|kind| !there.iter().any(|one| one.value.name == kind.as_str()));
    if kinds.is_empty() {
        return None;
    }
    let all = there.iter().map(|one| one.value.name.as_str());
    let all = all.chain(kinds.iter().map(|kind| kind.as_str()));
    let named: Vec<String> = all.map(|name| format!("\"{name}\"")).collect();
    let spoken: Vec<String> = kinds
        .iter()
        .map(|kind| format!("`{}`", kind.as_str()))
        .collect();
    let message = format!("the locked drivers speak to {}", spoken.join(" and "));
    Some(
        Diagnostic::new(rules::BACKING_SERVICE, message)
            .with_note("the compose file starts none: it may run elsewhere")
            .with_help(format!(
                "to have it beside the image, in the profile, in dfgen.toml: `services = [{}]`",
                named.join(", ")
            )),
    )
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Catalog, Frameworks, ServiceKind};
    use crate::profile::{EnvName, ImagePath, ImageRef, Line};

    /// What a plan takes from rows of the catalog without an error for those that do not fit.
    #[test]
    fn every_row_fits_what_a_plan_holds() {
        let catalog = Catalog::embedded();
        for kind in ServiceKind::ALL {
            let row = catalog.services().service(kind);
            let named = row.environment().keys().chain(row.secrets());
            for name in named.chain(row.variables()).chain(row.readers().values()) {
                name.parse::<EnvName>().unwrap();
            }
            let own: Vec<&String> = row.environment().keys().chain(row.secrets()).collect();
            let named = row.connect().split("${").skip(1);
            for name in named.filter_map(|rest| rest.split('}').next()) {
                assert!(own.iter().any(|own| *own == name), "{name}");
            }
            let values = row.environment().values().chain(row.health());
            for value in values.map(String::as_str).chain([row.connect()]) {
                value.parse::<Line>().unwrap();
            }
            for tag in ["1", "99", "latest"] {
                row.data(tag).map(|path| path.parse::<ImagePath>().unwrap());
            }
            row.image().parse::<ImageRef>().unwrap();
        }
        for framework in Frameworks::embedded().all() {
            let Some(run) = &framework.run else {
                continue;
            };
            for name in run.environment.keys() {
                name.parse::<EnvName>().unwrap();
            }
            let path = run.health_path.iter();
            path.for_each(|path| drop(path.parse::<Line>().unwrap()));
        }
        let images = catalog.base_images();
        for minor in images.python_minors() {
            images
                .default_slim(minor)
                .unwrap()
                .parse::<ImageRef>()
                .unwrap();
        }
    }
}
