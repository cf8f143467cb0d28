//! The day as of which Debian's packages are taken.

use crate::diagnostic::{Diagnostic, Result};
use crate::plan::SnapshotPlan;
use crate::plan::inputs::Subject;
use crate::profile::ImageRef;
use crate::rules;

/// What the profile says. Errors: an image whose system is none of Debian's releases, which has no such archive.
pub(crate) fn snapshot(subject: &Subject<'_>, base: &ImageRef) -> Result<Option<SnapshotPlan>> {
    let Some(said) = &subject.profile.apt.snapshot else {
        return Ok(None);
    };
    let day = said.value;
    let images = subject.inputs.catalog.base_images();
    if let Some(release) = images.debian(base.as_ref()) {
        return Ok(Some(SnapshotPlan { day, release }));
    }
    let problem =
        format!("`apt.snapshot` is for images of Debian, and `{base}` is not known as one");
    Err(Diagnostic::new(rules::INVALID_VALUE, problem)
        .at_some(said.origin.place_of(&day.to_string(), "snapshot.debian.org has Debian alone"))
        .with_note(format!("in the profile `{}`", subject.profile.name))
        .with_help("start from an image of Debian, whose name tells its release: `base = \"python:3.13-slim-trixie\"`")
        .with_help("or leave `apt.snapshot` out: the packages are those of the day of the build")
        .into())
}
