//! What the entry module imports, held against what is installed.
//!
//! [`check()`] follows first-party imports from the modules that an image starts and reports every
//! import that the closure cannot answer: at module level the image would crash when it starts,
//! inside a function when that is called, and in a `try` that expects it not at all. Each comes
//! with the chain of imports that leads there. [`unused()`] asks the other way round.

mod environment;
mod pairs;
mod references;
mod unused;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use pep508_rs::PackageName;

use super::candidate::{Candidate, Target};
use super::code::Code;
use crate::diagnostic::Place;

pub(crate) use environment::Environment;
pub(crate) use pairs::pairs;
pub(crate) use unused::{unimported, unused};

/// A module that an image starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The folder on the import path, relative to the tree's root.
    pub(crate) root: String,
    /// The dotted name under it.
    pub(crate) module: String,
    /// How it is started.
    pub(crate) start: Start,
    /// The function in it that is called at start: a factory; empty for none.
    pub(crate) function: String,
}

/// How a module is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// A server or a script imports it.
    Imported,
    /// `python -m` runs it, and with it what stands under `if __name__ == "__main__":`.
    Run,
}

impl From<&Candidate> for Entry {
    fn from(candidate: &Candidate) -> Self {
        // A command of Django's script runs that.
        let is_managed = candidate.path.rsplit('/').next() == Some("manage.py");
        let is_run = candidate.target == Target::Module || is_managed;
        Self {
            root: candidate.root.clone(),
            module: candidate.module.clone(),
            start: if is_run { Start::Run } else { Start::Imported },
            function: match &candidate.target {
                Target::Factory(name) => name.clone(),
                _ => String::new(),
            },
        }
    }
}

/// When a missing import makes itself felt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// At module level: the image crashes when it starts.
    AtStart,
    /// At module level, in a branch that settings decide about.
    InBranch,
    /// Inside a function: it crashes when that is called.
    AtCall,
    /// Inside a function that says what to install: the program does without until that is called.
    Explained,
    /// The program expects that it may be missing.
    Guarded,
}

impl When {
    /// What happens, in a few words.
    pub(crate) fn effect(self) -> &'static str {
        match self {
            Self::AtStart => "crashes at start",
            Self::InBranch => "crashes at start when this branch is taken",
            Self::AtCall => "crashes when called",
            Self::Explained => "is asked for when called",
            Self::Guarded => "is expected to be missing",
        }
    }
}

/// One step of a chain: a module and the import in it that leads on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// The dotted name of the module.
    pub(crate) module: String,
    /// The import statement.
    pub(crate) place: Place,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.module, self.place.location())
    }
}

/// A third-party import that nothing installed answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MissingImport {
    /// The dotted name that identifies what is missing: `torch`, `google.cloud.storage`.
    pub(crate) import: String,
    /// The distributions that provide it, best known first; empty when unknown.
    pub(crate) distributions: Vec<PackageName>,
    /// When it makes itself felt, at its worst place.
    pub(crate) when: When,
    /// From the entry to the import at that place: the last step is the import itself.
    pub(crate) chain: Vec<Step>,
    /// The other places that import it, the worst first.
    pub(crate) elsewhere: Vec<(When, Place)>,
}

/// Every import that the entries reach and the environment cannot answer, the worst first.
pub(crate) fn check(
    code: &Code<'_>,
    entries: &[Entry],
    environment: &Environment<'_>,
) -> Vec<MissingImport> {
    let walk = walk::Walk::new(code, environment, entries);
    let mut missing: BTreeMap<String, MissingImport> = BTreeMap::new();
    for site in walk.outside() {
        let Some(absent) = environment.absent(&site.import, &site.names) else {
            continue;
        };
        let place = code.place(&site.path, &site.span, site.when.effect());
        // The sites come worst first, so the first of each distribution is the one to tell.
        let provider = absent.distributions.first();
        let key = provider.map_or(absent.import.clone(), ToString::to_string);
        if let Some(known) = missing.get_mut(&key) {
            known.elsewhere.push((site.when, place));
            continue;
        }
        let found = MissingImport {
            import: absent.import.clone(),
            distributions: absent.distributions,
            when: site.when,
            chain: walk.chain(&site.path, place),
            elsewhere: Vec::new(),
        };
        missing.insert(key, found);
    }
    let mut missing: Vec<MissingImport> = missing.into_values().collect();
    missing.sort_by(|a, b| (a.when, &a.import).cmp(&(b.when, &b.import)));
    missing
}

/// The files of the project that the entries import, in any way, sorted.
pub(crate) fn reached(
    code: &Code<'_>,
    entries: &[Entry],
    environment: &Environment<'_>,
) -> Vec<String> {
    walk::Walk::new(code, environment, entries).files()
}
