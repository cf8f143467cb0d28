//! What an application is told of the services beside it: the variables that its own compose file gives it for them, and
//! addresses of the developer's machine in its source.

use super::read::open;
use super::town::{Town, hosts_in, names_host, published};
use crate::application::variables::{Unset, Variable};
use crate::existing::{ComposeService, is_debug};
use crate::plan::run::composed_env::is_plain;
use crate::plan::{EnvValue, Inputs, ServiceEnv};
use crate::secret::is_secret;

/// What services of the project's own are told of these.
pub(super) fn of_services(
    town: Town<'_>,
    tellers: &[&ComposeService],
    names: &[&str],
) -> Vec<ServiceEnv> {
    let known = town.others().map(|(_, one)| one);
    let known: Vec<&ComposeService> = known
        .filter(|one| names.contains(&one.name.as_str()))
        .collect();
    let mut told = Vec::new();
    for teller in tellers {
        for (name, value) in &teller.environment {
            let value = value.as_deref().unwrap_or_default();
            if !is_debug(name, value) && known.iter().any(|one| tells(one, teller, name, value)) {
                told.extend(variable(name, open(name, value)));
            }
        }
    }
    told
}

/// Whether a service of the project's own is told of an unknown service by a variable.
pub(crate) fn is_told(inputs: &Inputs, teller: &ComposeService, name: &str, value: &str) -> bool {
    let town = Town { inputs };
    town.unknown()
        .any(|(_, one)| tells(one, teller, name, value))
}

/// Whether a variable tells of a service: its address, or what it is asked with.
fn tells(service: &ComposeService, teller: &ComposeService, name: &str, value: &str) -> bool {
    if names_host(name, value, &service.name) {
        return true;
    }
    if value.is_empty() || is_plain(name, value) {
        return false;
    }
    let mut own = service
        .environment
        .iter()
        .filter_map(|(_, value)| value.as_deref());
    if value.len() > 3 && own.any(|own| own == value || shares(own, value)) {
        return true;
    }
    // What it is asked with may stand in no other place: `SEARCH_KEY`.
    let word = name.split('_').next().unwrap_or(name);
    let has = |text: &str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|one| one.eq_ignore_ascii_case(word))
    };
    let image = service.image.as_deref().unwrap_or_default();
    let is_asked = is_secret(name, value) || value.contains('$');
    is_asked && word.len() > 2 && !has(&teller.name) && (has(&service.name) || has(image))
}

/// Whether two values put in the same variable of the host.
fn shares(one: &str, other: &str) -> bool {
    let names = |text: &str| -> Vec<String> {
        let starts = text.split('$').skip(1);
        let name = |rest: &str| -> String {
            let rest = rest.trim_start_matches('{').chars();
            rest.take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect()
        };
        starts.map(name).filter(|name| !name.is_empty()).collect()
    };
    let own = names(one);
    names(other).iter().any(|name| own.contains(name))
}

fn variable(name: &str, value: String) -> Option<ServiceEnv> {
    Some(ServiceEnv {
        name: name.parse().ok()?,
        value: EnvValue::Said(value.parse().ok()?),
    })
}

/// What variables of the source stand for that only the developer's machine reaches, as it is here.
pub(super) fn of_source(town: Town<'_>, variables: &[Variable]) -> Vec<ServiceEnv> {
    let services = town.unknown().map(|(_, service)| service);
    let told = services.filter_map(|service| by_source(service, variables));
    told.flatten().collect()
}

/// The variables of the source that name a service, by its host or by the port that it is published on. None where none does.
pub(super) fn by_source(
    service: &ComposeService,
    variables: &[Variable],
) -> Option<Vec<ServiceEnv>> {
    let ports = published(service);
    let mut told = Vec::new();
    let mut is_named = false;
    for variable in variables {
        let Unset::Text(text) = &variable.unset else {
            continue;
        };
        if !hosts_in(text, &service.name).is_empty() {
            is_named = true;
            continue;
        }
        for (host, own) in &ports {
            for near in ["localhost", "127.0.0.1", "0.0.0.0"] {
                let there = format!("{near}:{host}");
                let ends = text.find(&there).map(|at| &text[at + there.len()..]);
                if ends.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit())) {
                    let here = text.replace(&there, &format!("{}:{own}", service.name));
                    told.extend(self::variable(&variable.name, here));
                    is_named = true;
                }
            }
        }
    }
    is_named.then_some(told)
}
