//! Secrets in the files of a project: each with the key that it stands under.
//!
//! A manifest is read as TOML, so that an escape hides nothing and a key says what a value is. A text of
//! another kind, or one that is no TOML, is read line by line.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::value::is_random;
use super::{Secret, SecretKind, assignment, find, prose};
use crate::catalog::{Builds, Catalog};

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its bytes.
    pub(crate) span: Range<usize>,
    /// How it was known.
    pub(crate) kind: SecretKind,
    /// The bytes of the value that it is part of.
    pub(crate) place: Range<usize>,
    /// The keys that lead to the value; empty outside of values, and in files that have no keys.
    pub(crate) keys: Vec<String>,
    /// Who reads the value.
    pub(crate) owner: Owner,
    /// Whether it reaches a build, an image or a package by what this file says: not a value of another
    /// program's, which is masked alone.
    pub(crate) is_given: bool,
}

/// Who reads a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// uv: `[tool.uv]`, `uv.toml`.
    Uv,
    /// dfgen: `[tool.dfgen]`, `dfgen.toml`.
    Dfgen,
    /// What installs or builds the project: `[project]`, tables of build backends, the lock.
    Package,
    /// Another program, or nobody: comments.
    Other,
}

/// Every secret of a file, in order.
pub(crate) fn in_file(path: &Path, text: &str) -> Vec<Found> {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let name = name.as_deref().unwrap_or_default();
    let is = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let plain = |owner| move |one| plain(one, owner);
    if is(&[".lock"]) {
        return find(text).into_iter().map(plain(Owner::Package)).collect();
    }
    if is(&[".md", ".rst", ".txt"]) {
        let found = prose::secrets(text).into_iter();
        return found.map(plain(Owner::Package)).collect();
    }
    let table = DeTable::parse(text).ok().filter(|_| is(&[".toml"]));
    let Some(table) = table else {
        let mut all = find(text);
        all.extend(assignment::secrets(text));
        if !is(&[".py", ".pyi"]) {
            all.extend(unread(text));
        }
        let all = super::in_order(all).into_iter();
        return all.map(plain(Owner::Other)).collect();
    };
    let mut reader = Reader {
        text,
        file: name,
        keys: Vec::new(),
        found: Vec::new(),
    };
    reader.table(table.get_ref());
    let mut found = reader.found;
    // Comments, too: who has the file reads them.
    for one in find(text) {
        let known =
            |known: &Found| known.span.start < one.span.end && one.span.start < known.span.end;
        if !found.iter().any(known) {
            found.push(plain(Owner::Other)(one));
        }
    }
    found.sort_by_key(|one| (one.span.start, std::cmp::Reverse(one.span.end)));
    found.dedup_by(|later, kept| later.span.start < kept.span.end);
    found
}

/// What may be a secret in a text that could not be read as what it is: all behind a key that tells, and
/// words that look random.
fn unread(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let line = start..start + rest[..length].trim_end().len();
        let behind = behind_key(text, line.clone());
        let end = behind.as_ref().map_or(0, |secret| secret.span.end);
        found.extend(behind);
        found.extend(random_words(text, line));
        // A value of several lines ends with its quotes.
        start = end.max(start + length);
    }
    found
}

/// The value of a line's key, up to the end of the line or of its three quotes.
fn behind_key(text: &str, line: Range<usize>) -> Option<Secret> {
    let words = &text[line.clone()];
    let mark = words.find(['=', ':'])?;
    let key = words[..mark].trim_matches(['"', '\'', '-', ' ']);
    let value = words[mark + 1..].trim_start();
    let at = line.end - value.len();
    let plain = value.trim_matches(['"', '\'']);
    let quotes = ["\"\"\"", "'''"];
    let open = quotes.into_iter().find(|quotes| value.starts_with(quotes));
    let span = if let Some(quotes) = open {
        let end = text[at + 3..].find(quotes);
        at..end.map_or(text.len(), |end| at + 3 + end)
    } else {
        let start = at + value.find(plain).unwrap_or(0);
        start..start + plain.len()
    };
    let is_secret = is_key(key) && (open.is_some() || assignment::is_named(key, plain));
    is_secret.then(|| Secret {
        span,
        kind: SecretKind::Named(key.to_owned()),
    })
}

