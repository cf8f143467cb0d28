//! Secrets in what people read: a text about a project may show what a URL with a password looks like.

use super::value::is_random;
use super::{Secret, SecretKind, find};
use crate::catalog::Catalog;

/// The secrets of a text for people, without examples.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let mut found = find(text);
    found.retain(|secret| !is_example(text, secret));
    found
}

/// `user:password@host`: a word that is no password, the user's name again, or this machine alone. The key of a badge
/// is there to be read, and what is named and does not look made by a machine is a word.
fn is_example(text: &str, secret: &Secret) -> bool {
    let value = &text[secret.span.clone()];
    match secret.kind {
        SecretKind::Token(_) => return false,
        SecretKind::Named(_) | SecretKind::Parameter(_)
            if is_of_badge(&text[..secret.span.start]) || !is_random(value) =>
        {
            return true;
        }
        _ => {}
    }
    let value = value.to_lowercase();
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

/// Whether a text ends within the query of an image's URL: `https://host/badge.svg?token=`.
fn is_of_badge(before: &str) -> bool {
    let start = before.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '\'' | '<'));
    let url = &before[start.map_or(0, |start| start + 1)..];
    let path = url.split('?').next().unwrap_or_default();
    url.contains('?') && Catalog::embedded().secrets().is_image(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let secrets = secrets(text).into_iter();
        secrets.map(|secret| &text[secret.span]).collect()
    }

    #[test]
    fn words_and_keys_of_badges_are_no_secrets() {
        for text in [
            "Include the access token in the Authorization header.",
            "[Control overrides via authorization](#control-overrides-via-authorization)",
            "it is **not** skipped (unlike `authorization_headers` behavior).",
            "| Authorization: required | Authorization = Basic |",
            "curl -H \"Authorization: Bearer $TOKEN\" -H 'Authorization: Bearer YOUR_API_KEY'",
            "[![cov](https://codecov.io/gh/a/b/branch/main/graph/badge.svg?token=Z6A893ZGYK)](https://codecov.io/gh/a/b)",
            "<img src=\"https://h.example/badge.png?style=flat&token=Z6A893ZGYK8s\">",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_a_machine_made_is_one() {
        for (text, secret) in [
            (
                "curl -H \"Authorization: Bearer 8f3kQ2mZx7Lw9pTr4vYb\"",
                "8f3kQ2mZx7Lw9pTr4vYb",
            ),
            (
                "https://h.example/data?token=8f3kQ2mZx7Lw9pTr4vYb",
                "8f3kQ2mZx7Lw9pTr4vYb",
            ),
            ("https://bob:T0PS3CRET@h.example/simple", "T0PS3CRET"),
        ] {
            assert_eq!(found(text), [secret], "{text}");
        }
    }
}
