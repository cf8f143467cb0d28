//! A package that the project imports calls a program or library of Debian's in some of its uses, and the image has it not:
//! whether that use is made, no source tells for sure.

use super::Scene;
use crate::diagnostic::Diagnostic;
use crate::profile::AptPackage;
use crate::rules;

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    let profile = scene.subject.profile;
    if profile.development.value {
        return Vec::new();
    }
    let (told, mut packages) = missing(scene);
    if told.is_empty() {
        return Vec::new();
    }
    packages.sort();
    packages.dedup();
    let before = profile
        .apt
        .runtime
        .value
        .iter()
        .map(|package| package.as_str().to_owned());
    let all = before.chain(packages).map(|name| format!("\"{name}\""));
    let all: Vec<String> = all.collect();
    let name = &profile.name;
    let what = format!("`{name}` may need {}", told.join("; "));
    vec![
        Diagnostic::new(rules::OPTIONAL_PACKAGE, what).with_help(format!(
            "where that is so, write to dfgen.toml:\n[profile.{name}]\napt = {{ runtime = [{}] }}",
            all.join(", ")
        )),
    ]
}

/// The uses that the source shows, in words, and the packages that they need and the image has not.
fn missing(scene: &Scene<'_, '_>) -> (Vec<String>, Vec<String>) {
    let catalog = &scene.subject.inputs.catalog;
    let is_there = |package: &AptPackage| scene.runtime.iter().any(|need| need.package == *package);
    let mut told = Vec::new();
    let mut packages: Vec<String> = Vec::new();
    for name in scene.imported {
        let needs = catalog.package(name).map(|row| row.optional());
        let shown = needs.into_iter().flatten().filter(|need| {
            let mut words = need.shown_by().iter();
            words.any(|word| scene.shown.contains(word))
        });
        for need in shown {
            let missing = need.apt(scene.release).iter();
            let missing = missing.filter(|package| !is_there(package));
            let missing: Vec<&str> = missing.map(|package| package.as_str()).collect();
            if missing.is_empty() {
                continue;
            }
            let names = missing.join("`, `");
            told.push(format!("`{names}` for `{name}`, when {}", need.when()));
            packages.extend(missing.into_iter().map(str::to_owned));
        }
    }
    (told, packages)
}
