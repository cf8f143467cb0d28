//! Revisions of Alembic, followed one after the other on an empty database: what surely fails there.
//!
//! A chain is written against the database of whoever wrote it, whose tables may come from elsewhere: from
//! `create_all`, or from a revision that is no more. Only what is certain is told. From the first operation on that
//! is not known before it runs, nothing is.

mod database;
mod django;
mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::candidate::Candidate;
use super::code::Code;
use super::python::{Module, Scope, Value};
use crate::catalog::Frameworks;
use crate::diagnostic::Place;
use crate::project::source_tree::{has_extension, join, parent};
use database::Database;
use replay::Going;

/// What makes every table that a declarative base knows.
const MAKER: &str = "create_all";

/// The revision at which an upgrade of an empty database ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failing {
    /// Its file.
    pub(crate) path: String,
    /// Why, as a clause about it.
    pub(crate) why: String,
    /// The folder of all revisions; of Django's, that in which one is missing.
    pub(crate) folder: String,
    /// What makes the missing one, where a program of the project's own does; else all have to be made anew.
    pub(crate) make: String,
    /// Whether an ignore file names the missing one.
    pub(crate) is_ignored: bool,
    /// Where that stands.
    pub(crate) place: Place,
}

/// A revision, as its file says.
struct Revision<'c> {
    id: &'c str,
    parents: Vec<&'c str>,
    /// Where its parents are named.
    named: Range<usize>,
    path: String,
    module: &'c Module,
}

/// What an upgrade by this step surely fails at where the database is empty; `has_server` says that it is none of
/// SQLite's, which knows no reference to a table that is not there.
pub(crate) fn failing(code: &Code<'_>, step: &Candidate, has_server: bool) -> Option<Failing> {
    if step.framework.is("django") {
        return django::failing(code);
    }
    let folder = scripts(code, step)?;
    if makes_tables(code, &join(folder, "env.py")) {
        return None;
    }
    let folder = join(folder, "versions");
    let all = read(code, &folder)?;
    let failing = |revision: &Revision<'_>, why: String, span: &Range<usize>| Failing {
        place: code.place(&revision.path, span, "the upgrade ends here"),
        path: revision.path.clone(),
        folder: folder.clone(),
        make: String::new(),
        is_ignored: false,
        why,
    };
    if let Some((orphan, lost)) = orphan(&all) {
        let why = format!("comes after `{lost}`, and there is no such revision");
        return Some(failing(orphan, why, &orphan.named));
    }
    let mut database = Database::new(has_server);
    if !is_line(&all) {
        // Which branch comes first is not known: a table may be of any of them.
        database.expects(all.iter().flat_map(|one| replay::made(code, one)));
    }
    for revision in ordered(&all)? {
        match replay::run(code, revision, &mut database) {
            Going::On => {}
            Going::Unknown => return None,
            Going::Ends(why, span) => return Some(failing(revision, why, &span)),
        }
    }
    None
}

/// The folder of Alembic's environment.
fn scripts<'s>(code: &Code<'_>, step: &'s Candidate) -> Option<&'s str> {
    let is_alembic = step.framework.is("alembic") || step.framework.is("flask-migrate");
    let mut folders = step.files.iter().filter(|_| is_alembic);
    let folder = folders.find(|path| code.tree().has_file(&join(path, "env.py")))?;
    Some(folder)
}

/// Whether several revisions are the last: then there is no `head`.
pub(crate) fn has_several_heads(code: &Code<'_>, step: &Candidate) -> bool {
    let folder = scripts(code, step).map(|folder| join(folder, "versions"));
    let all = folder
        .and_then(|folder| read(code, &folder))
        .unwrap_or_default();
    let parents: BTreeSet<&str> = all.iter().flat_map(|one| one.parents.clone()).collect();
    all.iter().filter(|one| !parents.contains(one.id)).count() > 1
}

/// Whether the environment makes tables before any revision does, itself or by a library that it loads.
fn makes_tables(code: &Code<'_>, environment: &str) -> bool {
    if code.mentions(environment, &[MAKER]) {
        return true;
    }
    let words = Frameworks::embedded().usual("table-makers");
    let reached = code.reached(environment);
    reached.iter().any(|path| {
        let at_import = || {
            let module = code.module(path).into_iter();
            let mut calls = module.flat_map(|module| module.calls_in(&Scope::Module));
            calls.any(|site| makes(&site.call.callee, &site.call.arguments))
        };
        code.mentions(path, words) || code.mentions(path, &[MAKER]) && at_import()
    })
}

/// `Base.metadata.create_all(engine)`, `connection.run_sync(Base.metadata.create_all)`.
fn makes(callee: &str, arguments: &[Value]) -> bool {
    let is_it = |name: &str| name.rsplit('.').next() == Some(MAKER);
    is_it(callee) || arguments.iter().filter_map(Value::as_name).any(is_it)
}

