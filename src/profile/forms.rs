//! Values of a profile that are a choice, or that have more than one form: a switch, a list or a table.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::key::{self, Problems, Text, Value};
use super::value::{Line, PackagePattern, ProfileName};
use crate::catalog::LibraryPattern;
use crate::diagnostic::Place;
use crate::names::PackageName;

/// Who an image talks to, which decides what its command, port and health check default to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Serves {
    /// Clients over HTTP: it has a port and a health check.
    Http,
    /// A queue: it has neither.
    Queue,
}

impl std::str::FromStr for Serves {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "http" => Ok(Self::Http),
            "queue" => Ok(Self::Queue),
            _ => Err("`http` or `queue`".to_owned()),
        }
    }
}

impl std::fmt::Display for Serves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Queue => "queue",
        })
    }
}

/// What builds the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Builder {
    /// `BuildKit`: what `docker build` is.
    Buildkit,
    /// `buildah`, which `podman build` is too, of a version that does not know all that `BuildKit` does.
    Buildah,
}

impl std::str::FromStr for Builder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "buildkit" => Ok(Self::Buildkit),
            "buildah" => Ok(Self::Buildah),
            _ => Err("`buildkit` or `buildah`".to_owned()),
        }
    }
}

impl std::fmt::Display for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Buildkit => "buildkit",
            Self::Buildah => "buildah",
        })
    }
}

/// A signal by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub enum StopSignal {
    /// What Docker sends unless told otherwise.
    #[schemars(rename = "SIGTERM")]
    Term,
    /// What a terminal sends on Ctrl-C.
    #[schemars(rename = "SIGINT")]
    Int,
    /// What some servers finish their requests on.
    #[schemars(rename = "SIGQUIT")]
    Quit,
}

impl std::str::FromStr for StopSignal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "SIGTERM" => Ok(Self::Term),
            "SIGINT" => Ok(Self::Int),
            "SIGQUIT" => Ok(Self::Quit),
            _ => Err("`SIGTERM`, `SIGINT` or `SIGQUIT`".to_owned()),
        }
    }
}

impl std::fmt::Display for StopSignal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Term => "SIGTERM",
            Self::Int => "SIGINT",
            Self::Quit => "SIGQUIT",
        })
    }
}

/// What may be compiled when it has no wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compile {
    /// Anything.
    Allow,
    /// These packages.
    Only(Vec<PackageName>),
    /// Nothing.
    Deny,
}

/// `compile = true`, `false` or the names of packages.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected true, false or a list of packages")]
pub(super) enum CompileWire {
    All(bool),
    Some(Vec<String>),
}

impl Value for Compile {
    type Written = CompileWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[
            bool::json_schema(generator),
            key::list(PackageName::spelling(generator)),
        ])
    }

    fn read(
        key: &str,
        written: &CompileWire,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        Some(match written {
            CompileWire::All(true) => Self::Allow,
            CompileWire::All(false) => Self::Deny,
            CompileWire::Some(names) => Self::Only(all(key, names, place, problems)),
        })
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let value = match self {
            Self::Allow => true.into(),
            Self::Deny => false.into(),
            Self::Only(names) => key::texts(names),
        };
        vec![(key.to_owned(), value)]
    }
}

/// Whether a build looks for missing shared libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// It does not.
    Off,
    /// It ends where one is missing.
    On {
        /// Libraries that may be missing, besides those of the catalog.
        ignore: Vec<LibraryPattern>,
    },
}

/// `scan = true`, `false`, or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected true, false, or a table such as { ignore = [\"libfoo.so.1\"] }"
)]
pub(super) enum ScanWire {
    Switch(bool),
    Table(ScanTableWire),
}

/// The build ends where a shared library is missing, but for these.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scan")]
pub(super) struct ScanTableWire {
    /// Libraries that may be missing, besides those of the catalog: `libcuda.so.1`, `libcuda.so.*`.
    ///
    /// Default: none.
    #[schemars(with = "Vec<LibraryPattern>")]
    pub(super) ignore: Vec<String>,
}

impl Value for Scan {
    type Written = ScanWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[
            bool::json_schema(generator),
            generator.subschema_for::<ScanTableWire>(),
        ])
    }

    fn read(key: &str, written: &ScanWire, place: &Place, problems: &mut Problems) -> Option<Self> {
        Some(match written {
            ScanWire::Switch(false) => Self::Off,
            ScanWire::Switch(true) => Self::On { ignore: Vec::new() },
            ScanWire::Table(table) => Self::On {
                ignore: all(&format!("{key}.ignore"), &table.ignore, place, problems),
            },
        })
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        match self {
            Self::On { ignore } if !ignore.is_empty() => {
                vec![(format!("{key}.ignore"), key::texts(ignore))]
            }
            scan => vec![(key.to_owned(), (*scan != Self::Off).into())],
        }
    }
}

/// How many of the host's GPUs an image needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gpu {
    /// None.
    Off,
    /// Every one that the host has.
    All,
    /// This many.
    Count(u32),
}

impl Gpu {
    /// Whether it needs any.
    pub(crate) fn is_on(self) -> bool {
        self != Self::Off
    }
}

