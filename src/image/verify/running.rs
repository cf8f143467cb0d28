//! How an image runs, beside how it was planned.

use super::expected::Expected;
use crate::image::reading::Configuration;
use crate::secret;

/// User, folder, command, port, health check, signal.
pub(super) fn running(is: &Configuration, planned: &Expected) -> Vec<String> {
    let or = |value: &str, default: &str| {
        if value.is_empty() {
            default.to_owned()
        } else {
            value.to_owned()
        }
    };
    let rows = [
        ("user", or(&is.user, "root"), or(&planned.user, "root")),
        ("folder", or(&is.folder, "/"), or(&planned.folder, "/")),
        (
            "entrypoint",
            line(&is.entrypoint),
            line(&planned.entrypoint),
        ),
        ("command", line(&is.command), line(&planned.command)),
        ("ports", is.ports.join(", "), planned.ports.join(", ")),
        ("health check", line(&is.health), line(&planned.health)),
        (
            "stop signal",
            or(&is.stop_signal, "SIGTERM"),
            or(&planned.stop_signal, "SIGTERM"),
        ),
    ];
    let differ = rows.into_iter().filter(|(_, is, planned)| is != planned);
    differ
        .map(|(what, is, planned)| differs(what, &is, &planned))
        .collect()
}

/// Variables that are planned and are others; what the base sets besides is its own.
pub(super) fn environment(is: &Configuration, planned: &Expected) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in &planned.env {
        let has = is
            .env
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str());
        // What stands for another variable is put in by the build.
        let fits = match value.split_once('$') {
            Some((start, _)) => has.is_some_and(|has| has.starts_with(start)),
            None => has == Some(value),
        };
        if !fits {
            let shown = |value: &str| match secret::told_in_variable(name, value) {
                Some(_) => "****".to_owned(),
                None => value.to_owned(),
            };
            found.push(differs(
                name,
                &has.map_or_else(String::new, shown),
                &shown(value),
            ));
        }
    }
    found
}

/// Labels that are planned and are others.
pub(super) fn labels(is: &Configuration, planned: &Expected) -> Vec<String> {
    let differ = planned
        .labels
        .iter()
        .filter(|(key, value)| is.labels.get(*key) != Some(value));
    let told = differ.map(|(key, value)| {
        let has = is.labels.get(key).map_or("", String::as_str);
        differs(key, has, value)
    });
    told.collect()
}

fn differs(what: &str, is: &str, planned: &str) -> String {
    let shown = |value: &str| {
        if value.is_empty() {
            "nothing".to_owned()
        } else {
            format!("`{value}`")
        }
    };
    secret::mask_line(&format!(
        "{what}: is {}, planned {}",
        shown(is),
        shown(planned)
    ))
}

fn line(words: &[String]) -> String {
    words.join(" ")
}
