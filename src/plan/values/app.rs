//! What is decided about the project's own files.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{Decision, reasons};
use crate::ignore_pattern::IgnorePattern;
use crate::names::PackageName;
use crate::profile::{ContextPath, EnvName, ImagePath};

fn ignore_lines<S: Serializer>(
    lines: &[ContextLine],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(lines.iter().map(ToString::to_string))
}

/// How the project itself goes into the image.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AppPlan {
    /// As a built package or as source.
    pub form: Decision<AppForm>,
    /// The project's own packages that the application needs, each built and installed.
    pub members: Vec<LocalPackage>,
    /// The application, where it is built and installed.
    pub package: Option<LocalPackage>,
    /// The folder of the project or member; empty for the root.
    pub folder: String,
    /// Files and folders that go to `/app` as they are, relative to the root. What lies in the
    /// member's folder loses that part of its path.
    pub files: Vec<Copied>,
    /// Folders beside the source that nothing in it names: not in the image.
    pub left: Vec<String>,
    /// Those of them that are in it because a container file of the project's own copies them.
    #[serde(skip)]
    pub told: Vec<ContextPath>,
    /// `name==version`, where it runs as source and asks for the metadata that installing it would have written.
    pub metadata: Option<String>,
    /// Whether Rust code of the project's own is compiled.
    pub rust: bool,
}

impl AppPlan {
    /// Whether a build is told the version with the argument `VERSION`, because it comes from Git.
    pub fn takes_version(&self) -> bool {
        self.packages().any(|package| package.version.is_some())
    }

    /// Local packages that are built and installed, the application last.
    pub fn packages(&self) -> impl Iterator<Item = &LocalPackage> {
        self.members.iter().chain(&self.package)
    }
}

/// What of the project's folder is sent to Docker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ContextPlan {
    /// Whether all of it is, less what stays out.
    pub(crate) everything: bool,
    /// What the Dockerfile copies, sorted.
    pub(crate) copied: Vec<String>,
    /// What of that stays out, and what is sent all the same, in the order in which Docker has to read it.
    pub(crate) sections: Vec<ContextSection>,
    /// What is ignored in this checkout alone, and would be sent from it.
    pub(crate) stray: Vec<String>,
    /// What is sent although an ignore file names it or its name speaks against it, each with why.
    #[serde(serialize_with = "reasons")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub kept: Vec<(String, String)>,
}

/// Lines of the ignore file that have one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ContextSection {
    /// The reason.
    pub(crate) comment: String,
    /// The lines.
    #[serde(serialize_with = "ignore_lines")]
    #[schemars(with = "Vec<String>")]
    pub(crate) lines: Vec<ContextLine>,
}

/// A line of an ignore file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContextLine {
    /// What matches stays out.
    Out(IgnorePattern),
    /// What matches is sent all the same, as an ignore file of the project says.
    Back(IgnorePattern),
    /// This path is sent all the same, with what is below it.
    In(String),
}

impl ContextLine {
    /// As one of Docker's lines: whether it takes back, and what.
    pub(crate) fn read(&self) -> (bool, IgnorePattern) {
        match self {
            Self::Out(pattern) => (false, pattern.clone()),
            Self::Back(pattern) => (true, pattern.clone()),
            Self::In(path) => (true, IgnorePattern::exact(path)),
        }
    }
}

/// As it stands in the file. What is sent is one path: letters that Docker would read as a pattern are escaped.
impl fmt::Display for ContextLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Out(pattern) => pattern.fmt(f),
            Self::Back(pattern) => write!(f, "!{pattern}"),
            Self::In(path) => write!(f, "!{}", IgnorePattern::exact(path)),
        }
    }
}

/// As what the project runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AppForm {
    /// Built and installed into the environment.
    Package,
    /// Copied to `/app`; these folders of it are on the import path.
    Source(Vec<ImagePath>),
}

/// A local package, built in the image's own build.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LocalPackage {
    /// Its name.
    #[schemars(with = "String")]
    pub name: PackageName,
    /// What its build needs.
    pub files: Vec<Copied>,
    /// The variable that tells its build the version, where it would ask Git.
    pub(crate) version: Option<EnvName>,
}

/// A file or folder of the build context, relative to the project's root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Copied {
    /// Its path.
    pub path: ContextPath,
    /// Which of the two it is: Docker copies a folder's content, not the folder.
    pub kind: CopiedKind,
}

/// A file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CopiedKind {
    /// A file.
    File,
    /// A folder with all that is in it.
    Folder,
}
