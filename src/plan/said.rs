//! A command that a person said, read for what an image must know of it: which server it is, where that
//! listens, and which application it serves.
//!
//! Only words are read. What is not said stays unknown: a port is never made up for a program that
//! dfgen does not know.

use crate::catalog::{Catalog, Interface, StopSignal};

/// A command, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SaidCommand {
    /// The server or tool that it starts, where it is a known one.
    pub(crate) server: Option<KnownServer>,
    /// Where its own words make it listen.
    pub(crate) listens: Option<Listens>,
    /// Whether it says on which address.
    pub(crate) says_host: bool,
    /// The application, as `package.module:attribute`.
    pub(crate) application: Option<String>,
    /// A module that it names without an attribute: `python -m shop`, `gunicorn shop.wsgi`.
    pub(crate) module: Option<String>,
    /// The file with the server's settings.
    pub(crate) settings: Option<String>,
    /// The words of the program itself, without what only wraps it.
    words: Vec<String>,
}

/// A server of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownServer {
    /// The distribution that has it.
    pub(crate) name: String,
    /// Where it listens when nothing is said; `None` where it does not.
    pub(crate) port: Option<u16>,
    pub(crate) stop: StopSignal,
    pub(crate) health_path: Option<String>,
    /// The word that is run.
    pub(crate) program: String,
}

/// Where a command listens, and the words that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listens {
    Port(u16, String),
    /// A socket in a file: no port.
    Socket,
}

/// Programs that start the program named after them, and look at it meanwhile.
const WRAPPERS: [&str; 4] = [
    "opentelemetry-instrument",
    "ddtrace-run",
    "newrelic-admin",
    "run-program",
];

/// Options that name a port, or an address with one.
const PORTS: [&str; 10] = [
    "--bind",
    "--http",
    "--http-port",
    "--http-socket",
    "--listen",
    "--port",
    "--server.port",
    "--server-port",
    "--server_port",
    "-b",
];

/// Options that name an address, with or without a port.
const HOSTS: [&str; 12] = [
    "--address",
    "--bind",
    "--fd",
    "--host",
    "--http",
    "--http-socket",
    "--listen",
    "--server.address",
    "--uds",
    "-H",
    "-b",
    "-u",
];

/// Options whose value looks like an application and is none.
const OF_CLASSES: [&str; 8] = [
    "--http",
    "--logger-class",
    "--loop",
    "--worker-class",
    "--ws",
    "--log-config",
    "-k",
    "-c",
];

/// Servers that listen on this machine alone unless told, with the option that tells them.
const LOOPBACK: [(&str, &[&str]); 6] = [
    ("daphne", &["-b", "0.0.0.0"]),
    ("granian", &["--host", "0.0.0.0"]),
    ("gunicorn", &["--bind", "0.0.0.0:{port}"]),
    ("hypercorn", &["--bind", "0.0.0.0:{port}"]),
    ("litestar", &["--host", "0.0.0.0"]),
    ("uvicorn", &["--host", "0.0.0.0"]),
];

/// Variables that the servers read, for the address and the port.
const VARIABLES: [(&str, &str, &str); 6] = [
    ("granian", "GRANIAN_HOST", "GRANIAN_PORT"),
    ("gunicorn", "PORT", "PORT"),
    ("litestar", "LITESTAR_HOST", "LITESTAR_PORT"),
    (
        "streamlit",
        "STREAMLIT_SERVER_ADDRESS",
        "STREAMLIT_SERVER_PORT",
    ),
    ("uvicorn", "UVICORN_HOST", "UVICORN_PORT"),
    ("fastapi-cli", "HOST", "PORT"),
];

