//! Which files the source names by their paths, read from its texts: enough to know what must not be missing, before
//! anything is parsed. `BASE / "data" / "words.db"` and `join(BASE, "data", "words.db")` name what `"data/words.db"`
//! does.

use std::collections::{BTreeMap, BTreeSet};

use super::SourceTree;
use crate::ignore_pattern::IgnorePattern;

/// Longer texts are no paths.
const LONGEST: usize = 200;

/// The paths that some texts name, each from its end.
#[derive(Debug, Default)]
pub(crate) struct Mentions {
    /// By the last name: the names before it.
    paths: BTreeMap<String, BTreeSet<Vec<String>>>,
    /// Paths with wildcards.
    globs: BTreeSet<IgnorePattern>,
}

impl Mentions {
    /// What these files of a tree name.
    pub(crate) fn of<'p>(tree: &SourceTree, paths: impl Iterator<Item = &'p str>) -> Self {
        let mut mentions = Self::default();
        for file in paths.filter_map(|path| tree.text(path)) {
            mentions.read(file.text());
        }
        mentions
    }

    /// Adds what a text names.
    pub(crate) fn read(&mut self, text: &str) {
        // Texts that are joined follow one another, with nothing but this between them.
        let mut joined: Vec<String> = Vec::new();
        let mut gap = String::new();
        for line in text.lines() {
            let mut rest = line;
            while let Some(start) = rest.find(['"', '\'']) {
                let quote = &rest[start..=start];
                gap.push_str(&rest[..start]);
                let Some((literal, after)) = rest[start + 1..].split_once(quote) else {
                    break;
                };
                let gap_before = std::mem::take(&mut gap);
                if !is_join(&gap_before) {
                    joined.clear();
                }
                rest = after;
                let names = names_of(literal);
                joined.extend(names.iter().cloned());
                self.add(&names);
                self.add(&joined);
            }
            gap.push_str(rest);
            gap.push('\n');
        }
    }

    fn add(&mut self, names: &[String]) {
        let Some((last, before)) = names.split_last() else {
            return;
        };
        // `*/*` is a media type, and finds everything: it names nothing.
        let is_open = |name: &String| name.chars().all(|letter| letter == '*');
        if names.iter().all(is_open) {
            return;
        }
        if names.len() > 1 && names.iter().any(|name| name.contains('*')) {
            let glob = IgnorePattern::parse(&names.join("/"));
            self.globs.extend(glob.map(IgnorePattern::anywhere));
        } else {
            let paths = self.paths.entry(last.clone()).or_default();
            paths.insert(before.to_vec());
        }
    }

    /// Every path that is named, as far as it is known.
    pub(crate) fn paths(&self) -> impl Iterator<Item = String> {
        self.paths.iter().flat_map(|(last, all)| {
            let whole =
                |before: &Vec<String>| [before.as_slice(), std::slice::from_ref(last)].concat();
            all.iter().map(move |before| whole(before).join("/"))
        })
    }

    /// Whether a file is named by two names at least: a word alone may be what a program writes.
    pub(crate) fn name_in_folder(&self, path: &str) -> bool {
        let mut names = path.rsplitn(3, '/');
        let (last, above) = (
            names.next().unwrap_or_default(),
            names.next().unwrap_or_default(),
        );
        let paths = self.paths.get(last).into_iter().flatten();
        let is_below = |before: &Vec<String>| before.last().is_some_and(|name| name == above);
        paths.into_iter().any(is_below) && self.name(path)
            || self.globs.iter().any(|glob| glob.matches(path))
    }

    /// Whether a file is named: by two names at least, or by one with an extension.
    pub(crate) fn name(&self, path: &str) -> bool {
        let mut names: Vec<&str> = path.split('/').collect();
        let last = names.pop().unwrap_or_default();
        let is_telling = last.trim_start_matches('.').contains('.');
        let ends = |before: &Vec<String>| {
            let is_end = before.len() <= names.len()
                && before
                    .iter()
                    .rev()
                    .zip(names.iter().rev())
                    .all(|(a, b)| a == b);
            is_end && (!before.is_empty() || is_telling || names.is_empty())
        };
        self.paths
            .get(last)
            .is_some_and(|paths| paths.iter().any(ends))
            || self.globs.iter().any(|glob| glob.matches(path))
    }
}

/// Whether what stands between two texts makes one path of them.
fn is_join(gap: &str) -> bool {
    let words = ["joinpath", "rglob", "glob"]
        .iter()
        .fold(gap.to_owned(), |gap, call| gap.replace(call, ""));
    let mut letters = words.trim().chars();
    !gap.is_empty() && letters.all(|c| " ,/().f\n".contains(c))
}

/// The names of a path, from the last one on that is worked out by the program or leads upwards.
fn names_of(literal: &str) -> Vec<String> {
    let is_path = literal.len() <= LONGEST && !literal.contains(['\n', '<', '>', '|']);
    let names = literal
        .split('/')
        .filter(|name| !name.is_empty() && *name != ".");
    let names: Vec<&str> = names.filter(|_| is_path).collect();
    let start = names
        .iter()
        .rposition(|name| *name == ".." || name.contains(['{', '}', '%', '$']))
        .map_or(0, |at| at + 1);
    names[start..]
        .iter()
        .map(|name| (*name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str, path: &str) -> bool {
        let mut mentions = Mentions::default();
        mentions.read(text);
        mentions.name(path)
    }

    #[test]
    fn paths_are_named_in_every_form() {
        for text in [
            "(Path(__file__).parent/\"data/words.db\").read_text()",
            "HERE / 'data' / 'words.db'",
            "os.path.join(BASE, \"data\", \"words.db\")",
            "os.path.join(\n    BASE,\n    'data',\n    'words.db',\n)",
            "BASE.joinpath('data').joinpath('words.db')",
            "f\"{BASE}/data/words.db\"",
            "open('../app/data/words.db')",
            "(HERE / \"data\").glob(\"*.db\")",
            "sqlite3.connect(HERE / 'words.db')",
        ] {
            assert!(named(text, "app/data/words.db"), "{text}");
        }
    }

    #[test]
    fn other_words_name_nothing() {
        for text in [
            "DATA = 'data'",
            "x = 'other/words.db'",
            "import words",
            "'app/data'",
        ] {
            assert!(!named(text, "app/data/words.db"), "{text}");
        }
        assert!(!named("x = 'key'", "app/private/key"));
        for text in ["accept = '*/*'", "root.glob('**/*')", "x = '*'"] {
            assert!(!named(text, "app/data/words.db"), "{text}");
        }
    }
}
