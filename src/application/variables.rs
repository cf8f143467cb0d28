//! Environment variables that the source reads, and what it does without them.
//!
//! Known by rows of the catalog: calls such as `os.getenv`, fields of settings classes, attributes of settings objects.
//! Django's `DATABASES` says besides which part of an address a variable holds.

mod classes;
mod joined;
mod required;
mod unfit;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::code::{Code, Origin};
use super::constants::{self, At};
use super::python::{Call, Module, Scope, Value};
use crate::catalog::{AddressPart, Services, Variables};
use crate::diagnostic::Place;

pub(crate) use joined::Joined;
pub(crate) use required::{Run, required};
pub(crate) use unfit::{Unfit, Why, unfit};

/// How deep fields of settings are looked for in fields, and classes in their bases.
const DEEPEST: usize = 4;

/// What Python makes numbers with: of nothing, there is none.
const NUMBERS: [&str; 2] = ["float", "int"];

/// Stands in a text for what cannot be known without running it.
pub(crate) const UNKNOWN: char = '\u{fffd}';

/// An environment variable that the source reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: String,
    /// What the source does without it.
    pub(crate) unset: Unset,
    /// The same, as it is written.
    default: Option<Value>,
    /// The class of settings whose field it is.
    class: Option<String>,
    /// Whether reading it fails where it is not set.
    pub(crate) fails: bool,
    /// The names in its type, where it has one.
    pub(crate) types: Vec<String>,
    /// What of an address it holds, and Django's engine for it, where the source says that.
    pub(crate) part: Option<(AddressPart, Option<String>)>,
    /// What of an address it is where it is joined to one.
    pub(crate) joined: Option<Joined>,
    /// Where it is read.
    pub(crate) place: Place,
}

/// What source does where a variable is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unset {
    /// It fails.
    Required,
    /// It does without a value.
    Nothing,
    /// It takes this text, in which [`UNKNOWN`] stands for what only running it tells.
    Text(String),
    /// It takes something else.
    Other,
}

/// The variables that these files read, by name; of one that is read in several places, the first that says most.
pub(crate) fn find<'f>(
    code: &Code<'_>,
    files: impl IntoIterator<Item = &'f str>,
    services: &Services,
) -> Vec<Variable> {
    let known = Variables::embedded();
    let words = known.words();
    let mut found: BTreeMap<String, Variable> = BTreeMap::new();
    let mut looked_at = Vec::new();
    for path in files {
        let is_about = code.mentions(path, &words);
        if !is_about && !code.mentions(path, &["://"]) {
            continue;
        }
        let Some(module) = code.module(path) else {
            continue;
        };
        let file = File {
            code,
            path,
            module,
            known,
            services,
        };
        let variables = if is_about {
            file.variables()
        } else {
            Vec::new()
        };
        looked_at.push(file);
        for variable in variables {
            let before = found.get(&variable.name);
            if before.is_none_or(|before| tells(&variable) > tells(before)) {
                found.insert(variable.name.clone(), variable);
            }
        }
    }
    let known: Vec<&Variable> = found.values().collect();
    let joined = looked_at.iter().flat_map(|file| joined::find(file, &known));
    let joined: Vec<(String, Joined)> = joined.collect();
    for (name, part) in joined {
        if let Some(variable) = found.get_mut(&name) {
            variable.joined.get_or_insert(part);
        }
    }
    found.into_values().collect()
}

fn tells(variable: &Variable) -> usize {
    let unset = match variable.unset {
        Unset::Text(_) => 2,
        Unset::Required => 1,
        Unset::Nothing | Unset::Other => 0,
    };
    unset + usize::from(variable.part.is_some()) + usize::from(!variable.types.is_empty())
}

/// A file that is looked at.
struct File<'c> {
    code: &'c Code<'c>,
    path: &'c str,
    module: &'c Module,
    known: &'static Variables,
    services: &'c Services,
}

/// What is said around a call that reads a variable, by where the call begins.
#[derive(Default)]
struct Around<'m> {
    /// What holds where it gives nothing: `call or this`.
    otherwise: BTreeMap<usize, &'m Value>,
    /// Where nothing would fail: it is made a number, or a method of it is called.
    needed: BTreeSet<usize>,
    /// The key of Django's `DATABASES` that it fills, and the engine there.
    part: BTreeMap<usize, (AddressPart, Option<String>)>,
}

impl<'c> File<'c> {
    fn variables(&self) -> Vec<Variable> {
        let around = self.around();
        let read = self.reads().into_iter();
        let read = read.filter_map(|(call, scope, _)| self.read(call, scope, &around));
        let classes = self
            .module
            .classes
            .iter()
            .flat_map(|class| self.fields_of(&class.name));
        read.chain(classes).chain(self.attributes()).collect()
    }

