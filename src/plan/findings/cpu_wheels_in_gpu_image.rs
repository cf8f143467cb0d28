//! An image for GPUs whose packages cannot use one: it holds a GPU of the cluster and computes on the CPU.

use super::{Scene, chain, label};
use crate::catalog::{Catalog, CudaVersion, LockedCuda};
use crate::closure::Closure;
use crate::diagnostic::Diagnostic;
use crate::lock::PackageId;
use crate::plan::packages::{gpu, pytorch};
use crate::rules;

/// What PyTorch has wheels for besides PyPI's; taken where the lock says nothing of CUDA.
const CUDA: CudaVersion = CudaVersion::new(12, 8);

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let closure = scene.closure();
    if !scene.subject.profile.gpu.value.is_on() || uses_gpu(scene, closure) {
        return Vec::new();
    }
    let cpu_only = closure
        .packages()
        .find(|(id, _, _)| is_cpu_only(scene, closure, *id));
    cpu_only
        .map(|(id, _, _)| finding(scene, closure, id))
        .into_iter()
        .collect()
}

/// Whether anything brings CUDA, loads it, or is for GPUs of another maker.
fn uses_gpu(scene: &Scene<'_, '_>, closure: &Closure<'_>) -> bool {
    let catalog = &scene.subject.inputs.catalog;
    let other = |id| {
        let told = gpu::of_package(catalog, closure, id);
        matches!(told, Some(LockedCuda::Other(_)))
    };
    !scene.cuda(closure).is_empty()
        || !gpu::needs(catalog, closure).is_empty()
        || closure.packages().any(|(id, _, _)| other(id))
}

fn is_cpu_only(scene: &Scene<'_, '_>, closure: &Closure<'_>, id: PackageId) -> bool {
    let catalog = &scene.subject.inputs.catalog;
    let twin = catalog.gpu().gpu_twin(&closure.lock().package(id).name);
    gpu::of_package(catalog, closure, id) == Some(LockedCuda::CpuOnly) || twin.is_some()
}

fn finding(scene: &Scene<'_, '_>, closure: &Closure<'_>, id: PackageId) -> Diagnostic {
    let name = &closure.lock().package(id).name;
    let declared = scene.declared(closure, id);
    let message = format!(
        "the image `{}` is for GPUs, and {} is built without CUDA",
        scene.subject.profile.name,
        label(closure, id)
    );
    let finding = Diagnostic::new(rules::CPU_WHEELS_IN_GPU_IMAGE, message)
        .at_some(
            declared
                .as_ref()
                .map(|declared| declared.place("comes in here")),
        )
        .with_note(format!("needed by {}", chain(closure, id)))
        .with_note("nothing else in it uses a GPU either");
    let direct = declared.as_ref().filter(|declared| declared.package == id);
    let catalog = &scene.subject.inputs.catalog;
    let help = match (catalog.gpu().gpu_twin(name), direct) {
        (Some(twin), Some(declared)) => {
            format!(
                "depend on `{twin}`: `{}`, `{}`",
                declared.remove(&[name.as_ref()]),
                declared.add_beside(&[twin])
            )
        }
        (Some(twin), None) => format!("`{twin}` does the same on GPUs"),
        (None, _) => torch(
            catalog,
            direct.and_then(|declared| pytorch::extra_of(&declared.list)),
        ),
    };
    let heading = scene.heading();
    finding.with_help(help).with_help(format!(
        "or, if it runs on CPUs, say so: `gpu = false` in {heading} of dfgen.toml"
    ))
}

/// PyPI's wheels have CUDA; an index of PyTorch's has those for another version of it.
fn torch(catalog: &Catalog, extra: Option<&str>) -> String {
    let extra = extra.map_or_else(String::new, |extra| format!(", extra = \"{extra}\""));
    let tag = pytorch::tag(CUDA);
    format!(
        "take its line out of [tool.uv.sources] for PyPI's wheels, or name an index with CUDA, and run `uv lock`\n\
         [tool.uv.sources]\ntorch = [{{ index = \"pytorch-{tag}\"{extra} }}]\n\n{}",
        pytorch::cuda_index(catalog, CUDA).trim_end()
    )
}
