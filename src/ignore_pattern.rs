//! One pattern of what is left out, in the language that Docker's ignore files have.
//!
//! `.gitignore` files, a `.dockerignore` and dfgen's own table of names are all read into this type, so that what
//! decides about a file is what the generated ignore file says. A pattern is anchored at the folder that is sent,
//! `*` and `?` stay within a name, `**` stands for any folders, and what is below a match is matched, too.
//!
//! Sources: <https://docs.docker.com/build/concepts/context/#dockerignore-files>,
//! <https://github.com/moby/patternmatcher>, <https://git-scm.com/docs/gitignore>.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// A pattern of paths, relative to the folder that is sent to Docker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct IgnorePattern {
    parts: Vec<Part>,
}

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// `**`: any number of folders.
    Folders,
    /// A name.
    Name(Vec<Token>),
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Any,
    One,
    Letter(char),
    /// One of these ranges, or none of them.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl IgnorePattern {
    /// A pattern that is anchored where Docker anchors it; `None` for one that can match nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts: Vec<Part> = Vec::new();
        for part in text.split('/').filter(|part| !part.is_empty()) {
            match part {
                "**" if parts.last() == Some(&Part::Folders) => {}
                "**" => parts.push(Part::Folders),
                "." | ".." => return None,
                name => parts.push(Part::Name(name_tokens(name)?)),
            }
        }
        (!parts.is_empty()).then_some(Self { parts })
    }

    /// Exactly this path.
    pub fn exact(path: &str) -> Self {
        let name = |part: &str| Part::Name(part.chars().map(Token::Letter).collect());
        let parts = path.split('/').filter(|part| !part.is_empty());
        Self {
            parts: parts.map(name).collect(),
        }
    }

    /// The same pattern below a folder.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        let mut below = Self::exact(folder);
        below.parts.extend(self.parts.iter().cloned());
        below
    }

    /// The same pattern wherever the path begins.
    #[must_use]
    pub fn anywhere(mut self) -> Self {
        if self.parts.first() != Some(&Part::Folders) {
            self.parts.insert(0, Part::Folders);
        }
        self
    }

    /// The same pattern in this very folder, and not below it.
    #[must_use]
    pub fn directly_in(&self, folder: &str) -> Self {
        let parts = self.parts.iter().skip_while(|part| **part == Part::Folders);
        let here = Self {
            parts: parts.cloned().collect(),
        };
        here.below(folder)
    }

    /// The one path that it matches, when it is no more than a path.
    pub fn as_path(&self) -> Option<String> {
        let name = |part: &Part| match part {
            Part::Name(tokens) => letters(tokens),
            Part::Folders => None,
        };
        let names: Option<Vec<String>> = self.parts.iter().map(name).collect();
        names.map(|names| names.join("/"))
    }

    /// What is left of it for somebody who looks from within `folder`: a pattern can be left in several ways, and
    /// one that matches the folder itself says nothing of what is in it.
    pub fn seen_from(&self, folder: &str) -> Vec<Self> {
        let mut left = Vec::new();
        let folder: Vec<&str> = names(folder).collect();
        rest(&self.parts, &folder, &mut left);
        left.sort();
        left.dedup();
        left
    }

    /// Whether this very path is matched.
    pub fn matches(&self, path: &str) -> bool {
        // Most patterns are told apart by the last name alone.
        let last = last_name(path);
        match self.parts.as_slice() {
            [Part::Folders, Part::Name(tokens)] => name_matches(tokens, last),
            [.., Part::Name(tokens)] if !name_matches(tokens, last) => false,
            parts => parts_match(parts, &names(path).collect::<Vec<_>>()),
        }
    }

    /// Whether this path or a folder around it is matched.
    pub fn hits(&self, path: &str) -> bool {
        self.hit(path).is_some()
    }

    /// The outermost folder around a path that is matched, or the path itself.
    pub fn hit<'p>(&self, path: &'p str) -> Option<&'p str> {
        prefixes(path).find(|prefix| self.matches(prefix))
    }

    /// Whether something at or below this folder can be matched.
    pub fn reaches(&self, folder: &str) -> bool {
        let folder: Vec<&str> = names(folder).collect();
        parts_reach(&self.parts, &folder)
    }
}

