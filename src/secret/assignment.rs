//! Secrets that are known by the name of what they are given to: variables, options, settings, and by
//! the programs that they are given to.

use std::ops::Range;

use super::value::{is_open, is_placeholder, is_random};
use super::{Secret, SecretKind, find};
use crate::catalog::{Catalog, SecretOptions, Telling};

/// Whether a variable's value is a secret, by its name or by itself.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    is_named(name, value) || !find(value).is_empty() || !secrets(value).is_empty()
}

/// Whether the name of something says that its value is a secret.
pub(super) fn is_named(name: &str, value: &str) -> bool {
    match Catalog::embedded().secret_names().telling(name) {
        Some(Telling::Always) => !is_open(value),
        Some(Telling::Random) => !is_open(value) && is_random(value),
        None => false,
    }
}

/// Whether a name is one that secrets are given to, whatever the value.
pub(super) fn tells(name: &str) -> bool {
    Catalog::embedded().secret_names().telling(name) == Some(Telling::Always)
}

/// The secrets of a text's lines: `NAME=value`, `--name=value`, `--name value`, `NAME: value`,
/// `ENV NAME value`, `"name": "value"`, and what programs are given: `curl -u name:password`.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for (at, line) in lines(text) {
        let words = words(line);
        let texts: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
        for (index, secret) in of_words(&texts) {
            found.push(moved(secret, at + words[index].0));
        }
        found.extend(of_pairs(line).map(|secret| moved(secret, at)));
    }
    found
}

/// The secrets of a command's words, each with the number of its word.
pub(super) fn of_words(words: &[&str]) -> Vec<(usize, Secret)> {
    let mut found = Vec::new();
    let mut program = Program::default();
    for (index, word) in words.iter().enumerate() {
        program.read(words, index);
        let behind = |back: usize| Some(words[index.checked_sub(back)?]);
        let parts = within(word);
        let given = behind(1).and_then(|before| match before {
            "=" => named(behind(2)?, word),
            before if index == 2 && matches!(words[0], "ENV" | "ARG") => named(before, word),
            before => after(before, word).or_else(|| entry(behind(3)?, before, word)),
        });
        let whole = |name| (name, 0..word.len());
        let all = parts.into_iter().chain(given.map(whole));
        let all = all.chain(program.given(words, index));
        for (name, part) in all {
            found.extend(secret(word, &part, name).map(|secret| (index, secret)));
        }
        found.extend(nested(word).into_iter().map(|secret| (index, secret)));
    }
    found
}

fn moved(secret: Secret, by: usize) -> Secret {
    Secret {
        span: secret.span.start + by..secret.span.end + by,
        ..secret
    }
}

/// A part of a word as a secret, without what stands around it.
fn secret(word: &str, part: &Range<usize>, name: &str) -> Option<Secret> {
    let value = &word[part.clone()];
    let plain = value.trim_matches(AROUND);
    let start = part.start + value.find(plain)?;
    (!plain.is_empty() && !is_placeholder(plain)).then(|| Secret {
        span: start..start + plain.len(),
        kind: SecretKind::Named(name.to_owned()),
    })
}

/// What may stand around a word.
const AROUND: [char; 10] = ['"', '\'', ',', ';', '[', ']', '{', '}', '(', ')'];

/// What parts the settings in a word: ODBC, queries, lines that a shell writes.
const BETWEEN: [char; 5] = [';', '&', '?', ',', '\n'];

/// `NAME=value`, or several within a word.
fn within(word: &str) -> Vec<(&str, Range<usize>)> {
    if let Some(whole) = pair(word, 0) {
        return vec![whole];
    }
    let mut found = Vec::new();
    let mut from = 0;
    // `\n` within quotes ends a line of what is printed.
    for piece in word
        .split_inclusive(BETWEEN)
        .flat_map(|piece| piece.split_inclusive("\\n"))
    {
        let end = piece.trim_end_matches("\\n").trim_end_matches(BETWEEN);
        found.extend(pair(end, from));
        from += piece.len();
    }
    found
}

/// `NAME=value`: the name, and where the value is.
fn pair(word: &str, from: usize) -> Option<(&str, Range<usize>)> {
    let (name, value) = word.split_once('=')?;
    let start = from + name.len() + 1;
    let name = name.trim_matches(AROUND).trim_start_matches('-');
    let value = value.trim_matches(AROUND);
    let is_parameter =
        || Catalog::embedded().secrets().is_parameter(name) && is_random(value) && !is_open(value);
    (is_name(name) && (is_named(name, value) || is_parameter()))
        .then_some((name, start..from + word.len()))
}

/// A value that its name tells.
fn named<'t>(name: &'t str, word: &str) -> Option<&'t str> {
    let name = name.trim_matches(AROUND);
    (is_name(name) && is_named(name, word.trim_matches(AROUND))).then_some(name)
}

/// Whether a word can be the name of a variable or of a setting.
fn is_name(word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    word.chars().all(is_part)
}

