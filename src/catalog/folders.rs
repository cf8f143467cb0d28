//! `folders.toml`: what folders and files are for, told by their names.

use std::sync::LazyLock;

use serde::Deserialize;

use super::lists::{Lists, Names};
use super::table::{Rows, embedded};

/// What a folder of a project is for, where its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FolderRole {
    /// Documentation.
    Docs,
    /// Examples, notebooks and benchmarks.
    Examples,
    /// Database migrations.
    Migrations,
    /// Scripts and tools for developers.
    Scripts,
    /// Tests and what they need.
    Tests,
}

/// The rows of `folders.toml`.
#[derive(Debug)]
pub(crate) struct Folders {
    found: Lists,
    roles: Rows<FolderRole, Names>,
    written: Lists,
}

static EMBEDDED: LazyLock<Folders> = LazyLock::new(Folders::parse);

impl Folders {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("folders");
        let read = Self {
            found: Lists::new(file.rows("found")),
            roles: file.rows("role"),
            written: Lists::new(file.rows("written")),
        };
        file.finish();
        read
    }

    /// Folders in which container files are usual.
    pub(crate) fn containers(&self) -> &Names {
        self.found.of("containers")
    }

    /// Folders that are for developers only.
    pub(crate) fn developers(&self) -> &Names {
        self.found.of("developers")
    }

    /// What a folder of this name is for.
    pub(crate) fn role(&self, name: &str) -> Option<FolderRole> {
        let mut roles = self.roles.iter();
        roles
            .find(|(_, names)| names.contains(name))
            .map(|(role, _)| *role)
    }

    /// Extensions of files that programs write when they run.
    pub(crate) fn written(&self) -> &Names {
        self.written.of("extensions")
    }

    /// Extensions of the databases that they keep in a file.
    pub(crate) fn databases(&self) -> &Names {
        self.written.of("databases")
    }

    /// Folders that they write to.
    pub(crate) fn written_to(&self) -> &Names {
        self.written.of("folders")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_holds_what_it_is_about() {
        let known = Folders::embedded();
        assert_eq!(known.role("docs_src"), Some(FolderRole::Docs));
        assert_eq!(known.role("notebooks"), Some(FolderRole::Examples));
        assert_eq!(known.role("alembic"), Some(FolderRole::Migrations));
        assert_eq!(known.role("tools"), Some(FolderRole::Scripts));
        assert_eq!(known.role("e2e"), Some(FolderRole::Tests));
        assert_eq!(known.role("shop"), None);
        assert!(known.containers().contains("docker") && known.developers().contains("scripts"));
        assert!(known.written().contains("pid") && known.written_to().contains("logs"));
    }
}
