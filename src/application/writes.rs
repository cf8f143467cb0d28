//! Where the source writes: calls and settings of the catalog.

use std::collections::BTreeSet;

use super::code::{Code, Origin};
use super::constants::{self, At};
pub(crate) use super::paths::Root;
use super::paths::{Path, Paths};
use super::python::{Call, CallSite, Guard, Module, Scope, Truth, Value};
use super::settings;
use super::variables::Variable;
use crate::catalog::{Given, Inside, Variables, Writer, Writes, Written};
use crate::diagnostic::Place;
use crate::names::PackageName;
use crate::project::source_tree::join;

/// A place that writes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Write {
    /// The folder that it is in.
    pub(crate) root: Root,
    /// The folders and the file below that, as far as they are known.
    pub(crate) parts: Vec<String>,
    /// Whether the last of them is a folder.
    pub(crate) is_folder: bool,
    /// Whether the path is taken from where the source is.
    pub(crate) of_source: bool,
    /// The environment variables that give it or a part of it.
    pub(crate) variables: BTreeSet<String>,
    /// The one that gives all of it, with the value that it has by default.
    pub(crate) variable: Option<(String, String)>,
    /// Where it is written.
    pub(crate) place: Place,
}

/// What is looked at.
pub(crate) struct Source<'a> {
    pub(crate) code: &'a Code<'a>,
    /// The environment variables that the source reads.
    pub(crate) variables: &'a [Variable],
    pub(crate) installed: &'a BTreeSet<PackageName>,
    /// Files that are run themselves, with what stands under `if __name__ == "__main__":`.
    pub(crate) run: BTreeSet<&'a str>,
    pub(crate) python: (u8, u8),
}

/// Where these files write.
pub(crate) fn find<'f>(
    source: &Source<'_>,
    files: impl IntoIterator<Item = &'f str>,
) -> Vec<Write> {
    let known = Writes::embedded();
    let words = known.words();
    let ends: BTreeSet<&str> = words.iter().copied().collect();
    let mut found = Vec::new();
    for path in files {
        let module = source.code.module(path);
        let Some(module) = module.filter(|_| source.code.mentions(path, &words)) else {
            continue;
        };
        let file = File {
            source,
            path,
            module,
            known,
            paths: Paths::new(source.code, source.variables),
        };
        let sites = module.calls.iter();
        let sites = sites.filter(|site| ends.contains(last(&site.call)) && file.runs(site));
        found.extend(sites.flat_map(|site| file.call(site)));
        found.extend(file.settings());
    }
    found
}

fn last(call: &Call) -> &str {
    call.callee.rsplit('.').next().unwrap_or_default()
}

/// A file that is looked at.
struct File<'c> {
    source: &'c Source<'c>,
    path: &'c str,
    module: &'c Module,
    known: &'static Writes,
    paths: Paths<'c>,
}

