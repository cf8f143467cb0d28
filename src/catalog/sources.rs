//! `sources.toml`: what files of a project are, told by their names, their ends or words in them.

use std::sync::LazyLock;

use super::lists::{Lists, Names};
use super::table::embedded;

/// The rows of `sources.toml`.
#[derive(Debug)]
pub(crate) struct Sources {
    builds: Lists,
    files: Lists,
    folders: Lists,
    tests: Lists,
}

static EMBEDDED: LazyLock<Sources> = LazyLock::new(Sources::parse);

impl Sources {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("sources");
        let read = Self {
            builds: Lists::new(file.rows("build")),
            files: Lists::new(file.rows("file")),
            folders: Lists::new(file.rows("folder")),
            tests: Lists::new(file.rows("test")),
        };
        file.finish();
        read
    }

    /// Backends that take what they find: a folder of tests may be missing.
    pub(crate) fn build_backends(&self) -> &Names {
        self.builds.of("backends")
    }

    /// Files that may list the packages of a build in code of their own.
    pub(crate) fn build_code(&self) -> &Names {
        self.builds.of("code")
    }

    /// Ends of names of SQLite's files.
    pub(crate) fn databases(&self) -> &Names {
        self.files.of("databases")
    }

    /// Words of source that serves files which were collected, or has them elsewhere.
    pub(crate) fn serving(&self) -> &Names {
        self.files.of("serving")
    }

    /// Ends of names of what pages are made of.
    pub(crate) fn pages(&self) -> &Names {
        self.files.of("pages")
    }

    /// Files that describe the project and are nothing that its source reads.
    pub(crate) fn manifests(&self) -> &Names {
        self.files.of("manifests")
    }

    /// Files that make a folder a project, beside which build output lies.
    pub(crate) fn projects(&self) -> &Names {
        self.files.of("projects")
    }

    /// Ends of names of what a folder beside `manage.py` holds and Django's settings may find.
    pub(crate) fn of_site(&self) -> &Names {
        self.files.of("site")
    }

    /// Modules that developers' tools run.
    pub(crate) fn tools(&self) -> &Names {
        self.files.of("tools")
    }

    /// Folders that frameworks find by themselves.
    pub(crate) fn found(&self) -> &Names {
        self.folders.of("found")
    }

    /// Ends of names of programs in other languages: in a folder of tests, tests.
    pub(crate) fn test_languages(&self) -> &Names {
        self.tests.of("languages")
    }

    /// Words of Python files that test something.
    pub(crate) fn test_words(&self) -> &Names {
        self.tests.of("words")
    }
}
