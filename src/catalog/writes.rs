//! `writes.toml`: what of Python's and of libraries writes files.

use std::sync::LazyLock;

use serde::Deserialize;

use super::table::{Rows, embedded};
use crate::names::PackageName;

/// A call that writes, or a setting that names what is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Writer {
    /// Where the path is.
    pub(crate) given: Given,
    /// Its position.
    pub(crate) argument: usize,
    /// Its keyword.
    pub(crate) keyword: Option<String>,
    /// The path where none is given.
    pub(crate) unsaid: Option<String>,
    /// The position of the mode.
    pub(crate) mode: Option<usize>,
    /// The position of what is written, where the first argument is then no path but the name in a storage.
    pub(crate) content: Option<usize>,
    /// A keyword with which nothing is written.
    pub(crate) unless: Option<String>,
    /// What the path is of.
    pub(crate) is: Written,
    /// Whether nothing is written where it is there.
    pub(crate) unless_there: bool,
    /// The key of the path, where the value is a dictionary.
    inside: Option<String>,
    /// Another key of that dictionary.
    beside: Option<String>,
    /// How what stands there ends.
    ends: Option<String>,
    /// The distribution that reads the setting.
    pub(crate) library: Option<PackageName>,
    /// A word that says that something else is written to.
    pub(crate) elsewhere: Option<String>,
}

/// A dictionary that holds a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inside<'r> {
    /// The key of the path.
    pub(crate) key: &'r str,
    /// Another key.
    pub(crate) beside: &'r str,
    /// How what stands there ends.
    pub(crate) ends: &'r str,
}

/// Where a path is in a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Given {
    /// An argument, or its keyword.
    #[default]
    Argument,
    /// A keyword.
    Keyword,
    /// What the method is of.
    Object,
}

/// What a path is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Written {
    /// A file.
    #[default]
    File,
    /// A folder.
    Folder,
    /// A file of `SQLite`, in a URL.
    Url,
}

impl Writer {
    /// The dictionaries in which the path is, where it is in one.
    pub(crate) fn inside(&self) -> Option<Inside<'_>> {
        Some(Inside {
            key: self.inside.as_deref()?,
            beside: self.beside.as_deref()?,
            ends: self.ends.as_deref()?,
        })
    }
}

/// A call that names a folder in the home of whoever runs it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InHome {
    /// The folder around the one that has the application's name, which is the first argument.
    folder: String,
}

/// The rows of `writes.toml`.
#[derive(Debug)]
pub(crate) struct Writes {
    calls: Rows<String, Writer>,
    home: Rows<String, InHome>,
    methods: Rows<String, Writer>,
    settings: Rows<String, Writer>,
}

static EMBEDDED: LazyLock<Writes> = LazyLock::new(Writes::parse);

impl Writes {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("writes");
        let read = Self {
            calls: file.rows("call"),
            home: file.rows("home"),
            methods: file.rows("method"),
            settings: file.rows("setting"),
        };
        file.finish();
        read
    }

    /// What a call of this dotted name writes.
    pub(crate) fn call(&self, name: &str) -> Option<&Writer> {
        self.calls.get(name).map(|row| &**row)
    }

    /// The folder in the home of whoever runs it, below which a call of this dotted name has one for an application.
    pub(crate) fn home(&self, name: &str) -> Option<&str> {
        self.home.get(name).map(|row| row.folder.as_str())
    }

    /// What a method of this name writes.
    pub(crate) fn method(&self, name: &str) -> Option<&Writer> {
        self.methods.get(name).map(|row| &**row)
    }

    /// The settings that name what is written.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &Writer)> {
        let settings = self.settings.iter();
        settings.map(|(name, row)| (name.as_str(), &**row))
    }

    /// The last parts of all names: a file without any of them writes nothing.
    pub(crate) fn words(&self) -> Vec<&str> {
        let calls = self.calls.keys().filter_map(|name| name.rsplit('.').next());
        let others = self.methods.keys().chain(self.settings.keys());
        calls.chain(others.map(String::as_str)).collect()
    }
}
