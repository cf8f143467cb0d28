//! Variables that an image should not hold: secrets, and what switches debugging on.

use super::{Look, Seen};
use crate::catalog::Dockerfiles;
use crate::existing::dockerfile::Kind;
use crate::existing::steps::Step;
use crate::secret::is_secret;

pub(super) fn secrets(look: &Look<'_>) -> Vec<Seen> {
    let found = look
        .image
        .env
        .iter()
        .filter(|one| is_secret(&one.value.name, &one.value.value));
    let mut seen: Vec<Seen> = found
        .map(|one| (one.place.clone(), one.value.name.clone()))
        .collect();
    for step in look.image.steps.iter() {
        match &step.kind {
            Kind::Arg(pairs) => {
                let told = pairs.iter().filter(|(name, value)| {
                    let value = value.as_deref().unwrap_or_default();
                    is_secret(name, value)
                        || value.is_empty() && is_named(name) && is_used(look, step, name)
                });
                seen.extend(told.map(|(name, _)| (step.place.within(name), name.clone())));
            }
            Kind::Copy {
                from: None,
                sources,
                ..
            } if step.ships => {
                let files = sources.iter().filter(|source| is_secret_file(source));
                seen.extend(files.map(|file| (step.place.clone(), file.clone())));
            }
            _ => {}
        }
    }
    seen
}

/// Whether a name alone says that what it holds is a secret.
fn is_named(name: &str) -> bool {
    is_secret(name, "Zq8Kp2Lw9TxA4rV7")
}

/// Whether a later line of the same stage puts a build argument in.
fn is_used(look: &Look<'_>, argument: &Step, name: &str) -> bool {
    let forms = [format!("${name}"), format!("${{{name}}}")];
    let mut steps = look
        .image
        .steps
        .iter()
        .filter(|step| step.stage == argument.stage);
    steps.any(|step| forms.iter().any(|form| step.place.text().contains(form)))
}

fn is_secret_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_env = name == ".env"
        || name.starts_with(".env.") && !name.contains("example") && !name.contains("sample");
    is_env || matches!(name, "id_rsa" | "id_ed25519" | ".netrc" | ".pypirc")
}

/// Whether a variable switches debugging on.
pub(crate) fn is_debug(name: &str, value: &str) -> bool {
    let known = Dockerfiles::embedded();
    known.debug_variables().contains(name) && known.debug_values().contains(&value.to_lowercase())
}

pub(super) fn debug_environment(look: &Look<'_>) -> Vec<Seen> {
    let found = look
        .image
        .env
        .iter()
        .filter(|one| is_debug(&one.value.name, &one.value.value));
    found
        .map(|one| {
            (
                one.place.clone(),
                format!("{}={}", one.value.name, one.value.value),
            )
        })
        .collect()
}
