//! Tables without the migrations that make them: applications of Django, Alembic without versions.

use std::collections::BTreeSet;

use super::candidate::Candidate;
use super::code::Code;
use super::python::{Module, Value};
use crate::catalog::Frameworks;
use crate::diagnostic::Place;
use crate::project::source_tree::{has_extension, join, parent};

/// What has tables and no migrations.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unmigrated {
    /// The folder in which they are looked for.
    pub(crate) folder: String,
    /// The application of Django; empty for Alembic's scripts.
    pub(crate) application: String,
    /// Whether an ignore file names the folder.
    pub(crate) is_ignored: bool,
    /// Whether the step ends with an error, or has nothing to do.
    pub(crate) is_in_vain: bool,
    /// Where the tables or the scripts are named.
    pub(crate) place: Place,
}

/// The first of them that a migration would miss.
pub(crate) fn find(code: &Code<'_>, step: &Candidate) -> Option<Unmigrated> {
    if step.framework.is("django") {
        of_django(code)
    } else if step.framework.is("alembic") || step.framework.is("flask-migrate") {
        versions(code, step)
    } else {
        None
    }
}

fn of_django(code: &Code<'_>) -> Option<Unmigrated> {
    let settings = settings(code)?;
    let assigned = |name: &'static str| {
        let modules = settings.iter();
        modules.flat_map(move |(_, module)| module.assigns_anywhere(name))
    };
    let users = assigned("AUTH_USER_MODEL").filter_map(|assign| assign.value.as_str());
    let users: Vec<&str> = users.filter_map(|name| name.split('.').next()).collect();
    let all = named(&settings).into_iter();
    let found = all.filter_map(|(path, name)| application(code, path, name, &users));
    let mut found: Vec<Unmigrated> = found.collect();
    found.sort_by_key(|one| !one.is_in_vain);
    found.into_iter().next()
}

/// The modules of settings; `None` where they say themselves where migrations lie.
fn settings<'c>(code: &'c Code<'_>) -> Option<Vec<(&'c str, &'c Module)>> {
    let files = code.runnable().iter().copied();
    let files = files.filter(|path| code.mentions(path, &["INSTALLED_APPS"]));
    let modules: Vec<(&str, &Module)> = files
        .filter_map(|path| Some((path, code.module(path)?)))
        .collect();
    let mut paths = modules.iter().map(|(path, _)| path);
    let is_said = paths.any(|path| code.mentions(path, &["MIGRATION_MODULES"]));
    (!is_said).then_some(modules)
}

/// The names in their lists of applications, each with the file that has it.
fn named<'c>(settings: &[(&'c str, &'c Module)]) -> Vec<(&'c str, &'c str)> {
    let all = settings.iter().flat_map(|(path, module)| {
        let lists = module.assigns.iter();
        let lists = lists.filter(|assign| assign.target.ends_with("_APPS"));
        lists
            .flat_map(|assign| assign.value.strings())
            .map(|name| (*path, name))
    });
    all.collect()
}

/// The folders of the project's own applications that are installed.
pub(super) fn installed(code: &Code<'_>) -> Option<BTreeSet<String>> {
    let settings = settings(code)?;
    let named = named(&settings).into_iter();
    let folders = named.filter_map(|(path, name)| folder(code, path, name));
    Some(folders.collect())
}

/// The folder of an application of the project.
fn folder(code: &Code<'_>, path: &str, name: &str) -> Option<String> {
    let name = name.split(".apps.").next().unwrap_or(name);
    let located = code.locate(path, name)?.path;
    let folder = located.strip_suffix("/__init__.py").unwrap_or(&located);
    code.tree().has_folder(folder).then(|| folder.to_owned())
}

/// An application of the project with tables and without migrations.
fn application(code: &Code<'_>, path: &str, name: &str, users: &[&str]) -> Option<Unmigrated> {
    let folder = folder(code, path, name)?;
    let folder = folder.as_str();
    let tree = code.tree();
    let migrations = join(folder, "migrations");
    let has_some = |folder: &str| {
        let mut files = tree.below(folder);
        files.any(|file| has_extension(file, "py") && !file.ends_with("__init__.py"))
    };
    if has_some(&migrations) {
        return None;
    }
    let (one, several) = (join(folder, "models.py"), join(folder, "models"));
    let files = code.files().iter().copied();
    let mut models = files.filter(|file| *file == one || parent(file) == several);
    let place = models.find_map(|file| table(code, file))?;
    let label = folder.rsplit('/').next().unwrap_or(folder);
    Some(Unmigrated {
        is_ignored: is_ignored(code, &migrations),
        is_in_vain: users.contains(&label),
        application: label.to_owned(),
        folder: migrations,
        place,
    })
}

/// Where a file has a class that is a table.
fn table(code: &Code<'_>, path: &str) -> Option<Place> {
    // What is made for others to derive from is no table.
    if code.mentions(path, &["abstract = True", "managed = False"]) {
        return None;
    }
    let bases = Frameworks::embedded().usual("django-tables");
    let mut classes = code.module(path)?.classes.iter();
    let class = classes.find(|class| {
        let mut names = class.bases.iter().filter_map(Value::as_name);
        names.any(|name| {
            bases
                .iter()
                .any(|base| name.rsplit('.').next() == Some(base))
        })
    })?;
    Some(code.place(path, &class.span, "a table"))
}

/// Alembic's scripts without a version.
fn versions(code: &Code<'_>, step: &Candidate) -> Option<Unmigrated> {
    let tree = code.tree();
    let mut folders = step.files.iter();
    let folder = folders.find(|path| tree.has_file(&join(path, "env.py")))?;
    let file = code.text(&step.path)?;
    if file.text().contains("version_locations =") && !file.text().contains("# version_locations =")
    {
        return None;
    }
    let folder = join(folder, "versions");
    let has_some = tree.below(&folder).any(|file| has_extension(file, "py"));
    let is_ignored = is_ignored(code, &folder);
    // Where the folder itself is made later, nothing is known of it.
    let is_empty = !has_some && (is_ignored || tree.has_folder(&folder));
    is_empty.then(|| Unmigrated {
        is_ignored,
        is_in_vain: true,
        application: String::new(),
        folder,
        place: step.place.clone(),
    })
}

fn is_ignored(code: &Code<'_>, folder: &str) -> bool {
    let tree = code.tree();
    tree.is_ignored(folder) || tree.is_ignored(&join(folder, "0001_initial.py"))
}
