//! What archives and registries say about an image, as they write it.
//!
//! <https://github.com/opencontainers/image-spec>, and `manifest.json` of `docker image save`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// `index.json`, or an index among the blobs.
#[derive(Debug, Deserialize)]
pub(super) struct IndexWire {
    #[serde(default)]
    pub(super) manifests: Vec<DescriptorWire>,
}

/// What leads to a blob.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescriptorWire {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    #[serde(default)]
    pub(super) size: u64,
    pub(super) platform: Option<PlatformWire>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct PlatformWire {
    #[serde(default)]
    pub(super) os: String,
    #[serde(default)]
    pub(super) architecture: String,
}

/// The manifest of one image, or an index in its place.
#[derive(Debug, Deserialize)]
pub(super) struct ManifestWire {
    pub(super) config: Option<DescriptorWire>,
    #[serde(default)]
    pub(super) layers: Vec<DescriptorWire>,
    pub(super) manifests: Option<Vec<DescriptorWire>>,
}

/// An image of `manifest.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SavedWire {
    pub(super) config: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) repo_tags: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) layers: Vec<String>,
}

/// An image's configuration.
#[derive(Debug, Deserialize)]
pub(super) struct ConfigurationWire {
    #[serde(default)]
    pub(super) architecture: String,
    #[serde(default)]
    pub(super) os: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) config: RunWire,
    #[serde(default)]
    pub(super) rootfs: RootWire,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) history: Vec<HistoryWire>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct RootWire {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) diff_ids: Vec<String>,
}

/// What is run of an image, and how.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RunWire {
    #[serde(default)]
    pub(super) user: String,
    #[serde(default)]
    pub(super) working_dir: String,
    #[serde(default)]
    pub(super) stop_signal: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) env: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) entrypoint: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) cmd: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) exposed_ports: BTreeMap<String, serde_json::Value>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) volumes: BTreeMap<String, serde_json::Value>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) healthcheck: HealthWire,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HealthWire {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) test: Vec<String>,
}

/// A line of what made an image.
#[derive(Debug, Default, Deserialize)]
pub(super) struct HistoryWire {
    #[serde(default)]
    pub(super) created_by: String,
    #[serde(default)]
    pub(super) empty_layer: bool,
}

/// Go writes `null` for what is empty.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
