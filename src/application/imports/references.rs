//! Modules that frameworks import by a name in a string: Django's settings and what they list,
//! applications given to servers as text, Celery's task modules.

use std::ops::Range;
use std::sync::Arc;

use crate::application::code::{Code, Located};
use crate::application::python::{CallSite, Guard, Module, Scope, Value};
use crate::application::settings_package;
use crate::catalog::Reads;

/// A module named by a string.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reference {
    pub(super) name: String,
    /// Which code names it.
    pub(super) scope: Scope,
    /// What must hold for that code to run, outermost first.
    pub(super) guards: Arc<[Guard]>,
    pub(super) span: Range<usize>,
}

/// Every such string of a module.
pub(super) fn of(code: &Code<'_>, path: &str, module: &Module, is_entry: bool) -> Vec<Reference> {
    let mut found = Vec::new();
    for site in &module.calls {
        found.extend(called(site, is_entry));
    }
    found.extend(settings_module(code, path, module));
    found.extend(settings(module));
    found
}

/// The settings that Django is told to take; of a package that has none, its modules.
fn settings_module(code: &Code<'_>, path: &str, module: &Module) -> Vec<Reference> {
    let Some((name, span)) = settings_package::named(module) else {
        return Vec::new();
    };
    let mut sites = module.calls.iter();
    let site = sites.find(|site| site.call.span == span);
    // What a script is told to do first, it does in a function.
    let scope = match site.map(|site| &site.scope) {
        Some(Scope::Function(_)) if module.main_guard.is_some() => Scope::Main,
        Some(scope) => scope.clone(),
        None => Scope::Module,
    };
    let guards = site.map_or_else(Arc::default, |site| Arc::clone(&site.guards));
    let members = settings_package::members(code, path, name).into_iter();
    let members = members.map(|member| format!("app:{member}"));
    let names = std::iter::once(name.to_owned()).chain(members);
    names
        .filter(|name| is_dotted(name.trim_start_matches("app:")))
        .map(|name| Reference {
            name,
            scope: scope.clone(),
            guards: Arc::clone(&guards),
            span: span.clone(),
        })
        .collect()
}

fn called(site: &CallSite, is_entry: bool) -> Vec<Reference> {
    let call = &site.call;
    let last = call.callee.rsplit('.').next().unwrap_or_default();
    let first = call.arguments.first().and_then(Value::as_str);
    let names: Vec<&str> = match (last, first) {
        ("run" | "Config" | "Granian" | "include", Some(name)) => {
            name.split(':').next().into_iter().collect()
        }
        ("Celery", _) if is_entry => call
            .keyword("include")
            .map(Value::strings)
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    let dotted = names.into_iter().filter(|name| is_dotted(name));
    dotted
        .map(|name| Reference {
            name: name.to_owned(),
            scope: site.scope.clone(),
            guards: Arc::clone(&site.guards),
            span: call.span.clone(),
        })
        .collect()
}

fn settings(module: &Module) -> Vec<Reference> {
    if !module
        .assigns
        .iter()
        .any(|assign| assign.target == "INSTALLED_APPS")
    {
        return Vec::new();
    }
    let reads = Reads::embedded();
    let mut found = Vec::new();
    for assign in &module.assigns {
        let is_setting = reads.django_settings().contains(&assign.target);
        if !is_setting || matches!(assign.scope, Scope::Function(_)) {
            continue;
        }
        let reference = |name: String| Reference {
            name,
            scope: assign.scope.clone(),
            guards: Arc::default(),
            span: assign.span.clone(),
        };
        for name in assign
            .value
            .strings()
            .into_iter()
            .filter(|name| is_dotted(name))
        {
            if assign.target == "INSTALLED_APPS" {
                let inner = reads
                    .of_django_applications()
                    .iter()
                    .map(|part| format!("app:{name}.{part}"));
                found.extend(inner.map(reference));
            }
            found.push(reference(name.to_owned()));
        }
    }
    found
}

fn is_dotted(name: &str) -> bool {
    let is_word = |part: &str| {
        part.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
            && part
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    name.split('.').all(is_word)
}

/// Whether the string stands for something that must be importable; the parts that Django looks
/// for in applications may be missing.
pub(super) fn is_import(name: &str) -> bool {
    !name.starts_with("app:")
}

/// The module of the project that the string names: the whole of it, or all but a class at its end.
pub(super) fn located(code: &Code<'_>, path: &str, name: &str) -> Option<Located> {
    if let Some(part) = name.strip_prefix("app:") {
        return code.locate(path, part);
    }
    let prefixes = std::iter::successors(Some(name), |name| {
        name.rsplit_once('.').map(|(before, _)| before)
    });
    prefixes
        .into_iter()
        .find_map(|prefix| code.locate(path, prefix))
}
