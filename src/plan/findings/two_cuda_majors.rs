//! Two CUDA major versions in one image: it pays for both, and a process can hardly use both.

use super::{Scene, chain};
use crate::closure::Closure;
use crate::diagnostic::Diagnostic;
use crate::lock::PackageId;
use crate::plan::packages::gpu::{Cuda, listed, weight};
use crate::rules;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    if !scene.subject.profile.gpu.value.is_on() {
        return Vec::new();
    }
    let two = scene
        .closures
        .iter()
        .find(|closure| scene.cuda(closure).majors().len() > 1);
    two.map(|closure| finding(scene, closure, &scene.cuda(closure)))
        .into_iter()
        .collect()
}

fn finding(scene: &Scene<'_, '_>, closure: &Closure<'_>, cuda: &Cuda<'_>) -> Diagnostic {
    let majors = cuda.majors();
    let words: Vec<String> = majors.keys().map(|major| format!("CUDA {major}")).collect();
    let message = format!(
        "the image `{}` holds {}",
        scene.subject.profile.name,
        words.join(" and ")
    );
    let mut finding = Diagnostic::new(rules::TWO_CUDA_MAJORS, message);
    let mut fewest: Option<(u16, PackageId, usize)> = None;
    for (major, packages) in &majors {
        // A bare library of this version may have come with a package that is built for another.
        let first = packages[0];
        let bringer = packages
            .iter()
            .copied()
            .find(|id| cuda.bringer(*id) == *id)
            .unwrap_or_else(|| cuda.bringer(first));
        if let Some(declared) = scene.declared(closure, bringer) {
            finding = finding.at(declared.place(&format!("brings CUDA {major}")));
        }
        finding = finding
            .with_note(format!(
                "CUDA {major}: {}, {} to download",
                listed(closure, packages),
                weight(closure, packages)
            ))
            .with_note(format!("needed by {}", chain(closure, bringer)));
        if fewest.is_none_or(|(_, _, count)| packages.len() < count) {
            fewest = Some((*major, bringer, packages.len()));
        }
    }
    // The smaller part is the one to be without.
    let smaller = fewest.and_then(|(major, ..)| majors.get(&major));
    let names = smaller
        .into_iter()
        .flatten()
        .map(|id| &closure.lock().package(*id).name);
    finish(scene, closure, finding.with_packages(names), fewest)
}

fn finish(
    scene: &Scene<'_, '_>,
    closure: &Closure<'_>,
    finding: Diagnostic,
    fewest: Option<(u16, PackageId, usize)>,
) -> Diagnostic {
    let Some((major, bringer, _)) = fewest else {
        return finding;
    };
    let name = &closure.lock().package(bringer).name;
    let version = closure.lock().package(bringer).version.as_ref();
    let version = version.map_or_else(String::new, |version| version.only_release().to_string());
    let direct = scene
        .declared(closure, bringer)
        .filter(|declared| declared.package == bringer);
    let requirement = format!("{name}!={version}");
    let other = direct.map_or_else(
        || format!("constrain it: `constraint-dependencies = [\"{requirement}\"]` in [tool.uv] of pyproject.toml"),
        |declared| format!("`{}`", declared.add_beside(&[&requirement])),
    );
    finding.with_help(format!("look for a version of `{name}` that is not built for CUDA {major}, the smaller part here: {other}"))
}
