//! Secrets that are known by the name of what they are given to: variables, options, settings.

use super::{Secret, SecretKind, find, is_placeholder};

/// Words of a name whose value is a secret.
const TELLING: [&str; 9] = [
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "TOKEN",
    "APIKEY",
    "CREDENTIALS",
    "PASSPHRASE",
];

/// Whether a variable's value is a secret, by its name or by itself.
pub fn is_secret(name: &str, value: &str) -> bool {
    is_named(name, value) || !find(value).is_empty()
}

/// Whether the name of something says that its value is a secret.
pub(super) fn is_named(name: &str, value: &str) -> bool {
    let name = name.to_uppercase().replace(['-', '.'], "_");
    let key = name.ends_with("_KEY") || name == "KEY";
    let telling = key || name.split('_').any(|part| TELLING.contains(&part));
    let switch = matches!(value, "" | "0" | "1" | "true" | "false");
    telling && !switch && !value.contains('/') && value.parse::<f64>().is_err()
}

/// Whether a value is known to be a secret by its name: a key may be one of a table or of a cache.
pub(super) fn is_told(name: &str, value: &str) -> bool {
    const LOCKS: [&str; 10] = [
        "ACCESS",
        "ACCOUNT",
        "API",
        "AUTH",
        "ENCRYPTION",
        "LICENSE",
        "MASTER",
        "PRIVATE",
        "SECRET",
        "SIGNING",
    ];
    let words = name.to_uppercase().replace(['-', '.'], "_");
    let mut parts = words.split('_');
    let strong = parts.any(|part| TELLING.contains(&part) || LOCKS.contains(&part));
    strong && is_named(name, value) && !is_stand_in(value)
}

/// Whether a named value says of itself that it is no secret.
fn is_stand_in(value: &str) -> bool {
    const WORDS: [&str; 8] = [
        "dummy",
        "placeholder",
        "insecure",
        "unsafe",
        "not-a-secret",
        "changeme",
        "change-me",
        "build-time",
    ];
    let value = value.to_lowercase();
    is_placeholder(&value)
        || value.starts_with('$')
        || WORDS.iter().any(|word| value.contains(word))
}

/// The name of an option: `--api-key`.
pub(super) fn option(word: &str) -> Option<&str> {
    let name = word.trim_start_matches('-');
    (word.starts_with('-') && !name.is_empty() && !name.contains('=')).then_some(name)
}

/// `NAME=value`, `--name=value`, `--name value`, `NAME: value`, `ENV NAME value`, `-u name:password`.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for (at, line) in lines(text) {
        let words = words(line);
        for (index, (start, word)) in words.iter().enumerate() {
            let word = *word;
            let behind = |back: usize| Some(words[index.checked_sub(back)?].1);
            let given = within(word).or_else(|| match behind(1)? {
                "=" => named(behind(2)?, word),
                before if index == 2 && matches!(words[0].1, "ENV" | "ARG") => named(before, word),
                before => after(before, word),
            });
            let Some((name, offset)) = given else {
                continue;
            };
            let value = &word[offset..];
            let quoted = value.trim_matches(QUOTES);
            if quoted.is_empty() || is_stand_in(quoted) {
                continue;
            }
            let start = at + start + offset + value.find(quoted).unwrap_or(0);
            found.push(Secret {
                span: start..start + quoted.len(),
                kind: SecretKind::Named(name.to_owned()),
            });
        }
    }
    found
}

/// What may stand around a word.
const QUOTES: [char; 6] = ['"', '\'', ',', ';', '[', ']'];

/// `NAME=value`: the name, and where the value begins.
fn within(word: &str) -> Option<(&str, usize)> {
    let (name, value) = word.split_once('=')?;
    let name = name.trim_matches(QUOTES).trim_start_matches('-');
    is_named(name, value.trim_matches(QUOTES)).then_some((name, word.len() - value.len()))
}

/// A value that its name tells.
fn named<'t>(name: &'t str, word: &str) -> Option<(&'t str, usize)> {
    let name = name.trim_matches(QUOTES);
    is_named(name, word.trim_matches(QUOTES)).then_some((name, 0))
}

/// A value behind an option, or behind a key and a colon.
fn after<'t>(before: &'t str, word: &str) -> Option<(&'t str, usize)> {
    let before = before.trim_matches(QUOTES);
    if matches!(before, "-u" | "--user") {
        return word.find(':').map(|colon| ("password", colon + 1));
    }
    let is_option = option(word.trim_matches(QUOTES)).is_some();
    let name = option(before)
        .filter(|_| !is_option)
        .or_else(|| before.strip_suffix(':'))?;
    named(name, word)
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some((start, line))
    })
}

/// The words of a line; quotes keep blanks together.
fn words(line: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => {
                quote = Some(c);
                start = start.or(Some(at));
            }
            (None, c) if c.is_whitespace() => {
                words.extend(start.take().map(|start| (start, &line[start..at])));
            }
            (None, _) => start = start.or(Some(at)),
        }
    }
    words.extend(start.map(|start| (start, line[start..].trim_end())));
    words
}
