//! How a catalog file becomes typed rows, each with its [`Evidence`].
//!
//! A file holds `[<kind>.<key>]` tables and at most one `[evidence]` table, whose `source` and `date`
//! stand for the rows that say nothing themselves. Ours are converted when the program is built
//! (`src/build.rs`): reading TOML would be most of what a command does. The user's own rows are read
//! as TOML, into the same types, with their place as evidence; all malformed ones are reported at
//! once, each with its line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, Range};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as KeyError, StrDeserializer};
use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};
use toml::value::Date;

/// Rows of one kind, in the order of their keys.
pub(crate) type Rows<K, R> = BTreeMap<K, Row<R>>;

/// How a row came to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// Somebody looked: a URL or a method, and the day.
    Checked {
        /// The URL that says so, or the way in which it was seen.
        source: Cow<'static, str>,
        /// The day on which it was last looked at.
        date: Date,
    },
    /// The user says so, at this place (`dfgen.toml:12`).
    User {
        /// Path and line of the row.
        location: String,
    },
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checked { source, date } => write!(f, "{source} ({date})"),
            Self::User { location } => f.write_str(location),
        }
    }
}

/// `source` and `date`, as an embedded file has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceWire<'a> {
    #[serde(borrow)]
    source: Cow<'a, str>,
    date: Date,
}

impl From<EvidenceWire<'static>> for Evidence {
    fn from(wire: EvidenceWire<'static>) -> Self {
        Self::Checked {
            source: wire.source,
            date: wire.date,
        }
    }
}

/// A row of a table: what it says, and why that is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row<R> {
    facts: R,
    evidence: Evidence,
}

impl<R> Row<R> {
    /// Why the row is believed.
    pub(crate) fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

/// A row reads as the facts that it holds.
impl<R> Deref for Row<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.facts
    }
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowProblem {
    /// The key of the row; empty when the problem is not one row's.
    pub(crate) key: String,
    pub(crate) message: String,
    pub(crate) span: Range<usize>,
    /// Whether `key` is a kind of row that there is none of.
    pub(crate) is_kind: bool,
}

impl RowProblem {
    pub(super) fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            key: String::new(),
            message: message.into(),
            span,
            is_kind: false,
        }
    }

    pub(super) fn unknown_kind(kind: &str, span: Range<usize>) -> Self {
        Self {
            key: kind.to_owned(),
            is_kind: true,
            ..Self::new("not a kind of row", span)
        }
    }

    fn of_row(self, key: &Spanned<DeString<'_>>) -> Self {
        let key = key.as_ref().to_string();
        Self { key, ..self }
    }

    fn from_toml(error: &toml::de::Error, fallback: Range<usize>) -> Self {
        Self::new(error.message(), error.span().unwrap_or(fallback))
    }
}

/// An embedded file on its way to becoming typed rows.
pub(super) struct EmbeddedFile {
    name: &'static str,
    kinds: BTreeMap<&'static str, &'static RawValue>,
    evidence: Option<Evidence>,
}

/// The file of this name under `src/catalog/data`, as `src/build.rs` converts it.
macro_rules! embedded {
    ($name:literal) => {
        $crate::catalog::table::EmbeddedFile::parse(
            $name,
            include_str!(concat!(env!("OUT_DIR"), "/", $name, ".json")),
        )
    };
}
pub(super) use embedded;

/// A row of an embedded file: its key, what it says, and why that is believed, where it says so itself.
type EmbeddedRow = (
    Cow<'static, str>,
    &'static RawValue,
    Option<EvidenceWire<'static>>,
);

