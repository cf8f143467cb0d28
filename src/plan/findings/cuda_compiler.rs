//! A package of a GPU image that would have to be compiled with nvcc, which no stage has.

use super::{Rule, Scene, chain, label};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::gpu;

pub(super) static RULE: Rule = Rule {
    name: "cuda-compiler",
    severity: Severity::Warning,
    check,
};

fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    if !scene.subject.profile.gpu.value {
        return Vec::new();
    }
    let closure = scene.closure();
    let needs = gpu::needs(scene.subject.inputs.catalog, closure);
    needs
        .iter()
        .filter(|need| need.wants_nvcc)
        .map(|need| {
            let name = &closure.lock().package(need.id).name;
            RULE.finding(format!("{} has no wheel, and compiling it for GPUs takes nvcc, which the build stage does not have", label(closure, need.id)))
                .at_some(scene.declared(closure, need.id).map(|declared| declared.place("comes in here")))
                .with_note(format!("needed by {}", chain(closure, need.id)))
                .with_note(need.row.note())
                .with_help(format!("take a wheel that was built for your CUDA, from its maker's releases or index: `{name} = {{ url = \"https://...whl\" }}` in [tool.uv.sources] of pyproject.toml"))
        })
        .collect()
}
