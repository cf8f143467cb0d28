//! What an image comes to: its layers, who owns what is in them, what could go, and in which order.

mod areas;
mod difference;
mod layer;
mod leftover;
mod libraries;
mod secrets;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

pub use super::owner::OwnerKind;
pub use difference::{ImagesDifference, OwnerDifference};
pub use layer::{Ended, EndedHow, LayerReport, Share, Verdict};
pub use libraries::MissingLibrary;
pub use secrets::SecretSeen;

pub(super) use leftover::{Reason, Reasons};
pub(super) use libraries::missing;
pub(super) use secrets::secrets;

use super::fate::Fates;
use super::owner::{Owner, Owners, holds};
use super::reading::Image;
use crate::bytes::Bytes;
use crate::rules::Effort;
use crate::size::Area;

/// An image, taken apart.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ImageReport {
    /// What it was called.
    pub image: String,
    /// The digest of its configuration.
    pub id: String,
    /// Its platform, as `linux/amd64`.
    pub platform: String,
    /// Bytes of all files in all layers: what it takes on disk.
    pub bytes: Bytes,
    /// What is pulled; null where the layers are not packed, or are not all there.
    pub pull: Option<Bytes>,
    /// Bytes of files that are there in the end.
    pub visible: Bytes,
    /// How many files all layers have.
    pub files: usize,
    /// Its layers, from the bottom.
    pub layers: Vec<LayerReport>,
    /// Who owns what is in it, most first.
    pub owners: Vec<Owned>,
    /// Secrets that can be read in it: in files of any layer, in its history and its environment.
    pub secrets: Vec<SecretSeen>,
    /// Shared libraries that something in it cannot be loaded without, and that are nowhere in it.
    pub missing_libraries: Vec<MissingLibrary>,
    /// What it could do without: least effort first, then most bytes.
    pub areas: Vec<Area>,
    /// What it comes to step by step.
    pub plan: Vec<Step>,
    /// What is odd about it: names that leave the image, devices, layers that cannot be read.
    pub odd: Vec<String>,
}

/// What somebody has in an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Owned {
    /// Who.
    pub name: String,
    /// In which version; null for what has none.
    pub version: Option<String>,
    /// What kind of owner that is.
    pub kind: OwnerKind,
    /// Bytes in all layers.
    pub bytes: Bytes,
    /// Files in all layers.
    pub files: usize,
    /// The numbers of the layers, from 1.
    pub layers: Vec<usize>,
}

/// What is left of an image when all of an effort is done, and of those before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// The effort.
    pub effort: Effort,
    /// What goes.
    pub saves: Bytes,
    /// What the image comes to then.
    pub leaves: Bytes,
}

/// An image with all that is known of it.
pub(super) struct Seen<'i> {
    pub(super) image: &'i Image,
    pub(super) owners: Owners,
    pub(super) fates: Fates,
}

impl<'i> Seen<'i> {
    pub(super) fn new(image: &'i Image) -> Self {
        Self {
            image,
            owners: Owners::of(image),
            fates: Fates::of(image),
        }
    }

    /// Every file of every layer: layer, entry, bytes.
    pub(super) fn files(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        let layers = self.image.layers.iter().enumerate();
        layers.flat_map(|(layer, read)| {
            let entries = read.contents.entries.iter().enumerate();
            let files = entries.filter(|(_, entry)| holds(entry));
            files.map(move |(index, entry)| (layer, index, entry.size))
        })
    }

    /// What a layer is called.
    pub(super) fn instruction(&self, layer: usize) -> &str {
        &self.image.layers[layer].instruction.text
    }
}

impl ImageReport {
    /// Takes an image apart.
    pub fn of(image: &Image) -> Self {
        let seen = Seen::new(image);
        let reasons = Reasons::of(&seen);
        let layers = layer::layers(&seen, &reasons);
        let bytes: Bytes = layers.iter().map(|layer| layer.bytes).sum();
        let pulls: Option<Vec<Bytes>> = layers.iter().map(|layer| layer.pull).collect();
        let areas = areas::areas(&seen, &reasons, &layers);
        Self {
            image: image.name.clone(),
            id: image.id.to_string(),
            platform: image.configuration.platform.clone(),
            bytes,
            pull: pulls.map(|pulls| pulls.into_iter().sum()),
            visible: visible(&seen),
            files: seen.files().count(),
            owners: owned(&seen),
            secrets: secrets(&seen),
            missing_libraries: missing(&seen, &[]),
            plan: plan(bytes, &areas),
            areas,
            odd: image.odd(),
            layers,
        }
    }
}

fn visible(seen: &Seen<'_>) -> Bytes {
    let files = seen.files();
    let there = files.filter(|(layer, entry, _)| seen.fates.end(*layer, *entry).is_none());
    Bytes(there.map(|(_, _, size)| size).sum())
}

fn owned(seen: &Seen<'_>) -> Vec<Owned> {
    let mut found: BTreeMap<usize, (u64, usize, BTreeSet<usize>)> = BTreeMap::new();
    for (layer, entry, size) in seen.files() {
        let of = found.entry(seen.owners.id(layer, entry)).or_default();
        of.0 += size;
        of.1 += 1;
        of.2.insert(layer + 1);
    }
    let owned = found.into_iter().map(|(id, (bytes, files, layers))| {
        let Owner {
            kind,
            name,
            version,
        } = seen.owners.get(id).clone();
        Owned {
            name,
            version,
            kind,
            bytes: Bytes(bytes),
            files,
            layers: layers.into_iter().collect(),
        }
    });
    let mut owned: Vec<Owned> = owned.collect();
    owned.sort_by_key(|one| (Reverse(one.bytes), one.name.clone(), one.version.clone()));
    owned
}

fn plan(bytes: Bytes, areas: &[Area]) -> Vec<Step> {
    let mut left = bytes;
    let mut steps = Vec::new();
    for effort in [Effort::Easy, Effort::Medium, Effort::Architectural] {
        let of = areas.iter().filter(|area| area.effort == effort);
        let saves: Bytes = of.map(|area| area.saves.disk.bytes()).sum();
        if saves > Bytes(0) {
            left = Bytes(left.0.saturating_sub(saves.0));
            steps.push(Step {
                effort,
                saves,
                leaves: left,
            });
        }
    }
    steps
}

#[cfg(test)]
mod missing_tests;
#[cfg(test)]
mod tests;
