//! The most that an image may take: `budget` of a profile.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::forms::either;
use super::key::{Problems, Text, Value};
use super::value::ByteSize;
use crate::diagnostic::Place;

/// The most that an image may take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// On disk.
    pub disk: Option<ByteSize>,
    /// To pull.
    pub pull: Option<ByteSize>,
}

/// `budget = "300 MB"`, or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a size such as \"300 MB\", or a table such as { pull = \"120 MB\" }"
)]
pub(super) enum BudgetWire {
    Disk(String),
    Table(BudgetTableWire),
}

/// The most that the image may take, on disk and to pull.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Budget")]
pub(super) struct BudgetTableWire {
    /// On disk: `"300 MB"`.
    ///
    /// Default: none.
    #[schemars(with = "Option<ByteSize>")]
    pub(super) disk: Option<String>,
    /// To pull: the layers as a registry holds them.
    ///
    /// Default: none.
    #[schemars(with = "Option<ByteSize>")]
    pub(super) pull: Option<String>,
}

impl Value for Budget {
    type Written = BudgetWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[
            ByteSize::spelling(generator),
            generator.subschema_for::<BudgetTableWire>(),
        ])
    }

    fn read(
        key: &str,
        written: &BudgetWire,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let table = match written {
            BudgetWire::Disk(size) => {
                return Some(Self {
                    disk: Some(problems.parsed(key, size, place)?),
                    pull: None,
                });
            }
            BudgetWire::Table(table) => table,
        };
        let mut read = |name: &str, size: &Option<String>| match size {
            Some(size) => problems
                .parsed(&format!("{key}.{name}"), size, place)
                .map(Some),
            None => Some(None),
        };
        let (disk, pull) = (read("disk", &table.disk), read("pull", &table.pull));
        Some(Self {
            disk: disk?,
            pull: pull?,
        })
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let line = |name: &str, size: &ByteSize| (format!("{key}{name}"), size.text().into());
        match (&self.disk, &self.pull) {
            (Some(disk), None) => vec![line("", disk)],
            (disk, pull) => {
                let disk = disk.iter().map(|size| line(".disk", size));
                disk.chain(pull.iter().map(|size| line(".pull", size)))
                    .collect()
            }
        }
    }
}
