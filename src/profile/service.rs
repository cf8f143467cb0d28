//! Services beside the images: what no row of the catalog knows, in the words of compose.

use std::str::FromStr;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json};
use toml::Spanned;

use super::key::{self, Problems, Text, Value};
use super::value::{Line, ProfileName};
use crate::catalog::Dockerfiles;
use crate::diagnostic::Place;
use crate::names::EnvName;

/// The name of a service of a compose file.
///
/// Source: <https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
pub struct ServiceName(#[schemars(regex(pattern = r"^[A-Za-z0-9._-]+$"))] String);

impl FromStr for ServiceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !text.is_empty() && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a service's name is letters, digits, `.`, `_` and `-`".to_owned())
        }
    }
}

impl AsRef<str> for ServiceName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Until when others wait for a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitFor {
    /// It has started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It has run and ended well.
    Completed,
}

/// The words for it.
const WAITS: [(&str, WaitFor); 3] = [
    ("completed", WaitFor::Completed),
    ("healthy", WaitFor::Healthy),
    ("started", WaitFor::Started),
];

impl WaitFor {
    /// As dfgen.toml says it.
    pub(crate) fn word(self) -> &'static str {
        let mut words = WAITS.into_iter();
        let own = words.find(|(_, wait)| *wait == self);
        own.map_or("", |(word, _)| word)
    }
}

/// A service beside the images.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Its keys, as compose has them; paths of the host begin at the project's folder.
    pub keys: IndexMap<String, Json>,
    /// What images are told of it.
    pub tell: IndexMap<EnvName, Line>,
    /// The profiles that need it; all where nothing is said.
    pub needed_by: Option<Vec<ProfileName>>,
    /// Until when these wait, where its keys do not tell.
    pub wait_for: Option<WaitFor>,
}

impl Neighbour {
    /// Until when others wait for it: it ends, or says that it is healthy, or nobody knows more than that it has started.
    pub(crate) fn waits(&self) -> WaitFor {
        self.wait_for.unwrap_or_else(|| self.waits_by_keys())
    }

    /// What its keys alone tell of that.
    pub(crate) fn waits_by_keys(&self) -> WaitFor {
        let health = self.keys.get("healthcheck");
        let is_off = health.and_then(|health| health.get("disable")) == Some(&Json::Bool(true));
        match self.keys.get("restart") {
            Some(Json::String(said)) if said == "no" => WaitFor::Completed,
            _ if health.is_some() && !is_off => WaitFor::Healthy,
            _ => WaitFor::Started,
        }
    }

    /// The table that says it, without its heading.
    pub(crate) fn table(&self) -> toml::Table {
        let mut table = toml::Table::new();
        for (key, value) in &self.keys {
            if let Ok(value) = toml::Value::try_from(value) {
                table.insert(key.clone(), value);
            }
        }
        if let Some(names) = &self.needed_by {
            table.insert("needed-by".to_owned(), key::texts(names));
        }
        if let Some(wait) = self.wait_for {
            table.insert("wait-for".to_owned(), wait.word().into());
        }
        let tell = self.tell.iter();
        let tell = tell.map(|(name, value)| (name.as_ref().to_owned(), value.text().into()));
        let tell: toml::Table = tell.collect();
        if !tell.is_empty() {
            table.insert("tell".to_owned(), tell.into());
        }
        table
    }
}

impl Value for IndexMap<ServiceName, Neighbour> {
    type Written = IndexMap<Spanned<String>, toml::Table>;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let held = Dockerfiles::embedded().neighbour_keys().iter();
        let keys = held.map(|key| (key.to_owned(), Json::Object(Map::new())));
        let mut properties: Map<String, Json> = keys.collect();
        let line = Line::spelling(generator);
        properties.insert("image".to_owned(), line.clone().to_value());
        let tell = json_schema!({
            "type": "object",
            "propertyNames": EnvName::spelling(generator),
            "additionalProperties": line,
        });
        properties.insert("tell".to_owned(), tell.to_value());
        let names = key::list(ProfileName::spelling(generator));
        properties.insert("needed-by".to_owned(), names.to_value());
        let words = WAITS.map(|(word, _)| word);
        let waits = json_schema!({ "enum": words });
        properties.insert("wait-for".to_owned(), waits.to_value());
        json_schema!({
            "type": "object",
            "propertyNames": ServiceName::spelling(generator),
            "additionalProperties": {
                "type": "object",
                "properties": properties,
                "required": ["image"],
                "additionalProperties": false,
            },
        })
    }

    fn read(
        _: &str,
        written: &Self::Written,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut services = Self::new();
        for (name, table) in written {
            let place = place.moved(name.span());
            let key = format!("service.{}", name.get_ref());
            let read = Reader {
                key: &key,
                place: &place,
            };
            let name = problems.parsed(&key, name.get_ref(), &place);
            let service = read.service(table, problems);
            services.extend(name.zip(service));
        }
        Some(services)
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let services = self.iter();
        services
            .map(|(name, service)| (format!("{key}.{}", name.as_ref()), service.table().into()))
            .collect()
    }
}

