//! The keys of `[tool.uv]` that decide where packages come from and how they are built.
//!
//! Dependency stages never see `pyproject.toml`: an edit of it would build them again. They get a
//! `uv.toml` with these keys alone, and build constraints in a file of their own, because
//! `uv pip sync` does not read them from settings.

use toml::Table;

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Result};
use crate::lock::LockedRequirement;
use crate::plan::inputs::Subject;
use crate::plan::packages::credentials;
use crate::profile::Line;
use crate::rules;
use crate::secret::Url;
use crate::unseen::is_unseen;

/// The text of `uv.toml`; empty when nothing needs saying. Errors: a value that does not show what it holds.
pub(crate) fn uv_settings(subject: &Subject<'_>) -> Result<String> {
    let root = &subject.inputs.project.pyproject;
    let table: Table = root.file.text().parse().unwrap_or_default();
    let uv = table
        .get("tool")
        .and_then(|tool| tool.get("uv"))
        .and_then(toml::Value::as_table);
    let mut settings = Table::new();
    for key in Catalog::embedded().uv().build_settings().iter() {
        if let Some(value) = uv.and_then(|uv| uv.get(key)) {
            settings.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(date) = subject.inputs.project.lock.exclude_newer() {
        settings.insert("exclude-newer".to_owned(), date.into());
    }
    let indexes = uv
        .and_then(|uv| uv.get("index"))
        .and_then(toml::Value::as_array);
    let indexes: Vec<toml::Value> = indexes
        .into_iter()
        .flatten()
        .filter(|index| is_used(index))
        .map(without_user)
        .collect();
    if !indexes.is_empty() {
        settings.insert("index".to_owned(), indexes.into());
    }
    if settings.is_empty() {
        return Ok(String::new());
    }
    let text = toml::to_string(&settings).unwrap_or_default();
    let unseen = |c: &char| is_unseen(*c) && !matches!(c, '\n' | '\t');
    if let Some(c) = text.chars().find(unseen) {
        let problem = format!("a setting in [tool.uv] holds {c:?}, which nobody sees");
        let place = root
            .file
            .place_of("[tool.uv", "it goes into the Dockerfile");
        return Err(Diagnostic::new(rules::INVALID_VALUE, problem)
            .at(place)
            .with_help("write the value without that character")
            .into());
    }
    Ok(text)
}

/// An index that only packages that name it use is in the recipe already, unless it asks for
/// credentials: uv hands them out to indexes that it knows.
fn is_used(index: &toml::Value) -> bool {
    let is = |key: &str| {
        index
            .get(key)
            .and_then(toml::Value::as_bool)
            .unwrap_or(false)
    };
    let text = |key: &str| index.get(key).and_then(toml::Value::as_str);
    let url = Url::from(text("url").unwrap_or_default());
    let asks = credentials::asks(text("authenticate"), &url);
    url.is_remote() && (asks || !is("explicit"))
}

fn without_user(index: &toml::Value) -> toml::Value {
    let mut index = index.clone();
    if let Some(toml::Value::String(url)) = index.get_mut("url") {
        let without = Url::from(url.as_str()).without_user();
        without.as_written().clone_into(url);
    }
    index
}

/// `build-constraint-dependencies`, as requirements. Errors: one that is more than a line of text.
pub(crate) fn build_constraints(subject: &Subject<'_>) -> Result<Vec<Line>> {
    let lock = &subject.inputs.project.lock;
    let constraints = lock.manifest().build_constraints.iter();
    let lines = constraints.map(|one| {
        requirement(one).parse().map_err(|expected: String| {
            let message = format!(
                "uv.lock has a build constraint on `{}` that is none",
                one.name
            );
            Diagnostic::new(rules::INVALID_LOCK, message)
                .at(lock
                    .file()
                    .place_of("build-constraints", expected.replace(char::is_control, " ")))
                .with_help("correct `build-constraint-dependencies`, and run `uv lock`")
                .into()
        })
    });
    lines.collect()
}

fn requirement(constraint: &LockedRequirement) -> String {
    let specifier = constraint.specifier.as_deref().unwrap_or_default();
    let marker = constraint
        .marker
        .as_ref()
        .map_or_else(String::new, |marker| format!(" ; {marker}"));
    format!("{}{specifier}{marker}", constraint.name)
}
