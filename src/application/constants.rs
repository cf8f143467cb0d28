//! Values that can be known without running anything: literals, module constants, the defaults of
//! settings classes, the defaults of environment variables.

use std::ops::Range;

use super::candidate::Port;
use super::code::{Code, Origin};
use super::python::{Call, Scope, Value};
use crate::catalog::{ReadingCall, Variables};

/// How many names a value may be passed through.
const DEEPEST: usize = 8;

/// Where a value is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) code: &'a Code<'a>,
    pub(super) path: &'a str,
    pub(super) scope: &'a Scope,
}

/// A number and the environment variable that overrides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) number: i64,
    pub(super) variable: Option<String>,
}

/// The text of a value.
pub(super) fn text(at: At<'_>, value: &Value) -> Option<String> {
    match literal(at, value, DEEPEST)? {
        (Literal::Text(text), _) => Some(text),
        (Literal::Number(_), _) => None,
    }
}

/// The text of a value, and the variable that says another.
pub(super) fn text_or_variable(at: At<'_>, value: &Value) -> Option<(String, Option<String>)> {
    match literal(at, value, DEEPEST)? {
        (Literal::Text(text), variable) => Some((text, variable)),
        (Literal::Number(_), _) => None,
    }
}

/// The number of a value; text that is a number counts, as environment variables are text.
pub(super) fn number(at: At<'_>, value: &Value) -> Option<Number> {
    let (literal, variable) = literal(at, value, DEEPEST)?;
    let number = match literal {
        Literal::Number(number) => number,
        // Text that is no number gives none: `getenv("HOST", "0.0.0.0")`.
        Literal::Text(text) => text.trim().parse().ok()?,
    };
    Some(Number { number, variable })
}

/// The port that a value gives.
pub(super) fn port(at: At<'_>, value: Option<&Value>, span: &Range<usize>) -> Option<Port> {
    let found = number(at, value?)?;
    // No other number is a port that something can listen on.
    Some(Port {
        number: u16::try_from(found.number).ok().filter(|port| *port > 0)?,
        variable: found.variable,
        place: at.code.place(at.path, span, "the port is named here"),
    })
}

enum Literal {
    Text(String),
    Number(i64),
}

type Found = Option<(Literal, Option<String>)>;

fn literal(at: At<'_>, value: &Value, left: usize) -> Found {
    let left = left.checked_sub(1)?;
    match value {
        Value::Str(text) => Some((Literal::Text(text.clone()), None)),
        Value::Int(number) => Some((Literal::Number(*number), None)),
        Value::Joined(parts) => joined(at, parts, left),
        Value::Either(values) => either(at, values, left),
        Value::Call(call) => called(at, call, left),
        Value::Name(name) => named(at, name, left),
        _ => None,
    }
}

fn joined(at: At<'_>, parts: &[Value], left: usize) -> Found {
    let mut whole = String::new();
    for part in parts {
        match literal(at, part, left)? {
            (Literal::Text(text), _) => whole.push_str(&text),
            (Literal::Number(number), _) => whole.push_str(&number.to_string()),
        }
    }
    Some((Literal::Text(whole), None))
}

/// `os.getenv("PORT") or 8000`: the first that is known, with the variable of one before it.
fn either(at: At<'_>, values: &[Value], left: usize) -> Found {
    let variables = values.iter().filter_map(|value| variable(value.as_call()?));
    let (found, variable) = values.iter().find_map(|value| literal(at, value, left))?;
    Some((found, variable.or(variables.into_iter().next())))
}

fn variable(call: &Call) -> Option<String> {
    let row = Variables::embedded().call(&call.callee)?;
    variable_of(call, row)
}

