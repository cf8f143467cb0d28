//! Of several values that something may have, the one that can be known.

use std::borrow::Cow;

use super::{Path, Paths};
use crate::application::code::Origin;
use crate::application::constants::At;
use crate::application::python::{Assign, Call, CallSite, Function, Scope, Value};

/// Of how many values one is looked for, and what each step of that takes of the way that is left: several values of
/// several values are many.
pub(super) const MOST: usize = 4;
const STEP: usize = 6;

/// What a look at the callers takes of the way: all that the project calls is gone through.
const CALLERS: usize = 10;

/// How many callers are looked at.
const MOST_CALLERS: usize = 8;

/// What callers write, each with the file and the code that it stands in.
type Calls<'c> = Vec<(&'c str, &'c CallSite)>;

impl Paths<'_> {
    /// The only path that is known of these values.
    pub(super) fn only<'v>(
        &self,
        values: impl Iterator<Item = (At<'v>, &'v Value)>,
        left: usize,
    ) -> Option<Path> {
        let values: Vec<(At<'_>, &Value)> = values.collect();
        let left = match values.len() {
            0 => return None,
            1 => left,
            2..=MOST => left.checked_sub(STEP)?,
            _ => return None,
        };
        let known = values.into_iter();
        let mut known = known.filter_map(|(at, value)| self.value(at, value, left));
        let first = known.next()?;
        known.all(|other| other.text == first.text).then_some(first)
    }

    /// What is assigned to a name. What is made of itself grows, and nothing is known of it.
    pub(super) fn assigned<'m>(
        &self,
        at: At<'m>,
        name: &str,
        assigns: impl Iterator<Item = &'m Assign>,
        left: usize,
    ) -> Option<Path> {
        let assigns: Vec<&Assign> = assigns.collect();
        if assigns.len() > 1 && assigns.iter().any(|one| has_name(&one.value, name)) {
            return None;
        }
        let values = assigns.into_iter().map(|one| {
            let scope = &one.scope;
            (At { scope, ..at }, &one.value)
        });
        self.only(values, left)
    }

    /// What a function or property of this scope returns.
    pub(super) fn returned(
        &self,
        at: At<'_>,
        around: &Scope,
        name: &str,
        left: usize,
    ) -> Option<Path> {
        let left = left.checked_sub(1)?;
        let module = at.code.module(at.path)?;
        let mut functions = module.functions_named(name);
        let function = functions.find(|one| one.scope == *around)?;
        let scope = Scope::Function(name.to_owned());
        let inside = At {
            scope: &scope,
            ..at
        };
        self.only(function.returns.iter().map(|value| (inside, value)), left)
    }

    /// A parameter or an attribute of one: what callers give, and where they leave it out, what it is by default.
    pub(super) fn parameter(
        &self,
        at: At<'_>,
        function: &Function,
        name: &str,
        left: usize,
    ) -> Option<Path> {
        let left = left.checked_sub(CALLERS)?;
        let (name, attribute) = match name.split_once('.') {
            Some((name, attribute)) => (name, Some(attribute)),
            None => (name, None),
        };
        let mut parameters = function.parameters.iter();
        let index = parameters.position(|parameter| parameter == name)?;
        // What a method is of is not among what its callers give.
        let is_method = matches!(function.scope, Scope::Class(_));
        let index = index.checked_sub(usize::from(is_method))?;
        let mut defaults = function.defaults.iter();
        let default = defaults.find(|(parameter, _)| parameter == name);
        let default = default.filter(|_| attribute.is_none());
        let default = default.map(|(_, value)| value);
        let calls = self.calls_of(at, function);
        let given = |call: &'_ Call| {
            let keyword = call.keywords.iter().find(|(keyword, _)| keyword == name);
            keyword.is_some() || call.arguments.len() > index
        };
        // Of other methods many have the same name: who gives is not known.
        if is_method && function.name != "__init__" && !self.is_alone(function) {
            let gives = calls.iter().any(|(_, site)| given(&site.call));
            let default = default.filter(|_| !gives && !calls.is_empty())?;
            let scope = &Scope::Module;
            return self.value(At { scope, ..at }, default, left);
        }
        let leaves_out = calls.iter().any(|(_, site)| !given(&site.call));
        // Programs are given what their options say.
        let is_command = calls.is_empty() && !function.decorators.is_empty();
        let scope = &Scope::Module;
        let default = default.filter(|_| leaves_out || is_command);
        let default = default.map(|value| (At { scope, ..at }, value));
        let said = calls.iter().take(MOST_CALLERS).filter_map(|(path, site)| {
            let at = At {
                code: self.code,
                path,
                scope: &site.scope,
            };
            Some((at, of(site.call.argument(name, index)?, attribute)?))
        });
        let said: Vec<(At<'_>, Cow<'_, Value>)> = said.collect();
        let said = said.iter().map(|(at, value)| (*at, value.as_ref()));
        let values = default.into_iter().chain(said);
        match self.caller {
            None => self.only(values, left),
            Some(caller) => self.of_caller(caller, values, left),
        }
    }

    /// The path of these values that has this number, else the last.
    fn of_caller<'v>(
        &self,
        caller: usize,
        values: impl Iterator<Item = (At<'v>, &'v Value)>,
        left: usize,
    ) -> Option<Path> {
        let mut known: Vec<Path> = Vec::new();
        for path in values.filter_map(|(at, value)| self.value(at, value, left)) {
            if known.iter().all(|one| one.text != path.text) {
                known.push(path);
            }
            if known.len() > caller {
                break;
            }
        }
        let last = known.len().checked_sub(1)?;
        Some(known.swap_remove(caller.min(last)))
    }

    /// Whether no other function of the project has this name, which is made of several words.
    fn is_alone(&self, function: &Function) -> bool {
        let name = function.name.as_str();
        let files = self.code.runnable().iter();
        let files = files.filter(|path| self.code.mentions(path, &[name]));
        let modules = files.filter_map(|path| self.code.module(path));
        let all = modules.flat_map(|module| module.functions_named(name));
        name.trim_matches('_').contains('_') && all.count() == 1
    }

    /// The calls of a function, or those that make an object of its class; of another method, all of its name.
    fn calls_of(&self, at: At<'_>, function: &Function) -> Calls<'_> {
        let (called, is_method) = match &function.scope {
            Scope::Class(class) if function.name == "__init__" => (class.as_str(), false),
            Scope::Class(_) => (function.name.as_str(), true),
            _ => (function.name.as_str(), false),
        };
        let words = [called];
        let files = self.code.runnable().iter();
        let calling = files.filter(|path| self.code.mentions(path, &words));
        let modules = calling.filter_map(|path| Some((*path, self.code.module(path)?)));
        let sites = modules.flat_map(|(path, module)| {
            let sites = module.calls_of(called);
            sites.map(move |site| (path, site))
        });
        let is_it = |path: &str, site: &CallSite| {
            if is_method {
                return site.call.method().is_some();
            }
            let origin = self.code.resolve_in(path, &site.scope, &site.call.callee);
            matches!(origin, Origin::Inside { path, name } if path == at.path && name == called)
        };
        sites.filter(|(path, site)| is_it(path, site)).collect()
    }
}

/// What a caller gives, or this attribute of what it names.
fn of<'v>(given: &'v Value, attribute: Option<&str>) -> Option<Cow<'v, Value>> {
    match attribute {
        None => Some(Cow::Borrowed(given)),
        Some(attribute) => {
            let name = format!("{}.{attribute}", given.as_name()?);
            Some(Cow::Owned(Value::Name(name)))
        }
    }
}

/// Whether a value is made of what has this name.
fn has_name(value: &Value, name: &str) -> bool {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Name(one) if one == name || one.starts_with(&format!("{name}.")) => return true,
            Value::Call(call) => {
                if call.callee.starts_with(&format!("{name}.")) {
                    return true;
                }
                waiting.extend(&call.arguments);
                waiting.extend(call.keywords.iter().map(|(_, value)| value));
            }
            Value::List(items) | Value::Joined(items) | Value::Either(items) => {
                waiting.extend(items);
            }
            _ => {}
        }
    }
    false
}
