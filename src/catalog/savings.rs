//! `savings.toml`: what the rules of `trim.toml` were seen to save, package by package.

use std::collections::BTreeMap;

use pep508_rs::PackageName;
use serde::Deserialize;

use super::table::{Rows, embedded};

/// What rules were seen to save in one distribution.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    /// On disk, by rule.
    bytes: BTreeMap<String, u64>,
}

/// The rows of `savings.toml`.
#[derive(Debug)]
pub(crate) struct Savings(Rows<PackageName, Saved>);

impl Savings {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("savings");
        let read = Self(file.rows("package"));
        file.finish();
        read
    }

    /// What a rule saves in bytes on disk, in each distribution where that is worth telling.
    pub(crate) fn of<'s>(&'s self, rule: &'s str) -> impl Iterator<Item = (&'s PackageName, u64)> {
        let rows = self.0.iter();
        rows.filter_map(move |(name, row)| Some((name, row.bytes.get(rule).copied()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Trim;

    #[test]
    fn savings_are_of_rules_that_there_are() {
        let trim = Trim::embedded();
        for (name, row) in &Savings::embedded().0 {
            for rule in row.bytes.keys() {
                assert!(
                    trim.rules().any(|(known, _)| known == rule),
                    "{name}: {rule}"
                );
            }
        }
    }

    #[test]
    fn symbols_are_most_of_what_is_saved() {
        let savings = Savings::embedded();
        let of = |rule| -> u64 { savings.of(rule).map(|(_, saved)| saved).sum() };
        assert!(of("debug-symbols") > of("headers"));
        assert_eq!(of("no-such-rule"), 0);
    }
}
