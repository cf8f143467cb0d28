//! One pattern of what is left out, in the language that Docker's ignore files have.
//!
//! `.gitignore` files, a `.dockerignore` and dfgen's own table of names are all read into this type, so that what
//! decides about a file is what the generated ignore file says. A pattern is anchored at the folder that is sent,
//! `*` and `?` stay within a name, `**` stands for any folders, and what is below a match is matched, too.
//!
//! Sources: <https://docs.docker.com/build/concepts/context/#dockerignore-files>,
//! <https://github.com/moby/patternmatcher>, <https://git-scm.com/docs/gitignore>.

mod lines;
mod read;
mod set;

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;

pub(crate) use self::lines::IgnoreLines;
pub(crate) use self::set::IgnoreSet;

/// A pattern of paths, relative to the folder that is sent to Docker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct IgnorePattern {
    tokens: Vec<Token>,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    /// Between two names.
    Slash,
    /// `**` before something: any number of folders, with the slash behind them.
    Folders,
    /// `**` at the end: anything, slashes too.
    Everything,
    /// `*`: any letters of a name.
    Any,
    /// `?`
    One,
    Letter(char),
    /// A lower-case letter that may be a capital, too.
    AnyCase(char),
    /// One of these ranges, or none of them.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl IgnorePattern {
    /// A pattern as Git reads it, anchored where Docker anchors it; `None` for one that can match nothing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        read::of_git(text).map(|tokens| Self { tokens })
    }

    /// A line of a `.dockerignore`, without its `!`, as Docker reads it; `None` for one that can match nothing.
    pub(crate) fn parse_docker(line: &str) -> Option<Self> {
        read::of_docker(line).map(|tokens| Self { tokens })
    }

    /// Exactly this path.
    pub(crate) fn exact(path: &str) -> Self {
        let mut tokens = Vec::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if !tokens.is_empty() {
                tokens.push(Token::Slash);
            }
            tokens.extend(name.chars().map(Token::Letter));
        }
        Self { tokens }
    }

    /// The same pattern below a folder.
    #[must_use]
    pub(crate) fn below(&self, folder: &str) -> Self {
        let mut below = Self::exact(folder);
        if !below.tokens.is_empty() {
            below.tokens.push(Token::Slash);
        }
        below.tokens.extend(self.tokens.iter().cloned());
        below
    }

    /// The same pattern wherever the path begins.
    #[must_use]
    pub(crate) fn anywhere(mut self) -> Self {
        if !matches!(
            self.tokens.first(),
            Some(Token::Folders | Token::Everything)
        ) {
            self.tokens.insert(0, Token::Folders);
        }
        self
    }

    /// The same pattern, whether letters are capitals or not.
    #[must_use]
    pub(crate) fn in_any_case(mut self) -> Self {
        for token in &mut self.tokens {
            if let Token::Letter(c) = token
                && c.is_ascii_alphabetic()
            {
                *token = Token::AnyCase(c.to_ascii_lowercase());
            }
        }
        self
    }

    /// The same pattern in this very folder, and not below it.
    #[must_use]
    pub(crate) fn directly_in(&self, folder: &str) -> Self {
        let tokens = self
            .tokens
            .iter()
            .skip_while(|token| **token == Token::Folders);
        let here = Self {
            tokens: tokens.cloned().collect(),
        };
        here.below(folder)
    }

    /// The one path that it matches, when it is no more than a path.
    pub(crate) fn as_path(&self) -> Option<String> {
        let letter = |token: &Token| match token {
            Token::Letter(c) => Some(*c),
            Token::Slash => Some('/'),
            _ => None,
        };
        self.tokens.iter().map(letter).collect()
    }

    /// What is left of it for somebody who looks from within `folder`: a pattern can be left in several ways, and
    /// one that matches the folder itself says nothing of what is in it.
    pub(crate) fn seen_from(&self, folder: &str) -> Vec<Self> {
        let mut left = Vec::new();
        let folder = Self::exact(folder).as_path().unwrap_or_default();
        if folder.is_empty() {
            return vec![self.clone()];
        }
        rest(&self.tokens, &format!("{folder}/"), &mut left);
        left.sort();
        left.dedup();
        left
    }

    /// Whether this very path is matched.
    pub(crate) fn matches(&self, path: &str) -> bool {
        Fitting::new(&self.tokens).fits(&self.tokens, path)
    }

    /// Whether this path or a folder around it is matched.
    pub(crate) fn hits(&self, path: &str) -> bool {
        self.hit(path).is_some()
    }

    /// The outermost folder around a path that is matched, or the path itself.
    pub(crate) fn hit<'p>(&self, path: &'p str) -> Option<&'p str> {
        prefixes(path).find(|prefix| self.matches(prefix))
    }

    /// Whether something at or below this folder can be matched.
    pub(crate) fn reaches(&self, folder: &str) -> bool {
        self.hits(folder) || !self.seen_from(folder).is_empty()
    }
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
        let last = self.tokens.len().saturating_sub(1);
        for (at, token) in self.tokens.iter().enumerate() {
            match token {
                Token::Slash => f.write_str("/")?,
                Token::Folders => f.write_str("**/")?,
                Token::Everything => f.write_str("**")?,
                Token::Any => f.write_str("*")?,
                Token::One => f.write_str("?")?,
                Token::Letter(c) => write_letter(f, *c, at == 0, at == last)?,
                Token::AnyCase(c) => write!(f, "[{c}{}]", c.to_ascii_uppercase())?,
                Token::Class { negated, ranges } => write_class(f, *negated, ranges)?,
            }
        }
        Ok(())
    }
}

