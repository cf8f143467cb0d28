//! The variables without which source ends when it is imported: what it reads there has no value of its own.
//!
//! Only what is sure is told: nothing under a condition, in a `try`, or in a function, and no class of settings that
//! nothing makes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{DEEPEST, File, Unset, Variable};
use crate::application::code::{Code, Origin};
use crate::application::constants;
use crate::application::python::{Call, Scope, UNPACKED, Value};
use crate::catalog::{Services, Variables};
use crate::diagnostic::Place;

/// What gives a settings class values that are no variables.
const OTHER_SOURCES: [&str; 3] = [
    "settings_customise_sources",
    "mode=\"before\"",
    "mode='before'",
];

/// What of a file runs beside what its import does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run<'f> {
    /// What stands under `__main__`, and the function that it calls.
    Main(&'f str),
    /// This function.
    Function(&'f str, &'f str),
}

/// The variables that these files need when they are imported, by name, each with the place that reads it, and those
/// that what is in `run` needs.
pub(crate) fn required<'f>(
    code: &Code<'_>,
    files: impl IntoIterator<Item = &'f str>,
    run: &[Run<'_>],
    services: &Services,
) -> BTreeMap<String, Place> {
    let known = Variables::embedded();
    let files = files.into_iter().filter_map(|path| {
        Some(File {
            code,
            path,
            module: code.module(path)?,
            known,
            services,
        })
    });
    let files: Vec<File<'_>> = files.collect();
    let made = made(&files);
    let given: BTreeSet<String> = files.iter().flat_map(File::given).collect();
    let mut required = BTreeMap::new();
    for file in &files {
        let found = file.at_import(run);
        let found = found.into_iter().chain(file.of_classes(&made));
        for variable in found.filter(|one| !given.contains(one.name.as_str())) {
            required.entry(variable.name).or_insert(variable.place);
        }
    }
    required
}

/// Each class of settings that is made somewhere, by its file and name, with the arguments that it is given; what is
/// unpacked into them may be any.
type Made = BTreeMap<(String, String), BTreeSet<String>>;

