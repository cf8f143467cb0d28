//! Files and folders of the project that the source reads by their path, and served ones that are not there.
//!
//! What is there is believed at once: a text that is the path of a file of this project is no coincidence. Of what is not
//! there only a folder that pages come from is told.

use std::collections::BTreeMap;
use std::ops::Range;

use super::constants::At;
use super::paths::{Path, Paths};
use super::python::{Assign, Call, CallSite, Value};
use super::writes::Source;
use crate::catalog::{Reads, Writer, Writes};
use crate::diagnostic::Place;
use crate::project::source_tree::{has_extension, join};

/// A path that is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    /// From the root of the tree.
    pub(crate) path: String,
    /// Whether it is taken from where the source is, and not from the working folder.
    pub(crate) of_source: bool,
    /// Whether it is there.
    pub(crate) is_there: bool,
    /// Where it is read.
    pub(crate) place: Place,
}

/// What these files read, each path once.
pub(crate) fn find<'f>(source: &Source<'_>, files: impl IntoIterator<Item = &'f str>) -> Vec<Read> {
    let paths = Paths::new(source.code, source.variables);
    let mut found: BTreeMap<(String, bool), Read> = BTreeMap::new();
    for file in files {
        let Some(module) = source.code.module(file) else {
            continue;
        };
        let mut add = |path: &Path, is_served, span: &Range<usize>| {
            let place = || source.code.place(file, span, "read here");
            if let Some(read) = read(source, path, is_served, place) {
                let key = (read.path.clone(), read.of_source);
                found.entry(key).or_insert(read);
            }
        };
        for site in &module.calls {
            let at = At {
                code: source.code,
                path: file,
                scope: &site.scope,
            };
            for (path, is_served) in named(&paths, at, site) {
                add(&path, is_served, &site.call.span);
            }
        }
        for assign in module
            .assigns
            .iter()
            .filter(|assign| is_kept(source, assign))
        {
            let at = At {
                code: source.code,
                path: file,
                scope: &assign.scope,
            };
            // From where the source is: what else a name may stand for is not known.
            let path = paths.of(at, &assign.value).filter(|path| path.of_source);
            if let Some(path) = path {
                add(&path, false, &assign.span);
            }
        }
    }
    found.into_values().collect()
}

/// What is there of what the installed libraries look for by themselves.
pub(crate) fn of_libraries(source: &Source<'_>) -> Vec<String> {
    let (tree, project) = (source.code.tree(), source.code.project());
    let named = Reads::embedded().of_libraries(source.installed);
    let paths = named.map(|path| join(project, path));
    paths
        .filter(|path| tree.has_file(path) || tree.has_folder(path))
        .collect()
}

/// Whether an assignment may keep the path of something that is read wherever the name is used. Settings that name where
/// something is written do not.
fn is_kept(source: &Source<'_>, assign: &Assign) -> bool {
    let name = assign.target.rsplit('.').next().unwrap_or_default();
    let is_written = |(setting, row): (&str, &Writer)| {
        let library = row.library.as_ref();
        setting == name && library.is_none_or(|library| source.installed.contains(library))
    };
    matches!(assign.value, Value::Call(_)) && !Writes::embedded().settings().any(is_written)
}

/// The paths that a call names, each with whether pages come from it.
fn named(paths: &Paths<'_>, at: At<'_>, site: &CallSite) -> Vec<(Path, bool)> {
    let (call, known) = (&site.call, Reads::embedded());
    let last = call.callee.rsplit('.').next().unwrap_or_default();
    if writes(call) {
        return Vec::new();
    }
    if known.serve().contains(last) {
        let keywords = ["directory", "searchpath"].into_iter();
        let mut keywords = keywords.filter_map(|name| call.keyword(name));
        let given = keywords.next().or_else(|| call.arguments.first());
        let may_lack = call.keyword("check_dir").is_some();
        let path = given.and_then(|value| paths.of(at, value));
        return path.map(|path| (path, !may_lack)).into_iter().collect();
    }
    if known.method().contains(last) {
        let path = paths.of_object(at, call);
        return path.map(|path| (path, false)).into_iter().collect();
    }
    let keywords = call.keywords.iter().map(|(_, value)| value);
    let values = call.arguments.iter().chain(keywords);
    let opens = known.open().contains(last);
    let values = values.filter(|value| match value {
        Value::Str(text) => opens || text.contains(['/', '.']),
        Value::Name(_) => opens,
        Value::Call(_) | Value::Joined(_) => true,
        _ => false,
    });
    let paths = values.filter_map(|value| paths.of(at, value));
    paths.map(|path| (path, false)).collect()
}

/// Whether a file is opened to be written.
fn writes(call: &Call) -> bool {
    let mode = call.argument("mode", 1).and_then(Value::as_str);
    call.callee == "open" && mode.is_some_and(|mode| mode.contains(['w', 'a', 'x']))
}

fn read(
    source: &Source<'_>,
    path: &Path,
    is_served: bool,
    place: impl FnOnce() -> Place,
) -> Option<Read> {
    let (parts, is_cut) = path.below_app()?;
    let below = parts.join("/");
    if below.is_empty() {
        return None;
    }
    let (tree, whole) = (source.code.tree(), join(source.code.project(), &below));
    let is_file = tree.has_file(&whole) && !has_extension(&whole, "py");
    let is_data = || {
        let mut files = tree.below(&whole);
        tree.has_folder(&whole) && !files.any(|file| has_extension(file, "py"))
    };
    let is_there = is_file || is_data();
    let is_missing = is_served && !is_cut && tree.lies_there(&whole).is_none();
    // What a variable gives may be elsewhere.
    let is_missing = is_missing && path.variables.is_empty();
    (is_there || is_missing).then(|| Read {
        path: whole,
        of_source: path.of_source,
        is_there,
        place: place(),
    })
}