impl SaidCommand {
    /// Reads the words of a command.
    pub(crate) fn read<W: AsRef<str>>(words: &[W], catalog: &Catalog) -> Self {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let start = words.iter().position(|word| !WRAPPERS.contains(word));
        let words = &words[start.unwrap_or(words.len())..];
        let (module, own) = run_module(words);
        let server = server(own, catalog);
        let name = server.as_ref().map_or("", |server| server.name.as_str());
        let options = options(own);
        let named = applications(own);
        let bare = (name == "gunicorn").then(|| bare_module(own)).flatten();
        Self {
            listens: listens(name, &options),
            says_host: options.iter().any(|(option, value)| {
                HOSTS.contains(option) && !value.is_empty() && !is_other(name, option)
                    || name == "flask" && *option == "-h"
            }),
            application: named,
            module: match (&server, module) {
                (None, Some(module)) => Some(module.to_owned()),
                _ => bare,
            },
            settings: (name == "gunicorn").then(|| settings(&options)),
            server,
            words: own.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    /// The value of a variable that the server reads its port from, and its name.
    pub(crate) fn port_of<'e>(
        &self,
        variable: impl Fn(&str) -> Option<&'e str>,
    ) -> Option<(u16, &'static str)> {
        let (_, _, name) = self.variables()?;
        Some((
            variable(name)?.parse().ok().filter(|port| *port != 0)?,
            name,
        ))
    }

    /// The words that make it listen on every address, where it would listen on this machine alone.
    pub(crate) fn listen_everywhere<'e>(
        &self,
        port: u16,
        variable: impl Fn(&str) -> Option<&'e str>,
    ) -> Vec<String> {
        let name = self
            .server
            .as_ref()
            .map_or("", |server| server.name.as_str());
        let told = self.says_host
            || self.listens == Some(Listens::Socket)
            || self
                .variables()
                .is_some_and(|(_, host, _)| variable(host).is_some());
        let row = LOOPBACK.iter().find(|(server, _)| *server == name && !told);
        let words = row.map_or(&[][..], |(_, words)| words);
        words
            .iter()
            .map(|word| word.replace("{port}", &port.to_string()))
            .collect()
    }

    /// Whether a name stands among its words, as it is or as the value of an option.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.words.iter().any(|word| {
            let value = word
                .split_once('=')
                .map_or(word.as_str(), |(_, value)| value);
            let value = value.trim_start_matches("./");
            value == name
        })
    }

    fn variables(&self) -> Option<&'static (&'static str, &'static str, &'static str)> {
        let server = self.server.as_ref()?;
        VARIABLES.iter().find(|(name, _, _)| *name == server.name)
    }
}

/// `module:attribute` without the brackets of a call.
pub(crate) fn without_call(application: &str) -> &str {
    application
        .split_once('(')
        .map_or(application, |(name, _)| name)
}

/// `python -m x a b` is `x a b`.
fn run_module<'w, 'a>(words: &'w [&'a str]) -> (Option<&'a str>, &'w [&'a str]) {
    let is_python = words.first().is_some_and(|first| {
        first
            .rsplit('/')
            .next()
            .unwrap_or(first)
            .starts_with("python")
    });
    if !is_python {
        return (None, words);
    }
    let at = words
        .iter()
        .skip(1)
        .position(|word| !word.starts_with('-') || *word == "-m");
    match at.map(|at| at + 1) {
        Some(at) if words[at] == "-m" => (words.get(at + 1).copied(), &words[at + 1..]),
        _ => (None, words),
    }
}

fn server(words: &[&str], catalog: &Catalog) -> Option<KnownServer> {
    let program = words.first()?.rsplit('/').next()?;
    let program = if program == "waitress" {
        "waitress-serve"
    } else {
        program
    };
    let has = |word: &str| words.contains(&word);
    let simple = |name: &str, port| {
        Some(KnownServer {
            name: name.to_owned(),
            port: Some(port),
            stop: StopSignal::Sigterm,
            health_path: None,
            program: program.to_owned(),
        })
    };
    match program {
        "litestar" => return simple("litestar", 8000).filter(|_| has("run")),
        "flask" => return simple("flask", 5000).filter(|_| has("run")),
        "fastapi" if !has("run") && !has("dev") => return None,
        "streamlit" if !has("run") => return None,
        _ => {}
    }
    let servers = catalog.servers();
    let both = [Interface::Asgi, Interface::Wsgi];
    let mut rows = both.into_iter().flat_map(|interface| {
        let rows = servers.servers_for(interface).into_iter();
        rows.filter_map(move |(name, row)| Some((name, row, row.command(interface)?)))
    });
    let row = rows.find(|(_, _, command)| is_program(&command.fill(|_| String::new()), program));
    if let Some((name, row, _)) = row {
        return Some(KnownServer {
            name: name.to_string(),
            // It listens on nothing unless it is told.
            port: (program != "uwsgi").then(|| row.port()),
            stop: row.stop().signal,
            health_path: None,
            program: program.to_owned(),
        });
    }
    let mut sites = servers.sites();
    let (name, site) =
        sites.find(|(_, site)| is_program(&site.command().fill(|_| String::new()), program))?;
    Some(KnownServer {
        name: name.to_string(),
        port: Some(site.port()),
        stop: site.stop().signal,
        health_path: site.health_path().map(str::to_owned),
        program: program.to_owned(),
    })
}

fn is_program(template: &[String], program: &str) -> bool {
    template
        .first()
        .is_some_and(|first| first == program && first != "python")
}

/// Each word that begins like an option, with what follows `=` or in the next word.
fn options<'a>(words: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let next = words.iter().skip(1).copied().chain(std::iter::once(""));
    let pairs = words.iter().zip(next);
    pairs
        .filter(|(word, _)| word.starts_with('-'))
        .map(|(word, next)| word.split_once('=').unwrap_or((word, next)))
        .collect()
}

