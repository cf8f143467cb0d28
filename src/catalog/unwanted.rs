//! `unwanted.toml`: what has no place in a build context by its name.

use serde::{Deserialize, Deserializer};

use super::table::{Row, Rows, embedded};
use crate::ignore_pattern::{IgnorePattern, IgnoreSet};

/// Why something has no place in a build context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnwantedKind {
    /// It gives something away.
    Secret,
    /// It is the data of one machine.
    Database,
    /// It is made again, or of no use to a program that runs.
    Rubbish,
    /// It tests the program.
    Tests,
}

impl UnwantedKind {
    /// All of them, the worst first, as the file's tables are called.
    const ALL: [(&str, Self); 4] = [
        ("secret", Self::Secret),
        ("database", Self::Database),
        ("rubbish", Self::Rubbish),
        ("tests", Self::Tests),
    ];
}

/// Names of one kind of thing.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "UnwantedWire")]
pub(crate) struct UnwantedNames {
    names: Vec<IgnorePattern>,
    but: Vec<IgnorePattern>,
    certificates: bool,
    holds: Option<String>,
    at_manifest: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct UnwantedWire {
    #[serde(deserialize_with = "anywhere")]
    names: Vec<IgnorePattern>,
    #[serde(default, deserialize_with = "anywhere")]
    but: Vec<IgnorePattern>,
    #[serde(default)]
    certificates: bool,
    holds: Option<String>,
    #[serde(default)]
    at_manifest: bool,
    #[serde(default)]
    any_case: bool,
}

impl From<UnwantedWire> for UnwantedNames {
    fn from(wire: UnwantedWire) -> Self {
        let any_case = wire.any_case;
        let read = |patterns: Vec<IgnorePattern>| {
            let patterns = patterns.into_iter();
            let read = patterns.map(|one| if any_case { one.in_any_case() } else { one });
            read.collect()
        };
        Self {
            names: read(wire.names),
            but: read(wire.but),
            certificates: wire.certificates,
            holds: wire.holds,
            at_manifest: wire.at_manifest,
        }
    }
}

impl UnwantedNames {
    /// What they are called, wherever they lie.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &IgnorePattern> {
        self.names.iter()
    }

    /// Whether a file of certificates alone is welcome.
    pub(crate) fn certificates_are_welcome(&self) -> bool {
        self.certificates
    }

    /// The file that tells a folder that is meant from another of that name.
    pub(crate) fn holds(&self) -> Option<&str> {
        self.holds.as_deref()
    }

    /// Whether folders are meant only beside a manifest, and when they are no package.
    pub(crate) fn at_manifest(&self) -> bool {
        self.at_manifest
    }
}

/// Names are those of what lies in any folder.
fn anywhere<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IgnorePattern>, D::Error> {
    let names: Vec<IgnorePattern> = Deserialize::deserialize(from)?;
    Ok(names.into_iter().map(IgnorePattern::anywhere).collect())
}

/// The rows of `unwanted.toml`.
#[derive(Debug)]
pub(crate) struct Unwanted {
    rows: Vec<(UnwantedKind, Row<UnwantedNames>)>,
    /// The patterns of all rows.
    names: IgnoreSet,
    /// The row of each.
    owners: Vec<usize>,
}

impl Unwanted {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("unwanted");
        let mut rows: Vec<(UnwantedKind, Row<UnwantedNames>)> = Vec::new();
        for (name, kind) in UnwantedKind::ALL {
            let of_kind: Rows<String, UnwantedNames> = file.rows(name);
            rows.extend(of_kind.into_values().map(|row| (kind, row)));
        }
        file.finish();
        let owners = rows.iter().enumerate();
        let owners = owners.flat_map(|(at, (_, row))| row.names.iter().map(move |_| at));
        Self {
            owners: owners.collect(),
            names: rows.iter().flat_map(|(_, row)| &row.names).collect(),
            rows,
        }
    }

    /// Every row, the worst first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (UnwantedKind, &Row<UnwantedNames>)> {
        self.rows.iter().map(|(kind, row)| (*kind, row))
    }

    /// The row that a path's own name falls under, whatever else it asks for.
    pub(crate) fn named(&self, path: &str) -> Option<(UnwantedKind, &Row<UnwantedNames>)> {
        let rows = self.names.matching(path).into_iter();
        let mut rows = rows.map(|at| &self.rows[self.owners[at]]);
        let named = rows.find(|(_, row)| !row.but.iter().any(|name| name.matches(path)));
        named.map(|(kind, row)| (*kind, row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_at_any_depth_and_examples_are_welcome() {
        let unwanted = Unwanted::embedded();
        let kind = |path: &str| unwanted.named(path).map(|(kind, _)| kind);
        for path in [
            ".env",
            "a/.env.local",
            "a/b/prod.env",
            "x/.docker/config.json",
            "id_rsa",
            "a/.ENV",
            "ID_RSA",
            "a/Server.KEY",
            "Secrets.json",
            "a/deploy_rsa",
        ] {
            assert_eq!(kind(path), Some(UnwantedKind::Secret), "{path}");
        }
        for path in [
            "id_rsa.bak",
            "a/key.pem.bak",
            "x.orig",
            "app.py~",
            "core.1234",
        ] {
            assert_eq!(kind(path), Some(UnwantedKind::Rubbish), "{path}");
        }
        assert_eq!(kind("a/node_modules"), Some(UnwantedKind::Rubbish));
        assert_eq!(kind("a/shop.sqlite3"), Some(UnwantedKind::Database));
        for path in [
            "a/.env.example",
            "a/config.json",
            "a/tokens.py",
            "a/keys.py",
            "app",
        ] {
            assert_eq!(kind(path), None, "{path}");
        }
    }

    #[test]
    fn there_are_about_forty_kinds() {
        assert!(Unwanted::embedded().rows().count() >= 40);
    }
}
