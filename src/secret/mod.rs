//! Secrets in texts: where they stand, and the same texts without them.
//!
//! Whatever dfgen reads may hold a password or a token, and whatever it prints ends in a log. So there
//! is one way to find them (`find` in a text, `in_file` in a file of the user's), and everything that
//! shows a person's words goes through it: [`crate::diagnostic`] draws no line and says no message
//! without, [`Url`] cannot be printed with one. What projects hold of them is refused where they are
//! read.

mod assignment;
mod document;
mod prose;
mod url;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use crate::catalog::Catalog;
use value::is_placeholder;

pub(crate) use assignment::is_secret;
pub(crate) use document::{Found, Owner, in_file, in_setting};
pub use url::Url;

/// What stands for a secret.
const MASK: &str = "****";

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    /// Its bytes.
    pub(crate) span: Range<usize>,
    /// How it was known.
    pub(crate) kind: SecretKind,
}

/// How a secret was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretKind {
    /// The password of a URL.
    Password,
    /// A user's name in a URL that is nobody's name.
    User,
    /// The value of a URL's parameter of this name.
    Parameter(String),
    /// A token of this service's.
    Token(String),
    /// The value of something of this name.
    Named(String),
}

impl fmt::Display for SecretKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password => f.write_str("a password in a URL"),
            Self::User => f.write_str("a token in a URL"),
            Self::Parameter(name) => write!(f, "the value of `{name}` in a URL"),
            Self::Token(of) => write!(f, "a token of {of}"),
            Self::Named(name) if name == "private key" => f.write_str("a private key"),
            Self::Named(name) => write!(f, "the value of `{name}`"),
        }
    }
}

/// Every secret of a text that shows itself: in URLs, and tokens of known shape. In order, none inside
/// another.
pub(crate) fn find(text: &str) -> Vec<Secret> {
    let mut found: Vec<Secret> = tokens(text).collect();
    found.extend(url::secrets(text));
    found.extend(bearers(text));
    found.extend(keys(text));
    in_order(found)
}

/// Whether a text has a token in it, which is valid everywhere.
pub(crate) fn has_token(text: &str) -> bool {
    let is_token = |one: &Secret| matches!(one.kind, SecretKind::Token(_));
    find(text).iter().any(is_token)
}

/// The private keys and tokens of a text, each with its line: never they themselves.
pub(crate) fn shown_in(text: &str) -> Vec<(String, usize)> {
    let tokens = tokens(text);
    let told = in_order(tokens.chain(keys(text)).collect()).into_iter();
    let told = told.map(|one| {
        let line = text[..one.span.start].matches('\n').count() + 1;
        (one.kind.to_string(), line)
    });
    told.collect()
}

/// What the secrets of a file of an image are, each with its line: never the secrets themselves. What is no setting of a
/// program's is searched for what shows itself: a system's own texts name passwords in many ways, and source calls what
/// reads them by their names.
pub(crate) fn told_in_file(path: &Path, text: &str) -> Vec<(String, usize)> {
    let mut found = find(text);
    if is_settings(path) {
        found.extend(assignment::secrets(text));
    }
    let told = in_order(found).into_iter().map(|one| {
        let line = text[..one.span.start].matches('\n').count() + 1;
        (one.kind.to_string(), line)
    });
    told.collect()
}

/// Whether a file holds settings.
fn is_settings(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let name = name.as_deref().unwrap_or_default();
    let of_system = path.starts_with("etc") && name != "pip.conf";
    let ends = [
        ".cfg",
        ".conf",
        ".env",
        ".ini",
        ".json",
        ".properties",
        ".sh",
        ".toml",
        ".yaml",
        ".yml",
        "rc",
    ];
    !of_system && (name.starts_with(".env") || ends.iter().any(|end| name.ends_with(end)))
}

/// What the secrets of a variable of an image are.
pub(crate) fn told_in_variable(name: &str, value: &str) -> Option<String> {
    let shown = find(value).first().map(|one| one.kind.to_string());
    shown.or_else(|| is_secret(name, value).then(|| format!("the value of `{name}`")))
}

/// What the secrets of a line of an image's history are.
pub(crate) fn told_in_line(line: &str) -> Vec<String> {
    let mut found = find(line);
    found.extend(assignment::secrets(line));
    let told = in_order(found).into_iter().map(|one| one.kind.to_string());
    told.collect()
}

