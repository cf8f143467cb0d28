//! The user's own rows: `[catalog.package.<name>]` and `[catalog.import.<name>]` in dfgen.toml.
//!
//! They have the keys of ours and stand before ours; `source` and `date` may be left out, since the
//! place in the user's file says who said it. Every malformed row is told with its line.

use std::borrow::Cow;

use pep508_rs::PackageName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::imports::{Import, ModuleName};
use super::packages::Package;
use super::table::{Evidence, RowProblem, Rows, read_rows};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceFile, nearest};
use crate::rules;

/// The kinds of rows that a user may write.
const KINDS: [&str; 2] = ["import", "package"];

/// The user's rows, read and checked.
#[derive(Debug, Clone, Default)]
pub struct UserRows {
    pub(super) packages: Rows<PackageName, Package>,
    pub(super) imports: Rows<ModuleName, Import>,
}

impl UserRows {
    /// Reads the rows under a table of a TOML file: `["catalog"]` in dfgen.toml,
    /// `["tool", "dfgen", "catalog"]` in pyproject.toml. No such table is no rows.
    ///
    /// # Errors
    ///
    /// Text that is not TOML, a kind that is not known, and every malformed row, each with its place.
    pub fn parse(file: &SourceFile, table: &[&str]) -> Result<Self> {
        let root = DeTable::parse(file.text()).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            draw(file, &RowProblem::new(error.message(), span))
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
        Self::read(file, value)
    }

    fn read(file: &SourceFile, value: Spanned<DeValue<'_>>) -> Result<Self> {
        let mut rows = Self::default();
        let mut problems = Vec::new();
        let span = value.span();
        let DeValue::Table(kinds) = value.into_inner() else {
            let problem = RowProblem::new("`catalog` is not a table", span);
            return Err(draw(file, &problem).into());
        };
        let user = |span: std::ops::Range<usize>| {
            Some(Evidence::User {
                location: file.place(span, "").location(),
            })
        };
        for (kind, table) in kinds {
            let found = match kind.as_ref().as_ref() {
                "package" => take(&mut rows.packages, read_rows(table, user)),
                "import" => take(&mut rows.imports, read_rows(table, user)),
                _ => {
                    problems.push(unknown_kind(file, kind.as_ref(), kind.span()));
                    continue;
                }
            };
            problems.extend(found.iter().map(|problem| draw(file, problem)));
        }
        Diagnostics::check(problems).map(|()| rows)
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

fn draw(file: &SourceFile, problem: &RowProblem) -> Diagnostic {
    let message = if problem.key.is_empty() {
        "the catalog rows cannot be read".to_owned()
    } else {
        format!("the catalog row of `{}` cannot be read", problem.key)
    };
    Diagnostic::new(rules::CATALOG_ROW, message)
        .at(file.place(problem.span.clone(), &problem.message))
        .with_help("a package's row says for example `runtime = [\"libpq5\"]`, a module's `distributions = [\"acme-core\"]`")
        .with_help("where names differ between releases: `runtime = { bookworm = [\"libmagic1\"], trixie = [\"libmagic1t64\"] }`")
}

fn unknown_kind(file: &SourceFile, kind: &str, span: std::ops::Range<usize>) -> Diagnostic {
    Diagnostic::new(
        rules::CATALOG_ROW,
        format!("the catalog takes no rows of kind `{kind}`"),
    )
    .at(file.place(span, "not a kind of row"))
    .with_help_some(nearest(kind, KINDS))
}
