//! `servers.toml`: frameworks, the servers that serve them, sites that serve themselves, and workers.
//!
//! All commands are production commands: none reloads, and each listens where it is told. How a program
//! takes SIGTERM decides the image's stop signal, so that `docker stop` never waits for its time-out.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::PackageName;
use serde::Deserialize;

use super::command::{CommandTemplate, Template};
use super::table::{EmbeddedFile, Row, Rows};

/// How an application is called by its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interface {
    /// The asynchronous interface.
    Asgi,
    /// The program listens by itself.
    #[serde(rename = "self")]
    Own,
    /// The synchronous interface, PEP 3333.
    Wsgi,
}

/// What a program does with SIGTERM when it is process 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sigterm {
    /// Finishes what it is at, then exits.
    Graceful,
    /// Exits at once.
    Immediate,
    /// Carries on until it is killed.
    Ignored,
}

/// A signal that ends a program well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StopSignal {
    /// As Ctrl-C sends.
    Sigint,
    /// Docker's default.
    Sigterm,
}

impl StopSignal {
    /// As `STOPSIGNAL` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sigint => "SIGINT",
            Self::Sigterm => "SIGTERM",
        }
    }
}

/// How a program stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// What SIGTERM does to it as process 1.
    pub sigterm: Sigterm,
    /// The signal to stop it with.
    pub signal: StopSignal,
    /// Whether that was run, or is documented only.
    pub measured: bool,
}

fn measured() -> bool {
    true
}

/// A web framework.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    interfaces: Vec<Interface>,
    classes: BTreeSet<String>,
    names: Vec<String>,
}

impl Framework {
    /// The interfaces that its applications have, the wanted one first.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// What an application is made with, by full name.
    pub fn classes(&self) -> &BTreeSet<String> {
        &self.classes
    }

    /// Names that applications and their factories usually have, most usual first.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// A server for applications of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Server {
    order: u8,
    command: BTreeMap<Interface, CommandTemplate>,
    port: u16,
    sigterm: Sigterm,
    stop_signal: StopSignal,
    #[serde(default = "measured")]
    measured: bool,
    grace_seconds: Option<u32>,
    workers_variable: Option<String>,
    proxy_variable: Option<String>,
    factory_flag: Option<String>,
    #[serde(default)]
    note: String,
}

impl Server {
    /// The flag that says that the application is a factory; without one the factory is written as
    /// a call, `shop.api:create_app()`.
    pub fn factory_flag(&self) -> Option<&str> {
        self.factory_flag.as_deref()
    }

    /// The interfaces that it serves.
    pub fn interfaces(&self) -> impl Iterator<Item = Interface> {
        self.command.keys().copied()
    }

    /// Its production command for an interface.
    pub fn command(&self, interface: Interface) -> Option<&CommandTemplate> {
        self.command.get(&interface)
    }

    /// The port that it listens on by default.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How it stops.
    pub fn stop(&self) -> Stop {
        Stop {
            sigterm: self.sigterm,
            signal: self.stop_signal,
            measured: self.measured,
        }
    }

    /// How long it waits for open requests, where there is a limit by default.
    pub fn grace_seconds(&self) -> Option<u32> {
        self.grace_seconds
    }

    /// The variable that says how many workers to start.
    pub fn workers_variable(&self) -> Option<&str> {
        self.workers_variable.as_deref()
    }

    /// The variable that says which proxies to believe.
    pub fn proxy_variable(&self) -> Option<&str> {
        self.proxy_variable.as_deref()
    }

    /// What a person should know; empty when there is nothing.
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// A distribution whose applications serve themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Site {
    command: CommandTemplate,
    port: u16,
    sigterm: Sigterm,
    stop_signal: StopSignal,
    #[serde(default = "measured")]
    measured: bool,
    #[serde(default)]
    environment: BTreeMap<String, Template>,
    health_path: Option<String>,
    #[serde(default)]
    note: String,
}

impl Site {
    /// Its production command.
    pub fn command(&self) -> &CommandTemplate {
        &self.command
    }

    /// The port that it listens on by default.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How it stops.
    pub fn stop(&self) -> Stop {
        Stop {
            sigterm: self.sigterm,
            signal: self.stop_signal,
            measured: self.measured,
        }
    }

    /// Variables that its command needs.
    pub fn environment(&self) -> &BTreeMap<String, Template> {
        &self.environment
    }

    /// A path that answers when it is ready.
    pub fn health_path(&self) -> Option<&str> {
        self.health_path.as_deref()
    }

    /// What a person should know; empty when there is nothing.
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// A background worker.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Worker {
    command: CommandTemplate,
    scheduler: Option<CommandTemplate>,
    #[serde(default)]
    schedulers: BTreeMap<String, String>,
    health_command: Option<CommandTemplate>,
    #[serde(default)]
    app: String,
    #[serde(default)]
    class: String,
    sigterm: Sigterm,
    stop_signal: StopSignal,
    #[serde(default = "measured")]
    measured: bool,
    #[serde(default)]
    note: String,
}

impl Worker {
    /// Its production command.
    pub fn command(&self) -> &CommandTemplate {
        &self.command
    }

