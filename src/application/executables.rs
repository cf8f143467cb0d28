//! Programs of the system that the source starts by their names.

use std::collections::BTreeMap;

use super::code::{Code, Origin};
use super::python::{CallSite, Module, Scope, Value};
use crate::catalog::{Executables, Starting};
use crate::diagnostic::Place;

/// The programs that these files start, each with where that is said first.
pub(crate) fn find<'f>(
    code: &Code<'_>,
    files: impl IntoIterator<Item = &'f str>,
) -> BTreeMap<String, Place> {
    let known = Executables::embedded();
    let words: Vec<&str> = known.words().into_iter().collect();
    let mut found = BTreeMap::new();
    for path in files {
        let Some(module) = code.module(path).filter(|_| code.mentions(path, &words)) else {
            continue;
        };
        let file = File { code, path, module };
        for site in &module.calls {
            for word in file.started(site) {
                file.add(word, &site.call.span, &mut found);
            }
        }
        for function in &module.functions {
            for (name, value) in &function.defaults {
                let word = value.as_str();
                if let Some(word) = word.filter(|word| known.is_parameter(name, word)) {
                    file.add(word, &function.span, &mut found);
                }
            }
        }
        // `executable: str = "ffprobe"` of a class.
        for assign in &module.assigns {
            let is_field = matches!(assign.scope, Scope::Class(_) | Scope::Module);
            if let (true, Some(word)) = (is_field, assign.value.as_str())
                && known.is_parameter(&assign.target.to_lowercase(), word)
            {
                file.add(word, &assign.span, &mut found);
            }
        }
    }
    found
}

struct File<'c> {
    code: &'c Code<'c>,
    path: &'c str,
    module: &'c Module,
}

impl<'c> File<'c> {
    fn add(&self, word: &str, span: &std::ops::Range<usize>, found: &mut BTreeMap<String, Place>) {
        if let Some((name, _)) = Executables::embedded().executable(word) {
            let place = || self.code.place(self.path, span, "started here");
            found.entry(name.to_owned()).or_insert_with(place);
        }
    }

    /// The words of the programs that a call may start.
    fn started(&self, site: &'c CallSite) -> Vec<&'c str> {
        let call = &site.call;
        let row = self.row(&site.scope, &call.callee);
        let given = row.and_then(|row| call.argument(&row.keyword, row.argument));
        let given = given.or_else(|| self.handed(site));
        let given = given.or_else(|| self.passed(site));
        given.map_or_else(Vec::new, |value| self.first_words(&site.scope, value, 3))
    }

    fn row(&self, scope: &Scope, callee: &str) -> Option<&'static Starting> {
        match self.code.resolve_in(self.path, scope, callee) {
            Origin::Outside(name) => Executables::embedded().call(&name),
            Origin::Inside { .. } => None,
        }
    }

    /// What a call hands to a function that it is given: `asyncio.to_thread(subprocess.run, ["ffmpeg"])`.
    fn handed(&self, site: &'c CallSite) -> Option<&'c Value> {
        let arguments = &site.call.arguments;
        let is_start = |value: &Value| {
            let name = value.as_name();
            name.is_some_and(|name| self.row(&site.scope, name).is_some())
        };
        let at = arguments.iter().position(is_start)?;
        arguments.get(at + 1)
    }

    /// What a function of the project's own is given that passes it on: `run(["ffmpeg"])`.
    fn passed(&self, site: &'c CallSite) -> Option<&'c Value> {
        let callee = &site.call.callee;
        let resolved = self.code.resolve_in(self.path, &site.scope, callee);
        let Origin::Inside { path, name } = resolved else {
            return None;
        };
        let module = self.code.module(&path)?;
        let function = module.function(&name)?;
        let other = File {
            code: self.code,
            path: &path,
            module,
        };
        let scope = Scope::Function(name);
        let mut calls = module.calls_in(&scope);
        let (parameter, at) = calls.find_map(|inner| {
            let row = other.row(&inner.scope, &inner.call.callee)?;
            let given = inner.call.argument(&row.keyword, row.argument)?.as_name()?;
            let at = function.parameters.iter().position(|one| one == given)?;
            Some((given, at))
        })?;
        site.call.argument(parameter, at)
    }

    /// The first words of a value: of a line, or of a list.
    fn first_words(&self, scope: &Scope, value: &'c Value, left: usize) -> Vec<&'c str> {
        let Some(left) = left.checked_sub(1) else {
            return Vec::new();
        };
        match value {
            Value::Str(line) => line.split_whitespace().next().into_iter().collect(),
            Value::List(items) | Value::Joined(items) => {
                let first = items.first();
                first.map_or_else(Vec::new, |first| self.first_words(scope, first, left))
            }
            Value::Either(several) => {
                let words = several.iter();
                words
                    .flat_map(|one| self.first_words(scope, one, left))
                    .collect()
            }
            // `os.environ.get("FFMPEG", "ffmpeg")`, `shlex.split("ffmpeg -i x")`.
            Value::Call(call) => {
                let last = call.arguments.last();
                last.map_or_else(Vec::new, |last| self.first_words(scope, last, left))
            }
            Value::Name(name) => {
                let here = self.module.assigns_to(scope, name);
                let module = self.module.assigns_to(&Scope::Module, name);
                let values = here.chain(module);
                values
                    .flat_map(|one| self.first_words(scope, &one.value, left))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}
