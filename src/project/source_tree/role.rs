//! What the folders of a project are for, told by their names.

use super::{SourceTree, has_extension};
use crate::catalog::{FolderRole, Folders};

/// What a folder is for, told by its name. The names are those that setuptools' automatic
/// discovery and pytest know: <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Anything else: the application.
    Source,
    /// Tests and what they need.
    Tests,
    /// Documentation.
    Docs,
    /// Examples, notebooks and benchmarks.
    Examples,
    /// Scripts and tools for developers.
    Scripts,
    /// Database migrations.
    Migrations,
}

impl Role {
    fn of_folder(name: &str) -> Option<Self> {
        Some(match Folders::embedded().role(name)? {
            FolderRole::Docs => Self::Docs,
            FolderRole::Examples => Self::Examples,
            FolderRole::Migrations => Self::Migrations,
            FolderRole::Scripts => Self::Scripts,
            FolderRole::Tests => Self::Tests,
        })
    }

    fn of_file(name: &str) -> Option<Self> {
        let tests =
            name == "conftest.py" || name.starts_with("test_") || name.ends_with("_test.py");
        (tests && has_extension(name, "py")).then_some(Self::Tests)
    }
}

impl SourceTree {
    /// What the file at `path` is for, told by the folders between `project` (a folder) and it.
    /// The outermost telling name wins: `tests/migrations/x.py` is a test.
    pub(crate) fn role(project: &str, path: &str) -> Role {
        let inner = path.strip_prefix(project).unwrap_or(path);
        let mut parts = inner.split('/').filter(|part| !part.is_empty());
        let file = parts.next_back().unwrap_or_default();
        parts
            .find_map(Role::of_folder)
            .or_else(|| Role::of_file(file))
            .unwrap_or(Role::Source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_known_by_what_they_are_for() {
        assert_eq!(SourceTree::role("", "tests/app.py"), Role::Tests);
        assert_eq!(SourceTree::role("", "src/shop/test_x.py"), Role::Tests);
        assert_eq!(SourceTree::role("", "src/shop/app.py"), Role::Source);
        assert_eq!(
            SourceTree::role("examples/one", "examples/one/app.py"),
            Role::Source
        );
    }
}
