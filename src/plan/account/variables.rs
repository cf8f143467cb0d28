//! Variables of the project's own container that the new image has not.

use super::loss::{Keep, Loss, Weight};
use super::own_image::OwnImage;
use crate::catalog::Dockerfiles;
use crate::diagnostic::Place;
use crate::existing::{Carried, ComposeService, Kind, Mounts, Placed, Variable, is_debug};
use crate::plan::run::composed_env::{is_at_work, is_passed_on, is_plain};
use crate::plan::run::own::runs_with;
use crate::profile::Instruction;
use crate::secret::is_secret;

pub(super) fn losses(own: &OwnImage<'_>) -> Vec<Loss> {
    let existing = &own.inputs().containers().0;
    let wants_gpus = own.profile().gpu.value.is_on();
    let mut found = Vec::new();
    if runs_with(existing, own.image, wants_gpus) {
        found.extend(own.image.env.iter().filter_map(|one| of_image(own, one)));
    }
    for service in &own.services {
        let around = service.place_of("environment");
        for (name, value) in &service.environment {
            let value = value.as_deref().unwrap_or_default();
            if !is_there(own, name) && !is_debug(name, value) {
                let keep = given(service, name, value);
                found.extend(keep.map(|keep| loss(around.within(name), name, value, keep)));
            }
        }
    }
    let mut seen: Vec<String> = Vec::new();
    found.retain(|loss| {
        let is_new = !seen.contains(&loss.what);
        seen.push(loss.what.clone());
        is_new
    });
    found
}

/// What keeps a variable that a service is given. What a file of variables gives the new one as well is no loss, nor is what
/// only those need who work on the project.
fn given(service: &ComposeService, name: &str, value: &str) -> Option<Keep> {
    if is_plain(name, value) {
        return Some(Keep::Variable(name.to_owned(), value.to_owned()));
    }
    let known = Dockerfiles::embedded();
    let is_plumbing = known.plumbing().contains(name) || known.plumbing_prefixes().begin(name);
    let is_idle = value.is_empty() || is_plumbing || is_secret(name, value) || name == "PORT";
    if is_idle || is_passed_on(name, value) || is_at_work(service) {
        None
    } else if value.contains('$') {
        Some(Keep::Look(
            "put in from the environment of compose: a line for it in `.env`",
        ))
    } else {
        Some(Keep::Look(
            "an address or a path of that compose file: a line in `.env`, with what it is called here",
        ))
    }
}

fn loss(place: Place, name: &str, value: &str, keep: Keep) -> Loss {
    Loss {
        weight: Weight::Variable,
        place,
        what: format!("{name}={value}"),
        keep,
    }
}

/// Whether the new image, or its service, has it.
fn is_there(own: &OwnImage<'_>, name: &str) -> bool {
    own.plans.iter().any(|plan| {
        let mut connections = plan.run.connections.iter();
        plan.env.keys().any(|known| known.as_ref() == name)
            || connections.any(|known| known.name.as_ref() == name)
    })
}

fn of_image(own: &OwnImage<'_>, variable: &Placed<Variable>) -> Option<Loss> {
    let Variable { name, value } = &variable.value;
    let is_said = own.said().contains(&format!("{name}="));
    if is_said || is_there(own, name) || is_secret(name, value) || is_debug(name, value) {
        return None;
    }
    let mounts = Mounts {
        tree: own.tree(),
        folder: own.first.subject.folder,
        image: Some(own.image),
    };
    let volumes = &own.profile().volumes.origin;
    let is_said = volumes.is_own() && volumes.of_container_file().is_none();
    if is_said && mounts.stored(&variable.value).is_some() {
        return None;
    }
    let kept = own.first.image.run.kept_folders();
    let kept: Vec<&str> = kept.map(AsRef::as_ref).collect();
    let keep = match mounts.carried(&variable.value, &kept) {
        Carried::Plumbing | Carried::Idle => return None,
        Carried::As(value) => Keep::Variable(name.clone(), value),
        Carried::Unknown => by_argument(own, variable),
        // Packages of Debian's bring it.
        Carried::Elsewhere if value.starts_with("/usr/") => {
            Keep::Variable(name.clone(), value.clone())
        }
        Carried::Elsewhere => {
            Keep::Look("names what only that container has: `env`, where it is otherwise here")
        }
    };
    Some(loss(variable.place.clone(), name, value, keep))
}

/// The lines that have it, where an argument of the build decides it and each is one line.
fn by_argument(own: &OwnImage<'_>, variable: &Placed<Variable>) -> Keep {
    let line = variable.place.whole_lines().text().trim().to_owned();
    let arguments = own.image.instructions.iter().filter_map(|one| {
        let Kind::Arg(pairs) = &one.kind else {
            return None;
        };
        let mut names = pairs.iter().map(|(name, _)| name);
        let is_named = names
            .any(|name| line.contains(&format!("${name}")) || line.contains(&format!("${{{name}")));
        is_named.then(|| one.place.whole_lines().text().trim().to_owned())
    });
    let mut lines: Vec<String> = arguments.collect();
    let is_whole = own.image.by_argument(&variable.place);
    lines.push(line);
    if is_whole && lines.iter().all(|line| line.parse::<Instruction>().is_ok()) {
        lines.dedup();
        Keep::Lines(lines, Vec::new())
    } else {
        Keep::Look("an argument of the build decides it: `instructions`")
    }
}