fn made(files: &[File<'_>]) -> Made {
    let classes = files.iter().flat_map(|file| &file.module.classes);
    let names: BTreeSet<&str> = classes.map(|class| class.name.as_str()).collect();
    let mut made = Made::new();
    for file in files {
        for site in &file.module.calls {
            let last = site.call.callee.rsplit('.').next().unwrap_or_default();
            if !names.contains(last) {
                continue;
            }
            if let Origin::Inside { path, name } = file.code.resolve(file.path, &site.call.callee) {
                let given = site.call.keywords.iter();
                let given = given.map(|(keyword, _)| keyword.to_uppercase());
                made.entry((path, name)).or_default().extend(given);
            }
        }
    }
    made
}

fn holds(span: &Range<usize>, call: &Call) -> bool {
    span.start <= call.span.start && call.span.end <= span.end
}

impl File<'_> {
    /// The names that the source itself sets or has values for.
    fn given(&self) -> Vec<String> {
        let items = self.module.items.iter();
        let items = items.filter(|item| item.object.ends_with("environ"));
        let mut given: Vec<String> = items.map(|item| item.key.clone()).collect();
        for site in &self.module.calls {
            let callee = &site.call.callee;
            if callee.ends_with("environ.setdefault") {
                let name = site.call.arguments.first();
                given.extend(name.and_then(Value::as_str).map(str::to_owned));
            } else if self.known.is_scheme(callee) {
                for (name, value) in &site.call.keywords {
                    self.scheme(Some(name), value, DEEPEST, &mut given);
                }
            }
        }
        given
    }

    /// The names of a scheme that have a value in it: `NAME=(type, value)`, and what is unpacked into it.
    fn scheme(&self, name: Option<&str>, value: &Value, left: usize, given: &mut Vec<String>) {
        let Some(left) = left.checked_sub(1) else {
            return;
        };
        let name = name.filter(|name| *name != UNPACKED);
        match (name, value) {
            (Some(name), Value::List(items)) if items.len() > 1 => given.push(name.to_owned()),
            (None, Value::Dict(items)) => {
                for (key, value) in items {
                    self.scheme(key.as_str(), value, left, given);
                }
            }
            (None, Value::Name(named)) => {
                if let Origin::Inside { path, name } = self.code.resolve(self.path, named)
                    && let Some(other) = self.other(&path)
                    && let Some(assign) = other.module.assigned(&Scope::Module, &name)
                {
                    other.scheme(None, &assign.value, left, given);
                }
            }
            _ => {}
        }
    }

    /// What is read where the module itself runs.
    fn at_import(&self, run: &[Run<'_>]) -> Vec<Variable> {
        if !self.code.mentions(self.path, &self.known.words()) {
            return Vec::new();
        }
        let around = self.around();
        let runs = |scope: &Scope, call: &Call| match scope {
            Scope::Module | Scope::Class(_) => true,
            Scope::Main => run.contains(&Run::Main(self.path)),
            Scope::Function(name) => self.is_started(name, run) && self.is_sure(name, call),
        };
        let read = self.reads().into_iter();
        let read = read.filter(|(call, scope, within)| {
            runs(scope, call) && holds(within, call) && !self.is_guarded(call)
        });
        let read = read.filter_map(|(call, scope, _)| {
            if self.known.call(&call.callee).is_none() {
                return self.by_wrapper(call);
            }
            let variable = self.read(call, scope, &around)?;
            let ends = variable.fails || self.ends_without(call);
            let is_needed = variable.unset != Unset::Other && self.is_needed(call);
            (variable.unset == Unset::Required && ends || is_needed).then_some(variable)
        });
        read.collect()
    }

    /// Whether a function is what a command or the file itself runs.
    fn is_started(&self, name: &str, run: &[Run<'_>]) -> bool {
        let mut functions = self.module.functions_named(name);
        let is_it = functions.all(|function| function.scope == Scope::Module);
        let in_main = || {
            let mut calls = self.module.calls_in(&Scope::Main);
            calls.any(|site| site.call.callee == name)
        };
        let is_run = |one: &Run<'_>| match *one {
            Run::Main(path) => path == self.path && in_main(),
            Run::Function(path, function) => path == self.path && function == name,
        };
        is_it && run.iter().any(is_run)
    }

    /// Whether nothing in a function ends it before a call.
    fn is_sure(&self, name: &str, call: &Call) -> bool {
        let Some(file) = self.code.text(self.path) else {
            return false;
        };
        let before = &file.text()[..call.span.start];
        let body = before.rsplit_once(&format!("def {name}("));
        body.is_some_and(|(_, body)| !body.contains("return") && !body.contains("exit("))
    }

    /// What a function of the project's own reads, where its first argument is the variable and it fails without.
    fn by_wrapper(&self, call: &Call) -> Option<Variable> {
        let [name] = call.arguments.as_slice() else {
            return None;
        };
        let name = name.as_str().filter(|name| constants::is_variable(name))?;
        let Origin::Inside { path, name: callee } = self.code.resolve(self.path, &call.callee)
        else {
            return None;
        };
        let other = self.other(&path).filter(|_| call.keywords.is_empty())?;
        let function = other.module.function(&callee)?;
        let first = function.parameters.first()?;
        let scope = Scope::Function(callee.clone());
        let fails = other.reads().into_iter().any(|(read, around, within)| {
            let is_it = read.arguments.first().and_then(Value::as_name) == Some(first);
            let row = other.known.call(&read.callee);
            let is_plain = read.arguments.len() == 1 && read.keywords.is_empty();
            let is_inside = *around == scope || *within == function.span;
            is_inside && is_it && is_plain && row.is_some_and(|row| !row.gives_nothing)
        });
        let file = self.code.text(&path)?;
        let rest = &file.text()[function.span.start..];
        let body = rest.split("\ndef ").next().unwrap_or(rest);
        // An error that is caught is raised again in other words.
        let is_caught = body.contains("except") && !body.contains("raise");
        (fails && !is_caught && function.parameters.len() == 1).then(|| Variable {
            name: name.to_owned(),
            unset: Unset::Required,
            default: None,
            class: None,
            fails: true,
            types: Vec::new(),
            part: None,
            joined: None,
            place: self.place(&call.span),
        })
    }

    /// Whether a call runs only under a condition, or what it raises is caught.
    fn is_guarded(&self, call: &Call) -> bool {
        let text = self.code.text(self.path);
        let (before, line) = text.as_ref().map_or(("", ""), |file| {
            let (before, rest) = file.text().split_at(call.span.start);
            let before = before.lines().next_back().unwrap_or_default();
            (before, rest.lines().next().unwrap_or_default())
        });
        let mut blocks = self.module.guarded.iter();
        let is_second = before.contains(" and ") || before.contains(" or ");
        blocks.any(|block| holds(block, call))
            || line.contains(" if ")
            || line.contains(" or ")
            || is_second
    }

    /// Whether what a call gives is a setting that Django does not start without: `SECRET_KEY = os.getenv("SECRET_KEY")`.
    fn is_needed(&self, call: &Call) -> bool {
        let mut assigns = self.module.assigns.iter();
        let assign = assigns.find(|assign| assign.value.as_call() == Some(call));
        let is_it = assign.is_some_and(|assign| {
            let is_plain = matches!(assign.scope, Scope::Module | Scope::Class(_));
            is_plain && self.known.is_needed(&assign.target)
        });
        let is_empty = match call.argument("default", 1) {
            None | Some(Value::Nothing) => true,
            Some(value) => value.as_str() == Some(""),
        };
        let words = [
            "INSTALLED_APPS",
            "ROOT_URLCONF",
            "MIDDLEWARE",
            "ALLOWED_HOSTS",
        ];
        is_it && is_empty && self.code.mentions(self.path, &words)
    }

    /// Whether the source raises or exits where there is no value: `if not TOKEN: raise ..`.
    fn ends_without(&self, call: &Call) -> bool {
        let mut assigns = self.module.assigns.iter();
        let assign = assigns.find(|assign| holds(&assign.span, call));
        let (Some(assign), Some(file)) = (assign, self.code.text(self.path)) else {
            return false;
        };
        let name = &assign.target;
        let asked = [format!("if not {name}:"), format!("if {name} is None:")];
        asked.iter().any(|words| {
            let rest = file.text().split_once(words.as_str()).map(|(_, rest)| rest);
            let mut next = rest.into_iter().flat_map(|rest| rest.lines().take(2));
            next.any(|line| line.contains("raise ") || line.contains("exit("))
        })
    }

    /// The fields without a value of those classes of settings here that are made.
    fn of_classes(&self, made: &Made) -> Vec<Variable> {
        if self.code.mentions(self.path, &OTHER_SOURCES) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for class in &self.module.classes {
            let Some(given) = made.get(&(self.path.to_owned(), class.name.clone())) else {
                continue;
            };
            let mut names = BTreeSet::new();
            let fields = self.fields_of(&class.name).into_iter();
            // A class says anew what its base says.
            let fields = fields.filter(|field| names.insert(field.name.clone()));
            let is_given = |name: &str| {
                let mut given = given.iter();
                given.any(|given| given == UNPACKED || name.ends_with(given.as_str()))
            };
            found.extend(fields.filter(|field| field.fails && !is_given(&field.name)));
        }
        found
    }
}
