//! Requirements in the one form in which a manifest and a lock can be compared.
//!
//! Both sides say the same thing in different words: `>=1.0` and `>=1`, `python_version` and
//! `python_full_version`, a name of an index and its URL. [`Requirement`] is what remains when the
//! words are gone. Paths are absolute and without `..`; nothing is looked up on the disk.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};

use pep508_rs::pep440_rs::{
    Operator, Version, VersionSpecifier, VersionSpecifiers, release_specifiers_to_ranges,
};
use pep508_rs::{
    MarkerExpression, MarkerOperator, MarkerTree, MarkerValueString, MarkerValueVersion,
};

use crate::lock::{self, LockedRequirement, Marker};
use crate::names::{ExtraName, PackageName};
use crate::secret::Url;

/// A requirement, comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) name: PackageName,
    pub(super) extras: BTreeSet<ExtraName>,
    pub(super) specifiers: BTreeSet<Specifier>,
    pub(super) marker: MarkerTree,
    pub(super) origin: Origin,
}

impl Requirement {
    /// Whether both ask for the same, but from different places.
    pub(super) fn differs_in_origin_from(&self, other: &Self) -> bool {
        let moved = Self {
            origin: other.origin.clone(),
            ..self.clone()
        };
        // Only an index leaves a choice of versions.
        let fixed = |one: &Self| !matches!(one.origin, Origin::Registry | Origin::Index(_));
        let range = fixed(self) || fixed(other) || moved.specifiers == other.specifiers;
        let same = (&moved.extras, &moved.marker) == (&other.extras, &other.marker);
        self.name == other.name && same && range && self.origin != other.origin
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry => f.write_str("the default indexes"),
            Self::Index(url) => write!(f, "the index `{url}`"),
            Self::Git(git) => {
                write!(f, "`{}`", git.repository)?;
                match &git.reference {
                    Some((kind, name)) => write!(f, " at the {kind} `{name}`"),
                    None => Ok(()),
                }
            }
            Self::Url(url, _) => write!(f, "`{url}`"),
            Self::Local(path, kind) => write!(f, "`{}` ({kind})", path.display()),
        }
    }
}

/// One condition on a version: `>=1.0` is `>=1`, but `~=1.0` is not `~=1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Specifier {
    pub(super) specifier: VersionSpecifier,
    /// How many numbers the version has, where that matters.
    precision: usize,
}

/// Where a required package comes from, comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The indexes that are asked for every package.
    Registry,
    /// This index alone.
    Index(Url),
    /// A Git repository.
    Git(Git),
    /// A file by URL, with the folder inside it.
    Url(Url, Option<String>),
    /// A folder or file on disk, and how it is installed.
    Local(PathBuf, &'static str),
}

/// A Git repository with what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Git {
    pub(super) repository: Url,
    /// `branch`, `tag` or `rev`, and which.
    pub(super) reference: Option<(&'static str, String)>,
    pub(super) subdirectory: Option<String>,
    pub(super) lfs: bool,
}

/// The range of Pythons that a lock holds for; what markers say outside of it does not matter.
#[derive(Debug, Clone)]
pub(super) struct PythonRange {
    pub(super) lower: Bound<Version>,
    pub(super) upper: Bound<Version>,
}

impl PythonRange {
    /// The lowest and the highest version of all the ranges together. `None` when there is none.
    pub(super) fn of<'s>(all: impl IntoIterator<Item = &'s VersionSpecifiers>) -> Option<Self> {
        let specifiers = all.into_iter().flat_map(|one| one.iter()).cloned();
        let ranges = release_specifiers_to_ranges(specifiers.collect());
        let (lower, upper) = ranges.bounding_range()?;
        Some(Self {
            lower: lower.cloned(),
            upper: upper.cloned(),
        })
    }

    /// Whether both begin and end at the same versions.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.lower == other.lower && self.upper == other.upper
    }

    /// A marker that says nothing outside the range.
    pub(super) fn within(&self, marker: MarkerTree) -> MarkerTree {
        let mut marker = with_sys_platform(marker);
        let lower = VersionSpecifier::from_lower_bound(&self.lower);
        let upper = VersionSpecifier::from_upper_bound(&self.upper);
        for specifier in lower.into_iter().chain(upper) {
            marker.and(python(specifier));
        }
        marker
    }
}

/// What uv writes into a lock for `platform_system`: the value of `sys_platform` that stands for the same.
///
/// Source: uv 0.13.9, `uv lock` with each of them.
const SYSTEMS: [(&str, &str); 5] = [
    ("AIX", "aix"),
    ("Darwin", "darwin"),
    ("Emscripten", "emscripten"),
    ("Linux", "linux"),
    ("Windows", "win32"),
];

/// A marker that asks for `sys_platform` where it asked for a `platform_system` of the same meaning.
fn with_sys_platform(marker: MarkerTree) -> MarkerTree {
    let mut alternatives = marker.to_dnf();
    let mut changed = false;
    for expression in alternatives.iter_mut().flatten() {
        if let MarkerExpression::String {
            key: key @ MarkerValueString::PlatformSystem,
            operator: MarkerOperator::Equal | MarkerOperator::NotEqual,
            value,
        } = expression
            && let Some((_, same)) = SYSTEMS.iter().find(|(system, _)| system == value)
        {
            *key = MarkerValueString::SysPlatform;
            (*same).clone_into(value);
            changed = true;
        }
    }
    if !changed {
        return marker;
    }
    let mut any = MarkerTree::FALSE;
    for expressions in alternatives {
        let mut all = MarkerTree::TRUE;
        for expression in expressions {
            all.and(MarkerTree::expression(expression));
        }
        any.or(all);
    }
    any
}

