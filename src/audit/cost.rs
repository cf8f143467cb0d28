//! What a fault costs on disk, where catalog or Dockerfile know it.
//!
//! Packages that are installed together share what they need, so a sum is never less than the largest of them and never more
//! than all of them.

use std::cell::OnceCell;

use super::{Audited, Finding, Saving, locked};
use crate::bytes::Bytes;
use crate::catalog::{Catalog, DebianRelease};
use crate::existing::{Fault, Image, Surroundings};
use crate::rules::{self, Effort};

/// What was found out of the lock, once for each file.
pub(super) type OfLock = OnceCell<Option<Saving>>;

/// What mending a fault saves.
pub(super) fn saved(
    image: &Image,
    around: &Surroundings,
    of_lock: &OfLock,
    fault: &Fault,
) -> Option<Saving> {
    if fault.kind.rule == rules::DEVELOPMENT_GROUP {
        return development(image, around, of_lock, fault);
    }
    let costs = Catalog::embedded().costs();
    let (from, to) = match fault.kind.rule {
        rule if rule == rules::SHIPS_UV => costs.uv(),
        rule if rule == rules::FULL_BASE => costs.full_base(),
        rule if rule == rules::RECOMMENDED_PACKAGES => recommended(&fault.what),
        rule if rule == rules::UNNEEDED_LIBRARY => costs.debian(&fault.what),
        rule if rule == rules::PACKAGE_LISTS_LEFT && fault.what.starts_with("apk") => {
            costs.apk_index()
        }
        rule if rule == rules::PACKAGE_LISTS_LEFT && fault.what.starts_with("apt") => {
            costs.apt_lists()
        }
        rule if rule == rules::COMPILERS_SHIPPED => {
            let (alone, recommended) = costs.debian(&fault.what).or_else(|| {
                let package = fault.what.parse().ok()?;
                let packages = Catalog::embedded().packages();
                let alone = packages.apt_bytes(&package, DebianRelease::Trixie)?;
                Some((alone, alone))
            })?;
            let recommends = recommends(image, fault);
            Some((alone, if recommends { recommended } else { alone }))
        }
        _ => None,
    }?;
    Some(Saving { from, to })
}

/// What a plain `uv sync` installs for developers.
fn development(
    image: &Image,
    around: &Surroundings,
    of_lock: &OfLock,
    fault: &Fault,
) -> Option<Saving> {
    let installs = image.steps.installs();
    let one = installs.iter().find(|one| one.place() == fault.place)?;
    let is_plain = one.install.development && one.install.member.is_none();
    let base = image.steps.base_of(one.step.stage).unwrap_or_default();
    let tag = base.rsplit(':').next().unwrap_or_default();
    let version = tag.split('-').next().unwrap_or_default();
    let python = version.parse().ok().filter(|_| version.contains('.'));
    let root = around.root.as_deref().filter(|_| is_plain)?;
    *of_lock.get_or_init(|| locked::default_groups(root, python))
}

/// What packages recommend, of those that were measured: at least what one of them does.
fn recommended(packages: &str) -> Option<(Bytes, Bytes)> {
    let costs = Catalog::embedded().costs();
    let known = packages.split(' ').filter_map(|name| costs.debian(name));
    let more = known.map(|(alone, all)| Bytes(all.0.saturating_sub(alone.0)));
    let more: Vec<Bytes> = more.collect();
    let most = more.iter().max().copied()?;
    (most > Bytes(0)).then(|| (most, more.into_iter().sum()))
}

/// Whether apt installs what is recommended, too.
fn recommends(image: &Image, fault: &Fault) -> bool {
    let mut steps = image.steps.runs();
    let step = steps.find(|(_, step, _)| step.place.holds(&fault.place));
    step.is_none_or(|(_, step, _)| !step.place.text().contains("--no-install-recommends"))
}

/// What all findings of an effort save together.
pub(super) fn sum(files: &[Audited], effort: Effort) -> Option<Saving> {
    let mut sum: Option<Saving> = None;
    for file in files {
        let of_effort = |one: &&Finding| one.effort == effort;
        let found: Vec<&Finding> = file.findings.iter().filter(of_effort).collect();
        for (index, one) in found.iter().enumerate() {
            let same = |other: &&Finding| other.rule == one.rule;
            // One of each rule counts for all that overlap.
            if found[..index].iter().any(same) {
                continue;
            }
            let all = found
                .iter()
                .copied()
                .filter(same)
                .filter_map(|one| one.saves);
            let all: Vec<Saving> = all.collect();
            let overlapping = [
                rules::COMPILERS_SHIPPED,
                rules::SHIPS_UV,
                rules::DEVELOPMENT_GROUP,
            ];
            let overlap = overlapping.contains(&one.rule);
            let from = if overlap {
                all.iter().map(|one| one.from).max().unwrap_or_default()
            } else {
                all.iter().map(|one| one.from).sum()
            };
            let to: Bytes = if one.rule == rules::DEVELOPMENT_GROUP {
                all.iter().map(|one| one.to).max().unwrap_or_default()
            } else {
                all.iter().map(|one| one.to).sum()
            };
            if !all.is_empty() {
                let before = sum.unwrap_or(Saving {
                    from: Bytes(0),
                    to: Bytes(0),
                });
                sum = Some(Saving {
                    from: before.from + from,
                    to: before.to + to,
                });
            }
        }
    }
    sum
}
