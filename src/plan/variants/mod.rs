//! Which extras and groups belong to which image.
//!
//! Decided by what each changes in the closure: what it computes on, read off indexes, versions and packages; what of
//! the ML stack it brings; and whether an application of the image imports it. Flavours of one distribution exclude
//! each other, as extras do that the project declares to conflict.

mod container;
mod left;
mod needs;
mod part;
mod pick;
mod selection;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use crate::catalog::Accelerator;
use crate::closure::{Closure, Selection, Via};
use crate::diagnostic::{Diagnostic, Result};
use crate::names::{ExtraName, GroupName};
use crate::plan::inputs::Subject;
use crate::plan::packages::{gpu, stack};
use crate::profile::{PackagePattern, Wanted};
use crate::target::Target;
use needs::{Applications, Models};
use part::{Fit, Part};
use pick::{Asked, Pick};

pub(in crate::plan) use container::installed;
pub(in crate::plan) use selection::selection;

/// The extras and groups that are taken for an image.
#[derive(Debug, Default)]
pub(in crate::plan) struct Chosen {
    /// Extras.
    pub(in crate::plan) extras: Vec<ExtraName>,
    /// Groups.
    pub(in crate::plan) groups: Vec<GroupName>,
    /// What brings the ML stack, in words: `extra `gpu``.
    pub(in crate::plan) models: Vec<String>,
    /// What the application needs besides, in words.
    pub(in crate::plan) others: Vec<String>,
    /// Whether all of what it computes with is made for the image's accelerator, as far as parts decide.
    pub(in crate::plan) is_fitting: Option<bool>,
    /// Whether what is served starts with the models' parts only.
    pub(in crate::plan) all_need_models: bool,
    /// What is not taken, and why.
    pub(in crate::plan) left_out: Vec<Diagnostic>,
}

/// What the image of a profile computes on.
pub(in crate::plan) fn accelerator(subject: &Subject<'_>) -> Accelerator {
    let profile = subject.profile;
    let usual = if profile.gpu.value.is_on() {
        Accelerator::Cuda
    } else {
        Accelerator::Cpu
    };
    profile
        .accelerator
        .as_ref()
        .map_or(usual, |said| said.value)
}

/// The plain closure of a member, with its parts and what its applications need of them.
struct Scene<'a, 'p> {
    subject: &'a Subject<'p>,
    plain: Closure<'p>,
    offer: Rc<Offer>,
}

/// The parts that a member has, for whatever image.
struct Offer {
    parts: Vec<Part>,
    applications: Applications,
}

impl Offer {
    fn new(subject: &Subject<'_>, plain: &Closure<'_>) -> Self {
        let parts = Part::all(subject, plain);
        let applications = if parts.iter().all(|part| part.is_development) {
            Applications::default()
        } else {
            Applications::new(subject, plain, &parts)
        };
        Self {
            parts,
            applications,
        }
    }
}

impl<'a, 'p> Scene<'a, 'p> {
    fn new(subject: &'a Subject<'p>, target: &Target) -> Result<Self> {
        let base = Selection {
            members: subject.members(),
            ..Selection::production()
        };
        let plain = subject.inputs.closure(&base, target)?;
        let offer = subject.once(target, || Offer::new(subject, &plain));
        Ok(Self {
            subject,
            plain,
            offer,
        })
    }

    fn parts(&self) -> &[Part] {
        &self.offer.parts
    }

    fn pick(&self) -> Pick<'_, 'p> {
        let profile = self.subject.profile;
        let (extras, groups) = (&profile.extras.value, &profile.groups.value);
        let (extras_asked, groups_asked) = (asked(extras), asked(groups));
        let is_said = |part: &Part| match &part.via {
            Via::Extra(extra) => extras.contains(&Wanted::Name(extra.clone())),
            Via::Group(group) => {
                let is_default = part.is_default && groups.contains(&Wanted::Default);
                is_default || groups.contains(&Wanted::Name(group.clone()))
            }
            Via::Project => false,
        };
        let said = self.parts().iter().enumerate();
        let said = said.filter(|(_, part)| is_said(part));
        let models = if extras_asked.models || groups_asked.models {
            Models::Wanted
        } else if profile.forbid.value.contains(&PackagePattern::Ml) {
            Models::Forbidden
        } else {
            Models::Allowed
        };
        Pick {
            subject: self.subject,
            parts: self.parts(),
            wanted: accelerator(self.subject),
            models,
            has_models: stack::of_closure(&self.subject.inputs.catalog, &self.plain).is_some(),
            said: said.map(|(number, _)| number).collect(),
            extras: extras_asked,
            groups: groups_asked,
        }
    }
}

fn asked<T: PartialEq>(wanted: &[Wanted<T>]) -> Asked {
    Asked {
        follows: wanted.contains(&Wanted::App),
        models: wanted.contains(&Wanted::Ml),
    }
}

/// Chooses for the image of a profile, where it leaves that to dfgen. Errors: parts of the ML stack that exclude each
/// other, where nothing tells which is meant.
pub(in crate::plan) fn chosen(subject: &Subject<'_>, target: &Target) -> Result<Chosen> {
    let scene = Scene::new(subject, target)?;
    let pick = scene.pick();
    let applications = &scene.offer.applications;
    let needs = applications.needs(subject, scene.parts(), pick.models);
    let picked = pick.pick(&needs);
    if let Some((one, other)) = picked.equal {
        return Err(left::ambiguous(&scene, one, other, &picked.taken).into());
    }
    let mut chosen = Chosen {
        all_need_models: applications.all_need_models(subject, scene.parts()),
        left_out: left::left_out(&scene, &picked.taken),
        ..Chosen::default()
    };
    let has_defaults = subject.profile.groups.value.contains(&Wanted::Default);
    let mut is_odd = false;
    let mut is_for_it = false;
    for part in picked.taken.iter().map(|number| &scene.parts()[*number]) {
        let words = match part.ml {
            Some(_) => &mut chosen.models,
            None => &mut chosen.others,
        };
        words.push(in_words(&part.via));
        is_odd |= part.ml.is_some() && part.fit(pick.wanted) == Some(Fit::Odd);
        is_for_it |= part.fit(pick.wanted).is_some_and(|fit| fit <= Fit::Named);
        match &part.via {
            Via::Extra(extra) => chosen.extras.push(extra.clone()),
            // `@default` takes it already.
            Via::Group(_) if part.is_default && has_defaults => {}
            Via::Group(group) => chosen.groups.push(group.clone()),
            Via::Project => {}
        }
    }
    chosen.is_fitting = (is_odd || is_for_it).then_some(!is_odd);
    Ok(chosen)
}

/// Whether what an image would hold is made for what it computes on.
pub(in crate::plan) fn is_fitting(
    subject: &Subject<'_>,
    chosen: &Chosen,
    closure: &Closure<'_>,
) -> bool {
    let has_cuda = gpu::has_cuda(&subject.inputs.catalog, closure);
    let is_for_cuda = accelerator(subject) == Accelerator::Cuda;
    match chosen.is_fitting {
        Some(false) => false,
        Some(true) => !is_for_cuda || has_cuda,
        None => has_cuda == is_for_cuda,
    }
}

/// `extra `gpu``, `group `models``.
fn in_words(via: &Via) -> String {
    match via {
        Via::Extra(extra) => format!("extra `{extra}`"),
        Via::Group(group) => format!("group `{group}`"),
        Via::Project => String::new(),
    }
}
