//! What an image starts from: `base` of a profile, one image or a pair.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::forms::either;
use super::image_ref::ImageRef;
use super::key::{Problems, Text, Value};
use crate::diagnostic::Place;

/// What an image starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// One image, to build on and to run on.
    One(ImageRef),
    /// Two images with the same Python: the one that runs needs no shell.
    Pair {
        /// What packages are installed on.
        build: ImageRef,
        /// What the application runs on.
        runtime: ImageRef,
    },
}

impl Base {
    /// What the application runs on.
    pub(crate) fn runtime(&self) -> &ImageRef {
        match self {
            Self::One(image) | Self::Pair { runtime: image, .. } => image,
        }
    }

    /// What packages are installed on, where that is another image.
    pub(crate) fn builder(&self) -> Option<&ImageRef> {
        match self {
            Self::One(_) => None,
            Self::Pair { build, .. } => Some(build),
        }
    }
}

/// `base = "python:3.13-slim"`, or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected an image, or a table such as { build = \"…-dev\", runtime = \"…\" }"
)]
pub(super) enum BaseWire {
    Image(String),
    Pair(BasePairWire),
}

/// One image builds, and another one with the same Python runs: that one needs no shell.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Base")]
pub(super) struct BasePairWire {
    /// What packages are installed on: `"dhi.io/python:3.13-debian13-dev"`.
    ///
    /// Default: none; to be said.
    #[schemars(with = "ImageRef")]
    pub(super) build: String,
    /// What the application runs on: `"dhi.io/python:3.13-debian13"`.
    ///
    /// Default: none; to be said.
    #[schemars(with = "ImageRef")]
    pub(super) runtime: String,
}

impl Value for Base {
    type Written = BaseWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[
            ImageRef::spelling(generator),
            generator.subschema_for::<BasePairWire>(),
        ])
    }

    fn read(key: &str, written: &BaseWire, place: &Place, problems: &mut Problems) -> Option<Self> {
        match written {
            BaseWire::Image(image) => problems.parsed(key, image, place).map(Self::One),
            BaseWire::Pair(pair) => {
                let build = problems.parsed(&format!("{key}.build"), &pair.build, place);
                let runtime = problems.parsed(&format!("{key}.runtime"), &pair.runtime, place);
                Some(Self::Pair {
                    build: build?,
                    runtime: runtime?,
                })
            }
        }
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        match self {
            Self::One(image) => image.show(key),
            Self::Pair { build, runtime } => [("build", build), ("runtime", runtime)]
                .map(|(part, image)| (format!("{key}.{part}"), image.as_ref().into()))
                .to_vec(),
        }
    }
}
