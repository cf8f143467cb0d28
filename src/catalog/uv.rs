//! `uv.toml`: uv versions that an image may pin, and names that uv knows.
//!
//! A Dockerfile pins the uv that builds it. A project that says `required-version` must get one that
//! satisfies it, and the recipe needs a uv that can write `pylock.toml`.

use pep508_rs::pep440_rs::{Operator, Version, VersionSpecifiers, VersionSpecifiersParseError};
use serde::Deserialize;

use super::lists::{Lists, Names};
use super::table::{Rows, embedded};

/// What is known of one uv version.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct UvRelease {
    recipe: bool,
}

/// Where uv's images are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct UvImage {
    repository: String,
    /// The same images on Docker Hub.
    hub: String,
}

/// The rows of `uv.toml`.
#[derive(Debug)]
pub(crate) struct UvVersions {
    releases: Rows<Version, UvRelease>,
    images: Rows<String, UvImage>,
    names: Lists,
}

impl UvVersions {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("uv");
        let read = Self {
            releases: file.rows("uv"),
            images: file.rows("image"),
            names: Lists::new(file.rows("names")),
        };
        file.finish();
        read
    }

    /// A range as `required-version` has it: a bare version means exactly that one, as in uv.
    pub(crate) fn range(text: &str) -> Result<VersionSpecifiers, VersionSpecifiersParseError> {
        let text = text.trim();
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            format!("=={text}").parse()
        } else {
            text.parse()
        }
    }

    /// The image of a version, where nothing says from where.
    pub(crate) fn image(&self, version: &str) -> String {
        format!("{}:{version}", self.row().repository)
    }

    /// The same on Docker Hub, which a mirror of it has.
    pub(crate) fn hub_image(&self, version: &str) -> String {
        format!("{}:{version}", self.row().hub)
    }

    fn row(&self) -> &UvImage {
        self.images.get("uv").expect("the table has its row")
    }

    /// Keys of `[tool.uv]` that say how packages are fetched and built.
    pub(crate) fn build_settings(&self) -> &Names {
        self.names.of("build-settings")
    }

    /// Keys under which names tell what is a secret.
    pub(crate) fn secret_settings(&self) -> &Names {
        self.names.of("secret-settings")
    }

    /// Pythons that are not CPython, as a request for one begins.
    pub(crate) fn implementations(&self) -> &Names {
        self.names.of("implementations")
    }

    /// The version to pin when nothing asks for another: the newest known.
    ///
    /// # Panics
    ///
    /// Never: a test asks for it.
    pub(crate) fn default_version(&self) -> &Version {
        let newest = self.releases.keys().next_back();
        newest.expect("the table has rows")
    }

    /// The newest known version that satisfies all specifiers; else the version that one of them names
    /// exactly (`==0.9.17`), if the others allow it.
    pub(crate) fn satisfying(&self, wanted: &VersionSpecifiers) -> Option<Version> {
        let known = self.releases.iter().rev();
        let known = known.filter(|(_, release)| release.recipe);
        let known = known.map(|(version, _)| version.clone());
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
        let newest = &versions.releases[versions.default_version()];
        assert!(newest.recipe);
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
        // No version of that line can write the recipe.
        assert_eq!(satisfying("<0.8"), None);
    }

    #[test]
    fn names_that_uv_knows_are_listed() {
        let versions = UvVersions::embedded();
        assert!(versions.build_settings().contains("index-strategy"));
        assert!(versions.secret_settings().contains("config-settings"));
        assert!(versions.implementations().begin("pypy3.11"));
    }
}
