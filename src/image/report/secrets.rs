//! Secrets that whoever has an image can read: in any layer, also where a later one deletes them, in what made it, and in
//! its environment.

use schemars::JsonSchema;
use serde::Serialize;

use super::Seen;
use crate::catalog::{Catalog, UnwantedKind};
use crate::image::owner::{OwnerKind, holds};
use crate::secret;

/// A secret that was seen; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SecretSeen {
    /// What it is.
    pub what: String,
    /// Where it is: a path with its line, `history`, or `environment`.
    pub place: String,
    /// The number of its layer, from 1; null where it is in none.
    pub layer: Option<usize>,
    /// The number of the layer that deletes or replaces it, which takes it from nobody.
    pub deleted_in: Option<usize>,
}

/// Lines of a file that are told.
const LINES: usize = 3;

/// All of an image.
pub(crate) fn secrets(seen: &Seen<'_>) -> Vec<SecretSeen> {
    let mut found = Vec::new();
    for number in 0..seen.image.layers.len() {
        found.extend(of_layer(seen, number));
    }
    let configuration = &seen.image.configuration;
    for line in &configuration.history {
        let told = secret::told_in_line(line).into_iter();
        found.extend(told.map(|what| elsewhere(what, "history")));
    }
    for (name, value) in &configuration.env {
        let told = secret::told_in_variable(name, value);
        found.extend(told.map(|what| elsewhere(what, "environment")));
    }
    found.dedup();
    found
}

fn elsewhere(what: String, place: &str) -> SecretSeen {
    SecretSeen {
        what,
        place: place.to_owned(),
        layer: None,
        deleted_in: None,
    }
}

fn of_layer(seen: &Seen<'_>, number: usize) -> Vec<SecretSeen> {
    let layer = &seen.image.layers[number];
    let paths = &seen.image.paths;
    let mut found = Vec::new();
    for (index, entry) in layer.contents.entries.iter().enumerate() {
        let owner = seen.owners.owner(number, index);
        let is_own = matches!(owner.kind, OwnerKind::Application | OwnerKind::System);
        if !holds(entry) || !is_own {
            continue;
        }
        let shown = paths.shown(entry.path);
        let is_cached = [
            "/site-packages/",
            "/dist-packages/",
            "/.cache/",
            "/node_modules/",
        ]
        .iter()
        .any(|folder| shown.contains(folder));
        if is_cached {
            continue;
        }
        let deleted_in = seen.fates.end(number, index).map(|(by, _)| by + 1);
        let seen_at = |what: String, place: String| SecretSeen {
            what,
            place,
            layer: Some(number + 1),
            deleted_in,
        };
        let planted = layer
            .contents
            .planted
            .iter()
            .filter(|one| one.path == entry.path);
        let before = found.len();
        found.extend(
            planted
                .take(LINES)
                .map(|one| seen_at(one.what.clone(), format!("{shown}:{}", one.line))),
        );
        if found.len() == before && entry.size > 0 && is_secret_by_name(&shown) {
            found.push(seen_at(
                "a file that holds secrets by its name".to_owned(),
                shown,
            ));
        }
    }
    found
}

/// Whether a file's name says that it is a secret: where a system has its own, and certificates for everybody, it does not.
fn is_secret_by_name(shown: &str) -> bool {
    let path = shown.trim_start_matches('/');
    let of_system = [
        "usr/share/",
        "usr/lib/",
        "usr/local/lib/",
        "etc/ssl/",
        "var/lib/",
    ];
    if of_system.iter().any(|folder| path.starts_with(folder)) {
        return false;
    }
    let unwanted = Catalog::embedded().unwanted();
    let mut ways = path
        .match_indices('/')
        .map(|(at, _)| &path[..at])
        .chain([path]);
    ways.any(|way| {
        let named = unwanted.named(way);
        named.is_some_and(|(kind, row)| {
            kind == UnwantedKind::Secret && !row.certificates_are_welcome()
        })
    })
}