/// The variable that a call names.
pub(super) fn variable_of(call: &Call, row: &ReadingCall) -> Option<String> {
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

pub(super) fn is_variable(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(letter)
}

fn called(at: At<'_>, call: &Call, left: usize) -> Found {
    if let Some(variable) = variable(call) {
        let default = call.argument("default", 1)?;
        let (found, _) = literal(at, default, left)?;
        return Some((found, Some(variable)));
    }
    match call.callee.rsplit('.').next()? {
        "lower" | "upper" => {
            let (object, method) = call.method()?;
            let Literal::Text(text) = named(at, object, left)?.0 else {
                return None;
            };
            let text = if method == "upper" {
                text.to_uppercase()
            } else {
                text.to_lowercase()
            };
            Some((Literal::Text(text), None))
        }
        "int" | "str" => literal(at, call.arguments.first()?, left),
        "Field" | "Option" | "Argument" => literal(at, call.argument("default", 0)?, left),
        _ => None,
    }
}

fn named(at: At<'_>, name: &str, left: usize) -> Found {
    let module = at.code.module(at.path)?;
    if let Some(assign) = module.assigned(at.scope, name) {
        return literal(at, &assign.value, left);
    }
    if let Some(found) = parameter(at, name, left).or_else(|| parsed_argument(at, name, left)) {
        return Some(found);
    }
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    if let Some(local) = module
        .assigned(at.scope, first)
        .filter(|_| !rest.is_empty())
    {
        return attribute(at, &local.value, rest, left);
    }
    match at.code.resolve(at.path, name) {
        Origin::Inside { path, name } => in_module(at.code, &path, &name, left),
        Origin::Outside(_) => None,
    }
}

fn in_module(code: &Code<'_>, path: &str, name: &str, left: usize) -> Found {
    let at = At {
        code,
        path,
        scope: &Scope::Module,
    };
    let module = code.module(path)?;
    if let Some(assign) = module.assigned(at.scope, name) {
        return literal(at, &assign.value, left);
    }
    let (first, rest) = name.split_once('.')?;
    if module.class(first).is_some() {
        return class_attribute(at, first, rest, left);
    }
    attribute(at, &module.assigned(at.scope, first)?.value, rest, left)
}

/// `rest` of what a call makes: an instance of a class of the project, or what a function of the
/// project returns.
fn attribute(at: At<'_>, made: &Value, rest: &str, left: usize) -> Found {
    let left = left.checked_sub(1)?;
    let Origin::Inside { path, name } = at.code.resolve(at.path, &made.as_call()?.callee) else {
        return None;
    };
    let inner = At {
        path: &path,
        scope: &Scope::Module,
        ..at
    };
    let module = at.code.module(&path)?;
    if module.class(&name).is_some() {
        return class_attribute(inner, &name, rest, left);
    }
    let function = module.function(&name)?;
    let mut returns = function
        .returns
        .iter()
        .filter(|value| value.as_call().is_some());
    returns.find_map(|value| attribute(inner, value, rest, left))
}

fn class_attribute(at: At<'_>, class: &str, name: &str, left: usize) -> Found {
    let module = at.code.module(at.path)?;
    if let Some(assign) = module.assigned(&Scope::Class(class.to_owned()), name) {
        return literal(at, &assign.value, left);
    }
    let bases = &module.class(class)?.bases;
    let mut bases = bases.iter().filter_map(Value::as_name);
    let inherited = bases.find_map(|base| class_attribute(at, base, name, left.checked_sub(1)?));
    inherited
        .or_else(|| kept(at, name, left))
        .or_else(|| tabled(at, class, name, left))
}

/// `self.port = 8000`, in whichever method, where the module has one of that name.
fn kept(at: At<'_>, name: &str, left: usize) -> Found {
    let module = at.code.module(at.path)?;
    let own = format!("self.{name}");
    let mut assigns = module.assigns_anywhere(&own);
    match (assigns.next(), assigns.next()) {
        (Some(only), None) => {
            let scope = &only.scope;
            literal(At { scope, ..at }, &only.value, left)
        }
        _ => None,
    }
}

/// `DEFAULTS = {"PORT": "8000"}` of a class or its module, from which it sets what it has: each may come from the
/// variable of its name.
fn tabled(at: At<'_>, class: &str, name: &str, left: usize) -> Found {
    let module = at.code.module(at.path)?;
    let scopes = [Scope::Class(class.to_owned()), Scope::Module];
    let assigns = module.assigns.iter();
    let mut tables = assigns.filter(|one| scopes.contains(&one.scope));
    let value = tables.find_map(|table| {
        let Value::Dict(items) = &table.value else {
            return None;
        };
        let mut items = items.iter();
        let (_, value) = items.find(|(key, _)| key.as_str() == Some(name))?;
        Some(value)
    })?;
    let (found, variable) = literal(at, value, left)?;
    let reads = at.code.mentions(at.path, &["environ", "getenv"]);
    let own = Some(name.to_owned()).filter(|name| reads && is_variable(name));
    Some((found, variable.or(own)))
}

/// The default of a parameter of the function around, or of the option that fills it.
fn parameter(at: At<'_>, name: &str, left: usize) -> Found {
    let Scope::Function(function) = at.scope else {
        return None;
    };
    let around = at.code.module(at.path)?.functions_named(function).next()?;
    let default = around
        .defaults
        .iter()
        .find(|(parameter, _)| parameter == name);
    if let Some((_, value)) = default {
        return literal(at, value, left);
    }
    let options = around.decorators.iter().filter_map(Value::as_call);
    options
        .filter(|call| option_name(call).as_deref() == Some(name))
        .find_map(|call| literal(at, call.keyword("default")?, left))
}

/// `args.port` of `parser.add_argument("--port", default=8000)`.
fn parsed_argument(at: At<'_>, name: &str, left: usize) -> Found {
    let (_, attribute) = name.rsplit_once('.')?;
    let calls = at.code.module(at.path)?.calls.iter().map(|site| &site.call);
    let mut options = calls.filter(|call| call.callee.ends_with("add_argument"));
    options.find_map(|call| {
        (option_name(call)? == attribute).then_some(())?;
        literal(at, call.keyword("default")?, left)
    })
}

fn option_name(call: &Call) -> Option<String> {
    let mut names = call.arguments.iter().filter_map(Value::as_str);
    let long = names.find(|name| name.starts_with("--"))?;
    Some(long.trim_start_matches('-').replace('-', "_"))
}
