//! `revisions.toml`: what a revision of Alembic does to the tables of a database.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::{Rows, embedded};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Effect {
    /// Makes a table.
    MakesTable,
    /// Drops one.
    DropsTable,
    /// Gives one another name.
    RenamesTable,
    /// Adds a column to one.
    AddsColumn,
    /// Drops a column of one.
    DropsColumn,
    /// Changes a column of one.
    ChangesColumn,
    /// Does something to one that has to be there.
    NeedsTable,
    /// Runs a line of SQL.
    RunsSql,
    /// Nothing to a table.
    Nothing,
}

/// A function of `alembic.op`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operation {
    pub(crate) does: Effect,
    /// The position of the table's name.
    pub(crate) table: usize,
    /// Its keyword.
    pub(crate) keyword: String,
    /// The keyword of another table that has to be there, whose name stands behind.
    pub(crate) other: Option<String>,
}

/// A name that says all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {}

/// The rows of `revisions.toml`.
#[derive(Debug)]
pub(crate) struct Revisions {
    harmless: Rows<String, Named>,
    operations: Rows<String, Operation>,
    present: Rows<String, Named>,
}

static EMBEDDED: LazyLock<Revisions> = LazyLock::new(Revisions::parse);

impl Revisions {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("revisions");
        let read = Self {
            harmless: file.rows("harmless"),
            operations: file.rows("operation"),
            present: file.rows("present"),
        };
        file.finish();
        read
    }

    /// Whether a call does nothing to a table.
    pub(crate) fn is_harmless(&self, callee: &str) -> bool {
        self.harmless.contains_key(callee)
    }

    /// The operation of this name.
    pub(crate) fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name).map(|row| &**row)
    }

    /// Whether a database has a table of this name by itself.
    pub(crate) fn is_present(&self, table: &str) -> bool {
        self.present.contains_key(table)
    }
}
