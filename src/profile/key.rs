//! What a row of the tables in [`keys`](super::keys) is made of: how a key is written, merged, shown and
//! described in the JSON Schema. A key's type alone decides all four.

use std::fmt::Debug;
use std::ops::Range;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Deserializer};
use serde_json::Map;
use toml::Spanned;

use super::value::{Origin, Setting};
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::rules;

/// A key, as the type of its field after merging.
pub(super) trait Key: Sized {
    /// As it stands in a file.
    type Written: DeserializeOwned + Clone + Debug;

    fn schema(generator: &mut SchemaGenerator) -> Schema;

    /// What is said of it, the most specific first, as one; `unsaid` where nothing is.
    fn merged(
        key: &str,
        said: &[Said<'_, Self::Written>],
        unsaid: Self,
        problems: &mut Problems,
    ) -> Self;

    /// Each line that says the same in dfgen.toml.
    fn show(&self, key: &str, shown: &mut Vec<Shown>);
}

/// The value of a key that the most specific file decides.
pub(super) trait Value: Sized {
    /// As it stands in a file.
    type Written: DeserializeOwned + Clone + Debug;

    fn schema(generator: &mut SchemaGenerator) -> Schema;

    /// `None` after a problem was told.
    fn read(
        key: &str,
        written: &Self::Written,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self>;

    /// Each line that says the same in dfgen.toml: key and value.
    fn show(&self, key: &str) -> Vec<(String, toml::Value)>;
}

/// A value that is one text.
pub(super) trait Text: FromStr<Err: ToString> {
    fn spelling(generator: &mut SchemaGenerator) -> Schema;

    /// Errors: what was expected.
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: Self::Err| error.to_string())
    }

    fn text(&self) -> String;
}

/// A table as written.
pub(super) trait Keys {
    /// The keys that it has rows for, as Rust spells them.
    const KEYS: &[&str];
}

/// A table of keys after merging.
pub(super) trait Table {
    /// Each line of dfgen.toml that says what this one has; `start` goes before each key.
    fn lines(&self, start: &str, shown: &mut Vec<Shown>);
}

/// A line of dfgen.toml that says what a profile has.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The key, dotted where it is in a table of the profile's: `apt.runtime`.
    pub key: String,
    /// The value.
    pub value: toml::Value,
    /// Where it was said.
    pub origin: Origin,
}

/// A file that says something, and whose it is.
#[derive(Clone, Copy)]
pub(super) struct Speaker<'c> {
    /// The profile's name.
    pub(super) name: &'c str,
    pub(super) file: &'c SourceFile,
    /// Whether it is the user's.
    pub(super) own: bool,
}

/// What one file says.
pub(super) struct Said<'c, W> {
    pub(super) value: &'c W,
    pub(super) span: Range<usize>,
    pub(super) speaker: Speaker<'c>,
}

impl<'c, W> Said<'c, W> {
    pub(super) fn place(&self) -> Place {
        self.speaker.file.place(self.span.clone(), "")
    }

    pub(super) fn origin(&self) -> Origin {
        self.origin_at(self.place())
    }

    fn origin_at(&self, place: Place) -> Origin {
        if self.speaker.own {
            Origin::User(place)
        } else {
            Origin::BuiltIn(self.speaker.name.to_owned())
        }
    }

    pub(super) fn setting<T>(&self, value: T) -> Setting<T> {
        Setting {
            value,
            origin: self.origin(),
        }
    }

    /// What it says of a key in it, if it does.
    fn of_key<K: Key>(&self, key: &'c Written<K>) -> Option<Said<'c, K::Written>> {
        let written = key.0.as_ref()?;
        Some(Said {
            value: written.get_ref(),
            span: written.span(),
            speaker: self.speaker,
        })
    }
}

/// A key merged from the tables that may have it.
pub(super) fn merged<'c, W, K: Key + 'c>(
    key: &str,
    tables: &[Said<'c, W>],
    of: impl Fn(&'c W) -> &'c Written<K>,
    unsaid: K,
    problems: &mut Problems,
) -> K {
    let said: Vec<_> = tables
        .iter()
        .filter_map(|table| table.of_key(of(table.value)))
        .collect();
    K::merged(key, &said, unsaid, problems)
}

/// A key in a file; absent where the file says nothing of it.
#[derive(Debug, Clone)]
pub(super) struct Written<K: Key>(Option<Spanned<K::Written>>);

impl<K: Key> Default for Written<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, K: Key> serde::Deserialize<'de> for Written<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(|said| Self(Some(said)))
    }
}

impl<K: Key> JsonSchema for Written<K> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        std::any::type_name::<K>().into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        K::schema(generator)
    }
}

/// Problems on the way, all of which are told at once.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Diagnostic>);

impl Problems {
    pub(super) fn parsed<T: Text>(&mut self, key: &str, text: &str, place: &Place) -> Option<T> {
        match T::from_text(text) {
            Ok(value) => Some(value),
            Err(expected) => {
                self.refuse(key, text, place, &expected);
                None
            }
        }
    }

