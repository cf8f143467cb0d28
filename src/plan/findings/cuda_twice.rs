//! A CUDA base image under wheels that bring CUDA: the same libraries twice.

use super::{Scene, chain, label};
use crate::diagnostic::Diagnostic;
use crate::plan::packages::gpu::{self, listed, weight};
use crate::rules;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let closure = scene.closure();
    let cuda = scene.cuda(closure);
    let bringers = cuda.bringers();
    let libraries = cuda.libraries_of(&bringers);
    if libraries.is_empty() || !has_cuda(scene.base.as_ref()) {
        return Vec::new();
    }
    let catalog = &scene.subject.inputs.catalog;
    let first = bringers[0];
    let finding = Diagnostic::new(
        rules::CUDA_TWICE,
        format!(
            "the base image `{}` holds CUDA, and {} brings it again",
            scene.base.as_ref(),
            label(closure, first)
        ),
    )
    .at_some(
        scene
            .declared(closure, first)
            .map(|declared| declared.place("brings CUDA in")),
    )
    .with_packages(libraries.iter().map(|id| &closure.lock().package(*id).name))
    .with_note(format!("needed by {}", chain(closure, first)))
    .with_note(format!(
        "in wheels: {}, {} to download",
        listed(closure, &libraries),
        weight(closure, &libraries)
    ));
    let needing = gpu::needs(catalog, closure)
        .into_iter()
        .find(|need| !need.row.unless().is_empty());
    vec![match (&scene.subject.profile.base, needing) {
        (Some(base), _) => finding.with_help(format!(
            "take the slim Python image, which is enough under CUDA wheels: leave out `base` of {} ({})",
            scene.heading(), base.origin
        )),
        (None, Some(need)) => finding.with_help(format!(
            "let wheels bring what {} loads as well, and the slim image is enough: `uv add {}`",
            label(closure, need.id), need.row.unless()[0]
        )),
        (None, None) => finding,
    }]
}

/// Images that are known to hold CUDA, by their repository.
fn has_cuda(image: &str) -> bool {
    let repository = image.split(['@', ':']).next().unwrap_or(image);
    ["nvidia/cuda", "pytorch/pytorch", "nvcr.io/nvidia/"]
        .iter()
        .any(|known| repository.contains(known))
}
