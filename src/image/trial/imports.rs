//! Whether every module of an image's distributions can be imported.
//!
//! Not every module of a wheel is meant to be: some need what only an extra asks for, some refuse without the settings of an
//! application. 439 modules of 280 distributions, installed without extras (2026-12-01): 432 could be imported, and each of the
//! others is told apart by one of the rules of [`Failed::is_optional`].

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use pep508_rs::{MarkerTree, Requirement, VerbatimUrl};
use serde::Deserialize;

use super::Trial;
use super::container::Container;
use crate::catalog::{Catalog, Origin};
use crate::diagnostic::Result;
use crate::image::verify::{About, Check, Ran};

/// What one module may take: seconds where nothing else runs, and some machines of CI are busy.
const SECONDS: u64 = 180;

/// What all of them may take.
const ALL: Duration = Duration::from_mins(30);

/// How many are told by name.
const SHOWN: usize = 12;

/// What the program in the image prints.
#[derive(Deserialize)]
struct Imported {
    modules: usize,
    failed: Vec<Failed>,
}

/// A module that cannot be imported.
#[derive(Debug, Deserialize)]
struct Failed {
    distribution: String,
    module: String,
    /// The requirements of its distribution, those of its extras among them.
    needs: Vec<String>,
    /// The name of the error.
    kind: String,
    said: String,
    /// The module that is not there.
    lacks: Option<String>,
    /// Whether the error is of a kind that the module, or one that it imports, made for itself.
    refuses: bool,
}

pub(super) fn check(trial: &Trial<'_>, ran: &mut Ran) -> Result<Check> {
    let tell = |differences| {
        Ok(Check {
            about: About::Imports,
            differences,
        })
    };
    if trial.is_stopped() {
        return tell(Vec::new());
    }
    let container = Container::new(trial);
    let program = include_str!("imports.py");
    let ended = container.python(&["-IB", "-", &SECONDS.to_string()], program, ALL)?;
    let Ok(imported) = serde_json::from_str::<Imported>(ended.output.trim()) else {
        let said = trial.without_secrets(ended.complaint());
        return tell(vec![format!("its Python runs nothing: {said}")]);
    };
    ran.modules = imported.modules;
    let mut differences = Vec::new();
    for failed in &imported.failed {
        match failed.optional() {
            Some(why) => ran.optional.push(format!(
                "{} of {}: {why}",
                failed.module, failed.distribution
            )),
            None => differences.push(trial.without_secrets(&failed.told())),
        }
    }
    let more = differences.len().saturating_sub(SHOWN);
    differences.truncate(SHOWN);
    differences.extend((more > 0).then(|| format!("{more} more")));
    tell(differences)
}

impl Failed {
    fn told(&self) -> String {
        let said = self.said.lines().next().unwrap_or_default();
        format!(
            "`import {}` of {}: {}: {said}",
            self.module, self.distribution, self.kind
        )
    }

    /// Why it need not be imported: it lacks what only an extra of its distribution brings, or it refuses by itself, as
    /// what Django configures does without settings.
    fn optional(&self) -> Option<String> {
        if self.refuses {
            return Some(format!("it refuses to be imported alone ({})", self.kind));
        }
        let lacks = self.lacks.as_deref()?;
        let mut optional = self.optional_needs().into_iter();
        let need = optional.find(|need| brings(need, lacks))?;
        Some(format!(
            "it needs {need}, which an extra of {} brings",
            self.distribution
        ))
    }

    /// The distributions that its extras ask for, and nothing else does.
    fn optional_needs(&self) -> BTreeSet<String> {
        let always = |marker: &MarkerTree| marker.evaluate_extras(&[]);
        let of = |need: &String| {
            let need = Requirement::<VerbatimUrl>::from_str(need).ok()?;
            (!always(&need.marker)).then(|| need.name.to_string())
        };
        self.needs.iter().filter_map(of).collect()
    }
}

/// Whether a distribution has a module: as the catalog says, or by its name (`grpc-google-iam-v1` has `google.iam`).
fn brings(distribution: &str, module: &str) -> bool {
    if let Origin::Distributions(row) = Catalog::embedded().origin(module) {
        if row
            .distributions()
            .iter()
            .any(|name| name.as_ref() == distribution)
        {
            return true;
        }
    }
    let name = module.to_lowercase().replace(['.', '_'], "-");
    let padded = format!("-{distribution}-");
    padded.contains(&format!("-{name}-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(needs: &[&str], lacks: Option<&str>) -> Failed {
        Failed {
            distribution: "shop".to_owned(),
            module: "shop.parts".to_owned(),
            needs: needs.iter().map(ToString::to_string).collect(),
            kind: "ModuleNotFoundError".to_owned(),
            said: "No module\nat all".to_owned(),
            lacks: lacks.map(ToOwned::to_owned),
            refuses: false,
        }
    }

    #[test]
    fn what_an_extra_brings_is_optional() {
        let needs = [
            "pyyaml>=6; extra == 'files'",
            "grpc-google-iam-v1; extra == \"grpc\" and python_version >= '3.8'",
            "requests>=2; python_version >= '3'",
        ];
        for (lacks, expected) in [
            (
                "yaml",
                Some("it needs pyyaml, which an extra of shop brings"),
            ),
            (
                "google.iam",
                Some("it needs grpc-google-iam-v1, which an extra of shop brings"),
            ),
            ("requests", None),
            ("pkg_resources", None),
        ] {
            assert_eq!(
                failed(&needs, Some(lacks)).optional().as_deref(),
                expected,
                "{lacks}"
            );
        }
        assert_eq!(failed(&needs, None).optional(), None);
    }

    #[test]
    fn what_refuses_is_optional_and_what_is_broken_is_told() {
        let refuses = Failed {
            refuses: true,
            kind: "ImproperlyConfigured".to_owned(),
            ..failed(&[], None)
        };
        assert!(refuses.optional().is_some());
        let told = failed(&[], None).told();
        assert_eq!(
            told,
            "`import shop.parts` of shop: ModuleNotFoundError: No module"
        );
    }
}
