//! What commands print for machines: JSON with its version, and the schema of it.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// How to print what is told of images.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ImageFormat {
    /// For people, and logs.
    Text,
    /// For machines.
    Json,
    /// For a comment or a summary of a job.
    Markdown,
    /// A page with a picture, in one file.
    Html,
}

impl ImageFormat {
    /// Those of what has no picture.
    pub(super) fn without_page() -> impl TypedValueParser<Value = Self> {
        let plain = [Self::Text, Self::Json, Self::Markdown];
        let values = plain.iter().filter_map(ValueEnum::to_possible_value);
        PossibleValuesParser::new(values).try_map(|name| Self::from_str(&name, false))
    }
}

/// Something that a command prints as JSON. All of it goes through here, so that none lacks a version, and
/// none a schema.
#[derive(Serialize, JsonSchema)]
struct Versioned<V> {
    version: Version,
    #[serde(flatten)]
    view: V,
}

/// The version of the form: it changes where a field goes away or means something else.
struct Version;

impl Version {
    const NUMBER: u32 = 1;
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The version of the form. It changes where a field goes away or means something else; new fields may come.",
            "const": Self::NUMBER,
        })
    }
}

/// A view as indented JSON with its version and a newline at its end.
pub(super) fn json(view: &(impl Serialize + JsonSchema)) -> String {
    pretty(&Versioned {
        version: Version,
        view,
    })
}

/// The schema of what a command prints; `command` is the command without its options.
pub(super) fn schema<V: JsonSchema>(name: &str, command: &str) -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings
        .into_generator()
        .into_root_schema_for::<Versioned<V>>();
    let id = format!("{name}:{}", Version::NUMBER);
    let title = format!("What `{command} --format json` prints");
    dfgen::profile::named_schema(schema, &id, &title)
}

/// A schema as it is printed.
pub(super) fn schema_text(schema: &Schema) -> String {
    pretty(schema)
}

fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("views hold nothing that JSON lacks");
    text.push('\n');
    text
}
