//! Problems and findings for machines. As on a terminal, no secret of a file that they point at is in them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::Diagnostic;
use crate::rules::Severity;

/// Something that was found: what a terminal would show of it.
#[derive(Serialize, JsonSchema)]
struct Shown {
    /// The rule; `dfgen explain` has its page.
    rule: &'static str,
    severity: &'static str,
    message: String,
    places: Vec<Place>,
    notes: Vec<String>,
    /// What to do.
    helps: Vec<String>,
}

/// A place in a file of the project.
#[derive(Serialize, JsonSchema)]
struct Place {
    /// The file, from where the program runs.
    file: String,
    /// Its line, from 1.
    line: usize,
}

impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let masked = |texts: &[String]| {
            texts
                .iter()
                .map(|text| self.without_secrets(text))
                .collect()
        };
        let places = self.places.iter().map(|place| Place {
            file: place.path(),
            line: place.line(),
        });
        Shown {
            rule: self.rule.name(),
            severity: match self.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            message: self.without_secrets(&self.message),
            places: places.collect(),
            notes: masked(&self.notes),
            helps: masked(&self.helps),
        }
        .serialize(serializer)
    }
}

impl JsonSchema for Diagnostic {
    fn schema_name() -> Cow<'static, str> {
        "Finding".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Shown::json_schema(generator)
    }
}
