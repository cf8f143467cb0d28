//! What the trimming rules take from an image, each byte counted once.
//!
//! What wheels come to was measured after the rules for every package, so what they save is told and not subtracted
//! again. What a profile keeps comes on top; what it asks to be left out besides goes off.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::bytes::Bytes;
use crate::catalog::{Catalog, GpuPart, TrimAction};
use crate::names::PackageName;
use crate::plan::{ImagePlan, TrimPlan};
use crate::profile::Line;

/// What a rule takes from an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Trimmed {
    /// The rule.
    pub rule: String,
    /// What it was seen to save, on disk; null where that was not measured.
    pub bytes: Option<Bytes>,
}

/// What rules do with the packages of an image.
pub(crate) struct Trimming<'a> {
    catalog: &'a Catalog,
    /// The rules that are not applied.
    kept: Vec<&'a str>,
    /// What of packages is left out because the profile asks for it.
    asked: BTreeMap<PackageName, Bytes>,
}

impl<'a> Trimming<'a> {
    /// All rules that are harmless but these.
    pub(crate) fn keeping(catalog: &'a Catalog, kept: &'a [Line]) -> Self {
        Self {
            catalog,
            kept: kept.iter().map(AsRef::as_ref).collect(),
            asked: BTreeMap::new(),
        }
    }

    /// What of a package is there because this rule is switched off.
    pub(crate) fn kept_by(&self, rule: &str, name: &PackageName) -> Bytes {
        saved(self.catalog, rule, name)
    }

    /// The rules of an image.
    pub(crate) fn of(catalog: &'a Catalog, image: &ImagePlan) -> Self {
        let applied = |name: &str| rules(image).any(|rule| rule.rule == name);
        let takes = |name: &str, action| match action {
            TrimAction::Strip => image.strip,
            TrimAction::Remove | TrimAction::Tests => applied(name),
        };
        let all = catalog.trim().rules();
        let kept = all.filter(|(name, rule)| !takes(name, rule.action()));
        let names: Vec<&PackageName> = image.layers.iter().flat_map(|one| one.names()).collect();
        let mut asked = BTreeMap::new();
        let trim = catalog.trim();
        let wanted = |name: &str| rules(image).any(|rule| rule.rule == name);
        for (_, part) in trim.outermost(wanted) {
            share(part, &names, &mut asked);
        }
        Self {
            catalog,
            kept: kept.map(|(name, _)| name).collect(),
            asked,
        }
    }

    /// What of a package is there because a rule is switched off.
    pub(crate) fn kept(&self, name: &PackageName) -> Bytes {
        let of_rule = |rule: &&str| saved(self.catalog, rule, name);
        self.kept.iter().map(of_rule).sum()
    }

    /// What of a package is not there because the profile asks for that.
    pub(crate) fn asked(&self, name: &PackageName) -> Bytes {
        self.asked.get(name).copied().unwrap_or_default()
    }
}

/// What a rule saves in a package.
fn saved(catalog: &Catalog, rule: &str, name: &PackageName) -> Bytes {
    let mut rules = catalog.trim().rules();
    let is_tests = rules.any(|(known, row)| known == rule && row.action() == TrimAction::Tests);
    if is_tests {
        let tests = catalog.trim().tests(name);
        return tests.map_or(Bytes(0), |row| Bytes(row.bytes()));
    }
    let mut of_rule = catalog.savings().of(rule);
    let row = of_rule.find(|(package, _)| *package == name);
    row.map_or(Bytes(0), |(_, bytes)| Bytes(bytes))
}

fn rules(image: &ImagePlan) -> impl Iterator<Item = &TrimPlan> {
    image.layers.iter().flat_map(|layer| &layer.trim)
}

/// Takes a part off the packages that have it, in equal shares.
fn share(part: &GpuPart, names: &[&PackageName], asked: &mut BTreeMap<PackageName, Bytes>) {
    let with: Vec<_> = names.iter().filter(|name| part.is_in(name)).collect();
    for name in &with {
        let bytes = Bytes(part.bytes() / with.len() as u64);
        *asked.entry((**name).clone()).or_default() += bytes;
    }
}

/// What each rule takes from an image, most first; `read` is what that is of each package, where their files were read.
pub(super) fn trimmed<'p>(
    image: &ImagePlan,
    read: Option<impl Iterator<Item = &'p BTreeMap<String, Bytes>>>,
) -> Vec<Trimmed> {
    let mut found: BTreeMap<&str, Option<Bytes>> = BTreeMap::new();
    for rule in rules(image) {
        let bytes = found.entry(&rule.rule).or_default();
        if let Some(saves) = rule.saves.filter(|_| read.is_none()) {
            *bytes = Some(bytes.unwrap_or_default() + saves);
        }
    }
    for (rule, taken) in read.into_iter().flatten().flatten() {
        let bytes = found.entry(rule).or_default();
        *bytes = Some(bytes.unwrap_or_default() + *taken);
    }
    let mut trimmed: Vec<Trimmed> = found
        .into_iter()
        .map(|(rule, bytes)| Trimmed {
            rule: rule.to_owned(),
            bytes,
        })
        .collect();
    trimmed.sort_by_key(|one| std::cmp::Reverse(one.bytes));
    trimmed
}
