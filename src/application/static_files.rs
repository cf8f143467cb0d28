//! Files that pages are made with, which a framework collects into one folder before it serves them.

use super::candidate::Candidate;
use super::code::Code;
use super::constants::At;
use super::paths::Paths;
use super::python::{Module, Scope, Value};
use super::settings_package;
use super::variables::Variable;
use crate::catalog::{Collecting, Frameworks};
use crate::diagnostic::Place;

/// Where the source wants them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StaticFiles {
    /// The module of settings that says so.
    pub(crate) settings: String,
    /// The files that it is made of.
    pub(crate) files: Vec<String>,
    /// How they are collected.
    pub(crate) how: &'static Collecting,
    /// The folder that they are collected into.
    pub(crate) root: Folder,
    /// Where that is said.
    pub(crate) place: Place,
}

/// A folder, as far as the source tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Folder {
    /// Its parts below the application's folder, and whether they are taken from where the source is.
    OfApplication { parts: Vec<String>, of_source: bool },
    /// In full.
    Absolute(String),
    /// Only running it tells.
    Unknown,
}

/// What the settings of an application say; `None` where they collect none, or not into a folder of the image.
pub(crate) fn find(
    code: &Code<'_>,
    candidate: &Candidate,
    variables: &[Variable],
) -> Option<StaticFiles> {
    let frameworks = Frameworks::embedded();
    let settings = settings_package::meant(code, candidate)?;
    let located = code.locate(&candidate.path, &settings)?;
    let mut files = vec![located.path.clone()];
    let reached = code.reached(&located.path);
    files.extend(reached.into_iter().filter(|path| *path != located.path));
    let how = frameworks.all().find_map(|one| {
        let how = one.collects()?;
        let used = |path: &String| code.mentions(path, &[how.application.as_str()]);
        files.iter().any(used).then_some(how)
    })?;
    let modules = files
        .iter()
        .filter_map(|path| Some((path, code.module(path)?)));
    let modules: Vec<(&String, &Module)> = modules.collect();
    if is_elsewhere(&modules, how) {
        return None;
    }
    let paths = Paths::new(code, variables);
    let (path, assign) = modules.iter().find_map(|(path, module)| {
        let mut assigned = module.assigns_to(&Scope::Module, &how.root);
        Some((*path, assigned.next()?))
    })?;
    let scope = &Scope::Module;
    let at = At { code, path, scope };
    if matches!(assign.value, Value::Nothing) {
        return None;
    }
    let root = match paths.of(at, &assign.value) {
        None => Folder::Unknown,
        Some(root) => match root.below_app() {
            Some((_, true)) => Folder::Unknown,
            Some((parts, false)) if parts.is_empty() => Folder::Unknown,
            Some((parts, false)) => Folder::OfApplication {
                parts: parts.into_iter().map(str::to_owned).collect(),
                of_source: root.of_source,
            },
            None if root.text.starts_with('/') => Folder::Absolute(root.text),
            None => Folder::Unknown,
        },
    };
    Some(StaticFiles {
        settings,
        place: code.place(path, &assign.span, "they are collected here"),
        files,
        how,
        root,
    })
}

/// Whether they are kept by a service, as all that the source says about it names one.
fn is_elsewhere(modules: &[(&String, &Module)], how: &Collecting) -> bool {
    let backends = modules.iter().flat_map(|(_, module)| {
        let plain = module.assigns_anywhere(&how.storage);
        let plain = plain.filter_map(|assign| assign.value.as_str());
        let of_table = module.assigns_anywhere(&how.storages);
        let of_table = of_table
            .filter_map(|assign| entry(entry(&assign.value, &how.entry)?, &how.backend)?.as_str());
        plain.chain(of_table).collect::<Vec<_>>()
    });
    let backends: Vec<&str> = backends.collect();
    let is_remote = |backend: &&str| how.elsewhere.iter().any(|start| backend.starts_with(start));
    !backends.is_empty() && backends.iter().all(is_remote)
}

fn entry<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    let Value::Dict(items) = value else {
        return None;
    };
    let mut items = items.iter();
    let found = items.find(|(name, _)| name.as_str() == Some(key))?;
    Some(&found.1)
}
