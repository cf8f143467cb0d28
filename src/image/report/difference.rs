//! What changed between two images, by who owns it, and what a node that has the one pulls for the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{ImageReport, LayerReport, Owned};
use crate::bytes::Bytes;
use crate::image::owner::OwnerKind;

/// What changed from one image to another.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ImagesDifference {
    /// The image before.
    pub before: ImageReport,
    /// The image after.
    pub after: ImageReport,
    /// Bytes that both share: layers that are the same.
    pub shared: Bytes,
    /// What a node that has the first pulls for the second; null where layers are not packed.
    pub pulled: Option<Bytes>,
    /// The numbers of the layers that are pulled.
    pub pulled_layers: Vec<usize>,
    /// What changed, by owner, largest change first.
    pub owners: Vec<OwnerDifference>,
}

/// What changed of what somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OwnerDifference {
    /// Who.
    pub name: String,
    /// What kind of owner that is.
    pub kind: OwnerKind,
    /// The versions before.
    pub before_versions: Vec<String>,
    /// The versions after.
    pub after_versions: Vec<String>,
    /// Bytes before.
    pub before: Bytes,
    /// Bytes after.
    pub after: Bytes,
}

impl ImagesDifference {
    /// Compares two images.
    pub fn new(before: ImageReport, after: ImageReport) -> Self {
        let had: BTreeSet<&str> = before
            .layers
            .iter()
            .map(|layer| layer.digest.as_str())
            .collect();
        let (same, new): (Vec<&LayerReport>, Vec<_>) = after
            .layers
            .iter()
            .partition(|layer| had.contains(layer.digest.as_str()));
        let pulls: Option<Vec<Bytes>> = new.iter().map(|layer| layer.pull).collect();
        Self {
            shared: same.iter().map(|layer| layer.bytes).sum(),
            pulled: pulls.map(|pulls| pulls.into_iter().sum()),
            pulled_layers: new.iter().map(|layer| layer.number).collect(),
            owners: owners(&before.owners, &after.owners),
            before,
            after,
        }
    }
}

fn owners(before: &[Owned], after: &[Owned]) -> Vec<OwnerDifference> {
    let mut found: BTreeMap<(OwnerKind, &str), OwnerDifference> = BTreeMap::new();
    let both = before
        .iter()
        .map(|one| (one, true))
        .chain(after.iter().map(|one| (one, false)));
    for (owned, is_before) in both {
        let one = found
            .entry((owned.kind, owned.name.as_str()))
            .or_insert_with(|| OwnerDifference {
                name: owned.name.clone(),
                kind: owned.kind,
                before_versions: Vec::new(),
                after_versions: Vec::new(),
                before: Bytes(0),
                after: Bytes(0),
            });
        let (versions, bytes) = if is_before {
            (&mut one.before_versions, &mut one.before)
        } else {
            (&mut one.after_versions, &mut one.after)
        };
        versions.extend(owned.version.clone());
        *bytes += owned.bytes;
    }
    let changed = found
        .into_values()
        .filter(|one| one.before != one.after || one.before_versions != one.after_versions);
    let mut changed: Vec<OwnerDifference> = changed.collect();
    changed.sort_by_key(|one| {
        (
            Reverse(one.before.0.abs_diff(one.after.0)),
            one.name.clone(),
        )
    });
    changed
}
