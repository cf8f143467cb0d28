//! What of the files that are there a render keeps.

use schemars::JsonSchema;
use serde::Serialize;

use crate::existing::ImageUse;
use crate::profile::ImageRef;

/// An image of a generated file that is another than dfgen would choose, and is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct KeptImage {
    /// What it is there for.
    pub used: ImageUse,
    /// What dfgen would choose.
    pub chosen: ImageRef,
    /// What stands in the file.
    pub image: ImageRef,
}
