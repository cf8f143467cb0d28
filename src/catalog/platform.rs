//! Platforms as Docker names them, as far as the catalog tells them apart.

use std::fmt;

use serde::Deserialize;

/// A platform that images are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Platform {
    /// `linux/amd64`, `x86_64` in wheel tags.
    #[serde(rename = "linux/amd64")]
    LinuxAmd64,
    /// `linux/arm64`, `aarch64` in wheel tags.
    #[serde(rename = "linux/arm64")]
    LinuxArm64,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LinuxAmd64 => "linux/amd64",
            Self::LinuxArm64 => "linux/arm64",
        })
    }
}
