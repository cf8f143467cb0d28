//! Files other than Python that the application reads from its own packages, and that the wheel
//! does not hold.
//!
//! A file counts only when the code names it, or the folder that it lies in, as a path: a word that
//! happens to be the name of a folder is no reason to speak.

mod uses;

use std::collections::BTreeMap;

use super::{Cause, Contents, NotPackaged, Project};
use crate::catalog::Folders;
use crate::project::source_tree::{has_extension, join, parent};
use uses::Named;

/// What the files at `reached` read and the wheel does not hold, sorted by path.
pub(super) fn check(
    project: &Project<'_, '_>,
    contents: &Contents,
    reached: &[&str],
) -> Vec<NotPackaged> {
    let lacking = lacking(project, contents);
    if lacking.is_empty() {
        return Vec::new();
    }
    let mut read = BTreeMap::new();
    for (file, named, span) in uses::of(project.code, reached) {
        for path in paths(project, file, &named, &lacking) {
            let place = || project.code.place(file, &span, "read here");
            read.entry(path).or_insert_with(place);
        }
    }
    let help = help(project, contents, read.keys());
    let found = read.into_iter().map(|(path, place)| NotPackaged {
        name: path.clone(),
        path,
        cause: Cause::Data,
        reason: reason(project),
        help: help.clone(),
        place: Some(place),
    });
    found.collect()
}

/// The data of packages in the wheel that is not in it itself. What Git ignores is made by some
/// other build, and `include` of Poetry adds to what was selected: neither is known to lack.
fn lacking(project: &Project<'_, '_>, contents: &Contents) -> Vec<String> {
    if project.facts.get(&["tool", "poetry", "include"]).is_some() {
        return Vec::new();
    }
    let is_data = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_code = ["py", "pyi", "pyc"]
            .iter()
            .any(|end| has_extension(name, end));
        // What a program writes itself is no data of its package, whatever developers left there.
        let written = Folders::embedded().databases();
        let is_written = written.iter().any(|end| has_extension(name, end));
        !is_code && !is_written && !name.starts_with('.')
    };
    let packages = packages(contents);
    let data = project.files().into_iter().filter(is_data);
    data.map(|path| join(&project.facts.folder, path))
        .filter(|path| !contents.files.contains_key(path) && package(&packages, path).is_some())
        .collect()
}

/// The folders of the wheel's packages, with their dotted names.
fn packages(contents: &Contents) -> BTreeMap<&str, String> {
    let modules = contents.files.iter();
    let modules = modules.filter(|(path, _)| has_extension(path, "py"));
    let named = modules.map(|(path, at)| (parent(path), parent(at).replace('/', ".")));
    named.filter(|(_, name)| !name.is_empty()).collect()
}

/// The innermost package around a path: its folder and its name.
fn package<'p>(packages: &BTreeMap<&str, String>, path: &'p str) -> Option<(&'p str, String)> {
    let mut around = std::iter::successors(Some(parent(path)), |folder| {
        (!folder.is_empty()).then(|| parent(folder))
    });
    around.find_map(|folder| Some((folder, packages.get(folder)?.clone())))
}

/// The lacking files, or folders of them, that a use names.
fn paths(project: &Project<'_, '_>, file: &str, named: &Named, lacking: &[String]) -> Vec<String> {
    let folder = &project.facts.folder;
    let bases: Vec<String> = match named {
        Named::Template(text) => {
            let end = format!("/templates/{text}");
            let fitting = lacking.iter().filter(|path| path.ends_with(&end));
            return fitting.cloned().collect();
        }
        Named::Working(text) if text.starts_with('/') => return Vec::new(),
        Named::Working(_) => vec![folder.clone()],
        Named::Beside(_) => vec![parent(file).to_owned()],
        Named::Within { packages, .. } => {
            let around = std::iter::successors(Some(parent(file)), |inner| {
                (*inner != folder && !inner.is_empty()).then(|| parent(inner))
            });
            let located = packages.iter().filter_map(|name| {
                let path = project.code.locate(file, name)?.path;
                Some(
                    path.strip_suffix("/__init__.py")
                        .unwrap_or(&path)
                        .to_owned(),
                )
            });
            around.map(str::to_owned).chain(located).collect()
        }
    };
    let (Named::Working(text) | Named::Beside(text) | Named::Within { text, .. }) = named else {
        return Vec::new();
    };
    let text = text.trim_start_matches("./").trim_matches('/');
    let whole = bases.iter().map(|base| join(base, text));
    whole
        .filter(|path| !text.is_empty() && names_lacking(project, path, lacking))
        .collect()
}

/// A folder with modules is code, and not what is read.
fn names_lacking(project: &Project<'_, '_>, path: &str, lacking: &[String]) -> bool {
    let below = format!("{path}/");
    let mut code = project.code.tree().below(path);
    let is_module = |one: &str| {
        parent(one) == path && has_extension(one, "py") && !one.ends_with("/__init__.py")
    };
    lacking.iter().any(|one| one == path)
        || lacking.iter().any(|one| one.starts_with(&below)) && !code.any(is_module)
}

fn reason(project: &Project<'_, '_>) -> String {
    let requires = project.facts.texts(&["build-system", "requires"]);
    let mut requires = requires.into_iter().flatten();
    let scm = requires.find(|(text, _)| text.replace('_', "-").starts_with("setuptools-scm"));
    if project.is_setuptools() && scm.is_some() {
        "setuptools-scm adds what Git tracks, and no image is built with the repository".to_owned()
    } else if project.is_setuptools() {
        "setuptools takes data that `package-data` or MANIFEST.in names, and no other".to_owned()
    } else {
        "the settings of the build backend leave it out".to_owned()
    }
}

/// One help for all of them: a table may stand in a manifest only once.
fn help<'p>(
    project: &Project<'_, '_>,
    contents: &Contents,
    paths: impl Iterator<Item = &'p String>,
) -> String {
    if !project.is_setuptools() {
        return "let the settings of the build backend take these files".to_owned();
    }
    let packages = packages(contents);
    let mut patterns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in paths {
        let Some((folder, name)) = package(&packages, path) else {
            continue;
        };
        let inner = path[folder.len()..].trim_start_matches('/');
        let is_file = project.code.tree().has_file(path);
        let below = if is_file { "" } else { "/**/*" };
        let pattern = format!("\"{inner}{below}\"");
        patterns.entry(name).or_default().push(pattern);
    }
    for all in patterns.values_mut() {
        let folders = all.iter().filter_map(|one| one.strip_suffix("**/*\""));
        let folders: Vec<String> = folders.map(str::to_owned).collect();
        all.retain(|one| {
            one.ends_with("**/*\"") || !folders.iter().any(|folder| one.starts_with(folder))
        });
    }
    let lines = patterns
        .iter()
        .map(|(name, all)| format!("\n\"{name}\" = [{}]", all.join(", ")));
    let lines: String = lines.collect();
    format!("have them packaged, in pyproject.toml\n[tool.setuptools.package-data]{lines}")
}
