//! Secrets in what people read: a text about a project may show what a URL with a password looks like.

use super::{Secret, SecretKind, find};
use crate::catalog::Catalog;

/// The secrets of a text for people, without examples.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let mut found = find(text);
    found.retain(|secret| !is_example(text, secret));
    found
}

/// `user:password@host`: a word that is no password, the user's name again, or this machine alone.
fn is_example(text: &str, secret: &Secret) -> bool {
    if matches!(secret.kind, SecretKind::Token(_)) {
        return false;
    }
    let value = text[secret.span.clone()].to_lowercase();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let before = text[..secret.span.start].trim_end_matches(':');
    let user = before.rsplit(|c| !is_part(c)).next().unwrap_or_default();
    let host = text[secret.span.end..].trim_start_matches('@');
    let host = host.split([':', '/']).next().unwrap_or_default();
    let words: Vec<&str> = value.split(|c: char| !c.is_ascii_alphabetic()).collect();
    let names = Catalog::embedded().secret_names();
    let is_word = |word: &&str| word.is_empty() || names.is_example(word);
    let is_local = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0");
    words.iter().all(is_word)
        || matches!(secret.kind, SecretKind::Password)
            && (user.eq_ignore_ascii_case(&value) || is_local)
}
