//! `uv.toml`: uv versions that an image may pin.
//!
//! A Dockerfile pins the uv that builds it. A project that says `required-version` must get one that
//! satisfies it, and the recipe needs a uv that can write `pylock.toml`.

use pep508_rs::pep440_rs::{Operator, Version, VersionSpecifiers};
use serde::Deserialize;
use toml::value::Date;

use super::table::{EmbeddedFile, Row, Rows};

/// What is known of one uv version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UvRelease {
    released: Date,
    lock_revision: u32,
    recipe: bool,
}

impl UvRelease {
    /// The day of its upload to `PyPI`.
    pub fn released(&self) -> Date {
        self.released
    }

    /// The revision of `uv.lock` that it writes.
    pub fn lock_revision(&self) -> u32 {
        self.lock_revision
    }

    /// Whether `uv export --format pylock.toml --no-emit-local` works with it.
    pub fn writes_recipe(&self) -> bool {
        self.recipe
    }
}

/// Where uv's images are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct UvImage {
    repository: String,
}

/// The rows of `uv.toml`.
#[derive(Debug)]
pub struct UvVersions {
    releases: Rows<Version, UvRelease>,
    images: Rows<String, UvImage>,
}

impl UvVersions {
    pub(super) fn embedded() -> Self {
        let mut file = EmbeddedFile::parse("uv.toml", include_str!("data/uv.toml"));
        let read = Self {
            releases: file.rows("uv"),
            images: file.rows("image"),
        };
        file.finish();
        read
    }

    /// The image of a version.
    pub fn image(&self, version: &Version) -> String {
        let image = &self.images.get("uv").expect("the table has its row");
        format!("{}:{version}", image.repository)
    }

    /// What is known of a version.
    pub fn get(&self, version: &Version) -> Option<&Row<UvRelease>> {
        self.releases.get(version)
    }

    /// The known versions, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Version, &Row<UvRelease>)> {
        self.releases.iter()
    }

    /// The version to pin when nothing asks for another: the newest known.
    ///
    /// # Panics
    ///
    /// Never: a test asks for it.
    pub fn default_version(&self) -> &Version {
        let newest = self.releases.keys().next_back();
        newest.expect("the table has rows")
    }

    /// The newest known version that satisfies all specifiers; else the version that one of them names
    /// exactly (`==0.9.17`), if the others allow it.
    pub fn satisfying(&self, wanted: &VersionSpecifiers) -> Option<Version> {
        let known = self.releases.keys().rev().cloned();
        let named = wanted
            .iter()
            .filter(|specifier| *specifier.operator() == Operator::Equal)
            .map(|specifier| specifier.version().clone());
        known.chain(named).find(|version| wanted.contains(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_known_version_is_the_default() {
        let versions = UvVersions::embedded();
        assert_eq!(versions.default_version().to_string(), "0.13.9");
        let newest = versions.get(versions.default_version()).unwrap();
        assert!(newest.writes_recipe());
        assert_eq!(newest.lock_revision(), 5);
    }

    #[test]
    fn a_required_version_is_satisfied() {
        let versions = UvVersions::embedded();
        let satisfying = |text: &str| {
            let version = versions.satisfying(&text.parse().unwrap());
            version.map(|version| version.to_string())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(satisfying("==0.11.25"), some("0.11.25"));
        assert_eq!(satisfying("~=0.10"), some("0.13.9"));
        assert_eq!(satisfying("~=0.10.3"), some("0.10.12"));
        assert_eq!(satisfying(">=0.9"), some("0.13.9"));
        assert_eq!(satisfying(">=0.8, <0.11.30"), some("0.11.25"));
        assert_eq!(satisfying("==0.9.17"), some("0.9.17"));
        assert_eq!(satisfying("==0.9.17, <0.9"), None);
        assert_eq!(satisfying(">=2"), None);
    }
}
