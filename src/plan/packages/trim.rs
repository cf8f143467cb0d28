//! What is left out of a dependency layer, by named rules of the catalog.
//!
//! Rules for every package that were proven harmless apply unless `keep`, the profile's or the project's, names them.
//! Parts of GPU wheels cost a feature and apply only where `trim` names them, or `@gpu` for all.

use std::collections::BTreeSet;

use crate::bytes::Bytes;
use crate::catalog::{GpuPart, NamePattern, Trim, TrimAction, TrimRule};
use crate::closure::Closure;
use crate::diagnostic::{Diagnostics, Result};
use crate::names::PackageName;
use crate::plan::inputs::{Subject, unknown_rules};
use crate::plan::{LayerContents, LayerPlan, TrimKind, TrimPlan};
use crate::profile::{ALL_GPU_PARTS, Line, Setting};

/// The rules of one image.
pub(crate) struct Rules<'s, 'p> {
    subject: &'s Subject<'p>,
    /// The rules for every package that apply, by name.
    rules: Vec<(&'p str, &'p TrimRule)>,
}

impl<'s, 'p> Rules<'s, 'p> {
    /// Errors: `keep` or `trim` names a rule that does not exist.
    pub(crate) fn new(subject: &'s Subject<'p>, closure: &Closure<'_>) -> Result<Self> {
        let profile = subject.profile;
        let trim = subject.inputs.catalog.trim();
        let known = || trim.rules().map(|(name, _)| name);
        let everywhere = &subject.inputs.config.keep;
        let mut problems = subject.unknown_rules("keep", &profile.keep, known());
        problems.extend(unknown_rules("keep", everywhere, known()));
        let parts = trim
            .all_parts()
            .map(|(name, _)| name)
            .chain([ALL_GPU_PARTS]);
        problems.extend(subject.unknown_rules("trim", &profile.trim, parts));
        Diagnostics::check(problems)?;
        let names: Vec<&PackageName> = closure
            .packages()
            .map(|(_, package, _)| &package.name)
            .collect();
        let rules = trim.rules().map(|(name, row)| (name, &**row));
        let rules = rules.filter(|(name, rule)| {
            // In development somebody may want what a rule takes.
            let kept = keeps(&profile.keep, name) || keeps(everywhere, name);
            !profile.development.value && !kept && rule.fits(names.iter().copied())
        });
        Ok(Self {
            subject,
            rules: rules.collect(),
        })
    }

    /// Whether what only debuggers read is cut out of shared libraries.
    pub(crate) fn strip(&self) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|(_, rule)| rule.action() == TrimAction::Strip)
    }

    /// Which of these packages keep their files as they were built, by name or pattern.
    pub(crate) fn as_built(&self, packages: &BTreeSet<&PackageName>) -> Vec<String> {
        let patterns = self.unchangeable();
        let there = patterns.filter(|pattern| packages.iter().any(|name| pattern.matches(name)));
        there.map(ToString::to_string).collect()
    }

    /// Which packages of a layer have files that others built and that are made smaller here, as far as the names of
    /// their wheels tell.
    pub(crate) fn stripped(&self, contents: &[LayerContents]) -> BTreeSet<PackageName> {
        let packages = contents.iter().flat_map(|content| &content.packages);
        let native = packages.filter(|package| package.native && self.strip());
        let changed = native.filter(|one| !self.unchangeable().any(|row| row.matches(&one.name)));
        changed.map(|package| package.name.clone()).collect()
    }

    fn unchangeable(&self) -> impl Iterator<Item = &'p NamePattern> {
        let rows = self.subject.inputs.catalog.trim().as_built();
        rows.filter(|_| self.strip())
    }

    /// What is left out of a layer with these packages.
    pub(crate) fn of(&self, packages: &BTreeSet<&PackageName>) -> Vec<TrimPlan> {
        let rules = self.rules.iter();
        let mut trim: Vec<TrimPlan> = rules
            .filter_map(|(name, rule)| self.applied(name, rule, packages))
            .collect();
        if !self.subject.profile.development.value {
            trim.extend(self.parts(packages));
        }
        trim
    }

    fn applied(
        &self,
        name: &str,
        rule: &TrimRule,
        packages: &BTreeSet<&PackageName>,
    ) -> Option<TrimPlan> {
        if rule.action() == TrimAction::Tests {
            return self.tests(name, packages);
        }
        let seen = self.subject.inputs.catalog.savings().of(name);
        let of_layer = seen.filter(|(package, _)| packages.contains(package));
        let saves: u64 = of_layer.map(|(_, saved)| saved).sum();
        Some(TrimPlan {
            rule: name.to_owned(),
            kind: TrimKind::Unused,
            patterns: rule.paths().iter().map(ToString::to_string).collect(),
            saves: (saves > 0).then_some(Bytes(saves)),
        })
    }

    fn tests(&self, name: &str, packages: &BTreeSet<&PackageName>) -> Option<TrimPlan> {
        let trim = self.subject.inputs.catalog.trim();
        let rows = packages.iter().filter_map(|package| trim.tests(package));
        let rows: Vec<_> = rows.collect();
        let folders = rows.iter().flat_map(|row| row.folders());
        (!rows.is_empty()).then(|| TrimPlan {
            rule: name.to_owned(),
            kind: TrimKind::Tests,
            patterns: folders.map(ToString::to_string).collect(),
            saves: Some(Bytes(rows.iter().map(|row| row.bytes()).sum())),
        })
    }

    fn parts(&self, packages: &BTreeSet<&PackageName>) -> Vec<TrimPlan> {
        let wanted = &self.subject.profile.trim.value;
        let asked = |name: &str| {
            wanted
                .iter()
                .any(|one| one.as_ref() == name || one.as_ref() == ALL_GPU_PARTS)
        };
        let in_layer = |part: &GpuPart| packages.iter().any(|package| part.is_in(package));
        let parts = self.subject.inputs.catalog.trim().all_parts();
        let parts = parts.filter(|(name, part)| asked(name) && in_layer(part));
        parts
            .map(|(name, part)| TrimPlan {
                rule: name.to_owned(),
                kind: TrimKind::Asked,
                patterns: part.paths().iter().map(ToString::to_string).collect(),
                saves: Some(Bytes(part.bytes())),
            })
            .collect()
    }
}

/// A part of GPU wheels that several layers have something of, or that lies in another one, is told with what it saves
/// once: with the first layer that has it.
pub(crate) fn tell_once(trim: &Trim, layers: &mut [LayerPlan]) {
    let asked: BTreeSet<String> = layers
        .iter()
        .flat_map(|layer| &layer.trim)
        .filter(|rule| rule.kind == TrimKind::Asked)
        .map(|rule| rule.rule.clone())
        .collect();
    let outermost = trim.outermost(|name| asked.contains(name));
    let mut open: BTreeSet<&str> = outermost.into_iter().map(|(name, _)| name).collect();
    let rules = layers.iter_mut().flat_map(|layer| &mut layer.trim);
    for rule in rules.filter(|rule| rule.kind == TrimKind::Asked) {
        if !open.remove(rule.rule.as_str()) {
            rule.saves = None;
        }
    }
}

fn keeps(said: &Setting<Vec<Line>>, rule: &str) -> bool {
    said.value.iter().any(|kept| kept.as_ref() == rule)
}

#[cfg(test)]
mod tests;