/// Many patterns, of which those are found quickly that match a path.
#[derive(Debug, Clone, Default)]
pub struct IgnoreSet {
    patterns: Vec<IgnorePattern>,
    /// Patterns that end in a whole name.
    by_name: BTreeMap<String, Vec<usize>>,
    /// Patterns that end in a file extension.
    by_extension: BTreeMap<String, Vec<usize>>,
    others: Vec<usize>,
}

impl<'p> FromIterator<&'p IgnorePattern> for IgnoreSet {
    fn from_iter<I: IntoIterator<Item = &'p IgnorePattern>>(patterns: I) -> Self {
        let mut set = Self::default();
        for (at, pattern) in patterns.into_iter().enumerate() {
            let end = match pattern.parts.last() {
                Some(Part::Name(tokens)) => tokens.as_slice(),
                Some(Part::Folders) | None => &[],
            };
            let name: Option<String> = letters(end);
            let extension = end.split_first().and_then(|(first, rest)| {
                let text = letters(rest).filter(|_| *first == Token::Any)?;
                let (_, extension) = text.rsplit_once('.')?;
                Some(extension.to_owned())
            });
            match (name.filter(|name| !name.is_empty()), extension) {
                (Some(name), _) => set.by_name.entry(name).or_default().push(at),
                (None, Some(end)) => set.by_extension.entry(end).or_default().push(at),
                (None, None) => set.others.push(at),
            }
            set.patterns.push(pattern.clone());
        }
        set
    }
}

impl IgnoreSet {
    /// The places of the patterns that match this very path, in order.
    pub fn matching(&self, path: &str) -> Vec<usize> {
        let name = last_name(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let by_name = self.by_name.get(name).into_iter().flatten();
        let by_extension = self.by_extension.get(extension).into_iter().flatten();
        let candidates = by_name.chain(by_extension).chain(&self.others).copied();
        let mut found: Vec<usize> = candidates
            .filter(|at| self.patterns[*at].matches(path))
            .collect();
        found.sort_unstable();
        found
    }
}

/// The text of tokens that are nothing but letters.
fn letters(tokens: &[Token]) -> Option<String> {
    let letter = |token: &Token| match token {
        Token::Letter(c) => Some(*c),
        _ => None,
    };
    tokens.iter().map(letter).collect()
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A path and the folders around it, the outermost first.
pub(crate) fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at);
    ends.chain([path.len()]).map(|end| &path[..end])
}

