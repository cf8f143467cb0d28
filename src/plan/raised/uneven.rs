//! Images that shared their base image until somebody raised that of one.

use crate::diagnostic::Diagnostic;
use crate::existing::{ImageUse, Written};
use crate::plan::{Decision, ImagePlan};
use crate::profile::ImageRef;
use crate::rules;

/// What was planned for the base of an image.
fn planned(image: &ImagePlan) -> &ImageRef {
    let used = ImageUse::Stage("base".to_owned());
    let base = image.kept.iter().find(|kept| kept.used == used);
    base.map_or(&image.base.value, |kept| &kept.chosen)
}

/// Tells of images that would be built on one base image, and whose Dockerfiles have different ones.
pub(in crate::plan) fn uneven_bases(written: &Written, images: &[ImagePlan]) -> Vec<Diagnostic> {
    let mut told: Vec<&ImageRef> = Vec::new();
    let mut findings = Vec::new();
    for image in images {
        let base = planned(image);
        let alike: Vec<&ImagePlan> = images
            .iter()
            .filter(|other| planned(other) == base)
            .collect();
        let is_even = alike
            .iter()
            .all(|other| other.base.value == image.base.value);
        if is_even || told.contains(&base) {
            continue;
        }
        told.push(base);
        findings.push(uneven(written, base, &alike));
    }
    findings
}

fn uneven(written: &Written, planned: &ImageRef, images: &[&ImagePlan]) -> Diagnostic {
    let names: Vec<String> = images
        .iter()
        .map(|image| format!("`{}`", image.name))
        .collect();
    let problem = format!("{} no longer share their base image", names.join(" and "));
    let mut problem = Diagnostic::new(rules::UNEVEN_BASE, problem);
    for image in images {
        let path = written.path(&format!("{}.Dockerfile", image.name));
        problem = problem.with_note(format!("{path}: {}", image.base.value));
    }
    let newest = newest(planned, images);
    problem.with_help(format!(
        "write `FROM {newest} AS base` into each of them, then `dfgen render`"
    ))
}

/// The raised one, of several the newest.
fn newest<'i>(planned: &ImageRef, images: &[&'i ImagePlan]) -> &'i ImageRef {
    let bases = images.iter().map(|image| &image.base);
    let raised = bases
        .map(|Decision { value, .. }| value)
        .filter(|base| *base != planned);
    let newer = |one: &'i ImageRef, other: &'i ImageRef| {
        let versions = one.version().zip(other.version());
        let is_newer = versions.is_some_and(|(one, other)| !one.is_as_new_as(&other));
        if is_newer { other } else { one }
    };
    raised.reduce(newer).unwrap_or(&images[0].base.value)
}