/// Words that look random; digests and paths do not count.
fn random_words(text: &str, line: Range<usize>) -> Vec<Secret> {
    let apart = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '@');
    let is_digest = |word: &str| {
        let mut parts = word.split([':', '=']);
        parts.any(|part| part.len() > 31 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let mut from = line.start;
    let mut found = Vec::new();
    for piece in text[line].split_inclusive(apart) {
        let word = piece.trim_end_matches(apart);
        if is_random(word) && !is_digest(word) && !word.contains(['/', '$', '{']) {
            found.push(Secret {
                span: from..from + word.len(),
                kind: SecretKind::Named("word".to_owned()),
            });
        }
        from += piece.len();
    }
    found
}

/// Whether a key says that its value is a secret.
fn is_key(key: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    key.chars().all(is_word) && assignment::tells(key)
}

/// Whether a setting of dfgen's holds a secret: its key and its value as TOML.
pub(crate) fn in_setting(keys: &[&str], value: &str) -> bool {
    let text = format!("{} = {value}\n", keys.join("."));
    !in_file(Path::new("dfgen.toml"), &text).is_empty()
}

fn plain(secret: Secret, owner: Owner) -> Found {
    Found {
        place: secret.span.clone(),
        span: secret.span,
        kind: secret.kind,
        keys: Vec::new(),
        owner,
        is_given: owner != Owner::Other,
    }
}

/// Settings of dfgen that hold names of a person's.
const NAMES: [&str; 3] = ["layers", "not-secret", "purpose"];

struct Reader<'t> {
    text: &'t str,
    file: &'t str,
    keys: Vec<String>,
    found: Vec<Found>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            self.keys.push(key.get_ref().to_string());
            self.value(value);
            self.keys.pop();
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => self.list(items),
            DeValue::String(text) => self.string(text, value.span(), Vec::new()),
            DeValue::Integer(_) | DeValue::Float(_) => {
                let key = self.keys.last().cloned().unwrap_or_default();
                let number = &self.text[value.span()];
                if self.looks_at_names() && assignment::is_named(&key, number) {
                    let span = value.span();
                    self.found.push(Found {
                        place: span.clone(),
                        span,
                        kind: SecretKind::Named(key),
                        keys: self.keys.clone(),
                        owner: self.owner(),
                        is_given: self.names_tell(),
                    });
                }
            }
            _ => {}
        }
    }

    /// A list may be a command: an option tells what the next word is.
    fn list(&mut self, items: &DeArray<'_>) {
        let words: Vec<&str> = items
            .iter()
            .map(|item| item.get_ref().as_str().unwrap_or_default())
            .collect();
        let found = if self.names_tell() {
            assignment::of_words(&words)
        } else {
            Vec::new()
        };
        for (index, item) in items.iter().enumerate() {
            let of_item = found.iter().filter(|(word, _)| *word == index);
            let of_item = of_item.map(|(_, secret)| secret.clone()).collect();
            match item.get_ref() {
                DeValue::String(text) => self.string(text, item.span(), of_item),
                _ => self.value(item),
            }
        }
    }

    /// One string: what it holds, or all of it when its key says so.
    fn string(&mut self, value: &str, span: Range<usize>, known: Vec<Secret>) {
        let owner = self.owner();
        let mut secrets = if self.is_prose() {
            prose::secrets(value)
        } else {
            find(value)
        };
        if owner == Owner::Other {
            secrets.retain(|secret| matches!(secret.kind, SecretKind::Token(_)));
        }
        for secret in super::in_order(secrets) {
            self.keep(value, &span, secret, true);
        }
        if !self.looks_at_names() {
            return;
        }
        let mut secrets = known;
        secrets.extend(assignment::secrets(value));
        let key = self.keys.last();
        if let Some(name) = key.filter(|name| assignment::is_named(name, value)) {
            secrets.push(Secret {
                span: 0..value.len(),
                kind: SecretKind::Named(name.to_owned()),
            });
        }
        let is_given = self.names_tell();
        for secret in super::in_order(secrets) {
            self.keep(value, &span, secret, is_given);
        }
    }

    fn keep(&mut self, value: &str, span: &Range<usize>, secret: Secret, is_given: bool) {
        // Between plain quotes the value stands as it is; behind an escape, all of it is hidden.
        let raw = &self.text[span.clone()];
        let plain = raw.len() == value.len() + 2 && raw[1..].starts_with(value);
        let start = span.start + 1;
        self.found.push(Found {
            span: if plain {
                start + secret.span.start..start + secret.span.end
            } else {
                span.clone()
            },
            kind: secret.kind,
            place: if plain {
                start..span.end - 1
            } else {
                span.clone()
            },
            keys: self.keys.clone(),
            owner: self.owner(),
            is_given,
        });
    }

    fn owner(&self) -> Owner {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        match (self.file, keys.as_slice()) {
            // What services of other projects are given is in no image.
            (_, ["tool", "dfgen", "service", ..]) => Owner::Other,
            // Settings that are shared may have a name before it.
            (file, ["service", ..]) if file.ends_with("dfgen.toml") => Owner::Other,
            (file, keys)
                if file.ends_with("dfgen.toml") || keys.starts_with(&["tool", "dfgen"]) =>
            {
                Owner::Dfgen
            }
            ("uv.toml", _) | (_, ["tool", "uv", ..]) => Owner::Uv,
            (_, ["project" | "build-system" | "dependency-groups", ..]) => Owner::Package,
            (_, ["tool", backend, ..]) if Builds::embedded().reach_a_package(backend) => {
                Owner::Package
            }
            _ => Owner::Other,
        }
    }

    /// Whether a value here is given to a program under the name of its key.
    fn names_tell(&self) -> bool {
        let any = |known: &dyn Fn(&str) -> bool| self.keys.iter().any(|key| known(key));
        let settings = Catalog::embedded().uv().secret_settings();
        match self.owner() {
            Owner::Uv => any(&|key| settings.contains(key)),
            Owner::Dfgen => !any(&|key| NAMES.contains(&key)),
            Owner::Package | Owner::Other => false,
        }
    }

    /// Whether names are looked at at all: names of scripts and links are a person's.
    fn looks_at_names(&self) -> bool {
        let is_standard = ["project", "build-system", "dependency-groups"];
        let first = self.keys.first().map(String::as_str);
        let is_names = self.owner() == Owner::Dfgen && !self.names_tell();
        !is_names && !first.is_some_and(|first| is_standard.contains(&first))
    }

    /// Whether a person reads it: it may show what a URL with a password looks like.
    fn is_prose(&self) -> bool {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        matches!(
            keys.as_slice(),
            ["project", "description"] | ["project", "readme" | "license", "text"]
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::in_file;

    #[test]
    fn what_cannot_be_read_hides_values_of_keys_and_random_words() {
        let masked = |name: &str, text: &str| {
            let found = in_file(Path::new(name), text);
            let spans: Vec<_> = found.into_iter().map(|one| one.span).collect();
            crate::secret::without(text, &spans).into_owned()
        };
        for (name, text, expected) in [
            ("dfgen.toml", "API_KEY= a b\nx = [", "API_KEY= ****\nx = ["),
            ("dfgen.toml", "PASSWORD = \"\"\"\na\nb", "PASSWORD = ****"),
            (
                "Dockerfile",
                "FOO\u{a0}bar Zq9hunter2Xy ü",
                "FOO\u{a0}bar **** ü",
            ),
            (
                "Dockerfile",
                "FROM python@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d",
                "FROM python@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d",
            ),
            (
                "main.py",
                "app = App(\"Zq9hunter2Xy\")",
                "app = App(\"Zq9hunter2Xy\")",
            ),
        ] {
            assert_eq!(masked(name, text), expected);
        }
    }
}
