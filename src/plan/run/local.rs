//! Addresses that the source has for the developer's machine, and that nothing sets: in a container they lead nowhere, but
//! where another image of the project listens there.

use crate::application::variables::{UNKNOWN, Unset, Variable};
use crate::catalog::Variables;
use crate::diagnostic::{Diagnostic, Place};
use crate::plan::{EnvValue, ImagePlan, RunPlan, ServiceEnv, ServicePlan};
use crate::profile::EnvName;
use crate::rules;

/// How many are named with their places.
const MOST_NAMED: usize = 12;

/// A variable that nothing sets, and whose default is an address of this machine that the application connects to.
#[derive(Debug, Clone)]
struct LocalAddress {
    name: EnvName,
    /// The whole default: it may hold a password.
    text: String,
    host: String,
    /// The port, where it or the variable beside it says one.
    port: Option<u16>,
    place: Place,
}

/// Those of an image, and whether they are told.
#[derive(Debug)]
pub(in crate::plan) struct Locals {
    found: Vec<LocalAddress>,
    is_silenced: bool,
}

impl Locals {
    /// The same, told unless the profile silences that.
    pub(in crate::plan) fn silenced(mut self, is_silenced: bool) -> Self {
        self.is_silenced |= is_silenced;
        self
    }
}

/// Finds them. `is_set` tells what something sets.
pub(crate) fn find(run: &RunPlan, variables: &[Variable], is_set: impl Fn(&str) -> bool) -> Locals {
    let unset = variables.iter().filter(|one| !is_set(&one.name));
    let own = run.port.as_ref().map(|port| port.value);
    let found = unset.filter_map(|variable| local(variable, variables, own));
    Locals {
        found: found.collect(),
        is_silenced: run.development,
    }
}

/// Variables of an image's service by which it finds the other images: at the port that is said, the one that runs on every
/// host.
pub(in crate::plan) fn linked(
    locals: &Locals,
    image: &ImagePlan,
    images: &[ImagePlan],
) -> Vec<ServiceEnv> {
    let others = || images.iter().filter(|other| other.name != image.name);
    let variables = locals.found.iter().filter_map(|one| {
        let port = one.port?;
        let mut fitting: Vec<&ImagePlan> = others()
            .filter(|other| other.run.port.as_ref().is_some_and(|own| own.value == port))
            .collect();
        fitting.sort_by_key(|other| other.run.gpu.is_on());
        let value = one
            .text
            .replacen(&one.host, fitting.first()?.name.as_ref(), 1);
        Some(ServiceEnv {
            name: one.name.clone(),
            value: EnvValue::Default(value.parse().ok()?),
        })
    });
    variables.collect()
}

/// The finding about an image, where there are some that its service is not told.
pub(in crate::plan) fn finding(locals: &Locals, service: &ServicePlan) -> Option<Diagnostic> {
    if locals.is_silenced {
        return None;
    }
    let is_told = |one: &&LocalAddress| service.env.iter().any(|told| told.name == one.name);
    let found: Vec<&LocalAddress> = locals.found.iter().filter(|one| !is_told(one)).collect();
    let first = found.first()?;
    let image = &service.image;
    let what = match found.len() {
        1 => format!("a variable that nothing sets leads `{image}` to itself"),
        count => format!("{count} variables that nothing sets lead `{image}` to itself"),
    };
    let named = found.iter().take(MOST_NAMED).map(|one| {
        let at = match one.port.filter(|_| one.text.contains(':')) {
            Some(port) => format!("{}:{port}", one.host),
            None => one.host.clone(),
        };
        format!(
            "`{}` is `{at}` ({})",
            one.name.as_ref(),
            one.place.location()
        )
    });
    let mut named: Vec<String> = named.collect();
    if found.len() > MOST_NAMED {
        named.push(format!("{} more", found.len() - MOST_NAMED));
    }
    Some(
        Diagnostic::new(rules::LOCAL_ADDRESS, what)
            .with_note(named.join(", "))
            .with_help(format!(
                "where the application uses it, write to `.env` where that is, `{}=...`: another service of compose by its name, another host by its address, the host itself as `host.docker.internal`",
                first.name.as_ref()
            )),
    )
}

/// A variable whose default is an address of this machine that the application connects to.
fn local(variable: &Variable, all: &[Variable], own: Option<u16>) -> Option<LocalAddress> {
    let Unset::Text(text) = &variable.unset else {
        return None;
    };
    let known = Variables::embedded();
    let mut words = variable.name.split('_');
    if text.contains(UNKNOWN) || words.any(|word| known.other_ends().contains(word)) {
        return None;
    }
    let (host, port) = address(text)?;
    let is_web = text.starts_with("http://") || text.starts_with("https://");
    let is_bare = !text.contains("://");
    let port = port.or_else(|| beside(variable, all).filter(|_| is_bare));
    let is_own = match port {
        Some(port) => own == Some(port) || known.pages().contains(&port.to_string()),
        // `http://localhost` is who the application itself is.
        None => is_web,
    };
    // `HOST=localhost` is where it listens.
    if is_own || is_bare && listens(&variable.name) {
        return None;
    }
    Some(LocalAddress {
        name: variable.name.parse().ok()?,
        text: text.clone(),
        host,
        port,
        place: variable.place.clone(),
    })
}

/// Host and port of an address, where the host is this machine.
fn address(text: &str) -> Option<(String, Option<u16>)> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', ',', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, port.parse().ok())
        }
        _ => (authority, None),
    };
    Variables::embedded()
        .this_machine()
        .contains(host)
        .then(|| (host.to_owned(), port))
}

/// The port of the variable beside it: `MILVUS_PORT` of `MILVUS_HOST`.
fn beside(variable: &Variable, all: &[Variable]) -> Option<u16> {
    let before = variable
        .name
        .rsplit_once('_')
        .map_or("", |(before, _)| before);
    let name = if before.is_empty() {
        "PORT".to_owned()
    } else {
        format!("{before}_PORT")
    };
    let other = all.iter().find(|one| one.name == name)?;
    match &other.unset {
        Unset::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// Whether a name is of the place where the application itself listens: `HOST`, `API_HOST`.
fn listens(name: &str) -> bool {
    let before = name.rsplit_once('_').map_or("", |(before, _)| before);
    before
        .split('_')
        .all(|word| word.is_empty() || Variables::embedded().own().contains(word))
}
