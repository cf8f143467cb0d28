//! What the folders of a project are for, told by their names.

use super::{SourceTree, has_extension};

/// What a folder is for, told by its name. The names are those that setuptools' automatic
/// discovery and pytest know: <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
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
        Some(match name {
            "test" | "tests" | "testing" | "e2e" | "test_utils" => Self::Tests,
            "doc" | "docs" | "documentation" | "docs_src" => Self::Docs,
            "example" | "examples" | "sample" | "samples" | "tutorial" | "tutorials"
            | "notebook" | "notebooks" | "benchmark" | "benchmarks" => Self::Examples,
            "script" | "scripts" | "tools" | "hack" | "ci" => Self::Scripts,
            "migrations" | "alembic" => Self::Migrations,
            _ => return None,
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
    pub fn role(project: &str, path: &str) -> Role {
        let inner = path.strip_prefix(project).unwrap_or(path);
        let mut parts = inner.split('/').filter(|part| !part.is_empty());
        let file = parts.next_back().unwrap_or_default();
        parts
            .find_map(Role::of_folder)
            .or_else(|| Role::of_file(file))
            .unwrap_or(Role::Source)
    }

    /// The outermost folders below `project` that have this role, sorted.
    pub fn folders(&self, project: &str, role: Role) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for path in self.below(project) {
            let folder = outermost_with_role(project, path, role);
            found.extend(folder.filter(|folder| found.last() != Some(folder)));
        }
        found.dedup();
        found
    }
}

fn outermost_with_role(project: &str, path: &str, role: Role) -> Option<String> {
    let start = if project.is_empty() {
        0
    } else {
        project.len() + 1
    };
    let mut end = start;
    for part in path.get(start..)?.split('/') {
        end += part.len();
        let is_folder = end < path.len();
        let found = Role::of_folder(part).filter(|_| is_folder);
        if let Some(found) = found {
            return (found == role).then(|| path[..end].to_owned());
        }
        end += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> SourceTree {
        SourceTree::from_files(paths.iter().map(|path| (*path, "")))
    }

    #[test]
    fn folders_are_known_by_what_they_are_for() {
        assert_eq!(SourceTree::role("", "tests/app.py"), Role::Tests);
        assert_eq!(SourceTree::role("", "src/shop/test_x.py"), Role::Tests);
        assert_eq!(SourceTree::role("", "src/shop/app.py"), Role::Source);
        assert_eq!(
            SourceTree::role("examples/one", "examples/one/app.py"),
            Role::Source
        );
        let tree = tree(&[
            "docs/a/tests/x.py",
            "shop/migrations/1.py",
            "shop/migrations/2.py",
            "tests/x.py",
        ]);
        assert_eq!(tree.folders("", Role::Migrations), ["shop/migrations"]);
        assert_eq!(tree.folders("", Role::Tests), ["tests"]);
    }
}
