//! Tables whose keys may stand for many distributions: `nvidia-*-cu1?`, `pytest-*`, `*-stubs`.
//!
//! An exact key wins over every pattern; among patterns the one with most letters wins. So an
//! exception is a row of its own, and the order of the file means nothing.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::fmt;

use pep508_rs::PackageName;
use serde::Deserialize;

use super::table::{Row, Rows};

/// A distribution's normalised name in which `*` stands for any run of characters and `?` for one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct NamePattern(String);

impl NamePattern {
    /// Whether the pattern stands for this name.
    pub(crate) fn matches(&self, name: &PackageName) -> bool {
        let name: &str = name.as_ref();
        fits_wildcards(self.0.as_bytes(), name.as_bytes())
    }

    fn is_exact(&self) -> bool {
        !self.0.contains(is_wild)
    }

    /// How much of the pattern is spelled out.
    fn letters(&self) -> usize {
        self.0.chars().filter(|c| !is_wild(*c)).count()
    }
}

/// An exact pattern is found by the name that it is.
impl Borrow<str> for NamePattern {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for NamePattern {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !pattern.is_empty() && pattern.chars().all(|c| plain(c) || is_wild(c)) {
            Ok(Self(pattern))
        } else {
            Err(format!(
                "`{pattern}` is not a normalised package name, with `*` and `?` where it is a pattern"
            ))
        }
    }
}

fn is_wild(c: char) -> bool {
    matches!(c, '*' | '?')
}

/// Whether a text fits a pattern of `*` and `?`. Only the last star is ever taken back: no pattern takes longer than its
/// length times that of the text.
pub(crate) fn fits_wildcards(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || *wanted == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else {
                    return false;
                };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                read = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == b'*')
}

/// Rows by name, and by pattern, the most telling first.
#[derive(Debug, Clone)]
pub(crate) struct PatternRows<R> {
    exact: Rows<NamePattern, R>,
    wild: Vec<(NamePattern, Row<R>)>,
}

impl<R> PatternRows<R> {
    pub(super) fn new(rows: Rows<NamePattern, R>) -> Self {
        let (exact, wild): (Rows<_, _>, Rows<_, _>) = rows
            .into_iter()
            .partition(|(pattern, _)| pattern.is_exact());
        let mut wild: Vec<_> = wild.into_iter().collect();
        wild.sort_by_key(|(pattern, _)| Reverse(pattern.letters()));
        Self { exact, wild }
    }

    /// The row that stands for a distribution.
    pub(crate) fn get(&self, name: &PackageName) -> Option<&Row<R>> {
        let fits = || self.wild.iter().find(|(pattern, _)| pattern.matches(name));
        let exact = self.exact.get::<str>(name.as_ref());
        exact.or_else(|| fits().map(|(_, row)| row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_for(pattern: &str, name: &str) -> bool {
        let pattern = NamePattern::try_from(pattern.to_owned()).unwrap();
        pattern.matches(&PackageName::new(name.to_owned()).unwrap())
    }

    #[test]
    fn patterns_stand_for_whole_names() {
        assert!(stands_for("nvidia-*-cu1?", "nvidia-cublas-cu12"));
        assert!(!stands_for("nvidia-*-cu1?", "nvidia-sphinx-theme"));
        assert!(stands_for("*-stubs", "pandas_stubs"));
        assert!(!stands_for("torch", "torchvision"));
        assert!(stands_for("*a*b", "aab") && stands_for("**", "x") && !stands_for("*a", "ab"));
        // As quick as any other.
        assert!(!stands_for(&"*a".repeat(64), &"b".repeat(200)));
        assert!(!stands_for("pytest-*", "pytest"));
    }

    #[test]
    fn a_pattern_is_a_normalised_name() {
        for pattern in ["", "Foo", "foo_*", "foo bar"] {
            assert!(NamePattern::try_from(pattern.to_owned()).is_err());
        }
    }
}
