//! The lines of an ignore file in order, as Docker goes by them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::{IgnorePattern, IgnoreSet, prefixes};

/// Lines of which some take back what earlier ones leave out.
///
/// Docker walks from folder to folder. A line that matched a folder is true of all that is in it; a line that would
/// have changed nothing there is asked again for each path below (`MatchesUsingParentResults` in
/// <https://github.com/moby/patternmatcher/blob/main/patternmatcher.go>).
#[derive(Debug, Default)]
pub(crate) struct IgnoreLines {
    patterns: IgnoreSet,
    takes_back: Vec<bool>,
    folders: RefCell<BTreeMap<String, Matched>>,
}

/// What the lines say of a path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matched {
    /// The places of the lines that are true of it and of all that is in it, in order.
    pub(crate) by: Vec<usize>,
    /// Whether it is left out.
    pub(crate) is_out: bool,
}

impl<'p> FromIterator<(bool, &'p IgnorePattern)> for IgnoreLines {
    /// From lines: whether each takes back, and what it is about.
    fn from_iter<I: IntoIterator<Item = (bool, &'p IgnorePattern)>>(lines: I) -> Self {
        let (takes_back, patterns): (Vec<bool>, Vec<&IgnorePattern>) = lines.into_iter().unzip();
        Self {
            patterns: patterns.into_iter().collect(),
            takes_back,
            folders: RefCell::default(),
        }
    }
}

impl IgnoreLines {
    /// Whether a path stays out.
    pub(crate) fn leave_out(&self, path: &str) -> bool {
        !self.takes_back.is_empty() && self.matched(path).is_out
    }

    /// The outermost folder around a path that is left out with all that leads from there to the path, or the path.
    pub(crate) fn hit<'s>(&self, path: &'s str) -> Option<&'s str> {
        if !self.leave_out(path) {
            return None;
        }
        let mut hit = None;
        for prefix in prefixes(path) {
            let is_out = prefix == path || self.of_folder(prefix).is_out;
            hit = is_out.then_some(hit.unwrap_or(prefix));
        }
        hit
    }

    pub(crate) fn matched(&self, path: &str) -> Matched {
        let above = match path.rsplit_once('/') {
            Some((folder, _)) => self.of_folder(folder),
            None => Matched::default(),
        };
        let own = self.patterns.matching(path);
        let mut places: Vec<usize> = above.by.iter().chain(&own).copied().collect();
        places.sort_unstable();
        places.dedup();
        let mut matched = Matched::default();
        for at in places {
            let takes_back = self.takes_back[at];
            if above.by.binary_search(&at).is_ok() || takes_back == matched.is_out {
                matched.is_out = !takes_back;
                matched.by.push(at);
            }
        }
        matched
    }

    fn of_folder(&self, folder: &str) -> Matched {
        if let Some(known) = self.folders.borrow().get(folder) {
            return known.clone();
        }
        let found = self.matched(folder);
        self.folders
            .borrow_mut()
            .insert(folder.to_owned(), found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent<'p>(text: &str, paths: &[&'p str]) -> Vec<&'p str> {
        let parsed: Vec<(bool, IgnorePattern)> = text
            .split(' ')
            .map(|line| (line.starts_with('!'), line.trim_start_matches('!')))
            .map(|(takes_back, line)| (takes_back, IgnorePattern::parse_docker(line).unwrap()))
            .collect();
        let lines: IgnoreLines = parsed.iter().map(|(back, one)| (*back, one)).collect();
        let sent = paths.iter().copied().filter(|path| !lines.leave_out(path));
        sent.collect()
    }

    #[test]
    fn lines_in_order_say_what_docker_sends() {
        let paths = ["README.md", "app/a.py", "app/priv.txt", "app/sub/b.py"];
        assert_eq!(sent("* !app/*.py", &paths), ["app/a.py"]);
        assert_eq!(sent("** !**/*.py", &paths), ["app/a.py", "app/sub/b.py"]);
        assert_eq!(
            sent("* !app", &paths),
            ["app/a.py", "app/priv.txt", "app/sub/b.py"]
        );
        assert_eq!(sent("* !app app/* !app/priv.txt", &paths), ["app/priv.txt"]);
        assert_eq!(sent("*.md !README.md", &paths), paths);
        assert_eq!(sent("app !app/sub", &paths), ["README.md", "app/sub/b.py"]);
    }

    #[test]
    fn a_folder_that_nothing_left_out_takes_nothing_back() {
        // Seen with Docker 28.5: `app/x.log` stays out.
        assert_eq!(sent("app/x.log !app", &["app/x.log", "app/y"]), ["app/y"]);
        assert_eq!(sent("* app/x.log !app", &["app/x.log"]), ["app/x.log"]);
    }
}
