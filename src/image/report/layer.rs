//! One layer: what made it, what is in it, and what of that need not be.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Reason, Reasons, Seen};
use crate::bytes::Bytes;
use crate::image::fate::End;
use crate::image::owner::{OwnerKind, holds};

/// A layer of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LayerReport {
    /// Its number, from 1, from the bottom.
    pub number: usize,
    /// What made it, as the image says, without secrets.
    pub instruction: String,
    /// The digest of what it unpacks to.
    pub digest: String,
    /// Bytes of its files.
    pub bytes: Bytes,
    /// Its own bytes where it is packed: what is pulled; null where it is not.
    pub pull: Option<Bytes>,
    /// How many files it has.
    pub files: usize,
    /// Whose they are, most first.
    pub owners: Vec<Share>,
    /// Whether all of it is expected.
    pub verdict: Verdict,
    /// Bytes of it that the image could do without.
    pub removable: Bytes,
    /// What of it later layers ended, and which.
    pub ended: Vec<Ended>,
}

/// What is thought of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It has what it should have.
    Expected,
    /// Some of it could go.
    Partly,
    /// Nearly all of it could go.
    Unnecessary,
    /// Nothing of it can be read.
    Unknown,
}

/// What somebody has in a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Share {
    /// Who.
    pub name: String,
    /// In which version.
    pub version: Option<String>,
    /// What kind of owner that is.
    pub kind: OwnerKind,
    /// Bytes of the layer.
    pub bytes: Bytes,
}

/// What a later layer did to files of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Ended {
    /// The number of that layer.
    pub by: usize,
    /// What it did.
    pub how: EndedHow,
    /// Bytes that are still in the image and that nobody can see.
    pub bytes: Bytes,
    /// How many files.
    pub files: usize,
}

/// What a layer does to files below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndedHow {
    /// It writes the same bytes again: with another owner, mode or time.
    Copied,
    /// It writes others.
    Changed,
    /// It deletes them.
    Deleted,
}

impl From<End> for EndedHow {
    fn from(end: End) -> Self {
        match end {
            End::Copied => Self::Copied,
            End::Changed => Self::Changed,
            End::Deleted => Self::Deleted,
        }
    }
}

/// What could go of a layer before it is worth a word.
const WORTH: u64 = 100_000;

pub(super) fn layers(seen: &Seen<'_>, reasons: &Reasons) -> Vec<LayerReport> {
    let numbers = 0..seen.image.layers.len();
    numbers.map(|number| layer(seen, reasons, number)).collect()
}

fn layer(seen: &Seen<'_>, reasons: &Reasons, number: usize) -> LayerReport {
    let read = &seen.image.layers[number];
    let mut owners: BTreeMap<usize, u64> = BTreeMap::new();
    let mut ended: BTreeMap<(usize, EndedHow), (u64, usize)> = BTreeMap::new();
    let (mut bytes, mut files, mut removable) = (0, 0, 0);
    for (index, entry) in read.contents.entries.iter().enumerate() {
        if !holds(entry) {
            continue;
        }
        bytes += entry.size;
        files += 1;
        *owners.entry(seen.owners.id(number, index)).or_default() += entry.size;
        match reasons.get(number, index) {
            Some(Reason::Ended(by, end)) => {
                let of = ended.entry((by + 1, end.into())).or_default();
                of.0 += entry.size;
                of.1 += 1;
                removable += entry.size;
            }
            Some(_) => removable += entry.size,
            None => {}
        }
    }
    LayerReport {
        number: number + 1,
        instruction: read.instruction.text.clone(),
        digest: read.diff.to_string(),
        bytes: Bytes(bytes),
        pull: read.packed.map(Bytes),
        files,
        owners: shares(seen, owners),
        verdict: verdict(read.sealed.is_some(), bytes, removable),
        removable: Bytes(removable),
        ended: ended
            .into_iter()
            .map(|((by, how), (bytes, files))| Ended {
                by,
                how,
                bytes: Bytes(bytes),
                files,
            })
            .collect(),
    }
}

fn verdict(is_sealed: bool, bytes: u64, removable: u64) -> Verdict {
    if is_sealed {
        Verdict::Unknown
    } else if removable < WORTH {
        Verdict::Expected
    } else if removable > bytes / 10 * 9 {
        Verdict::Unnecessary
    } else {
        Verdict::Partly
    }
}

fn shares(seen: &Seen<'_>, owners: BTreeMap<usize, u64>) -> Vec<Share> {
    let shares = owners.into_iter().map(|(id, bytes)| {
        let owner = seen.owners.get(id).clone();
        Share {
            name: owner.name,
            version: owner.version,
            kind: owner.kind,
            bytes: Bytes(bytes),
        }
    });
    let mut shares: Vec<Share> = shares.collect();
    shares.sort_by_key(|share| (Reverse(share.bytes), share.name.clone()));
    shares
}
