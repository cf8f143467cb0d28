//! The services of compose files of the project's own, and how they name each other.

use serde_json::Value;

use crate::catalog::ServiceKind;
use crate::existing::{Compose, ComposeService, Mount, expanded};
use crate::plan::inputs::Inputs;
use crate::plan::run::composed::{Composed, repository};
use crate::plan::run::own::publishes;
use crate::profile::WaitFor;

/// All of them.
#[derive(Clone, Copy)]
pub(super) struct Town<'i> {
    pub(super) inputs: &'i Inputs,
}

impl<'i> Town<'i> {
    /// In the order of the files.
    pub(super) fn services(self) -> impl Iterator<Item = (&'i Compose, &'i ComposeService)> {
        let composes = self.inputs.containers().0.composes.iter();
        composes.flat_map(|compose| compose.services.iter().map(move |one| (compose, one)))
    }

    /// The services of other projects' images, those of rows of the catalog among them.
    pub(super) fn others(self) -> impl Iterator<Item = (&'i Compose, &'i ComposeService)> {
        self.services().filter(|(_, one)| is_other(one))
    }

    /// Those that dfgen knows nothing about.
    pub(super) fn unknown(self) -> impl Iterator<Item = (&'i Compose, &'i ComposeService)> {
        let is_own = move |service: &ComposeService| {
            let names = self.inputs.project.manifests().filter_map(|one| one.name());
            names
                .into_iter()
                .any(|name| publishes(name.as_ref(), service))
        };
        let unknown =
            move |(_, one): &(&Compose, &ComposeService)| self.kind(one).is_none() && !is_own(one);
        self.others().filter(unknown)
    }

    pub(super) fn find(self, name: &str) -> Option<(&'i Compose, &'i ComposeService)> {
        self.others().find(|(_, one)| one.name == name)
    }

    /// What the catalog knows a service as.
    pub(super) fn kind(self, service: &ComposeService) -> Option<ServiceKind> {
        let rows = self.inputs.catalog.services();
        Composed::read(rows, service).map(|one| one.kind)
    }
}

/// Whether a service is of another project's image, and started with the others.
fn is_other(service: &ComposeService) -> bool {
    let is_source = |mount: &Mount| matches!(mount.source.as_deref(), Some("." | "./"));
    let image = service.image.as_deref().filter(|_| service.build.is_none());
    let is_foreign = image.is_some_and(|image| repository(image) != "python");
    is_foreign && !service.on_demand && !service.mounts.iter().any(is_source)
}

/// The value of a key.
pub(super) fn value(service: &ComposeService, key: &str) -> Option<Value> {
    let said = service.keys.iter().find(|said| said.value.key == key)?;
    serde_json::from_str(&said.value.value).ok()
}

/// The services that one waits for, each with until when where that is said.
pub(super) fn waits(service: &ComposeService) -> Vec<(String, Option<WaitFor>)> {
    match value(service, "depends_on") {
        Some(Value::Array(names)) => {
            let names = names.into_iter();
            let names = names.filter_map(|name| Some((name.as_str()?.to_owned(), None)));
            names.collect()
        }
        Some(Value::Object(table)) => {
            let waits = table.into_iter().map(|(name, said)| {
                let condition = said.get("condition").and_then(Value::as_str);
                let wait = match condition {
                    Some("service_healthy") => Some(WaitFor::Healthy),
                    Some("service_completed_successfully") => Some(WaitFor::Completed),
                    _ => None,
                };
                (name, wait)
            });
            waits.collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a service names another one: it waits for it, or is told its address.
pub(super) fn names(service: &ComposeService, other: &str) -> bool {
    let mut environment = service.environment.iter();
    waits(service).iter().any(|(name, _)| name == other)
        || environment.any(|(name, value)| {
            let value = value.as_deref().unwrap_or_default();
            names_host(name, value, other)
        })
}

/// Whether the value of a variable names a host: as the whole of it where the variable is called so, behind the scheme of a
/// URL or before a port.
pub(super) fn names_host(variable: &str, value: &str, host: &str) -> bool {
    let places = [
        "ADDRESS", "BROKERS", "ENDPOINT", "HOST", "HOSTNAME", "HOSTS", "SERVER", "SERVERS", "URL",
    ];
    let default = expanded(value, &[]);
    if value == host || default == host {
        let last = variable
            .rsplit('_')
            .next()
            .unwrap_or(variable)
            .to_uppercase();
        return places.contains(&last.as_str());
    }
    !hosts_in(value, host).is_empty()
}

/// Where a text names a host.
pub(super) fn hosts_in(text: &str, host: &str) -> Vec<usize> {
    let is_here = |at: &usize| {
        let before = &text[..*at];
        let after = &text[at + host.len()..];
        let is_url = before.ends_with("//") || before.ends_with('@');
        let is_apart = before.is_empty()
            || before.ends_with([',', ' ', ';', '"', '\'', '[', '=', '('])
            || before.ends_with(":-");
        let mut rest = after.chars();
        let is_port =
            rest.next() == Some(':') && rest.next().is_some_and(|c| c.is_ascii_digit() || c == '$');
        let ends = after.is_empty() || after.starts_with(['/', '?', ',', '}', '"', '\'', ' ']);
        is_port && (is_url || is_apart) || is_url && ends
    };
    let found = text.match_indices(host).map(|(at, _)| at);
    found.filter(is_here).collect()
}

/// A text with another name for a host.
pub(super) fn renamed(text: &str, host: &str, other: &str) -> String {
    let mut text = text.to_owned();
    for at in hosts_in(&text, host).into_iter().rev() {
        text.replace_range(at..at + host.len(), other);
    }
    text
}

/// The ports of the host that a service is published on, each with its own port.
pub(super) fn published(service: &ComposeService) -> Vec<(u16, u16)> {
    let Some(Value::Array(items)) = value(service, "ports") else {
        return Vec::new();
    };
    let number = |value: &Value| value.to_string().trim_matches('"').parse::<u16>().ok();
    let pair = |item: &Value| match item {
        Value::String(text) => {
            let text = expanded(text, &[]);
            let text = text.split('/').next().unwrap_or_default().to_owned();
            let (before, own) = text.rsplit_once(':')?;
            let host = before.rsplit(':').next()?;
            Some((host.parse().ok()?, own.parse().ok()?))
        }
        Value::Object(table) => Some((
            number(table.get("published")?)?,
            number(table.get("target")?)?,
        )),
        _ => None,
    };
    items.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_named_by_urls_and_before_ports() {
        for value in [
            "http://store:9000",
            "store:9000",
            "a:1,store:2",
            "${S:-store:9000}",
            "x://u:p@store/d",
            "store:${PORT}",
        ] {
            assert!(names_host("X", value, "store"), "{value}");
        }
        for value in [
            "store",
            "restore:9000",
            "store-2:9000",
            "my.store:9",
            "http://store.example/x",
            "store:latest",
        ] {
            assert!(!names_host("X", value, "store"), "{value}");
        }
        assert!(names_host("S3_HOST", "store", "store"));
        assert_eq!(
            renamed("jdbc:pg://db:5432/db", "db", "sql"),
            "jdbc:pg://sql:5432/db"
        );
    }
}
