//! `uv.lock` as it is written: a mirror of the file, nothing decided yet.
//!
//! Covers every revision that uv writes or still reads (none to 5), with the older spellings
//! `[[distribution]]` and `[package.dependency-groups]`. Keys that dfgen has no use for are not
//! read. [`super::Lock`] is what these become.
//!
//! Source: <https://github.com/astral-sh/uv/blob/main/crates/uv-resolver/src/lock/mod.rs>

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

/// A string of the file, borrowed from it where it has no escapes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LockWire<'a> {
    pub(super) version: u32,
    pub(super) revision: Option<u32>,
    #[serde(borrow)]
    pub(super) requires_python: Text<'a>,
    #[serde(borrow, default)]
    pub(super) supported_markers: Vec<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) required_markers: Vec<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) conflicts: Vec<Vec<ConflictWire<'a>>>,
    #[serde(borrow, default)]
    pub(super) options: OptionsWire<'a>,
    #[serde(borrow, default)]
    pub(super) manifest: ManifestWire<'a>,
    #[serde(borrow, default, alias = "distribution")]
    pub(super) package: Vec<PackageWire<'a>>,
}

/// Read alone when the rest does not fit, to tell a newer schema from a broken file.
#[derive(Debug, Deserialize)]
pub(super) struct VersionWire {
    pub(super) version: Option<u32>,
}

/// One member of a conflict set: a package, or one of its extras or groups.
#[derive(Debug, Deserialize)]
pub(super) struct ConflictWire<'a> {
    #[serde(borrow)]
    pub(super) package: Text<'a>,
    #[serde(borrow)]
    pub(super) extra: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) group: Option<Text<'a>>,
}

/// How the lock was resolved.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct OptionsWire<'a> {
    #[serde(borrow)]
    pub(super) resolution_mode: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) prerelease_mode: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) fork_strategy: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) exclude_newer: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) exclude_newer_span: Option<Text<'a>>,
}

/// What the workspace asked for beside its members' own requirements.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct ManifestWire<'a> {
    #[serde(borrow)]
    pub(super) members: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) constraints: Vec<RequirementWire<'a>>,
    #[serde(borrow)]
    pub(super) overrides: Vec<RequirementWire<'a>>,
    #[serde(borrow)]
    pub(super) build_constraints: Vec<RequirementWire<'a>>,
    #[serde(borrow)]
    pub(super) excludes: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) dependency_groups: IndexMap<Text<'a>, Vec<RequirementWire<'a>>>,
    #[serde(borrow)]
    pub(super) default_groups: Option<DefaultGroupsWire<'a>>,
}

/// `["dev", "docs"]` or `"all"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum DefaultGroupsWire<'a> {
    #[serde(borrow)]
    Some(Vec<Text<'a>>),
    #[serde(borrow)]
    All(Text<'a>),
}

/// One `[[package]]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PackageWire<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) source: SourceWire<'a>,
    #[serde(borrow, default)]
    pub(super) resolution_markers: Vec<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) dependencies: Vec<DependencyWire<'a>>,
    #[serde(borrow, default)]
    pub(super) optional_dependencies: IndexMap<Text<'a>, Vec<DependencyWire<'a>>>,
    #[serde(borrow, default, alias = "dependency-groups")]
    pub(super) dev_dependencies: IndexMap<Text<'a>, Vec<DependencyWire<'a>>>,
    #[serde(borrow)]
    pub(super) default_groups: Option<DefaultGroupsWire<'a>>,
    #[serde(borrow)]
    pub(super) sdist: Option<ArtifactWire<'a>>,
    #[serde(borrow, default)]
    pub(super) wheels: Vec<ArtifactWire<'a>>,
    #[serde(borrow)]
    pub(super) metadata: Option<MetadataWire<'a>>,
}

/// Where a package comes from: exactly one key is set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SourceWire<'a> {
    #[serde(borrow)]
    Registry(Text<'a>),
    #[serde(borrow)]
    Git(Text<'a>),
    #[serde(borrow)]
    Url(Text<'a>),
    #[serde(borrow)]
    Path(Text<'a>),
    #[serde(borrow)]
    Directory(Text<'a>),
    #[serde(borrow)]
    Editable(Text<'a>),
    #[serde(borrow)]
    Virtual(Text<'a>),
}

/// An edge of the graph.
#[derive(Debug, Deserialize)]
pub(super) struct DependencyWire<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) source: Option<SourceWire<'a>>,
    #[serde(borrow, default)]
    pub(super) extra: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) marker: Option<Text<'a>>,
}

/// A wheel or an sdist: by URL, by path below a flat index, or by file name alone.
#[derive(Debug, Deserialize)]
pub(super) struct ArtifactWire<'a> {
    #[serde(borrow)]
    pub(super) url: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) path: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) filename: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) hash: Option<Text<'a>>,
    pub(super) size: Option<u64>,
}

/// What the package's manifest said when it was locked. Absent in revision 4 for local packages.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct MetadataWire<'a> {
    #[serde(borrow)]
    pub(super) requires_dist: Vec<RequirementWire<'a>>,
    #[serde(borrow, alias = "dependency-groups")]
    pub(super) requires_dev: IndexMap<Text<'a>, Vec<RequirementWire<'a>>>,
    #[serde(borrow)]
    pub(super) provides_extras: Option<Vec<Text<'a>>>,
}

/// A requirement as uv recorded it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RequirementWire<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) extras: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) marker: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) specifier: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) index: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) git: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) url: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) path: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) directory: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) editable: Option<Text<'a>>,
    #[serde(borrow, rename = "virtual")]
    pub(super) virtual_: Option<Text<'a>>,
    /// The folder inside the archive of `url`.
    #[serde(borrow)]
    pub(super) subdirectory: Option<Text<'a>>,
}
