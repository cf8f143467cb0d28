//! Variables that compose files of the project's own give the application's service, as far as they hold in an image of
//! dfgen's: what is written there and holds anywhere, and paths that the image or its volumes have.
//!
//! Secrets are given when it runs, and so is what that file puts in from elsewhere.

use crate::catalog::Dockerfiles;
use crate::command::StartCommand;
use crate::diagnostic::Place;
use crate::existing::{
    Carried, ComposeService, Mount, Mounts, Variable, is_debug, is_for_developers,
};
use crate::plan::run::containers::Own;
use crate::profile::{ContextPath, EnvName, Line};
use crate::secret::is_secret;

/// Whether a service runs the source as it lies there, for those who work on it.
pub(crate) fn is_at_work(service: &ComposeService) -> bool {
    let is_source = |mount: &Mount| matches!(mount.source.as_deref(), Some("." | "./"));
    let develops = service.start.as_ref().is_some_and(|start| {
        let read = StartCommand::read(&start.value.words);
        read.development_server().is_some() || !read.development_words().is_empty()
    });
    let debugs = |(name, value): &(String, Option<String>)| {
        is_debug(name, value.as_deref().unwrap_or_default())
    };
    develops || service.mounts.iter().any(is_source) || service.environment.iter().any(debugs)
}

/// The files of variables that services of the project's own are handed, but the usual ones and those for developers.
pub(crate) fn files(own: &[Own<'_>], usual: &[ContextPath]) -> Vec<(ContextPath, Place)> {
    let mut found: Vec<(ContextPath, Place)> = Vec::new();
    for service in own.iter().filter_map(|own| own.service) {
        let files = service.env_files.iter();
        for file in files.filter_map(|file| file.parse::<ContextPath>().ok()) {
            let is_known = found.iter().any(|(known, _)| *known == file);
            if !is_known && !usual.contains(&file) && !is_for_developers(file.as_ref()) {
                found.push((file, service.place_of("env_file").clone()));
            }
        }
    }
    found
}

/// The value of a variable in an image that runs the same application; `kept` are its folders outside. `None` for what it is
/// given when it runs.
pub(crate) fn carried(
    mounts: &Mounts<'_>,
    kept: &[&str],
    name: &str,
    said: &str,
) -> Option<String> {
    let value = default_of_own(name, said).unwrap_or(said);
    if is_secret(name, value) || is_debug(name, value) || name.parse::<EnvName>().is_err() {
        return None;
    }
    if is_plain(name, value) {
        return Some(value.to_owned());
    }
    let is_idle = value.is_empty() || value.contains(['$', '`']) || name == "PORT";
    if is_idle || value.parse::<Line>().is_err() {
        return None;
    }
    if is_of_internet(value) {
        return Some(value.to_owned());
    }
    let is_path = value.starts_with('/') || value.starts_with("sqlite");
    let variable = Variable {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    match mounts.carried(&variable, kept) {
        Carried::As(value) if is_path => Some(value),
        _ => None,
    }
}

/// Whether a value is one that holds anywhere: no secret, no address, nothing that is put in when it runs.
pub(crate) fn is_plain(name: &str, value: &str) -> bool {
    let is_address = value.contains("://") || value.contains('@');
    let is_host = name.ends_with("HOST") || name.ends_with("_URL") || name.ends_with("_URI");
    let is_path = value.starts_with('/');
    let known = Dockerfiles::embedded();
    !value.is_empty()
        && name != "PORT"
        && !value.contains(['$', '`'])
        && !is_address
        && !is_host
        && !is_path
        && !is_secret(name, value)
        && !known.plumbing().contains(name)
        && !known.plumbing_prefixes().begin(name)
        && name.parse::<EnvName>().is_ok()
        && value.parse::<Line>().is_ok()
}

/// What `${NAME:-value}` stands for where the variable itself is called so: who sets it in `.env` has that.
fn default_of_own<'v>(name: &str, said: &'v str) -> Option<&'v str> {
    let inside = said.strip_prefix("${")?.strip_suffix('}')?;
    let rest = inside.strip_prefix(name)?;
    rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'))
}

/// Whether a value is put in by a variable of the same name, which `.env` gives the new service as well.
pub(crate) fn is_passed_on(name: &str, said: &str) -> bool {
    let inside = said
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    let plain = inside.or_else(|| said.strip_prefix('$'));
    plain.is_some_and(|inside| {
        let rest = inside.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '-', '?']))
    })
}

/// Whether an address is one of the internet, which is there from everywhere: nobody logs in with it.
fn is_of_internet(value: &str) -> bool {
    let (scheme, rest) = value.split_once("://").unwrap_or(("https", value));
    let authority = rest.split(['/', '?', ',']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    let end = host.rsplit('.').next().unwrap_or_default();
    let is_name = end.len() > 1 && end.chars().all(|c| c.is_ascii_alphabetic());
    matches!(scheme, "http" | "https")
        && host.contains('.')
        && is_name
        && !value.contains('@')
        && !["internal", "lan", "local", "localhost", "test"].contains(&end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_internet_hold_anywhere() {
        for value in [
            "https://api.shop.example/v1",
            "smtp.mail.example",
            "smtp.mail.example:587",
        ] {
            assert!(is_of_internet(value), "{value}");
        }
        for value in [
            "redis",
            "http://redis:6379",
            "host.docker.internal",
            "10.0.0.1",
            "https://a:b@shop.example",
            "ftp://shop.example",
            "localhost",
        ] {
            assert!(!is_of_internet(value), "{value}");
        }
    }

    #[test]
    fn what_compose_puts_in_under_the_same_name_is_given_as_before() {
        for said in ["$MODE", "${MODE}", "${MODE:-live}", "${MODE:?it is needed}"] {
            assert!(is_passed_on("MODE", said), "{said}");
        }
        assert!(!is_passed_on("MODE", "${MODES}") && !is_passed_on("MODE", "live"));
        assert_eq!(default_of_own("MODE", "${MODE:-live}"), Some("live"));
        assert_eq!(default_of_own("MODE", "${OTHER:-live}"), None);
    }
}
