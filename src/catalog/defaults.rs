//! `defaults.toml`: values of variables that are for who works on a source, and no good where it serves people.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::{Rows, embedded};
use super::variables::Variables;
use crate::names::PackageName;

/// A name that says all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {}

/// A key that calls of a service fail without.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    distributions: Vec<PackageName>,
}

/// A value for where an application serves people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Serving {
    order: u8,
}

/// Variables that hold whom an application answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Reached {
    /// Whether it answers nobody where the list is empty.
    #[serde(default)]
    pub(crate) refuses_all: bool,
    /// Whether they are hosts, without a scheme.
    #[serde(default)]
    pub(crate) is_hosts: bool,
}

/// The rows of `defaults.toml`.
#[derive(Debug)]
pub(crate) struct Defaults {
    debug: Rows<String, Named>,
    development: Rows<String, Named>,
    environment: Rows<String, Named>,
    keys: Rows<String, Key>,
    near: Rows<String, Named>,
    production: Rows<String, Serving>,
    random: Rows<String, Named>,
    reached: Rows<String, Reached>,
    signing: Rows<String, Named>,
    trying: Rows<String, Named>,
}

static EMBEDDED: LazyLock<Defaults> = LazyLock::new(Defaults::parse);

impl Defaults {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("defaults");
        let read = Self {
            debug: file.rows("debug"),
            development: file.rows("development"),
            environment: file.rows("environment"),
            keys: file.rows("key"),
            near: file.rows("near"),
            production: file.rows("production"),
            random: file.rows("random"),
            reached: file.rows("reached"),
            signing: file.rows("signing"),
            trying: file.rows("trying"),
        };
        file.finish();
        read
    }

    /// Whether a variable switches debugging on.
    pub(crate) fn is_debug(&self, variable: &str) -> bool {
        self.debug.contains_key(variable)
    }

    /// Whether a variable says where an application runs.
    pub(crate) fn is_environment(&self, variable: &str) -> bool {
        self.environment.contains_key(variable)
    }

    /// Whether that is the machine of a developer.
    pub(crate) fn is_development(&self, value: &str) -> bool {
        self.development.contains_key(&value.to_lowercase())
    }

    /// The values where it serves people, best first.
    pub(crate) fn production(&self) -> Vec<&str> {
        let mut values: Vec<_> = self.production.iter().collect();
        values.sort_by_key(|(_, row)| row.order);
        values
            .into_iter()
            .map(|(value, _)| value.as_str())
            .collect()
    }

    /// Whether calls of one of these distributions fail without the key in a variable.
    pub(crate) fn needs_key(&self, variable: &str, has: impl Fn(&PackageName) -> bool) -> bool {
        let row = self.keys.get(variable);
        row.is_some_and(|row| row.distributions.iter().any(has))
    }

    /// Whether only the machine itself reaches a host.
    pub(crate) fn is_near(&self, host: &str) -> bool {
        self.near.contains_key(host) || Variables::embedded().this_machine().contains(host)
    }

    /// Whether a call gives another value each time.
    pub(crate) fn is_random(&self, callee: &str) -> bool {
        let last = callee.rsplit('.').next().unwrap_or(callee);
        self.random.contains_key(last)
    }

    /// What a variable says of whom an application answers.
    pub(crate) fn reached(&self, variable: &str) -> Option<Reached> {
        let mut rows = self.reached.iter();
        let found = rows.find(|(end, _)| ends(variable, end));
        found.map(|(_, row)| **row)
    }

    /// Whether the value of a variable signs sessions or tokens.
    pub(crate) fn is_signing(&self, variable: &str) -> bool {
        self.signing.keys().any(|end| ends(variable, end))
    }

    /// Whether a class of settings is not for serving people: `TestSettings`.
    pub(crate) fn is_for_trying(&self, class: &str) -> bool {
        let class = class.to_lowercase();
        let mut words = self.trying.keys();
        words.any(|word| class.starts_with(word.as_str()))
    }
}

/// Whether the last words of a name are these.
fn ends(name: &str, words: &str) -> bool {
    let before = name.strip_suffix(words);
    before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
}
