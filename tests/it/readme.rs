//! The tables of keys in the README are those of `dfgen schema`.

use std::fmt::Write as _;

use serde_json::Value;

use crate::harness::{Project, dfgen, repository};

const BEGIN: &str =
    "<!-- keys: `DFGEN_UPDATE=README.md cargo test --test it readme` writes these tables -->\n";
const END: &str = "<!-- end of keys -->\n";

#[test]
fn the_readme_has_every_key() {
    let schema = dfgen(&["schema"]).in_project(&Project::empty()).json();
    let path = repository().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md can be read");
    let (before, rest) = readme.split_once(BEGIN).expect("README.md has the tables");
    let (written, after) = rest.split_once(END).expect("the tables have an end");
    let rendered = tables(&schema);
    if std::env::var_os("DFGEN_UPDATE").is_some_and(|what| what == "README.md") {
        let text = format!("{before}{BEGIN}{rendered}{END}{after}");
        std::fs::write(path, text).expect("README.md can be written");
        return;
    }
    assert!(
        written == rendered,
        "the keys in README.md are not those of src/profile/keys.rs:\n{}\n\
         to write them again: `DFGEN_UPDATE=README.md cargo test --test it readme`",
        similar::TextDiff::from_lines(written, &rendered).unified_diff()
    );
}

fn tables(schema: &Value) -> String {
    let profile = &schema["$defs"]["Profile"];
    format!(
        "\n{}\n{}\n",
        table("key of dfgen.toml", schema, schema),
        table("key of a profile", schema, profile)
    )
}

fn table(head: &str, root: &Value, of: &Value) -> String {
    let mut text = format!("| {head} | value | what it says | default |\n|---|---|---|---|\n");
    rows(root, "", of, &mut text);
    text
}

/// A row for each key that has a value of its own, and the rows of each table in it.
fn rows(root: &Value, start: &str, of: &Value, text: &mut String) {
    let properties = of["properties"].as_object().expect("a table of keys");
    for (name, property) in properties {
        // Profiles and rows of the catalog have tables and sections of their own.
        if ["profile", "catalog"].contains(&name.as_str()) {
            continue;
        }
        let key = format!("{start}{name}");
        let forms = forms(root, property);
        let is_table = |form: &&Value| form["properties"].is_object();
        if !forms.iter().all(&is_table) {
            let words: Vec<String> = forms.iter().map(|form| word(form)).collect();
            let (what, default) = said(property);
            let value = words.join(", ");
            writeln!(text, "| `{key}` | {value} | {what} | {default} |").expect("text grows");
        }
        for table in forms.into_iter().filter(is_table) {
            rows(root, &format!("{key}."), table, text);
        }
    }
}

/// The forms that a value may have, behind their references.
fn forms<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms
            .iter()
            .flat_map(|form| self::forms(root, form))
            .collect();
    }
    match schema["$ref"].as_str() {
        Some(name) => {
            let name = name.strip_prefix("#/$defs/").expect("a definition");
            vec![&root["$defs"][name]]
        }
        None => vec![schema],
    }
}

fn word(form: &Value) -> String {
    let choices = form["oneOf"].as_array();
    if let Some(choices) = choices {
        let choices = choices
            .iter()
            .map(|choice| format!("`{}`", choice["const"]));
        return choices.collect::<Vec<_>>().join(", ");
    }
    let words = [
        ("array", "list"),
        ("boolean", "switch"),
        ("integer", "number"),
        ("object", "table"),
        ("string", "text"),
    ];
    let kind = form["type"].as_str().expect("a value has a type");
    let word = words.iter().find(|(name, _)| *name == kind);
    word.expect("a word for it").1.to_owned()
}

/// What a key says, and what holds without it.
fn said(property: &Value) -> (String, String) {
    let text = property["description"]
        .as_str()
        .expect("a key is described");
    let line = |text: &str| {
        let text = text.trim_end_matches('.');
        text.replace('\n', " ").replace('|', "\\|")
    };
    if let Some((what, default)) = text.split_once("\n\nDefault: ") {
        return (line(what), line(default));
    }
    let default = match &property["default"] {
        Value::Null => panic!("nothing says the default of: {text}"),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        value => format!("`{value}`"),
    };
    (line(text), default)
}
