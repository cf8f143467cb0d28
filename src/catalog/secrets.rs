//! `secrets.toml`: what is a secret by its looks, and what is none.

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use super::table::{Row, Rows, embedded};

/// What a token looks like behind its start.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct TokenShape {
    of: String,
    length: usize,
    #[serde(default)]
    dots: bool,
    #[serde(default)]
    open: bool,
    #[serde(default)]
    path: bool,
}

impl TokenShape {
    /// Whose token it is.
    pub(crate) fn of(&self) -> &str {
        &self.of
    }

    /// Whether the start is no part of the secret.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// How much of the text behind the start is the token's; `None` when it is none.
    pub(crate) fn rest(&self, text: &str) -> Option<usize> {
        let belongs = |c: char| {
            c.is_ascii_alphanumeric()
                || matches!(c, '_' | '-')
                || self.dots && c == '.'
                || self.path && c == '/'
        };
        let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
        (end >= self.length).then_some(end)
    }
}

/// A row that says no more than its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {}

/// The rows of `secrets.toml`.
#[derive(Debug)]
pub(crate) struct Secrets {
    shapes: Vec<(String, Row<TokenShape>)>,
    starts: AhoCorasick,
    images: Rows<String, Named>,
    parameters: Rows<String, Named>,
    users: Rows<String, Named>,
}

impl Secrets {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("secrets");
        let shapes: Rows<String, TokenShape> = file.rows("token");
        let starts = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(shapes.keys());
        let read = Self {
            starts: starts.expect("a few short words"),
            shapes: shapes.into_iter().collect(),
            images: file.rows("image"),
            parameters: file.rows("parameter"),
            users: file.rows("user"),
        };
        file.finish();
        read
    }

    /// Where a token may start in a text: the place, the length of the start, and what has to follow.
    pub(crate) fn starts<'t>(
        &'t self,
        text: &'t str,
    ) -> impl Iterator<Item = (usize, usize, &'t TokenShape)> {
        self.starts.find_iter(text).map(|found| {
            let (_, shape) = &self.shapes[found.pattern().as_usize()];
            (found.start(), found.len(), &**shape)
        })
    }

    /// Whether the value of a URL's parameter is a secret.
    pub(crate) fn is_parameter(&self, name: &str) -> bool {
        self.parameters.contains_key(&name.to_ascii_lowercase())
    }

    /// Whether a path is that of a picture, whose URL is there for every reader.
    pub(crate) fn is_image(&self, path: &str) -> bool {
        self.images.keys().any(|end| path.ends_with(end))
    }

    /// Whether a user's name says nothing about who it is.
    pub(crate) fn is_public_user(&self, name: &str) -> bool {
        self.users.contains_key(name)
    }
}
