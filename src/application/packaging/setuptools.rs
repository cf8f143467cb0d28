//! setuptools: listed packages, `find`, `package-dir`, `py-modules`, and automatic discovery, from
//! `pyproject.toml`, `setup.cfg` and a `setup.py` whose arguments are written out.
//!
//! Source: <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html> and
//! `setuptools/discovery.py`.

mod data;
mod discovery;
mod settings;

use std::collections::BTreeMap;

use super::{Project, Wheel};
use crate::diagnostic::Place;
use crate::project::source_tree::{join, parent};

/// What the project tells setuptools.
#[derive(Debug, Default)]
struct Settings {
    packages: Packages,
    modules: Option<Vec<String>>,
    /// Package name to folder; the empty name for all others.
    folders: BTreeMap<String, String>,
    place: Option<Place>,
}

/// How packages are chosen.
#[derive(Debug, Default)]
enum Packages {
    /// Nothing is said.
    #[default]
    Unset,
    /// By name.
    Listed(Vec<String>),
    /// By a search.
    Found(Search),
    /// By code that dfgen does not run.
    Unknown,
}

/// `find_packages` and `find_namespace_packages`.
#[derive(Debug)]
struct Search {
    folders: Vec<String>,
    include: Vec<String>,
    exclude: Vec<String>,
    layout: Init,
}

/// Whether a folder needs `__init__.py` to be a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Init {
    Needed,
    Optional,
}

pub(super) fn wheel(project: &Project<'_, '_>) -> Option<Wheel> {
    let mut settings = settings::read(project);
    let (packages, rule) = match std::mem::take(&mut settings.packages) {
        Packages::Unknown => return None,
        Packages::Unset if settings.modules.is_none() => {
            match discovery::automatic(project, &mut settings) {
                Ok(found) => found,
                Err(reason) => {
                    return Some(Wheel::Refused {
                        reason,
                        place: settings.place,
                    });
                }
            }
        }
        Packages::Unset => (
            Vec::new(),
            "`py-modules` is all that is packaged".to_owned(),
        ),
        Packages::Listed(names) => {
            let rule = "`packages` lists every package by name, and not this one".to_owned();
            (names, rule)
        }
        Packages::Found(search) => {
            settings
                .folders
                .entry(String::new())
                .or_insert_with(|| search.folders[0].clone());
            (discovery::found(project, &search), found_rule(&search))
        }
    };
    let mut files = modules(project, &settings);
    let packages = packages
        .into_iter()
        .map(|name| (settings.folder_of(&name), name));
    let packages: Vec<(String, String)> = packages.collect();
    for (folder, package) in &packages {
        files.extend(directly_in(project, folder, package));
    }
    files.extend(data::of(project, &packages));
    Some(project.built(files, rule, settings.place))
}

fn found_rule(search: &Search) -> String {
    match search.layout {
        Init::Needed => "`find_packages` takes folders with `__init__.py` only".to_owned(),
        Init::Optional if search.include.iter().any(|one| one != "*") => {
            format!("`include` is `{}`", search.include.join("`, `"))
        }
        Init::Optional => format!("packages are searched in `{}`", search.folders.join("`, `")),
    }
}

impl Settings {
    /// The folder of a package: the longest name in `package-dir` that it starts with decides.
    fn folder_of(&self, package: &str) -> String {
        let names = std::iter::successors(Some(package), |name| {
            name.rsplit_once('.').map(|(before, _)| before)
        });
        for name in names {
            if let Some(folder) = self.folders.get(name) {
                let rest = package[name.len()..]
                    .trim_start_matches('.')
                    .replace('.', "/");
                return if rest.is_empty() {
                    folder.clone()
                } else {
                    join(folder, &rest)
                };
            }
        }
        let root = self.folders.get("").map(String::as_str).unwrap_or_default();
        join(root, &package.replace('.', "/"))
    }
}

/// The Python files directly in a folder: a listed package brings none of its subpackages.
fn directly_in(project: &Project<'_, '_>, folder: &str, package: &str) -> Vec<(String, String)> {
    let files = project
        .python_files()
        .into_iter()
        .filter(|path| parent(path) == folder);
    let installed = files.map(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        (path.to_owned(), join(&package.replace('.', "/"), name))
    });
    installed.collect()
}

fn modules(project: &Project<'_, '_>, settings: &Settings) -> Vec<(String, String)> {
    let root = settings
        .folders
        .get("")
        .map(String::as_str)
        .unwrap_or_default();
    let names = settings.modules.iter().flatten();
    let files = names.filter_map(|name| {
        let inner = format!("{}.py", name.replace('.', "/"));
        let path = join(root, &inner);
        project.has_file(&path).then_some((path, inner))
    });
    files.collect()
}