struct Reader<'r> {
    key: &'r str,
    place: &'r Place,
}

impl Reader<'_> {
    fn service(&self, table: &toml::Table, problems: &mut Problems) -> Option<Neighbour> {
        let mut service = Neighbour {
            keys: IndexMap::new(),
            tell: IndexMap::new(),
            needed_by: None,
            wait_for: None,
        };
        for (key, value) in table {
            match key.as_str() {
                "needed-by" => service.needed_by = Some(self.names(value, problems)?),
                "wait-for" => service.wait_for = Some(self.wait(value, problems)?),
                "tell" => service.tell = self.tell(value, problems)?,
                key if Dockerfiles::embedded().neighbour_keys().contains(key) => {
                    service.keys.insert(key.to_owned(), json(value));
                }
                key => {
                    self.refuse(&format!("`{}` has no key `{key}`", self.key), problems);
                    return None;
                }
            }
        }
        let image = service.keys.get("image").and_then(Json::as_str);
        let Some(image) = image else {
            self.refuse(&format!("`{}` names no image", self.key), problems);
            return None;
        };
        problems.parsed::<Line>(&format!("{}.image", self.key), image, self.place)?;
        Some(service)
    }

    fn refuse(&self, what: &str, problems: &mut Problems) {
        problems.add(
            what,
            self.place,
            "a service of another project's image",
            "`image`, other keys of compose, and `tell`, `needed-by` and `wait-for`: `dfgen explain services`",
        );
    }

    fn names(&self, value: &toml::Value, problems: &mut Problems) -> Option<Vec<ProfileName>> {
        let Some(items) = value.as_array() else {
            self.refuse(&format!("`{}.needed-by` is no list", self.key), problems);
            return None;
        };
        items.iter().map(|item| self.text(item, problems)).collect()
    }

    fn wait(&self, value: &toml::Value, problems: &mut Problems) -> Option<WaitFor> {
        let known = WAITS.iter().find(|(word, _)| value.as_str() == Some(word));
        if known.is_none() {
            let expected = "`started`, `healthy` or `completed`";
            let key = format!("{}.wait-for", self.key);
            problems.refuse(&key, &value.to_string(), self.place, expected);
        }
        known.map(|(_, wait)| *wait)
    }

    fn tell(
        &self,
        value: &toml::Value,
        problems: &mut Problems,
    ) -> Option<IndexMap<EnvName, Line>> {
        let Some(table) = value.as_table() else {
            self.refuse(&format!("`{}.tell` is no table", self.key), problems);
            return None;
        };
        let mut told = IndexMap::new();
        for (name, value) in table {
            let name = problems.parsed(self.key, name, self.place)?;
            told.insert(name, self.text(value, problems)?);
        }
        Some(told)
    }

    fn text<T: Text>(&self, value: &toml::Value, problems: &mut Problems) -> Option<T> {
        match value.as_str() {
            Some(text) => problems.parsed(self.key, text, self.place),
            None => {
                self.refuse(
                    &format!("`{}` has a value that is no text", self.key),
                    problems,
                );
                None
            }
        }
    }
}

/// A value as JSON has it; a date is a text.
fn json(value: &toml::Value) -> Json {
    match value {
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => {
            let table = table.iter();
            Json::Object(
                table
                    .map(|(key, value)| (key.clone(), json(value)))
                    .collect(),
            )
        }
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}
