//! A Python that gets no security fixes any more.

use super::Scene;
use crate::catalog::PythonMinor;
use crate::diagnostic::{Diagnostic, Place};
use crate::rules;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let python = scene.closure().target().python.short();
    let images = scene.subject.inputs.catalog.base_images();
    let minor: Option<PythonMinor> = python.parse().ok();
    let Some(date) = minor.and_then(|minor| images.ended(minor)) else {
        return Vec::new();
    };
    let name = &scene.subject.profile.name;
    let what =
        format!("`{name}` runs on Python {python}, which has had no security fixes since {date}");
    let finding = Diagnostic::new(rules::END_OF_LIFE_PYTHON, what).at_some(place(scene, &python));
    let supported = images
        .python_minors()
        .find(|minor| images.ended(*minor).is_none());
    let newer = supported.unwrap_or_else(|| images.default_python());
    let finding = match scene.subject.profile.python {
        Some(_) => finding.with_help(format!(
            "take a newer one: `python = \"{newer}\"` in {}",
            scene.heading()
        )),
        None => finding.with_help(format!("take a newer one: `uv python pin {newer}`")),
    };
    let help = format!(
        "where `requires-python` forbids it, raise that, as `requires-python = \">={newer}\"`, and run `uv lock`"
    );
    vec![finding.with_help(help)]
}

/// The line that asks for it.
fn place(scene: &Scene<'_, '_>, python: &str) -> Option<Place> {
    let profile = scene.subject.profile;
    let label = "asked for here";
    if let Some(said) = &profile.python {
        return said.origin.place_of(&said.value.to_string(), label);
    }
    if let Some(said) = &profile.base {
        return said.origin.place_of(python, label);
    }
    let request = scene.subject.inputs.project.python_request.as_ref()?;
    Some(request.place(label))
}
