//! What `init` decides about one image: what of an existing container is written down, and what is not.

use toml_edit::Value;

use crate::diagnostic::Place;
use crate::plan::Outcome;
use crate::profile::ProfileName;

/// What a keeper decided about a place.
pub(super) type Mark = (Place, Outcome);

/// What was decided about one image.
#[derive(Debug, Clone)]
pub struct ServiceProposal {
    /// The profile's name.
    pub name: ProfileName,
    /// What is written for it.
    pub kept: Vec<Kept>,
    /// Faults, and what dfgen does by itself, of the existing container.
    pub dropped: Vec<Dropped>,
    /// What a person should look at.
    pub left: Vec<Dropped>,
    /// Every place that was decided about.
    pub(super) marks: Vec<Mark>,
}

/// A setting that is written, and where it was said.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its key, below the profile's table.
    pub path: Vec<String>,
    /// Its value.
    pub value: Value,
    /// Where it was said, or why it is needed; empty when it needs no word.
    pub because: String,
}

impl Kept {
    pub(super) fn new(path: &[&str], value: Value, because: &str) -> Self {
        Self {
            path: path.iter().map(|key| (*key).to_owned()).collect(),
            value,
            because: because.to_owned(),
        }
    }
}

/// Something of an existing container that is not carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The file that it is in.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    pub what: String,
    /// Why it is not carried over.
    pub why: String,
    /// The rule that it breaks, where it is a fault.
    pub rule: Option<&'static str>,
}