impl EmbeddedFile {
    /// Parses `text`, the converted file of this name.
    pub(super) fn parse(name: &'static str, text: &'static str) -> Self {
        let mut kinds: BTreeMap<&str, &RawValue> = read(name, text);
        let evidence = kinds.remove("evidence");
        let evidence = evidence.map(|stated| read::<EvidenceWire<'_>>(name, stated.get()).into());
        Self {
            name,
            kinds,
            evidence,
        }
    }

    /// Takes the rows of one kind; none when the file has no such table.
    pub(super) fn rows<K, R>(&mut self, kind: &str) -> Rows<K, R>
    where
        K: DeserializeOwned + Ord,
        R: DeserializeOwned,
    {
        let Some(written) = self.kinds.remove(kind) else {
            return Rows::new();
        };
        let written: Vec<EmbeddedRow> = read(self.name, written.get());
        let mut rows = Rows::new();
        for (key, facts, stated) in written {
            let place = format_args!("{}: {kind}.{key}", self.name);
            let name = K::deserialize(StrDeserializer::<KeyError>::new(&key))
                .unwrap_or_else(|error| panic!("{place}: {error}"));
            let evidence = stated.map(Evidence::from).or_else(|| self.evidence.clone());
            let row = Row {
                facts: read(place, facts.get()),
                evidence: evidence.unwrap_or_else(|| panic!("{place}: no `source`, no `date`")),
            };
            let before = rows.insert(name, row);
            assert!(before.is_none(), "{place}: a second row for this name");
        }
        rows
    }

    /// Ends the reading: every table of the file must have been taken.
    pub(super) fn finish(self) {
        let left: Vec<_> = self.kinds.keys().collect();
        assert!(left.is_empty(), "{}: unread kinds {left:?}", self.name);
    }
}

/// What an embedded file says at a place: a test reads all of each.
fn read<'de, T: Deserialize<'de>>(place: impl fmt::Display, json: &'de str) -> T {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// Reads `[<kind>.<key>]` tables; `default` gives the evidence of a row, by its span, that states none.
pub(super) fn read_rows<K, R>(
    table: Spanned<DeValue<'_>>,
    default: impl Fn(Range<usize>) -> Option<Evidence>,
) -> (Rows<K, R>, Vec<RowProblem>)
where
    K: DeserializeOwned + Ord,
    R: DeserializeOwned,
{
    let mut rows = Rows::new();
    let mut problems = Vec::new();
    let table = match into_table(table) {
        Ok(table) => table,
        Err(problem) => return (rows, vec![problem]),
    };
    for (key, value) in table {
        match read_row(&key, value, &default) {
            Ok((name, row)) => {
                if rows.insert(name, row).is_some() {
                    let problem = RowProblem::new("a second row for this name", key.span());
                    problems.push(problem.of_row(&key));
                }
            }
            Err(problem) => problems.push(problem.of_row(&key)),
        }
    }
    (rows, problems)
}

fn read_row<K, R>(
    key: &Spanned<DeString<'_>>,
    value: Spanned<DeValue<'_>>,
    default: impl Fn(Range<usize>) -> Option<Evidence>,
) -> Result<(K, Row<R>), RowProblem>
where
    K: DeserializeOwned,
    R: DeserializeOwned,
{
    let name = K::deserialize(StrDeserializer::<KeyError>::new(key.as_ref()))
        .map_err(|error| RowProblem::new(error.to_string(), key.span()))?;
    let span = value.span();
    let mut table = into_table(value)?;
    let evidence = take_evidence(&mut table)?
        .or_else(|| default(key.span()))
        .ok_or_else(|| RowProblem::new("the row has no `source` and no `date`", key.span()))?;
    let value = Spanned::new(span, DeValue::Table(table));
    let facts = R::deserialize(ValueDeserializer::from(value))
        .map_err(|error| RowProblem::from_toml(&error, key.span()))?;
    Ok((name, Row { facts, evidence }))
}

/// Takes `source` and `date` out of a row: both or neither.
fn take_evidence(row: &mut DeTable<'_>) -> Result<Option<Evidence>, RowProblem> {
    match (row.remove("source"), row.remove("date")) {
        (None, None) => Ok(None),
        (Some(source), Some(date)) => checked(&source, &date).map(Some),
        (Some(alone), None) => Err(RowProblem::new("`source` needs a `date`", alone.span())),
        (None, Some(alone)) => Err(RowProblem::new("`date` needs a `source`", alone.span())),
    }
}

fn checked(
    source: &Spanned<DeValue<'_>>,
    date: &Spanned<DeValue<'_>>,
) -> Result<Evidence, RowProblem> {
    let text = source.as_ref().as_str().filter(|text| !text.is_empty());
    let day = date.as_ref().as_datetime().and_then(|value| value.date);
    match (text, day) {
        (Some(text), Some(date)) => Ok(Evidence::Checked {
            source: Cow::Owned(text.to_owned()),
            date,
        }),
        (None, _) => Err(RowProblem::new("`source` is not a text", source.span())),
        (_, None) => Err(RowProblem::new(
            "`date` is not a day such as 2026-11-21",
            date.span(),
        )),
    }
}

fn into_table(value: Spanned<DeValue<'_>>) -> Result<DeTable<'_>, RowProblem> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(table) => Ok(table),
        other => Err(RowProblem::new(
            format!("expected a table, found a {}", other.type_str()),
            span,
        )),
    }
}
