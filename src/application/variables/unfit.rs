//! Variables whose value, where nobody sets them, is for who works on the source.
//!
//! Only what is certain by rows of the catalog is told: a key that everybody can read, one that is another at each start,
//! debugging switched on, the environment of a developer, hosts that only the machine itself reaches.

use super::{UNKNOWN, Unset, Variable};
use crate::application::code::Code;
use crate::application::python::Value;
use crate::catalog::{AddressPart, Catalog, Defaults, Services, Telling};
use crate::diagnostic::Place;
use crate::names::PackageName;

/// Why a value is no good where an application serves people, the most harmful first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// Who has the source knows it.
    Known,
    /// It is empty, and signs what anybody can sign.
    Open,
    /// It is another one at each start, and in each process.
    Random,
    /// Debugging is on.
    Debug,
    /// It is the environment of a developer.
    Development,
    /// Nobody is answered.
    Nobody,
    /// Only the machine itself is.
    Near,
    /// Calls of a service fail.
    Missing,
}

/// A variable that should be set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unfit {
    pub(crate) name: String,
    pub(crate) why: Why,
    /// What to set it to, where that can be known.
    pub(crate) value: Option<String>,
    pub(crate) place: Place,
}

/// Those of these variables, the most harmful first; `has` tells which distributions are installed.
pub(crate) fn unfit(
    code: &Code<'_>,
    variables: &[Variable],
    services: &Services,
    has: impl Fn(&PackageName) -> bool,
) -> Vec<Unfit> {
    let known = Defaults::embedded();
    let serving = variables.iter().filter(|one| {
        let mut class = one.class.iter();
        !class.any(|class| known.is_for_trying(class))
    });
    let found = serving.filter_map(|variable| {
        let (why, value) = secret(variable, services)
            .map(|why| (why, None))
            .or_else(|| debug(variable))
            .or_else(|| environment(code, variable))
            .or_else(|| reached(variable))
            .or_else(|| key(variable, &has))?;
        Some(Unfit {
            name: variable.name.clone(),
            why,
            value,
            place: variable.place.clone(),
        })
    });
    let mut found: Vec<Unfit> = found.collect();
    found.sort_by(|one, other| (one.why, &one.name).cmp(&(other.why, &other.name)));
    found
}

/// What is wrong with the default of a secret.
fn secret(variable: &Variable, services: &Services) -> Option<Why> {
    let known = Defaults::embedded();
    let name = variable.name.as_str();
    let is_signing = known.is_signing(name);
    let names = Catalog::embedded().secret_names();
    let last = name.rsplit('_').next().unwrap_or(name);
    // `RATE_LIMIT_PASSWORD_RESET` is about one.
    let is_telling = names.telling(name) == Some(Telling::Always) && names.telling(last).is_some();
    if !is_signing && (!is_telling || is_of_service(variable, services)) {
        return None;
    }
    match (&variable.unset, &variable.default) {
        (Unset::Text(text), _) => is_key(name, text).then_some(Why::Known),
        (_, Some(Value::Str(text))) => (text.is_empty() && is_signing).then_some(Why::Open),
        (_, Some(default)) => makes(default).then_some(Why::Random),
        _ => None,
    }
}

/// Whether a text stands for a secret: `auth_token` of `AUTH_TOKEN` is the name of a cookie.
fn is_key(name: &str, text: &str) -> bool {
    let word = text.to_uppercase().replace('-', "_");
    let is_name = word.contains('_') && (name.contains(&word) || word.contains(name));
    let has_letters = text.contains(|c: char| c.is_ascii_alphanumeric());
    has_letters
        && !text.contains(UNKNOWN)
        && !text.contains("://")
        && !text.starts_with(['/', '~'])
        && !is_name
}

/// Whether it is the password of a backing service: that is part of an address.
fn is_of_service(variable: &Variable, services: &Services) -> bool {
    let mut joined = variable.joined.iter();
    let is_joined = joined.any(|one| one.part == AddressPart::Password);
    let is_part = variable.part.is_some() || is_joined;
    is_part
        || services
            .part_of(&variable.name)
            .is_some_and(|(before, part)| {
                let last = before.rsplit('_').next().unwrap_or(before);
                part == AddressPart::Password && services.is_name(last)
            })
}

