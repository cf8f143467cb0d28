//! Columns of `frameworks.toml` that are tables: where a port is said, how a library's own program is run, what is
//! collected.

use std::collections::BTreeMap;

use pep508_rs::PackageName;
use pep508_rs::pep440_rs::Version;
use serde::Deserialize;

use super::command::{CommandTemplate, Template};
use super::command_line::{Graceful, StopSignal, Tuning};

/// The argument of a method that is the port.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortArgument {
    pub(crate) port: String,
    pub(crate) at: Option<usize>,
    /// The argument that is the address.
    pub(crate) host: Option<Host>,
    /// Whether what makes the object takes them, too.
    #[serde(default)]
    pub(crate) made: bool,
    /// What says that it listens at all, where it may not.
    pub(crate) over: Option<Transport>,
}

/// How a call says on which address it listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Host {
    /// The keyword.
    pub(crate) keyword: String,
    /// Whether it listens on every address where nothing is said.
    #[serde(default)]
    pub(crate) everywhere: bool,
    /// What listens on this machine alone where nothing is said.
    pub(crate) local: Option<LocalHost>,
}

/// Objects that listen on this machine alone where nothing is said, whatever variables say.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocalHost {
    /// The calls that make them.
    pub(crate) makers: Vec<String>,
    /// The distribution that has these.
    pub(crate) of: PackageName,
    /// The version of it from which they do.
    pub(crate) since: Version,
}

/// The argument that says over what a program is spoken to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transport {
    pub(crate) keyword: String,
    /// Those that listen on a port.
    pub(crate) listening: Vec<String>,
    /// What it is called to be spoken to over standard input and output.
    pub(crate) silent: String,
    /// The port where none is said.
    pub(crate) port: u16,
}

/// How what a library makes is run by its own program.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct OwnRun {
    /// Its production command; without one, the module that starts it is run.
    pub(crate) command: Option<CommandTemplate>,
    /// The port that it listens on by default.
    pub(crate) port: Option<u16>,
    /// The signal to stop it with.
    pub(crate) stop_signal: StopSignal,
    /// How long it takes then, where that is known.
    pub(crate) graceful: Option<Graceful>,
    /// What whoever runs it may tell it.
    pub(crate) tuning: Option<Tuning>,
    /// Variables that it needs to be told.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, Template>,
    /// A path that answers when it is ready.
    pub(crate) health_path: Option<String>,
    /// The flag that says that the application is a function.
    pub(crate) factory_flag: Option<String>,
    /// Programs that run an object which its own file does not, the best first.
    #[serde(default)]
    pub(crate) loaders: Vec<Loader>,
    /// Words of source that runs such an object some way.
    #[serde(default)]
    pub(crate) loaded_unless: Vec<String>,
}

/// A program that runs an object of a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loader {
    /// The distribution without which it does not work.
    pub(crate) needs: PackageName,
    /// Its command.
    pub(crate) command: CommandTemplate,
}

/// A worker that Django applications bring as a command of `manage.py`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagedWorker {
    pub(crate) distribution: PackageName,
    pub(crate) application: String,
    pub(crate) command: String,
}

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
