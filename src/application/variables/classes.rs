//! Settings classes: their fields are variables.

use super::{DEEPEST, File, UNKNOWN, Unset, Variable};
use crate::application::code::Origin;
use crate::application::constants;
use crate::application::python::{Annotated, Call, Scope, Value};
use crate::catalog::SettingsClass;
use crate::project::source_tree::join;

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
        let text = |value: &Value| constants::text(self.at(&Scope::Module), value);
        let of_call = |value: &Value| text(value.as_call()?.keyword(key)?);
        let of_dict = |value: &Value| {
            let Value::Dict(items) = value else {
                return None;
            };
            let mut items = items.iter();
            let said = items.find(|(name, _)| name.as_str() == Some(key))?;
            text(&said.1)
        };
        let said =
            config.and_then(|config| of_call(&config.value).or_else(|| of_dict(&config.value)));
        let head = || {
            let mut said = self.module.class(class)?.keywords.iter();
            let (_, value) = said.find(|(name, _)| name == key)?;
            text(value)
        };
        let inner = || {
            let inner = Scope::Class("Config".to_owned());
            text(&self.module.assigned(&inner, key)?.value)
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
        let own = own.filter(|field| field.scope == Scope::Class(class.to_owned()));
        for field in own.filter(|field| !is_plain(field)) {
            let names = self.names_of(field, prefix, row);
            let mut all = self.field(field, &names, row);
            if let (Some(delimiter), [name, ..]) = (delimiter, &names[..]) {
                let prefix = format!("{name}{delimiter}");
                let mut inner = self.inner(field, &prefix, delimiter, row, left);
                let needs = all.iter().any(|one| one.fails);
                let parts = inner.iter().any(|one| one.fails);
                for one in &mut all {
                    // Its parts make it whole.
                    one.fails &= !parts;
                }
                for one in &mut inner {
                    // What has a value of its own needs no part.
                    one.fails &= needs;
                }
                all.extend(inner);
            }
            found.extend(all);
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

    /// The fields of a field's own class.
    fn inner(
        &self,
        field: &Annotated,
        prefix: &str,
        delimiter: &str,
        row: &SettingsClass,
        left: usize,
    ) -> Vec<Variable> {
        let kinds = names_in(&field.annotation).into_iter();
        let inner = kinds.filter_map(|kind| match self.code.resolve(self.path, &kind) {
            Origin::Inside { path, name } => {
                Some(
                    self.other(&path)?
                        .fields(&name, prefix, Some(delimiter), row, left),
                )
            }
            Origin::Outside(_) => None,
        });
        inner.flatten().collect()
    }

    /// The names by which a field is set: its aliases, else its own behind the prefix. Case does not matter to the
    /// libraries; variables are written in capitals.
    fn names_of(&self, field: &Annotated, prefix: &str, row: &SettingsClass) -> Vec<String> {
        let aliases = self.field_calls(field).into_iter().flat_map(|call| {
            let said = row.aliases.iter().filter_map(|key| call.keyword(key));
            let said = said.flat_map(|said| match said {
                Value::Call(choices) => choices.arguments.iter().flat_map(Value::flatten).collect(),
                Value::List(items) => items.iter().collect(),
                said => vec![said],
            });
            said.filter_map(|value| constants::text(self.at(&Scope::Module), value))
        });
        let aliases: Vec<String> = aliases.map(|alias| alias.to_uppercase()).collect();
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

    /// A field, by each of its names. One of them is enough.
    fn field(&self, field: &Annotated, names: &[String], row: &SettingsClass) -> Vec<Variable> {
        let assigned = self.module.assigned(&field.scope, &field.target);
        let unset = match assigned.map(|assign| &assign.value) {
            None => self.described(field).unwrap_or(Unset::Required),
            Some(Value::Call(call)) if is_description(call) => {
                self.default(call).unwrap_or(Unset::Required)
            }
            Some(value) => self.unset(value, &Scope::Module),
        };
        let unset = match unset {
            Unset::Required if row.optional_has_none && is_optional(&field.annotation) => {
                Unset::Nothing
            }
            Unset::Text(path) if self.lacks(field, &path) => Unset::Required,
            unset => unset,
        };
        let default = self.written(field);
        let class = match &field.scope {
            Scope::Class(class) => Some(class.clone()),
            _ => None,
        };
        let names = names.iter().enumerate();
        let all = names.map(|(index, name)| Variable {
            default: default.clone(),
            class: class.clone(),
            name: name.clone(),
            fails: unset == Unset::Required && index == 0,
            unset: unset.clone(),
            types: names_in(&field.annotation),
            part: None,
            joined: None,
            place: self.place(&field.span),
        });
        all.collect()
    }

    /// Whether a field has to be the path of something that is there, and by default names what the project lacks.
    fn lacks(&self, field: &Annotated, path: &str) -> bool {
        let types = names_in(&field.annotation);
        let mut types = types.iter().map(String::as_str);
        let (tree, project) = (self.code.tree(), self.code.project());
        let is_plain = !path.starts_with('/') && !path.contains(UNKNOWN);
        let path = join(project, path.trim_start_matches("./"));
        let is_there = tree.has_file(&path) || tree.has_folder(&path);
        is_plain && !is_there && types.any(|name| self.known.is_of_a_path(name))
    }

    /// The default of a field, as it is written; of a factory without a name, what it calls.
    fn written(&self, field: &Annotated) -> Option<Value> {
        let assigned = self.module.assigned(&field.scope, &field.target)?;
        let Some(call) = assigned.value.as_call().filter(|call| is_description(call)) else {
            return Some(assigned.value.clone());
        };
        if let Some(default) = call.argument("default", 0) {
            return Some(default.clone());
        }
        let made = call.keyword("default_factory")?;
        let span = &assigned.span;
        let mut calls = self.module.calls_in(&field.scope);
        let inner = calls.find(|site| {
            let inner = &site.call.span;
            *inner != call.span && span.start <= inner.start && inner.end <= span.end
        });
        match (made, inner) {
            (Value::Other, Some(site)) => Some(Value::Name(site.call.callee.clone())),
            _ => Some(made.clone()),
        }
    }

    /// The value that stands in the type: `Annotated[str, Field(default="x")]`.
    fn described(&self, field: &Annotated) -> Option<Unset> {
        let calls = calls_in(&field.annotation).into_iter();
        let mut described = calls.filter(|call| is_description(call));
        described.find_map(|call| self.default(call))
    }

    /// The value that a description of a field has.
    fn default(&self, call: &Call) -> Option<Unset> {
        let value = call.argument("default", 0);
        let value = value.map(|value| self.unset(value, &Scope::Module));
        let made = || call.keyword("default_factory").map(|_| Unset::Other);
        value.or_else(made)
    }
}

/// `Optional[str]`, `str | None`.
fn is_optional(annotation: &Value) -> bool {
    match annotation {
        Value::Call(call) => {
            let name = call.callee.trim_end_matches(".__getitem__");
            let last = name.rsplit('.').next();
            let has_none = || call.arguments.iter().any(is_optional);
            last == Some("Optional") || matches!(last, Some("Union" | "Annotated")) && has_none()
        }
        Value::List(items) => items.iter().any(is_optional),
        Value::Nothing => true,
        _ => false,
    }
}

fn is_description(call: &Call) -> bool {
    call.callee.rsplit('.').next() == Some("Field")
}

/// Whether it is no field: private, or of the class alone.
fn is_plain(field: &Annotated) -> bool {
    let is_of_class = names_in(&field.annotation)
        .iter()
        .any(|one| one == "ClassVar");
    let called = calls_in(&field.annotation).into_iter();
    let mut called = called.map(|call| call.callee.trim_end_matches(".__getitem__"));
    let is_of_class = is_of_class || called.any(|one| one.rsplit('.').next() == Some("ClassVar"));
    is_of_class || field.target.starts_with('_')
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
