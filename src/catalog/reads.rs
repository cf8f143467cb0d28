//! `reads.toml`: how Python code names what it reads without importing it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::lists::{Lists, Names};
use super::table::{Rows, embedded};
use crate::names::PackageName;

/// Folders beside a file that a call uses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    /// The folder that each argument stands for where it is not given.
    arguments: BTreeMap<String, String>,
}

/// What a library looks for by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Library {
    /// Files and folders, from the working folder.
    paths: Vec<String>,
}

/// The rows of `reads.toml`.
#[derive(Debug)]
pub(crate) struct Reads {
    beside: Rows<String, Beside>,
    calls: Lists,
    django: Lists,
    libraries: Rows<PackageName, Library>,
    text: Lists,
}

static EMBEDDED: LazyLock<Reads> = LazyLock::new(Reads::parse);

impl Reads {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("reads");
        let read = Self {
            beside: file.rows("beside"),
            calls: Lists::new(file.rows("call")),
            django: Lists::new(file.rows("django")),
            libraries: file.rows("library"),
            text: Lists::new(file.rows("text")),
        };
        file.finish();
        read
    }

    /// The arguments of a call that name folders beside the file, and the folders where they are not given.
    pub(crate) fn beside(&self, call: &str) -> Option<&BTreeMap<String, String>> {
        self.beside.get(call).map(|row| &row.arguments)
    }

    /// Calls whose first argument is a package, and those after it a path in it.
    pub(crate) fn in_package(&self) -> &Names {
        self.calls.of("in-package")
    }

    /// Calls whose every argument is a path, each behind the one before.
    pub(crate) fn join(&self) -> &Names {
        self.calls.of("join")
    }

    /// Calls that name a path from the working directory.
    pub(crate) fn open(&self) -> &Names {
        self.calls.of("open")
    }

    /// Methods of a path that read what is there.
    pub(crate) fn method(&self) -> &Names {
        self.calls.of("method")
    }

    /// Calls with a folder that pages come from.
    pub(crate) fn serve(&self) -> &Names {
        self.calls.of("serve")
    }

    /// Calls that name a path in some folder `templates`.
    pub(crate) fn template(&self) -> &Names {
        self.calls.of("template")
    }

    /// What Django imports of each installed application, besides the application itself.
    pub(crate) fn of_django_applications(&self) -> &Names {
        self.django.of("application")
    }

    /// Settings of Django whose strings are imported when it starts or answers its first request.
    pub(crate) fn django_settings(&self) -> &Names {
        self.django.of("settings")
    }

    /// The files and folders that these libraries look for by themselves, from the working folder.
    pub(crate) fn of_libraries<'a>(
        &'a self,
        installed: &'a BTreeSet<PackageName>,
    ) -> impl Iterator<Item = &'a str> {
        let rows = self.libraries.iter();
        let rows = rows.filter(|(library, _)| installed.contains(library));
        rows.flat_map(|(_, row)| row.paths.iter().map(String::as_str))
    }

    /// Words of files that ask what is known of installed distributions.
    pub(crate) fn metadata(&self) -> &Names {
        self.text.of("metadata")
    }

    /// What a file holds that finds others from where it lies itself.
    pub(crate) fn anchors(&self) -> &Names {
        self.text.of("anchor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_holds_what_it_is_about() {
        let known = Reads::embedded();
        assert_eq!(
            known.beside("Flask").map(|arguments| arguments.len()),
            Some(2)
        );
        assert!(known.beside("open").is_none());
        assert!(known.in_package().contains("PackageLoader") && known.join().contains("joinpath"));
        assert!(known.open().contains("Path") && known.template().contains("render"));
        assert!(known.of_django_applications().contains("models"));
        assert!(
            known.django_settings().contains("MIDDLEWARE") && known.anchors().contains("__file__")
        );
    }
}
