//! Debian as the catalog speaks of it: releases, apt packages, and lists that differ between releases.
//!
//! Package names change from one release to the next (trixie's `t64` names, `libldap-2.5-0` that became
//! `libldap2`), so every list of apt packages is asked for by release. Names are checked when they are
//! read: they end up in a shell line of a Dockerfile, and a user may write them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A Debian release that images are built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DebianRelease {
    /// Debian 12, glibc 2.36.
    Bookworm,
    /// Debian 13, glibc 2.41.
    Trixie,
}

impl DebianRelease {
    /// Every release, oldest first.
    pub(crate) const ALL: [Self; 2] = [Self::Bookworm, Self::Trixie];

    /// The name that tags and `apt` use.
    pub(crate) fn codename(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }
}

impl fmt::Display for DebianRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.codename())
    }
}

impl FromStr for DebianRelease {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        Self::ALL
            .into_iter()
            .find(|release| release.codename() == text)
            .ok_or(UnknownRelease)
    }
}

/// The text names no release that the catalog knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownRelease;

impl fmt::Display for UnknownRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a Debian release: `bookworm` or `trixie`")
    }
}

impl std::error::Error for UnknownRelease {}

/// The name of a Debian binary package, spelled as Debian's policy allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(!try_from)]
pub struct AptPackage(#[schemars(regex(pattern = r"^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$"))] String);

impl AptPackage {
    /// The name as `apt-get install` takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AptPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AptPackage {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::try_from(name.to_owned())
    }
}

impl AsRef<str> for AptPackage {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// As in section 5.6.1 of the Debian policy manual.
impl TryFrom<String> for AptPackage {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let starts_well = name.starts_with(plain) && name.len() >= 2;
        if name.ends_with('-') {
            return Err(format!(
                "`{name}` would have apt remove `{}`",
                name.trim_end_matches('-')
            ));
        }
        if starts_well && name.chars().all(|c| plain(c) || "+-.".contains(c)) {
            Ok(Self(name))
        } else {
            Err(format!("`{name}` is not the name of a Debian package"))
        }
    }
}

/// Apt packages by release: `["libpq5"]` where the names agree, else
/// `{ bookworm = ["libmagic1"], trixie = ["libmagic1t64"] }`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AptPackages {
    bookworm: BTreeSet<AptPackage>,
    trixie: BTreeSet<AptPackage>,
}

impl AptPackages {
    /// The packages on one release, sorted.
    pub(crate) fn on(&self, release: DebianRelease) -> &BTreeSet<AptPackage> {
        match release {
            DebianRelease::Bookworm => &self.bookworm,
            DebianRelease::Trixie => &self.trixie,
        }
    }
}

impl<'de> Deserialize<'de> for AptPackages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AptPackagesVisitor)
    }
}

/// The form with a list per release; every release must be there.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AptPackagesByRelease")]
struct PerReleaseWire {
    #[schemars(with = "Vec<AptPackage>")]
    bookworm: BTreeSet<AptPackage>,
    #[schemars(with = "Vec<AptPackage>")]
    trixie: BTreeSet<AptPackage>,
}

impl JsonSchema for AptPackages {
    fn schema_name() -> Cow<'static, str> {
        "AptPackages".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Apt packages: a list, or one for each Debian release where the names differ.",
            "anyOf": [
                generator.subschema_for::<Vec<AptPackage>>(),
                generator.subschema_for::<PerReleaseWire>(),
            ],
        })
    }
}

struct AptPackagesVisitor;

impl<'de> Visitor<'de> for AptPackagesVisitor {
    type Value = AptPackages;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of Debian packages, or one list for each of `bookworm` and `trixie`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<AptPackages, A::Error> {
        let both = BTreeSet::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(AptPackages {
            bookworm: both.clone(),
            trixie: both,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AptPackages, A::Error> {
        let PerReleaseWire { bookworm, trixie } =
            PerReleaseWire::deserialize(MapAccessDeserializer::new(map))?;
        Ok(AptPackages { bookworm, trixie })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_carry_a_shell_word_are_refused() {
        for name in [
            "",
            "a",
            "libpq5-",
            "libPQ5",
            "libpq5;id",
            "-y",
            "lib pq5",
            "libpq5\n",
        ] {
            assert!(AptPackage::try_from(name.to_owned()).is_err(), "{name:?}");
        }
        assert!(AptPackage::try_from("libstdc++6".to_owned()).is_ok());
    }

    #[test]
    fn a_release_is_known_by_its_codename() {
        assert_eq!("trixie".parse(), Ok(DebianRelease::Trixie));
        assert_eq!("sid".parse::<DebianRelease>(), Err(UnknownRelease));
        assert!(DebianRelease::Bookworm < DebianRelease::Trixie);
    }
}
