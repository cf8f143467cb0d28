//! `caches.toml`: where libraries keep what they download or make, and the variable that says so.
//!
//! An image that keeps a model cache leads its libraries there. What is made again at once goes to /tmp, so that no
//! volume is full of it.

use std::collections::BTreeSet;

use pep508_rs::PackageName;
use serde::Deserialize;

use super::pattern::PatternRows;
use super::table::{Row, embedded};
use crate::names::EnvName;

/// What a library keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Keeps {
    /// What took a download, or minutes to make.
    Models,
    /// What is made again at once.
    Scratch,
}

/// The cache of a library.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Cache {
    variable: EnvName,
    folder: String,
    keeps: Keeps,
    default: String,
    #[serde(default)]
    outside_home: bool,
    #[serde(default)]
    unless: BTreeSet<PackageName>,
}

impl Cache {
    /// The variable that the library reads.
    pub(crate) fn variable(&self) -> &EnvName {
        &self.variable
    }

    /// What it keeps.
    pub(crate) fn keeps(&self) -> Keeps {
        self.keeps
    }

    /// Its folder, where `root` is for what it keeps.
    pub(crate) fn below(&self, root: &str) -> String {
        match self.folder.as_str() {
            "" => root.to_owned(),
            folder => format!("{root}/{folder}"),
        }
    }

    /// Whether a read-only container without the variable could not write it.
    pub(crate) fn is_outside_home(&self) -> bool {
        self.outside_home
    }

    /// Whether one of these distributions brings the data, from which the variable would turn it.
    pub(crate) fn is_brought(&self, by: &BTreeSet<&PackageName>) -> bool {
        self.unless.iter().any(|name| by.contains(name))
    }
}

/// The rows of `caches.toml`.
#[derive(Debug)]
pub(crate) struct Caches(PatternRows<Cache>);

impl Caches {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("caches");
        let read = Self(PatternRows::new(file.rows("cache")));
        file.finish();
        read
    }

    /// The cache of a distribution, if it keeps one.
    pub(crate) fn get(&self, name: &PackageName) -> Option<&Row<Cache>> {
        self.0.get(name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::pattern::NamePattern;
    use super::super::table::Rows;
    use super::*;

    fn rows() -> Rows<NamePattern, Cache> {
        embedded!("caches").rows("cache")
    }

    fn cache(name: &str) -> Option<(String, Keeps)> {
        let name = PackageName::new(name.to_owned()).unwrap();
        let caches = Caches::embedded();
        let row = caches.get(&name)?;
        Some((row.variable().as_ref().to_owned(), row.keeps()))
    }

    #[test]
    fn a_cache_is_known_by_its_distribution() {
        let known = |variable: &str, keeps| Some((variable.to_owned(), keeps));
        assert_eq!(cache("transformers"), known("HF_HOME", Keeps::Models));
        assert_eq!(
            cache("cupy-cuda13x"),
            known("CUPY_CACHE_DIR", Keeps::Scratch)
        );
        // They keep none, or say themselves where.
        for name in ["spacy", "litellm", "numpy"] {
            assert_eq!(cache(name), None, "{name}");
        }
    }

    /// One variable has one value: libraries that read the same one share a folder.
    #[test]
    fn rows_with_one_variable_agree() {
        let mut known: BTreeMap<EnvName, (String, Keeps)> = BTreeMap::new();
        for (name, row) in &rows() {
            let says = (row.folder.clone(), row.keeps);
            let said = known.entry(row.variable.clone()).or_insert(says.clone());
            assert_eq!(*said, says, "{name}");
        }
    }

    /// No two variables share a folder of their own, whose files could have the same names.
    #[test]
    fn folders_are_plain_names_of_one_variable() {
        let mut known: BTreeMap<String, EnvName> = BTreeMap::new();
        for (name, row) in &rows() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(row.folder.chars().all(plain), "{name}");
            if !row.folder.is_empty() {
                let of = known.entry(row.folder.clone());
                let of = of.or_insert_with(|| row.variable.clone());
                assert_eq!(*of, row.variable, "{name}");
            }
        }
    }

    /// `outside-home` is said where the default is in neither place, and nowhere else.
    #[test]
    fn defaults_say_whether_they_are_below_home() {
        for (name, row) in &rows() {
            let inside = row.default.contains("~/") || row.default.starts_with("/tmp/");
            assert_ne!(inside, row.outside_home, "{name}: {}", row.default);
        }
    }

    #[test]
    fn the_folder_itself_has_no_name() {
        let below = |name: &str| {
            let name = PackageName::new(name.to_owned()).unwrap();
            Caches::embedded().get(&name).unwrap().below("/models")
        };
        assert_eq!(below("nltk"), "/models");
        assert_eq!(below("torch"), "/models/torch");
    }
}
