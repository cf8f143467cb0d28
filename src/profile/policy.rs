//! Policies: what every image has to be, `require` at the top of dfgen.toml. Files that share settings add theirs up, so
//! that none loosens what another asks.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use toml::Spanned;

use super::key::{Key, Problems, Said, Shown, Text, list, texts};
use super::value::{Origin, Setting};

/// Something that every image has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Policy {
    /// Each image that its Dockerfile names is held by digest.
    Digest,
    /// It has a budget.
    Budget,
    /// It runs as another user than root.
    NoRoot,
    /// One that answers over HTTP has a health check.
    Health,
    /// Nothing of its dependencies is compiled.
    Wheels,
    /// Its build ends where a shared library is missing.
    Scan,
    /// Its Debian packages are of a day that is written down.
    Snapshot,
    /// It has no Dockerfile lines of the project's own.
    NoInstructions,
    /// It says of which commit it is.
    BuildLabels,
}

impl Policy {
    const ALL: [(&str, Self); 9] = [
        ("digest", Self::Digest),
        ("budget", Self::Budget),
        ("no-root", Self::NoRoot),
        ("health", Self::Health),
        ("wheels", Self::Wheels),
        ("scan", Self::Scan),
        ("snapshot", Self::Snapshot),
        ("no-instructions", Self::NoInstructions),
        ("build-labels", Self::BuildLabels),
    ];
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, policy)| *policy).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| format!("`{name}`"));
            format!("one of {}", names.join(", "))
        })
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::ALL.iter().find(|(_, policy)| policy == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

/// What is asked of every image, each with where.
#[derive(Debug, Clone, Default)]
pub struct Required(pub(crate) Vec<Setting<Policy>>);

impl Key for Required {
    type Written = Vec<Spanned<String>>;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        list(Policy::spelling(generator))
    }

    fn merged(
        key: &str,
        said: &[Said<'_, Self::Written>],
        unsaid: Self,
        problems: &mut Problems,
    ) -> Self {
        let mut required = unsaid;
        for file in said {
            for name in file.value {
                let place = file.place().moved(name.span());
                let policy = problems.parsed::<Policy>(key, name.get_ref(), &place);
                let is_new =
                    |policy: &Policy| required.0.iter().all(|known| known.value != *policy);
                if let Some(value) = policy.filter(is_new) {
                    let origin = Origin::User(place);
                    required.0.push(Setting { value, origin });
                }
            }
        }
        required
    }

    fn show(&self, key: &str, shown: &mut Vec<Shown>) {
        let all: Vec<Policy> = self.0.iter().map(|one| one.value).collect();
        let origin = self.0.first().map(|one| one.origin.clone());
        shown.push(Shown {
            key: key.to_owned(),
            value: texts(&all),
            origin: origin.unwrap_or(Origin::Default),
        });
    }
}
