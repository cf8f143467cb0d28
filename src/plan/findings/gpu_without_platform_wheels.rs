//! A platform of a GPU image for which the locked wheels have no CUDA: it is built, and never uses a GPU.

use super::{Scene, chain, label};
use crate::diagnostic::Diagnostic;
use crate::rules;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let Some(with) = scene
        .closures
        .iter()
        .find(|closure| !scene.cuda(closure).is_empty())
    else {
        return Vec::new();
    };
    if !scene.subject.profile.gpu.value.is_on() {
        return Vec::new();
    }
    let first = scene.cuda(with).bringers()[0];
    let without = scene
        .closures
        .iter()
        .filter(|closure| scene.cuda(closure).is_empty());
    without
        .map(|closure| {
            let platform = closure.target().platform;
            let name = &scene.subject.profile.name;
            let others: Vec<String> = scene
                .closures
                .iter()
                .map(|closure| closure.target().platform)
                .filter(|other| *other != platform)
                .map(|other| format!("\"{other}\""))
                .collect();
            Diagnostic::new(
                rules::GPU_WITHOUT_PLATFORM_WHEELS,
                format!(
                    "the image `{name}` is for GPUs, and {} has no CUDA on {platform}",
                    label(with, first)
                ),
            )
            .at_some(
                scene
                    .declared(with, first)
                    .map(|declared| declared.place("comes in here")),
            )
            .with_note(format!("needed by {}", chain(with, first)))
            .with_help(format!(
                "build it where it has: `platforms = [{}]` in {} of dfgen.toml",
                others.join(", "),
                scene.heading()
            ))
        })
        .collect()
}
