//! What is in an image and need not be: with bytes, effort, and the line to write.
//!
//! Nothing is decided here that is decided elsewhere: what the plan finds is taken from its findings, what could be left out
//! from the trimming rules, what is smaller in a newer release or another package from the catalog.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::estimate::{Estimate, Size};
use super::package::{Basis, PackageSize};
use super::requirement::Requirement;
use super::trimming::Trimming;
use crate::bytes::Bytes;
use crate::catalog::{Catalog, GpuPart, MlKind};
use crate::closure::{Closure, Via};
use crate::diagnostic::Diagnostic;
use crate::lock::PackageId;
use crate::names::PackageName;
use crate::plan::ImagePlan;
use crate::profile::Profile;
use crate::rules::{self, Effort, Rule};

/// Something that an image could do without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Area {
    /// What it is, in a few words.
    pub what: String,
    /// What would be saved; zero where that is not known.
    #[serde(flatten)]
    pub saves: Size,
    /// What it takes to change it.
    pub effort: Effort,
    /// What to write.
    pub write: String,
    /// What is lost or gained with it, or where it comes from.
    pub because: String,
    /// The rule that found it, for `dfgen explain`.
    pub rule: Option<String>,
}

/// The findings of a plan that are about bytes, and what it takes to mend each.
const FINDINGS: [(&Rule, Effort); 5] = [
    (rules::CUDA_IN_CPU_IMAGE, Effort::Medium),
    (rules::CUDA_TWICE, Effort::Easy),
    (rules::TWO_CUDA_MAJORS, Effort::Medium),
    (rules::DEVELOPMENT_TOOL, Effort::Easy),
    (rules::UNUSED_REQUIREMENT, Effort::Medium),
];

/// What saves less than this is not worth a line.
const WORTH: Bytes = Bytes(1_000_000);

/// An image that is looked at.
pub(super) struct Look<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) profile: &'a Profile,
    pub(super) image: &'a ImagePlan,
    pub(super) findings: &'a [Diagnostic],
    pub(super) closure: &'a Closure<'a>,
    pub(super) packages: &'a BTreeMap<&'a PackageName, &'a PackageSize>,
    pub(super) requirements: &'a [Requirement],
}

