//! `builds.toml`: what builds of Python packages read, and what setuptools leaves out by itself.

use std::sync::LazyLock;

use super::lists::{Lists, Names};
use super::table::embedded;

/// The rows of `builds.toml`.
#[derive(Debug)]
pub(crate) struct Builds {
    automatic: Lists,
    files: Lists,
    tables: Lists,
}

static EMBEDDED: LazyLock<Builds> = LazyLock::new(Builds::parse);

impl Builds {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("builds");
        let read = Self {
            automatic: Lists::new(file.rows("automatic")),
            files: Lists::new(file.rows("files")),
            tables: Lists::new(file.rows("tables")),
        };
        file.finish();
        read
    }

    /// Packages that setuptools' automatic discovery skips.
    pub(crate) fn skipped_packages(&self) -> &Names {
        self.automatic.of("packages")
    }

    /// Modules that it skips.
    pub(crate) fn skipped_modules(&self) -> &Names {
        self.automatic.of("modules")
    }

    /// Files of a project's own folder that building it reads.
    pub(crate) fn files(&self) -> &Names {
        self.files.of("build")
    }

    /// Those that are run, or read, by its build and name others.
    pub(crate) fn code(&self) -> &Names {
        self.files.of("code")
    }

    /// How the names of licences begin that build back ends take without being told.
    pub(crate) fn licences(&self) -> &Names {
        self.files.of("licence")
    }

    /// Files that make the folder around them a project of its own.
    pub(crate) fn manifests(&self) -> &Names {
        self.files.of("manifest")
    }

    /// The tables under `[tool]` that build back ends read.
    pub(crate) fn tables(&self) -> &Names {
        self.tables.of("build")
    }

    /// Whether the values of a table under `[tool]` reach a package or its build.
    pub(crate) fn reach_a_package(&self, table: &str) -> bool {
        self.tables().contains(table) || self.tables.of("packages").contains(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_holds_what_it_is_about() {
        let known = Builds::embedded();
        assert!(known.skipped_packages().contains("newsfragments"));
        assert!(known.skipped_modules().contains("conftest"));
        assert!(known.licences().begin("LICENSE.txt"));
        assert!(known.manifests().contains("package.json"));
        assert!(known.code().iter().all(|name| known.files().contains(name)));
        assert!(known.reach_a_package("hatch") && known.reach_a_package("cibuildwheel"));
        assert!(!known.tables().contains("cibuildwheel") && !known.reach_a_package("ruff"));
    }
}