/// Whether a default gives another value each time: `secrets.token_hex(32)`, also as the factory of a field.
fn makes(default: &Value) -> bool {
    let known = Defaults::embedded();
    match default {
        Value::Name(name) => known.is_random(name),
        Value::Call(call) => {
            let receiver = call.receiver.as_deref();
            let of_receiver = receiver.is_some_and(|call| known.is_random(&call.callee));
            known.is_random(&call.callee) || of_receiver || call.arguments.iter().any(makes)
        }
        _ => false,
    }
}

/// `DEBUG = True`, and the words that stand for it.
fn debug(variable: &Variable) -> Option<(Why, Option<String>)> {
    let is_on = match (&variable.unset, &variable.default) {
        (Unset::Text(text), _) => {
            matches!(text.to_lowercase().as_str(), "1" | "on" | "true" | "yes")
        }
        (_, Some(Value::Bool(on))) => *on,
        (_, Some(Value::Int(number))) => *number == 1,
        _ => false,
    };
    // What starts Django for developers decides for them alone.
    let is_served = !variable.place.path().ends_with("manage.py");
    let is_it = Defaults::embedded().is_debug(&variable.name) && is_on && is_served;
    is_it.then(|| (Why::Debug, Some("false".to_owned())))
}

/// The environment of a developer, where the source knows another one.
fn environment(code: &Code<'_>, variable: &Variable) -> Option<(Why, Option<String>)> {
    let known = Defaults::embedded();
    let Unset::Text(text) = &variable.unset else {
        return None;
    };
    if !known.is_environment(&variable.name) || !known.is_development(text) {
        return None;
    }
    let is_asked = |value: &&str| {
        let words = ["\"", "'"].map(|quote| format!("{quote}{value}{quote}"));
        let mut files = code.runnable().iter();
        files.any(|path| code.mentions(path, &words))
    };
    let value = known.production().into_iter().find(is_asked)?;
    Some((Why::Development, Some(value.to_owned())))
}

/// Whom the application answers.
fn reached(variable: &Variable) -> Option<(Why, Option<String>)> {
    let known = Defaults::embedded();
    let row = known.reached(&variable.name)?;
    let hosts = match (&variable.unset, &variable.default) {
        (Unset::Text(text), _) => hosts(text),
        (_, Some(Value::List(items))) => {
            let texts = items
                .iter()
                .map(Value::as_str)
                .collect::<Option<Vec<_>>>()?;
            texts.iter().flat_map(|text| hosts(text)).collect()
        }
        (_, Some(Value::Str(_))) => Vec::new(),
        _ => return None,
    };
    let why = match hosts.as_slice() {
        [] if row.refuses_all => Why::Nobody,
        [] => return None,
        all if all.iter().all(|host| known.is_near(host)) => Why::Near,
        _ => return None,
    };
    let example = if row.is_hosts {
        "shop.example.org"
    } else {
        "https://shop.example.org"
    };
    let is_list = variable
        .types
        .iter()
        .any(|name| name.eq_ignore_ascii_case("list"))
        || matches!(variable.default, Some(Value::List(_))) && variable.class.is_some();
    let value = if is_list {
        format!("[\"{example}\"]")
    } else {
        example.to_owned()
    };
    Some((why, Some(value)))
}

/// The hosts in a text: `http://localhost:3000,http://127.0.0.1`, `["http://localhost"]`.
fn hosts(text: &str) -> Vec<String> {
    let parts = text.split([',', ' ', '[', ']', '"', '\'']);
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    let hosts = parts.map(|part| {
        let rest = part.split_once("://").map_or(part, |(_, rest)| rest);
        let host = rest.split('/').next().unwrap_or(rest);
        let port = host.rsplit_once(':');
        let is_port =
            port.is_some_and(|(_, port)| port.chars().all(|c| c.is_ascii_digit() || c == '*'));
        let host = port.filter(|_| is_port).map_or(host, |(host, _)| host);
        host.to_lowercase()
    });
    hosts.collect()
}

/// An empty key of a service that is called.
fn key(variable: &Variable, has: &impl Fn(&PackageName) -> bool) -> Option<(Why, Option<String>)> {
    let is_empty = matches!(&variable.default, Some(Value::Str(text)) if text.is_empty());
    let needs = is_empty && Defaults::embedded().needs_key(&variable.name, has);
    needs.then_some((Why::Missing, None))
}
