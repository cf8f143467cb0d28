//! Secrets in the files of a project: each with the key that it stands under.
//!
//! A manifest is read as TOML, so that an escape hides nothing and a key says what a value is. A text of
//! another kind, or one that is no TOML, is read line by line.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Secret, SecretKind, assignment, find};

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its bytes.
    pub span: Range<usize>,
    /// How it was known.
    pub kind: SecretKind,
    /// The bytes of the value that it is part of.
    pub place: Range<usize>,
    /// The keys that lead to the value; empty outside of values, and in files that have no keys.
    pub keys: Vec<String>,
    /// Who reads the value.
    pub owner: Owner,
}

/// Who reads a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
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
pub fn in_file(path: &Path, text: &str) -> Vec<Found> {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let is = |end: &str| name.as_ref().is_some_and(|name| name.ends_with(end));
    if is(".lock") {
        return find(text)
            .into_iter()
            .map(|one| plain(one, Owner::Package))
            .collect();
    }
    let table = if is(".toml") {
        DeTable::parse(text).ok()
    } else {
        None
    };
    let Some(table) = table else {
        let mut all = find(text);
        all.extend(assignment::secrets(text));
        let all = super::in_order(all).into_iter();
        return all.map(|one| plain(one, Owner::Other)).collect();
    };
    let mut reader = Reader {
        text,
        file: name.as_deref().unwrap_or_default(),
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
            found.push(plain(one, Owner::Other));
        }
    }
    found.sort_by_key(|one| (one.span.start, std::cmp::Reverse(one.span.end)));
    found.dedup_by(|later, kept| later.span.start < kept.span.end);
    found
}

/// Whether a setting of dfgen's holds a secret: its key and its value as TOML.
pub fn in_setting(keys: &[&str], value: &str) -> bool {
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
    }
}

/// Tables of `[tool]` whose values reach a package or its build.
const BACKENDS: [&str; 12] = [
    "flit",
    "hatch",
    "maturin",
    "meson-python",
    "pdm",
    "pip",
    "poetry",
    "scikit-build",
    "setuptools",
    "setuptools-rust",
    "setuptools_scm",
    "cibuildwheel",
];

/// Keys of uv under which names tell secrets.
const SETTINGS: [&str; 3] = [
    "config-settings",
    "config-settings-package",
    "extra-build-variables",
];

/// The same of dfgen.
const GIVEN: [&str; 5] = ["env", "command", "migrate", "health", "instructions"];

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
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let before = index.checked_sub(1).and_then(|before| items.get(before));
                    let before = before.and_then(|before| before.get_ref().as_str());
                    self.item(item, before);
                }
            }
            DeValue::String(text) => self.string(text, value.span(), None),
            _ => {}
        }
    }

    fn item(&mut self, item: &Spanned<DeValue<'_>>, before: Option<&str>) {
        match item.get_ref() {
            DeValue::String(text) => {
                let option = before.and_then(assignment::option);
                self.string(text, item.span(), option);
            }
            _ => self.value(item),
        }
    }

    /// One string: what it holds, or all of it when its key or the option before it says so.
    fn string(&mut self, value: &str, span: Range<usize>, option: Option<&str>) {
        let owner = self.owner();
        let mut secrets = find(value);
        if owner == Owner::Other {
            secrets.retain(|secret| matches!(secret.kind, SecretKind::Token(_)));
        }
        if self.names_tell(owner) {
            secrets.extend(assignment::secrets(value));
            let key = self.keys.last().map(String::as_str);
            let mut names = option.into_iter().chain(key);
            let told = |name: &&str| assignment::is_told(name, value);
            if let Some(name) = names.find(told) {
                secrets.push(Secret {
                    span: 0..value.len(),
                    kind: SecretKind::Named(name.to_owned()),
                });
            }
        }
        for secret in super::in_order(secrets) {
            self.keep(value, &span, secret, owner);
        }
    }

    fn keep(&mut self, value: &str, span: &Range<usize>, secret: Secret, owner: Owner) {
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
            owner,
        });
    }

    fn owner(&self) -> Owner {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        match (self.file, keys.as_slice()) {
            ("dfgen.toml", _) | (_, ["tool", "dfgen", ..]) => Owner::Dfgen,
            ("uv.toml", _) | (_, ["tool", "uv", ..]) => Owner::Uv,
            (_, ["project" | "build-system" | "dependency-groups", ..]) => Owner::Package,
            (_, ["tool", backend, ..]) if BACKENDS.contains(backend) => Owner::Package,
            _ => Owner::Other,
        }
    }

    /// Whether a value here is given to a program under the name of its key.
    fn names_tell(&self, owner: Owner) -> bool {
        let known: &[&str] = match owner {
            Owner::Uv => &SETTINGS,
            Owner::Dfgen => &GIVEN,
            Owner::Package | Owner::Other => &[],
        };
        self.keys.iter().any(|key| known.contains(&key.as_str()))
    }
}
