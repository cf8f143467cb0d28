//! The few facts of a `pyproject.toml` that the source tree is read with.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Place, SourceFile};
use crate::project::source_tree::parent;

/// A manifest as the application module needs it: plain facts, and the table with its spans.
#[derive(Debug, Clone)]
pub(crate) struct ManifestFacts {
    /// The folder that the manifest lies in, relative to the tree's root; empty for the root.
    pub(crate) folder: String,
    /// `project.name` (or Poetry's), as written.
    pub(crate) name: Option<String>,
    /// `[project.scripts]`: command name to `module:attribute`.
    pub(crate) scripts: BTreeMap<String, String>,
    /// `build-system.build-backend`, if there is a build system.
    pub(crate) backend: Option<String>,
    file: SourceFile,
    table: DeTable<'static>,
}

impl ManifestFacts {
    /// Reads the text of a `pyproject.toml` whose path is relative to the tree's root. What is not
    /// valid TOML holds no facts: whoever loads the project has said so before.
    pub(crate) fn parse(file: SourceFile) -> Self {
        let (table, _) = DeTable::parse_recoverable(file.text());
        let table = owned(table);
        let path = file.path().to_string_lossy().into_owned();
        let mut facts = Self {
            folder: parent(&path).to_owned(),
            name: None,
            scripts: BTreeMap::new(),
            backend: None,
            file,
            table,
        };
        facts.name = facts
            .text(&["project", "name"])
            .or(facts.text(&["tool", "poetry", "name"]));
        facts.backend = facts.text(&["build-system", "build-backend"]);
        facts.scripts = ["project", "tool.poetry"]
            .into_iter()
            .flat_map(|t| facts.commands(t))
            .collect();
        facts
    }

    fn commands(&self, table: &str) -> Vec<(String, String)> {
        let mut keys: Vec<&str> = table.split('.').collect();
        keys.push("scripts");
        let scripts = self.get(&keys).and_then(|value| value.get_ref().as_table());
        let entries = scripts.into_iter().flatten().filter_map(|(name, target)| {
            Some((
                name.get_ref().to_string(),
                target.get_ref().as_str()?.to_owned(),
            ))
        });
        entries.collect()
    }

    /// The value at a path of keys.
    pub(crate) fn get(&self, keys: &[&str]) -> Option<&Spanned<DeValue<'static>>> {
        let (first, rest) = keys.split_first()?;
        let start = self.table.get(*first)?;
        rest.iter()
            .try_fold(start, |value, key| value.get_ref().as_table()?.get(*key))
    }

    /// The string at a path of keys.
    pub(crate) fn text(&self, keys: &[&str]) -> Option<String> {
        Some(self.get(keys)?.get_ref().as_str()?.to_owned())
    }

    /// The boolean at a path of keys.
    pub(crate) fn flag(&self, keys: &[&str]) -> Option<bool> {
        self.get(keys)?.get_ref().as_bool()
    }

    /// The strings of the array at a path of keys, with their spans.
    pub(crate) fn texts(&self, keys: &[&str]) -> Option<Vec<(String, Range<usize>)>> {
        let array = self.get(keys)?.get_ref().as_array()?;
        let texts = array
            .iter()
            .filter_map(|item| Some((item.get_ref().as_str()?.to_owned(), item.span())));
        Some(texts.collect())
    }

    /// A place in the manifest.
    pub(crate) fn place(&self, span: Range<usize>, label: &str) -> Place {
        self.file.place(span, label)
    }

    /// The place of a value.
    pub(crate) fn place_of(&self, keys: &[&str], label: &str) -> Option<Place> {
        Some(self.place(self.get(keys)?.span(), label))
    }

    /// The manifest's file.
    pub(crate) fn file(&self) -> &SourceFile {
        &self.file
    }
}

/// The same table without a borrow of the text: `make_owned` of the library leaves the lifetime in
/// the type.
fn owned(table: Spanned<DeTable<'_>>) -> DeTable<'static> {
    let entries = table.into_inner().into_iter().map(|(key, value)| {
        let key_span = key.span();
        let key = std::borrow::Cow::Owned(key.into_inner().into_owned());
        (Spanned::new(key_span, key), owned_value(value))
    });
    entries.collect()
}

fn owned_value(value: Spanned<DeValue<'_>>) -> Spanned<DeValue<'static>> {
    let span = value.span();
    let inner = match value.into_inner() {
        DeValue::String(text) => DeValue::String(std::borrow::Cow::Owned(text.into_owned())),
        DeValue::Boolean(flag) => DeValue::Boolean(flag),
        DeValue::Datetime(time) => DeValue::Datetime(time),
        DeValue::Array(array) => DeValue::Array(array.into_iter().map(owned_value).collect()),
        DeValue::Table(table) => DeValue::Table(owned(Spanned::new(span.clone(), table))),
        // No number of a manifest is ever asked for.
        DeValue::Integer(_) | DeValue::Float(_) => DeValue::Boolean(false),
    };
    Spanned::new(span, inner)
}
