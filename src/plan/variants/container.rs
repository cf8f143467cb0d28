//! Extras and groups that a container of the project's own installs: the image of the same application has them too, as
//! far as they are for what it computes on and nobody's tools.

use super::pick::Pick;
use super::{Models, Scene};
use crate::closure::Via;
use crate::diagnostic::Result;
use crate::existing::Install;
use crate::plan::inputs::Subject;
use crate::target::Target;

/// What an image takes of it beside what its application asks for. Which flavour of what it computes with it takes is
/// decided elsewhere.
pub(in crate::plan) fn installed(
    subject: &Subject<'_>,
    target: &Target,
    install: &Install,
) -> Result<Vec<Via>> {
    let scene = Scene::new(subject, target)?;
    let pick = scene.pick();
    let applications = &scene.offer.applications;
    let needs = applications.needs(subject, scene.parts(), pick.models);
    let mut taken = pick.pick(&needs).taken;
    let mut found = Vec::new();
    for (number, part) in scene.parts().iter().enumerate() {
        let is_named = match &part.via {
            Via::Extra(extra) => install.takes_extra(extra.as_ref()),
            Via::Group(group) => install.takes_group(group.as_ref()),
            Via::Project => false,
        };
        if is_named && pick.may_add(number, &taken) {
            taken.push(number);
            found.push(part.via.clone());
        }
    }
    Ok(found)
}

impl Pick<'_, '_> {
    /// Whether a part can stand beside those that are taken, and is none that only another image needs.
    fn may_add(&self, number: usize, taken: &[usize]) -> bool {
        let part = &self.parts[number];
        let is_kept = part.ml.is_none() || self.models != Models::Forbidden;
        let has_wheels = part.uncompiled.is_none();
        let is_plain = !part.is_variant && part.hint.is_none() && part.fit(self.wanted).is_some();
        let is_new = !taken.contains(&number) && self.is_free(number, taken);
        is_new && is_kept && has_wheels && is_plain && !part.is_development
    }
}
