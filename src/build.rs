//! Writes the catalog's tables, TOML for people, as JSON, which the program reads several times faster.
//!
//! A file becomes its evidence, and for each kind its rows as `[key, facts, evidence]`. What they say is checked where
//! they are read.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_json::{Map, Value, json};

const DATA: &str = "src/catalog/data";

fn main() {
    println!("cargo::rerun-if-changed={DATA}");
    println!("cargo::rustc-env=DFGEN_VERSION={}", version());
    let out = env::var_os("OUT_DIR").expect("cargo gives a build script its folder");
    for file in fs::read_dir(DATA).expect("the catalog has a folder") {
        let path = file.expect("a file of the catalog").path();
        let text = fs::read_to_string(&path).expect("a file of the catalog is text");
        let kinds: Map<String, Value> =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.with_extension("json");
        let name = name.file_name().expect("a file has a name");
        fs::write(Path::new(&out).join(name), converted(kinds).to_string())
            .expect("cargo's folder can be written to");
    }
}

/// The version; of a release with its commit, where there is Git.
fn version() -> String {
    let version = env::var("CARGO_PKG_VERSION").expect("cargo says the version");
    if env::var("PROFILE").is_ok_and(|profile| profile != "release") {
        return version;
    }
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let git = Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .output();
    let commit = git.ok().filter(|git| git.status.success());
    let commit = commit.and_then(|git| String::from_utf8(git.stdout).ok());
    commit.map_or_else(
        || version.clone(),
        |commit| format!("{version} ({})", commit.trim()),
    )
}

fn converted(kinds: Map<String, Value>) -> Value {
    let converted = kinds.into_iter().map(|(kind, value)| match value {
        Value::Object(table) if kind != "evidence" => {
            let rows = table.into_iter().map(|(key, facts)| row(&key, facts));
            (kind, rows.collect())
        }
        other => (kind, other),
    });
    converted.collect()
}

/// A row, with `source` and `date` beside its facts.
fn row(key: &str, mut facts: Value) -> Value {
    let mut evidence = Map::new();
    if let Some(facts) = facts.as_object_mut() {
        for name in ["source", "date"] {
            evidence.extend(facts.remove_entry(name));
        }
    }
    if evidence.is_empty() {
        json!([key, facts, null])
    } else {
        json!([key, facts, evidence])
    }
}
