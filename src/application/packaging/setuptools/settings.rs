//! The settings of setuptools from its three files: `setup.py` is read first, `setup.cfg` and then
//! `pyproject.toml` take precedence, as in setuptools.

use std::collections::BTreeMap;

use super::super::Project;
use super::{Init, Packages, Search, Settings};
use crate::application::python::{Call, Value};
use crate::project::source_tree::join;

/// What the project says, wherever it says it.
pub(super) fn read(project: &Project<'_, '_>) -> Settings {
    let mut settings = Settings::default();
    setup_py(project, &mut settings);
    setup_cfg(project, &mut settings);
    pyproject(project, &mut settings);
    settings
}

fn key(name: &str) -> [&str; 3] {
    ["tool", "setuptools", name]
}

fn pyproject(project: &Project<'_, '_>, settings: &mut Settings) {
    let facts = project.facts;
    let folders = facts.get(&key("package-dir"));
    if let Some(folders) = folders.and_then(|value| value.get_ref().as_table()) {
        let pairs = folders.iter().filter_map(|(name, folder)| {
            Some((
                name.get_ref().to_string(),
                clean(folder.get_ref().as_str()?),
            ))
        });
        settings.folders = pairs.collect();
        settings.place = facts.place_of(&key("package-dir"), "decides what is packaged");
    }
    if let Some(names) = facts.texts(&key("py-modules")) {
        settings.modules = Some(names.into_iter().map(|(name, _)| name).collect());
        settings.place = facts.place_of(&key("py-modules"), "decides what is packaged");
    }
    if let Some(names) = facts.texts(&key("packages")) {
        let names = names.into_iter().map(|(name, _)| name).collect();
        settings.packages = Packages::Listed(names);
        let label = "only these, without their subpackages";
        settings.place = facts.place_of(&key("packages"), label);
    } else if let Some(search) = pyproject_search(project) {
        settings.packages = Packages::Found(search);
        let find = ["tool", "setuptools", "packages", "find"];
        settings.place = facts.place_of(&find, "decides what is packaged");
    }
}

/// `[tool.setuptools.packages.find]`, which takes folders without `__init__.py` unless told not to.
fn pyproject_search(project: &Project<'_, '_>) -> Option<Search> {
    let facts = project.facts;
    let find = ["tool", "setuptools", "packages", "find"];
    facts.get(&find)?;
    let texts = |name| {
        let texts = facts.texts(&[find[0], find[1], find[2], find[3], name])?;
        Some(texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>())
    };
    let namespaces = facts.flag(&[find[0], find[1], find[2], find[3], "namespaces"]);
    let folders = texts("where").filter(|all| !all.is_empty());
    Some(Search {
        folders: folders.map_or_else(|| vec![String::new()], |all| cleaned(&all)),
        include: texts("include").unwrap_or_else(|| vec!["*".to_owned()]),
        exclude: texts("exclude").unwrap_or_default(),
        layout: if namespaces == Some(false) {
            Init::Needed
        } else {
            Init::Optional
        },
    })
}

fn cleaned(folders: &[String]) -> Vec<String> {
    folders.iter().map(|folder| clean(folder)).collect()
}

fn clean(folder: &str) -> String {
    folder
        .trim_start_matches("./")
        .trim_matches('/')
        .trim_matches('.')
        .to_owned()
}

fn setup_py(project: &Project<'_, '_>, settings: &mut Settings) {
    let path = join(&project.facts.folder, "setup.py");
    let Some(module) = project.code.module(&path) else {
        return;
    };
    let setup = module
        .calls
        .iter()
        .map(|site| &site.call)
        .find(|call| call.callee.rsplit('.').next() == Some("setup"));
    let Some(setup) = setup else {
        return;
    };
    if let Some(Value::Dict(folders)) = setup.keyword("package_dir") {
        let pairs = folders.iter().filter_map(|(name, folder)| {
            Some((name.as_str()?.to_owned(), clean(folder.as_str()?)))
        });
        settings.folders = pairs.collect();
    }
    if let Some(names) = setup.keyword("py_modules") {
        settings.modules = Some(names.strings().into_iter().map(str::to_owned).collect());
    }
    settings.packages = match setup.keyword("packages") {
        None => Packages::Unset,
        Some(Value::List(names)) if names.iter().all(|name| name.as_str().is_some()) => {
            Packages::Listed(
                names
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            )
        }
        Some(Value::Call(call)) => search_call(call),
        Some(_) => Packages::Unknown,
    };
}

/// `find_packages("src", exclude=[…])`.
fn search_call(call: &Call) -> Packages {
    let layout = match call.callee.rsplit('.').next() {
        Some("find_packages" | "find") => Init::Needed,
        Some("find_namespace_packages") => Init::Optional,
        _ => return Packages::Unknown,
    };
    let texts = |name: &str, position: usize| {
        let value = call.argument(name, position)?;
        Some(
            value
                .strings()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    };
    let folder = texts("where", 0)
        .and_then(|all| all.into_iter().next())
        .unwrap_or_default();
    Packages::Found(Search {
        folders: vec![clean(&folder)],
        include: texts("include", 2).unwrap_or_else(|| vec!["*".to_owned()]),
        exclude: texts("exclude", 1).unwrap_or_default(),
        layout,
    })
}

fn setup_cfg(project: &Project<'_, '_>, settings: &mut Settings) {
    let path = join(&project.facts.folder, "setup.cfg");
    let Some(file) = project.code.text(&path) else {
        return;
    };
    let options = sections(file.text());
    let get = |section: &str, key: &str| options.get(&(section.to_owned(), key.to_owned()));
    if let Some(folders) = get("options", "package_dir") {
        let pairs = folders.iter().filter_map(|line| line.split_once('='));
        settings.folders = pairs
            .map(|(name, folder)| (name.trim().to_owned(), clean(folder.trim())))
            .collect();
    }
    if let Some(names) = get("options", "py_modules") {
        settings.modules = Some(names.clone());
    }
    let Some(packages) = get("options", "packages") else {
        return;
    };
    let layout = match packages.first().map(String::as_str) {
        Some("find:") => Init::Needed,
        Some("find_namespace:") => Init::Optional,
        _ => {
            settings.packages = Packages::Listed(packages.clone());
            return;
        }
    };
    let find = |key: &str| get("options.packages.find", key).cloned();
    settings.packages = Packages::Found(Search {
        folders: find("where").map_or_else(|| vec![String::new()], |all| cleaned(&all)),
        include: find("include").unwrap_or_else(|| vec!["*".to_owned()]),
        exclude: find("exclude").unwrap_or_default(),
        layout,
    });
}

/// The values of an INI file by section and key; each line or comma starts another.
fn sections(text: &str) -> BTreeMap<(String, String), Vec<String>> {
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let (mut section, mut key) = (String::new(), String::new());
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with(['#', ';']))
    {
        let is_continued = line.starts_with([' ', '\t']);
        let mut value = line.trim();
        if let Some(name) = value.strip_prefix('[').filter(|_| !is_continued) {
            name.trim_end_matches(']').clone_into(&mut section);
            key.clear();
            continue;
        }
        if !is_continued {
            let Some((name, rest)) = line.split_once(['=', ':']) else {
                continue;
            };
            name.trim().clone_into(&mut key);
            value = rest.trim();
        }
        let values = value
            .split(',')
            .map(str::trim)
            .filter(|value| !value.is_empty());
        found
            .entry((section.clone(), key.clone()))
            .or_default()
            .extend(values.map(str::to_owned));
    }
    found
}
