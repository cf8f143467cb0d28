//! What a build takes as it is on its day: nothing in the project says which version.
//!
//! Locked packages are held by `uv.lock`, and uv by its version. The rest moves under a build unless somebody holds it;
//! a plan names each such thing, with what holds it.

use super::inputs::Subject;
use super::{ImagePlan, StepIn, Unpinned};
use crate::profile::ImageRef;

impl Unpinned {
    fn new(what: &str, which: impl Into<String>, hold: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            which: which.into(),
            hold: hold.into(),
        }
    }

    fn image(what: &str, image: &ImageRef, key: &str) -> Option<Self> {
        let hold = format!(
            "{key} = \"{image}@sha256:...\"; `docker buildx imagetools inspect {image}` prints the digest"
        );
        (!image.is_digest()).then(|| Self::new(what, image.to_string(), hold))
    }
}

/// All of it, of one image.
pub(super) fn unpinned(subject: &Subject<'_>, image: &ImagePlan) -> Vec<Unpinned> {
    let mut found: Vec<Unpinned> = match &image.build_base {
        None => Unpinned::image("base image", &image.base.value, "base")
            .into_iter()
            .collect(),
        Some(builder) => {
            let runs = Unpinned::image("base image", &image.base.value, "base.runtime");
            let builds = Unpinned::image("image that builds", &builder.value, "base.build");
            runs.into_iter().chain(builds).collect()
        }
    };
    let of_steps = image
        .steps
        .iter()
        .filter_map(|step| match &step.value.place {
            StepIn::Elsewhere { image, .. } => {
                Unpinned::image("image of a build step", image, "image")
            }
            StepIn::Here { .. } => None,
        });
    found.extend(of_steps);
    found.extend(image.build.rust.as_ref().map(|rust| {
        let hold =
            "`channel` in rust-toolchain.toml names its version; the Debian below it gets updates";
        Unpinned::new("Rust toolchain", rust.value.to_string(), hold)
    }));
    found.extend(debian(image));
    found.extend(build_requirements(subject, image));
    found
}

/// Debian's packages, of a release that gets updates.
fn debian(image: &ImagePlan) -> Option<Unpinned> {
    if image.snapshot.is_some() {
        return None;
    }
    let mut names: Vec<&str> = image.apt().collect();
    names.sort_unstable();
    names.dedup();
    let hold = "apt.snapshot = \"YYYY-MM-DD\", a day not before that of the base image";
    (!names.is_empty()).then(|| Unpinned::new("Debian packages", names.join(", "), hold))
}

/// `build-system.requires` of what is built is resolved when it is built: `uv.lock` has nothing of it.
fn build_requirements(subject: &Subject<'_>, image: &ImagePlan) -> Option<Unpinned> {
    if subject.inputs.project.lock.exclude_newer().is_some() {
        return None;
    }
    let own = image.app.packages().map(|package| package.name.to_string());
    let mut built: Vec<String> = own
        .chain(image.build.packages.iter().map(ToString::to_string))
        .collect();
    built.sort();
    built.dedup();
    let hold = if image.build.constraints.is_empty() {
        "`exclude-newer = \"YYYY-MM-DDT00:00:00Z\"` in [tool.uv], then `uv lock`: the build keeps to the day of the lock; \
         or `build-constraint-dependencies = [\"NAME==VERSION\"]`"
    } else {
        "only what `build-constraint-dependencies` names; `exclude-newer = \"YYYY-MM-DDT00:00:00Z\"` in [tool.uv], \
         then `uv lock`, holds all of it"
    };
    (!built.is_empty()).then(|| Unpinned::new("build requirements", built.join(", "), hold))
}