/// A value behind an option, behind a key and `:` or `=`, or a key behind the setting that it is for.
fn after<'t>(before: &'t str, word: &str) -> Option<&'t str> {
    let before = before.trim_matches(AROUND);
    let value = word.trim_matches(AROUND);
    let is_option = value.starts_with("--") || value.len() == 2 && value.starts_with('-');
    if let Some(name) = option(before) {
        return (!is_option).then(|| named(name, word))?;
    }
    if let Some(name) = before.strip_suffix([':', '=']) {
        return named(name.trim_matches(AROUND), word);
    }
    // `aws configure set aws_secret_access_key X`, `npm config set //host/:_authToken X`.
    let name = before.rsplit(['/', ':']).next().unwrap_or(before);
    (is_name(name) && tells(name) && is_random(value)).then_some(name)
}

/// `login NAME password SECRET` of a .netrc.
fn entry<'t>(login: &str, password: &'t str, word: &str) -> Option<&'t str> {
    let is_entry = matches!(login, "login" | "account") && password == "password";
    (is_entry && !is_open(word.trim_matches(AROUND))).then_some(password)
}

/// The name of an option: `--api-key`.
fn option(word: &str) -> Option<&str> {
    let name = word.trim_start_matches('-');
    (word.starts_with('-') && !name.is_empty() && !name.contains('=')).then_some(name)
}

/// The secrets of a line that stands in a word: `sh -c "NAME=value program"`.
fn nested(word: &str) -> Vec<Secret> {
    if !word.contains(char::is_whitespace) {
        return Vec::new();
    }
    // A word of a list has no quotes around it.
    if words(word).len() > 1 {
        return secrets(word);
    }
    let Some((start, quote)) = word.char_indices().find(|(_, c)| matches!(c, '"' | '\'')) else {
        return Vec::new();
    };
    let inner = &word[start + 1..];
    let inner = &inner[..inner.rfind(quote).unwrap_or(inner.len())];
    let found = secrets(inner).into_iter();
    found.map(|secret| moved(secret, start + 1)).collect()
}

/// `"name": "value"` of JSON, and of Python.
fn of_pairs(line: &str) -> impl Iterator<Item = Secret> {
    line.match_indices(':').filter_map(move |(at, _)| {
        let before = line[..at].trim_end();
        let quote = before
            .chars()
            .next_back()
            .filter(|c| matches!(c, '"' | '\''))?;
        let name = before[..before.len() - 1].rsplit(quote).next()?;
        let rest = &line[at + 1..];
        let open = rest.len() - rest.trim_start().len();
        let value = rest[open..].strip_prefix(['"', '\''])?;
        let value = &value[..value.find(['"', '\''])?];
        let start = at + 1 + open + 1;
        is_named(name, value).then(|| Secret {
            span: start..start + value.len(),
            kind: SecretKind::Named(name.to_owned()),
        })
    })
}

/// The programs whose options are read, from their names to the end of the command.
#[derive(Default)]
struct Program {
    known: Vec<&'static SecretOptions>,
    /// Whether a program before the one that reads logins may name them.
    has_reader: bool,
}

/// How a login is called.
const PASSWORD: &str = "password";

impl Program {
    fn read(&mut self, words: &[&str], index: usize) {
        let word = words[index];
        let is_end = |word: &str| matches!(word, "&&" | "||" | "|" | ";") || word.ends_with(';');
        if index > 0 && is_end(words[index - 1]) {
            self.known.clear();
        }
        if index == 0 {
            let names = words.iter().map(|word| name_of(word));
            let mut rows = names.flat_map(|name| Catalog::embedded().secret_names().program(name));
            self.has_reader = rows.any(|(_, options)| options.reads_logins());
        }
        for (command, options) in Catalog::embedded().secret_names().program(name_of(word)) {
            let rest = words[index + 1..].iter();
            let mut rest = rest.take_while(|word| !is_end(word));
            if command.is_empty() || rest.any(|word| word == command) {
                self.known.push(options);
            }
        }
    }

    fn given(&self, words: &[&str], index: usize) -> Vec<(&'static str, Range<usize>)> {
        let word = words[index];
        let bare = word.trim_matches(AROUND);
        let open = word.find(bare).unwrap_or(0);
        let before = index
            .checked_sub(1)
            .map(|before| words[before].trim_matches(AROUND));
        let mut found = Vec::new();
        let login = |from: usize| {
            let colon = word[from..].find(':')?;
            Some((PASSWORD, from + colon + 1..word.len()))
        };
        for options in &self.known {
            if before.is_some_and(|before| options.takes_value(before)) {
                found.push((PASSWORD, 0..word.len()));
            }
            if before.is_some_and(|before| options.takes_login(before)) {
                found.extend(login(0));
            }
            found.extend(options.login_within(bare).and_then(|at| login(open + at)));
            if let Some(at) = options.value_within(bare) {
                found.push((PASSWORD, open + at..word.len()));
            }
            let is_last = index + 1 == words.len();
            if is_last && words[..index].iter().any(|word| options.is_followed(word)) {
                found.push((PASSWORD, 0..word.len()));
            }
        }
        if self.has_reader && !bare.contains(['/', ' ']) {
            found.extend(login(0));
        }
        found
    }
}

/// The name of a program by its path.
fn name_of(word: &str) -> &str {
    let word = word.trim_matches(AROUND);
    word.rsplit('/').next().unwrap_or(word)
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