    /// Every call that may read a variable, with what it stands in: an assignment, a call, or the name of the function
    /// that returns it.
    fn reads(&self) -> Vec<(&'c Call, &'c Scope, &'c Range<usize>)> {
        let calls = self.module.calls.iter();
        let calls = calls.map(|site| (&site.call, &site.scope, &site.call.span));
        // `os.environ["NAME"]` is no call in the source.
        let subscripts = self
            .values()
            .filter_map(|(value, scope, span)| Some((value.as_call()?, scope, span)));
        let subscripts = subscripts.filter(|(call, _, _)| call.callee.ends_with(".__getitem__"));
        calls.chain(subscripts).collect()
    }

    /// Every value that is assigned, returned or handed to a call, with those inside it.
    fn values(&self) -> impl Iterator<Item = (&'c Value, &'c Scope, &'c Range<usize>)> {
        let assigns = self.module.assigns.iter();
        let assigned = assigns.map(|assign| (&assign.value, &assign.scope, &assign.span));
        let arguments = self.module.calls.iter().flat_map(|site| {
            let keywords = site.call.keywords.iter().map(|(_, value)| value);
            let all = site.call.arguments.iter().chain(keywords);
            all.map(|value| (value, &site.scope, &site.call.span))
        });
        let returned = self.module.functions.iter().flat_map(|function| {
            let values = function.returns.iter();
            values.map(|value| (value, &function.scope, &function.span))
        });
        let all = assigned.chain(arguments).chain(returned);
        all.flat_map(|(value, scope, span)| {
            value
                .flatten()
                .into_iter()
                .map(move |inner| (inner, scope, span))
        })
    }

