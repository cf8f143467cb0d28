//! A service of a compose file as the new one has it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::town::{self, Town, renamed, waits as said_waits};
use crate::catalog::Dockerfiles;
use crate::diagnostic::Place;
use crate::existing::{Compose, ComposeService, Placed, Said, beside, expanded};
use crate::plan::{BackingPlan, NeighbourPlan};
use crate::profile::{Neighbour, WaitFor};
use crate::secret::has_token;

/// Something that the new one does not have.
pub(super) struct Lost {
    pub(super) place: Place,
    pub(super) what: String,
    pub(super) why: &'static str,
}

/// Reads those of one compose file.
pub(super) struct Reader<'r, 'i> {
    pub(super) town: Town<'i>,
    pub(super) compose: &'i Compose,
    /// The services that the new file has.
    pub(super) taken: &'r BTreeSet<&'i str>,
    pub(super) backing: &'r [BackingPlan],
}

/// Until when others wait for a service, as it says itself.
pub(super) fn waits(town: Town<'_>, service: &ComposeService) -> WaitFor {
    let keys = ["healthcheck", "restart"].into_iter();
    let keys = keys.filter(|key| *key != "restart" || is_job(town, service));
    let keys =
        keys.filter_map(|key| Some((key.to_owned(), plain(key, town::value(service, key)?))));
    let read = Neighbour {
        keys: keys.collect(),
        tell: IndexMap::new(),
        needed_by: None,
        wait_for: None,
    };
    read.waits()
}

/// Whether a service prepares another one and ends: it starts a shell, or others wait until it has ended.
pub(super) fn is_job(town: Town<'_>, service: &ComposeService) -> bool {
    let words = service
        .start
        .as_ref()
        .map(|start| start.value.words.as_slice());
    let entry = town::value(service, "entrypoint").or_else(|| town::value(service, "command"));
    let first = match entry {
        Some(Value::String(text)) => text.split_whitespace().next().map(str::to_owned),
        Some(Value::Array(words)) => words.first().and_then(Value::as_str).map(str::to_owned),
        _ => words.and_then(|words| words.first()).cloned(),
    };
    let is_shell = first.is_some_and(|first| {
        let name = first.rsplit('/').next().unwrap_or(&first);
        matches!(name, "sh" | "bash" | "ash")
    });
    let ends = |(_, other): (_, &ComposeService)| {
        let mut waits = said_waits(other).into_iter();
        waits.any(|(name, wait)| name == service.name && wait == Some(WaitFor::Completed))
    };
    service.ports.is_empty() && service.health.is_none() && (is_shell || town.services().any(ends))
}

/// A value as it is written again: `restart: no` is a text.
fn plain(key: &str, value: Value) -> Value {
    match value {
        Value::Bool(false) if key == "restart" => "no".into(),
        Value::Array(items) => items.into_iter().filter(|item| !item.is_null()).collect(),
        Value::Object(table) => {
            let table = table.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(table.map(|(key, value)| (key, plain("", value))).collect())
        }
        other => other,
    }
}

impl Reader<'_, '_> {
    /// The service, and what of it is lost.
    pub(super) fn read(&self, service: &ComposeService) -> (Option<NeighbourPlan>, Vec<Lost>) {
        let mut keys: IndexMap<String, Value> = IndexMap::new();
        let mut lost = Vec::new();
        let known = Dockerfiles::embedded();
        for said in &service.keys {
            let key = said.value.key.as_str();
            let is_aliased = key == "networks" && said.value.value.contains("aliases");
            // A server that a developer does not want to be started again is no job.
            let is_server = key == "restart" && !is_job(self.town, service);
            if known.neighbour_idle().contains(key) && !is_aliased || is_server {
                continue;
            }
            let value = serde_json::from_str(&said.value.value).unwrap_or_default();
            let value = self.value(service, said, value, &mut lost);
            let is_empty = match &value {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                Value::Object(table) => table.is_empty(),
                _ => false,
            };
            if !is_empty {
                keys.insert(key.to_owned(), self.renamed(value));
            }
        }
        Self::without_tokens(service, &mut keys, &mut lost);
        keys.sort_by(|one, _, other, _| (one != "image", one).cmp(&(other != "image", other)));
        let name = service.name.parse().ok();
        let plan = name.map(|name| NeighbourPlan {
            name,
            keys,
            because: service.place.path(),
        });
        (plan, lost)
    }

    /// The value of a key.
    fn value(
        &self,
        service: &ComposeService,
        said: &Placed<Said>,
        value: Value,
        lost: &mut Vec<Lost>,
    ) -> Value {
        let key = said.value.key.as_str();
        let mut lose = |why| {
            lost.push(Lost {
                place: said.place.clone(),
                what: format!("{}: {key}", service.name),
                why,
            });
        };
        match key {
            "depends_on" => self.depends_on(service),
            "environment" => environment(service),
            "env_file" => Self::env_files(service),
            "volumes" => {
                let (mounts, left) = self.mounts(&value);
                if left {
                    lose("a path of the host's: mount it with a compose file of your own");
                }
                mounts
            }
            _ if Dockerfiles::embedded().neighbour_keys().contains(key) => plain(key, value),
            _ => {
                lose("no key of `[service.NAME]`: keep it in a compose file of your own");
                Value::Null
            }
        }
    }

