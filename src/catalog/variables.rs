//! `variables.toml`: how source code reads its environment.

use std::sync::LazyLock;

use serde::Deserialize;

use super::lists::{Lists, Names};
use super::table::{Rows, embedded};

/// A call that reads a variable, which its first argument names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReadingCall {
    /// The keyword that names it, too.
    pub(crate) named: Option<String>,
    /// The variable that it reads where none is named.
    pub(crate) unnamed: Option<String>,
    /// Whether it gives nothing, and does not fail, where the variable is not set.
    #[serde(rename = "gives-nothing")]
    pub(crate) gives_nothing: bool,
}

/// A class whose fields are variables.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsClass {
    /// The setting that goes before each name.
    pub(crate) prefix: String,
    /// The setting that goes between a field and a field of its own class.
    pub(crate) delimiter: String,
    /// Arguments of a field that name its variable.
    pub(crate) aliases: Vec<String>,
    /// Whether a field that may be `None` is that where nothing is said.
    #[serde(default, rename = "optional-has-none")]
    pub(crate) optional_has_none: bool,
}

/// A type whose values are paths of something that has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PathType {}

/// A value that fits variables whose names end so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fitting {
    value: String,
}

/// A setting without which a framework does not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Needed {}

/// A call that makes an object whose attributes are variables.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsObject {
    /// The keyword that goes before each name.
    pub(crate) prefix: String,
    /// The prefix where there is none.
    pub(crate) unsaid: String,
}

/// A class whose instances are made with the values that variables have where they are not set:
/// `Env(DEBUG=(bool, False))`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scheme {}

/// The rows of `variables.toml`.
#[derive(Debug)]
pub(crate) struct Variables {
    calls: Rows<String, ReadingCall>,
    classes: Rows<String, SettingsClass>,
    objects: Rows<String, SettingsObject>,
    schemes: Rows<String, Scheme>,
    paths: Rows<String, PathType>,
    needed: Rows<String, Needed>,
    addresses: Lists,
    fitting: Rows<String, Fitting>,
}

static EMBEDDED: LazyLock<Variables> = LazyLock::new(Variables::parse);

impl Variables {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("variables");
        let read = Self {
            calls: file.rows("call"),
            classes: file.rows("class"),
            objects: file.rows("object"),
            schemes: file.rows("scheme"),
            paths: file.rows("path"),
            needed: file.rows("needed"),
            addresses: Lists::new(file.rows("address")),
            fitting: file.rows("fitting"),
        };
        file.finish();
        read
    }

    /// How a call of this dotted name reads a variable; the row with the longest end of the name.
    pub(crate) fn call(&self, callee: &str) -> Option<&ReadingCall> {
        let dots = callee.match_indices('.').map(|(at, _)| at + 1);
        let mut ends = std::iter::once(0).chain(dots).map(|at| &callee[at..]);
        ends.find_map(|end| self.calls.get(end)).map(|row| &**row)
    }

    /// The class of this dotted name.
    pub(crate) fn class(&self, name: &str) -> Option<&SettingsClass> {
        self.classes.get(name).map(|row| &**row)
    }

    /// What a call of this dotted name makes.
    pub(crate) fn object(&self, name: &str) -> Option<&SettingsObject> {
        self.objects.get(name).map(|row| &**row)
    }

    /// Whether values of a type of this name have to be paths of something that is there.
    pub(crate) fn is_of_a_path(&self, name: &str) -> bool {
        self.paths.contains_key(name)
    }

    /// Whether Django does not start where this setting is empty.
    pub(crate) fn is_needed(&self, setting: &str) -> bool {
        self.needed.contains_key(setting)
    }

    /// A value that fits a variable of this name, where not any does.
    pub(crate) fn fitting(&self, name: &str) -> Option<&str> {
        let mut rows = self.fitting.iter();
        let (_, row) = rows.find(|(end, _)| name.ends_with(end.as_str()))?;
        Some(&row.value)
    }

    /// Hosts that are the machine, or the container, itself.
    pub(crate) fn this_machine(&self) -> &Names {
        self.addresses.of("this-machine")
    }

    /// Words of names of addresses at which others find the application, or from which they come.
    pub(crate) fn other_ends(&self) -> &Names {
        self.addresses.of("other-ends")
    }

    /// Words of names of what the application itself listens at.
    pub(crate) fn own(&self) -> &Names {
        self.addresses.of("own")
    }

    /// Ports at which development servers of front ends listen.
    pub(crate) fn pages(&self) -> &Names {
        self.addresses.of("pages")
    }

    /// Whether a call of this dotted name makes an object that is given a value for each variable.
    pub(crate) fn is_scheme(&self, callee: &str) -> bool {
        let last = callee.rsplit('.').next().unwrap_or(callee);
        self.schemes.contains_key(last)
    }

    /// The last parts of all names: a file without any of them reads nothing.
    pub(crate) fn words(&self) -> Vec<&str> {
        let calls = self.calls.keys().map(|name| match name.split_once('.') {
            Some((first, _)) => first,
            None => name.as_str(),
        });
        let made = self.classes.keys().chain(self.objects.keys());
        let made = made.filter_map(|name| name.rsplit('.').next());
        calls.chain(made).collect()
    }
}
