//! Images that somebody raised in a generated file, as bots do, and that the next render keeps.
//!
//! Three images meet: the one that dfgen chose when it wrote the file, the one that stands there, and the one that it
//! would choose now. Who raised one said so later than the plan, and is heeded as long as that fits; what the user says
//! anew in dfgen.toml is later still.

mod fits;
mod images;
mod uneven;

use super::{Decision, KeptImage};
use crate::diagnostic::Diagnostic;
use crate::existing::{ImageUse, Written};
use crate::profile::ImageRef;
use crate::rules;

use fits::Misfit;

pub(super) use images::{bases, images, services};
pub(super) use uneven::uneven_bases;

/// An image that dfgen chooses, and what is to be known when the file has another.
pub(super) struct Choice<'c> {
    /// The file that names it.
    pub(super) file: &'c str,
    /// What for.
    pub(super) used: ImageUse,
    /// The image.
    pub(super) planned: &'c Decision<ImageRef>,
    /// How to have another, `{image}`; empty for none.
    pub(super) way: &'c str,
    /// Whether the user says which.
    pub(super) is_said: bool,
}

/// What becomes of the image that stands in a file.
pub(super) enum Verdict {
    /// It is the planned one, or the one of an earlier plan.
    Planned,
    /// It stays.
    Kept(KeptImage),
    /// It goes, and this is why.
    Replaced(Diagnostic),
}

impl Choice<'_> {
    pub(super) fn judge(
        &self,
        written: &Written,
        fits: impl FnOnce(&ImageRef) -> Result<(), Misfit>,
    ) -> Verdict {
        let planned = &self.planned.value;
        let there = written.image(self.file, &self.used);
        let raised = there.filter(|there| there.is_raised() && there.named.image != *planned);
        let Some(raised) = raised else {
            return Verdict::Planned;
        };
        let image = &raised.named.image;
        let is_planned_anew = !raised.was_chosen(planned);
        let misfit = fits(image).err().or_else(|| {
            let is_newer = || {
                let versions = image.version().zip(planned.version());
                versions.is_some_and(|(image, planned)| image.is_as_new_as(&planned))
            };
            match (is_planned_anew, self.is_said) {
                (false, _) => None,
                (true, true) => Some(format!("{} says so now", self.planned.because)),
                (true, false) => (!is_newer()).then(|| "that is newer".to_owned()),
            }
        });
        match misfit {
            None => Verdict::Kept(KeptImage {
                used: self.used.clone(),
                chosen: planned.clone(),
                image: image.clone(),
            }),
            Some(why) => Verdict::Replaced(self.replaced(written, image, &why, is_planned_anew)),
        }
    }

    fn replaced(
        &self,
        written: &Written,
        image: &ImageRef,
        why: &str,
        is_planned_anew: bool,
    ) -> Diagnostic {
        let path = written.path(self.file);
        let planned = &self.planned.value;
        let problem = format!("`{path}` has `{image}`, and `{planned}` is written instead: {why}");
        let way = self.way.replace("{image}", image.as_ref());
        let problem = Diagnostic::new(rules::REPLACED_IMAGE, problem)
            .with_note(format!("`{planned}` is planned: {}", self.planned.because))
            .with_help_some((!way.is_empty()).then(|| format!("what says it: {way}")));
        // A plan that changed is what was asked for.
        if is_planned_anew {
            problem.into_note()
        } else {
            problem
        }
    }
}

impl Decision<ImageRef> {
    /// The same decision with the image that stands in the file.
    fn kept(&self, kept: &KeptImage, path: &str) -> Self {
        let because = format!(
            "{path} has it in place of {}: {}",
            kept.chosen, self.because
        );
        Self::new(kept.image.clone(), because)
    }
}
