//! The user's own rows: `[catalog.package.<name>]` and `[catalog.import.<name>]` in dfgen.toml.
//!
//! They have the keys of ours and stand before ours; `source` and `date` may be left out, since the
//! place in the user's file says who said it. Every malformed row is told with its line.

use std::borrow::Cow;
use std::ops::Range;

use pep508_rs::PackageName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::imports::{Import, ModuleName};
use super::packages::Package;
use super::table::{Evidence, RowProblem, Rows, read_rows};

/// The kinds of rows that a user may write.
pub(crate) const KINDS: [&str; 2] = ["import", "package"];

/// The user's rows, read and checked.
#[derive(Debug, Clone, Default)]
pub struct UserRows {
    pub(super) packages: Rows<PackageName, Package>,
    pub(super) imports: Rows<ModuleName, Import>,
}

impl UserRows {
    /// Reads the rows under a table of a TOML text: `["catalog"]` in dfgen.toml, `["tool", "dfgen", "catalog"]` in
    /// pyproject.toml. No such table is no rows. `location` is the path and line of a span, for evidence.
    ///
    /// # Errors
    ///
    /// Text that is not TOML, a kind that is not known, and every malformed row, each with its span.
    pub(crate) fn read(
        text: &str,
        table: &[&str],
        location: impl Fn(Range<usize>) -> String,
    ) -> Result<Self, Vec<RowProblem>> {
        let root = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            vec![RowProblem::new(error.message(), span)]
        })?;
        let mut value = Spanned::new(root.span(), DeValue::Table(root.into_inner()));
        for key in table {
            let DeValue::Table(mut parent) = value.into_inner() else {
                return Ok(Self::default());
            };
            let Some(child) = parent.remove(*key) else {
                return Ok(Self::default());
            };
            value = child;
        }
        let span = value.span();
        let DeValue::Table(kinds) = value.into_inner() else {
            return Err(vec![RowProblem::new("`catalog` is not a table", span)]);
        };
        Self::of_kinds(kinds, location)
    }

    /// Takes further rows in, each in the place of one of the same name.
    pub(crate) fn put_before(&mut self, rows: Self) {
        self.packages.extend(rows.packages);
        self.imports.extend(rows.imports);
    }

    fn of_kinds(
        kinds: DeTable<'_>,
        location: impl Fn(Range<usize>) -> String,
    ) -> Result<Self, Vec<RowProblem>> {
        let mut rows = Self::default();
        let mut problems = Vec::new();
        let user = |span: Range<usize>| {
            let location = location(span);
            Some(Evidence::User { location })
        };
        for (kind, table) in kinds {
            let found = match kind.as_ref().as_ref() {
                "package" => take(&mut rows.packages, read_rows(table, user)),
                "import" => take(&mut rows.imports, read_rows(table, user)),
                other => vec![RowProblem::unknown_kind(other, kind.span())],
            };
            problems.extend(found);
        }
        if problems.is_empty() {
            Ok(rows)
        } else {
            Err(problems)
        }
    }
}

impl JsonSchema for UserRows {
    fn schema_name() -> Cow<'static, str> {
        "Catalog".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let package = row_schema::<Package>(generator);
        let import = row_schema::<Import>(generator);
        json_schema!({
            "description": "Rows of the catalog; each replaces dfgen's own row for the same name.",
            "type": "object",
            "properties": {
                "package": {
                    "description": "What packages need from the system, by the name of the package.",
                    "type": "object",
                    "additionalProperties": package,
                },
                "import": {
                    "description": "Where modules come from, by the dotted name of the module.",
                    "type": "object",
                    "additionalProperties": import,
                },
            },
            "additionalProperties": false,
        })
    }
}

/// A row may say why it is believed.
fn row_schema<R: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = R::json_schema(generator);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        let source = json!({ "description": "The URL that says so, or how it was seen.", "type": "string", "minLength": 1 });
        let date = json!({ "description": "The day on which it was last looked at.", "type": "string", "format": "date" });
        properties.insert("source".to_owned(), source);
        properties.insert("date".to_owned(), date);
    }
    let together = json!({ "source": ["date"], "date": ["source"] });
    schema.insert("dependentRequired".to_owned(), together);
    schema
}

fn take<K, R>(into: &mut Rows<K, R>, read: (Rows<K, R>, Vec<RowProblem>)) -> Vec<RowProblem> {
    *into = read.0;
    read.1
}
