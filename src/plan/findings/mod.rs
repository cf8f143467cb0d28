//! What somebody should look at before an image is built: it would work, and cost more than it has to.
//!
//! One rule for each file of this folder, all in [`CHECKS`]. A check looks at what is decided about one
//! image and changes nothing. Its finding says what to write, in the words that uv takes.

mod cpu_wheels_in_gpu_image;
mod cuda_compiler;
mod cuda_in_cpu_image;
mod cuda_twice;
mod development_tool;
mod end_of_life_python;
mod gpu_without_platform_wheels;
mod ignored_file;
mod optional_package;
mod two_cuda_majors;
mod unpinned_build_requirements;

use std::collections::{BTreeSet, HashMap};

use super::inputs::{Subject, unknown_rules};
use super::{AptNeed, ImagePlan};
use crate::catalog::DebianRelease;
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::PackageId;
use crate::names::PackageName;
use crate::plan::packages::declared::Declared;
use crate::plan::packages::gpu::Cuda;
use crate::plan::run::containers::Own;
use crate::plan::run::local::Locals;
use crate::profile::ImageRef;
use crate::rules::{self, Rule};

/// What a rule looks at: one image, as decided.
pub(super) struct Scene<'a, 'p> {
    pub(super) subject: &'a Subject<'p>,
    /// One for each platform, the one that it is mostly built for first.
    pub(super) closures: &'a [Closure<'p>],
    pub(super) base: &'a ImageRef,
    /// The development tools, and the packages with needs of some uses, that what the image runs imports.
    pub(super) imported: &'a BTreeSet<PackageName>,
    /// Words of its source that show such uses.
    pub(super) shown: &'a BTreeSet<String>,
    /// The Debian packages that it has.
    pub(super) runtime: &'a [AptNeed],
    pub(super) release: DebianRelease,
}

/// What is looked for, each in the file that has its rule's name.
const CHECKS: [fn(&Scene<'_, '_>) -> Vec<Diagnostic>; 11] = [
    cpu_wheels_in_gpu_image::check,
    cuda_compiler::check,
    cuda_in_cpu_image::check,
    cuda_twice::check,
    development_tool::check,
    end_of_life_python::check,
    gpu_without_platform_wheels::check,
    ignored_file::check,
    optional_package::check,
    two_cuda_majors::check,
    unpinned_build_requirements::check,
];

/// What the profile does not want to hear about is left out. Errors: a rule that does not exist.
pub(super) fn without_silenced(
    subject: &Subject<'_>,
    mut findings: Vec<Diagnostic>,
) -> Result<Vec<Diagnostic>> {
    let everywhere = &subject.inputs.config.silence;
    let mut problems =
        subject.unknown_rules("silence", &subject.profile.silence, rules::findings());
    problems.extend(unknown_rules(
        "silence",
        everywhere,
        rules::findings_and_faults(),
    ));
    Diagnostics::check(problems)?;
    findings.retain(|finding| !is_silenced(subject, finding.rule()));
    Ok(findings)
}

/// Whether the profile or the whole project does not want to hear of a rule.
pub(in crate::plan) fn is_silenced(subject: &Subject<'_>, rule: &Rule) -> bool {
    let lists = [&subject.profile.silence, &subject.inputs.config.silence];
    let mut names = lists.into_iter().flat_map(|list| &list.value);
    names.any(|name| name.as_ref() == rule.name())
}

/// One image's plan, and what there is to say about it.
pub(in crate::plan) struct Planned<'p> {
    pub(in crate::plan) subject: Subject<'p>,
    pub(in crate::plan) image: ImagePlan,
    pub(in crate::plan) findings: Vec<Diagnostic>,
    /// The project's own containers that do its work.
    pub(in crate::plan) own: Vec<Own<'p>>,
    /// Addresses of the developer's machine that nothing sets.
    pub(in crate::plan) locals: Locals,
}

/// What every check finds, in the order of the checks.
pub(super) fn find(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    CHECKS.iter().flat_map(|check| check(scene)).collect()
}