impl<'c> File<'c> {
    fn at(&self, scope: &'c Scope) -> At<'c> {
        At {
            code: self.source.code,
            path: self.path,
            scope,
        }
    }

    /// Whether the image can get to a call.
    fn runs(&self, site: &CallSite) -> bool {
        let available = |_: &str| true;
        let never = |guard: &Guard| match guard {
            Guard::If(condition) => condition.truth(self.source.python, &available) == Truth::No,
            Guard::CatchesImportError | Guard::ExplainsImportError => false,
        };
        if site.guards.iter().any(never) {
            return false;
        }
        match &site.scope {
            _ if self.source.run.contains(self.path) => true,
            Scope::Main => false,
            Scope::Function(name) => !self.is_of_script(name),
            Scope::Module | Scope::Class(_) => true,
        }
    }

    /// Whether a function is called where the file is run itself, and nowhere else in it.
    fn is_of_script(&self, name: &str) -> bool {
        let in_main = |name: &str| {
            let mut calls = self.module.calls_in(&Scope::Main);
            calls.any(|site| site.call.callee == name || runs_it(&site.call, name))
        };
        let elsewhere = |name: &str| {
            let mut calls = self.module.calls.iter();
            calls.any(|site| site.scope != Scope::Main && site.call.callee == name)
        };
        in_main(name) && !elsewhere(name)
    }

    fn call(&self, site: &'c CallSite) -> Vec<Write> {
        let (call, at) = (&site.call, self.at(&site.scope));
        let named = match self
            .source
            .code
            .resolve_in(self.path, &site.scope, &call.callee)
        {
            Origin::Outside(name) => self.known.call(&name),
            Origin::Inside { .. } => None,
        };
        let method = || self.known.method(call.method()?.1);
        let Some(row) = named.or_else(method).filter(|row| writes(call, row)) else {
            return Vec::new();
        };
        let given = match row.given {
            Given::Argument => match &row.keyword {
                Some(keyword) => call.argument(keyword, row.argument),
                None => call.arguments.get(row.argument),
            },
            Given::Keyword => row.keyword.as_ref().and_then(|name| call.keyword(name)),
            Given::Object => {
                let all = self.paths.all_of(|paths| paths.of_object(at, call));
                return self.written(all, row, &call.span);
            }
        };
        let unsaid = row.unsaid.as_ref().map(|text| Value::Str(text.clone()));
        let Some(value) = given.or(unsaid.as_ref()) else {
            return Vec::new();
        };
        self.value(at, value, row, &call.span)
    }

    /// What settings of this module name.
    fn settings(&self) -> Vec<Write> {
        let mut found = Vec::new();
        for (name, row) in self.known.settings() {
            let is_read = |library: &PackageName| self.source.installed.contains(library);
            let elsewhere = row.elsewhere.as_ref();
            if !row.library.as_ref().is_none_or(is_read)
                || elsewhere.is_some_and(|word| self.source.code.mentions(self.path, &[word]))
            {
                continue;
            }
            let replaced = self.replaced_by(name);
            for given in settings::given(self.module, name) {
                let at = self.at(given.scope);
                let mut written = self.value(at, given.value, row, given.span);
                for one in &mut written {
                    one.variables.extend(replaced.iter().cloned());
                }
                found.extend(written);
            }
        }
        found
    }

    /// The variables that another value of a setting's entry comes from: `DATABASES["default"] =
    /// dj_database_url.config()`, or the same in `DATABASES["default"].update(..)`.
    fn replaced_by(&self, name: &str) -> BTreeSet<String> {
        let entry = format!("{name}.__getitem__");
        let items = self.module.items.iter();
        let items = items.filter(|item| item.object == name);
        let items = items.map(|item| (&item.value, &item.scope));
        let calls = self.module.calls.iter().filter(|site| {
            let around = site.call.receiver.as_ref();
            site.call.callee == "().update" && around.is_some_and(|call| call.callee == entry)
        });
        let updates = calls.filter_map(|site| Some((site.call.arguments.first()?, &site.scope)));
        let values = items.chain(updates).map(|(value, scope)| {
            let named = value.as_name();
            let assigned = named.and_then(|name| self.module.assigned(scope, name));
            assigned.map_or(value, |assign| &assign.value)
        });
        let calls = values.flat_map(|value| value.flatten());
        let calls = calls.filter_map(Value::as_call);
        calls
            .filter_map(|call| {
                let row = Variables::embedded().call(&call.callee)?;
                constants::variable_of(call, row)
            })
            .collect()
    }

    /// The value as a path, or the paths in the dictionaries that it is.
    fn value(
        &self,
        at: At<'_>,
        value: &Value,
        row: &Writer,
        span: &std::ops::Range<usize>,
    ) -> Vec<Write> {
        let Some(inside) = row.inside() else {
            let all = self.paths.all_of(|paths| paths.of(at, value));
            return self.written(all, row, span);
        };
        let named = || {
            let name = value.as_name()?;
            let assign = self.module.assigned(at.scope, name);
            assign.or_else(|| self.module.assigned(&Scope::Module, name))
        };
        let value = named().map_or(value, |assign| &assign.value);
        // `DATABASES = {"default": database}`: whatever it is assigned.
        let named = value.flatten().into_iter().filter_map(Value::as_name);
        let assigned = named.flat_map(|name| self.module.assigns_to(&Scope::Module, name));
        let more = assigned.flat_map(|assign| assign.value.flatten());
        let dictionaries = value.flatten().into_iter().chain(more);
        let values = dictionaries.filter_map(|value| held(value, inside));
        values
            .flat_map(|value| {
                self.written(self.paths.of(at, value).into_iter().collect(), row, span)
            })
            .collect()
    }

    fn written(&self, paths: Vec<Path>, row: &Writer, span: &std::ops::Range<usize>) -> Vec<Write> {
        let all = paths.into_iter();
        all.filter_map(|path| self.write(path, row, span)).collect()
    }

    fn write(&self, path: Path, row: &Writer, span: &std::ops::Range<usize>) -> Option<Write> {
        let whole = path.variables.iter().find(|(_, text)| *text == path.text);
        let whole = whole.cloned();
        let path = match row.is {
            Written::Url => of_url(path)?,
            Written::File | Written::Folder => path,
        };
        if path.text.contains("://") || path.text.starts_with(":memory:") {
            return None;
        }
        let pattern = path.pattern();
        let (root, parts, is_cut) = path.placed()?;
        let is_cut = is_cut && pattern.is_none();
        let parts = match &pattern {
            Some(pattern) => vec![pattern.as_str()],
            None => parts,
        };
        let (first, inside) = (parts.first()?, parts.join("/"));
        let is_there = || root == Root::App && self.is_there(&inside);
        if first.is_empty() || (row.unless_there && is_there()) {
            return None;
        }
        Some(Write {
            root,
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
            is_folder: is_cut || row.is == Written::Folder,
            of_source: path.of_source,
            variables: path
                .variables
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            variable: whole,
            place: self.source.code.place(self.path, span, "written here"),
        })
    }

    fn is_there(&self, inside: &str) -> bool {
        let code = self.source.code;
        let path = join(code.project(), inside);
        code.tree().has_file(&path) || code.tree().has_folder(&path)
    }
}

/// `asyncio.run(main())`, `typer.run(main)`.
fn runs_it(call: &Call, name: &str) -> bool {
    call.arguments.iter().any(|argument| match argument {
        Value::Call(inner) => inner.callee == name,
        Value::Name(given) => given == name,
        _ => false,
    })
}

/// Whether a call of this row writes.
fn writes(call: &Call, row: &Writer) -> bool {
    let mode = || {
        let mode = call.argument("mode", row.mode?)?.as_str()?;
        Some(mode.contains(['w', 'a', 'x', '+']))
    };
    let unless = row.unless.as_ref();
    let content = row.content.and_then(|at| call.arguments.get(at));
    let has_content = content.is_some_and(|value| matches!(value, Value::Call(_) | Value::Name(_)));
    !has_content
        && unless.is_none_or(|keyword| call.keyword(keyword).is_none())
        && (row.mode.is_none() || mode() == Some(true))
}

/// The path in a dictionary.
fn held<'v>(value: &'v Value, inside: Inside<'_>) -> Option<&'v Value> {
    let Value::Dict(items) = value else {
        return None;
    };
    let at = |key: &str| {
        let mut items = items.iter();
        let item = items.find(|(name, _)| name.as_str() == Some(key))?;
        Some(&item.1)
    };
    let beside = at(inside.beside)?.as_str()?;
    let (first, rest) = inside.key.split_once('.').unwrap_or((inside.key, ""));
    let found = at(first).filter(|_| beside.ends_with(inside.ends))?;
    match found {
        Value::Dict(items) if !rest.is_empty() => {
            let mut items = items.iter();
            let item = items.find(|(name, _)| name.as_str() == Some(rest))?;
            Some(&item.1)
        }
        found => Some(found).filter(|_| rest.is_empty()),
    }
}

/// The file in a URL of `SQLite`.
fn of_url(path: Path) -> Option<Path> {
    let (scheme, rest) = path.text.split_once("://")?;
    let file = rest.split('?').next()?.strip_prefix('/')?;
    let is_file = scheme.starts_with("sqlite") && !file.is_empty() && !file.contains(':');
    is_file.then(|| Path {
        text: file.to_owned(),
        ..path.clone()
    })
}
