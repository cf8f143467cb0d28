//! URLs: their parts that are secrets, and a type that cannot show them.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize, Serializer};

use super::value::is_placeholder;
use super::{Secret, SecretKind, mask};
use crate::catalog::Catalog;

/// The URL or path of a place that something comes from. Shown, debugged and serialised without its
/// secrets; two that differ in a secret alone are two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub struct Url(String);

impl Url {
    /// As it was written: to compare, and to take parts of.
    pub fn as_written(&self) -> &str {
        &self.0
    }

    /// The URL in a text that a place is part of.
    pub(crate) fn around(text: &str, at: usize) -> Option<Self> {
        let mut urls = text.match_indices("://").map(|(at, _)| extent(text, at));
        urls.find(|url| url.contains(&at))
            .map(|url| Self(text[url].to_owned()))
    }

    /// Whether it leads elsewhere than to this machine's disk.
    pub(crate) fn is_remote(&self) -> bool {
        self.0.contains("://")
    }

    /// Without who asks: that is a secret's to say.
    #[must_use]
    pub(crate) fn without_user(&self) -> Self {
        let Some(user) = user(&self.0) else {
            return self.clone();
        };
        let mut text = self.0.clone();
        text.replace_range(user.start..=user.end, "");
        Self(text)
    }

    /// Whether it says who asks.
    pub(crate) fn has_user(&self) -> bool {
        user(&self.0).is_some()
    }

    /// Without who asks, and without parameters that are secrets.
    #[must_use]
    pub(crate) fn without_secrets(&self) -> Self {
        let clean = self.without_user();
        let Some(start) = clean.0.find(['?', '#']) else {
            return clean;
        };
        let secret = |pair: &str| {
            let name = pair.split('=').next().unwrap_or_default();
            Catalog::embedded().secrets().is_parameter(name)
        };
        let mut text = clean.0[..start].to_owned();
        for part in clean.0[start..].split_inclusive(['?', '#', '&']) {
            let (pair, mark) = part.split_at(part.trim_end_matches(['?', '#', '&']).len());
            if !secret(pair) {
                text.push_str(pair);
                text.push_str(mark);
            }
        }
        Self(text.trim_end_matches(['?', '#', '&']).to_owned())
    }
}

impl From<&str> for Url {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Url {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask(&self.0))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*mask(&self.0), f)
    }
}

impl Serialize for Url {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&mask(&self.0))
    }
}

/// The secrets of all URLs in a text.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    // Most locks have megabytes of URLs and none of these.
    if !['@', '?', '#'].iter().any(|mark| text.contains(*mark)) {
        return found;
    }
    for (at, _) in text.match_indices("://") {
        of_url(text, at, extent(text, at).end, &mut found);
    }
    for (at, _) in text.match_indices('?') {
        of_path(text, at, &mut found);
    }
    found.extend(
        text.match_indices('@')
            .filter_map(|(at, _)| without_scheme(text, at)),
    );
    found
}

/// Where the URL begins and ends whose `://` is at a place.
fn extent(text: &str, at: usize) -> Range<usize> {
    let scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let start = text[..at].trim_end_matches(scheme).len();
    let closing = match text[..start].chars().next_back() {
        Some('\'') => '\'',
        Some('(') => ')',
        Some('[') => ']',
        _ => '"',
    };
    let ends =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '`') || c == closing;
    let end = text[at + 3..].find(ends);
    start..end.map_or(text.len(), |end| at + 3 + end)
}

fn of_url(text: &str, at: usize, end: usize, found: &mut Vec<Secret>) {
    if let Some(user) = userinfo(text, at + 3..end) {
        of_user(text, at, user, found);
    }
    if let Some(start) = text[at + 3..end].find(['?', '#']) {
        of_query(text, at + 3 + start + 1..end, found);
    }
}

/// `name=value&name=value`.
fn of_query(text: &str, query: Range<usize>, found: &mut Vec<Secret>) {
    let mut from = query.start;
    for pair in text[query].split(['?', '#', '&', ';']) {
        if let Some((name, value)) = pair.split_once('=') {
            let start = from + name.len() + 1;
            if Catalog::embedded().secrets().is_parameter(name) && !is_placeholder(value) {
                found.push(Secret {
                    span: start..start + value.len(),
                    kind: SecretKind::Parameter(name.to_owned()),
                });
            }
        }
        from += pair.len() + 1;
    }
}

/// The query of a path alone: `/health?token=X`.
fn of_path(text: &str, at: usize, found: &mut Vec<Secret>) {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | ']' | '}');
    let end = text[at..].find(ends).map_or(text.len(), |end| at + end);
    of_query(text, at + 1..end, found);
}

