//! `servers.toml`: programs that serve an application, and what the words of their command lines mean.
//!
//! All commands are production commands: none reloads, and each listens where it is told. How a program
//! ends as process 1 decides the image's stop signal, so that `docker stop` never waits for its time-out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pep508_rs::PackageName;
use serde::Deserialize;

use super::columns::Host;
use super::command::CommandTemplate;
use super::command_line::{CommandLine, Graceful, Program, StopSignal, Tuning};
use super::table::{Row, Rows, embedded};

/// How an application is called by its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interface {
    /// The asynchronous interface.
    Asgi,
    /// The synchronous interface, PEP 3333.
    Wsgi,
}

/// A function that starts a server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServingCall {
    /// The position of the application among its arguments.
    pub(crate) application: usize,
    /// The keyword of the port, where it takes one.
    pub(crate) port: Option<String>,
    /// The position of the port, where it may stand without its keyword.
    pub(crate) at: Option<usize>,
    /// Where it listens.
    pub(crate) host: Option<Host>,
}

/// A server for applications of an interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Server {
    order: u8,
    #[serde(default)]
    command: BTreeMap<Interface, CommandTemplate>,
    port: u16,
    stop_signal: StopSignal,
    graceful: Graceful,
    tuning: Option<Tuning>,
    factory_flag: Option<String>,
    #[serde(default)]
    calls: BTreeMap<String, ServingCall>,
    #[serde(default)]
    cli: CommandLine,
}

impl Server {
    /// The flag that says that the application is a factory; without one the factory is written as
    /// a call, `shop.api:create_app()`.
    pub(crate) fn factory_flag(&self) -> Option<&str> {
        self.factory_flag.as_deref()
    }

    /// Its production command for an interface.
    pub(crate) fn command(&self, interface: Interface) -> Option<&CommandTemplate> {
        self.command.get(&interface)
    }

    /// The port that it listens on by default.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

/// A program that serves nothing by itself, or what is usual.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    cli: CommandLine,
}

/// The rows of `servers.toml`.
#[derive(Debug)]
pub(crate) struct Servers {
    conventions: Rows<String, Words>,
    rows: Rows<PackageName, Server>,
    tools: Rows<PackageName, Words>,
}

static EMBEDDED: LazyLock<Servers> = LazyLock::new(Servers::parse);

impl Servers {
    /// The table, parsed once.
    pub(crate) fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn parse() -> Self {
        let mut file = embedded!("servers");
        let read = Self {
            conventions: file.rows("convention"),
            rows: file.rows("server"),
            tools: file.rows("tool"),
        };
        file.finish();
        read
    }

    /// The row of a server.
    pub(crate) fn server(&self, name: &PackageName) -> Option<&Row<Server>> {
        self.rows.get(name)
    }

    /// The servers for an interface, the one to take first at the front.
    pub(crate) fn servers_for(&self, interface: Interface) -> Vec<(&PackageName, &Row<Server>)> {
        let mut fitting: Vec<_> = self
            .rows
            .iter()
            .filter(|(_, server)| server.command.contains_key(&interface))
            .collect();
        fitting.sort_by_key(|(_, server)| server.order);
        fitting
    }

    /// The functions that start a server, by full name.
    pub(crate) fn calls(
        &'static self,
    ) -> impl Iterator<Item = (&'static str, &'static ServingCall)> {
        let calls = self.rows.values().flat_map(|row| row.calls.iter());
        calls.map(|(name, call)| (name.as_str(), call))
    }

    /// What options mean in a program that nobody knows.
    pub(crate) fn usual(&self) -> &CommandLine {
        &self.conventions["options"].cli
    }

    /// The servers, and the programs that serve nothing by themselves.
    pub(super) fn programs(&'static self) -> impl Iterator<Item = Program> {
        let servers = self.rows.iter().map(|(name, row)| Program {
            distribution: name,
            cli: &row.cli,
            port: (!row.cli.silent).then_some(row.port),
            stop_signal: Some(row.stop_signal),
            graceful: Some(&row.graceful),
            tuning: row.tuning.as_ref(),
            health_path: None,
        });
        let tools = self.tools.iter().map(|(name, row)| Program {
            distribution: name,
            cli: &row.cli,
            port: None,
            stop_signal: None,
            graceful: None,
            tuning: None,
            health_path: None,
        });
        servers.chain(tools)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::command::Placeholder;

    fn name(text: &str) -> PackageName {
        PackageName::new(text.to_owned()).unwrap()
    }

    fn value(place: Placeholder) -> String {
        let value = match place {
            Placeholder::App => "shop.api:app",
            Placeholder::File => "app.py",
            Placeholder::Host => "0.0.0.0",
            Placeholder::Port => "8000",
        };
        value.to_owned()
    }

    #[test]
    fn a_command_is_filled_in() {
        let uvicorn = Servers::embedded().server(&name("uvicorn")).unwrap();
        let command = uvicorn.command(Interface::Asgi).unwrap().fill(value);
        assert_eq!(
            command.join(" "),
            "uvicorn shop.api:app --host 0.0.0.0 --port 8000"
        );
        assert_eq!(uvicorn.command(Interface::Wsgi), None);
    }

    #[test]
    fn servers_come_in_the_order_in_which_to_take_them() {
        let names = |interface| {
            let fitting = Servers::embedded().servers_for(interface);
            fitting
                .into_iter()
                .map(|(name, _)| name.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Interface::Asgi)[..2], ["uvicorn", "granian"]);
        assert_eq!(names(Interface::Wsgi)[..2], ["gunicorn", "granian"]);
    }

    #[test]
    fn every_command_is_one_that_its_row_can_read() {
        for (name, row) in &Servers::embedded().rows {
            for command in row.command.values() {
                let words = command.fill(value);
                assert!(row.cli.is_started_by(&words[0]), "{name}: {words:?}");
                let bad = |word: &String| Servers::embedded().usual().development.contains(word);
                assert!(!words.iter().any(bad), "{name}: {words:?}");
            }
        }
    }
}
