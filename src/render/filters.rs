//! How a value is written in each place that it can stand in.

use minijinja::Environment;
use minijinja::value::Serde;
use serde_json::Value;

pub(super) fn register(environment: &mut Environment<'_>) {
    environment.add_filter("json", |value: Serde<Value>| json(&value));
    environment.add_filter("quoted", |text: &str| quoted(text));
    environment.add_filter("copy", |value: Serde<Value>| copy(&value));
    environment.add_filter("word", |text: &str| word(text));
    environment.add_filter("yaml", |value: Serde<Value>| {
        json(&value).replace('$', "$$")
    });
    environment.add_filter("hcl", |text: &str| hcl(text));
    environment.add_filter("name", |text: &str| name(text));
}

/// JSON on one line, with a space after commas: exec form in Dockerfiles, a literal in Python, a flow
/// sequence in YAML.
pub(super) fn json(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(json).collect();
            format!("[{}]", items.join(", "))
        }
        // YAML reads these as line breaks and as a mark of order.
        other => other
            .to_string()
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029")
            .replace('\u{feff}', "\\ufeff"),
    }
}

/// A string of HCL, in which nothing is filled in.
///
/// Source: <https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/spec.md#template-literals>
fn hcl(text: &str) -> String {
    json(&text.into()).replace("${", "$${").replace("%{", "%%{")
}

/// A key of a YAML mapping, quoted where YAML could take it for something else than text: `on`,
/// `null`, `1`, `1e3`.
fn name(text: &str) -> String {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let letter = text.starts_with(|c: char| c.is_ascii_lowercase());
    if letter && !words.contains(&text) {
        text.to_owned()
    } else {
        json(&text.into())
    }
}

/// A value in double quotes, as `ENV` and `LABEL` take it: nothing in it is a variable or an escape.
///
/// Source: <https://docs.docker.com/reference/dockerfile/#environment-replacement>
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A variable or a label and its value, in quotes where those say something.
pub(super) fn assigned(name: &str, value: &str) -> String {
    if is_plain(value) {
        format!("{name}={value}")
    } else {
        format!("{name}={}", quoted(value))
    }
}

/// Whether neither the shell nor Docker reads something into a word.
fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:=,".contains(c);
    !word.is_empty() && word.chars().all(plain)
}

/// Words in lines of at most 120 characters, each behind this indentation and before a backslash.
pub(super) fn filled(indent: usize, words: impl IntoIterator<Item = String>) -> Vec<String> {
    let width = 120 - indent - 2;
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A word of a shell line, in single quotes where the shell would read something into it.
pub(super) fn word(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The arguments of `COPY`: plain words, or the JSON form where a name holds a space or looks like an option.
fn copy(value: &Value) -> String {
    let from = value
        .get("from")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let words: Vec<&Value> = from.chain(value.get("to")).collect();
    let plain = |text: &str| {
        !text.starts_with('-')
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-+@".contains(c))
    };
    let texts: Vec<&str> = words.iter().filter_map(|word| word.as_str()).collect();
    if texts.iter().all(|text| plain(text)) {
        texts.join(" ")
    } else {
        json(&Value::from(texts))
    }
}