    /// The command of the process that hands out periodic tasks, where that is another one.
    pub fn scheduler(&self) -> Option<&CommandTemplate> {
        self.scheduler.as_ref()
    }

    /// Distributions that keep the schedule elsewhere, each with the class that the scheduler is to
    /// be told.
    pub fn schedulers(&self) -> &BTreeMap<String, String> {
        &self.schedulers
    }

    /// A command that says whether a worker is well.
    pub fn health_command(&self) -> Option<&CommandTemplate> {
        self.health_command.as_ref()
    }

    /// What its `{app}` looks like, for messages; empty when its command has none.
    pub fn app_example(&self) -> &str {
        &self.app
    }

    /// What marks its module in the source, by full or last name; empty when nothing does.
    pub fn class(&self) -> &str {
        &self.class
    }

    /// How it stops.
    pub fn stop(&self) -> Stop {
        Stop {
            sigterm: self.sigterm,
            signal: self.stop_signal,
            measured: self.measured,
        }
    }

    /// What a person should know; empty when there is nothing.
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// The rows of `servers.toml`.
#[derive(Debug)]
pub struct Servers {
    frameworks: Rows<PackageName, Framework>,
    rows: Rows<PackageName, Server>,
    sites: Rows<PackageName, Site>,
    workers: Rows<PackageName, Worker>,
}

impl Servers {
    pub(super) fn embedded() -> Self {
        let mut file = EmbeddedFile::parse("servers.toml", include_str!("data/servers.toml"));
        let read = Self {
            frameworks: file.rows("framework"),
            rows: file.rows("server"),
            sites: file.rows("site"),
            workers: file.rows("worker"),
        };
        file.finish();
        read
    }

    /// The row of a web framework.
    pub fn framework(&self, name: &PackageName) -> Option<&Row<Framework>> {
        self.frameworks.get(name)
    }

    /// The row of a server.
    pub fn server(&self, name: &PackageName) -> Option<&Row<Server>> {
        self.rows.get(name)
    }

    /// The row of a distribution whose applications serve themselves.
    pub fn site(&self, name: &PackageName) -> Option<&Row<Site>> {
        self.sites.get(name)
    }

    /// The row of a worker.
    pub fn worker(&self, name: &PackageName) -> Option<&Row<Worker>> {
        self.workers.get(name)
    }

    /// The frameworks, by name.
    pub fn frameworks(&self) -> impl Iterator<Item = (&PackageName, &Row<Framework>)> {
        self.frameworks.iter()
    }

    /// The workers, by name.
    pub fn workers(&self) -> impl Iterator<Item = (&PackageName, &Row<Worker>)> {
        self.workers.iter()
    }

    /// The sites, by name.
    pub fn sites(&self) -> impl Iterator<Item = (&PackageName, &Row<Site>)> {
        self.sites.iter()
    }

    /// The servers for an interface, the one to take first at the front.
    pub fn servers_for(&self, interface: Interface) -> Vec<(&PackageName, &Row<Server>)> {
        let mut fitting: Vec<_> = self
            .rows
            .iter()
            .filter(|(_, server)| server.command.contains_key(&interface))
            .collect();
        fitting.sort_by_key(|(_, server)| server.order);
        fitting
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
        let servers = Servers::embedded();
        let uvicorn = servers.server(&name("uvicorn")).unwrap();
        let command = uvicorn.command(Interface::Asgi).unwrap().fill(value);
        assert_eq!(
            command.join(" "),
            "uvicorn shop.api:app --host 0.0.0.0 --port 8000"
        );
        assert_eq!(uvicorn.command(Interface::Wsgi), None);
    }

    #[test]
    fn servers_come_in_the_order_in_which_to_take_them() {
        let servers = Servers::embedded();
        let names = |interface| {
            let fitting = servers.servers_for(interface);
            fitting
                .into_iter()
                .map(|(name, _)| name.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Interface::Asgi)[..2], ["uvicorn", "granian"]);
        assert_eq!(names(Interface::Wsgi)[..2], ["gunicorn", "granian"]);
    }

    #[test]
    fn what_ignores_sigterm_is_stopped_otherwise() {
        let servers = Servers::embedded();
        let stops = servers.rows.values().map(|row| row.stop());
        let stops = stops.chain(servers.sites.values().map(|row| row.stop()));
        let stops = stops.chain(servers.workers.values().map(|row| row.stop()));
        for stop in stops.filter(|stop| stop.sigterm == Sigterm::Ignored) {
            assert_ne!(stop.signal, StopSignal::Sigterm);
        }
    }

    #[test]
    fn no_command_is_a_development_command() {
        let servers = Servers::embedded();
        let mut commands: Vec<&CommandTemplate> = Vec::new();
        commands.extend(servers.rows.values().flat_map(|row| row.command.values()));
        commands.extend(servers.sites.values().map(|row| row.command()));
        commands.extend(servers.workers.values().map(|row| row.command()));
        for command in commands {
            let words = command.fill(value);
            for bad in ["--reload", "runserver", "flask", "dev"] {
                assert!(!words.iter().any(|word| word == bad), "{words:?}");
            }
        }
    }
}
