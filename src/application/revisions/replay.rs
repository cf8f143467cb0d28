//! What the operations of a revision do to the tables that are there.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Revision;
use super::database::{Change, Database};
use crate::application::code::Code;
use crate::application::constants::{self, At};
use crate::application::python::{Call, CallSite, Scope, UNPACKED, Value};
use crate::catalog::{Effect, Operation, Revisions};

/// The function that a revision is run by.
const UPGRADE: &str = "upgrade";

/// What Alembic's operations are imported from, and by which name.
const LIBRARY: &str = "alembic";
const OPERATIONS: &str = "op";

/// Keywords with which an operation does nothing where it would fail.
const CONDITIONS: [&str; 2] = ["if_exists", "if_not_exists"];

/// How the replay goes on.
pub(super) enum Going {
    /// With the next operation.
    On,
    /// Not at all: what comes now is not known before it runs.
    Unknown,
    /// With an error, and where.
    Ends(String, Range<usize>),
}

/// The tables that a revision makes, as far as they are named.
pub(super) fn made(code: &Code<'_>, revision: &Revision<'_>) -> Vec<String> {
    let known = Revisions::embedded();
    let scope = Scope::Function(UPGRADE.to_owned());
    let calls = revision.module.calls_in(&scope);
    let makes = calls.filter(|site| {
        let name = site.call.callee.rsplit('.').next().unwrap_or_default();
        let row = known.operation(name);
        row.is_some_and(|row| matches!(row.does, Effect::MakesTable | Effect::RenamesTable))
    });
    let at = At {
        code,
        path: &revision.path,
        scope: &scope,
    };
    let arguments = makes.flat_map(|site| site.call.arguments.iter().take(2));
    let named = arguments.filter_map(|one| constants::text(at, one));
    named.collect()
}

/// Runs one revision.
pub(super) fn run(code: &Code<'_>, revision: &Revision<'_>, database: &mut Database) -> Going {
    let Some(file) = code.text(&revision.path) else {
        return Going::Unknown;
    };
    let scope = Scope::Function(UPGRADE.to_owned());
    let text = file.text();
    let body = text.split_once("def upgrade(").map_or("", |(_, rest)| rest);
    let body = body.split("\ndef ").next().unwrap_or(body);
    // It may end before its last line.
    let may_end = body.contains("return") || body.contains("raise");
    let mut end = 0;
    for site in revision.module.calls_in(&scope) {
        let span = &site.call.span;
        // What stands within another call is looked at with that.
        if span.end <= end {
            continue;
        }
        end = span.end;
        let mut guarded = revision.module.guarded.iter();
        let is_guarded = guarded.any(|block| block.start <= span.start && span.end <= block.end);
        let step = Step {
            at: At {
                code,
                path: &revision.path,
                scope: &scope,
            },
            revision,
            is_sure: !may_end && !is_guarded && site.guards.is_empty(),
        };
        match step.run(site, database) {
            Going::On => {}
            other => return other,
        }
    }
    Going::On
}

/// An operation on its way.
struct Step<'s> {
    at: At<'s>,
    revision: &'s Revision<'s>,
    /// Whether it runs in every case.
    is_sure: bool,
}

/// What an operation is about.
struct About<'a> {
    row: &'a Operation,
    call: &'a Call,
    table: String,
    /// What comes after the table.
    rest: &'a [Value],
}

impl<'s> Step<'s> {
    fn run(&self, site: &CallSite, database: &mut Database) -> Going {
        let call = &site.call;
        let named = call.method();
        let row = named.and_then(|(_, name)| Revisions::embedded().operation(name));
        let (Some((object, _)), Some(row)) = (named, row) else {
            return self.other(call);
        };
        let batch = self.batch(object, call);
        if batch.is_none() && !self.is_operations(object) {
            return self.other(call);
        }
        match row.does {
            Effect::Nothing => return Going::On,
            Effect::RunsSql => return self.sql(call.argument(&row.keyword, 0)),
            _ => {}
        }
        let (table, first) = match batch {
            Some(batch) => (
                self.table(batch.argument("table_name", 0), batch),
                row.table,
            ),
            None => {
                let said = call.argument(&row.keyword, row.table);
                (self.table(said, call), row.table + 1)
            }
        };
        let Some(table) = table else {
            return Going::Unknown;
        };
        let about = About {
            row,
            call,
            table,
            rest: call.arguments.get(first..).unwrap_or_default(),
        };
        let is_sure = self.is_sure && CONDITIONS.iter().all(|key| call.keyword(key).is_none());
        if let Some(why) = self.fault(&about, database).filter(|_| is_sure) {
            return Going::Ends(why, call.span.clone());
        }
        self.done(&about, database, is_sure);
        Going::On
    }

