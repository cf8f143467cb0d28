//! The page of all keys, from the schema that editors read.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Page, trim::Lines};
use crate::profile::Config;
use crate::rules::Family;

pub(super) fn page() -> Page {
    let schema = Config::schema().to_value();
    let mut text = String::from(
        "dfgen.toml, or [tool.dfgen] in pyproject.toml. Everything is optional; `dfgen profiles NAME` shows each value and\n\
         where it was said, `dfgen schema` is for editors. A value, what it says, and what holds without it:\n",
    );
    let heads = [
        ("At the top", &schema),
        ("In [profile.NAME]", &schema["$defs"]["Profile"]),
    ];
    for (head, of) in heads {
        let _ = write!(text, "\n{head}\n\n");
        let mut lines = Lines::wide(KEY);
        rows(&schema, "", of, &mut lines);
        text += &lines.text;
    }
    Page {
        name: "settings".to_owned(),
        family: Family::Topic,
        summary: "Every key of dfgen.toml: what it says, and what holds without it".to_owned(),
        text,
    }
}

/// The column behind the longest key.
const KEY: usize = 22;

/// A row for each key that has a value of its own, and the rows of each table in it.
fn rows(root: &Value, start: &str, of: &Value, lines: &mut Lines) {
    for (name, property) in of["properties"].as_object().into_iter().flatten() {
        // Profiles and rows of the catalog are sections of their own.
        if ["profile", "catalog"].contains(&name.as_str()) {
            continue;
        }
        let key = format!("{start}{name}");
        let forms = forms(root, property);
        let is_table = |form: &&Value| form["properties"].is_object();
        if !forms.iter().all(is_table) {
            let words: Vec<String> = forms.iter().filter_map(|form| word(form)).collect();
            let (what, default) = said(property);
            lines.row(
                &key,
                &format!("{}. {what}. Default: {default}", words.join(" or ")),
            );
        }
        for table in forms.into_iter().filter(is_table) {
            rows(root, &format!("{key}."), table, lines);
        }
    }
}

/// The forms that a value may have, behind their references.
fn forms<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    if let Some(forms) = schema["anyOf"].as_array() {
        let forms = forms.iter().flat_map(|form| self::forms(root, form));
        return forms.collect();
    }
    let named = schema["$ref"].as_str();
    let named = named.and_then(|name| name.strip_prefix("#/$defs/"));
    vec![named.map_or(schema, |name| &root["$defs"][name])]
}

/// What kind of value a form is.
fn word(form: &Value) -> Option<String> {
    if let Some(choices) = form["oneOf"].as_array() {
        let choices = choices.iter().map(|choice| choice["const"].to_string());
        return Some(choices.collect::<Vec<_>>().join(", "));
    }
    Some(
        match form["type"].as_str()? {
            "array" => "a list",
            "boolean" => "true or false",
            "integer" => "a number",
            "object" => "a table",
            _ => "text",
        }
        .to_owned(),
    )
}

/// What a key says, and what holds without it.
fn said(property: &Value) -> (String, String) {
    let text = property["description"].as_str().unwrap_or_default();
    let line = |text: &str| text.trim_end_matches('.').replace('\n', " ");
    if let Some((what, default)) = text.split_once("\n\nDefault: ") {
        return (line(what), line(default));
    }
    let default = match &property["default"] {
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        value => format!("`{value}`"),
    };
    (line(text), default)
}
