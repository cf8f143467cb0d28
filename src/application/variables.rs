//! Environment variables that the source reads, and what it does without them.
//!
//! Known by rows of the catalog: calls such as `os.getenv`, fields of settings classes, attributes of settings objects.
//! Django's `DATABASES` says besides which part of an address a variable holds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::code::{Code, Origin};
use super::constants::{self, At};
use super::python::{Annotated, Call, Module, Scope, Value};
use crate::catalog::{AddressPart, ReadingCall, Services, SettingsClass, Variables};
use crate::diagnostic::Place;

/// How deep fields of settings are looked for in fields, and classes in their bases.
const DEEPEST: usize = 4;

/// Stands in a text for what cannot be known without running it.
pub(crate) const UNKNOWN: char = '\u{fffd}';

/// An environment variable that the source reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: String,
    /// What the source does without it.
    pub(crate) unset: Unset,
    /// The names in its type, where it has one.
    pub(crate) types: Vec<String>,
    /// What of an address it holds, and Django's engine for it, where the source says that.
    pub(crate) part: Option<(AddressPart, Option<String>)>,
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
    for path in files {
        if !code.mentions(path, &words) {
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
        for variable in file.variables() {
            let before = found.get(&variable.name);
            if before.is_none_or(|before| tells(&variable) > tells(before)) {
                found.insert(variable.name.clone(), variable);
            }
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
    /// The key of Django's `DATABASES` that it fills, and the engine there.
    part: BTreeMap<usize, (AddressPart, Option<String>)>,
}

impl<'c> File<'c> {
    fn variables(&self) -> Vec<Variable> {
        let around = self.around();
        let calls = self
            .module
            .calls
            .iter()
            .map(|site| (&site.call, &site.scope));
        // `os.environ["NAME"]` is no call in the source.
        let subscripts = self
            .values()
            .filter_map(|(value, scope, _)| Some((value.as_call()?, scope)));
        let subscripts = subscripts.filter(|(call, _)| call.callee.ends_with(".__getitem__"));
        let read = calls.chain(subscripts);
        let read = read.filter_map(|(call, scope)| self.read(call, scope, &around));
        let classes = self
            .module
            .classes
            .iter()
            .flat_map(|class| self.fields_of(&class.name));
        read.chain(classes).chain(self.attributes()).collect()
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
        let row = self.known.call(&call.callee)?;
        let name = variable_of(call, row)?;
        let start = call.span.start;
        let default = call
            .argument("default", 1)
            .or(around.otherwise.get(&start).copied());
        // What `os.getenv` gives then is of no use to whoever wants an address.
        let unset = default.map_or(Unset::Required, |value| self.unset(value, scope));
        Some(Variable {
            name,
            unset,
            types: Vec::new(),
            part: around.part.get(&start).cloned(),
            place: self.place(&call.span),
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
            // `HttpUrl("http://localhost")`, `str(BASE / "x")`.
            Value::Call(call) if !call.callee.ends_with(".__getitem__") => {
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
        for (value, _, _) in self.values() {
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

    /// The variables that the fields of a settings class are; none for another class.
    fn fields_of(&self, class: &str) -> Vec<Variable> {
        let Some(row) = self.settings_class(class, DEEPEST) else {
            return Vec::new();
        };
        let prefix = self
            .said_in(class, &row.prefix, DEEPEST)
            .unwrap_or_default();
        let delimiter = self.said_in(class, &row.delimiter, DEEPEST);
        self.fields(class, &prefix, delimiter.as_deref(), row, DEEPEST)
    }

    /// The row of the settings class that a class of this file derives from.
    fn settings_class(&self, class: &str, left: usize) -> Option<&'static SettingsClass> {
        let left = left.checked_sub(1)?;
        self.bases(class).find_map(|base| match base {
            Origin::Outside(name) => self.known.class(&name),
            Origin::Inside { path, name } => self.other(&path)?.settings_class(&name, left),
        })
    }

    fn bases(&self, class: &str) -> impl Iterator<Item = Origin> {
        let bases = self.module.class(class).map(|class| class.bases.as_slice());
        let names = bases.unwrap_or_default().iter().filter_map(Value::as_name);
        names.map(|name| self.code.resolve(self.path, name))
    }

    fn other<'o>(&self, path: &'o str) -> Option<File<'o>>
    where
        'c: 'o,
    {
        Some(File {
            code: self.code,
            path,
            module: self.code.module(path)?,
            known: self.known,
            services: self.services,
        })
    }

    /// What a settings class says of itself: in `model_config`, in its `class Config`, or in a base.
    fn said_in(&self, class: &str, key: &str, left: usize) -> Option<String> {
        let left = left.checked_sub(1)?;
        let scope = Scope::Class(class.to_owned());
        let config = self.module.assigned(&scope, "model_config");
        let of_call = |value: &Value| value.as_call()?.keyword(key)?.as_str().map(str::to_owned);
        let of_dict = |value: &Value| {
            let Value::Dict(items) = value else {
                return None;
            };
            let mut items = items.iter();
            let said = items.find(|(name, _)| name.as_str() == Some(key))?;
            said.1.as_str().map(str::to_owned)
        };
        let said =
            config.and_then(|config| of_call(&config.value).or_else(|| of_dict(&config.value)));
        let inner = || {
            let inner = Scope::Class("Config".to_owned());
            self.module
                .assigned(&inner, key)?
                .value
                .as_str()
                .map(str::to_owned)
        };
        let inherited = || {
            self.bases(class).find_map(|base| match base {
                Origin::Inside { path, name } => self.other(&path)?.said_in(&name, key, left),
                Origin::Outside(_) => None,
            })
        };
        said.or_else(inner).or_else(inherited)
    }

    fn fields(
        &self,
        class: &str,
        prefix: &str,
        delimiter: Option<&str>,
        row: &SettingsClass,
        left: usize,
    ) -> Vec<Variable> {
        let Some(left) = left.checked_sub(1) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let own = self.module.annotated.iter();
        for field in own.filter(|field| field.scope == Scope::Class(class.to_owned())) {
            let names = self.names_of(field, prefix, row);
            found.extend(names.iter().map(|name| self.field(field, name)));
            let (Some(delimiter), [name, ..]) = (delimiter, &names[..]) else {
                continue;
            };
            for kind in names_in(&field.annotation) {
                if let Origin::Inside { path, name: inner } = self.code.resolve(self.path, &kind) {
                    let prefix = format!("{name}{delimiter}");
                    let other = self.other(&path);
                    found.extend(other.into_iter().flat_map(|other| {
                        other.fields(&inner, &prefix, Some(delimiter), row, left)
                    }));
                }
            }
        }
        for base in self.bases(class) {
            if let Origin::Inside { path, name } = base
                && let Some(other) = self.other(&path)
            {
                found.extend(other.fields(&name, prefix, delimiter, row, left));
            }
        }
        found
    }

    /// The names by which a field is set: its aliases, else its own behind the prefix. Case does not matter to the
    /// libraries; variables are written in capitals.
    fn names_of(&self, field: &Annotated, prefix: &str, row: &SettingsClass) -> Vec<String> {
        let aliases = self.field_calls(field).into_iter().flat_map(|call| {
            let said = row.aliases.iter().filter_map(|key| call.keyword(key));
            said.flat_map(|said| match said {
                Value::Call(choices) => choices.arguments.iter().flat_map(Value::strings).collect(),
                said => said.strings(),
            })
        });
        let aliases: Vec<String> = aliases.map(str::to_uppercase).collect();
        if aliases.is_empty() {
            vec![format!("{prefix}{}", field.target).to_uppercase()]
        } else {
            aliases
        }
    }

    /// The calls that describe a field: its value, or what stands in its type.
    fn field_calls(&self, field: &Annotated) -> Vec<&'c Call> {
        let value = self.module.assigned(&field.scope, &field.target);
        let value = value.and_then(|assign| assign.value.as_call());
        let annotated = self.module.annotated.iter().find(|other| *other == field);
        let inside = annotated
            .into_iter()
            .flat_map(|one| calls_in(&one.annotation));
        value.into_iter().chain(inside).collect()
    }

    fn field(&self, field: &Annotated, name: &str) -> Variable {
        let assigned = self.module.assigned(&field.scope, &field.target);
        let unset = match assigned.map(|assign| &assign.value) {
            None => Unset::Required,
            Some(Value::Call(call)) if call.callee.rsplit('.').next() == Some("Field") => {
                match (call.argument("default", 0), call.keyword("default_factory")) {
                    (Some(value), _) => self.unset(value, &Scope::Module),
                    (None, Some(_)) => Unset::Other,
                    (None, None) => Unset::Required,
                }
            }
            Some(value) => self.unset(value, &Scope::Module),
        };
        Variable {
            name: name.to_owned(),
            unset,
            types: names_in(&field.annotation),
            part: None,
            place: self.place(&field.span),
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
                if !is_variable(attribute) || !names.insert(name) {
                    continue;
                }
                let prefix = self.prefix_of(object);
                found.extend(prefix.map(|prefix| Variable {
                    name: format!("{prefix}{attribute}"),
                    unset: Unset::Required,
                    types: Vec::new(),
                    part: None,
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

/// The variable that a call names.
fn variable_of(call: &Call, row: &ReadingCall) -> Option<String> {
    let named = row.named.as_deref().and_then(|key| call.keyword(key));
    let said = named.or_else(|| call.arguments.first());
    match said {
        Some(said) => said
            .as_str()
            .filter(|name| is_variable(name))
            .map(str::to_owned),
        None => row.unnamed.clone(),
    }
}

fn is_variable(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(letter)
}

/// The last parts of the names in a type.
fn names_in(annotation: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut waiting = vec![annotation];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Name(name) => names.extend(name.rsplit('.').next().map(str::to_owned)),
            Value::Call(call) => waiting.extend(&call.arguments),
            Value::List(items) | Value::Either(items) => waiting.extend(items),
            _ => {}
        }
    }
    names
}

/// The calls in a type, such as `Field(alias="X")` in `Annotated[str, Field(alias="X")]`.
fn calls_in(annotation: &Value) -> Vec<&Call> {
    let mut calls = Vec::new();
    let mut waiting = vec![annotation];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Call(call) => {
                calls.push(&**call);
                waiting.extend(&call.arguments);
            }
            Value::List(items) => waiting.extend(items),
            _ => {}
        }
    }
    calls
}
