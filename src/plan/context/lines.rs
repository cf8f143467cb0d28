//! The language of Docker's ignore files: lines in order, of which the last that matches decides.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ignore_pattern::{IgnorePattern, IgnoreSet, prefixes};
use crate::project::source_tree::parent;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextLine {
    /// What matches stays out.
    Out(IgnorePattern),
    /// This path is sent all the same, with what is below it.
    In(String),
}

/// As it stands in the file. What is sent is one path: letters that Docker would read as a pattern are escaped.
impl fmt::Display for ContextLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Out(pattern) => pattern.fmt(f),
            Self::In(path) => write!(f, "!{}", IgnorePattern::exact(path)),
        }
    }
}

/// Lines as Docker goes by them.
pub(super) struct Reader<'l> {
    out: Patterns,
    /// The place of each pattern among all lines.
    places: Vec<usize>,
    taken: BTreeMap<&'l str, usize>,
}

impl<'l> Reader<'l> {
    pub(super) fn new(lines: impl Iterator<Item = &'l ContextLine>) -> Self {
        let mut patterns = Vec::new();
        let mut places = Vec::new();
        let mut taken = BTreeMap::new();
        for (at, line) in lines.enumerate() {
            match line {
                ContextLine::Out(pattern) => {
                    patterns.push(pattern);
                    places.push(at);
                }
                ContextLine::In(path) => {
                    taken.insert(path.as_str(), at);
                }
            }
        }
        Self {
            out: Patterns::new(patterns.into_iter()),
            places,
            taken,
        }
    }

    /// Whether the last line that is about a path, or a folder around it, lets it through.
    pub(super) fn lets_through(&self, path: &str) -> bool {
        let Some(out) = self.out.last(path) else {
            return true;
        };
        let taken = prefixes(path).chain(["."]);
        let taken = taken.filter_map(|prefix| self.taken.get(prefix)).max();
        taken.is_some_and(|taken| *taken > self.places[out])
    }
}

/// Patterns of which one is asked for the paths of a whole tree: what is true of a folder is worked out once.
pub(super) struct Patterns {
    set: IgnoreSet,
    /// By folder: the place of the last pattern that matches it or a folder around it, and the outermost match.
    folders: RefCell<BTreeMap<String, Hit>>,
}

/// The place of the last pattern that hits, and how long the outermost match is.
type Hit = Option<(usize, usize)>;

impl Patterns {
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p IgnorePattern>) -> Self {
        Self {
            set: patterns.collect(),
            folders: RefCell::default(),
        }
    }

    /// The place of the last pattern that matches a path or a folder around it.
    fn last(&self, path: &str) -> Option<usize> {
        self.found(path).map(|(last, _)| last)
    }

    /// The outermost folder around a path that is matched, or the path.
    pub(super) fn hit<'s>(&self, path: &'s str) -> Option<&'s str> {
        self.found(path).map(|(_, length)| &path[..length])
    }

    fn found(&self, path: &str) -> Hit {
        let above = match parent(path) {
            "" => None,
            folder => self.of_folder(folder),
        };
        let own = self.set.matching(path).into_iter().next_back();
        match (above, own) {
            (Some((last, length)), Some(own)) => Some((last.max(own), length)),
            (above, None) => above,
            (None, Some(own)) => Some((own, path.len())),
        }
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
/// `!` line takes everything back.
pub(super) fn all_the_same<'p>(
    folders: &BTreeSet<String>,
    patterns: impl Iterator<Item = &'p IgnorePattern>,
) -> Vec<ContextLine> {
    let mut lines: Vec<ContextLine> = folders.iter().cloned().map(ContextLine::In).collect();
    if folders.is_empty() {
        return lines;
    }
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
            .chain(all_the_same(&folders, out.iter()))
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
