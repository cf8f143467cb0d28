//! What the words of a program's command line mean: its verbs, and which options say where it listens.
//!
//! The `cli` keys of `servers.toml` and `frameworks.toml`. Reading a command with them is
//! [`crate::command`]'s part; here are only the facts.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pep508_rs::PackageName;
use pep508_rs::pep440_rs::Version;
use serde::Deserialize;

use super::command::Template;

/// What a command is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purpose {
    /// It answers requests.
    Serve,
    /// It answers requests of a developer: it reloads, or shows its insides.
    Develop,
    /// It takes jobs from a queue.
    Work,
    /// It puts jobs on a queue at their time.
    Schedule,
    /// It brings a database up to date, and ends.
    Migrate,
}

impl Purpose {
    /// Whether it goes on until it is stopped.
    pub(crate) fn is_lasting(self) -> bool {
        self != Self::Migrate
    }
}

/// What the words of a program mean.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct CommandLine {
    pub(crate) programs: Vec<String>,
    pub(crate) verbs: IndexMap<String, Purpose>,
    pub(crate) does: Option<Purpose>,
    pub(crate) port: Vec<String>,
    pub(crate) host: Vec<String>,
    pub(crate) socket: Vec<String>,
    pub(crate) everywhere: Vec<Template>,
    pub(crate) port_variable: Option<String>,
    pub(crate) host_variable: Option<String>,
    pub(crate) other: Vec<String>,
    pub(crate) application: Vec<String>,
    pub(crate) folders: Vec<String>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) modules: bool,
    pub(crate) settings: Vec<String>,
    pub(crate) settings_file: Option<String>,
    pub(crate) silent: bool,
    pub(crate) looks: Vec<String>,
    pub(crate) development: Vec<String>,
}

impl CommandLine {
    /// Whether this word is the program, with or without its folder.
    pub(crate) fn is_started_by(&self, word: &str) -> bool {
        let name = word.rsplit('/').next().unwrap_or(word);
        self.programs.iter().any(|program| program == name)
    }

    /// What it does with the words behind it; `None` where it needs one of its verbs and has none.
    pub(crate) fn purpose(&self, words: &[&str]) -> Option<Purpose> {
        if self.verbs.is_empty() {
            return Some(self.does.unwrap_or(Purpose::Serve));
        }
        let says = |verb: &String| verb.split(' ').all(|word| words.contains(&word));
        let mut verbs = self.verbs.iter().filter(|(verb, _)| says(verb));
        let purpose = verbs.next().map(|(_, purpose)| *purpose);
        purpose.filter(|one| one.is_lasting() || !self.looks(words))
    }

    /// Whether it only tells what a migration would do: `migrate --check`.
    pub(crate) fn looks(&self, words: &[&str]) -> bool {
        self.looks.iter().any(|look| words.contains(&look.as_str()))
    }

    /// Whether any of what it does goes on until it is stopped.
    pub(crate) fn may_last(&self) -> bool {
        self.verbs.is_empty() || self.verbs.values().any(|purpose| purpose.is_lasting())
    }
}

/// A signal that ends a program well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum StopSignal {
    /// As Ctrl-C sends.
    Sigint,
    /// Docker's default.
    Sigterm,
}

/// How long a program takes to end what it is at, once it has its stop signal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Graceful {
    /// The option that limits it.
    pub(crate) option: Option<String>,
    /// The variable that does, where it reads one.
    pub(crate) variable: Option<String>,
    /// The name of the limit in its file of settings.
    pub(crate) setting: Option<String>,
    /// What of the limit's unit makes a second.
    #[serde(default = "one")]
    pub(crate) per_second: u32,
    /// The version from which there is the option or the variable.
    pub(crate) since: Option<Version>,
    /// Its own limit in seconds; without one it waits until all is done.
    pub(crate) itself: Option<u32>,
}

/// Variables that a program reads and an image leaves to whoever runs it, each with a value as an example.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Tuning {
    /// Which proxies it believes, or how many there are.
    #[serde(default)]
    pub(crate) proxy: BTreeMap<String, String>,
    /// How many processes answer.
    #[serde(default)]
    pub(crate) workers: BTreeMap<String, String>,
}

fn one() -> u32 {
    1
}

/// A program of the catalog: what its words mean, and how it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// The distribution that installs it.
    pub(crate) distribution: &'static PackageName,
    pub(crate) cli: &'static CommandLine,
    /// Where it listens when nothing is said; `None` where it does not.
    pub(crate) port: Option<u16>,
    pub(crate) stop_signal: Option<StopSignal>,
    pub(crate) graceful: Option<&'static Graceful>,
    pub(crate) tuning: Option<&'static Tuning>,
    pub(crate) health_path: Option<&'static str>,
}
