//! What settings are given: by a module or a class of settings, or to the `config` of an application.

use std::collections::BTreeSet;
use std::ops::Range;

use super::code::Code;
use super::constants::At;
use super::python::{Module, Scope, Value};
use crate::project::source_tree::{has_extension, join, parent};

/// What a setting is given, and where.
pub(super) struct Given<'m> {
    pub(super) value: &'m Value,
    pub(super) scope: &'m Scope,
    pub(super) span: &'m Range<usize>,
}

/// `NAME = ..` of a module or class, `app.config["NAME"] = ..`, `app.config.update(NAME=..)`.
pub(super) fn given<'m>(module: &'m Module, name: &'m str) -> impl Iterator<Item = Given<'m>> {
    let assigns = module.assigns_anywhere(name).filter(|assign| {
        let is_local = matches!(assign.scope, Scope::Function(_));
        !is_local
    });
    let assigns = assigns.map(|assign| Given {
        value: &assign.value,
        scope: &assign.scope,
        span: &assign.span,
    });
    let items = module.items.iter();
    let items = items.filter(move |item| item.key == name && is_config(&item.object));
    let items = items.map(|item| Given {
        value: &item.value,
        scope: &item.scope,
        span: &item.span,
    });
    let calls = module.calls.iter().filter_map(move |site| {
        let (object, method) = site.call.method()?;
        let takes = matches!(method, "update" | "from_mapping" | "setdefault");
        let value = match site.call.arguments.first() {
            Some(Value::Str(key)) if method == "setdefault" && key == name => {
                site.call.arguments.get(1)
            }
            Some(Value::Dict(items)) => {
                let mut items = items.iter();
                let item = items.find(|(key, _)| key.as_str() == Some(name));
                item.map(|(_, value)| value)
            }
            _ => site.call.keyword(name),
        };
        Some(Given {
            value: value.filter(|_| takes && is_config(object))?,
            scope: &site.scope,
            span: &site.call.span,
        })
    });
    assigns.chain(items).chain(calls)
}

/// Whether an object holds the settings of an application: `app.config`, `current_app.config`.
pub(super) fn is_config(object: &str) -> bool {
    object.rsplit('.').next() == Some("config")
}

/// The only value that any file gives to a setting.
pub(super) fn only<T>(
    code: &Code<'_>,
    name: &str,
    read: impl Fn(At<'_>, &Value) -> Option<T>,
) -> Option<T> {
    let mut found = None;
    let files = code.runnable().iter().copied();
    for path in files.filter(|path| code.mentions(path, &[name])) {
        let module = code.module(path).into_iter();
        for given in module.flat_map(|module| given(module, name)) {
            if found.replace((path, given.value, given.scope)).is_some() {
                return None;
            }
        }
    }
    let (path, value, scope) = found?;
    read(At { code, path, scope }, value)
}

/// Settings that Flask reads as a file beside one of these, which nothing imports: `app.config.from_pyfile("x.py")`.
pub(crate) fn as_files(code: &Code<'_>, files: &BTreeSet<String>) -> Vec<String> {
    let mut reading = files.iter();
    if !reading.any(|path| code.mentions(path, &["from_pyfile"])) {
        return Vec::new();
    }
    let beside = files.iter().flat_map(|path| {
        let module = code.module(path).into_iter();
        let names = module.flat_map(|module| {
            let joined = module.joins.iter().map(|join| join.text.as_str());
            let read = module.calls.iter().map(|site| &site.call);
            let read = read.filter(|call| call.callee.ends_with(".from_pyfile"));
            let read = read.filter_map(|call| call.arguments.first()?.as_str());
            joined.chain(read)
        });
        let names = names.filter(|name| has_extension(name, "py"));
        let paths = names.map(|name| join(parent(path), name));
        paths.collect::<Vec<String>>()
    });
    let there = beside.filter(|path| code.tree().has_file(path));
    there.flat_map(|path| code.reached(path.as_str())).collect()
}

/// The file that makes the Flask application, where one alone does.
pub(super) fn flask<'a>(code: &Code<'a>) -> Option<&'a str> {
    let files = code.runnable().iter().copied();
    let mut made = files.filter(|path| code.mentions(path, &["Flask(__name__"]));
    made.next().filter(|_| made.next().is_none())
}
