//! The two kinds of patterns that backends select with: shell patterns on dotted names, and Git's
//! ignore patterns on paths.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Whether a dotted name fits a shell pattern of `*` and `?`, as `fnmatch` does.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return name.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| fits(rest, &name[at..]))
        }
        _ => name.chars().next().is_some_and(|letter| {
            (first == '?' || first == letter) && fits(rest, &name[letter.len_utf8()..])
        }),
    }
}

/// Whether a dotted name fits one of the patterns.
pub(super) fn fits_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, name))
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
