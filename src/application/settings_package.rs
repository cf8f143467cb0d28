//! Packages of Django's settings that have none themselves: `shop.settings`, where `shop/settings/production.py` has them.

use super::candidate::Candidate;
use super::code::Code;
use super::python::{Module, Value};
use crate::catalog::Frameworks;
use crate::project::source_tree::parent;

/// The variable that says which settings are taken.
pub(crate) const VARIABLE: &str = "DJANGO_SETTINGS_MODULE";

/// The settings that a call or an assignment names, where nothing says others.
pub(crate) fn named(module: &Module) -> Option<(&str, std::ops::Range<usize>)> {
    let mut calls = module.calls.iter().map(|site| &site.call);
    let call = calls.find_map(|call| {
        let name = call.arguments.first()?.as_str();
        let settings = by_default(call.arguments.get(1)?);
        let settings = settings.filter(|_| name == Some(VARIABLE))?;
        Some((settings, call.span.clone()))
    });
    let item = || {
        let mut items = module.items.iter();
        let item = items.find(|item| item.key == VARIABLE && item.object.ends_with("environ"))?;
        Some((by_default(&item.value)?, item.span.clone()))
    };
    call.or_else(item)
}

/// A text, or the one that is taken where a variable gives none: `os.getenv("NAME", "this")`.
fn by_default(value: &Value) -> Option<&str> {
    match value {
        Value::Call(call) => call.argument("default", 1)?.as_str(),
        Value::Either(all) => all.last()?.as_str(),
        value => value.as_str(),
    }
}

/// The modules that may be meant by a package without settings of its own, as a file at `from` names it: those for
/// production, else all but those of developers. None of a package that has some.
pub(super) fn members(code: &Code<'_>, from: &str, package: &str) -> Vec<String> {
    let Some(located) = code.locate(from, package) else {
        return Vec::new();
    };
    let path = located.path.as_str();
    let folder = match path.strip_suffix("/__init__.py") {
        Some(folder) => folder,
        None if code.tree().has_file(path) => return Vec::new(),
        None => path,
    };
    let says = |module: &Module| !module.assigns.is_empty() || !module.imports.is_empty();
    if code.module(path).is_some_and(says) {
        return Vec::new();
    }
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.trim_end_matches(".py").to_owned()
    };
    let files = code.files().iter();
    let beside = files.filter(|file| parent(file) == folder && !file.ends_with("__init__.py"));
    let stems: Vec<String> = beside.map(|file| stem(file)).collect();
    let known = Frameworks::embedded();
    let is_in = |list: &str, stem: &&String| known.usual(list).iter().any(|word| word == *stem);
    let is_production = |stem: &&String| is_in("production-settings", stem);
    let production: Vec<&String> = stems.iter().filter(is_production).collect();
    let meant = if production.is_empty() {
        let is_theirs = |stem: &&String| is_in("developer-settings", stem);
        stems.iter().filter(|stem| !is_theirs(stem)).collect()
    } else {
        production
    };
    meant
        .into_iter()
        .map(|stem| format!("{package}.{stem}"))
        .collect()
}

/// The settings of an application: those that it names, or the one module for production of a package that has none
/// itself.
pub(crate) fn meant(code: &Code<'_>, candidate: &Candidate) -> Option<String> {
    let named = candidate.settings.as_ref()?;
    let mut members = members(code, &candidate.path, named);
    Some(match members.len() {
        1 => members.remove(0),
        _ => named.clone(),
    })
}

/// Whether the settings that an application names are no settings, and which are meant is not known.
pub(crate) fn is_open(code: &Code<'_>, candidate: &Candidate) -> bool {
    let named = candidate.settings.as_ref();
    named.is_some_and(|named| members(code, &candidate.path, named).len() > 1)
}
