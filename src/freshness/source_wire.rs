//! The entries of `tool.uv.sources`, as a manifest has them.

use std::str::FromStr;

use serde::Deserialize;

use crate::names::{ExtraName, GroupName, PackageName};
use crate::project::Pyproject;
use crate::secret::Url;

/// One entry of `tool.uv.sources`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct SourceWire {
    pub(super) workspace: bool,
    pub(super) path: Option<String>,
    pub(super) editable: Option<bool>,
    pub(super) package: Option<bool>,
    pub(super) git: Option<Url>,
    pub(super) rev: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) subdirectory: Option<String>,
    pub(super) lfs: bool,
    pub(super) url: Option<Url>,
    pub(super) index: Option<String>,
    pub(super) marker: Option<String>,
    pub(super) extra: Option<ExtraName>,
    pub(super) group: Option<GroupName>,
}

/// The packages that some member takes from the workspace, and whether it says how.
pub(super) fn required_members(manifest: &Pyproject) -> Vec<(PackageName, Option<bool>)> {
    let sources = manifest.uv.sources.iter();
    let parsed = sources.filter_map(|(name, value)| {
        let name = PackageName::from_str(name).ok()?;
        Some((name, parsed_entries(value)?))
    });
    let entries = parsed.flat_map(|(name, entries)| {
        let of_workspace = entries.into_iter().filter(|entry| entry.workspace);
        of_workspace.map(move |entry| (name.clone(), entry.editable))
    });
    entries.collect()
}

/// The entries for a package, as written.
pub(super) fn entries<'p>(manifest: &'p Pyproject, name: &PackageName) -> Option<&'p toml::Value> {
    let mut all = manifest.uv.sources.iter();
    let found = all.find(|(key, _)| PackageName::from_str(key).as_ref() == Ok(name));
    found.map(|(_, value)| value)
}

/// Entries, if they can be read.
pub(super) fn parsed_entries(value: &toml::Value) -> Option<Vec<SourceWire>> {
    match value {
        toml::Value::Array(_) => value.clone().try_into().ok(),
        other => Some(vec![other.clone().try_into().ok()?]),
    }
}
