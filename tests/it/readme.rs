//! What README and the pages of `dfgen explain` name is there.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Project, dfgen, repository};

fn explained(name: &str) -> String {
    let ran = dfgen(&["explain", name]).in_project(&Project::empty());
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.stdout
}

fn names() -> BTreeSet<String> {
    let listed = dfgen(&["explain"]).in_project(&Project::empty()).stdout;
    let rows = listed.lines().filter_map(|line| line.strip_prefix("  "));
    let names = rows.filter_map(|row| row.split("  ").next());
    names.map(str::to_owned).collect()
}

/// Keys with the names of the tables that they are in.
fn keys(root: &Value, of: &Value, start: &str, all: &mut Vec<String>) {
    for (name, property) in of["properties"].as_object().into_iter().flatten() {
        if ["profile", "catalog"].contains(&name.as_str()) {
            continue;
        }
        let forms = property["anyOf"].as_array().cloned();
        let forms = forms.unwrap_or_else(|| vec![property.clone()]);
        for form in forms {
            let definition = form["$ref"].as_str();
            let definition = definition.and_then(|name| name.strip_prefix("#/$defs/"));
            let form = definition.map_or(&form, |name| &root["$defs"][name]);
            keys(root, form, &format!("{start}{name}."), all);
        }
        all.push(format!("{start}{name}"));
    }
}

#[test]
fn the_settings_page_has_every_key() {
    let schema = dfgen(&["schema"]).in_project(&Project::empty()).json();
    let page = explained("settings");
    let rows: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.split("  ").next())
        .collect();
    let mut all = Vec::new();
    keys(&schema, &schema, "", &mut all);
    keys(&schema, &schema["$defs"]["Profile"], "", &mut all);
    assert!(all.len() > 40, "{all:?}");
    let is_told = |key: &&String| {
        let starts = |row: &str| row == key.as_str() || row.starts_with(&format!("{key} "));
        rows.iter().any(|row| starts(row))
            || all.iter().any(|one| one.starts_with(&format!("{key}.")))
    };
    let untold: Vec<&String> = all.iter().filter(|key| !is_told(key)).collect();
    assert!(untold.is_empty(), "{untold:?}");
}

#[test]
fn every_page_that_is_named_is_there() {
    let names = names();
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("it is there");
    let (_, rest) = readme
        .split_once("## Topics")
        .expect("README has the topics");
    let topics = rest.split("\n## ").next().unwrap_or_default();
    let told: BTreeSet<&str> = topics
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| line.split(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter(|name| !name.contains(' '))
        .collect();
    assert!(told.len() > 15, "{told:?}");
    for name in &names {
        let page = explained(name);
        assert!(
            page.lines().all(|line| line.chars().count() <= 130),
            "{name}"
        );
        for named in linked(&page) {
            assert!(
                names.contains(&named),
                "the page {name} names {named}, and there is none"
            );
        }
    }
    for name in told {
        assert!(names.contains(name), "README names {name}");
    }
}

/// What a page sends its reader to.
fn linked(page: &str) -> Vec<String> {
    let is_name = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let also = page
        .lines()
        .filter_map(|line| line.strip_prefix("see also"));
    let also = also.flat_map(|line| line.split(','));
    let also = also.map(|name| name.trim().trim_matches('`').to_owned());
    let also = also.filter(|name| !name.is_empty() && is_name(name));
    let commands = page.split("dfgen explain ").skip(1).filter_map(|rest| {
        let end = rest
            .find(|c: char| !c.is_ascii_lowercase() && c != '-')
            .unwrap_or(rest.len());
        (end > 0).then(|| rest[..end].to_owned())
    });
    also.chain(commands).collect()
}

/// The text of all tests, in `src` and `tests`.
fn tests(folder: &std::path::Path, texts: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            tests(&path, texts);
        } else if path.extension().is_some_and(|end| end == "rs") {
            *texts += &std::fs::read_to_string(&path).expect("a file");
        }
    }
}

#[test]
fn every_promise_of_security_has_its_test() {
    let page = repository().join(".github/SECURITY.md");
    let page = std::fs::read_to_string(page).expect("it is there");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("| how it is held |"));
    let mut texts = String::new();
    for folder in ["src", "tests"] {
        tests(&repository().join(folder), &mut texts);
    }
    let mut count = 0;
    for row in rows {
        let named = row.trim_end_matches([' ', '|']).rsplit("| ").next();
        let named = named
            .unwrap_or_default()
            .split(", ")
            .map(|name| name.trim_matches('`'));
        for name in named {
            let is_there = if name.starts_with('.') {
                repository().join(name).is_file()
            } else {
                texts.contains(&format!("fn {name}("))
            };
            assert!(is_there, "{name}, in {row}");
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}
