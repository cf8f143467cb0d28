//! What is not taken, in words: an extra for other hardware, an older CUDA, what nothing here could compile.

use super::needs::Models;
use super::part::{Fit, Part};
use super::{Scene, in_words};
use crate::catalog::Accelerator;
use crate::closure::Via;
use crate::diagnostic::Diagnostic;
use crate::plan::packages::declared::Declared;
use crate::rules;

/// Notes about parts that an image for models leaves out, though they are for models.
pub(super) fn left_out(scene: &Scene<'_, '_>, taken: &[usize]) -> Vec<Diagnostic> {
    let pick = scene.pick();
    // Where every part is for other hardware, no image for models is made that could tell.
    let mut models = scene.parts().iter().filter(|part| part.ml.is_some());
    let usual = [Accelerator::Cpu, Accelerator::Cuda];
    let is_elsewhere = models.all(|part| usual.iter().all(|one| part.fit(*one).is_none()));
    let has_models = pick.has_models || has_models(scene, taken);
    if !is_elsewhere && (pick.models == Models::Forbidden || !has_models) {
        return Vec::new();
    }
    let parts = scene.parts().iter().enumerate();
    let left = parts.filter(|(number, part)| {
        part.ml.is_some() && !part.is_development && !taken.contains(number)
    });
    let notes = left.filter_map(|(_, part)| note(scene, part, taken, pick.wanted));
    notes.collect()
}

fn has_models(scene: &Scene<'_, '_>, taken: &[usize]) -> bool {
    taken.iter().any(|part| scene.parts()[*part].ml.is_some())
}

fn note(
    scene: &Scene<'_, '_>,
    part: &Part,
    taken: &[usize],
    wanted: Accelerator,
) -> Option<Diagnostic> {
    let words = in_words(&part.via);
    let lock = scene.plain.lock();
    let own = [part.told, part.hint];
    let usual = |one: &Accelerator| matches!(one, Accelerator::Cpu | Accelerator::Cuda);
    let other = own
        .into_iter()
        .flatten()
        .find(|one| !usual(one) && *one != wanted);
    if let Some(id) = part.uncompiled {
        let label = lock.package(id).label().replace("==", " ");
        let what = format!(
            "the {words} is not taken: {label} has no wheel, and compiling it for GPUs takes nvcc, which the build stage does not have"
        );
        let note = told(scene, part, what);
        return Some(note.with_help(
            "take a wheel that was built for your CUDA, from its maker's releases or index, as a source in [tool.uv.sources]",
        ));
    }
    if part.is_for_another_system {
        let what = format!(
            "the {words} is for another system by its name, and no image takes it by itself"
        );
        let note = told(scene, part, what);
        let lines = lines(scene, &part.via);
        return Some(note.with_help(format!(
            "where that is not so, write to dfgen.toml:\n{lines}"
        )));
    }
    if let Some(other) = other {
        let what = format!("the {words} is for `{other}`, and no image takes it by itself");
        let note = told(scene, part, what);
        return Some(note.with_help(format!(
            "for an image that runs there, write to dfgen.toml:\n[profile.ml-{other}]\nextends = \"ml-inference-cpu\"\naccelerator = \"{other}\""
        )));
    }
    let fits = part.fit(wanted).is_some_and(|fit| fit <= Fit::Named);
    let mut rivals = taken.iter().map(|taken| &scene.parts()[*taken]);
    let rival = rivals.find(|rival| rival.cuda > part.cuda && rival.excludes(part, scene.subject));
    let (rival, own, newer) = (rival?, part.cuda?, rival?.cuda?);
    fits.then(|| {
        let what = format!(
            "the {words} (CUDA {own}) is not taken: the {} has CUDA {newer}",
            in_words(&rival.via)
        );
        told(scene, part, what).with_help(format!(
            "to have it instead, write to dfgen.toml:\n{}",
            lines(scene, &part.via)
        ))
    })
}

fn told(scene: &Scene<'_, '_>, part: &Part, what: String) -> Diagnostic {
    let id = part.uncompiled.or(part.ml);
    let place = id.and_then(|id| Declared::in_list(scene.subject, &part.via, id));
    let place = place.map(|declared| declared.place("stands here"));
    Diagnostic::new(rules::LEFT_OUT_VARIANT, what).at_some(place)
}

/// The lines of dfgen.toml that take one part.
fn lines(scene: &Scene<'_, '_>, via: &Via) -> String {
    let heading = format!("[profile.{}]", scene.subject.profile.name);
    match via {
        Via::Extra(extra) => format!("{heading}\nextras = [\"{extra}\"]"),
        Via::Group(group) => format!("{heading}\ngroups = [\"{group}\"]"),
        Via::Project => heading,
    }
}

/// Two parts that exclude each other, where nothing tells which is meant.
pub(super) fn ambiguous(
    scene: &Scene<'_, '_>,
    one: usize,
    other: usize,
    taken: &[usize],
) -> Diagnostic {
    let name = &scene.subject.profile.name;
    let words = |number: &usize| in_words(&scene.parts()[*number].via);
    let what = format!(
        "the profile `{name}` takes what brings the ML stack, and {} and {} cannot be installed together",
        words(&one),
        words(&other)
    );
    let all: Vec<String> = taken.iter().map(words).collect();
    Diagnostic::new(rules::AMBIGUOUS_ML, what)
        .with_note(format!("fitting together: {}", all.join(", ")))
        .with_help(format!(
            "say which to take, in dfgen.toml, for example:\n{}",
            lines(scene, &scene.parts()[one].via)
        ))
}
