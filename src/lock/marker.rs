//! Environment markers of the lock (PEP 508), with uv's encoding of conflicting extras and groups.
//!
//! A lock repeats few markers many times, and one closure meets only some of them. So markers are
//! interned when the lock is read, and each is parsed once, when it is first asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, VerbatimUrl};

use crate::names::{GroupName, PackageName};

/// A condition on an edge of the lock. Cheap to clone.
#[derive(Clone)]
pub struct Marker(Arc<Inner>);

struct Inner {
    text: String,
    tree: OnceLock<Option<MarkerTree>>,
}

impl Marker {
    /// The marker as the lock has it.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether the marker holds, given the environment and what conflicting extras, groups and
    /// packages are active. `None` when the text is no marker.
    pub(crate) fn holds(&self, environment: &MarkerEnvironment, active: &Active) -> Option<bool> {
        self.tree()
            .map(|tree| tree.evaluate(environment, &active.0))
    }

    /// The parsed marker; `None` when the text is none.
    pub(crate) fn tree(&self) -> Option<&MarkerTree> {
        let parse = || MarkerTree::parse_str::<VerbatimUrl>(&self.0.text).ok();
        self.0.tree.get_or_init(parse).as_ref()
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Gives equal texts the same [`Marker`].
#[derive(Default)]
pub(super) struct Interner<'a>(BTreeMap<&'a str, Marker>);

impl<'a> Interner<'a> {
    pub(super) fn marker(&mut self, text: &'a str) -> Marker {
        let make = || {
            Marker(Arc::new(Inner {
                text: text.to_owned(),
                tree: OnceLock::new(),
            }))
        };
        self.0.entry(text).or_insert_with(make).clone()
    }
}

/// The extras, groups and packages that are active, in the names that uv gives them inside markers:
/// `extra-<n>-<package>-<extra>`, `group-<n>-<package>-<group>` and `project-<n>-<package>`, where
/// `<n>` is the length of the package's name.
///
/// Source: `crates/uv-resolver/src/universal_marker.rs` in uv.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Active(Vec<ExtraName>);

impl Active {
    /// Adds an extra; `true` when it was not there.
    pub(crate) fn add_extra(&mut self, package: &PackageName, extra: &ExtraName) -> bool {
        self.add("extra", package, &format!("-{extra}"))
    }

    /// Adds a group; `true` when it was not there.
    pub(crate) fn add_group(&mut self, package: &PackageName, group: &GroupName) -> bool {
        self.add("group", package, &format!("-{group}"))
    }

    /// Adds a package whose own requirements are installed; `true` when it was not there.
    pub(crate) fn add_project(&mut self, package: &PackageName) -> bool {
        self.add("project", package, "")
    }

    fn add(&mut self, kind: &str, package: &PackageName, rest: &str) -> bool {
        let length = package.as_ref().len();
        let encoded = ExtraName::new(format!("{kind}-{length}-{package}{rest}"))
            .expect("joined names make a valid name");
        let new = !self.0.contains(&encoded);
        if new {
            self.0.push(encoded);
        }
        new
    }
}
