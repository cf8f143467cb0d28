//! Settings classes: their fields are variables.

use super::{DEEPEST, File, Unset, Variable};
use crate::application::code::Origin;
use crate::application::python::{Annotated, Call, Scope, Value};
use crate::catalog::SettingsClass;

impl<'c> File<'c> {
    /// The variables that the fields of a settings class are; none for another class.
    pub(super) fn fields_of(&self, class: &str) -> Vec<Variable> {
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

    pub(super) fn other<'o>(&self, path: &'o str) -> Option<File<'o>>
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

    /// What a settings class says of itself: in `model_config`, in its head, in its `class Config`, or in a base.
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
        let head = || {
            let mut said = self.module.class(class)?.keywords.iter();
            let (_, value) = said.find(|(name, _)| name == key)?;
            value.as_str().map(str::to_owned)
        };
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
        said.or_else(head).or_else(inner).or_else(inherited)
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
            fails: unset == Unset::Required,
            unset,
            types: names_in(&field.annotation),
            part: None,
            place: self.place(&field.span),
        }
    }
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