impl Look<'_> {
    /// What there is, least effort first, then most bytes.
    pub(super) fn areas(&self) -> Vec<Area> {
        let mut areas = self.found();
        areas.extend(self.parts());
        areas.extend(self.kept());
        areas.extend(self.preferred());
        areas.extend(self.smaller());
        areas.extend(self.models());
        areas.retain(|area| area.saves.disk.bytes() >= WORTH);
        areas.sort_by_key(|area| {
            (
                area.effort,
                Reverse(area.saves.disk.bytes()),
                area.what.clone(),
            )
        });
        areas
    }

    fn heading(&self) -> String {
        format!("[profile.{}] of dfgen.toml", self.profile.name)
    }

    /// What the plan found.
    fn found(&self) -> Vec<Area> {
        let areas = self.findings.iter().filter_map(|finding| {
            let (rule, effort) = FINDINGS.iter().find(|(rule, _)| *rule == finding.rule())?;
            Some(self.of_finding(finding, rule, *effort))
        });
        areas.collect()
    }

    fn of_finding(&self, finding: &Diagnostic, rule: &Rule, effort: Effort) -> Area {
        let named = finding
            .packages()
            .iter()
            .filter_map(|name| self.closure.named(name));
        let mut ids: Vec<PackageId> = named.collect();
        ids.extend(self.closure.only_needed_by(&ids));
        let names = ids
            .into_iter()
            .map(|id| &self.closure.lock().package(id).name);
        let sizes = names.filter_map(|name| self.packages.get(name)?.size);
        Area {
            what: finding.message().to_owned(),
            saves: sizes.sum(),
            effort,
            write: finding.helps().first().cloned().unwrap_or_default(),
            because: format!("`dfgen explain {rule}`"),
            rule: Some(rule.name().to_owned()),
        }
    }

    /// Parts of GPU wheels that are not asked to be left out.
    fn parts(&self) -> Vec<Area> {
        let trim = self.catalog.trim();
        let asked = |name: &str| {
            let mut rules = self.image.layers.iter().flat_map(|layer| &layer.trim);
            rules.any(|rule| rule.rule == name)
        };
        let is_here = |part: &GpuPart| self.packages.keys().any(|package| part.is_in(package));
        let open: Vec<&str> = trim
            .all_parts()
            .filter(|(name, part)| !asked(name) && is_here(part))
            .map(|(name, _)| name)
            .collect();
        if self.image.run.development {
            return Vec::new();
        }
        let open = trim.outermost(|name| open.contains(&name));
        let area = |(name, part): &(&str, &GpuPart)| Area {
            what: format!("`{name}` of GPU wheels could be left out"),
            saves: self.cut(name, part),
            effort: if part.loses().starts_with("nothing") {
                Effort::Easy
            } else {
                Effort::Medium
            },
            write: format!("`trim = [\"{name}\"]` in {}", self.heading()),
            because: format!("loses {}", part.loses()),
            rule: Some((*name).to_owned()),
        };
        open.iter().map(area).collect()
    }

    /// What leaving out a part saves: no more than the packages have that it is of.
    fn cut(&self, rule: &str, part: &GpuPart) -> Size {
        let sizes = self.packages.values().filter(|one| part.is_in(&one.name));
        let read = sizes.clone().filter(|one| one.basis == Basis::Files);
        let read: Vec<Size> = read
            .filter_map(|one| one.parts.get(rule).copied())
            .collect();
        if !read.is_empty() {
            return read.into_iter().sum();
        }
        let whole: Size = sizes.filter_map(|one| one.size).sum();
        let disk = Bytes(part.bytes()).min(whole.disk.bytes());
        let pull = u128::from(disk.0) * u128::from(whole.pull.bytes().0)
            / u128::from(whole.disk.bytes().0.max(1));
        Size::about(disk, Bytes(u64::try_from(pull).unwrap_or(u64::MAX)), 20)
    }

    /// Rules that are switched off.
    fn kept(&self) -> Vec<Area> {
        let usual = Trimming::keeping(self.catalog, &self.profile.keep.value);
        let area = |rule: &str| {
            let saved = self
                .packages
                .keys()
                .map(|name| usual.kept_by(rule, name))
                .sum();
            Area {
                what: format!("the trimming rule `{rule}` is switched off"),
                saves: Size::about(saved, Bytes(saved.0 / 4), 20),
                effort: Effort::Easy,
                write: format!("take `{rule}` out of `keep` in {}", self.heading()),
                because: format!("`dfgen explain {rule}`"),
                rule: Some(rule.to_owned()),
            }
        };
        self.profile
            .keep
            .value
            .iter()
            .map(|rule| area(rule.as_ref()))
            .collect()
    }

    /// Packages that bring more than another one that does the same.
    fn preferred(&self) -> Vec<Area> {
        let areas = self.packages.keys().filter_map(|name| {
            let row = self.catalog.package(name)?;
            let better = row
                .prefer()
                .iter()
                .find(|one| !self.packages.contains_key(one))?;
            // What another package asks for too stays.
            let only = self
                .image
                .apt_runtime
                .iter()
                .filter(|need| need.because == name.as_ref());
            let disk: Bytes = only.filter_map(|need| need.size).sum();
            let pull = self.catalog.sizes().debian_pull(disk);
            Some(Area {
                what: format!("`{name}` needs Debian packages that `{better}` does without"),
                saves: Size::about(disk, pull, 15),
                effort: Effort::Medium,
                write: self.swap(name, better),
                because: format!("`{better}` does the same"),
                rule: None,
            })
        });
        areas.collect()
    }

    fn swap(&self, name: &PackageName, better: &PackageName) -> String {
        match self.list_flag(name) {
            Some(flag) => format!("`uv remove{flag} {name}`, `uv add{flag} {better}`"),
            None => format!("ask for `{better}` in what needs it: `dfgen why {name}`"),
        }
    }

    /// In which list of the project's own a package stands, in uv's words; `None` where only others ask for it.
    fn list_flag(&self, name: &PackageName) -> Option<String> {
        let id = self.closure.named(name)?;
        let chosen = self.closure.chosen(id)?;
        let lock = self.closure.lock();
        let is_own = |by: Option<PackageId>| by.is_none_or(|by| lock.is_member(by));
        let reason = chosen.reasons.iter().find(|reason| is_own(reason.by))?;
        Some(match &reason.via {
            Via::Project => String::new(),
            Via::Extra(extra) => format!(" --optional {extra}"),
            Via::Group(group) => format!(" --group {group}"),
        })
    }

    /// Packages whose newer releases are smaller.
    fn smaller(&self) -> Vec<Area> {
        let areas = self.closure.packages().filter_map(|(_, package, _)| {
            let size = self.packages.get(&package.name)?;
            let row = self.catalog.sizes().smaller(&package.name)?;
            let version = package.version.as_ref()?;
            let (name, since) = (&package.name, row.since());
            (version < since).then(|| Area {
                what: format!("`{name}` is smaller from {since} on; the lock has {version}"),
                saves: size.size.map_or_else(Size::default, |size| Size {
                    disk: Estimate::about(row.saves(size.disk.bytes()), 20),
                    pull: Estimate::about(row.saves(size.pull.bytes()), 20),
                }),
                effort: Effort::Medium,
                write: format!("`uv lock --upgrade-package {name}`"),
                because: row.because().to_owned(),
                rule: None,
            })
        });
        areas.collect()
    }

    /// Frameworks of the ML stack in an image that serves no models.
    fn models(&self) -> Vec<Area> {
        if self.image.serves_models || self.image.run.development {
            return Vec::new();
        }
        let is_framework = |name: &PackageName| {
            let row = self.catalog.ml().get(name);
            row.is_some_and(|row| row.kind() == MlKind::Framework)
        };
        let heavy = self
            .requirements
            .iter()
            .filter(|one| one.leaving.iter().any(is_framework));
        let area = |one: &Requirement| {
            let name = &one.name;
            let flag = self.list_flag(name)?;
            Some(Area {
                what: format!(
                    "`{name}` brings an ML framework into an image that serves no models"
                ),
                saves: one.size,
                effort: Effort::Architectural,
                write: match flag.as_str() {
                    "" => format!(
                        "an image of its own for it: `uv remove {name}`, `uv add --optional ml {name}`, and what imports it behind its own service"
                    ),
                    _ => format!("leave it to another image: {} takes{flag}", self.heading()),
                },
                because: one.chain.clone(),
                rule: None,
            })
        };
        heavy.filter_map(area).collect()
    }
}
