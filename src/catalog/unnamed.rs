//! `unnamed.toml`: distributions that a program uses without naming them.

use pep508_rs::PackageName;
use serde::Deserialize;

use super::pattern::PatternRows;
use super::table::{EmbeddedFile, Row};

/// A distribution that is used without being named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnnamedUse {
    because: String,
}

impl UnnamedUse {
    /// How it is used.
    pub fn because(&self) -> &str {
        &self.because
    }
}

/// The rows of `unnamed.toml`.
#[derive(Debug)]
pub struct Unnamed(PatternRows<UnnamedUse>);

impl Unnamed {
    pub(super) fn embedded() -> Self {
        let mut file = EmbeddedFile::parse("unnamed.toml", include_str!("data/unnamed.toml"));
        let read = Self(PatternRows::new(file.rows("unnamed")));
        file.finish();
        read
    }

    /// How a distribution is used without being named, if it is.
    pub fn get(&self, name: &PackageName) -> Option<&Row<UnnamedUse>> {
        self.0.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_and_plugins_need_no_name() {
        let unnamed = Unnamed::embedded();
        let get = |name: &str| unnamed.get(&PackageName::new(name.to_owned()).unwrap());
        assert!(get("asyncpg").is_some_and(|row| row.because().contains("driver")));
        assert!(get("llama-index-llms-openai").is_some());
        assert!(get("fastapi").is_none());
    }
}