/// A text without its secrets.
pub fn mask(text: &str) -> Cow<'_, str> {
    without(text, find(text).iter().map(|secret| &secret.span))
}

/// A line of a program or a container file without its secrets: variables and options count, too.
pub(crate) fn mask_line(line: &str) -> String {
    let mut found = find(line);
    found.extend(assignment::secrets(line));
    let found = in_order(found);
    without(line, found.iter().map(|secret| &secret.span)).into_owned()
}

/// A text without some of its parts, which are in order.
pub(crate) fn without<'t, 's>(
    text: &'t str,
    spans: impl IntoIterator<Item = &'s Range<usize>>,
) -> Cow<'t, str> {
    let mut masked = String::new();
    let mut end = 0;
    for span in spans {
        masked.push_str(&text[end..span.start]);
        masked.push_str(MASK);
        end = span.end;
    }
    if end == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[end..]);
    Cow::Owned(masked)
}

/// A text in which a secret of a file's is not quoted: what stands between marks, as a word of it.
pub(crate) fn without_quoted(text: String, secret: &str) -> String {
    let secret = secret.trim_matches(['"', '\'']);
    if secret.is_empty() || !text.contains(secret) {
        return text;
    }
    let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let spans = text.match_indices(secret).filter(|(at, word)| {
        let (before, after) = (&text[..*at], &text[at + word.len()..]);
        let quotes = before.matches(['`', '"']).count();
        quotes % 2 == 1 && !inner(before.chars().next_back()) && !inner(after.chars().next())
    });
    let spans: Vec<Range<usize>> = spans.map(|(at, word)| at..at + word.len()).collect();
    without(&text, &spans).into_owned()
}

/// Where a place of a text is when some parts of the text are masked.
pub(crate) fn moved<'s>(at: usize, spans: impl IntoIterator<Item = &'s Range<usize>>) -> usize {
    let mut moved = at;
    for span in spans {
        if span.end <= at {
            moved = moved + MASK.len() - span.len();
        } else if span.start < at {
            moved = moved - (at - span.start) + MASK.len();
        }
    }
    moved
}

fn tokens(text: &str) -> impl Iterator<Item = Secret> {
    let starts = Catalog::embedded().secrets().starts(text);
    starts.filter_map(move |(at, length, shape)| {
        let before = text[..at].chars().next_back();
        let inside = before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let rest = shape.rest(&text[at + length..])?;
        let start = if shape.is_open() { at + length } else { at };
        (!inside || shape.is_open()).then(|| Secret {
            span: start..at + length + rest,
            kind: SecretKind::Token(shape.of().to_owned()),
        })
    })
}

/// `Authorization: Bearer TOKEN`.
fn bearers(text: &str) -> impl Iterator<Item = Secret> {
    let headers = text.match_indices("uthorization");
    headers.filter_map(move |(at, word)| {
        let from = at + word.len();
        let rest = &text[from..];
        // `the Authorization header` has none.
        if !rest.trim_start().starts_with([':', '=']) {
            return None;
        }
        let end = rest.find(['"', '\'', '`', '\n']);
        let header = &rest[..end.unwrap_or(rest.len())];
        let value = header.trim_end().rsplit([' ', ':', '=']).next()?;
        let start = from + header.rfind(value)?;
        (!value.is_empty() && !is_placeholder(value)).then(|| Secret {
            span: start..start + value.len(),
            kind: SecretKind::Named("Authorization".to_owned()),
        })
    })
}

/// Private keys in PEM.
fn keys(text: &str) -> impl Iterator<Item = Secret> {
    const END: &str = "PRIVATE KEY-----";
    text.match_indices("-----BEGIN ").filter_map(|(start, _)| {
        let rest = &text[start..];
        let head = rest.find(END)? + END.len();
        let is_near = head < 60 && !rest[..head].contains('\n');
        let end = rest[head..].find(END).map(|end| head + end + END.len());
        is_near.then(|| Secret {
            span: start..start + end.unwrap_or(rest.len()),
            kind: SecretKind::Named("private key".to_owned()),
        })
    })
}

