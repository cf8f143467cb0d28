//! Lists of names, as facts about other tools often are: `[<kind>.<key>] names = [..]`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::table::Rows;

/// Names, sorted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    names: BTreeSet<String>,
}

impl Names {
    /// Whether a name is one of them.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a text begins with one of them.
    pub(crate) fn begin(&self, text: &str) -> bool {
        self.iter().any(|name| text.starts_with(name))
    }

    /// Whether a text ends with one of them.
    pub(crate) fn end(&self, text: &str) -> bool {
        self.iter().any(|name| text.ends_with(name))
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// The lists of one kind, by key.
#[derive(Debug)]
pub(super) struct Lists(Rows<String, Names>);

impl Lists {
    pub(super) fn new(rows: Rows<String, Names>) -> Self {
        Self(rows)
    }

    /// The list of a key that the code knows.
    ///
    /// # Panics
    ///
    /// Never: a test asks for each.
    pub(super) fn of(&self, key: &str) -> &Names {
        self.0.get(key).expect("the table has its row")
    }
}