/// The marker of a range of Pythons.
pub(super) fn pythons(range: &VersionSpecifiers) -> MarkerTree {
    let mut marker = MarkerTree::TRUE;
    for specifier in range.iter().cloned() {
        marker.and(python(specifier));
    }
    marker
}

fn python(specifier: VersionSpecifier) -> MarkerTree {
    MarkerTree::expression(MarkerExpression::Version {
        key: MarkerValueVersion::PythonFullVersion,
        specifier,
    })
}

/// Conditions on a version, comparable.
pub(super) fn specifiers(all: &VersionSpecifiers) -> BTreeSet<Specifier> {
    let precise = [
        Operator::TildeEqual,
        Operator::EqualStar,
        Operator::NotEqualStar,
    ];
    let comparable = all.iter().map(|specifier| Specifier {
        precision: if precise.contains(specifier.operator()) {
            specifier.version().release().len()
        } else {
            0
        },
        specifier: specifier.clone(),
    });
    comparable.collect()
}

/// A marker's meaning, `None` when the text is no marker.
pub(super) fn marker(text: &str) -> Option<MarkerTree> {
    lock::parse_marker(text)
}

/// A locked requirement, comparable; `None` where the lock says what nobody can read.
pub(super) fn locked(
    wire: &LockedRequirement,
    root: &Path,
    python: &PythonRange,
) -> Option<Requirement> {
    let marker = match &wire.marker {
        Some(marker) => Marker::tree(marker)?.clone(),
        None => MarkerTree::TRUE,
    };
    let range = wire.specifier.as_deref().unwrap_or_default();
    Some(Requirement {
        name: wire.name.clone(),
        extras: wire.extras.iter().cloned().collect(),
        specifiers: specifiers(&range.parse().ok()?),
        marker: python.within(marker),
        origin: locked_origin(wire, root),
    })
}

fn locked_origin(wire: &LockedRequirement, root: &Path) -> Origin {
    match &wire.source {
        None => Origin::Registry,
        Some(("index", url)) => Origin::Index(index(url.as_written(), root)),
        Some(("git", url)) => Origin::Git(locked_git(url.as_written())),
        Some(("url", url)) => Origin::Url(plain_url(url.as_written()), wire.subdirectory.clone()),
        Some((kind, path)) => Origin::Local(absolute(root, path.as_written()), kind),
    }
}

fn locked_git(url: &str) -> Git {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let (repository, query) = url.split_once('?').unwrap_or((url, ""));
    let value = |wanted: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut fitting = pairs.filter(|(key, _)| *key == wanted);
        fitting.next().map(|(_, value)| decoded(value))
    };
    let references = ["branch", "tag", "rev"];
    Git {
        repository: git_repository(repository),
        reference: references
            .into_iter()
            .find_map(|key| Some((key, value(key)?))),
        subdirectory: value("subdirectory"),
        lfs: value("lfs").is_some_and(|lfs| lfs == "true"),
    }
}

/// A repository's URL without credentials.
pub(super) fn git_repository(url: &str) -> Url {
    plain_url(url.strip_prefix("git+").unwrap_or(url))
}

/// A URL without credentials, percent signs decoded.
pub(super) fn plain_url(url: &str) -> Url {
    let bare = match url.split_once("://") {
        Some((scheme, rest)) => {
            let host_end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..host_end].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[host..])
        }
        None => url.to_owned(),
    };
    decoded(&bare).into()
}

/// An index: its URL, or the path of a flat one. uv writes the latter in full, so that it is another
/// one on each machine: the last part is what can be compared.
pub(super) fn index(text: &str, root: &Path) -> Url {
    let path = text.strip_prefix("file://");
    if path.is_none() && text.contains("://") {
        return plain_url(text);
    }
    let path = absolute(root, &decoded(path.unwrap_or(text)));
    let last = path.file_name().unwrap_or_default();
    last.to_string_lossy().into_owned().into()
}

/// A path below a folder, with `.` and `..` resolved by name alone.
pub(super) fn absolute(base: &Path, path: &str) -> PathBuf {
    let mut result = PathBuf::new();
    for component in base.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

fn decoded(text: &str) -> String {
    let bytes = percent_encoding::percent_decode_str(text);
    bytes.decode_utf8_lossy().into_owned()
}

/// A locked requirement as a person would write it.
pub(super) fn shown(wire: &LockedRequirement) -> String {
    let name = &wire.name;
    let extras: Vec<&str> = wire.extras.iter().map(AsRef::as_ref).collect();
    let extras = match extras.as_slice() {
        [] => String::new(),
        some => format!("[{}]", some.join(",")),
    };
    let specifier = wire.specifier.as_deref().unwrap_or_default();
    let source = match &wire.source {
        Some((kind, place)) => format!(" ({kind} {place})"),
        None => String::new(),
    };
    let marker = match &wire.marker {
        Some(marker) => format!(" ; {marker}"),
        None => String::new(),
    };
    format!("{name}{extras}{specifier}{source}{marker}")
}