/// `gpu = true`, `false`, or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "expected true, false, or a table such as { count = 1 }"
)]
pub(super) enum GpuWire {
    Switch(bool),
    Table(GpuTableWire),
}

/// It needs this many of the host's GPUs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Gpu")]
pub(super) struct GpuTableWire {
    /// How many.
    ///
    /// Default: all of them.
    #[schemars(range(min = 1, max = u32::MAX))]
    pub(super) count: i64,
}

impl Value for Gpu {
    type Written = GpuWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[
            bool::json_schema(generator),
            generator.subschema_for::<GpuTableWire>(),
        ])
    }

    fn read(key: &str, written: &GpuWire, place: &Place, problems: &mut Problems) -> Option<Self> {
        match written {
            GpuWire::Switch(false) => Some(Self::Off),
            GpuWire::Switch(true) => Some(Self::All),
            GpuWire::Table(table) => {
                let count = u32::try_from(table.count).ok().filter(|count| *count > 0);
                if count.is_none() {
                    let key = format!("{key}.count");
                    let expected = "a number of GPUs: 1 or more";
                    problems.refuse(&key, &table.count.to_string(), place, expected);
                }
                count.map(Self::Count)
            }
        }
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        match self {
            Self::Count(count) => vec![(format!("{key}.count"), i64::from(*count).into())],
            gpu => vec![(key.to_owned(), gpu.is_on().into())],
        }
    }
}

/// Whether and how the database is migrated, by a service that runs once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Migrate {
    /// It is not.
    Off,
    /// With the migrations that the source has, if any.
    Found,
    /// With this command.
    Command(Vec<Line>),
}

/// `migrate = true`, `false` or a command.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected true, false or a command as a list")]
pub(super) enum MigrateWire {
    Switch(bool),
    Command(Vec<String>),
}

impl Value for Migrate {
    type Written = MigrateWire;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        either(&[bool::json_schema(generator), command_schema(generator)])
    }

    fn read(
        key: &str,
        written: &MigrateWire,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        Some(match written {
            MigrateWire::Switch(true) => Self::Found,
            MigrateWire::Switch(false) => Self::Off,
            MigrateWire::Command(words) => {
                let words = all(key, words, place, problems);
                let without = "the migrations of the source are run, or say `migrate = false`";
                refuse_no_program(key, &words, place, without, problems);
                Self::Command(words)
            }
        })
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let value = match self {
            Self::Off => false.into(),
            Self::Found => true.into(),
            Self::Command(command) => key::texts(command),
        };
        vec![(key.to_owned(), value)]
    }
}

/// Tells of a command without a program to start; `without` is what holds without the key.
pub(super) fn refuse_no_program(
    key: &str,
    words: &[Line],
    place: &Place,
    without: &str,
    problems: &mut Problems,
) {
    if starts_nothing(words) {
        problems.add(
            &format!("`{key}` has no program to start"),
            place,
            "a list: the program and its arguments",
            &format!("take the key out: {without}"),
        );
    }
}

pub(super) fn starts_nothing(words: &[Line]) -> bool {
    words.first().is_none_or(|first| first.as_ref().is_empty())
}

/// Layers that dfgen adds to those of the user.
const RESERVED: [&str; 4] = ["app", "isolated", "members", "rest"];

/// Layers: name to packages.
impl Value for IndexMap<String, Vec<PackagePattern>> {
    type Written = IndexMap<Spanned<String>, Vec<Spanned<String>>>;

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": {
                "allOf": [ProfileName::spelling(generator), { "not": { "enum": RESERVED } }],
            },
            "additionalProperties": key::list(PackagePattern::spelling(generator)),
        })
    }

    fn read(
        key: &str,
        written: &Self::Written,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut layers = IndexMap::new();
        for (name, patterns) in written {
            let place = place.moved(name.span());
            let name = name.get_ref();
            let taken = RESERVED.contains(&name.as_str());
            if taken || name.parse::<ProfileName>().is_err() {
                let expected = "a layer's name is lower-case letters, digits and `-`; dfgen itself has `app`, `isolated`, `members` and `rest`";
                problems.refuse(key, name, &place, expected);
                continue;
            }
            let patterns = Vec::read(key, patterns, &place, problems)?;
            layers.insert(name.clone(), patterns);
        }
        Some(layers)
    }

    fn show(&self, key: &str) -> Vec<(String, toml::Value)> {
        let layers = self.iter();
        layers
            .map(|(name, patterns)| (format!("{key}.{name}"), key::texts(patterns)))
            .collect()
    }
}

/// The texts of a list whose items have no place of their own.
fn all<T: Text>(key: &str, texts: &[String], place: &Place, problems: &mut Problems) -> Vec<T> {
    let texts = texts.iter();
    texts
        .filter_map(|text| problems.parsed(key, text, place))
        .collect()
}

/// The schema of a value that has one of these forms.
pub(super) fn either(forms: &[Schema]) -> Schema {
    json_schema!({ "anyOf": forms })
}

fn command_schema(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": Line::spelling(generator), "minItems": 1 })
}
