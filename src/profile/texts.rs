//! The types of values that are one text: what they look like in the JSON Schema, and how they are written
//! again. A pattern never refuses what the type takes; what it lets through besides, dfgen refuses.

use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::bake::{Attestation, BuildCache};
use super::forms::{Builder, Serves, StopSignal};
use super::image_name::ImagePattern;
use super::image_ref::{ImageRef, Mirror, UvSource};
use super::key::Text;
use super::named_lines::LabelName;
use super::path::{ContextPath, DataFolder, ImagePath};
use super::policy::Policy;
use super::service::ServiceName;
use super::step::{KeptPath, ShellLine};
use super::value::{
    ByteSize, Day, Duration, Instruction, Line, MemorySize, PackagePattern, ProfileName,
    VersionRange, Wanted,
};
use crate::catalog::{Accelerator, AptPackage, LibraryPattern};
use crate::names::{EnvName, ExtraName, GroupName, PackageName};
use crate::target::{Platform, PythonVersion};

/// Types that describe themselves.
macro_rules! texts {
    ($($type:ty: $text:expr;)*) => {
        $(impl Text for $type {
            fn spelling(generator: &mut SchemaGenerator) -> Schema {
                generator.subschema_for::<Self>()
            }

            fn text(&self) -> String {
                let text: fn(&Self) -> String = $text;
                text(self)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text())
            }
        })*
    };
}

texts! {
    Accelerator: ToString::to_string;
    AptPackage: |name| name.as_str().to_owned();
    Attestation: ToString::to_string;
    BuildCache: |cache| cache.as_ref().to_owned();
    Builder: ToString::to_string;
    ByteSize: |size| size.as_ref().to_owned();
    ContextPath: |path| path.as_ref().to_owned();
    DataFolder: |path| path.as_ref().to_owned();
    Day: ToString::to_string;
    Duration: |time| time.as_ref().to_owned();
    EnvName: |name| name.as_ref().to_owned();
    ImagePath: |path| path.as_ref().to_owned();
    ImagePattern: |pattern| pattern.as_ref().to_owned();
    ImageRef: ToString::to_string;
    Instruction: |line| line.as_ref().to_owned();
    KeptPath: |path| path.as_ref().to_owned();
    LabelName: |name| name.as_ref().to_owned();
    LibraryPattern: ToString::to_string;
    Line: |line| line.as_ref().to_owned();
    MemorySize: |size| size.as_ref().to_owned();
    Mirror: |mirror| mirror.as_ref().to_owned();
    Platform: ToString::to_string;
    Policy: ToString::to_string;
    ProfileName: ToString::to_string;
    PythonVersion: ToString::to_string;
    Serves: ToString::to_string;
    ServiceName: |name| name.as_ref().to_owned();
    ShellLine: |line| line.as_ref().to_owned();
    StopSignal: ToString::to_string;
    UvSource: |source| source.as_ref().to_owned();
    VersionRange: |range| range.as_ref().to_owned();
}

impl Text for String {
    fn spelling(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }

    fn text(&self) -> String {
        self.clone()
    }
}

/// The name of a package, an extra or a group.
/// Source: <https://packaging.python.org/en/latest/specifications/name-normalization/>
const NAME: &str = "[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?";

/// Names, whose type is another crate's.
macro_rules! names {
    ($($type:ty)*) => {
        $(impl Text for $type {
            fn spelling(_: &mut SchemaGenerator) -> Schema {
                pattern(NAME)
            }

            fn from_text(text: &str) -> Result<Self, String> {
                name(text)
            }

            fn text(&self) -> String {
                self.to_string()
            }
        })*
    };
}

names! { PackageName ExtraName GroupName }

impl<T: Text + std::fmt::Display> Text for Wanted<T> {
    fn spelling(_: &mut SchemaGenerator) -> Schema {
        pattern(&format!("@app|@ml|@default|@all|{NAME}"))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        name(text)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Text for PackagePattern {
    fn spelling(_: &mut SchemaGenerator) -> Schema {
        pattern(&format!(r"@ml|{NAME}|.*[*?\[].*"))
    }

    fn from_text(text: &str) -> Result<Self, String> {
        name(text)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

/// A name, or something that may stand for one. `pep508_rs` takes the empty text for a name.
fn name<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    if text.is_empty() {
        return Err("a name, which is not empty".to_owned());
    }
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn pattern(whole: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": format!("^({whole})$") })
}

impl JsonSchema for Platform {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Platform".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An operating system and processor, in Docker's words.",
            "enum": Self::ALL.map(Self::as_str),
        })
    }
}
