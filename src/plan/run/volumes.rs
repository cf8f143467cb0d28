//! What an image keeps when its container goes: downloaded models, and what the application writes.

use crate::plan::inputs::Subject;
use crate::plan::{Decision, VolumePlan};
use crate::profile::{DataFolder, Profile};

/// The volume of downloaded models. Each image has its own: the libraries of another write it in their own way.
pub(crate) fn model_cache(profile: &Profile) -> Option<VolumePlan> {
    let folder = profile.model_cache.as_ref()?.value.in_image();
    Some(VolumePlan {
        name: format!("{}-models", profile.name),
        folder,
    })
}

/// The volumes that the profile says. Images of the same source share them, as they shared the folder.
pub(crate) fn said(subject: &Subject<'_>) -> Vec<Decision<VolumePlan>> {
    let said = &subject.profile.volumes;
    let volume = |folder: &DataFolder| VolumePlan {
        name: name(subject, folder.as_ref()),
        folder: folder.in_image(),
    };
    let volumes = said.value.iter().map(volume);
    let decided = volumes.map(|volume| Decision::new(volume, said.origin.to_string()));
    decided.collect()
}

/// `data`; that of a member has its name, as others may have a folder that is called the same.
pub(super) fn name(subject: &Subject<'_>, folder: &str) -> String {
    let folder = folder.trim_matches(['/', '.']).replace('/', "-");
    let member = subject
        .manifest
        .name()
        .filter(|_| !subject.folder.is_empty());
    match member {
        Some(member) => format!("{member}-{folder}"),
        None => folder,
    }
}