/// In the order of the text; what is inside another is left out, what overlaps is one.
fn in_order(mut secrets: Vec<Secret>) -> Vec<Secret> {
    secrets.sort_by_key(|secret| (secret.span.start, std::cmp::Reverse(secret.span.end)));
    let mut kept: Vec<Secret> = Vec::new();
    for secret in secrets {
        match kept
            .last_mut()
            .filter(|last| last.span.end > secret.span.start)
        {
            Some(last) => last.span.end = last.span.end.max(secret.span.end),
            None => kept.push(secret),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_urls_and_tokens_are_masked_and_names_are_not() {
        let masked = |text: &str| mask(text).into_owned();
        for (text, expected) in [
            (
                "https://me:s3cret@pkgs.example/simple",
                "https://me:****@pkgs.example/simple",
            ),
            (
                "git+https://x:s3cr3t@host/a.git@main",
                "git+https://x:****@host/a.git@main",
            ),
            (
                "https://T0PS3CRET@pkgs.example/s",
                "https://****@pkgs.example/s",
            ),
            ("https://me:pa/ss@host/a", "https://me:****@host/a"),
            ("https://me:p@ss@host/a", "https://me:****@host/a"),
            (
                "http://h/f.whl?token=abc&x=1#sha256=9",
                "http://h/f.whl?token=****&x=1#sha256=9",
            ),
            ("http://h/f.whl#Token=abc", "http://h/f.whl#Token=****"),
            ("ssh://git:pw@host/a.git", "ssh://git:****@host/a.git"),
            (
                "me:s3cret@registry.example/python:3.13",
                "me:****@registry.example/python:3.13",
            ),
            ("see ['https://me:pw@host']", "see ['https://me:****@host']"),
            (
                "https://dl.cloudsmith.io/Ab3dE5gH1jK2mN0p/acme/py",
                "https://dl.cloudsmith.io/****/acme/py",
            ),
            ("a glpat-abcdefghij0123456789 b", "a **** b"),
            (
                "-H \"Authorization: Bearer abc\" x",
                "-H \"Authorization: Bearer ****\" x",
            ),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn what_is_no_secret_is_left() {
        for text in [
            "https://me@pkgs.example/simple",
            "https://ci-bot42@host/a",
            "ssh://git@github.com/a/b.git",
            "git@github.com:a/b.git",
            "https://__token__:@host/s",
            "https://oauth2@host/s",
            "https://me:${TOKEN}@host/s",
            "https://${USER}:${TOKEN}@host/s",
            "https://me:<password>@host/s",
            "https://host/a@b:c",
            "https://host:8080/a@b",
            "http://[::1]:80/x",
            "python:3.13@sha256:0123456789abcdef",
            "a.whl#sha256=0123456789abcdef",
            "mail bob:bob@example.org",
            "postgresql://shop:${POSTGRES_PASSWORD}@postgresql:5432/shop",
            "https://first.last%40corp.example@host/s",
            "https://dl.cloudsmith.io/public/acme/py",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn places_move_with_what_is_masked() {
        let text = "ab SECRET cd";
        let spans = vec![Range { start: 3, end: 9 }];
        let masked = without(text, &spans);
        assert_eq!(masked, "ab **** cd");
        assert_eq!(&masked[moved(10, &spans)..], "cd");
        assert_eq!(moved(3, &spans), 3);
        assert_eq!(moved(9, &spans), 7);
        assert_eq!(moved(5, &spans), 7);
    }

    #[test]
    fn lines_of_programs_hide_variables_and_options() {
        for (line, expected) in [
            ("ENV API_TOKEN=abc DEBUG=0", "ENV API_TOKEN=**** DEBUG=0"),
            ("ENV API_TOKEN abc", "ENV API_TOKEN ****"),
            ("ARG DB_PASSWORD=\"a b\" \\", "ARG DB_PASSWORD=\"****\" \\"),
            (
                "serve --api-key abc --port 80",
                "serve --api-key **** --port 80",
            ),
            ("serve --password=abc", "serve --password=****"),
            ("curl -u me:abc https://h", "curl -u me:**** https://h"),
            ("  POSTGRES_PASSWORD: hunter2", "  POSTGRES_PASSWORD: ****"),
            ("serve --token $TOKEN", "serve --token $TOKEN"),
            (
                "ENV KEY_FILE=/run/secrets/key",
                "ENV KEY_FILE=/run/secrets/key",
            ),
        ] {
            assert_eq!(mask_line(line), expected);
        }
    }
}
