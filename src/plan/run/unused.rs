//! Requirements that nothing imports: a hint with their size, silent wherever dfgen cannot know.
//!
//! Only what the project itself asks for and no other distribution needs is worth a word, and only
//! where no file of the project names it. Servers, drivers and workers are chosen by a command or a
//! URL, so they are never told.

use std::collections::BTreeSet;

use crate::application::Candidate;
use crate::bytes::Bytes;
use crate::closure::Closure;
use crate::diagnostic::Diagnostic;
use crate::lock::{Package, PackageId};
use crate::plan::inputs::Subject;
use crate::plan::packages::direct::{Needed, is_direct, is_started};
use crate::plan::run::containers::containers;
use crate::plan::run::entry::Application;
use crate::rules;

/// The words of all that the project's own containers run: a program that one of them calls is used.
fn words(subject: &Subject<'_>) -> BTreeSet<String> {
    let all = containers(subject).into_iter().flat_map(|container| {
        let start = container.process.start;
        let before = start.before.into_iter().flat_map(|command| command.words);
        start.words.into_iter().chain(before).collect::<Vec<_>>()
    });
    all.collect()
}

/// The hint for one image, largest first, if there is something to hint at.
pub(crate) fn find(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    started: &[&Candidate],
) -> Option<Diagnostic> {
    let (inputs, image) = (subject.inputs, &subject.profile.name);
    let said = words(subject);
    let is_loaded = |package: &Package| {
        let others = closure.packages().map(|(_, package, _)| &package.name);
        inputs.catalog.unnamed().is_loaded(&package.name, others)
    };
    let direct = closure.packages().filter(|(id, package, _)| {
        // What the project has in a folder of its own is there to be used.
        let is_own = package.source.folder().is_some();
        !is_own
            && is_direct(closure, *id, Needed::Alone)
            && !is_started(inputs, package)
            && !is_loaded(package)
            && !said.contains(package.name.as_ref())
            && !started
                .iter()
                .any(|one| one.framework.comes_from(&package.name))
    });
    let direct: Vec<(PackageId, &Package)> = direct.map(|(id, one, _)| (id, one)).collect();
    let names = direct
        .iter()
        .map(|(_, package)| package.name.clone())
        .collect();
    let unused = application.unused(started, &names);
    let size = |id: &PackageId| closure.download_size(*id);
    let mut found: Vec<(Option<Bytes>, &Package)> = direct
        .iter()
        .filter(|(_, package)| unused.contains(&package.name))
        .map(|(id, package)| (size(id), *package))
        .collect();
    found.sort_by(|a, b| (b.0, &a.1.name).cmp(&(a.0, &b.1.name)));
    let listed: Vec<String> = found
        .iter()
        .map(|(size, package)| match size {
            Some(size) => format!("`{}` ({size})", package.name),
            None => format!("`{}` (size unknown)", package.name),
        })
        .collect();
    if listed.is_empty() {
        return None;
    }
    let message = format!("nothing that `{image}` runs names {}", listed.join(", "));
    Some(
        Diagnostic::new(rules::UNUSED_REQUIREMENT, message)
            .with_packages(found.iter().map(|(_, package)| &package.name))
            .with_note("compressed sizes; what they bring with them is not counted")
            .with_help("if nothing loads it by name as a plugin, move it to an extra or a group, or remove it"),
    )
}
