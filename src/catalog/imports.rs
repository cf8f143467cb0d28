//! `imports.toml`: which distribution an import comes from, where the names differ.
//!
//! Most distributions are imported by their own name, so only the others have rows: `cv2` comes from
//! `opencv-python`, and `google.cloud.storage` from `google-cloud-storage`. A namespace row marks a
//! prefix that many distributions share, about which a shorter name says nothing.

use std::fmt;

use pep508_rs::PackageName;
use schemars::JsonSchema;
use serde::Deserialize;

use super::table::{Row, Rows, embedded};

/// A dotted module name as an import statement has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ModuleName(String);

impl ModuleName {}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for ModuleName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ModuleName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let is_word = |part: &str| {
            !part.is_empty()
                && !part.starts_with(|c: char| c.is_ascii_digit())
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        if name.split('.').all(is_word) {
            Ok(Self(name))
        } else {
            Err(format!("`{name}` is not the name of a module"))
        }
    }
}

/// Where a module comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Import {
    /// The distributions that have the module, the one to add first at the front.
    #[schemars(with = "Vec<String>")]
    distributions: Vec<PackageName>,
}

impl Import {
    /// The distributions that have the module, the one to add first at the front.
    pub(crate) fn distributions(&self) -> &[PackageName] {
        &self.distributions
    }
}

/// A prefix that many distributions share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Namespace {}

/// The rows of `imports.toml`.
#[derive(Debug)]
pub(crate) struct Imports {
    imports: Rows<ModuleName, Import>,
    namespaces: Rows<ModuleName, Namespace>,
}

/// What is known of a module's origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'c> {
    /// One of these distributions has it, best first.
    Distributions(&'c Row<Import>),
    /// Its prefix is shared by many distributions, and none is known for it.
    Namespace,
    /// Nothing is known: it is most likely the distribution of the same name.
    Unknown,
}

impl Imports {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("imports");
        let read = Self {
            imports: file.rows("import"),
            namespaces: file.rows("namespace"),
        };
        file.finish();
        read
    }

    /// Where a dotted name comes from: the row of its longest known prefix.
    pub(super) fn origin<'c>(
        &'c self,
        user: &'c Rows<ModuleName, Import>,
        module: &str,
    ) -> Origin<'c> {
        let found = prefixes(module).find_map(|prefix| {
            let row = user.get(prefix).or_else(|| self.imports.get(prefix));
            let shared = || self.namespaces.get(prefix).map(|_| Origin::Namespace);
            row.map(Origin::Distributions).or_else(shared)
        });
        found.unwrap_or(Origin::Unknown)
    }
}

/// `a.b.c`, `a.b`, `a`.
fn prefixes(module: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(module), |longer| Some(longer.rsplit_once('.')?.0))
}

#[cfg(test)]
mod tests {
    use super::Import;
    use crate::catalog::{Catalog, Origin, Row};

    fn first(module: &str) -> Option<String> {
        match Catalog::embedded().origin(module) {
            Origin::Distributions(import) => Some(import.distributions()[0].to_string()),
            Origin::Namespace | Origin::Unknown => None,
        }
    }

    #[test]
    fn the_longest_known_prefix_tells_the_distribution() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(first("yaml"), some("pyyaml"));
        assert_eq!(first("sklearn.linear_model"), some("scikit-learn"));
        assert_eq!(
            first("google.cloud.storage.blob"),
            some("google-cloud-storage")
        );
        assert_eq!(first("google.protobuf"), some("protobuf"));
        assert_eq!(first("cv2"), some("opencv-python-headless"));
    }

    #[test]
    fn a_shared_prefix_tells_nothing() {
        let origin = |module| Catalog::embedded().origin(module);
        assert_eq!(origin("google.cloud.new_service"), Origin::Namespace);
        assert_eq!(origin("flask_cors"), Origin::Unknown);
    }

    #[test]
    fn every_row_names_a_distribution() {
        let imports = super::Imports::embedded();
        assert!(imports.imports.len() > 150);
        let named = |import: &Row<Import>| !import.distributions().is_empty();
        assert!(imports.imports.values().all(named));
    }
}
