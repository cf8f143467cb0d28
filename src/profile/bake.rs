//! The bake file: `bake` at the top of dfgen.toml.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::forms::either;
use super::image_name::ImagePattern;
use super::key::{self, Problems, Text, Value};
use crate::diagnostic::Place;

/// Whether a bake file is written, and what it asks of builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bake {
    /// None is.
    Off,
    /// One for all images.
    On(BakeSettings),
}

/// What a bake file asks of builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BakeSettings {
    /// Where builds keep what they made.
    pub cache: Option<BuildCache>,
    /// Whether layers are compressed with zstd, beside images with gzip.
    pub zstd: bool,
    /// What is told of each image beside it.
    pub attest: Vec<Attestation>,
}

/// Where builds on several machines keep what they made.
///
/// Source: <https://docs.docker.com/build/cache/backends/>
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct BuildCache(
    #[schemars(regex(pattern = r"^(registry(:.+)?|gha|local:.+|s3:[a-z0-9-]+/[a-z0-9.-]+)$"))]
    String,
);

/// A cache, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheKind<'c> {
    /// Beside each image.
    BesideImage,
    /// An image of its own.
    Registry(&'c str),
    /// The cache of GitHub's actions.
    GitHub,
    /// A folder.
    Local(&'c str),
    /// A bucket: region and name.
    Bucket(&'c str, &'c str),
}

impl BuildCache {
    pub(crate) fn kind(&self) -> CacheKind<'_> {
        let (kind, rest) = self.0.split_once(':').unwrap_or((&self.0, ""));
        match kind {
            "gha" => CacheKind::GitHub,
            "local" => CacheKind::Local(rest),
            "s3" => {
                let (region, bucket) = rest.split_once('/').unwrap_or((rest, ""));
                CacheKind::Bucket(region, bucket)
            }
            _ if rest.is_empty() => CacheKind::BesideImage,
            _ => CacheKind::Registry(rest),
        }
    }
}

impl FromStr for BuildCache {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cache = Self(text.to_owned());
        let word = |text: &str, more: &[u8]| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
            !text.is_empty() && text.bytes().all(fits)
        };
        let lower = |text: &str| !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let is_one = match cache.kind() {
            CacheKind::BesideImage => text == "registry",
            CacheKind::GitHub => text == "gha",
            CacheKind::Registry(image) => {
                let pattern = image.parse::<ImagePattern>();
                let name = pattern.and_then(|pattern| pattern.name("project", "profile"));
                text.starts_with("registry:")
                    && name.is_ok_and(|name| name.variables().next().is_none())
            }
            CacheKind::Local(path) => {
                word(path, b"/._-") && !path.split('/').any(|part| part == "..")
            }
            CacheKind::Bucket(region, bucket) => {
                word(region, b"-") && word(bucket, b".-") && lower(text)
            }
        };
        if is_one {
            return Ok(cache);
        }
        Err("`registry` (beside each image), `registry:IMAGE`, `gha`, `local:FOLDER` or `s3:REGION/BUCKET`".to_owned())
    }
}

impl AsRef<str> for BuildCache {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Something that is told of an image beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Attestation {
    /// How it was built, and from what.
    Provenance,
    /// What is in it.
    Sbom,
}

impl FromStr for Attestation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "provenance" => Ok(Self::Provenance),
            "sbom" => Ok(Self::Sbom),
            _ => Err("`provenance` or `sbom`".to_owned()),
        }
    }
}

impl fmt::Display for Attestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Provenance => "provenance",
            Self::Sbom => "sbom",
        })
    }
}

/// `bake = true`, `false` or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected true, false, or a table such as { cache = \"registry\", zstd = true }"
)]
pub(super) enum BakeWire {
    Switch(bool),
    Table(BakeTableWire),
}

/// A bake file is written, and asks this of builds.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Bake")]
pub(super) struct BakeTableWire {
    /// Where builds on several machines keep what they made: `"registry"` (beside each image), `"registry:IMAGE"`, `"gha"`,
    /// `"local:FOLDER"` or `"s3:REGION/BUCKET"`.
    ///
    /// Default: nowhere.
    #[schemars(with = "Option<BuildCache>")]
    cache: Option<String>,
    /// Whether layers are compressed with zstd; beside each image is one with gzip, whose tag ends in `-gzip`.
    zstd: bool,
    /// What is told of each image beside it: `"provenance"`, `"sbom"`.
    #[schemars(with = "Vec<Attestation>")]
    attest: Vec<String>,
}

impl Value for Bake {
    type Written = BakeWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[
            bool::json_schema(generator),
            generator.subschema_for::<BakeTableWire>(),
        ])
    }

    fn read(key: &str, written: &BakeWire, place: &Place, problems: &mut Problems) -> Option<Self> {
        let table = match written {
            BakeWire::Switch(false) => return Some(Self::Off),
            BakeWire::Switch(true) => return Some(Self::On(BakeSettings::default())),
            BakeWire::Table(table) => table,
        };
        let cache = match &table.cache {
            Some(cache) => Some(problems.parsed(&format!("{key}.cache"), cache, place)?),
            None => None,
        };
        let attest = table.attest.iter();
        let attest = attest.map(|name| problems.parsed(&format!("{key}.attest"), name, place));
        Some(Self::On(BakeSettings {
            cache,
            zstd: table.zstd,
            attest: attest.collect::<Option<_>>()?,
        }))
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let settings = match self {
            Self::Off => return vec![(key.to_owned(), false.into())],
            Self::On(settings) if *settings == BakeSettings::default() => {
                return vec![(key.to_owned(), true.into())];
            }
            Self::On(settings) => settings,
        };
        let cache = settings.cache.iter();
        let cache = cache.map(|cache| (format!("{key}.cache"), cache.text().into()));
        let others = [
            (format!("{key}.zstd"), settings.zstd.into()),
            (format!("{key}.attest"), key::texts(&settings.attest)),
        ];
        cache.chain(others).collect()
    }
}
