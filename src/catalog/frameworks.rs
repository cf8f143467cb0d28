//! `frameworks.toml`: libraries that make something runnable, how each is known in source, and how it runs.
//!
//! One row a library. A [`Framework`] is a row with its key; the passes of
//! [`crate::application`] ask it, and no list of libraries stands in code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Deref;
use std::sync::LazyLock;

use indexmap::IndexMap;
use pep508_rs::PackageName;
use serde::Deserialize;

use super::columns::{Collecting, Loader, ManagedWorker, OwnRun, PortArgument};
use super::command::CommandTemplate;
use super::command_line::{CommandLine, Program};
use super::pattern;
use super::servers::ServingCall;
use super::table::{Row, Rows, embedded};

/// What something is to be run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ApplicationKind {
    /// A web application for an ASGI server.
    Asgi,
    /// A web application for a WSGI server.
    Wsgi,
    /// A program that serves by itself: aiohttp, gRPC, Gradio, a script that listens.
    Server,
    /// A command that the package installs, or a module to run.
    Script,
    /// A process that takes jobs from a queue.
    Worker,
    /// A process that puts jobs on a queue at their time.
    Beat,
    /// A one-time step that brings the database up to date.
    Migration,
}

impl ApplicationKind {
    /// Whether it answers requests.
    pub(crate) fn serves(self) -> bool {
        matches!(self, Self::Asgi | Self::Wsgi | Self::Server)
    }
}

/// How a tool names what it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ImportString {
    /// `package.module:name`
    #[default]
    Colon,
    /// `package.module.name`
    Dot,
    /// The path of the file.
    Path,
}

/// Where a worker is told of tasks that lie in other modules than its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tasks {
    /// It is started with a module that imports them all.
    Module,
    /// Their modules are further arguments.
    Arguments,
}

/// What is known about a library. The head of `frameworks.toml` explains each key.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Library {
    name: String,
    #[serde(default)]
    distributions: Vec<PackageName>,
    pub(crate) word: String,
    #[serde(default)]
    makes: BTreeMap<ApplicationKind, Vec<String>>,
    #[serde(default)]
    builders: Vec<String>,
    #[serde(default)]
    gives: BTreeMap<ApplicationKind, Vec<String>>,
    #[serde(default)]
    same: Vec<String>,
    /// The attribute of the object that a server takes, where it is not the object itself.
    pub(crate) attribute: Option<String>,
    #[serde(default)]
    pub(crate) decorators: Vec<String>,
    #[serde(default)]
    contains: Vec<PackageName>,
    #[serde(default)]
    pub(crate) file_names: Vec<String>,
    #[serde(default)]
    pub(crate) file_calls: Vec<String>,
    #[serde(default)]
    starts: BTreeMap<String, PortArgument>,
    #[serde(default)]
    calls: BTreeMap<String, ServingCall>,
    #[serde(default)]
    pub(crate) runs_itself: bool,
    /// Whether it speaks over standard input and output where no port is said.
    #[serde(default)]
    pub(crate) over_stdin: bool,
    #[serde(default)]
    routes: Vec<String>,
    #[serde(default)]
    routers: BTreeMap<String, String>,
    #[serde(default)]
    includes: BTreeMap<String, String>,
    #[serde(default)]
    mounts: Vec<String>,
    #[serde(default)]
    pub(crate) import_string: ImportString,
    pub(crate) tasks: Option<Tasks>,
    pub(crate) include: Option<String>,
    /// Calls by which an application does the work of another process itself.
    #[serde(default)]
    inside: BTreeMap<ApplicationKind, Vec<String>>,
    #[serde(default)]
    pub(crate) told_by: Vec<String>,
    /// What its worker's settings are called: names of a module, or keys of a dictionary.
    #[serde(default)]
    pub(crate) settings: Vec<String>,
    pub(crate) run: Option<OwnRun>,
    pub(crate) scheduler: Option<CommandTemplate>,
    #[serde(default)]
    pub(crate) schedulers: IndexMap<String, String>,
    pub(crate) django: Option<ManagedWorker>,
    pub(crate) migrate: Option<CommandTemplate>,
    /// The same where several revisions are the last.
    pub(crate) migrate_all: Option<CommandTemplate>,
    /// The setting without which there is nothing to migrate.
    pub(crate) migrates_with: Option<String>,
    collects: Option<Collecting>,
    pub(crate) app_option: Option<String>,
    pub(crate) config_option: Option<String>,
    #[serde(default)]
    cli: CommandLine,
}

impl Library {
    /// The name that its documentation writes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its production command, where a program of its own runs what it makes.
    pub(crate) fn command(&self) -> Option<&CommandTemplate> {
        self.run.as_ref()?.command.as_ref()
    }

    /// What a call of `qualified` makes.
    pub(crate) fn made_by(&self, qualified: &str) -> Option<ApplicationKind> {
        let is = |names: &[String]| names.iter().any(|name| fits(name, qualified));
        let mut kinds = self.makes.iter();
        kinds.find(|(_, names)| is(names)).map(|(kind, _)| *kind)
    }

