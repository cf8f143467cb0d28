//! `dfgen audit`: any Dockerfile of a Python project judged, with lines, bytes and what to write.
//!
//! The rules are those of [`existing`](crate::existing): `init` and `audit` say the same of a file. Here is what a report
//! needs besides: which images a file builds, what a person has silenced, what a fault costs, and what can be mended
//! without asking. Nothing is run.

mod cost;
mod find;
mod fix;
mod ignored;
mod locked;
mod silence;

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::bytes::Bytes;
use crate::catalog::Dockerfiles;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Region, Result, SourceFile};
use crate::existing::{Dockerfile, Fault, Image, Surroundings, faults};
use crate::rules::{Effort, Rule, Severity};

pub use find::{STANDARD_INPUT, found};
pub use fix::{Edit, difference, mended};
pub use silence::silenced;

/// What was found in one Dockerfile.
#[derive(Debug, Clone)]
pub struct Audited {
    /// The file.
    pub file: SourceFile,
    /// What is wrong with it, by line.
    pub findings: Vec<Finding>,
    /// How many more somebody has silenced.
    pub silenced: usize,
    /// What it says about silence that is not understood.
    pub problems: Vec<Diagnostic>,
}

/// One fault at one place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Its rule.
    pub rule: &'static Rule,
    /// How much it weighs.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What it is there: a package, a variable, a command.
    pub what: String,
    /// What is wrong with it.
    pub why: &'static str,
    /// What to write.
    pub write: &'static str,
    /// What that takes.
    pub effort: Effort,
    /// What would be saved on disk, where that is known.
    pub saves: Option<Saving>,
    /// How to mend it, where that can be proved to be right.
    pub edit: Option<Edit>,
}

/// Bytes on disk, at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Saving {
    /// At least.
    pub from: Bytes,
    /// At most.
    pub to: Bytes,
}

impl Finding {
    /// What is wrong, in one line.
    pub fn message(&self) -> String {
        format!("{} ({})", self.why, self.what)
    }

    /// Lines and columns.
    pub fn region(&self) -> Region {
        self.place.region()
    }

    /// The same as a problem that can be drawn.
    pub fn diagnostic(&self) -> Diagnostic {
        let problem = Diagnostic::new(self.rule, self.message())
            .at(self.place.clone())
            .with_help(self.write);
        match self.saves {
            Some(saves) => problem.with_note(format!("costs {saves}")),
            None => problem,
        }
    }
}

impl std::fmt::Display for Saving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.from == self.to {
            write!(f, "{}", self.to)
        } else {
            write!(f, "{} to {}", self.from, self.to)
        }
    }
}

/// Judges a Dockerfile. `path` is where it lies on disk, if it does; `silence` are the rules that the project does not want
/// to hear of. Errors: what Docker would not read either.
pub fn audit(file: SourceFile, path: Option<&Path>, silence: &[String]) -> Result<Audited> {
    let dockerfile = Dockerfile::parse(file)?;
    let around = match path {
        Some(path) => Surroundings::of(path, &dockerfile),
        None => Surroundings::of_text(&dockerfile),
    };
    let of_lock = cost::OfLock::new();
    let mut findings: Vec<Finding> = Vec::new();
    for (image, for_developers) in images(&dockerfile)? {
        let found = faults(&image, &around).into_iter();
        for fault in found.filter(|fault| fault.kind.in_development || !for_developers) {
            let is_known = findings.iter().any(|known| {
                known.rule == fault.kind.rule
                    && known.place == fault.place
                    && known.what == fault.what
            });
            if !is_known {
                findings.push(finding(&image, &around, &of_lock, fault));
            }
        }
    }
    findings.sort_by_key(|finding| (finding.place.line(), finding.rule.name()));
    let comments = ignored::read(&dockerfile);
    let all = findings.len();
    findings.retain(|finding| {
        let is_silent = silence.iter().any(|name| name == finding.rule.name());
        !is_silent && !comments.silence(finding)
    });
    Ok(Audited {
        silenced: all - findings.len(),
        problems: comments.problems,
        file: dockerfile.file,
        findings,
    })
}

fn finding(image: &Image, around: &Surroundings, of_lock: &cost::OfLock, fault: Fault) -> Finding {
    Finding {
        rule: fault.kind.rule,
        severity: fault.kind.rule.severity(),
        why: fault.kind.why,
        write: fault.kind.write,
        effort: fault.kind.effort,
        saves: cost::saved(image, around, of_lock, &fault),
        edit: fix::edit(image, &fault),
        place: fault.place,
        what: fault.what,
    }
}

/// The images that a Dockerfile builds, and whether each is for developers only: that of its last stage, and of each other
/// stage that starts something and that nothing is taken from.
fn images(dockerfile: &Dockerfile) -> Result<Vec<(Image, bool)>> {
    let path = dockerfile.file.path().to_string_lossy().into_owned();
    let last = Image::of(dockerfile, None)?;
    let others: Vec<String> = last
        .other_stages
        .iter()
        .map(|one| one.value.clone())
        .collect();
    let name = dockerfile
        .stages
        .last()
        .and_then(|stage| stage.name.clone());
    let by_path = is_for_developers(&path);
    let by_name = name.is_some_and(|name| is_for_developers(&name));
    let mut images = vec![(last, by_path || by_name)];
    for name in others {
        let is_leaf = images
            .iter()
            .all(|(image, _)| image.other_stages.iter().any(|other| other.value == name));
        if is_leaf && !is_for_developers(&name) {
            images.push((Image::of(dockerfile, Some(&name))?, by_path));
        }
    }
    Ok(images)
}

/// Whether a Dockerfile or a stage says by its name that its image is not shipped.
fn is_for_developers(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut parts = name.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let folder = parts.next().unwrap_or_default();
    let words = file.split(['.', '-', '_']).chain(folder.split('.'));
    let known = Dockerfiles::embedded().for_developers();
    let mut words = words.filter(|word| !word.is_empty());
    words.any(|word| known.contains(word))
}

/// All problems of files that could not be read, and what was found in the others.
#[derive(Debug, Default)]
pub struct Report {
    /// By file.
    pub files: Vec<Audited>,
    /// What could not be read.
    pub unread: Vec<Diagnostics>,
}

impl Report {
    /// Everything that was found.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.files.iter().flat_map(|file| &file.findings)
    }

    /// How many findings take this effort, and what they save together; `None` where nothing is known.
    pub fn sum(&self, effort: Effort) -> (usize, Option<Saving>) {
        let found: Vec<&Finding> = self.findings().filter(|one| one.effort == effort).collect();
        (found.len(), cost::sum(&self.files, effort))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whom_an_image_is_for() {
        for name in [
            "Dockerfile.dev",
            "docker/dev.Dockerfile",
            ".devcontainer/Dockerfile",
            "test",
        ] {
            assert!(is_for_developers(name), "{name}");
        }
        for name in [
            "Dockerfile",
            "docker/api.Dockerfile",
            "app",
            "devices/Dockerfile",
        ] {
            assert!(!is_for_developers(name), "{name}");
        }
    }
}