/// `-p` is a file for the process number in gunicorn, `-b` and `-u` mean other things elsewhere.
fn is_other(server: &str, option: &str) -> bool {
    match option {
        "-b" => !matches!(server, "daphne" | "gunicorn" | "hypercorn"),
        "-u" => server != "daphne",
        "-H" => server != "litestar",
        _ => false,
    }
}

fn listens(server: &str, options: &[(&str, &str)]) -> Option<Listens> {
    let short = |option: &str| {
        option == "-p" && !matches!(server, "gunicorn" | "hypercorn" | "uvicorn" | "granian")
    };
    let said = options
        .iter()
        .filter(|(option, _)| PORTS.contains(option) && !is_other(server, option) || short(option));
    let mut socket = options.iter().any(|(option, _)| *option == "--uds");
    for (option, value) in said {
        if value.starts_with("unix:") || value.starts_with("fd://") {
            socket = true;
            continue;
        }
        let port = value
            .rsplit(':')
            .next()
            .and_then(|port| port.parse::<u16>().ok());
        // A short option of a program that nobody knows may count anything.
        let is_sure = |port: &u16| !server.is_empty() || *option != "-p" || *port >= 1024;
        if let Some(port) = port.filter(|port| *port != 0).filter(is_sure) {
            return Some(Listens::Port(port, format!("`{option}` of the command")));
        }
    }
    socket.then_some(Listens::Socket)
}

/// The word that is `package.module:attribute`, brackets of a call included.
fn applications(words: &[&str]) -> Option<String> {
    let before = std::iter::once("").chain(words.iter().copied());
    let mut pairs = before.zip(words.iter().copied());
    pairs.find_map(|(before, word)| {
        let value = match word
            .strip_prefix("--")
            .and_then(|option| option.split_once('='))
        {
            Some(("app" | "entrypoint" | "module", value)) => value,
            Some(_) => return None,
            None if OF_CLASSES.contains(&before) => return None,
            None => word,
        };
        let value = ["wsgi:", "asgi:"]
            .iter()
            .find_map(|prefix| value.strip_prefix(prefix).filter(|rest| rest.contains(':')))
            .unwrap_or(value);
        is_application(value).then(|| value.to_owned())
    })
}

fn is_application(word: &str) -> bool {
    let Some((module, attribute)) = word.split_once(':') else {
        return false;
    };
    let is_call = attribute.ends_with(')');
    let attribute = without_call(attribute);
    (is_call || !attribute.contains(' ')) && is_dotted(module) && is_dotted(attribute)
}

