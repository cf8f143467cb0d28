//! Where code names a file or folder as a path. How it does is in the catalog's `reads.toml`.

use std::ops::Range;

use crate::application::code::Code;
use crate::application::python::{Call, Module, Scope, Value};
use crate::catalog::{Names, Reads};

/// A path as the code names it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Named {
    /// From the working directory.
    Working(String),
    /// From the folder of the file.
    Beside(String),
    /// From a folder around the file, or from a package.
    Within {
        /// The path.
        text: String,
        /// The packages that the file reads data of.
        packages: Vec<String>,
    },
    /// In a folder `templates`.
    Template(String),
}

/// Every path that these files name, with the file and the place.
pub(super) fn of<'f>(code: &Code<'_>, files: &[&'f str]) -> Vec<(&'f str, Named, Range<usize>)> {
    let anchors: Vec<&str> = Reads::embedded().anchors().iter().collect();
    let is_anchored = files.iter().any(|file| code.mentions(file, &anchors));
    let mut found = Vec::new();
    for file in files {
        let Some(module) = code.module(file) else {
            continue;
        };
        let named = in_module(module).into_iter().filter(|(named, _)| {
            // `base / "data"` may be any folder; where no file asks for its own, it is not ours.
            let is_own = |packages: &Vec<String>| is_anchored || !packages.is_empty();
            !matches!(named, Named::Within { packages, .. } if !is_own(packages))
        });
        found.extend(named.map(|(named, span)| (*file, named, span)));
    }
    found
}

fn in_module(module: &Module) -> Vec<(Named, Range<usize>)> {
    let calls = || module.calls.iter().map(|site| &site.call);
    let packages: Vec<String> = calls().filter_map(package_read).collect();
    let within = |text: String| Named::Within {
        text,
        packages: packages.clone(),
    };
    let mut found: Vec<(Named, Range<usize>)> = Vec::new();
    for join in &module.joins {
        found.push((within(join.text.clone()), join.span.clone()));
    }
    for call in calls() {
        let named = called(call, &within);
        found.extend(named.into_iter().map(|named| (named, call.span.clone())));
    }
    for assign in &module.assigns {
        let is_view = assign.target == "template_name" && matches!(assign.scope, Scope::Class(_));
        let text = assign.value.as_str().filter(|_| is_view);
        found.extend(text.map(|text| (Named::Template(text.to_owned()), assign.span.clone())));
    }
    found
}

fn is_one(call: &Call, names: &Names) -> bool {
    let ends = |name: &str| {
        let before = call.callee.strip_suffix(name);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    names.iter().any(ends)
}

/// The package in `files("shop")`.
fn package_read(call: &Call) -> Option<String> {
    let first = call
        .arguments
        .first()
        .filter(|_| is_one(call, Reads::embedded().in_package()))?;
    first.as_str().map(str::to_owned)
}

fn called(call: &Call, within: &dyn Fn(String) -> Named) -> Vec<Named> {
    let reads = Reads::embedded();
    let last = call.callee.rsplit('.').next().unwrap_or_default();
    if let Some(folders) = reads.beside(last) {
        let named = |(key, usual): (&String, &String)| {
            let given = call
                .keyword(key)
                .map(|value| value.as_str().unwrap_or_default());
            let text = given.unwrap_or(usual).to_owned();
            Named::Beside(text)
        };
        return folders.iter().map(named).collect();
    }
    if is_one(call, reads.in_package()) {
        let rest = joined(call.arguments.get(1..).unwrap_or_default());
        let usual = || (last == "PackageLoader").then(|| "templates".to_owned());
        return rest.or_else(usual).map(within).into_iter().collect();
    }
    if is_one(call, reads.join()) {
        return joined(&call.arguments).map(within).into_iter().collect();
    }
    if is_one(call, reads.template()) {
        let strings = call.arguments.iter().filter_map(Value::as_str);
        return strings
            .map(|text| Named::Template(text.to_owned()))
            .collect();
    }
    if !is_one(call, reads.open()) {
        return Vec::new();
    }
    match call.argument("directory", 0) {
        Some(Value::Str(text)) => vec![Named::Working(text.clone())],
        // `f"{HERE}/static"`
        Some(Value::Joined(parts)) => match parts.as_slice() {
            [_, Value::Str(text)] if text.starts_with('/') => vec![within(text.clone())],
            _ => Vec::new(),
        },
        _ => joined(&call.arguments).map(within).into_iter().collect(),
    }
}

/// `a/b` of the strings in `(HERE, "a", "b")`.
fn joined(arguments: &[Value]) -> Option<String> {
    let texts = arguments.iter().skip_while(|one| one.as_str().is_none());
    let texts: Vec<&str> = texts.map_while(Value::as_str).collect();
    (!texts.is_empty()).then(|| texts.join("/"))
}
