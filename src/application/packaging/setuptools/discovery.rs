//! Searching for packages: what `find` finds, and what setuptools does when nothing is said.

use std::collections::BTreeSet;

use super::super::Project;
use super::super::patterns::fits_any;
use super::{Init, Search, Settings};
use crate::catalog::{Builds, Names};
use crate::project::source_tree::{join, parent};

/// The packages and the rule that chose them, or why setuptools stops.
pub(super) fn automatic(
    project: &Project<'_, '_>,
    settings: &mut Settings,
) -> Result<(Vec<String>, String), String> {
    let explicit: Vec<String> = settings
        .folders
        .keys()
        .filter(|name| !name.is_empty())
        .cloned()
        .collect();
    if !explicit.is_empty() {
        let inside = explicit
            .iter()
            .flat_map(|name| within(project, name, &settings.folders[name]));
        return Ok((
            inside.collect(),
            "`package-dir` is all that is packaged".to_owned(),
        ));
    }
    let src = settings
        .folders
        .get("")
        .cloned()
        .unwrap_or_else(|| "src".to_owned());
    if project.has_folder(&src) {
        let search = Search {
            folders: vec![src.clone()],
            include: vec!["*".to_owned()],
            exclude: Vec::new(),
            layout: Init::Optional,
        };
        settings.modules = Some(modules_in(project, &src));
        settings.folders.insert(String::new(), src.clone());
        return Ok((
            found(project, &search),
            format!("setuptools packages what is in `{src}`"),
        ));
    }
    flat(project, settings)
}

fn flat(
    project: &Project<'_, '_>,
    settings: &mut Settings,
) -> Result<(Vec<String>, String), String> {
    let builds = Builds::embedded();
    let packages: Vec<String> = folders(project, "", false)
        .into_iter()
        .filter(|name| !is_skipped(name, builds.skipped_packages()))
        .filter(|name| !is_generated(project, name))
        .collect();
    let tops: Vec<&String> = packages.iter().filter(|name| !name.contains('.')).collect();
    match tops.as_slice() {
        [] => {}
        [only] => {
            let rule = format!("setuptools packages `{only}`, the only package it finds");
            return Ok((packages.clone(), rule));
        }
        several => return Err(refusal("packages", several)),
    }
    let modules = modules_in(project, "");
    let modules: Vec<String> = modules
        .into_iter()
        .filter(|name| !is_skipped(name, builds.skipped_modules()))
        .collect();
    if modules.len() > 1 {
        return Err(refusal("modules", &modules.iter().collect::<Vec<_>>()));
    }
    let rule = "setuptools finds no package".to_owned();
    settings.modules = Some(modules);
    Ok((Vec::new(), rule))
}

fn refusal(kind: &str, names: &[&String]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    format!(
        "setuptools refuses to choose among several top-level {kind}: `{}`",
        names.join("`, `")
    )
}

/// Whether it is the folder of generated files, which a build in an image does not see.
fn is_generated(project: &Project<'_, '_>, name: &str) -> bool {
    let folder = join(&project.facts.folder, name);
    let mut files = project.code.tree().below(&folder);
    files.any(|path| path.ends_with(".Dockerfile.dockerignore"))
}

fn is_skipped(name: &str, skipped: &Names) -> bool {
    let top = name.split('.').next().unwrap_or(name);
    skipped.contains(top) || top.starts_with(['.', '_'])
}

/// The packages that a search finds, sorted.
pub(super) fn found(project: &Project<'_, '_>, search: &Search) -> Vec<String> {
    let mut packages = Vec::new();
    for folder in &search.folders {
        let all = folders(project, folder, search.layout == Init::Needed);
        packages
            .extend(all.into_iter().filter(|name| {
                fits_any(&search.include, name) && !fits_any(&search.exclude, name)
            }));
    }
    packages
}

/// The dotted names of all folders below `root` that can be packages.
fn folders(project: &Project<'_, '_>, root: &str, needs_init: bool) -> Vec<String> {
    let root = root.trim_matches(['.', '/']);
    let whole = join(&project.facts.folder, root);
    let mut names: BTreeSet<String> = BTreeSet::new();
    for path in project.code.tree().below(&whole) {
        let inner = path[whole.len()..].trim_start_matches('/');
        let mut folder = parent(inner);
        while !folder.is_empty() {
            names.insert(folder.replace('/', "."));
            folder = parent(folder);
        }
    }
    let is_package = |name: &String| {
        let parts: Vec<&str> = name.split('.').collect();
        let inits = (1..=parts.len()).all(|count| {
            let folder = join(root, &parts[..count].join("/"));
            project.has_file(&join(&folder, "__init__.py"))
        });
        parts.iter().all(|part| is_identifier(part)) && (!needs_init || inits)
    };
    names.into_iter().filter(is_package).collect()
}

/// Packages below one folder of `package-dir`.
fn within(project: &Project<'_, '_>, name: &str, folder: &str) -> Vec<String> {
    let inner = folders(project, folder, false).into_iter();
    std::iter::once(name.to_owned())
        .chain(inner.map(|inner| format!("{name}.{inner}")))
        .collect()
}

fn modules_in(project: &Project<'_, '_>, root: &str) -> Vec<String> {
    let files = project
        .python_files()
        .into_iter()
        .filter(|path| parent(path) == root);
    let names = files.filter_map(|path| path.rsplit('/').next()?.strip_suffix(".py"));
    names
        .filter(|name| is_identifier(name) && *name != "__init__")
        .map(str::to_owned)
        .collect()
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
