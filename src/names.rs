//! Names as types: package, extra and group, each normalised as PEP 503 and PEP 685 ask, so that
//! two spellings of one name are equal everywhere in dfgen; and environment variables.

use std::fmt;
use std::str::FromStr;

pub use pep508_rs::{ExtraName, PackageName};
use schemars::JsonSchema;

/// The name of a dependency group (PEP 735), normalised like an extra's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(ExtraName);

impl GroupName {
    /// The group that uv installs unless told otherwise.
    pub fn dev() -> Self {
        Self(ExtraName::from_str("dev").expect("`dev` is a valid name"))
    }
}

impl FromStr for GroupName {
    type Err = pep508_rs::InvalidNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        ExtraName::from_str(name).map(Self)
    }
}

impl AsRef<str> for GroupName {
    fn as_ref(&self) -> &str {
        self.0.as_ref()
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_ref())
    }
}

impl<'de> serde::Deserialize<'de> for GroupName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ExtraName::deserialize(deserializer).map(Self)
    }
}

impl serde::Serialize for GroupName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_ref())
    }
}

/// The name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
pub struct EnvName(#[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))] String);

impl FromStr for EnvName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let digit = text.bytes().next().is_none_or(|byte| byte.is_ascii_digit());
        if !digit && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "an environment variable is letters, digits and `_`, and begins with no digit"
                    .to_owned(),
            )
        }
    }
}

impl<'de> serde::Deserialize<'de> for EnvName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl AsRef<str> for EnvName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
