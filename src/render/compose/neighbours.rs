//! Services beside the images, in compose's own words.

use serde::Serialize;
use serde_json::Value;

use crate::plan::{NeighbourPlan, Plan};
use crate::render::Placement;
use crate::render::filters::json;

#[derive(Serialize)]
pub(super) struct NeighbourView {
    name: String,
    lines: Vec<String>,
}

pub(super) fn views(plan: &Plan, placement: &Placement) -> Vec<NeighbourView> {
    let services = plan.compose.neighbours.iter();
    services.map(|one| view(one, placement)).collect()
}

fn view(service: &NeighbourPlan, placement: &Placement) -> NeighbourView {
    let keys = service.keys.iter().flat_map(|(key, value)| {
        let value = match key.as_str() {
            "env_file" | "volumes" => placed(value, placement),
            _ => value.clone(),
        };
        lines(key, &value)
    });
    NeighbourView {
        name: service.name.as_ref().to_owned(),
        lines: keys.collect(),
    }
}

/// Paths of the project's folder, from the file's.
fn placed(value: &Value, placement: &Placement) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("./") {
            Some(path) => format!("{}/{path}", placement.context()).into(),
            None => text.as_str().into(),
        },
        Value::Array(items) => items.iter().map(|item| placed(item, placement)).collect(),
        Value::Object(table) => {
            let table = table.iter();
            Value::Object(
                table
                    .map(|(key, value)| (key.clone(), placed(value, placement)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

/// A key and its value, in lines: tables and mounts have one for each part.
fn lines(key: &str, value: &Value) -> Vec<String> {
    let head = format!("{}:", name(key));
    let below: Vec<String> = match value {
        Value::Object(table) if !table.is_empty() => table
            .iter()
            .flat_map(|(key, value)| lines(key, value))
            .collect(),
        Value::Array(items) if matches!(key, "volumes" | "env_file") => items
            .iter()
            .map(|item| format!("- {}", json(item)))
            .collect(),
        value => return vec![format!("{head} {}", json(value))],
    };
    let below = below.into_iter().map(|line| format!("  {line}"));
    std::iter::once(head).chain(below).collect()
}

/// A key, in quotes where YAML could read more into it.
fn name(key: &str) -> String {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let mut letters = key.chars();
    let is_plain = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_plain && !words.contains(&key.to_lowercase().as_str()) {
        key.to_owned()
    } else {
        json(&key.into())
    }
}

/// The volumes with a name that they mount.
pub(super) fn volumes(plan: &Plan) -> Vec<String> {
    let services = plan.compose.neighbours.iter();
    let mounts = services.filter_map(|service| service.keys.get("volumes")?.as_array());
    let named = mounts.flatten().filter_map(|mount| {
        let (is_volume, source) = match mount {
            Value::String(text) => (true, text.split_once(":/")?.0),
            mount => (
                mount.get("type").and_then(Value::as_str) != Some("bind"),
                mount.get("source")?.as_str()?,
            ),
        };
        let is_name = is_volume && !source.starts_with(['.', '/', '~', '$']) && !source.is_empty();
        is_name.then(|| source.to_owned())
    });
    named.collect()
}