    fn depends_on(&self, service: &ComposeService) -> Value {
        let mut table = Map::new();
        for (name, said) in said_waits(service) {
            let Some((_, other)) = self.town.find(&name) else {
                continue;
            };
            let kind = self.town.kind(other).map(|kind| kind.as_str());
            let backing = self.backing.iter();
            let mut backing = backing.map(|one| one.name.as_str());
            let backing = backing.find(|one| kind == Some(one));
            let wait = said.unwrap_or_else(|| waits(self.town, other));
            let (name, wait) = match backing {
                Some(name) => (name.to_owned(), WaitFor::Healthy),
                None if self.taken.contains(name.as_str()) => (name, wait),
                None => continue,
            };
            let condition = match wait {
                WaitFor::Started => "service_started",
                WaitFor::Healthy => "service_healthy",
                WaitFor::Completed => "service_completed_successfully",
            };
            table.insert(name, json!({ "condition": condition }));
        }
        Value::Object(table)
    }

    /// Files of variables, none of which has to be there: they are given to who runs it.
    fn env_files(service: &ComposeService) -> Value {
        let files = service.env_files.iter();
        let files =
            files.filter(|path| !path.starts_with(['/', '~', '.']) || path.starts_with(".env"));
        let files = files.map(|path| json!({ "path": format!("./{path}"), "required": false }));
        files.collect()
    }

    /// What is mounted, with paths from the project's folder, and whether something is left out.
    fn mounts(&self, value: &Value) -> (Value, bool) {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let mounts = items.iter().map(|item| match item {
            Value::String(text) => self.mount(text).map(Value::String),
            Value::Object(table) => {
                let mut table = table.clone();
                if let Some(source) = table.get("source").and_then(Value::as_str) {
                    let source = self.source(source)?;
                    table.insert("source".to_owned(), source.into());
                }
                Some(Value::Object(table))
            }
            _ => None,
        });
        let mounts: Vec<Option<Value>> = mounts.collect();
        let is_left = |(mount, item): (&Option<Value>, &Value)| {
            let text = item.to_string();
            let of_host = ["/etc/localtime", "/etc/timezone"];
            mount.is_none() && !of_host.iter().any(|path| text.contains(path))
        };
        let left = mounts.iter().zip(items).any(is_left);
        (mounts.into_iter().flatten().collect(), left)
    }

    /// `./conf/a.conf:/etc/a.conf:ro`, `data:/data`.
    fn mount(&self, text: &str) -> Option<String> {
        let at = text.find(":/");
        let Some(at) = at else {
            return Some(text.to_owned());
        };
        let source = self.source(&text[..at])?;
        Some(format!("{source}{}", &text[at..]))
    }

    /// The name of a volume, or a path below the project's folder.
    fn source(&self, source: &str) -> Option<String> {
        let source = expanded(source, &[]);
        if source.starts_with('.') {
            let path = beside(self.compose, &source);
            let path = path.trim_end_matches('/');
            return (!path.starts_with("..")).then(|| format!("./{path}"));
        }
        (!source.starts_with(['/', '~', '$'])).then_some(source)
    }

    /// A value in which databases that dfgen runs have the name that they have here.
    fn renamed(&self, value: Value) -> Value {
        match value {
            Value::String(text) => {
                let mut text = text;
                for (_, other) in self.town.others() {
                    let kind = self.town.kind(other).map(|kind| kind.as_str());
                    let mut backing = self.backing.iter();
                    let backing = backing.find(|one| kind == Some(one.name.as_str()));
                    if let Some(backing) = backing.filter(|one| one.name != other.name) {
                        text = renamed(&text, &other.name, &backing.name);
                    }
                }
                Value::String(text)
            }
            Value::Array(items) => items.into_iter().map(|item| self.renamed(item)).collect(),
            Value::Object(table) => {
                let table = table.into_iter();
                Value::Object(
                    table
                        .map(|(key, value)| (key, self.renamed(value)))
                        .collect(),
                )
            }
            other => other,
        }
    }

    /// Puts variables in the place of tokens that stand in the file.
    fn without_tokens(
        service: &ComposeService,
        keys: &mut IndexMap<String, Value>,
        lost: &mut Vec<Lost>,
    ) {
        for (key, value) in keys.iter_mut() {
            if !has_token(&value.to_string()) {
                continue;
            }
            lost.push(Lost {
                place: service.place_of(key).clone(),
                what: format!("{}: {key}", service.name),
                why: "holds a token: give it in the environment of compose, and change it where it is valid",
            });
            *value = match value.take() {
                Value::Object(table) if key == "environment" => {
                    let open = table.into_iter().map(|(name, value)| {
                        let text = value.as_str().unwrap_or_default();
                        let text = open(&name, text);
                        (name, Value::String(text))
                    });
                    Value::Object(open.collect())
                }
                _ => Value::Null,
            };
        }
        keys.retain(|_, value| !value.is_null());
    }
}

/// The value of a variable; a token is given when it runs.
pub(super) fn open(name: &str, value: &str) -> String {
    if has_token(value) {
        format!("${{{name}}}")
    } else {
        value.to_owned()
    }
}

/// The environment, by name; a variable without a value is the host's.
fn environment(service: &ComposeService) -> Value {
    let pairs = service.environment.iter().map(|(name, value)| {
        let passed = || format!("${{{name}-}}");
        (
            name.clone(),
            Value::String(value.clone().unwrap_or_else(passed)),
        )
    });
    Value::Object(pairs.collect())
}