    fn at(&self, scope: &'c Scope) -> At<'c> {
        At {
            code: self.code,
            path: self.path,
            scope,
        }
    }

    /// The variable that a call reads.
    fn read(&self, call: &Call, scope: &'c Scope, around: &Around<'_>) -> Option<Variable> {
        let row = self.known.call(&call.callee);
        let name = match row {
            Some(row) => constants::variable_of(call, row)?,
            None => self.wrapped(call)?,
        };
        let start = call.span.start;
        let gives_nothing = row.is_some_and(|row| row.gives_nothing);
        let otherwise = around.otherwise.get(&start).copied();
        let default = call.argument("default", 1).or(otherwise);
        let unset = match default {
            Some(value) => self.unset(value, scope),
            // What fails without a value fails however it is asked for later: `DEBUG = env.bool("DEBUG")`.
            None if row.is_none_or(|row| row.gives_nothing) && self.is_asked_for(call) => {
                Unset::Nothing
            }
            // What `os.getenv` gives then is of no use to whoever wants an address.
            None => Unset::Required,
        };
        Some(Variable {
            name,
            fails: unset == Unset::Required && (!gives_nothing || around.needed.contains(&start)),
            unset,
            default: default.cloned(),
            class: None,
            types: Vec::new(),
            part: around.part.get(&start).cloned(),
            joined: None,
            place: self.place(&call.span),
        })
    }

    /// The variable that a function of the project's own reads, where that is its first argument.
    fn wrapped(&self, call: &Call) -> Option<String> {
        let name = call.arguments.first()?.as_str()?;
        if !constants::is_variable(name) {
            return None;
        }
        let Origin::Inside { path, name: callee } = self.code.resolve(self.path, &call.callee)
        else {
            return None;
        };
        let module = self.code.module(&path)?;
        let first = module.function(&callee)?.parameters.first()?;
        let scope = Scope::Function(callee.clone());
        let mut inside = module.calls_in(&scope);
        let reads = inside.any(|site| {
            let read = site.call.arguments.first().and_then(Value::as_name);
            read == Some(first) && self.known.call(&site.call.callee).is_some()
        });
        reads.then(|| name.to_owned())
    }

    /// Whether the source asks if there is a value, and goes on without one.
    fn is_asked_for(&self, call: &Call) -> bool {
        let Some(file) = self.code.text(self.path) else {
            return false;
        };
        let text = file.text();
        let line = &text[text[..call.span.start].rfind('\n').map_or(0, |at| at + 1)..];
        let line = line.trim_start();
        if line.starts_with("if ") || line.starts_with("elif ") {
            return true;
        }
        let within =
            |span: &Range<usize>| span.start <= call.span.start && call.span.end <= span.end;
        let mut assigns = self.module.assigns.iter();
        let Some(assign) = assigns.find(|assign| within(&assign.span)) else {
            return false;
        };
        let asked = [
            format!("if {}:", assign.target),
            format!(" if {} else ", assign.target),
        ];
        asked.iter().any(|words| text.contains(words.as_str()))
            || text
                .split_once(&format!("if not {}:", assign.target))
                .is_some_and(|(_, rest)| {
                    let mut next = rest.lines().skip(1).take(2);
                    !next.any(|line| line.contains("raise ") || line.contains("exit("))
                })
    }

    fn place(&self, span: &Range<usize>) -> Place {
        self.code.place(self.path, span, "it is read here")
    }

    fn unset(&self, value: &Value, scope: &'c Scope) -> Unset {
        match value {
            Value::Nothing => return Unset::Nothing,
            Value::Ellipsis => return Unset::Required,
            _ => {}
        }
        match self.text(value, scope) {
            Some(text) if text.is_empty() => Unset::Nothing,
            Some(text) => Unset::Text(text),
            None => Unset::Other,
        }
    }

    /// The text of a value, as far as it is known.
    fn text(&self, value: &Value, scope: &'c Scope) -> Option<String> {
        if let Some(text) = constants::text(self.at(scope), value) {
            return Some(text);
        }
        match value {
            Value::Joined(parts) => {
                let known = |part| {
                    self.text(part, scope)
                        .unwrap_or_else(|| UNKNOWN.to_string())
                };
                Some(parts.iter().map(known).collect())
            }
            // `HttpUrl("http://localhost")`, `str(BASE / "x")`; what another variable has is not known.
            Value::Call(call)
                if !call.callee.ends_with(".__getitem__")
                    && self.known.call(&call.callee).is_none() =>
            {
                match (&call.arguments[..], &call.keywords[..]) {
                    ([one], []) => self.text(one, scope),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What is said around calls.
    fn around(&self) -> Around<'c> {
        let mut around = Around::default();
        // `os.getenv("DEBUG").lower() == "true"` is no value that is followed.
        let methods = self.module.calls.iter();
        let methods = methods.filter_map(|site| site.call.receiver.as_deref());
        around.needed.extend(methods.map(|call| call.span.start));
        for (value, _, _) in self.values() {
            if let Value::Call(call) = value {
                let made = NUMBERS.contains(&call.callee.as_str());
                let made = call.arguments.first().filter(|_| made);
                let made = made.and_then(Value::as_call);
                let needed = call.receiver.as_deref().into_iter().chain(made);
                around.needed.extend(needed.map(|call| call.span.start));
            }
            let Value::Either(items) = value else {
                continue;
            };
            for (call, next) in items.iter().zip(&items[1..]) {
                if let Some(call) = call.as_call() {
                    around.otherwise.entry(call.span.start).or_insert(next);
                }
            }
        }
        for assign in self.module.assigns_anywhere("DATABASES") {
            let Value::Dict(databases) = &assign.value else {
                continue;
            };
            for (_, database) in databases {
                self.database(database, &assign.scope, &mut around);
            }
        }
        around
    }

    /// One entry of Django's `DATABASES`.
    fn database(&self, database: &Value, scope: &'c Scope, around: &mut Around<'c>) {
        let Value::Dict(settings) = database else {
            return;
        };
        let engine = settings
            .iter()
            .find(|(key, _)| key.as_str() == Some("ENGINE"));
        let engine = engine.and_then(|(_, value)| self.text(value, scope));
        for (key, value) in settings {
            let part = key.as_str().and_then(|key| self.services.django_part(key));
            let read = value.flatten().into_iter().find_map(|value| {
                let call = value.as_call()?;
                self.known.call(&call.callee)?;
                Some(call.span.start)
            });
            if let (Some(part), Some(read)) = (part, read) {
                around.part.insert(read, (part, engine.clone()));
            }
        }
    }

    /// Attributes of settings objects: `settings.DATABASE_URL`.
    fn attributes(&self) -> Vec<Variable> {
        let mut names = BTreeSet::new();
        let mut found = Vec::new();
        for (value, _, span) in self.values() {
            if let Some(name) = value.as_name() {
                let Some((object, attribute)) = name.rsplit_once('.') else {
                    continue;
                };
                if !constants::is_variable(attribute) || !names.insert(name) {
                    continue;
                }
                let prefix = self.prefix_of(object);
                found.extend(prefix.map(|prefix| Variable {
                    name: format!("{prefix}{attribute}"),
                    unset: Unset::Required,
                    default: None,
                    class: None,
                    fails: false,
                    types: Vec::new(),
                    part: None,
                    joined: None,
                    place: self.place(span),
                }));
            }
        }
        found
    }

    /// What goes before the variables of a settings object.
    fn prefix_of(&self, object: &str) -> Option<String> {
        let Origin::Inside { path, name } = self.code.resolve(self.path, object) else {
            return None;
        };
        let module = self.code.module(&path)?;
        let made = module.assigned(&Scope::Module, &name)?.value.as_call()?;
        let Origin::Outside(maker) = self.code.resolve(&path, &made.callee) else {
            return None;
        };
        let row = self.known.object(&maker)?;
        Some(match made.keyword(&row.prefix) {
            None => format!("{}_", row.unsaid),
            Some(said) => said
                .as_str()
                .map_or_else(String::new, |prefix| format!("{prefix}_")),
        })
    }
}
