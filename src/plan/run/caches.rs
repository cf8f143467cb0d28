//! Where the libraries of an image keep their caches: in its model cache, or in /tmp.
//!
//! Containers are read-only but for both, and only the model cache outlives them.

use std::collections::{BTreeMap, BTreeSet};

use crate::application::Code;
use crate::catalog::{Cache, Keeps};
use crate::closure::Closure;
use crate::names::{EnvName, PackageName};
use crate::plan::Decision;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::profile::Line;

/// Scratch is kept here.
const TMP: &str = "/tmp";

/// The variables that lead them there, sorted. Without a model cache the home folder is as good as /tmp: only what a
/// library would write elsewhere is led there.
pub(super) fn variables(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
) -> BTreeMap<EnvName, Decision<Line>> {
    let volume = subject.profile.model_cache.as_ref();
    let volume = volume.map(|said| said.value.in_image());
    let volume = volume.as_ref().map(AsRef::as_ref);
    let installed = closure.installed().map(|(_, package, _)| &package.name);
    let installed: BTreeSet<&PackageName> = installed.collect();
    let mut caches: BTreeMap<&EnvName, (&Cache, Vec<&str>)> = BTreeMap::new();
    for name in &installed {
        let row = subject.inputs.catalog.caches().get(name);
        if let Some(row) = row.filter(|row| leads(row, volume.is_some(), &installed)) {
            let (_, names) = caches.entry(row.variable()).or_insert((row, Vec::new()));
            names.push(name.as_ref());
        }
    }
    caches
        .into_iter()
        .filter(|(variable, _)| !is_said(application, variable))
        .filter_map(|(variable, (cache, names))| {
            // Paths of the image and of the catalog have no character that a line refuses.
            let place = place(cache, volume).parse().ok()?;
            Some((
                variable.clone(),
                Decision::new(place, because(cache, &names)),
            ))
        })
        .collect()
}

/// Whether a cache is led to where it can be kept.
fn leads(cache: &Cache, has_volume: bool, installed: &BTreeSet<&PackageName>) -> bool {
    (has_volume || cache.is_outside_home()) && !cache.is_brought(installed)
}

/// Whether the application sets the variable whatever it is. What it reads, or sets only where nothing is set, it takes
/// from the image. Of `HOME` it may want more than a cache; it is also what a page or a constant may be called: the
/// variable stands in quotes.
fn is_said(application: &Application<'_>, variable: &EnvName) -> bool {
    match variable.as_ref() {
        "HOME" => application.mentions(&["\"HOME\"", "'HOME'"]),
        other => sets(application.code(), other),
    }
}

/// Whether a file does nothing else with an environment variable than to set it.
fn sets(code: &Code<'_>, variable: &str) -> bool {
    let named = ['"', '\''].map(|quote| format!("{quote}{variable}{quote}"));
    let sets = |path: &&&str| {
        let items = code.module(path).map(|module| &module.items);
        let items = items.into_iter().flatten().filter(|item| {
            item.key == variable && item.object.rsplit('.').next() == Some("environ")
        });
        let items = items.count();
        let text = code.text(path).filter(|_| items > 0);
        text.is_some_and(|file| {
            let named = named.iter().map(|name| file.text().matches(name).count());
            named.sum::<usize>() == items
        })
    };
    let files = code.runnable().iter();
    let mut files = files.filter(|path| code.mentions(path, &[variable]));
    files.any(|path| sets(&path))
}

fn place(cache: &Cache, volume: Option<&str>) -> String {
    cache.below(match cache.keeps() {
        Keeps::Models => volume.unwrap_or(TMP),
        Keeps::Scratch => TMP,
    })
}

fn because(cache: &Cache, names: &[&str]) -> String {
    let keeps = if names.len() == 1 { "keeps" } else { "keep" };
    let what = match cache.keeps() {
        Keeps::Models => "models and data",
        Keeps::Scratch => "scratch files",
    };
    format!("{} {keeps} {what} there (catalog)", names.join(", "))
}
