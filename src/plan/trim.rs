//! What is left out of a dependency layer, by named rules of the catalog.
//!
//! File rules and test folders that were proven harmless apply unless the profile's `keep` names them.
//! Parts of GPU wheels cost a feature and apply only where `trim` names them, or `@gpu` for all.

use super::inputs::Subject;
use super::{LayerPlan, TrimPlan};
use crate::bytes::Bytes;
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, nearest};
use crate::names::PackageName;
use crate::profile::{Line, Profile, Setting};

/// The rule that takes the test folders of packages.
const TESTS: &str = "tests";

/// The rule that cuts symbol tables and debug information out of shared libraries. They are 45 % of the
/// environment of an asyncpg and uvloop service, 0.5 GB of torch's; nothing that is loaded changes.
const DEBUG_SYMBOLS: &str = "debug-symbols";

/// Every part of GPU wheels that an image can do without.
const GPU: &str = "@gpu";

/// The rules of one image.
pub(super) struct Rules<'s, 'p> {
    subject: &'s Subject<'p>,
    /// Rules for files of every package.
    files: Vec<TrimPlan>,
}

impl<'s, 'p> Rules<'s, 'p> {
    /// Errors: `keep` or `trim` names a rule that does not exist.
    pub(super) fn new(subject: &'s Subject<'p>, closure: &Closure<'_>) -> Result<Self> {
        let profile = subject.profile;
        let rules = subject.inputs.catalog.trim();
        let known = rules
            .rules()
            .map(|(name, _)| name)
            .chain([TESTS, DEBUG_SYMBOLS]);
        let mut problems = unknown(subject, "keep", &profile.keep, known);
        let parts = rules.all_parts().map(|(name, _)| name).chain([GPU]);
        problems.extend(unknown(subject, "trim", &profile.trim, parts));
        Diagnostics::check(problems)?;
        let names: Vec<&PackageName> = closure
            .packages()
            .map(|(_, package, _)| &package.name)
            .collect();
        let fitting = rules
            .rules()
            .filter(|(name, rule)| !keeps(profile, name) && rule.fits(names.iter().copied()));
        let files = fitting.map(|(name, rule)| TrimPlan {
            rule: name.to_owned(),
            patterns: rule
                .paths()
                .iter()
                .map(|path| path.as_str().to_owned())
                .collect(),
            saves: None,
        });
        Ok(Self {
            subject,
            files: files.collect(),
        })
    }

    /// What is left out of a layer.
    pub(super) fn of(&self, layer: &LayerPlan) -> Vec<TrimPlan> {
        if self.subject.profile.development.value {
            return Vec::new();
        }
        let mut trim = self.files.clone();
        trim.extend(strips(self.subject.profile).then(|| TrimPlan {
            rule: DEBUG_SYMBOLS.to_owned(),
            patterns: Vec::new(),
            saves: None,
        }));
        trim.extend(self.tests(layer));
        trim.extend(self.parts(layer));
        trim
    }

    fn tests(&self, layer: &LayerPlan) -> Option<TrimPlan> {
        let rules = self.subject.inputs.catalog.trim();
        let rows: Vec<_> = layer
            .packages
            .iter()
            .filter_map(|package| rules.tests(&package.name))
            .collect();
        (!rows.is_empty() && !keeps(self.subject.profile, TESTS)).then(|| TrimPlan {
            rule: TESTS.to_owned(),
            patterns: rows
                .iter()
                .flat_map(|row| row.folders())
                .map(|path| path.as_str().to_owned())
                .collect(),
            saves: Some(
                rows.iter()
                    .fold(Bytes(0), |sum, row| sum + Bytes(row.bytes())),
            ),
        })
    }

    fn parts(&self, layer: &LayerPlan) -> Vec<TrimPlan> {
        let wanted = &self.subject.profile.trim.value;
        let asked = |name: &str| {
            wanted
                .iter()
                .any(|one| one.as_ref() == name || one.as_ref() == GPU)
        };
        let in_layer = |part: &crate::catalog::GpuPart| {
            layer
                .packages
                .iter()
                .any(|package| part.is_in(&package.name))
        };
        let parts = self.subject.inputs.catalog.trim().all_parts();
        let parts = parts.filter(|(name, part)| asked(name) && in_layer(part));
        parts
            .map(|(name, part)| TrimPlan {
                rule: name.to_owned(),
                patterns: part
                    .paths()
                    .iter()
                    .map(|path| path.as_str().to_owned())
                    .collect(),
                saves: Some(Bytes(part.bytes())),
            })
            .collect()
    }
}

/// Whether symbols are cut out of shared libraries; in development somebody may want them.
pub(super) fn strips(profile: &Profile) -> bool {
    !profile.development.value && !keeps(profile, DEBUG_SYMBOLS)
}

fn keeps(profile: &Profile, rule: &str) -> bool {
    profile.keep.value.iter().any(|kept| kept.as_ref() == rule)
}

/// Names in a list of rules that are no rule.
pub(super) fn unknown<'n>(
    subject: &Subject<'_>,
    key: &str,
    said: &Setting<Vec<Line>>,
    known: impl Iterator<Item = &'n str>,
) -> Vec<Diagnostic> {
    let known: Vec<&str> = known.collect();
    let unknown = said
        .value
        .iter()
        .filter(|name| !known.contains(&name.as_ref()));
    unknown
        .map(|name| {
            Diagnostic::error(
                "unknown-rule",
                format!("`{key}` names `{}`, which is no rule", name.as_ref()),
            )
            .at_some(said.origin.place_of(name.as_ref(), "no such rule"))
            .with_note(format!(
                "in the profile `{}` ({})",
                subject.profile.name, said.origin
            ))
            .with_help_some(nearest(name.as_ref(), known.iter().copied()))
        })
        .collect()
}