impl TryFrom<String> for IgnorePattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` can match nothing"))
    }
}

/// As Docker reads it.
impl fmt::Display for IgnorePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            match part {
                Part::Folders => f.write_str("**")?,
                Part::Name(tokens) => {
                    let is_first = at == 0;
                    for (at, token) in tokens.iter().enumerate() {
                        write_token(f, token, is_first && at == 0, at + 1 == tokens.len())?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn write_token(
    f: &mut fmt::Formatter<'_>,
    token: &Token,
    is_first: bool,
    is_last: bool,
) -> fmt::Result {
    match token {
        Token::Any => f.write_str("*"),
        Token::One => f.write_str("?"),
        // Docker trims its lines, and a line break would end one.
        Token::Letter(c) if c.is_control() || c.is_whitespace() && (is_first || is_last) => {
            f.write_str("?")
        }
        Token::Letter(c) if "*?[]\\^".contains(*c) || is_first && "#!".contains(*c) => {
            write!(f, "\\{c}")
        }
        Token::Letter(c) => write!(f, "{c}"),
        Token::Class { negated, ranges } => {
            f.write_str(if *negated { "[^" } else { "[" })?;
            for (from, to) in ranges {
                let letter = |c: &char| {
                    let escape = if "[]\\^-".contains(*c) { "\\" } else { "" };
                    format!("{escape}{c}")
                };
                if from == to {
                    f.write_str(&letter(from))?;
                } else {
                    write!(f, "{}-{}", letter(from), letter(to))?;
                }
            }
            f.write_str("]")
        }
    }
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !name.is_empty())
}

/// A name's tokens; `None` for one that Git and Docker call malformed.
fn name_tokens(name: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut letters = name.chars();
    while let Some(c) = letters.next() {
        match c {
            '*' if tokens.last() == Some(&Token::Any) => {}
            '*' => tokens.push(Token::Any),
            '?' => tokens.push(Token::One),
            '\\' => tokens.push(Token::Letter(letters.next()?)),
            '[' => {
                let (class, used) = class(letters.as_str())?;
                tokens.push(class);
                letters = letters.as_str()[used..].chars();
            }
            c => tokens.push(Token::Letter(c)),
        }
    }
    Some(tokens)
}

/// A class after its `[`, and how many bytes it is long. One that names kinds of letters (`[[:alpha:]]`) is read as
/// any letter.
fn class(text: &str) -> Option<(Token, usize)> {
    let negated = text.starts_with(['!', '^']);
    let start = usize::from(negated);
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut letters = text[start..].char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        match c {
            ']' if at > 0 => return Some((Token::Class { negated, ranges }, start + at + 1)),
            '[' if text[start + at..].starts_with("[:") => {
                let end = text[start + at..].find(":]]")?;
                return Some((Token::One, start + at + end + 3));
            }
            _ => {}
        }
        let from = if c == '\\' { letters.next()?.1 } else { c };
        let mut ahead = letters.clone();
        let is_range = ahead.next().is_some_and(|(_, c)| c == '-')
            && ahead.next().is_some_and(|(_, c)| c != ']');
        let to = if is_range {
            letters.next();
            match letters.next()?.1 {
                '\\' => letters.next()?.1,
                c => c,
            }
        } else {
            from
        };
        ranges.push((from, to));
    }
    None
}

fn parts_match(parts: &[Part], path: &[&str]) -> bool {
    match (parts.split_first(), path.split_first()) {
        (None, None) => true,
        // Docker: `a/**` is what is in `a`, and not `a`.
        (Some((Part::Folders, [])), path) => path.is_some(),
        (Some((Part::Folders, rest)), Some((_, below))) => {
            parts_match(rest, path) || parts_match(parts, below)
        }
        (Some((Part::Name(tokens), rest)), Some((name, below))) => {
            name_matches(tokens, name) && parts_match(rest, below)
        }
        _ => false,
    }
}

fn parts_reach(parts: &[Part], folder: &[&str]) -> bool {
    match (parts.split_first(), folder.split_first()) {
        (None, _) | (_, None) => true,
        (Some((Part::Folders, rest)), Some((_, below))) => {
            rest.is_empty() || parts_reach(rest, folder) || parts_reach(parts, below)
        }
        (Some((Part::Name(tokens), rest)), Some((name, below))) => {
            name_matches(tokens, name) && parts_reach(rest, below)
        }
    }
}

fn rest(parts: &[Part], folder: &[&str], left: &mut Vec<IgnorePattern>) {
    match (parts.split_first(), folder.split_first()) {
        (None, _) => {}
        (Some(_), None) => left.push(IgnorePattern {
            parts: parts.to_vec(),
        }),
        (Some((Part::Folders, after)), Some((_, below))) => {
            rest(after, folder, left);
            rest(parts, below, left);
        }
        (Some((Part::Name(tokens), after)), Some((name, below))) => {
            if name_matches(tokens, name) {
                rest(after, below, left);
            }
        }
    }
}

fn name_matches(tokens: &[Token], name: &str) -> bool {
    let Some((first, rest)) = tokens.split_first() else {
        return name.is_empty();
    };
    if *first == Token::Any {
        let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
        return ends.into_iter().any(|at| name_matches(rest, &name[at..]));
    }
    let mut letters = name.chars();
    let Some(letter) = letters.next() else {
        return false;
    };
    let fits = match first {
        Token::Any | Token::One => true,
        Token::Letter(wanted) => *wanted == letter,
        Token::Class { negated, ranges } => {
            let inside = |(from, to): &(char, char)| (*from..=*to).contains(&letter);
            ranges.iter().any(inside) != *negated
        }
    };
    fits && name_matches(rest, letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> IgnorePattern {
        IgnorePattern::parse(text).unwrap()
    }

    #[test]
    fn a_pattern_is_anchored_and_takes_what_is_below() {
        assert!(pattern("a/*.py").matches("a/b.py") && !pattern("a/*.py").matches("x/a/b.py"));
        assert!(!pattern("a").matches("a/b") && pattern("a").hits("a/b/c"));
        assert!(pattern("**/.env").hits(".env") && pattern("**/.env").hits("a/b/.env/c"));
        assert!(pattern("a/**").hits("a/b") && !pattern("a/**").matches("a"));
        assert!(pattern("a/**/b").matches("a/b") && pattern("a/**/b").matches("a/x/y/b"));
        assert!(pattern("id_[rd]sa").matches("id_rsa") && !pattern("id_[!rd]sa").matches("id_rsa"));
        assert_eq!(pattern("**/tests").hit("a/tests/b/tests"), Some("a/tests"));
    }

    #[test]
    fn what_can_match_nothing_is_no_pattern() {
        for text in ["", "/", "a/[b", "a\\", "./a", "../a"] {
            assert_eq!(IgnorePattern::parse(text), None, "{text}");
        }
    }

    #[test]
    fn docker_reads_what_is_written() {
        for (text, written) in [
            ("/a//b/", "a/b"),
            ("**/**/x", "**/x"),
            ("[!a-c]", "[^a-c]"),
            ("\\#x", "\\#x"),
            ("a\\#x", "a#x"),
            ("a***b", "a*b"),
            ("a^\\*", "a\\^\\*"),
            ("[[:digit:]]x", "?x"),
            ("ends\\ ", "ends?"),
        ] {
            assert_eq!(pattern(text).to_string(), written);
        }
        assert_eq!(IgnorePattern::exact("a/[b].py").to_string(), "a/\\[b\\].py");
    }

    #[test]
    fn a_pattern_reaches_below_folders_that_lie_on_its_way() {
        assert!(pattern("a/b/c").reaches("a") && pattern("a").reaches("a/b"));
        assert!(!pattern("a/b").reaches("x") && pattern("**/x").reaches("a/b"));
    }

    #[test]
    fn a_set_finds_what_its_patterns_match() {
        let texts = ["**/.env*", "**/*.log", "a/b", "**/b", "**/x/**", "*"];
        let patterns = texts.map(pattern);
        let set: IgnoreSet = patterns.iter().collect();
        for path in ["a/b", "b", "x/.env.local", "a/x/b.log", ".log", "c/d"] {
            let each = (0..patterns.len()).filter(|at| patterns[*at].matches(path));
            assert_eq!(set.matching(path), each.collect::<Vec<_>>(), "{path}");
        }
    }

    #[test]
    fn seen_from_a_folder_a_pattern_loses_what_leads_there() {
        let seen = |text: &str| {
            let left = pattern(text).seen_from("services/api").into_iter();
            left.map(|one| one.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(seen("services/*/dist"), ["dist"]);
        assert_eq!(seen("**/dist"), ["**/dist"]);
        assert_eq!(seen("**/api/x"), ["**/api/x", "x"]);
        assert!(seen("services/web/dist").is_empty() && seen("services").is_empty());
    }
}