/// `name:password` of `name:password@host/path`. A password may hold a `/`, though it should not: what
/// stands before it is no port then.
fn userinfo(text: &str, url: Range<usize>) -> Option<Range<usize>> {
    let rest = &text[url.clone()];
    let authority = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let at = rest[..authority].rfind('@').or_else(|| {
        let (_, port) = rest[..authority].split_once(':')?;
        let is_port = port.chars().all(|c| c.is_ascii_digit());
        let is_address = rest.starts_with('[');
        (!is_port && !is_address && !port.contains(['$', '{', '<'])).then(|| rest.find('@'))?
    })?;
    Some(url.start..url.start + at)
}

/// The same of a URL alone.
fn user(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + 3;
    userinfo(url, start..url.len())
}

fn of_user(text: &str, at: usize, info: Range<usize>, found: &mut Vec<Secret>) {
    let words = &text[info.clone()];
    let (name, password) = match words.split_once(':') {
        Some((name, password)) => (name, Some(password)),
        None => (words, None),
    };
    if let Some(password) = password.filter(|password| !is_placeholder(password)) {
        found.push(Secret {
            span: info.end - password.len()..info.end,
            kind: SecretKind::Password,
        });
    }
    // SSH signs with a key: who asks is no secret there.
    let signs = text[..at].ends_with("ssh");
    if !signs && !is_name(name) {
        found.push(Secret {
            span: info.start..info.start + name.len(),
            kind: SecretKind::User,
        });
    }
}

/// `name:password@registry.example/image`, as Docker and others write it.
fn without_scheme(text: &str, at: usize) -> Option<Secret> {
    let apart =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '=' | '(' | ',' | '/');
    let login = text[..at].rsplit(apart).next().unwrap_or_default();
    let start = at - login.len();
    let (name, password) = login.split_once(':')?;
    let rest = &text[at + 1..];
    let host = &rest[..rest.find('/')?];
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_known = host.contains('.') || host.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_login =
        !name.is_empty() && !matches!(name, "mailto" | "sip") && !is_placeholder(password);
    (is_login && is_known && host.chars().all(is_host)).then(|| Secret {
        span: start + name.len() + 1..at,
        kind: SecretKind::Password,
    })
}

/// Whether a user's name can be one: words with numbers behind them. Tokens have digits within.
fn is_name(user: &str) -> bool {
    let word = |part: &str| {
        let digits = part.len() - part.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let letters = &part[..part.len() - digits];
        digits <= 4 && letters.len() <= 20 && letters.chars().all(char::is_alphabetic)
    };
    let plain = user.replace("%40", "@");
    is_placeholder(user)
        || Catalog::embedded().secrets().is_public_user(user)
        || plain.len() <= 48 && plain.split(['.', '_', '-', '+', '@']).all(word)
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn a_url_cannot_show_its_secret() {
        let url = Url::from("https://me:s3cret@host/s?token=s3cret");
        assert_eq!(url.to_string(), "https://me:****@host/s?token=****");
        assert_eq!(format!("{url:?}"), "\"https://me:****@host/s?token=****\"");
        let json = serde_json::to_string(&url).unwrap();
        assert!(!json.contains("s3cret"));
    }

    /// Unicode has white space of several bytes.
    #[test]
    fn a_login_begins_behind_any_white_space() {
        let masked = |text: &str| crate::secret::mask(text).into_owned();
        for apart in ["\u{2028}", "\u{3000}", "\u{a0}", " "] {
            let text = format!("see{apart}me:Zx9qW3rT7@registry.example/shop");
            let hidden = format!("see{apart}me:****@registry.example/shop");
            assert_eq!(masked(&text), hidden);
            let badge = format!("a{apart}https://x.example/b.svg?token=Zx9qW3rT7kLm2pQ8");
            assert!(masked(&badge).starts_with(&format!("a{apart}https")));
        }
    }

    #[test]
    fn who_asks_is_told_apart_from_where() {
        let clean = |url: &str| Url::from(url).without_secrets().as_written().to_owned();
        assert_eq!(clean("https://me:a@b@host/s@x"), "https://host/s@x");
        assert_eq!(
            clean("https://h/a?token=1&b=2#sha256=3"),
            "https://h/a?b=2#sha256=3"
        );
        assert_eq!(clean("https://h/a?token=1"), "https://h/a");
        assert!(Url::from("https://me@pkgs.example/simple").has_user());
        assert!(!Url::from("https://pkgs.example/a@b:c").has_user());
    }
}
