//! What builds all images at once.

use schemars::JsonSchema;
use serde::Serialize;

use crate::profile::ProfileName;

/// The bake file: what `docker buildx bake` reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct BakePlan {
    /// Where it is said that there is one.
    pub because: String,
    /// Each image, with what its build finds and keeps.
    pub images: Vec<BakedPlan>,
    /// Whether layers are compressed with zstd, beside images with gzip.
    pub zstd: bool,
    /// What is told of each image beside it, in buildx's words.
    pub attest: Vec<String>,
}

/// One image of a bake file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct BakedPlan {
    /// The profile's name.
    pub name: ProfileName,
    /// Where its build looks for what others made, its own cache first, in buildx's words.
    pub cache_from: Vec<String>,
    /// Where it keeps what it made; empty for nowhere.
    pub cache_to: Vec<String>,
}
