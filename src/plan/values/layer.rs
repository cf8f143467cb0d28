//! What is decided about a layer of dependencies.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::bytes::Bytes;
use crate::closure::Weight;
use crate::names::PackageName;
use crate::target::Platform;

/// Packages that enter the image together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LayerPlan {
    /// The layer's name.
    pub name: String,
    /// What is in it, for a comment.
    pub(crate) comment: String,
    /// Which packages it takes of those that no layer before it took; the last one takes the rest.
    pub(crate) patterns: Vec<LayerPattern>,
    /// What that is on each platform, in the order of the image's.
    pub contents: Vec<LayerContents>,
    /// What is left out of it, by rule.
    pub trim: Vec<TrimPlan>,
    /// Packages, by name or pattern, whose files stay as they were built: their licences let nobody change them.
    pub as_built: Vec<String>,
    /// Packages whose files others built, and of whose shared libraries debug symbols are cut.
    #[schemars(with = "BTreeSet<String>")]
    pub stripped: BTreeSet<PackageName>,
}

/// Which packages a layer takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayerPattern {
    /// The one of this name.
    Name(PackageName),
    /// Those whose names match.
    Glob(glob::Pattern),
    /// All that are left.
    Rest,
}

/// What is in a layer on one platform.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LayerContents {
    /// The platform.
    pub platform: Platform,
    /// The packages, by name.
    pub packages: Vec<LayerPackage>,
    /// Their compressed size.
    pub download: Weight,
    /// What is built because it has no wheel.
    #[schemars(with = "Vec<String>")]
    pub(crate) built: Vec<PackageName>,
}

/// One package of a layer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LayerPackage {
    /// Its name.
    #[schemars(with = "String")]
    pub name: PackageName,
    /// `name==version`.
    pub(crate) label: String,
    /// Whether its wheel is for one platform, and so may have shared libraries.
    #[serde(skip)]
    pub(crate) native: bool,
    /// Compressed size, where the lock gives one.
    pub download: Option<Bytes>,
}

/// Why files are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TrimKind {
    /// No program needs such files when it runs, whatever package has them.
    Unused,
    /// They are the tests of packages in the layer.
    Tests,
    /// The profile's `trim` asks for it.
    Asked,
}

/// A rule that leaves files out of a dependency layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TrimPlan {
    /// The rule's name.
    pub rule: String,
    /// Why.
    pub(crate) kind: TrimKind,
    /// Paths below site-packages, with `*` and `**`; none for `debug-symbols`, which cuts within files.
    pub(crate) patterns: Vec<String>,
    /// What it was seen to save, where that was measured.
    pub saves: Option<Bytes>,
}
