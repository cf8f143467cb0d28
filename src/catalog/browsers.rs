//! `browsers.toml`: libraries that drive a browser.

use std::sync::LazyLock;

use pep508_rs::PackageName;
use pep508_rs::pep440_rs::Version;
use serde::Deserialize;

use super::command::CommandTemplate;
use super::table::{Rows, embedded};

/// A library that drives a browser.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Browser {
    /// What is imported.
    pub(crate) module: String,
    /// Other packages that drive a browser through it.
    #[serde(default)]
    pub(crate) users: Vec<PackageName>,
    /// Words of source that start a browser here.
    pub(crate) drives: Vec<String>,
    /// The word for the browser that is installed.
    pub(crate) is: String,
    /// Words for browsers that are not.
    #[serde(default)]
    pub(crate) others: Vec<String>,
    /// What tells where browsers are.
    pub(crate) variable: Option<String>,
    /// Downloads it; `None` where Debian has it.
    pub(crate) install: Option<CommandTemplate>,
    smaller: Option<Smaller>,
}

/// An option that leaves out what only a screen needs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Smaller {
    word: String,
    since: Version,
    unless: Vec<String>,
}

impl Browser {
    /// The command that downloads it, for a version of the library and what source mentions.
    pub(crate) fn command(
        &self,
        version: Option<&Version>,
        mentions: impl Fn(&[String]) -> bool,
    ) -> Option<Vec<String>> {
        let mut words = self.install.as_ref()?.fill(|_| String::new());
        let smaller = self.smaller.as_ref().filter(|smaller| {
            version.is_some_and(|version| *version >= smaller.since) && !mentions(&smaller.unless)
        });
        words.extend(smaller.map(|smaller| smaller.word.clone()));
        Some(words)
    }
}

/// The rows of `browsers.toml`.
#[derive(Debug)]
pub(crate) struct Browsers(Rows<PackageName, Browser>);

static EMBEDDED: LazyLock<Browsers> = LazyLock::new(Browsers::parse);

impl Browsers {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("browsers");
        let read = Self(file.rows("browser"));
        file.finish();
        read
    }

    /// All of them, by distribution.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&PackageName, &Browser)> {
        self.0.iter().map(|(name, row)| (name, &**row))
    }
}
