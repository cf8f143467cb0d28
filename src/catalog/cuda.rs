//! The names of CUDA's versions, and of the images that NVIDIA publishes for them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A CUDA version, `12.8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct CudaVersion {
    major: u16,
    minor: u16,
}

impl CudaVersion {
    /// `CudaVersion::new(12, 8)` is CUDA 12.8.
    pub(crate) const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// 12 for CUDA 12.8. Programs of one major version run on each of its drivers.
    pub(crate) fn major(self) -> u16 {
        self.major
    }

    /// 8 for CUDA 12.8.
    pub(crate) fn minor(self) -> u16 {
        self.minor
    }
}

impl fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for CudaVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split_once('.')
            .and_then(|(major, minor)| Some(Self::new(major.parse().ok()?, minor.parse().ok()?)))
            .ok_or_else(|| format!("`{text}` is not a CUDA version such as `12.8`"))
    }
}

impl TryFrom<String> for CudaVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// How much of CUDA an `nvidia/cuda` image holds. There is no `devel` here: it never belongs in an
/// image that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CudaFlavour {
    /// The CUDA run time alone.
    Base,
    /// … with the mathematics libraries and NCCL.
    Runtime,
    /// … and with cuDNN.
    CudnnRuntime,
}

impl CudaFlavour {
    /// The word in a tag.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Runtime => "runtime",
            Self::CudnnRuntime => "cudnn-runtime",
        }
    }
}
