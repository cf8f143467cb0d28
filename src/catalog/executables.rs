//! `executables.toml`: programs that sources start by their names, and what of Debian brings them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::debian::{AptPackage, AptPackages, DebianRelease};
use super::lists::Lists;
use super::table::{Row, Rows, embedded};

/// A function that starts a program, or looks for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Starting {
    /// The position of the program or its words.
    #[serde(default)]
    pub(crate) argument: usize,
    /// Its keyword.
    pub(crate) keyword: String,
}

/// A program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Executable {
    apt: AptPackages,
    /// Whether it may be started for those who work on the project alone.
    #[serde(default)]
    pub(crate) aside: bool,
}

impl Executable {
    /// What brings it on a release.
    pub(crate) fn apt(&self, release: DebianRelease) -> &BTreeSet<AptPackage> {
        self.apt.on(release)
    }
}

/// The rows of `executables.toml`.
#[derive(Debug)]
pub(crate) struct Executables {
    calls: Rows<String, Starting>,
    programs: Rows<String, Executable>,
    names: Lists,
}

static EMBEDDED: LazyLock<Executables> = LazyLock::new(Executables::parse);

impl Executables {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("executables");
        let read = Self {
            calls: file.rows("call"),
            programs: file.rows("executable"),
            names: Lists::new(file.rows("name")),
        };
        file.finish();
        read
    }

    /// The function of this dotted name.
    pub(crate) fn call(&self, name: &str) -> Option<&Starting> {
        self.calls.get(name).map(|row| &**row)
    }

    /// The last parts of the names of all functions: a file without any of them starts nothing.
    pub(crate) fn words(&self) -> BTreeSet<&str> {
        let names = self.calls.keys();
        names.filter_map(|name| name.rsplit('.').next()).collect()
    }

    /// The program that a word starts, with or without its folder.
    pub(crate) fn executable(&self, word: &str) -> Option<(&str, &Row<Executable>)> {
        let name = word.rsplit('/').next().unwrap_or(word);
        let found = self.programs.get_key_value(name);
        found.map(|(name, row)| (name.as_str(), row))
    }

    /// Whether a parameter of this name has a program as its default: `executable`, `ffprobe_path` of `ffprobe`.
    pub(crate) fn is_parameter(&self, name: &str, program: &str) -> bool {
        let last = name.rsplit('_').next().unwrap_or(name);
        self.names.of("ends").contains(last) || name.starts_with(program)
    }

    /// Whether a Debian package brings one of the programs.
    pub(crate) fn brings(&self, package: &AptPackage, release: DebianRelease) -> bool {
        let mut rows = self.programs.values();
        rows.any(|row| row.apt(release).contains(package))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_their_last_part() {
        let known = Executables::embedded();
        let (name, row) = known.executable("/usr/bin/ffprobe").unwrap();
        assert_eq!(name, "ffprobe");
        let ffmpeg = "ffmpeg".parse().unwrap();
        assert!(row.apt(DebianRelease::Trixie).contains(&ffmpeg) && !row.aside);
        assert!(known.executable("nobody-has-this").is_none());
        assert!(known.is_parameter("ffprobe_path", "ffprobe"));
        assert!(known.is_parameter("executable", "dot"));
        assert!(!known.is_parameter("command", "convert"));
    }
}
