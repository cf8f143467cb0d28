//! The language of Docker's ignore files: lines in order, of which the last that matches decides.

use std::collections::BTreeSet;

use crate::ignore_pattern::IgnorePattern;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextLine {
    /// What matches stays out.
    Out(IgnorePattern),
    /// This path is sent all the same, with what is below it.
    In(String),
}

/// Whether these lines let a path through.
pub(super) fn let_through<'l>(
    lines: impl DoubleEndedIterator<Item = &'l ContextLine>,
    path: &str,
) -> bool {
    let mut lines = lines.rev();
    let decided = lines.find_map(|line| match line {
        ContextLine::Out(pattern) => pattern.hits(path).then_some(false),
        ContextLine::In(taken) => is_at_or_below(path, taken).then_some(true),
    });
    decided.unwrap_or(true)
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
        let sent = |path: &str| let_through(lines.iter(), path);
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