/// The findings of all images, each once: what several have says which.
pub(super) fn of_images(planned: &[Planned<'_>]) -> Vec<Diagnostic> {
    let mut found: Vec<(&Diagnostic, Vec<String>)> = Vec::new();
    let mut by_message: HashMap<&str, Vec<usize>> = HashMap::new();
    for one in planned {
        let image = format!("`{}`", one.image.name);
        for finding in &one.findings {
            let alike = by_message.entry(finding.message()).or_default();
            match alike.iter().find(|at| found[**at].0 == finding) {
                Some(at) => found[*at].1.push(image.clone()),
                None => {
                    alike.push(found.len());
                    found.push((finding, vec![image.clone()]));
                }
            }
        }
    }
    let named = |(finding, images): (&Diagnostic, Vec<String>)| match images.as_slice() {
        [one] if planned.len() == 1 || finding.message().contains(one) => finding.clone(),
        [one] => finding.clone().with_note(format!("in the image {one}")),
        _ => finding
            .clone()
            .with_note(format!("in the images {}", images.join(", "))),
    };
    found.into_iter().map(named).collect()
}

/// Images that start the same thing, each pair once. Two flavours of one image, for GPUs and without, are meant so, and
/// so is what is only for development.
pub(super) fn same_application(planned: &[Planned<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, one) in planned.iter().enumerate() {
        let others = planned[index + 1..].iter();
        let same = others.filter(|other| is_same(one, other) && !is_silent(one, other));
        found.extend(same.map(|other| same_finding(&one.image, &other.image)));
    }
    found
}

fn is_same(one: &Planned<'_>, other: &Planned<'_>) -> bool {
    let run = |planned: &Planned<'_>| planned.image.run.command.value.clone();
    let is_for = |planned: &Planned<'_>| {
        (
            planned.image.run.development,
            planned.subject.folder.to_owned(),
        )
    };
    let flavours = one.image.serves_models
        && other.image.serves_models
        && one.image.run.gpu != other.image.run.gpu;
    let is_said = |planned: &Planned<'_>| {
        planned.subject.profile.command.is_some() || planned.subject.profile.entry.is_some()
    };
    let meant = is_said(one) && is_said(other);
    run(one) == run(other) && is_for(one) == is_for(other) && !flavours && !meant
}

fn is_silent(one: &Planned<'_>, other: &Planned<'_>) -> bool {
    let mut both = [one, other].into_iter();
    both.any(|planned| is_silenced(&planned.subject, rules::SAME_APPLICATION))
}

fn same_finding(one: &ImagePlan, other: &ImagePlan) -> Diagnostic {
    let words: Vec<&str> = one.run.command.value.iter().map(AsRef::as_ref).collect();
    let (first, second) = (&one.name, &other.name);
    let what = format!(
        "`{first}` and `{second}` run the same: `{}`",
        words.join(" ")
    );
    Diagnostic::new(rules::SAME_APPLICATION, what)
        .with_note(format!("found for `{second}`: {}", other.run.command.because))
        .with_help(format!("make one image: `profiles = [\"{first}\"]` at the top of dfgen.toml"))
        .with_help(format!("or say what `{second}` runs, with `entry` or `command` in [profile.{second}] of dfgen.toml"))
}

impl<'a, 'p> Scene<'a, 'p> {
    /// The closure of the first platform.
    fn closure(&self) -> &'a Closure<'p> {
        &self.closures[0]
    }

    /// What has to do with CUDA in a closure of this image.
    fn cuda<'c>(&'c self, closure: &'c Closure<'c>) -> Cuda<'c> {
        Cuda::new(&self.subject.inputs.catalog, closure)
    }

    /// The profile's heading in dfgen.toml.
    fn heading(&self) -> String {
        format!("[profile.{}]", self.subject.profile.name)
    }

    fn declared(&self, closure: &Closure<'_>, id: PackageId) -> Option<Declared<'p>> {
        Declared::of(self.subject, closure, id)
    }
}

/// `shop-api[ml] -> torch`.
fn chain(closure: &Closure<'_>, id: PackageId) -> String {
    closure
        .shortest_chain(id)
        .map_or_else(String::new, |chain| chain.to_string())
}

/// `torch 2.9.0`.
fn label(closure: &Closure<'_>, id: PackageId) -> String {
    closure.lock().package(id).label().replace("==", " ")
}

#[cfg(test)]
mod tests;
