//! The language of Docker's ignore files: lines in order, of which the last that matches decides.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::ignore_pattern::{IgnoreLines, IgnorePattern, IgnoreSet};
use crate::plan::ContextLine;
use crate::project::source_tree::{IgnoreFile, parent};

/// Lines as Docker goes by them.
pub(super) struct Reader {
    lines: IgnoreLines,
}

impl Reader {
    pub(super) fn new<'l>(lines: impl Iterator<Item = &'l ContextLine>) -> Self {
        let lines: Vec<(bool, IgnorePattern)> = lines.map(ContextLine::read).collect();
        Self {
            lines: lines
                .iter()
                .map(|(back, pattern)| (*back, pattern))
                .collect(),
        }
    }

    /// Whether the last line that is about a path, or a folder around it, lets it through.
    pub(super) fn lets_through(&self, path: &str) -> bool {
        !self.lines.leave_out(path)
    }
}

/// What a list says of a folder that is copied.
pub(super) fn of_list(file: &IgnoreFile, folder: &str) -> Vec<ContextLine> {
    let seen = if folder == "." {
        let rules = file.rules.iter();
        rules
            .map(|rule| (rule.takes_back, rule.pattern.clone()))
            .collect()
    } else {
        file.seen_at(folder)
    };
    let line = |(takes_back, pattern)| {
        if takes_back {
            ContextLine::Back(pattern)
        } else {
            ContextLine::Out(pattern)
        }
    };
    seen.into_iter().map(line).collect()
}

/// Patterns of which one is asked for the paths of a whole tree: what is true of a folder is worked out once.
pub(super) struct Patterns {
    set: IgnoreSet,
    /// By folder: the outermost match.
    folders: RefCell<BTreeMap<String, Hit>>,
}

/// How long the outermost match is.
type Hit = Option<usize>;

impl Patterns {
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p IgnorePattern>) -> Self {
        Self {
            set: patterns.collect(),
            folders: RefCell::default(),
        }
    }

    /// The outermost folder around a path that is matched, or the path.
    pub(super) fn hit<'s>(&self, path: &'s str) -> Option<&'s str> {
        self.found(path).map(|length| &path[..length])
    }

    fn found(&self, path: &str) -> Hit {
        let above = match parent(path) {
            "" => None,
            folder => self.of_folder(folder),
        };
        above.or_else(|| (!self.set.matching(path).is_empty()).then_some(path.len()))
    }

    fn of_folder(&self, folder: &str) -> Hit {
        if let Some(known) = self.folders.borrow().get(folder) {
            return *known;
        }
        let found = self.found(folder);
        self.folders.borrow_mut().insert(folder.to_owned(), found);
        found
    }
}

/// Lines that send folders all the same, and behind them the patterns again that stay true of what is in there: a
/// `!` line takes everything back. `listed` is what lists say of the folders.
pub(super) fn all_the_same<'p>(
    folders: &BTreeSet<String>,
    listed: Vec<ContextLine>,
    patterns: impl Iterator<Item = &'p IgnorePattern>,
) -> Vec<ContextLine> {
    let mut lines: Vec<ContextLine> = folders.iter().cloned().map(ContextLine::In).collect();
    if folders.is_empty() {
        return lines;
    }
    lines.extend(listed);
    for pattern in patterns {
        if !folders.iter().any(|folder| pattern.hits(folder)) {
            let reaches = folders.iter().any(|folder| pattern.reaches(folder));
            lines.extend(reaches.then(|| ContextLine::Out(pattern.clone())));
            continue;
        }
        for folder in folders {
            let below = pattern.seen_from(folder).into_iter();
            lines.extend(below.map(|rest| ContextLine::Out(rest.below(folder))));
        }
    }
    lines
}

/// Whether a path is this one or lies below it.
pub(super) fn is_at_or_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    folder == "." || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<IgnorePattern> {
        let parsed = texts.iter().map(|text| IgnorePattern::parse(text).unwrap());
        parsed.collect()
    }

    #[test]
    fn a_folder_that_is_sent_all_the_same_takes_nothing_else_back() {
        let out = patterns(&["**/tests", "**/*.log", "static/*", "other/x"]);
        let folders = ["lab/tests", "static/css"].map(str::to_owned).into();
        let lines: Vec<ContextLine> = out
            .iter()
            .cloned()
            .map(ContextLine::Out)
            .chain(all_the_same(&folders, Vec::new(), out.iter()))
            .collect();
        let reader = Reader::new(lines.iter());
        let sent = |path: &str| reader.lets_through(path);
        for path in ["lab/tests/a.py", "static/css/a.css", "lab/x.py"] {
            assert!(sent(path), "{path}");
        }
        for path in [
            "app/tests/a.py",
            "lab/tests/tests/a.py",
            "lab/tests/a.log",
            "static/css/a.log",
            "static/css/tests/a",
            "static/js/a.js",
        ] {
            assert!(!sent(path), "{path}");
        }
    }
}
