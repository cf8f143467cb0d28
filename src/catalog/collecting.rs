//! How frameworks collect files that pages are made with: a column of `frameworks.toml`.

use serde::Deserialize;

use super::command::CommandTemplate;

/// How files that pages are made with are collected into one folder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collecting {
    /// What settings name where it is done at all.
    pub(crate) application: String,
    /// The setting with the folder.
    pub(crate) root: String,
    /// The setting with what keeps them, and the table of those of all files, its entry and the key in that.
    pub(crate) storage: String,
    pub(crate) storages: String,
    pub(crate) entry: String,
    pub(crate) backend: String,
    /// How those begin that keep files in a service.
    pub(crate) elsewhere: Vec<String>,
    /// The command.
    pub(crate) command: CommandTemplate,
    /// How variables end that settings may fail without in their own way.
    pub(crate) needs: Vec<String>,
    /// The variable that names the module of settings.
    pub(crate) settings: String,
}
