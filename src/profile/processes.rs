//! Further processes of an image: the name of each and its command.

use indexmap::IndexMap;
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::Spanned;

use super::forms::refuse_no_program;
use super::key::{self, Problems, Text, Value};
use super::value::{Line, ProfileName};
use crate::diagnostic::Place;

impl Value for IndexMap<ProfileName, Vec<Line>> {
    type Written = IndexMap<Spanned<String>, Vec<Spanned<String>>>;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": ProfileName::spelling(generator),
            "additionalProperties": key::list(Line::spelling(generator)),
        })
    }

    fn read(
        key: &str,
        written: &Self::Written,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut processes = Self::new();
        for (name, words) in written {
            let place = place.moved(name.span());
            let words = Vec::read(key, words, &place, problems)?;
            refuse_no_program(key, &words, &place, "it is a process no more", problems);
            if let Some(name) = problems.parsed(key, name.get_ref(), &place) {
                processes.insert(name, words);
            }
        }
        Some(processes)
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let processes = self.iter();
        processes
            .map(|(name, words)| (format!("{key}.{}", name.as_ref()), key::texts(words)))
            .collect()
    }
}
