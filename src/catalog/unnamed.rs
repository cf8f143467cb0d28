//! `unnamed.toml`: distributions that a program uses without naming them.

use std::collections::BTreeSet;

use pep508_rs::PackageName;
use serde::Deserialize;

use super::pattern::PatternRows;
use super::table::{Row, Rows, embedded};

/// A distribution that is used without being named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnnamedUse {
    because: String,
}

/// What a distribution imports by itself where it is installed, without requiring it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Loader {
    loads: BTreeSet<PackageName>,
}

/// The rows of `unnamed.toml`.
#[derive(Debug)]
pub(crate) struct Unnamed {
    unnamed: PatternRows<UnnamedUse>,
    loaders: Rows<PackageName, Loader>,
}

impl Unnamed {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("unnamed");
        let read = Self {
            unnamed: PatternRows::new(file.rows("unnamed")),
            loaders: file.rows("loader"),
        };
        file.finish();
        read
    }

    /// How a distribution is used without being named, if it is.
    pub(crate) fn get(&self, name: &PackageName) -> Option<&Row<UnnamedUse>> {
        self.unnamed.get(name)
    }

    /// Whether one of these distributions imports another one where that is installed.
    pub(crate) fn is_loaded<'n>(
        &self,
        name: &PackageName,
        mut by: impl Iterator<Item = &'n PackageName>,
    ) -> bool {
        by.any(|other| {
            let loader = self.loaders.get(other);
            loader.is_some_and(|loader| loader.loads.contains(name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_and_plugins_need_no_name() {
        let unnamed = Unnamed::embedded();
        let get = |name: &str| unnamed.get(&PackageName::new(name.to_owned()).unwrap());
        assert!(get("asyncpg").is_some_and(|row| row.because.contains("driver")));
        assert!(get("llama-index-llms-openai").is_some());
        assert!(get("fastapi").is_none());
    }
}