    pub(super) fn refuse(&mut self, key: &str, text: &str, place: &Place, expected: &str) {
        let shown = text.escape_debug();
        // A parser of somebody else may quote the value as it is.
        let expected = expected.replace(char::is_control, " ");
        let problem = Diagnostic::new(rules::INVALID_VALUE, format!("`{key}` cannot be `{shown}`"));
        // A value in a table is not all that the table says.
        let place = if key.contains('.') {
            place.of_text(text)
        } else {
            place.clone()
        };
        self.0.push(problem.at(place.labelled(expected)));
    }

    /// A value that cannot be, whatever its key is set to.
    pub(super) fn add(&mut self, what: &str, place: &Place, expected: &str, help: &str) {
        let problem = Diagnostic::new(rules::INVALID_VALUE, what);
        self.0.push(
            problem
                .at(place.labelled(expected))
                .with_help(help.to_owned()),
        );
    }
}

impl<T: Value> Key for Setting<T> {
    type Written = T::Written;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }

    fn merged(
        key: &str,
        said: &[Said<'_, Self::Written>],
        unsaid: Self,
        problems: &mut Problems,
    ) -> Self {
        Option::merged(key, said, None, problems).unwrap_or(unsaid)
    }

    fn show(&self, key: &str, shown: &mut Vec<Shown>) {
        let lines = self.value.show(key).into_iter();
        shown.extend(lines.map(|(key, value)| Shown {
            key,
            value,
            origin: self.origin.clone(),
        }));
    }
}

impl<T: Value> Key for Option<Setting<T>> {
    type Written = T::Written;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }

    fn merged(
        key: &str,
        said: &[Said<'_, Self::Written>],
        unsaid: Self,
        problems: &mut Problems,
    ) -> Self {
        let Some(said) = said.first() else {
            return unsaid;
        };
        let value = T::read(key, said.value, &said.place(), problems)?;
        Some(said.setting(value))
    }

    fn show(&self, key: &str, shown: &mut Vec<Shown>) {
        if let Some(said) = self {
            said.show(key, shown);
        }
    }
}

impl<T: Text> Value for T {
    type Written = String;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::spelling(generator)
    }

    fn read(key: &str, written: &String, place: &Place, problems: &mut Problems) -> Option<Self> {
        problems.parsed(key, written, place)
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        vec![(key.to_owned(), self.text().into())]
    }
}

impl<T: Text> Value for Vec<T> {
    type Written = Vec<Spanned<String>>;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        list(T::spelling(generator))
    }

    fn read(
        key: &str,
        written: &Self::Written,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let items = written.iter().filter_map(|item| {
            let place = place.moved(item.span());
            problems.parsed(key, item.get_ref(), &place)
        });
        Some(items.collect())
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        vec![(key.to_owned(), texts(self))]
    }
}

impl Value for bool {
    type Written = bool;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        bool::json_schema(generator)
    }

    fn read(_: &str, written: &bool, _: &Place, _: &mut Problems) -> Option<Self> {
        Some(*written)
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        vec![(key.to_owned(), (*self).into())]
    }
}

/// Ports are the numbers of 16 bits, users those of 32; neither is 0.
macro_rules! numbers {
    ($($type:ty: $expected:literal;)*) => {
        $(impl Value for $type {
            type Written = i64;

            fn schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "integer", "minimum": 1, "maximum": <$type>::MAX })
            }

            fn read(key: &str, written: &i64, place: &Place, problems: &mut Problems) -> Option<Self> {
                let value = Self::try_from(*written).ok().filter(|value| *value != 0);
                if value.is_none() {
                    problems.refuse(key, &written.to_string(), place, $expected);
                }
                value
            }

            fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
                vec![(key.to_owned(), i64::from(*self).into())]
            }
        })*
    };
}

numbers! {
    u16: "a port is 1 to 65535";
    u32: "the number of a user other than root: 1 to 4294967295";
}

/// The schema of a list.
pub(super) fn list(items: Schema) -> Schema {
    json_schema!({ "type": "array", "items": items })
}

/// A list of texts.
pub(super) fn texts<T: Text>(values: &[T]) -> toml::Value {
    toml::Value::Array(values.iter().map(|value| value.text().into()).collect())
}

/// Adds to the schema of a table what holds where a key is not said, unless its description tells.
pub(super) fn describe_unsaid(schema: &mut Schema, unsaid: &[Shown]) {
    let properties = schema
        .get_mut("properties")
        .and_then(|all| all.as_object_mut());
    let Some(properties) = properties else {
        return;
    };
    for one in unsaid {
        let property = properties
            .get_mut(&one.key)
            .and_then(|one| one.as_object_mut());
        if let Some(property) = property.filter(|property| !tells_default(property)) {
            property.insert("default".to_owned(), json(&one.value));
        }
    }
}

fn tells_default(property: &Map<String, serde_json::Value>) -> bool {
    let text = property.get("description").and_then(|text| text.as_str());
    text.is_some_and(|text| text.contains("\n\nDefault: "))
}

fn json(value: &toml::Value) -> serde_json::Value {
    serde_json::to_value(value).expect("TOML's texts, numbers, switches and lists are JSON's")
}
