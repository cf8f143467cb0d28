//! What changes between two predictions: in all, by part and by package, and what of it a node pulls that has the old
//! image.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Sizes;
use super::estimate::{Estimate, Size};
use super::image::{ImageSize, Part, PartKind};
use super::package::PackageSize;
use crate::bytes::Bytes;
use crate::names::PackageName;
use crate::profile::ProfileName;
use crate::target::Platform;

/// Two predictions beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// What it is compared with, as it was named.
    pub against: String,
    /// One for each profile and platform of either.
    pub images: Vec<ImageDifference>,
}

/// What changes in an image on a platform.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ImageDifference {
    /// The profile.
    pub profile: ProfileName,
    /// The platform.
    pub platform: Platform,
    /// Before; null for an image that is new.
    pub before: Option<Size>,
    /// After; null for an image that is no more.
    pub after: Option<Size>,
    /// What a node that has the old image pulls: the parts that are not the same. Nothing where there is no new image.
    pub pulled: Estimate,
    /// The parts that it pulls, by name. The application is among them whenever it is pulled.
    pub pulled_parts: Vec<String>,
    /// What becomes larger or smaller, by part.
    pub parts: Vec<PartDifference>,
    /// The packages that come, go or change, those that change most first.
    pub packages: Vec<PackageDifference>,
    /// How many sizes are unknown: before, and after.
    pub unknown: (usize, usize),
}

/// What changes in a part.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PartDifference {
    /// The part.
    pub name: String,
    /// Before; null where it was not there, or nothing of it is known.
    pub before: Option<Size>,
    /// After.
    pub after: Option<Size>,
}

/// A package that comes, goes or changes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PackageDifference {
    /// Its name.
    #[schemars(with = "String")]
    pub name: PackageName,
    /// What there was of it; null for one that is new.
    pub before: Option<VersionSize>,
    /// What there is of it; null for one that is gone.
    pub after: Option<VersionSize>,
    /// Why it is there, or was: the shortest way from the project to it.
    pub chain: String,
}

/// A version, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct VersionSize {
    /// The version, where the lock has one.
    pub version: Option<String>,
    /// What it takes; null where that is unknown.
    pub size: Option<Size>,
}

/// What something grows by in bytes; less than nothing where it shrinks.
pub fn growth(before: Bytes, after: Bytes) -> i128 {
    i128::from(after.0) - i128::from(before.0)
}

impl Difference {
    /// What changes from one prediction to the next.
    pub fn new(against: impl Into<String>, before: &Sizes, after: &Sizes) -> Self {
        let find = |sizes: &'_ Sizes, image: &ImageSize| {
            let is_it =
                |one: &&ImageSize| (&one.profile, one.platform) == (&image.profile, image.platform);
            sizes.images.iter().find(is_it).cloned()
        };
        let mut images: Vec<ImageDifference> = after
            .images
            .iter()
            .map(|image| ImageDifference::new(find(before, image).as_ref(), Some(image)))
            .collect();
        let gone = before
            .images
            .iter()
            .filter(|image| find(after, image).is_none());
        images.extend(gone.map(|image| ImageDifference::new(Some(image), None)));
        Self {
            against: against.into(),
            images,
        }
    }
}

impl ImageDifference {
    fn new(before: Option<&ImageSize>, after: Option<&ImageSize>) -> Self {
        let either = after.or(before).expect("an image is in one of them");
        let parts =
            |image: Option<&'_ ImageSize>| image.map_or(Vec::new(), |image| image.parts.clone());
        let (old, new) = (parts(before), parts(after));
        let known: BTreeSet<&str> = old.iter().map(|part| part.identity.as_str()).collect();
        // The application is never the same: whoever compares has changed something.
        let is_pulled = |part: &&Part| {
            part.kind == PartKind::Application || !known.contains(part.identity.as_str())
        };
        let pulled: Vec<&Part> = new.iter().filter(is_pulled).collect();
        let unknown = |image: Option<&ImageSize>| image.map_or(0, |image| image.unknown.len());
        Self {
            profile: either.profile.clone(),
            platform: either.platform,
            before: before.map(|image| image.total),
            after: after.map(|image| image.total),
            pulled: pulled.iter().filter_map(|part| Some(part.size?.pull)).sum(),
            pulled_parts: pulled.iter().map(|part| part.name.clone()).collect(),
            parts: part_differences(&old, &new),
            packages: package_differences(&old, &new),
            unknown: (unknown(before), unknown(after)),
        }
    }

