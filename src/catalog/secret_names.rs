//! `secret_names.toml`: the names of what holds secrets, and the options of programs that take one.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::{Row, Rows, embedded};

/// How much a name tells about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Telling {
    /// The value is a secret if it looks random, as keys do.
    Random,
    /// The value is a secret unless it says of itself that it is none.
    Always,
}

/// A word of names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    #[serde(default)]
    random: bool,
    #[serde(default)]
    glued: bool,
}

/// A row that says no more than its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {}

/// Where a program's words hold a secret.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct SecretOptions {
    values: Vec<String>,
    attached: Vec<String>,
    logins: Vec<String>,
    starts: Vec<String>,
    last: Vec<String>,
    reads_logins: bool,
}

impl SecretOptions {
    /// Whether the word behind this one is a secret.
    pub(crate) fn takes_value(&self, word: &str) -> bool {
        self.values.iter().any(|option| option == word)
    }

    /// Whether the word behind this one is `name:password`.
    pub(crate) fn takes_login(&self, word: &str) -> bool {
        self.logins.iter().any(|option| option == word)
    }

    /// Where a secret begins within a word: `-pX`, `--pass=X`, `pass:X`.
    pub(crate) fn value_within(&self, word: &str) -> Option<usize> {
        let short = self.attached.iter().chain(&self.starts);
        let short = short.cloned();
        let long = self.values.iter().filter(|option| option.starts_with("--"));
        let mut starts = short.chain(long.map(|option| format!("{option}=")));
        starts.find_map(|start| {
            (word.len() > start.len() && word.starts_with(&start)).then_some(start.len())
        })
    }

    /// Where `name:password` begins within a word: `--user=bob:X`, `-ubob:X`.
    pub(crate) fn login_within(&self, word: &str) -> Option<usize> {
        let starts = self.logins.iter().map(|option| {
            let is_long = option.starts_with("--");
            format!("{option}{}", if is_long { "=" } else { "" })
        });
        let mut starts = starts.filter(|start| word.len() > start.len());
        starts.find_map(|start| word.starts_with(&start).then_some(start.len()))
    }

    /// Whether the last word of the command is a secret because of this one.
    pub(crate) fn is_followed(&self, word: &str) -> bool {
        self.last.iter().any(|part| word.contains(part.as_str()))
    }

    /// Whether it reads `name:password` from what is before it in the line.
    pub(crate) fn reads_logins(&self) -> bool {
        self.reads_logins
    }
}

/// The rows of `secret_names.toml`.
#[derive(Debug)]
pub(crate) struct SecretNames {
    words: Rows<String, Word>,
    about: Rows<String, Named>,
    plain: Rows<String, Named>,
    programs: BTreeMap<String, Vec<(String, Row<SecretOptions>)>>,
    examples: Rows<String, Named>,
    references: Rows<String, Named>,
    stand_ins: Rows<String, Named>,
}

impl SecretNames {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("secret_names");
        let rows: Rows<String, SecretOptions> = file.rows("program");
        let mut programs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, row) in rows {
            let (program, command) = name.split_once(' ').unwrap_or((&name, ""));
            let known = programs.entry(program.to_owned()).or_default();
            known.push((command.to_owned(), row));
        }
        let read = Self {
            words: file.rows("word"),
            about: file.rows("about"),
            plain: file.rows("plain"),
            programs,
            examples: file.rows("example"),
            references: file.rows("reference"),
            stand_ins: file.rows("stand-in"),
        };
        file.finish();
        read
    }

    /// What a name says about its value.
    pub(crate) fn telling(&self, name: &str) -> Option<Telling> {
        let words = words(name);
        let last = words.last()?;
        let phrases = || {
            let starts = (0..words.len()).flat_map(|start| {
                (start + 1..=words.len().min(start + 2)).map(move |end| (start, end))
            });
            starts.map(|(start, end)| words[start..end].join("_"))
        };
        if self.about.contains_key(last) || phrases().any(|one| self.plain.contains_key(&one)) {
            return None;
        }
        let whole = phrases().filter_map(|one| self.words.get(&one));
        let ends = |word: &String| {
            let mut glued = self.words.iter().filter(|(_, row)| row.glued);
            let (_, row) = glued.find(|(known, _)| word.ends_with(known.as_str()))?;
            Some(row)
        };
        let glued = words.iter().filter_map(ends);
        let telling = |row: &Row<Word>| {
            if row.random {
                Telling::Random
            } else {
                Telling::Always
            }
        };
        whole.chain(glued).map(telling).max()
    }

    /// What is known of a program's options: with the command of the program that they are of.
    pub(crate) fn program(&self, name: &str) -> &[(String, Row<SecretOptions>)] {
        self.programs.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a value names a secret that is kept elsewhere.
    pub(crate) fn is_reference(&self, value: &str) -> bool {
        self.references.keys().any(|start| value.starts_with(start))
    }

    /// Whether a text for people has the word in place of a secret.
    pub(crate) fn is_example(&self, word: &str) -> bool {
        self.examples.contains_key(word)
    }

    /// Whether a value says with a word that it is no secret.
    pub(crate) fn is_stand_in(&self, value: &str) -> bool {
        let value = value.to_lowercase();
        let is_edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        let within = |word: &String| {
            value.match_indices(word.as_str()).any(|(at, word)| {
                is_edge(value[..at].chars().next_back())
                    && is_edge(value[at + word.len()..].chars().next())
            })
        };
        self.stand_ins.keys().any(within)
    }
}

/// The words of a name in small letters, without the numbers behind them.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let next = chars.get(at + 1);
        let is_hump = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_uppercase() && next.is_some_and(|next| next.is_lowercase())
            });
        if !c.is_alphanumeric() || is_hump {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    for word in &mut words {
        let name = word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        word.truncate(name);
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::{SecretNames, Telling};

    #[test]
    fn names_are_read_as_words() {
        let names = SecretNames::embedded();
        let telling = |name| names.telling(name);
        for name in [
            "PGPASSWORD",
            "MYSQL_PWD",
            "db-passwd",
            "AccountKey",
            "_authToken",
            "X-Api-Key",
            "DBPASS",
            "SECRETKEY",
            "DB_PASSWORD2",
            "Pwd",
        ] {
            assert_eq!(telling(name), Some(Telling::Always), "{name}");
        }
        for name in ["FERNET_KEY", "STRIPE_KEY", "BASIC_AUTH", "SALT", "GH_PAT"] {
            assert_eq!(telling(name), Some(Telling::Random), "{name}");
        }
        for name in [
            "PASSWORD_HASHERS",
            "TOKEN_TYPE",
            "KEY_ID",
            "AWS_ACCESS_KEY_ID",
            "STOP_TOKEN",
            "PUBLIC_KEY",
            "KEY_PREFIX",
            "COMPASS",
            "AUTHOR",
            "TOKENIZER",
            "MAX_WORKERS",
            "API_KEY_HEADER",
        ] {
            assert_eq!(telling(name), None, "{name}");
        }
    }
}
