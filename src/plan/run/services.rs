//! Backing services: which ones a closure speaks to, and how the application is told where they are.
//!
//! A locked driver says what an application speaks to, not where that runs. So a service enters the
//! compose file only when the profile says so; `init` writes what is implied, `render` hints at it.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, Certainty, ServiceKind};
use crate::closure::{Closure, Via};
use crate::diagnostic::{Diagnostic, Result};
use crate::plan::base::python;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::run::entry::Application;
use crate::plan::{EnvValue, ServiceEnv, member};
use crate::profile::Profile;
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
    Ok(implied(&inputs.catalog, &closure))
}

/// Where a driver may be for something else, it counts when a person asked for it: as a requirement
/// of the project, or as an extra of one.
fn implied(catalog: &Catalog, closure: &Closure<'_>) -> BTreeSet<ServiceKind> {
    let lock = closure.lock();
    let telling = closure.packages().filter(|(_, package, chosen)| {
        let driver = catalog.services().driver(&package.name);
        let is_sure = driver.is_some_and(|row| row.certainty() == Certainty::Certain);
        let asked = chosen.reasons.iter().all(|reason| {
            reason.by.is_none_or(|by| lock.is_member(by)) || matches!(reason.via, Via::Extra(_))
        });
        is_sure || asked
    });
    let names = telling.map(|(_, package, _)| &package.name);
    catalog.services().implied(names)
}

/// What the image speaks to and its profile says nothing about.
pub(crate) fn hint(subject: &Subject<'_>, closure: &Closure<'_>) -> Option<Diagnostic> {
    let profile = subject.profile;
    let is_said = !matches!(profile.services.origin, crate::profile::Origin::Default);
    let kinds = implied(&subject.inputs.catalog, closure);
    if is_said || kinds.is_empty() {
        return None;
    }
    let named: Vec<String> = kinds
        .iter()
        .map(|kind| format!("\"{}\"", kind.as_str()))
        .collect();
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

/// The variables by which the application finds the services of its profile: those that its source
/// names, or that a library of the closure reads.
pub(crate) fn connections(subject: &Subject<'_>, application: &Application<'_>) -> Vec<ServiceEnv> {
    let services = subject.inputs.catalog.services();
    let wanted = subject.profile.services.value.iter();
    let kinds = wanted.filter_map(|wanted| ServiceKind::named(wanted.as_ref()));
    let mut found = Vec::new();
    for row in kinds.map(|kind| services.service(kind)) {
        let read = row
            .readers()
            .iter()
            .filter(|(name, _)| application.has(name));
        let read: BTreeSet<&str> = read.map(|(_, variable)| variable.as_str()).collect();
        let named = row.variables().iter().filter(|variable| {
            read.contains(variable.as_str()) || application.mentions(&[variable.as_str()])
        });
        // Rows of the catalog, whose tests read every one.
        found.extend(named.filter_map(|variable| {
            let value = EnvValue::Connection(row.connect().parse().ok()?);
            Some(ServiceEnv {
                name: variable.parse().ok()?,
                value,
            })
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Catalog, Frameworks, ServiceKind};
    use crate::profile::{EnvName, ImagePath, ImageRef, Line};
    use crate::target::PythonVersion;

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
            let values = row.environment().values().chain(row.health());
            for value in values.map(String::as_str).chain([row.connect()]) {
                value.parse::<Line>().unwrap();
            }
            row.data().map(|path| path.parse::<ImagePath>().unwrap());
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
            let row = images.python(minor).unwrap();
            row.newest().parse::<PythonVersion>().unwrap();
            images
                .default_slim(minor)
                .unwrap()
                .parse::<ImageRef>()
                .unwrap();
        }
    }
}