    /// What it grows by on disk.
    pub fn disk(&self) -> i128 {
        let disk = |size: Option<Size>| size.map_or(Bytes(0), |size| size.disk.bytes());
        growth(disk(self.before), disk(self.after))
    }

    /// What there is more to pull for a node that has nothing.
    pub fn pull(&self) -> i128 {
        let pull = |size: Option<Size>| size.map_or(Bytes(0), |size| size.pull.bytes());
        growth(pull(self.before), pull(self.after))
    }

    /// Whether nothing that the lock or the settings decide is another.
    pub fn is_same(&self) -> bool {
        self.disk() == 0
            && self.packages.is_empty()
            && self.before.is_some()
            && self.after.is_some()
    }
}

fn part_differences(old: &[Part], new: &[Part]) -> Vec<PartDifference> {
    let mut names: Vec<&str> = Vec::new();
    for part in old.iter().chain(new) {
        if !names.contains(&part.name.as_str()) {
            names.push(&part.name);
        }
    }
    let size = |parts: &[Part], name: &str| {
        let part = parts.iter().find(|part| part.name == name);
        part.and_then(|part| part.size)
    };
    let difference = |name: &str| PartDifference {
        name: name.to_owned(),
        before: size(old, name),
        after: size(new, name),
    };
    let all = names.into_iter().map(difference);
    all.filter(|part| part.before != part.after).collect()
}

fn package_differences(old: &[Part], new: &[Part]) -> Vec<PackageDifference> {
    let by_name = |parts: &'_ [Part]| -> BTreeMap<PackageName, PackageSize> {
        let packages = parts.iter().flat_map(|part| &part.packages);
        packages
            .map(|one| (one.name.clone(), one.clone()))
            .collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&PackageName> = old.keys().chain(new.keys()).collect();
    let version = |one: &PackageSize| VersionSize {
        version: one.version.clone(),
        size: one.size,
    };
    let differences = names.into_iter().filter_map(|name| {
        let (before, after) = (old.get(name), new.get(name));
        let either = after.or(before)?;
        let (was, is) = (before.map(version), after.map(version));
        (was != is).then(|| PackageDifference {
            name: name.clone(),
            before: was,
            after: is,
            chain: either.chain.clone(),
        })
    });
    let mut differences: Vec<PackageDifference> = differences.collect();
    differences.sort_by_key(|one| (Reverse(one.disk().abs()), one.name.clone()));
    differences
}

impl PackageDifference {
    /// What it grows by on disk, as far as that is known.
    pub fn disk(&self) -> i128 {
        self.grows(|size| size.disk.bytes())
    }

    /// What it grows by compressed, as far as that is known.
    pub fn pull(&self) -> i128 {
        self.grows(|size| size.pull.bytes())
    }

    /// Whether a size that it is judged by is unknown.
    pub fn is_unknown(&self) -> bool {
        let mut sizes = self.before.iter().chain(&self.after);
        sizes.any(|one| one.size.is_none())
    }

    fn grows(&self, of: impl Fn(Size) -> Bytes) -> i128 {
        let bytes =
            |one: &Option<VersionSize>| one.as_ref().and_then(|one| one.size).map_or(Bytes(0), &of);
        growth(bytes(&self.before), bytes(&self.after))
    }
}
