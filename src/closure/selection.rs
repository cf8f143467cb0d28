//! What is asked of a lock: which members, extras and groups, in uv's words and with uv's meaning.
//!
//! A [`Selection`] is plain wishes. [`Roots`] is a selection held against a project: every name
//! exists, default groups are counted in, nothing conflicts.

use crate::names::{ExtraName, GroupName, PackageName};

/// What of a project goes into an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Which members of the workspace.
    pub members: Members,
    /// Which extras of them.
    pub extras: Choice<ExtraName>,
    /// Which dependency groups of them.
    pub groups: Choice<GroupName>,
    /// Whether `default-groups` count in.
    pub default_groups: DefaultGroupsUse,
    /// Whether the members' own requirements count in (`--only-group` leaves them out).
    pub project: ProjectUse,
    /// Packages that are left out, with everything that only they need.
    pub exclude: Vec<PackageName>,
}

impl Default for Selection {
    /// What uv takes when nothing is said: the root with its default groups.
    fn default() -> Self {
        Self {
            members: Members::Root,
            extras: Choice::none(),
            groups: Choice::none(),
            default_groups: DefaultGroupsUse::Include,
            project: ProjectUse::Include,
            exclude: Vec::new(),
        }
    }
}

impl Selection {
    /// What an image takes when nothing is said: the root without any group.
    pub fn production() -> Self {
        Self {
            default_groups: DefaultGroupsUse::Leave,
            ..Self::default()
        }
    }
}

/// Members of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// The root; all members where the root is no project.
    Root,
    /// These (`--package`).
    Named(Vec<PackageName>),
    /// Every one (`--all-packages`).
    All,
}

/// Some names, or all, less some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    /// Which are in.
    pub include: Include<T>,
    /// Which are out, even where they are in otherwise.
    pub exclude: Vec<T>,
}

/// The positive half of a [`Choice`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Include<T> {
    /// These.
    Some(Vec<T>),
    /// Every one.
    All,
}

impl<T: PartialEq> Choice<T> {
    /// Nothing.
    pub(crate) fn none() -> Self {
        Self::some(Vec::new())
    }

    /// These names.
    pub fn some(names: Vec<T>) -> Self {
        Self {
            include: Include::Some(names),
            exclude: Vec::new(),
        }
    }

    /// Every name.
    pub(crate) fn all() -> Self {
        Self {
            include: Include::All,
            exclude: Vec::new(),
        }
    }

    /// Takes a name in.
    pub(super) fn add(&mut self, name: &T)
    where
        T: Clone,
    {
        if let Include::Some(names) = &mut self.include
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }

    /// Whether a name is in.
    pub(crate) fn contains(&self, name: &T) -> bool {
        let included = match &self.include {
            Include::Some(names) => names.contains(name),
            Include::All => true,
        };
        included && !self.exclude.contains(name)
    }

    /// The names that were said, in or out.
    pub(super) fn said(&self) -> impl Iterator<Item = &T> {
        let included = match &self.include {
            Include::Some(names) => names.as_slice(),
            Include::All => &[],
        };
        included.iter().chain(&self.exclude)
    }
}

/// Whether `default-groups` count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultGroupsUse {
    /// They do, as in `uv sync`.
    Include,
    /// They do not (`--no-default-groups`).
    Leave,
}

/// Whether the members' own requirements count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectUse {
    /// They do.
    Include,
    /// They do not: groups only.
    Leave,
}
