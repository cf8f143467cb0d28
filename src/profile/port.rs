//! Where an application listens: `port` of a profile, a number, or a variable with one.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::forms::either;
use super::key::{Problems, Value};
use crate::diagnostic::Place;
use crate::names::EnvName;

/// Where an application listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenPort {
    /// The port; with a variable, the one that holds where that is not set.
    pub number: u16,
    /// The variable by which a platform says another: `PORT`.
    pub variable: Option<EnvName>,
}

/// `port = 8000`, or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number, or a table such as { env = \"PORT\", default = 8000 }"
)]
pub(super) enum ListenPortWire {
    Number(i64),
    Table(ListenPortTableWire),
}

/// A platform says the port in a variable: Cloud Run, Heroku, Railway, Spaces.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ListenPort")]
pub(super) struct ListenPortTableWire {
    /// The variable: `"PORT"`.
    ///
    /// Default: none.
    #[schemars(with = "EnvName")]
    pub(super) env: String,
    /// The port where it is not set.
    ///
    /// Default: none; to be said.
    #[schemars(range(min = 1, max = u16::MAX))]
    pub(super) default: i64,
}

impl Value for ListenPort {
    type Written = ListenPortWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[
            <u16 as Value>::schema(generator),
            generator.subschema_for::<ListenPortTableWire>(),
        ])
    }

    fn read(
        key: &str,
        written: &ListenPortWire,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        match written {
            ListenPortWire::Number(number) => Some(Self {
                number: u16::read(key, number, place, problems)?,
                variable: None,
            }),
            ListenPortWire::Table(table) => {
                let number = u16::read(&format!("{key}.default"), &table.default, place, problems);
                let variable = problems.parsed(&format!("{key}.env"), &table.env, place);
                Some(Self {
                    number: number?,
                    variable: Some(variable?),
                })
            }
        }
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let number = i64::from(self.number).into();
        match &self.variable {
            None => vec![(key.to_owned(), number)],
            Some(variable) => vec![
                (format!("{key}.env"), variable.as_ref().into()),
                (format!("{key}.default"), number),
            ],
        }
    }
}
