//! What an image runs on: platform, C library and exact Python.
//!
//! Markers and wheel tags are judged against a [`Target`], never against the machine that runs
//! dfgen: rendering on a Mac for a Linux server gives what a Linux server would give.

use std::fmt;
use std::str::FromStr;

use pep508_rs::pep440_rs::Version;
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// An operating system and processor, in Docker's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Platform {
    /// `linux/amd64`: 64-bit Intel and AMD.
    LinuxAmd64,
    /// `linux/arm64`: 64-bit Arm.
    LinuxArm64,
}

impl Platform {
    /// Every platform that dfgen makes images for.
    pub(crate) const ALL: [Self; 2] = [Self::LinuxAmd64, Self::LinuxArm64];

    /// Docker's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::LinuxAmd64 => "linux/amd64",
            Self::LinuxArm64 => "linux/arm64",
        }
    }

    /// The machine's word, as markers and wheel tags have it (`platform_machine`).
    pub(crate) fn machine(self) -> &'static str {
        match self {
            Self::LinuxAmd64 => "x86_64",
            Self::LinuxArm64 => "aarch64",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.as_str() == text)
            .ok_or_else(|| {
                let all = Self::ALL.map(Self::as_str).join("` or `");
                let text = text.escape_debug();
                format!("`{text}` is not a platform that dfgen makes images for: `{all}`")
            })
    }
}

impl TryFrom<String> for Platform {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The C library of an image, which decides what wheels can be used there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Libc {
    /// GNU libc of this version (major, minor): `manylinux` wheels up to it (PEP 600).
    Glibc(u16, u16),
    /// musl of this version (major, minor): `musllinux` wheels up to it (PEP 656).
    Musl(u16, u16),
}

impl fmt::Display for Libc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Glibc(major, minor) => write!(f, "glibc {major}.{minor}"),
            Self::Musl(major, minor) => write!(f, "musl {major}.{minor}"),
        }
    }
}

impl TryFrom<String> for Libc {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let version = |name: &str| {
            let (major, minor) = text.strip_prefix(name)?.trim_start().split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        let glibc = version("glibc").map(|(major, minor)| Self::Glibc(major, minor));
        glibc
            .or_else(|| version("musl").map(|(major, minor)| Self::Musl(major, minor)))
            .ok_or_else(|| format!("`{text}` is neither `glibc 2.41` nor `musl 1.2`"))
    }
}

/// A CPython version: minor for choosing an image, patch for evaluating markers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
pub struct PythonVersion(
    #[schemars(with = "String", regex(pattern = r"^v?3\.[0-9][0-9A-Za-z.+_-]*$"))] Version,
);

impl PythonVersion {
    /// The 3 of 3.13.2.
    pub(crate) fn major(&self) -> u64 {
        self.0.release()[0]
    }

    /// The 13 of 3.13.2.
    pub(crate) fn minor(&self) -> u64 {
        self.0.release()[1]
    }

    /// `3.13` of 3.13.2.
    pub(crate) fn short(&self) -> String {
        format!("{}.{}", self.major(), self.minor())
    }

    /// As a PEP 440 version.
    pub(crate) fn version(&self) -> &Version {
        &self.0
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for PythonVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for PythonVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let version: Version = text.parse().map_err(|_| not_python(text))?;
        if version.release().len() < 2 || version.release()[0] != 3 {
            return Err(not_python(text));
        }
        Ok(Self(version))
    }
}

fn not_python(text: &str) -> String {
    let text = text.escape_debug();
    format!("`{text}` is not a Python version such as `3.13` or `3.12.4`")
}

/// Platform, C library and exact Python of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The platform.
    pub platform: Platform,
    /// The C library of the base image.
    pub libc: Libc,
    /// The Python of the base image.
    pub python: PythonVersion,
}

impl Target {
    /// The environment that markers are evaluated in (PEP 508). The kernel's release and version
    /// are those of the node that will run the image, and nobody knows them: they are empty.
    pub(crate) fn marker_environment(&self) -> MarkerEnvironment {
        let full = self.python.to_string();
        MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: "cpython",
            implementation_version: &full,
            os_name: "posix",
            platform_machine: self.platform.machine(),
            platform_python_implementation: "CPython",
            platform_release: "",
            platform_system: "Linux",
            platform_version: "",
            python_full_version: &full,
            python_version: &self.python.short(),
            sys_platform: "linux",
        })
        .expect("a PythonVersion is a valid version")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and Python {}", self.platform, self.python)
    }
}
