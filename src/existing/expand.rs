//! Variables of a Dockerfile: `ARG` defaults and `ENV`, as Docker puts them in.
//!
//! Source: <https://docs.docker.com/reference/dockerfile/#environment-replacement>

use std::collections::BTreeMap;

/// The variable in which platforms say the port: Cloud Run, Heroku, Railway, Spaces.
pub(crate) const PLATFORM_PORT: &str = "PORT";

/// The longest value, in bytes.
const LONGEST: usize = 65_535;

/// What variables stand for at a line. One without a known value is left as it is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    known: BTreeMap<String, String>,
    /// One that stays a variable: a platform sets it.
    open: Option<&'static str>,
}

impl Variables {
    pub(super) fn set(&mut self, name: &str, value: String) {
        self.known.insert(name.to_owned(), value);
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.known.get(name).map(String::as_str)
    }

    /// The same, but for one that stays a variable; a value that is known is its default.
    pub(super) fn leaving(&self, open: &'static str) -> Self {
        Self {
            open: Some(open),
            ..self.clone()
        }
    }

    /// The text with every known variable put in; as it is written where that would be longer than Docker takes.
    pub(super) fn expand(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let (piece, length) = self.piece(&rest[at..]);
            out.push_str(&piece);
            if out.len() > LONGEST {
                return text.to_owned();
            }
            rest = &rest[at + length..];
        }
        out.push_str(rest);
        out
    }

    /// The value of what begins with `$`, and the length of that.
    fn piece(&self, text: &str) -> (String, usize) {
        let as_written = |length: usize| (text[..length].to_owned(), length);
        if let Some(inner) = text.strip_prefix("${") {
            let Some(end) = closing(inner) else {
                return as_written(text.len());
            };
            return match self.braced(&inner[..end]) {
                Some(value) => (value, end + 3),
                None => as_written(end + 3),
            };
        }
        let name = name(&text[1..]);
        match self.value(name) {
            Some(value) if !name.is_empty() => (value, name.len() + 1),
            _ => as_written(name.len() + 1),
        }
    }

    /// What a variable is replaced by.
    fn value(&self, name: &str) -> Option<String> {
        let known = self.get(name)?;
        Some(if self.open == Some(name) {
            format!("${{{name}:-{known}}}")
        } else {
            known.to_owned()
        })
    }

    /// `NAME`, `NAME:-default`, `NAME-default`, `NAME:+word`, `NAME+word`.
    fn braced(&self, inner: &str) -> Option<String> {
        let name = name(inner);
        let rest = &inner[name.len()..];
        if rest.is_empty() || self.open == Some(name) {
            return self.value(name);
        }
        let known = self.get(name);
        let colon = rest.starts_with(':');
        let known = known.filter(|value| !colon || !value.is_empty());
        let rest = rest.trim_start_matches(':');
        match (rest.get(..1), known) {
            (Some("-"), Some(value)) => Some(value.to_owned()),
            (Some("-"), None) | (Some("+"), Some(_)) => Some(self.expand(&rest[1..])),
            (Some("+"), None) => Some(String::new()),
            _ => None,
        }
    }
}

fn name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// Where the brace that belongs to an open one is.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The pairs of `ENV` and `ARG`: `NAME=value NAME="a b"`, or the old `ENV NAME value`.
pub(super) fn pairs(text: &str, escape: char) -> Vec<(String, Option<String>)> {
    let words = words(text, escape);
    let old = words.first().is_some_and(|first| !first.contains('='));
    if old && words.len() > 1 {
        let name = words[0].clone();
        let value = text.trim_start()[name.len()..].trim().to_owned();
        return vec![(name, Some(value))];
    }
    let pairs = words.into_iter().map(|word| match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (word, None),
    });
    pairs.collect()
}

/// The words of an instruction: quotes keep blanks and are dropped, the escape keeps the next character.
pub(super) fn words(text: &str, escape: char) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            _ if c == escape && quote != Some('\'') => {
                word.get_or_insert_default().extend(chars.next());
            }
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && quote.is_none() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_variable() {
        let mut variables = Variables::default();
        variables.set("A", "1".to_owned());
        variables.set("EMPTY", String::new());
        let expanded = |text: &str| variables.expand(text);
        assert_eq!(expanded("$A/${A}/$B/${B}"), "1/1/$B/${B}");
        assert_eq!(expanded("${B:-x}${A:-x}${EMPTY:-e}${EMPTY-e}"), "x1e");
        assert_eq!(expanded("${A:+yes}${B:+yes}${B:-${A}}"), "yes1");
        assert_eq!(expanded("${B:?no} $ ${"), "${B:?no} $ ${");
    }

    #[test]
    fn both_forms_of_env() {
        let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            pairs("A=1 B=\"two words\" C='$x' D=a\\ b", '\\'),
            [
                pair("A", "1"),
                pair("B", "two words"),
                pair("C", "$x"),
                pair("D", "a b")
            ]
        );
        assert_eq!(
            pairs("NAME some  value", '\\'),
            [pair("NAME", "some  value")]
        );
        assert_eq!(pairs("VERSION", '\\'), [("VERSION".to_owned(), None)]);
    }
}
