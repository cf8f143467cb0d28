//! Many patterns, of which those are found quickly that match a path.

use std::collections::BTreeMap;

use super::{IgnorePattern, Token};

/// Many patterns, of which those are found quickly that match a path.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgnoreSet {
    patterns: Vec<IgnorePattern>,
    /// Patterns that end in a whole name, in small letters.
    by_name: BTreeMap<String, Vec<usize>>,
    /// Patterns that end in a file extension, in small letters.
    by_extension: BTreeMap<String, Vec<usize>>,
    others: Vec<usize>,
}

impl<'p> FromIterator<&'p IgnorePattern> for IgnoreSet {
    fn from_iter<I: IntoIterator<Item = &'p IgnorePattern>>(patterns: I) -> Self {
        let mut set = Self::default();
        for (at, pattern) in patterns.into_iter().enumerate() {
            let end = last_name(&pattern.tokens);
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
    pub(crate) fn matching(&self, path: &str) -> Vec<usize> {
        let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let by_name = self.by_name.get(&name).into_iter().flatten();
        let by_extension = self.by_extension.get(extension).into_iter().flatten();
        let candidates = by_name.chain(by_extension).chain(&self.others).copied();
        let mut found: Vec<usize> = candidates
            .filter(|at| self.patterns[*at].matches(path))
            .collect();
        found.sort_unstable();
        found
    }
}

/// The tokens that a path's last name has to match; none where they cannot be told apart.
fn last_name(tokens: &[Token]) -> &[Token] {
    let is_end = |token: &Token| matches!(token, Token::Slash | Token::Folders);
    let start = tokens.iter().rposition(is_end);
    let start = start.map_or(0, |at| at + 1);
    // `a**b`: what comes before may be of the same name.
    let is_whole = match start.checked_sub(2).map(|at| &tokens[at]) {
        Some(before) => tokens[start - 1] == Token::Slash || is_end(before),
        None => true,
    };
    if is_whole { &tokens[start..] } else { &[] }
}

/// The text of tokens that are nothing but letters, in small ones.
fn letters(tokens: &[Token]) -> Option<String> {
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Letter(c) | Token::AnyCase(c) => text.extend(c.to_lowercase()),
            _ => return None,
        }
    }
    Some(text)
}