    /// The calls by which an application does the work of such a process itself.
    pub(crate) fn inside(&self, kind: ApplicationKind) -> &[String] {
        self.inside.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Whether it makes applications of either interface, of which a project serves one.
    pub(crate) fn has_both_interfaces(&self) -> bool {
        let kinds = [ApplicationKind::Asgi, ApplicationKind::Wsgi];
        kinds.iter().all(|kind| self.makes.contains_key(kind))
    }

    /// Whether a call of `qualified` makes something whose methods give applications.
    pub(crate) fn is_builder(&self, qualified: &str) -> bool {
        self.builders.iter().any(|name| name == qualified)
    }

    /// What a method of an application or builder gives.
    pub(crate) fn given_by(&self, method: &str) -> Option<ApplicationKind> {
        let is = |names: &[String]| names.iter().any(|name| name == method);
        let mut kinds = self.gives.iter();
        kinds.find(|(_, names)| is(names)).map(|(kind, _)| *kind)
    }

    /// Whether a method of an application gives it back.
    pub(crate) fn gives_itself(&self, method: &str) -> bool {
        self.same.iter().any(|name| fits(name, method))
    }

    /// Whether `qualified` marks a class or function as one of its own.
    pub(crate) fn is_decorator(&self, qualified: &str) -> bool {
        self.decorators.iter().any(|name| name == qualified)
    }

    /// Whether an application of the other is a part of its own, where a file has both.
    pub(crate) fn contains(&self, other: Framework) -> bool {
        self.contains.contains(other.key)
    }
}

/// Whether a name of the table, `*` in it standing for anything, stands for this one.
fn fits(pattern: &str, name: &str) -> bool {
    pattern == name
        || pattern.contains('*') && pattern::fits_wildcards(pattern.as_bytes(), name.as_bytes())
}

/// A library that makes something runnable: its row, under its distribution.
#[derive(Clone, Copy)]
pub struct Framework {
    key: &'static PackageName,
    row: &'static Row<Library>,
}

impl Framework {
    /// Whether it is the library of this distribution.
    pub(crate) fn is(self, distribution: &str) -> bool {
        self.key.as_ref() == distribution
    }

    /// The methods of its applications that start them, each with the argument that is the port.
    pub(crate) fn starts(self) -> &'static BTreeMap<String, PortArgument> {
        &self.row.starts
    }

    /// Programs that run an object which its own file does not.
    pub(crate) fn loaders(self) -> impl Iterator<Item = &'static Loader> {
        self.row.run.iter().flat_map(|run| &run.loaders)
    }

    /// Words of source that runs such an object some way.
    pub(crate) fn loaded_unless(self) -> &'static [String] {
        self.row.run.as_ref().map_or(&[], |run| &run.loaded_unless)
    }

    /// How it collects files that pages are made with.
    pub(crate) fn collects(self) -> Option<&'static Collecting> {
        self.row.collects.as_ref()
    }

    /// Whether this distribution is one of those that have it.
    pub(crate) fn comes_from(self, name: &PackageName) -> bool {
        self.key == name || self.row.distributions.contains(name)
    }

    /// Whether one of the distributions that have it is there.
    pub(crate) fn is_installed(self, closure: &BTreeSet<PackageName>) -> bool {
        let mut others = self.row.distributions.iter();
        closure.contains(self.key) || others.any(|name| closure.contains(name))
    }
}

impl Deref for Framework {
    type Target = Library;

    fn deref(&self) -> &Library {
        self.row
    }
}

impl PartialEq for Framework {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Framework {}

impl fmt::Debug for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key.as_ref())
    }
}

