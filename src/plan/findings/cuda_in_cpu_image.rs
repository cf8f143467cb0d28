//! CUDA wheels in an image that is not for GPUs: gigabytes that nothing there can use.

use std::collections::BTreeMap;

use super::{Scene, chain, label};
use crate::closure::{Closure, Via};
use crate::diagnostic::Diagnostic;
use crate::lock::PackageId;
use crate::names::PackageName;
use crate::plan::packages::declared::Declared;
use crate::plan::packages::gpu::{Cuda, listed, weight};
use crate::plan::packages::pytorch::CpuWheels;
use crate::rules;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    if scene.subject.profile.gpu.value.is_on() {
        return Vec::new();
    }
    let with = scene
        .closures
        .iter()
        .find(|closure| !scene.cuda(closure).is_empty());
    with.map_or_else(Vec::new, |closure| findings(scene, closure))
}

/// One for torch and what is built with it, one for each other package that brings CUDA.
fn findings(scene: &Scene<'_, '_>, closure: &Closure<'_>) -> Vec<Diagnostic> {
    let cuda = scene.cuda(closure);
    let pytorch = scene.subject.inputs.catalog.gpu().pytorch_indexes();
    let mut ways: BTreeMap<&str, Vec<PackageId>> = BTreeMap::new();
    for id in cuda.bringers() {
        let name = &closure.lock().package(id).name;
        let way = if pytorch.have(name) {
            "torch"
        } else {
            name.as_ref()
        };
        ways.entry(way).or_default().push(id);
    }
    let mut findings = Vec::new();
    for (way, bringers) in ways {
        let finding = finding(scene, closure, &cuda, &bringers);
        findings.push(match way {
            "torch" => help_torch(scene, closure, &bringers, finding),
            _ => help_other(scene, closure, bringers[0], finding),
        });
    }
    findings
}

fn finding(
    scene: &Scene<'_, '_>,
    closure: &Closure<'_>,
    cuda: &Cuda<'_>,
    bringers: &[PackageId],
) -> Diagnostic {
    let first = bringers[0];
    let version = cuda.in_words();
    let name = &scene.subject.profile.name;
    let declared = scene.declared(closure, first);
    // What a person wrote says more than what it came to: torch, and not cuda-bindings.
    let written = declared
        .as_ref()
        .map(|declared| declared.package)
        .filter(|id| {
            let pytorch = scene.subject.inputs.catalog.gpu().pytorch_indexes();
            pytorch.have(&closure.lock().package(*id).name)
        });
    let message = format!(
        "the image `{name}` is not for GPUs, and {} brings CUDA {version}",
        label(closure, written.unwrap_or(first))
    );
    let mut finding = Diagnostic::new(rules::CUDA_IN_CPU_IMAGE, message)
        .at_some(
            declared
                .as_ref()
                .map(|declared| declared.place("brings CUDA in")),
        )
        .with_note(format!("needed by {}", chain(closure, first)));
    let libraries = cuda.libraries_of(bringers);
    if !libraries.is_empty() {
        let weight = weight(closure, &libraries);
        let names = libraries.iter().map(|id| &closure.lock().package(*id).name);
        finding = finding.with_packages(names).with_note(format!(
            "{} of its download are of no use here: {}",
            weight,
            listed(closure, &libraries)
        ));
    }
    finding
}

/// PyTorch has wheels without CUDA, on an index of its own. A source binds to direct dependencies only.
fn help_torch(
    scene: &Scene<'_, '_>,
    closure: &Closure<'_>,
    bringers: &[PackageId],
    finding: Diagnostic,
) -> Diagnostic {
    let wheels = CpuWheels::new(scene.subject, closure);
    if let Some(extra) = wheels.extra() {
        return finding.with_help(format!("take the extra that has PyTorch's CPU wheels: `extras = [\"{extra}\"]` in {} of dfgen.toml", scene.heading()));
    }
    let mut finding = finding.with_note("PyTorch's CPU wheels are smaller themselves, too");
    let declared = scene.declared(closure, bringers[0]);
    let indirect = wheels.indirect(closure);
    if let (Some(declared), false) = (&declared, indirect.is_empty()) {
        let names: Vec<&str> = indirect.iter().map(AsRef::as_ref).collect();
        let list = names.join(" and ");
        finding = finding.with_help(format!(
            "make {list} a direct dependency, since a source binds to no other: `{}`",
            declared.add_beside(&names)
        ));
    }
    finding = finding.with_help(format!(
        "take PyTorch's CPU wheels everywhere: write to pyproject.toml, and run `uv lock`\n{}",
        wheels.everywhere()
    ));
    let requirement = declared
        .as_ref()
        .filter(|declared| declared.package == bringers[0]);
    let requirement =
        requirement.map_or_else(|| "torch".to_owned(), |declared| declared.text.clone());
    finding
        .with_help(format!(
            "or, where another image runs on GPUs, give each its extra: the image for CPUs takes `cpu`, the other `gpu`\n{}",
            wheels.by_extra(&requirement)
        ))
        .with_help(for_gpus(scene))
}

fn help_other(
    scene: &Scene<'_, '_>,
    closure: &Closure<'_>,
    bringer: PackageId,
    finding: Diagnostic,
) -> Diagnostic {
    let name = &closure.lock().package(bringer).name;
    let catalog = &scene.subject.inputs.catalog;
    let declared = scene.declared(closure, bringer);
    let direct = declared
        .as_ref()
        .filter(|declared| declared.package == bringer);
    let prefer = catalog.package(name).and_then(|row| row.prefer().first());
    let twin = catalog.gpu().cpu_twin(name).or(prefer);
    let help = match (twin, direct) {
        (Some(twin), Some(declared)) => {
            let (remove, add) = (
                declared.remove(&[name.as_ref()]),
                declared.add_beside(&[twin.as_ref()]),
            );
            format!("depend on `{twin}`, which does the same without CUDA: `{remove}`, `{add}`")
        }
        (Some(twin), None) => format!(
            "`{twin}` does the same without CUDA: ask for a version of what needs `{name}` that takes it"
        ),
        (None, Some(declared)) if declared.text.contains('[') => {
            format!(
                "`{}` asks for an extra that brings CUDA: depend on it without, and move the extra to one for GPUs: `{}`",
                declared.text,
                to_gpu_extra(declared, name)
            )
        }
        (None, Some(declared)) => {
            let (remove, add) = (
                declared.remove(&[name.as_ref()]),
                to_gpu_extra(declared, name),
            );
            format!("move it to an extra that only an image for GPUs takes: `{remove}`, `{add}`")
        }
        (None, None) => format!(
            "leave it out, with what only it needs: `exclude = [\"{name}\"]` in {} of dfgen.toml",
            scene.heading()
        ),
    };
    finding.with_help(help).with_help(for_gpus(scene))
}

fn to_gpu_extra(declared: &Declared<'_>, name: &PackageName) -> String {
    let text = declared.text.as_str();
    let taken = matches!(&declared.list, Via::Extra(extra) if extra.as_ref() == "gpu");
    let extra = if taken {
        " --optional cuda"
    } else {
        " --optional gpu"
    };
    declared.add_to(extra, &[if text.is_empty() { name.as_ref() } else { text }])
}

fn for_gpus(scene: &Scene<'_, '_>) -> String {
    format!(
        "or, if it runs on GPUs, say so: `gpu = true` in {} of dfgen.toml",
        scene.heading()
    )
}
