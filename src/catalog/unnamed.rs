//! `unnamed.toml`: distributions that a program uses without naming them.

use std::collections::BTreeSet;

use pep508_rs::PackageName;
use serde::Deserialize;

use super::pattern::PatternRows;
use super::table::{Rows, embedded};

/// A distribution that is used without being named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnnamedUse {}

/// What a distribution imports by itself where it is installed, without requiring it.
#[derive(Debug, Clone, Deserialize)]
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

    /// Whether a distribution is used without being named.
    pub(crate) fn has(&self, name: &PackageName) -> bool {
        self.unnamed.get(name).is_some()
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
        let has = |name: &str| unnamed.has(&PackageName::new(name.to_owned()).unwrap());
        assert!(has("asyncpg"));
        assert!(has("llama-index-llms-openai"));
        assert!(has("opentelemetry-exporter-otlp-proto-http") && has("flower"));
        assert!(!has("fastapi") && !has("opentelemetry-sdk"));
    }

    #[test]
    fn loaders_name_what_they_import() {
        let unnamed = Unnamed::embedded();
        let name = |name: &str| PackageName::new(name.to_owned()).unwrap();
        let (provider, loader, other) =
            (name("langchain-groq"), name("esperanto"), name("fastapi"));
        assert!(unnamed.is_loaded(&provider, [&other, &loader].into_iter()));
        assert!(!unnamed.is_loaded(&provider, [&other].into_iter()));
    }
}
