//! Lines by name: `env` of a profile, `labels` of all images. Each name is a key of its own.

use std::hash::Hash;
use std::str::FromStr;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::Spanned;

use super::key::{Key, Problems, Said, Shown, Text};
use super::value::{Line, Setting};

/// The name of a label, as `org.opencontainers.image.vendor`.
///
/// Source: <https://docs.docker.com/engine/manage-resources/labels/#label-keys-and-values>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
pub struct LabelName(#[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"))] String);

impl FromStr for LabelName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
        let starts = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        if !starts || !text.bytes().all(fits) {
            return Err(
                "a label is letters, digits, `.`, `_`, `/` and `-`, as `com.example.team`"
                    .to_owned(),
            );
        }
        if text.starts_with("dfgen.") {
            return Err("labels that begin with `dfgen.` are dfgen's own".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl AsRef<str> for LabelName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Lines of all files; the most specific value of each.
impl<N: Text + Eq + Hash> Key for IndexMap<N, Setting<Line>> {
    type Written = IndexMap<Spanned<String>, Spanned<String>>;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": N::spelling(generator),
            "additionalProperties": Line::spelling(generator),
        })
    }

    fn merged(
        key: &str,
        said: &[Said<'_, Self::Written>],
        unsaid: Self,
        problems: &mut Problems,
    ) -> Self {
        let mut lines = unsaid;
        for table in said.iter().rev() {
            for (name, value) in table.value {
                let name = problems.parsed(key, name.get_ref(), &table.place().moved(name.span()));
                let one = Said {
                    value: value.get_ref(),
                    span: value.span(),
                    speaker: table.speaker,
                };
                let value = problems.parsed(key, one.value, &one.place());
                if let (Some(name), Some(value)) = (name, value) {
                    lines.insert(name, one.setting(value));
                }
            }
        }
        lines
    }

    fn show(&self, key: &str, shown: &mut Vec<Shown>) {
        for (name, value) in self {
            value.show(&format!("{key}.{}", part(&name.text())), shown);
        }
    }
}

/// A part of a dotted key, in quotes where TOML asks for them.
fn part(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.bytes().all(bare) {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}