/// A library of programs that listen to a chat.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bot {
    pub(crate) word: String,
    pub(crate) service: String,
    #[serde(default)]
    pub(crate) starts: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Convention {
    names: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Middleware {
    calls: Vec<String>,
}

/// The rows of `frameworks.toml`.
#[derive(Debug)]
pub(crate) struct Frameworks {
    bots: Rows<PackageName, Bot>,
    conventions: Rows<String, Convention>,
    rows: Rows<PackageName, Library>,
    calls: Calls,
}

/// The calls of all libraries that say something about applications and their routes, whichever of the
/// libraries is used: a project has several, and they copy each other's names.
#[derive(Debug)]
struct Calls {
    wrap: BTreeSet<String>,
    mount: BTreeSet<String>,
    declare: BTreeSet<String>,
    routers: BTreeMap<String, String>,
    include: BTreeMap<String, String>,
}

impl Calls {
    fn of(rows: &Rows<PackageName, Library>, middleware: &Rows<PackageName, Middleware>) -> Self {
        let rows = rows.values();
        let all = |list: fn(&Library) -> &Vec<String>| {
            rows.clone().flat_map(|row| list(row)).cloned().collect()
        };
        let pairs = |map: fn(&Library) -> &BTreeMap<String, String>| {
            rows.clone()
                .flat_map(|row| map(row).clone())
                .collect::<BTreeMap<_, _>>()
        };
        Self {
            wrap: middleware
                .values()
                .flat_map(|row| row.calls.clone())
                .collect(),
            mount: all(|row| &row.mounts),
            declare: all(|row| &row.routes),
            routers: pairs(|row| &row.routers),
            include: pairs(|row| &row.includes),
        }
    }
}

static EMBEDDED: LazyLock<Frameworks> = LazyLock::new(Frameworks::parse);

impl Frameworks {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("frameworks");
        let rows = file.rows("framework");
        let read = Self {
            bots: file.rows("bot"),
            conventions: file.rows("convention"),
            calls: Calls::of(&rows, &file.rows("middleware")),
            rows,
        };
        file.finish();
        read
    }

    /// Every library, by its distribution.
    pub(crate) fn all(&'static self) -> impl Iterator<Item = Framework> {
        self.rows.iter().map(|(key, row)| Framework { key, row })
    }

    /// The library of a distribution.
    pub(crate) fn get(&'static self, name: &str) -> Option<Framework> {
        self.all().find(|framework| framework.is(name))
    }

    /// What runs as a plain program, with no library of the table.
    pub(crate) fn plain(&'static self) -> Framework {
        self.get("python").expect("the table has a row for it")
    }

    /// The libraries for bots.
    pub(crate) fn bots(
        &'static self,
    ) -> impl Iterator<Item = (&'static PackageName, &'static Bot)> {
        self.bots.iter().map(|(name, row)| (name, &**row))
    }

    /// Names that projects share.
    pub(crate) fn usual(&self, convention: &str) -> &[String] {
        &self.conventions[convention].names
    }

    /// Whether a call takes an application and gives one that does the same and more.
    pub(crate) fn wraps(&self, call: &str) -> bool {
        self.calls.wrap.contains(call)
    }

    /// Whether a call puts one application into another.
    pub(crate) fn mounts(&self, call: &str) -> bool {
        self.calls.mount.contains(call)
    }

    /// Whether a method declares a route.
    pub(crate) fn declares(&self, method: &str) -> bool {
        self.calls.declare.contains(method)
    }

    /// The calls that make a router, each with the argument that is its prefix.
    pub(crate) fn routers(&self) -> &BTreeMap<String, String> {
        &self.calls.routers
    }

    /// The methods that include a router, each with the argument that is the prefix.
    pub(crate) fn includes(&self) -> &BTreeMap<String, String> {
        &self.calls.include
    }

    /// The functions that start what a library makes, by full name.
    pub(crate) fn calls(
        &'static self,
    ) -> impl Iterator<Item = (&'static str, &'static ServingCall)> {
        let calls = self.rows.values().flat_map(|row| row.calls.iter());
        calls.map(|(name, call)| (name.as_str(), call))
    }

    /// What the words of their programs mean.
    pub(super) fn programs(&'static self) -> impl Iterator<Item = Program> {
        self.all().map(|framework| {
            let run = framework.row.run.as_ref();
            Program {
                distribution: framework.key,
                cli: &framework.row.cli,
                port: run.and_then(|run| run.port),
                stop_signal: run.map(|run| run.stop_signal),
                graceful: run.and_then(|run| run.graceful.as_ref()),
                tuning: run.and_then(|run| run.tuning.as_ref()),
                health_path: run.and_then(|run| run.health_path.as_deref()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constructor_lies_in_a_module_whose_word_is_searched_for() {
        for row in Frameworks::embedded().rows.values() {
            let names = row.makes.values().flatten();
            for name in names.chain(&row.builders).chain(&row.decorators) {
                assert!(name.contains(&row.word), "{name}");
            }
        }
    }

    #[test]
    fn every_command_is_one_that_its_row_can_read() {
        for (name, row) in &Frameworks::embedded().rows {
            let commands = [row.command(), row.scheduler.as_ref()];
            for command in commands.into_iter().flatten() {
                let words = command.fill(|_| String::new());
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                if words[0] == "python" {
                    continue;
                }
                assert!(row.cli.is_started_by(words[0]), "{name}: {words:?}");
                let purpose = row.cli.purpose(&words[1..]);
                let production = [
                    super::super::Purpose::Serve,
                    super::super::Purpose::Work,
                    super::super::Purpose::Schedule,
                ];
                assert!(
                    purpose.is_some_and(|one| production.contains(&one)),
                    "{name}: {words:?} is {purpose:?}"
                );
            }
        }
    }

    #[test]
    fn brokers_are_known_by_their_ending() {
        let taskiq = Frameworks::embedded().get("taskiq").unwrap();
        let kind = |name| taskiq.made_by(name);
        assert_eq!(
            kind("taskiq_redis.ListQueueBroker"),
            Some(ApplicationKind::Worker)
        );
        assert_eq!(kind("taskiq.InMemoryBroker"), Some(ApplicationKind::Worker));
        assert_eq!(kind("kombu.Broker"), None);
    }
}