fn is_dotted(name: &str) -> bool {
    name.split('.').all(|part| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The application of gunicorn without an attribute: its first word, or its last.
fn bare_module(words: &[&str]) -> Option<String> {
    let first = words.get(1).copied();
    let last = match words {
        [.., before, last] if !before.starts_with('-') || before.contains('=') => Some(*last),
        _ => None,
    };
    let mut found = [first, last].into_iter().flatten();
    found.find(|word| is_dotted(word)).map(str::to_owned)
}

/// gunicorn's settings: the file that is named, else the one that it looks for.
fn settings(options: &[(&str, &str)]) -> String {
    let mut named = options
        .iter()
        .filter(|(option, _)| matches!(*option, "-c" | "--config"));
    let path = named.next().map_or("gunicorn.conf.py", |(_, value)| value);
    path.trim_start_matches("file:")
        .trim_start_matches("./")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> SaidCommand {
        let words: Vec<&str> = line.split_whitespace().collect();
        SaidCommand::read(&words, Catalog::embedded())
    }

    fn port(line: &str) -> Option<u16> {
        let read = read(line);
        match read.listens {
            Some(Listens::Port(port, _)) => Some(port),
            Some(Listens::Socket) => None,
            None => read.server.and_then(|server| server.port),
        }
    }

    #[test]
    fn where_a_command_listens() {
        for (line, expected) in [
            ("uvicorn a:app --port 9000", Some(9000)),
            ("uvicorn a:app", Some(8000)),
            ("python -m uvicorn a:app --port=81", Some(81)),
            ("gunicorn -b 0.0.0.0:8060 a:app", Some(8060)),
            ("gunicorn -p /run/pid a:app", Some(8000)),
            ("gunicorn --bind unix:/run/a.sock a:app", None),
            ("hypercorn --bind 0.0.0.0:81 a:app", Some(81)),
            ("daphne -b 0.0.0.0 -p 8001 a:app", Some(8001)),
            ("waitress-serve --listen=*:8041 a:app", Some(8041)),
            ("waitress-serve a:app", Some(8080)),
            ("streamlit run app.py --server.port 81", Some(81)),
            ("streamlit run app.py", Some(8501)),
            ("fastapi run app.py --port 81", Some(81)),
            ("litestar run -p 81", Some(81)),
            ("uwsgi --ini uwsgi.ini", None),
            ("opentelemetry-instrument uvicorn a:app --port 81", Some(81)),
            ("python main.py", None),
            ("shop --port 81", Some(81)),
            ("shop -p 4", None),
            ("python -m shop -b config.yaml", None),
        ] {
            assert_eq!(port(line), expected, "{line}");
        }
    }

    #[test]
    fn which_application_a_command_serves() {
        for (line, expected) in [
            (
                "uvicorn shop.main:app --host 0.0.0.0",
                Some("shop.main:app"),
            ),
            (
                "gunicorn -w 2 -k uvicorn.workers:X shop:app",
                Some("shop:app"),
            ),
            (
                "gunicorn -b localhost:8000 shop:create_app()",
                Some("shop:create_app()"),
            ),
            ("hypercorn wsgi:shop:app", Some("shop:app")),
            ("litestar --app=shop:app run", Some("shop:app")),
            ("granian --interface asgi shop:app", Some("shop:app")),
            ("python main.py", None),
        ] {
            assert_eq!(read(line).application.as_deref(), expected, "{line}");
        }
        assert_eq!(
            read("gunicorn shop.wsgi -w 2").module.as_deref(),
            Some("shop.wsgi")
        );
        assert_eq!(read("python -u -m shop").module.as_deref(), Some("shop"));
        assert_eq!(read("python -m gunicorn shop:app").module, None);
    }

    #[test]
    fn an_address_is_added_where_none_is_said() {
        let more = |line: &str| read(line).listen_everywhere(8000, |_| None).join(" ");
        assert_eq!(more("uvicorn a:app"), "--host 0.0.0.0");
        assert_eq!(more("gunicorn a:app"), "--bind 0.0.0.0:8000");
        assert_eq!(more("uvicorn a:app --host 127.0.0.1"), "");
        assert_eq!(more("uvicorn a:app --uds /run/a"), "");
        assert_eq!(more("waitress-serve a:app"), "");
        assert_eq!(more("python main.py"), "");
    }
}
