//! What of an address a variable holds, where source joins it with others: `f"redis://{HOST}:{PORT}/0"`.
//!
//! Where it stands in the text says it, whatever it is called.

use super::{File, UNKNOWN, Variable};
use crate::application::code::Origin;
use crate::application::constants;
use crate::application::python::{Call, Scope, Value};
use crate::catalog::AddressPart;

/// Where a variable stands in an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) part: AddressPart,
    /// What the address begins with, where that is said.
    pub(crate) scheme: Option<String>,
    /// Whether it is an address without its path, which comes behind: `f"{REDIS_URL}/1"`.
    pub(crate) is_base: bool,
}

/// The variables that a file joins to addresses, by name.
pub(super) fn find(file: &File<'_>, known: &[&Variable]) -> Vec<(String, Joined)> {
    let mut found = Vec::new();
    for (value, _, _) in file.values() {
        if let Value::Call(call) = value {
            found.extend(built(file, call, known));
        }
        let Value::Joined(parts) = value else {
            continue;
        };
        let texts: Vec<String> = parts.iter().map(text).collect();
        for (at, part) in parts.iter().enumerate() {
            let (before, after) = (texts[..at].concat(), texts[at + 1..].concat());
            let name = variable(file, part, known);
            found.extend(name.zip(place(&before, &after)));
        }
    }
    found
}

/// What a call that builds an address is given: `PostgresDsn.build(host=settings.DB_SERVER)`.
fn built(file: &File<'_>, call: &Call, known: &[&Variable]) -> Vec<(String, Joined)> {
    let Some(row) = file.services.builder(&call.callee) else {
        return Vec::new();
    };
    let scheme = call.keyword(row.scheme()).and_then(Value::as_str);
    let parts = row.parts().iter().filter_map(|(keyword, part)| {
        let name = variable(file, call.keyword(keyword)?, known)?;
        let joined = Joined {
            part: *part,
            scheme: scheme.map(str::to_owned),
            is_base: false,
        };
        Some((name, joined))
    });
    parts.collect()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| UNKNOWN.to_string(), str::to_owned)
}

/// What stands between two texts.
fn place(before: &str, after: &str) -> Option<Joined> {
    let (scheme, authority) = match before.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, before),
    };
    let scheme_of = || {
        let scheme = scheme.filter(|scheme| !scheme.is_empty() && !scheme.contains(UNKNOWN));
        scheme.map(str::to_owned)
    };
    let joined = |part| {
        Some(Joined {
            part,
            scheme: scheme_of(),
            is_base: false,
        })
    };
    let is_before_user = after.split('/').next().unwrap_or_default().contains('@');
    match (scheme, authority) {
        // `f"{HOST}:{PORT}"`, and nothing that is an address already.
        (None, "") if after == format!(":{UNKNOWN}") => joined(AddressPart::Host),
        (None, "") if after.starts_with('/') => {
            let base = joined(AddressPart::Url)?;
            Some(Joined {
                is_base: true,
                ..base
            })
        }
        (None, _) => None,
        (Some(_), "") if is_before_user && after.starts_with(':') => joined(AddressPart::User),
        (Some(_), authority) if is_before_user && authority.ends_with(':') => {
            joined(AddressPart::Password)
        }
        (Some(_), authority) if authority.is_empty() || authority.ends_with('@') => {
            let is_host = after.is_empty() || after.starts_with([':', '/', '?']);
            (is_host && !is_before_user)
                .then(|| joined(AddressPart::Host))
                .flatten()
        }
        (Some(_), authority) if authority.contains('/') => {
            let is_path = authority.matches('/').count() == 1 && authority.ends_with('/');
            let is_end = after.is_empty() || after.starts_with('?');
            (is_path && is_end)
                .then(|| joined(AddressPart::Database))
                .flatten()
        }
        (Some(_), authority) if authority.ends_with(':') => joined(AddressPart::Port),
        (Some(_), _) => None,
    }
}

/// The variable that a value is read from: by the call itself, by the name that it is assigned to, or as a field of
/// settings.
fn variable(file: &File<'_>, value: &Value, known: &[&Variable]) -> Option<String> {
    match value {
        Value::Call(call) => match (name_of(file, value), call.arguments.as_slice()) {
            (Some(name), _) => Some(name),
            // `quote_plus(PASSWORD)`, `str(PORT)`.
            (None, [one]) => variable(file, one, known),
            (None, _) => None,
        },
        Value::Name(name) => assigned(file, name).or_else(|| field(name, known)),
        _ => None,
    }
}

fn name_of(file: &File<'_>, value: &Value) -> Option<String> {
    let calls = value.flatten().into_iter().filter_map(Value::as_call);
    let mut names = calls.filter_map(|call| {
        let row = file.known.call(&call.callee);
        row.and_then(|row| constants::variable_of(call, row))
            .or_else(|| file.wrapped(call))
    });
    names.next()
}

/// `HOST` of `HOST = os.environ["REDIS_HOST"]`, here or where it comes from.
fn assigned(file: &File<'_>, name: &str) -> Option<String> {
    let Origin::Inside { path, name } = file.code.resolve(file.path, name) else {
        return None;
    };
    let module = file.code.module(&path)?;
    let assign = module.assigned(&Scope::Module, &name)?;
    let there = File {
        path: &path,
        module,
        ..*file
    };
    name_of(&there, &assign.value)
}

/// `settings.redis_host` and `self.REDIS_HOST` are read from the one variable that is called so, with or without what
/// goes before those of its settings.
fn field(name: &str, known: &[&Variable]) -> Option<String> {
    let (_, field) = name.rsplit_once('.')?;
    let field = field.to_uppercase();
    let end = format!("_{field}");
    let fitting = known.iter().map(|one| one.name.to_uppercase());
    let mut fitting = fitting.filter(|name| *name == field || name.ends_with(&end));
    let found = fitting.next()?;
    let is_one = fitting.next().is_none() || known.iter().any(|one| one.name == field);
    let found = if known.iter().any(|one| one.name.to_uppercase() == field) {
        field
    } else {
        found
    };
    let mut all = known.iter().map(|one| &one.name);
    let name = all.find(|name| name.to_uppercase() == found)?;
    is_one.then(|| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_variable_stands_says_what_it_holds() {
        let place = |text: &str| {
            let (before, after) = text.split_once('{').unwrap();
            let after = after.replace('$', &UNKNOWN.to_string());
            let before = before.replace('$', &UNKNOWN.to_string());
            let joined = place(&before, &after[1..])?;
            Some((joined.part, joined.scheme.unwrap_or_default()))
        };
        for (text, expected) in [
            ("redis://{}:$/0", Some((AddressPart::Host, "redis"))),
            ("redis://{}", Some((AddressPart::Host, "redis"))),
            ("redis://$:{}/0", Some((AddressPart::Port, "redis"))),
            ("redis://$:$/{}", Some((AddressPart::Database, "redis"))),
            ("amqp://{}:$@$:5672//", Some((AddressPart::User, "amqp"))),
            (
                "amqp://$:{}@$:5672//",
                Some((AddressPart::Password, "amqp")),
            ),
            ("amqp://$:$@{}:5672//", Some((AddressPart::Host, "amqp"))),
            ("$://$:$@{}/$", Some((AddressPart::Host, ""))),
            ("{}:$", Some((AddressPart::Host, ""))),
            ("{}/0", Some((AddressPart::Url, ""))),
            ("{}://$", None),
            ("key:{}", None),
        ] {
            let expected = expected.map(|(part, scheme)| (part, scheme.to_owned()));
            assert_eq!(place(text), expected, "{text}");
        }
    }
}
