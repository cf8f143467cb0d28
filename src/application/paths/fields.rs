//! Fields of classes that are paths, of settings above all.

use super::{Path, Paths, of_variable};
use crate::application::code::Origin;
use crate::application::constants::{self, At};
use crate::application::python::{Call, Scope, Value};
use crate::application::variables::Variable;

impl Paths<'_> {
    /// The class of this project that a call makes an instance of, and its file.
    pub(super) fn class_of(
        &self,
        at: At<'_>,
        call: &Call,
        left: usize,
    ) -> Option<(String, String)> {
        let left = left.checked_sub(1)?;
        let Origin::Inside { path, name } = at.code.resolve(at.path, &call.callee) else {
            return None;
        };
        let module = self.code.module(&path)?;
        if module.class(&name).is_some() {
            return Some((path, name));
        }
        let returned = module.function(&name)?.returns.iter();
        let there = At {
            path: &path,
            scope: &Scope::Module,
            ..at
        };
        let mut made = returned.filter_map(Value::as_call);
        made.find_map(|call| self.class_of(there, call, left))
    }

    /// A field of a class, which may be one of settings: then a variable sets it.
    pub(super) fn field(&self, at: At<'_>, class: &str, field: &str, left: usize) -> Option<Path> {
        let module = self.code.module(at.path)?;
        let scope = Scope::Class(class.to_owned());
        if let Some((outer, inner)) = field.split_once('.') {
            return self.field_of_field(
                At {
                    scope: &scope,
                    ..at
                },
                outer,
                inner,
                left,
            );
        }
        let mut assigned = module.assigns_to(&scope, field);
        let Some(first) = assigned.next() else {
            let property = self.returned(at, &scope, field, left);
            return property.or_else(|| self.inherited(at, class, field, left));
        };
        let only = Some(first).filter(|_| assigned.next().is_none())?;
        let inside = At {
            scope: &scope,
            ..at
        };
        let path = self.value(inside, &only.value, left)?;
        let place = at.code.place(at.path, &only.span, "");
        let is_it = |variable: &&Variable| variable.place.is_on_line_of(&place);
        Some(match self.variables.iter().find(is_it) {
            Some(variable) => of_variable(&variable.name, path),
            None => path,
        })
    }

    /// `settings.store.folder`: a field of the class that a field is made of.
    fn field_of_field(&self, at: At<'_>, outer: &str, inner: &str, left: usize) -> Option<Path> {
        let left = left.checked_sub(1)?;
        let module = self.code.module(at.path)?;
        let made = module.assigned(at.scope, outer)?.value.as_call()?;
        let (path, class) = self.class_of(at, made, left)?;
        self.field(At { path: &path, ..at }, &class, inner, left)
    }

    /// The value that a description of a field has.
    pub(super) fn described(&self, at: At<'_>, call: &Call, left: usize) -> Option<Path> {
        match call.argument("default", 0) {
            Some(default) => self.value(at, default, left),
            None => self.made(at, call.keyword("default_factory")?, left),
        }
    }

    /// What a field is made with: `default_factory=folder`, `default_factory=get_env("FOLDER", Path("data"))`.
    fn made(&self, at: At<'_>, factory: &Value, left: usize) -> Option<Path> {
        let Some(name) = factory.as_name() else {
            return self.read(at, factory.as_call()?, left);
        };
        let Origin::Inside { path, name } = at.code.resolve_in(at.path, at.scope, name) else {
            return None;
        };
        self.returned(At { path: &path, ..at }, &Scope::Module, &name, left)
    }

    /// What a function of the project's own gives that reads a variable: `get_env("FOLDER", "data")`.
    pub(super) fn read(&self, at: At<'_>, call: &Call, left: usize) -> Option<Path> {
        let name = call.arguments.first()?.as_str();
        let name = name.filter(|name| constants::is_variable(name))?;
        let default = self.value(at, call.argument("default", 1)?, left)?;
        match at.code.resolve_in(at.path, at.scope, &call.callee) {
            Origin::Inside { .. } => Some(of_variable(name, default)),
            Origin::Outside(_) => None,
        }
    }

    /// The same field of the first base that has it.
    fn inherited(&self, at: At<'_>, class: &str, field: &str, left: usize) -> Option<Path> {
        let left = left.checked_sub(1)?;
        let module = self.code.module(at.path)?;
        let bases = module.class(class)?.bases.iter();
        let mut bases = bases.filter_map(Value::as_name);
        bases.find_map(|base| {
            // Most lie in the same file, and need not be looked for.
            if module.class(base).is_some() {
                return self.field(at, base, field, left);
            }
            match at.code.resolve(at.path, base) {
                Origin::Inside { path, name } => {
                    self.field(At { path: &path, ..at }, &name, field, left)
                }
                Origin::Outside(_) => None,
            }
        })
    }
}
