//! A package of a GPU image that would have to be compiled with nvcc, which no stage has.

use super::{Scene, chain, label};
use crate::diagnostic::Diagnostic;
use crate::plan::packages::gpu;
use crate::rules;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    if !scene.subject.profile.gpu.value.is_on() {
        return Vec::new();
    }
    let closure = scene.closure();
    let needs = gpu::needs(&scene.subject.inputs.catalog, closure);
    needs
        .iter()
        .filter(|need| need.wants_nvcc)
        .map(|need| {
            let name = &closure.lock().package(need.id).name;
            Diagnostic::new(rules::CUDA_COMPILER, format!("{} has no wheel, and compiling it for GPUs takes nvcc, which the build stage does not have", label(closure, need.id)))
                .at_some(scene.declared(closure, need.id).map(|declared| declared.place("comes in here")))
                .with_note(format!("needed by {}", chain(closure, need.id)))
                .with_note(need.row.note())
                .with_help(format!("take a wheel that was built for your CUDA, from its maker's releases or index: `{name} = {{ url = \"https://...whl\" }}` in [tool.uv.sources] of pyproject.toml"))
        })
        .collect()
}
