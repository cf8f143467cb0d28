//! The two kinds of patterns that backends select with: shell patterns on dotted names, and Git's
//! ignore patterns on paths.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::catalog::fits_wildcards;

/// Whether a dotted name fits one of the shell patterns of `*` and `?`, as `fnmatch` does.
pub(super) fn fits_any(patterns: &[String], name: &str) -> bool {
    let fits = |pattern: &String| fits_wildcards(pattern.as_bytes(), name.as_bytes());
    patterns.iter().any(fits)
}

/// Git's ignore patterns over the paths of a project.
pub(super) struct PathPatterns(Gitignore);

impl PathPatterns {
    /// Patterns as lines of a `.gitignore`; one that cannot be read selects nothing.
    pub(super) fn new<'l>(lines: impl IntoIterator<Item = &'l str>) -> Self {
        let mut builder = GitignoreBuilder::new("");
        for line in lines {
            // A line that is no pattern is an error of the backend's own, told when it runs.
            drop(builder.add_line(None, line));
        }
        Self(builder.build().unwrap_or_else(|_| Gitignore::empty()))
    }

    /// Whether a pattern selects the file itself, whatever it says of the folders around it.
    pub(super) fn select_file(&self, path: &str) -> bool {
        self.0.matched(path, false).is_ignore()
    }

    /// Whether a file, or a folder around it, is selected.
    pub(super) fn select(&self, path: &str) -> bool {
        self.0.matched_path_or_any_parents(path, false).is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_patterns_cross_dots() {
        let fits = |pattern: &str, name| fits_any(&[pattern.to_owned()], name);
        assert!(fits("shop*", "shop.api.v1") && fits("*", "") && fits("s?op", "shop"));
        assert!(!fits("shop", "shop.api") && !fits("shop.*", "shop"));
    }

    #[test]
    fn git_patterns_select_files_by_their_folders() {
        let patterns = PathPatterns::new(["/src", "*.txt", "!src/keep.py", "lib/"]);
        assert!(patterns.select("src/a/b.py") && patterns.select("x/y.txt"));
        assert!(patterns.select("shop/lib/a.py") && !patterns.select("other/src/a.py"));
    }
}
