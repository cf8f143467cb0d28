//! What a value says of itself: that it is a key, or that it is no secret.

use crate::catalog::Catalog;

/// Whether the value of something with a telling name is no secret: a switch, a small number, a path, a
/// URL (what it holds is found in it), a stand-in.
pub(super) fn is_open(value: &str) -> bool {
    let value = value.trim();
    let names = Catalog::embedded().secret_names();
    is_switch(value)
        || is_small_number(value)
        || value.chars().all(|c| matches!(c, '!' | '*'))
        || is_placeholder(value)
        || names.is_reference(value)
        || !is_random(value) && (names.is_stand_in(value) || is_path(value))
        || is_url(value)
}

/// A value that stands for another one, which is filled in elsewhere.
pub(super) fn is_placeholder(value: &str) -> bool {
    let within = |open: &str, close: &str| {
        let inner = value.strip_prefix(open);
        inner.and_then(|inner| inner.strip_suffix(close))
    };
    let blank = |c: char| matches!(c, '*' | '.' | 'x' | 'X');
    let is_blank = value.chars().all(blank) && value.len() >= 3 || matches!(value, "" | "…");
    is_blank
        || value.strip_prefix('$').is_some_and(is_variable)
        || within("${", "}").is_some_and(is_expansion)
        || value.starts_with("$(")
        || value.starts_with(".*")
        || within("{{", "}}").is_some()
        || within("{", "}").is_some_and(is_name)
        || within("%(", ")s").is_some_and(is_name)
        || within("<", ">").is_some_and(|words| !is_random(words))
}

/// `NAME`, `NAME:-default` with a default that is no secret itself.
fn is_expansion(inner: &str) -> bool {
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let (name, rest) = inner.split_at(end.unwrap_or(inner.len()));
    let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
    !name.is_empty() && default.is_none_or(is_open)
}

/// `TOKEN`, `token`: who writes a password that begins with `$` mixes.
fn is_variable(name: &str) -> bool {
    let has = |is: fn(&u8) -> bool| name.bytes().any(|byte| is(&byte));
    is_name(name) && !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_switch(value: &str) -> bool {
    let switches = [
        "", "true", "false", "yes", "no", "on", "off", "none", "null",
    ];
    switches.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// A length, a count: passwords of digits are longer.
fn is_small_number(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    (1..5).contains(&digits) && value.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn is_url(value: &str) -> bool {
    let scheme = value.split_once("://").map(|(scheme, _)| scheme);
    let is_part =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.chars().all(is_part))
}

/// `/run/secrets/x`, `~/.netrc`, `prod/app`: words of small letters, or an absolute path of several.
fn is_path(value: &str) -> bool {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '~' | '@');
    let is_small = !value.chars().any(|c| c.is_ascii_uppercase());
    let is_deep = value.starts_with('/') && value.matches('/').count() > 1;
    value.contains('/') && value.chars().all(is_part) && (is_small || is_deep)
}

/// Whether a value looks like what a machine made up.
pub(super) fn is_random(value: &str) -> bool {
    let marks = value.chars().any(|c| matches!(c, '!' | '$' | '^' | '~'));
    let has = |is: fn(&char) -> bool| value.chars().any(|c| is(&c));
    let is_mixed = marks
        && value.len() >= 8
        && !value.contains(char::is_whitespace)
        && has(char::is_ascii_digit)
        && has(char::is_ascii_alphabetic);
    let mut parts = value.split(|c: char| !c.is_ascii_alphanumeric());
    is_mixed || parts.any(is_random_word)
}

/// Kinds of letters that change more often than in words, with numbers among them.
fn is_random_word(word: &str) -> bool {
    let count = |is: fn(&u8) -> bool| word.bytes().filter(is).count();
    let digits = count(u8::is_ascii_digit);
    let (upper, lower) = (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let begins = |pair: &&[u8]| pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase();
    let pairs = word.as_bytes().windows(2);
    let changes = pairs
        .filter(|pair| !begins(pair) && kind(pair[0]) != kind(pair[1]))
        .count();
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    match word.len() {
        0..10 => false,
        _ if digits > 0 && upper > 0 && lower > 0 && changes >= 4 => true,
        16.. if digits > 1 && upper + lower > 0 && changes >= 4 => true,
        32.. if is_hex && digits > 1 => true,
        length @ 20.. => digits == 0 && upper > 0 && lower > 0 && changes * 4 >= length,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_open, is_random};

    #[test]
    fn keys_look_random_and_words_do_not() {
        for key in [
            "Zq9hunter2Xy",
            "q7Rk2ZpX9vLm4TnB8sWd",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9hLp2kTr",
            "dG9rZW4/c2VjcmV0L3Rva2Vu",
            "aBcDeFgHiJkLmNoPqRsTuVwX",
            "0f9d8c7b6a5e4d3c2b1a0f9d8c7b6a5e",
            "hunter2!",
        ] {
            assert!(is_random(key) && !is_open(key), "{key}");
        }
        for word in [
            "argon2",
            "HS256",
            "SHA256withRSA",
            "Qwen2.5-7B-Instruct",
            "bert-base-uncased",
            "EnvironmentVariableCredentials",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "hunterzwei",
        ] {
            assert!(!is_random(word), "{word}");
        }
    }

    #[test]
    fn paths_small_numbers_and_stand_ins_are_open() {
        for value in [
            "/run/secrets/key",
            "/run/secrets/API_KEY",
            "prod/app/db",
            "https://auth.example/token",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
            "4096",
            "0.5",
            "true",
            "None",
            "dummy",
            "insecure-build-only",
            "$NAME",
            "${NAME}",
            "${NAME:-dummy}",
            "{{ password }}",
            "<pad>",
            "</s>",
            "!",
            "...",
        ] {
            assert!(is_open(value), "{value}");
        }
        for value in [
            "/Zq9hunter2",
            "83921746",
            "inf",
            "Zq9dummyQx",
            "$ecretZq9x",
            "q7Rk2/pX9vLm4TnB8sWd==",
            "hunterzwei",
            "${NAME:-Zq9hunter2Xy}",
            ".",
            "{\"password\": \"Zq9\"}",
        ] {
            assert!(!is_open(value), "{value}");
        }
    }
}