fn write_letter(f: &mut fmt::Formatter<'_>, c: char, is_first: bool, is_last: bool) -> fmt::Result {
    match c {
        // A line break would end the line.
        '\n' => f.write_str("?"),
        // Docker trims its lines.
        c if c.is_whitespace() && (is_first || is_last) => write!(f, "[{c}]"),
        c if "*?[]\\^".contains(c) || is_first && "#!".contains(c) => write!(f, "\\{c}"),
        c => write!(f, "{c}"),
    }
}

fn write_class(f: &mut fmt::Formatter<'_>, negated: bool, ranges: &[(char, char)]) -> fmt::Result {
    f.write_str(if negated { "[^" } else { "[" })?;
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

/// The tokens of a pattern, as they are held against a path.
struct Fitting {
    /// Of several stars, what is known not to match: how many tokens and bytes were left. Without it the time would grow
    /// with every star.
    failed: Option<HashSet<(usize, usize)>>,
}

impl Fitting {
    fn new(tokens: &[Token]) -> Self {
        let is_star = |token: &&Token| matches!(token, Token::Any | Token::Folders);
        let several = tokens.iter().filter(is_star).count() > 2;
        Self {
            failed: several.then(HashSet::new),
        }
    }

    /// Whether tokens match a whole path.
    fn fits(&mut self, tokens: &[Token], path: &str) -> bool {
        let Some((first, after)) = tokens.split_first() else {
            return path.is_empty();
        };
        match first {
            Token::Everything => true,
            Token::Folders | Token::Any => {
                let left = (tokens.len(), path.len());
                if self
                    .failed
                    .as_ref()
                    .is_some_and(|failed| failed.contains(&left))
                {
                    return false;
                }
                let fits = if *first == Token::Any {
                    ends_of_name(path).any(|end| self.fits(after, &path[end..]))
                } else {
                    let mut folders = path.match_indices('/');
                    self.fits(after, path)
                        || folders.any(|(at, _)| self.fits(after, &path[at + 1..]))
                };
                if let Some(failed) = self.failed.as_mut().filter(|_| !fits) {
                    failed.insert(left);
                }
                fits
            }
            one => {
                let mut letters = path.chars();
                let letter = letters.next();
                letter.is_some_and(|letter| fits_letter(one, letter))
                    && self.fits(after, letters.as_str())
            }
        }
    }
}

/// Every place in the name that a path begins with, its end too.
fn ends_of_name(path: &str) -> impl Iterator<Item = usize> {
    let end = path.find('/').unwrap_or(path.len());
    let inside = path[..end].char_indices().map(|(at, _)| at);
    inside.chain([end])
}

fn fits_letter(token: &Token, letter: char) -> bool {
    match token {
        Token::Slash => letter == '/',
        Token::One => letter != '/',
        Token::Letter(wanted) => *wanted == letter,
        Token::AnyCase(wanted) => *wanted == letter.to_ascii_lowercase(),
        Token::Class { negated, ranges } => {
            let inside = |(from, to): &(char, char)| (*from..=*to).contains(&letter);
            letter != '/' && ranges.iter().any(inside) != *negated
        }
        Token::Folders | Token::Everything | Token::Any => false,
    }
}

/// What is left of tokens behind `path`, which ends in a slash.
fn rest(tokens: &[Token], path: &str, left: &mut Vec<IgnorePattern>) {
    let Some((first, after)) = tokens.split_first() else {
        return;
    };
    let mut push = || {
        left.push(IgnorePattern {
            tokens: tokens.to_vec(),
        });
    };
    if path.is_empty() {
        return push();
    }
    match first {
        Token::Everything => push(),
        Token::Folders => {
            push();
            rest(after, path, left);
            let inner = path.match_indices('/').map(|(at, _)| at + 1);
            for start in inner.filter(|start| *start < path.len()) {
                rest(after, &path[start..], left);
            }
        }
        Token::Any => {
            for end in ends_of_name(path) {
                rest(after, &path[end..], left);
            }
        }
        one => {
            let mut letters = path.chars();
            if letters
                .next()
                .is_some_and(|letter| fits_letter(one, letter))
            {
                rest(after, letters.as_str(), left);
            }
        }
    }
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
            ("[[:digit:]]x", "[0-9]x"),
            ("ends\\ ", "ends[ ]"),
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
