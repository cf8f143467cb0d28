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
    if is_dead(value) {
        return true;
    }
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

/// How long a token may hold that is none any more when somebody reads a text with it, in seconds.
const SHORT: i64 = 24 * 60 * 60;

/// Whether it is a JSON Web Token that held a day at most from when it was made, as the URLs of signed pictures have: it
/// is no secret by the time that the text is kept.
/// <https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4>
fn is_dead(value: &str) -> bool {
    let payload = value.split('.').nth(1).and_then(decoded);
    let claims = payload.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let number = |name: &str| claims.as_ref()?.get(name)?.as_i64();
    let made = number("nbf").or_else(|| number("iat"));
    let ends = number("exp").zip(made);
    ends.is_some_and(|(end, made)| (0..=SHORT).contains(&end.saturating_sub(made)))
}

/// The bytes behind base64's letters for URLs.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = held << 6 & 0xfff | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// Whether a text ends within the query of an image's URL: `https://host/badge.svg?token=`.
fn is_of_badge(before: &str) -> bool {
    let apart = |c: char| c.is_whitespace() || matches!(c, '(' | '"' | '\'' | '<');
    let url = before.rsplit(apart).next().unwrap_or_default();
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

    /// Made up: what a signed URL of a picture has, one that holds for years, and one without an end.
    const SIGNED: [&str; 3] = [
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzaG9wIiwiZXhwIjoxNzQyNDc2OTk1LCJuYmYiOjE3NDI0NzY2OTUsInBhdGgiOiIvYS5tcDQifQ.tIb7uSkDpSaspIluzCliHS8ATmlzkvEnF3CiClD0UGQ",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzaG9wIiwiZXhwIjoxODQyNDc2OTk1LCJuYmYiOjE3NDI0NzY2OTV9.tIb7uSkDpSaspIluzCliHS8ATmlzkvEnF3CiClD0UGQ",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzaG9wIn0.tIb7uSkDpSaspIluzCliHS8ATmlzkvEnF3CiClD0UGQ",
    ];

    #[test]
    fn a_token_that_held_for_minutes_is_none_any_more() {
        let [short, long, endless] = SIGNED;
        let url = |token: &str| format!("![demo](https://h.example/a.mp4?jwt={token})");
        assert_eq!(found(&url(short)), [""; 0]);
        assert_eq!(found(&url(long)), [long]);
        assert_eq!(found(&url(endless)), [endless]);
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
