//! `front_ends.toml`: how the front end of a site is built.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::{Rows, embedded};

/// A package that builds pages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bundler {
    /// Where it writes, where nothing says otherwise.
    pub(crate) folder: String,
    /// Its configuration.
    #[serde(default)]
    pub(crate) files: Vec<String>,
    /// What names another folder or file there.
    #[serde(default)]
    pub(crate) keys: Vec<String>,
    /// Its command line, where nothing else has to be said.
    pub(crate) build: Option<String>,
    /// What `package.json` has, one of these, where that suffices.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
}

/// What installs packages of JavaScript.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Installer {
    /// Its lock file.
    pub(crate) lock: Vec<String>,
    /// An image that has it.
    pub(crate) image: String,
    /// Installs what is locked.
    pub(crate) install: String,
    /// Runs the script `build`.
    pub(crate) build: String,
    /// Runs a program of the packages.
    pub(crate) run: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    ends: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The rows of `front_ends.toml`.
#[derive(Debug)]
pub(crate) struct FrontEnds {
    bundlers: Rows<String, Bundler>,
    checks: Rows<String, Nothing>,
    files: Rows<String, Files>,
    installers: Rows<String, Installer>,
    options: Rows<String, Nothing>,
}

static EMBEDDED: LazyLock<FrontEnds> = LazyLock::new(FrontEnds::parse);

impl FrontEnds {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("front_ends");
        let read = Self {
            bundlers: file.rows("bundler"),
            checks: file.rows("check"),
            files: file.rows("files"),
            installers: file.rows("installer"),
            options: file.rows("option"),
        };
        file.finish();
        read
    }

    /// What builds pages, by its name.
    pub(crate) fn bundler(&self, name: &str) -> Option<&Bundler> {
        self.bundlers.get(name).map(|row| &**row)
    }

    /// Whether a word of a script is a command that only looks at the source.
    pub(crate) fn is_check(&self, word: &str) -> bool {
        self.checks.contains_key(word)
    }

    /// Whether a program runs scripts by itself.
    pub(crate) fn is_installer(&self, program: &str) -> bool {
        let mut rows = self.installers.values();
        rows.any(|row| row.build.split(' ').any(|word| word == program))
    }

    /// What installs packages where these files are: the one whose lock is there, else the one that needs none.
    pub(crate) fn installer(&self, has: impl Fn(&str) -> bool) -> Option<&Installer> {
        let fits = |one: &&Installer| one.lock.iter().any(|lock| has(lock));
        let mut rows: Vec<&Installer> = self.installers.values().map(|row| &**row).collect();
        // What every package has says least.
        rows.sort_by_key(|one| one.lock.iter().any(|lock| lock == "package.json"));
        rows.into_iter().find(fits)
    }

    /// Whether a file is one of these of a front end: `pages`, `settings`.
    pub(crate) fn is_file(&self, of: &str, path: &str) -> bool {
        let ends = self.files.get(of).map_or(&[][..], |row| &row.ends);
        let own = path.rsplit_once('.').map(|(_, end)| end);
        own.is_some_and(|own| ends.iter().any(|end| end == own))
    }

    /// Whether the word after this one in a script is a folder that it writes to.
    pub(crate) fn is_option(&self, word: &str) -> bool {
        self.options.contains_key(word)
    }
}
