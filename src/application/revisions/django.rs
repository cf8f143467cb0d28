//! Migrations of Django's that come after one that is not there, and applications with several last ones: `migrate` ends
//! with an error before it does anything.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Failing;
use crate::application::code::Code;
use crate::application::python::{Module, Scope, Value};
use crate::application::unmigrated;
use crate::project::source_tree::{has_extension, join, parent};

/// The class that a migration is.
const MIGRATION: &str = "Migration";

/// A migration.
struct Migration<'c> {
    path: String,
    name: String,
    /// The application and the name of each that it comes after.
    after: Vec<(&'c str, &'c str)>,
    span: Range<usize>,
}

/// The migrations of an application.
struct Application<'c> {
    folder: String,
    migrations: Vec<Migration<'c>>,
    /// Whether one of them stands for others, which may be gone.
    has_squashed: bool,
}

/// What `migrate` surely fails at.
pub(super) fn failing(code: &Code<'_>) -> Option<Failing> {
    let folders = unmigrated::installed(code)?;
    let mut all: BTreeMap<String, Application<'_>> = BTreeMap::new();
    for folder in folders {
        let label = label(code, &folder);
        if all.insert(label, application(code, &folder)).is_some() {
            return None;
        }
    }
    lost(code, &all).or_else(|| {
        let mut all = all.iter();
        all.find_map(|(label, one)| split(code, label, one))
    })
}

/// How an application is called: what its configuration says, else its folder.
fn label(code: &Code<'_>, folder: &str) -> String {
    let module = code.module(&join(folder, "apps.py"));
    let mut assigns = module
        .into_iter()
        .flat_map(|one| one.assigns_anywhere("label"));
    let said = assigns.find_map(|one| one.value.as_str());
    let usual = folder.rsplit('/').next().unwrap_or(folder);
    said.unwrap_or(usual).to_owned()
}

fn application<'c>(code: &'c Code<'_>, folder: &str) -> Application<'c> {
    let folder = join(folder, "migrations");
    let files = code.tree().below(&folder);
    let files = files.filter(|path| has_extension(path, "py") && parent(path) == folder);
    let modules = files.filter_map(|path| Some((path, code.module(path)?)));
    let modules: Vec<(&str, &Module)> = modules
        .filter(|(_, module)| module.class(MIGRATION).is_some())
        .collect();
    let scope = Scope::Class(MIGRATION.to_owned());
    let squashes = |module: &Module| module.assigned(&scope, "replaces").is_some();
    Application {
        has_squashed: modules.iter().any(|(_, module)| squashes(module)),
        migrations: modules
            .iter()
            .map(|(path, module)| migration(path, module))
            .collect(),
        folder,
    }
}

fn migration<'c>(path: &str, module: &'c Module) -> Migration<'c> {
    let scope = Scope::Class(MIGRATION.to_owned());
    let said = module.assigned(&scope, "dependencies");
    let listed = said.iter().flat_map(|said| match &said.value {
        Value::List(items) => items.as_slice(),
        _ => &[],
    });
    let after = listed.filter_map(|item| match item {
        Value::List(pair) => match pair.as_slice() {
            [Value::Str(label), Value::Str(name)] => Some((label.as_str(), name.as_str())),
            _ => None,
        },
        _ => None,
    });
    let file = path.rsplit('/').next().unwrap_or(path);
    Migration {
        name: file.trim_end_matches(".py").to_owned(),
        after: after.collect(),
        span: said.map_or(0..0, |said| said.span.clone()),
        path: path.to_owned(),
    }
}

/// A migration after one that is not there. `__first__` and the like are no names.
fn lost(code: &Code<'_>, all: &BTreeMap<String, Application<'_>>) -> Option<Failing> {
    let migrations = all.values().flat_map(|one| &one.migrations);
    let mut after = migrations.flat_map(|one| one.after.iter().map(move |before| (one, before)));
    after.find_map(|(migration, (label, name))| {
        let other = all.get(*label)?;
        let is_there = other.migrations.iter().any(|one| one.name == **name);
        if is_there || other.has_squashed || name.starts_with("__") {
            return None;
        }
        let missing = join(&other.folder, &format!("{name}.py"));
        let why = format!("comes after `{label}.{name}`, and there is no such migration");
        Some(Failing {
            make: format!("python manage.py makemigrations {label}"),
            is_ignored: code.tree().is_ignored(&missing),
            ..failing_at(code, migration, &other.folder, why)
        })
    })
}

/// An application with several migrations that no other one comes after.
fn split(code: &Code<'_>, label: &str, application: &Application<'_>) -> Option<Failing> {
    let all = application.migrations.iter();
    let followed: BTreeSet<&str> = all
        .clone()
        .flat_map(|one| &one.after)
        .filter(|(other, _)| *other == label)
        .map(|(_, name)| *name)
        .collect();
    let last: Vec<&Migration<'_>> = all
        .filter(|one| !followed.contains(one.name.as_str()))
        .collect();
    let [first, second, ..] = last.as_slice() else {
        return None;
    };
    let why = format!("and `{}` both come last in `{label}`", first.name);
    let failing = failing_at(code, second, &application.folder, why);
    (!application.has_squashed).then(|| Failing {
        make: "python manage.py makemigrations --merge".to_owned(),
        ..failing
    })
}

fn failing_at(code: &Code<'_>, migration: &Migration<'_>, folder: &str, why: String) -> Failing {
    Failing {
        path: migration.path.clone(),
        why,
        folder: folder.to_owned(),
        make: String::new(),
        is_ignored: false,
        place: code.place(&migration.path, &migration.span, "the command ends here"),
    }
}