/// Where the application makes its tables itself when it starts, and what makes them when it is run for that.
pub(crate) enum Maker {
    /// The application.
    Application(Place),
    /// A module with a part for being run.
    Program(String),
}

/// What makes the tables without a revision, if something does.
pub(crate) fn maker(code: &Code<'_>, started: &BTreeSet<String>) -> Option<Maker> {
    let is_about = |path: &str| code.mentions(path, &[MAKER]);
    let reached: Vec<&Module> = started
        .iter()
        .filter_map(|path| code.module(path))
        .collect();
    for path in started.iter().filter(|path| is_about(path)) {
        let module = code.module(path)?;
        let mut calls = module.calls.iter();
        let found = calls.find(|site| {
            let is_run = match &site.scope {
                Scope::Module | Scope::Class(_) => true,
                Scope::Main => false,
                Scope::Function(name) => is_called(&reached, name),
            };
            is_run && makes(&site.call.callee, &site.call.arguments)
        });
        if let Some(site) = found {
            let place = code.place(path, &site.call.span, "the tables are made here");
            return Some(Maker::Application(place));
        }
    }
    let mut files = code.runnable().iter();
    let program = files.find(|path| {
        let module = code.module(path);
        is_about(path) && module.is_some_and(|module| module.main_guard.is_some())
    })?;
    let (_, name) = code.module_name(program);
    Some(Maker::Program(name))
}

/// Whether something calls a function of this name, or is given it: `FastAPI(lifespan=lifespan)`.
fn is_called(modules: &[&Module], name: &str) -> bool {
    let is_it = |other: &str| other.rsplit('.').next() == Some(name);
    modules.iter().any(|module| {
        let decorated = module.functions_named(name).any(|one| {
            let mut all = one.decorators.iter().filter_map(Value::as_call);
            all.any(|call| call.callee.contains("on_event") || call.callee.contains("before"))
        });
        decorated
            || module.calls.iter().any(|site| {
                let given = site.call.keywords.iter().map(|(_, value)| value);
                let mut given = site.call.arguments.iter().chain(given);
                is_it(&site.call.callee) || given.any(|value| value.as_name().is_some_and(is_it))
            })
    })
}

/// Every revision of a folder; `None` where one is written in another way than Alembic's own.
fn read<'c>(code: &'c Code<'_>, folder: &str) -> Option<Vec<Revision<'c>>> {
    let files = code.tree().below(folder);
    let files = files.filter(|path| has_extension(path, "py") && parent(path) == folder);
    let files = files.filter(|path| !path.ends_with("/__init__.py"));
    let all = files.map(|path| revision(code, path));
    let all = all.collect::<Option<Vec<Revision<'_>>>>()?;
    let ids: BTreeSet<&str> = all.iter().map(|one| one.id).collect();
    (ids.len() == all.len() && !all.is_empty()).then_some(all)
}

fn revision<'c>(code: &'c Code<'_>, path: &str) -> Option<Revision<'c>> {
    let module = code.module(path)?;
    let said = |name| module.assigned(&Scope::Module, name);
    let before = said("down_revision")?;
    let parents = match &before.value {
        Value::Nothing => Vec::new(),
        Value::Str(id) => vec![id.as_str()],
        Value::List(all) => all.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?,
        _ => return None,
    };
    Some(Revision {
        id: said("revision")?.value.as_str()?,
        parents,
        named: before.span.clone(),
        path: path.to_owned(),
        module,
    })
}

/// A revision after one that is not there.
fn orphan<'r, 'c>(all: &'r [Revision<'c>]) -> Option<(&'r Revision<'c>, &'c str)> {
    let ids: BTreeSet<&str> = all.iter().map(|one| one.id).collect();
    all.iter().find_map(|one| {
        let mut parents = one.parents.iter();
        let lost = parents.find(|parent| !ids.contains(*parent))?;
        Some((one, *lost))
    })
}

/// Whether each comes after the one before it.
fn is_line(all: &[Revision<'_>]) -> bool {
    let mut parents = BTreeSet::new();
    let single = all.iter().all(|one| {
        let only = one.parents.first();
        one.parents.len() <= 1 && only.is_none_or(|parent| parents.insert(*parent))
    });
    single && all.iter().filter(|one| one.parents.is_empty()).count() == 1
}

/// All of them, each after its parents; `None` where they go in a circle.
fn ordered<'r, 'c>(all: &'r [Revision<'c>]) -> Option<Vec<&'r Revision<'c>>> {
    let mut waiting: BTreeMap<&str, &Revision<'_>> = all.iter().map(|one| (one.id, one)).collect();
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let mut ready = waiting.values();
        let next = *ready.find(|one| one.parents.iter().all(|id| done.contains(id)))?;
        done.insert(next.id);
        waiting.remove(next.id);
        order.push(next);
    }
    Some(order)
}
