//! The tables of a database that was empty, as far as they are known.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Revisions;

/// A table that is there.
#[derive(Default)]
struct Table {
    /// Its columns, where they are known.
    columns: Option<BTreeSet<String>>,
    /// Whether it is there for certain.
    is_sure: bool,
}

/// The tables of a database that was empty.
pub(super) struct Database {
    tables: BTreeMap<String, Table>,
    /// Whether it is none of SQLite's, which knows no reference to a table that is not there.
    pub(super) has_server: bool,
    /// Tables of branches whose order is not known.
    expected: Option<BTreeSet<String>>,
}

/// What is done to a column.
pub(super) enum Change {
    Added,
    Dropped,
    /// It has another name, which may not be known.
    Renamed(Option<String>),
}

impl Database {
    pub(super) fn new(has_server: bool) -> Self {
        Self {
            tables: BTreeMap::new(),
            has_server,
            expected: None,
        }
    }

    /// These tables are made at a time that is not known.
    pub(super) fn expects(&mut self, tables: impl Iterator<Item = String>) {
        self.expected = Some(tables.collect());
    }

    /// Whether a table is not there for certain.
    pub(super) fn lacks(&self, table: &str) -> bool {
        let mut expected = self.expected.iter();
        let is_expected = expected.any(|all| all.contains(table));
        let is_there = self.tables.contains_key(table);
        !is_there && !is_expected && !Revisions::embedded().is_present(table)
    }

    /// Whether a table is there for certain.
    pub(super) fn has(&self, table: &str) -> bool {
        let found = self.tables.get(table);
        found.is_some_and(|table| table.is_sure) && self.expected.is_none()
    }

    /// The columns of a table, where they are known and it is there for certain.
    pub(super) fn columns(&self, table: &str) -> Option<&BTreeSet<String>> {
        let found = self.tables.get(table).filter(|_| self.has(table))?;
        found.columns.as_ref()
    }

    /// A table is made, with these columns.
    pub(super) fn make(&mut self, table: String, columns: Option<BTreeSet<String>>, is_sure: bool) {
        match self.tables.get_mut(&table) {
            Some(known) => {
                known.is_sure |= is_sure;
                known.columns = None;
            }
            None => {
                let columns = columns.filter(|_| is_sure);
                self.tables.insert(table, Table { columns, is_sure });
            }
        }
    }

    /// A table is dropped.
    pub(super) fn drop(&mut self, table: String, is_sure: bool) {
        if is_sure {
            self.tables.remove(&table);
        } else {
            self.tables.entry(table).or_default().is_sure = false;
        }
    }

    /// A table has another name, which may not be known.
    pub(super) fn rename(&mut self, table: String, renamed: Option<String>, is_sure: bool) {
        let mut moved = self.tables.remove(&table).unwrap_or_default();
        moved.is_sure &= is_sure;
        if !is_sure {
            self.tables.insert(table, Table::default());
        }
        self.tables.extend(renamed.map(|renamed| (renamed, moved)));
    }

    /// A column is changed: one without a known name may be any of them.
    pub(super) fn change(
        &mut self,
        table: &str,
        column: Option<String>,
        how: Change,
        is_sure: bool,
    ) {
        let Some(known) = self.tables.get_mut(table) else {
            return;
        };
        let (Some(columns), Some(column)) = (known.columns.as_mut().filter(|_| is_sure), column)
        else {
            known.columns = None;
            return;
        };
        match how {
            Change::Added => drop(columns.insert(column)),
            Change::Dropped => drop(columns.remove(&column)),
            Change::Renamed(Some(renamed)) => {
                columns.remove(&column);
                columns.insert(renamed);
            }
            Change::Renamed(None) => known.columns = None,
        }
    }
}
