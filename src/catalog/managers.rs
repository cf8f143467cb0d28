//! `managers.toml`: what a project without `uv.lock` may be installed with, and the way from there to uv.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::{Row, Rows, embedded};

/// A package manager other than uv.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Manager {
    rank: u8,
    pub(crate) name: String,
    pub(crate) files: Vec<String>,
    #[serde(default)]
    pub(crate) beside: Vec<String>,
    pub(crate) table: Option<String>,
    pub(crate) steps: Vec<String>,
    #[serde(default)]
    pub(crate) makes_project: bool,
}

/// The rows of `managers.toml`.
#[derive(Debug)]
pub(crate) struct Managers(Rows<String, Manager>);

static EMBEDDED: LazyLock<Managers> = LazyLock::new(Managers::parse);

impl Managers {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("managers");
        let read = Self(file.rows("manager"));
        file.finish();
        read
    }

    /// All of them: those that say most about a project first.
    pub(crate) fn by_rank(&self) -> Vec<&Row<Manager>> {
        let mut rows: Vec<&Row<Manager>> = self.0.values().collect();
        rows.sort_by_key(|row| row.rank);
        rows
    }
}