    /// Whether a name is that of Alembic's operations. Who has a folder `alembic` has no module of that name for that.
    fn is_operations(&self, name: &str) -> bool {
        let bound = self.revision.module.binding(name);
        bound.is_some_and(|bound| {
            bound.module == LIBRARY && bound.name.as_deref() == Some(OPERATIONS)
        })
    }

    /// The call that a batch was made with: `with op.batch_alter_table("users") as batch`.
    fn batch(&self, object: &str, call: &Call) -> Option<&'s Call> {
        let assigns = self.revision.module.assigns_to(self.at.scope, object);
        let mut before = assigns.filter(|one| one.span.start < call.span.start);
        let made = before.next_back()?.value.as_call()?;
        made.callee.ends_with(".batch_alter_table").then_some(made)
    }

    /// The name of a table, with its schema.
    fn table(&self, said: Option<&Value>, call: &Call) -> Option<String> {
        let name = constants::text(self.at, said?)?;
        match call.keyword("schema") {
            None | Some(Value::Nothing) => Some(name),
            Some(schema) => Some(format!("{}.{name}", constants::text(self.at, schema)?)),
        }
    }

    /// A call that is no operation.
    fn other(&self, call: &Call) -> Going {
        let callee = call.callee.as_str();
        let is_type = |call: &Call| {
            let last = call.callee.rsplit('.').next().unwrap_or_default();
            last.eq_ignore_ascii_case("enum")
        };
        let (object, method) = call.method().unwrap_or_default();
        let mut assigned = self.revision.module.assigns_anywhere(object);
        let receiver = call.receiver.as_deref();
        let of_type = receiver.is_some_and(is_type)
            || assigned.any(|one| one.value.as_call().is_some_and(is_type));
        let is_type_made = of_type && matches!(method, "create" | "drop");
        let is_described = matches!(object, "sa" | "sqlalchemy") && method != "inspect";
        if Revisions::embedded().is_harmless(callee)
            || is_type(call)
            || is_type_made
            || is_described
        {
            return Going::On;
        }
        match call.arguments.first() {
            Some(text) if method == "execute" => self.sql(Some(text)),
            _ => Going::Unknown,
        }
    }

    /// A line of SQL: one without a word for tables does nothing to them.
    fn sql(&self, said: Option<&Value>) -> Going {
        let inner = said.and_then(|said| match said {
            Value::Call(call) if call.callee.rsplit('.').next() == Some("text") => {
                call.arguments.first()
            }
            other => Some(other),
        });
        let text = inner.and_then(|text| constants::text(self.at, text));
        match text {
            Some(text) if !text.to_uppercase().contains("TABLE") => Going::On,
            _ => Going::Unknown,
        }
    }

    /// Why an operation fails.
    fn fault(&self, about: &About<'_>, database: &Database) -> Option<String> {
        let table = &about.table;
        let does = about.row.does;
        if does == Effect::MakesTable {
            if database.has(table) {
                return Some(format!("makes the table `{table}`, which is there already"));
            }
            let targets = self.references(about);
            let mut others = targets.iter().filter(|target| *target != table);
            return lost(database, others.find(|target| database.lacks(target)));
        }
        if database.lacks(table) {
            let verb = match does {
                Effect::DropsTable => "drops",
                Effect::RenamesTable => "renames",
                _ => "changes",
            };
            return Some(format!(
                "{verb} the table `{table}`, which no revision before it makes"
            ));
        }
        let other = self.other_table(about);
        let other = other.filter(|other| database.lacks(other));
        if let Some(why) = lost(database, other.as_ref()) {
            return Some(why);
        }
        let column = self.column(about)?;
        let is_there = database.columns(table)?.contains(&column);
        match does {
            Effect::AddsColumn if is_there => Some(format!(
                "adds the column `{column}` to `{table}`, which has it already"
            )),
            Effect::DropsColumn if !is_there => Some(format!(
                "drops the column `{column}` of `{table}`, which no revision before it makes"
            )),
            Effect::ChangesColumn if !is_there => Some(format!(
                "changes the column `{column}` of `{table}`, which no revision before it makes"
            )),
            _ => None,
        }
    }

    /// The other table of a reference.
    fn other_table(&self, about: &About<'_>) -> Option<String> {
        let key = about.row.other.as_deref()?;
        let said = about.call.keyword(key).or(about.rest.first())?;
        let is_near = about.call.keyword("referent_schema").is_none();
        constants::text(self.at, said).filter(|_| is_near)
    }

    /// The column that an operation is about.
    fn column(&self, about: &About<'_>) -> Option<String> {
        let given = |keyword| about.call.keyword(keyword).or(about.rest.first());
        match about.row.does {
            Effect::AddsColumn => self.named_column(given("column")?),
            Effect::DropsColumn | Effect::ChangesColumn => {
                constants::text(self.at, given("column_name")?)
            }
            _ => None,
        }
    }

    /// `sa.Column("name", ..)`.
    fn named_column(&self, value: &Value) -> Option<String> {
        let call = value.as_call()?;
        let is_column = call.callee.rsplit('.').next() == Some("Column");
        constants::text(self.at, call.argument("name", 0)?).filter(|_| is_column)
    }

    /// The columns of a table that is made, where all are known.
    fn made_columns(&self, about: &About<'_>) -> Option<BTreeSet<String>> {
        let is_unpacked = about.call.keyword(UNPACKED).is_some();
        let mut columns = BTreeSet::new();
        for value in about.rest {
            let last = value.as_call()?.callee.rsplit('.').next();
            match last {
                Some("Column") => drop(columns.insert(self.named_column(value)?)),
                Some(last) if last.ends_with("Constraint") || last == "Index" => {}
                _ => return None,
            }
        }
        (!is_unpacked && !columns.is_empty()).then_some(columns)
    }

    /// The tables that a table that is made refers to.
    fn references(&self, about: &About<'_>) -> Vec<String> {
        let calls = about.rest.iter().filter_map(Value::as_call);
        let columns = calls.clone().filter(|call| call.callee.ends_with("Column"));
        let inner = columns.flat_map(|call| call.arguments.iter().filter_map(Value::as_call));
        let all = calls.chain(inner);
        let all = all.filter(|call| call.keyword("use_alter").is_none());
        let named = all.filter_map(|call| match call.callee.rsplit('.').next() {
            Some("ForeignKey") => call.arguments.first().map(Value::flatten),
            Some("ForeignKeyConstraint") => call.arguments.get(1).map(Value::flatten),
            _ => None,
        });
        let texts = named.flatten();
        let texts = texts.filter_map(|value| constants::text(self.at, value));
        let tables = texts.filter_map(|text| Some(text.rsplit_once('.')?.0.to_owned()));
        tables.collect()
    }

    /// What is there afterwards.
    fn done(&self, about: &About<'_>, database: &mut Database, is_sure: bool) {
        let table = about.table.clone();
        let text = |value: &Value| constants::text(self.at, value);
        let column = self.column(about);
        match about.row.does {
            Effect::MakesTable => database.make(table, self.made_columns(about), is_sure),
            Effect::DropsTable => database.drop(table, is_sure),
            Effect::RenamesTable => {
                let renamed = about.call.keyword("new_table_name").or(about.rest.first());
                database.rename(table, renamed.and_then(text), is_sure);
            }
            Effect::AddsColumn => database.change(&table, column, Change::Added, is_sure),
            Effect::DropsColumn => database.change(&table, column, Change::Dropped, is_sure),
            Effect::ChangesColumn => {
                if let Some(renamed) = about.call.keyword("new_column_name") {
                    let renamed = Change::Renamed(text(renamed));
                    database.change(&table, column, renamed, is_sure);
                }
            }
            Effect::NeedsTable | Effect::RunsSql | Effect::Nothing => {}
        }
    }
}

/// A reference to a table that is not there, where that is an error.
fn lost(database: &Database, table: Option<&String>) -> Option<String> {
    let table = table.filter(|_| database.has_server)?;
    Some(format!(
        "refers to the table `{table}`, which no revision before it makes"
    ))
}
