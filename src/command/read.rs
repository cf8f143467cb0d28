//! One command, read.

use super::options::{Listens, Options};
use super::runner;
use super::settings::bound;
use crate::catalog::{CommandLine, Placeholder, Program, Purpose, Servers, program};
use crate::project::source_tree::has_extension;

/// A start command, read.
#[derive(Debug, Clone)]
pub(crate) struct StartCommand {
    /// The server or tool that it starts, where that is a known one.
    pub(crate) program: Option<Program>,
    /// What the command is there for, as far as its words tell.
    pub(crate) purpose: Option<Purpose>,
    /// Whether it only tells what a migration would do.
    pub(crate) looks: bool,
    /// Where its own words make it listen.
    pub(crate) listens: Option<Listens>,
    /// The application, as `package.module:attribute`.
    pub(crate) application: Option<String>,
    /// A module that it names without an attribute: `python -m shop`, `gunicorn shop.wsgi`.
    pub(crate) module: Option<String>,
    /// The file with the server's settings.
    pub(crate) settings: Option<String>,
    /// Whether it says on which address.
    says_host: bool,
    /// The words of the program itself, without what only runs or watches it.
    words: Vec<String>,
}

impl StartCommand {
    /// Reads the words of a command.
    pub(crate) fn read<W: AsRef<str>>(words: &[W]) -> Self {
        let words: Vec<String> = words.iter().map(|word| word.as_ref().to_owned()).collect();
        let words = runner::program(&words);
        let (module, own) = run_by_python(words);
        let program = own.first().and_then(|first| program(first));
        let cli = program.map(|program| program.cli);
        let options = Options::new(own, cli);
        let known = cli.unwrap_or_else(|| Servers::embedded().usual());
        let arguments: Vec<&str> = own.iter().skip(1).map(String::as_str).collect();
        let bare = cli.filter(|cli| cli.modules).and_then(|_| bare_module(own));
        Self {
            purpose: known.purpose(&arguments),
            looks: known.looks(&arguments),
            listens: options.listens(),
            says_host: options.says_host(),
            application: application(own, cli),
            module: module.filter(|_| program.is_none()).or(bare),
            settings: cli.and_then(|cli| settings(cli, &options)),
            program,
            words: own.to_vec(),
        }
    }

    /// The program, where it goes on until it is stopped: a server, a worker, a scheduler.
    pub(crate) fn server(&self) -> Option<Program> {
        let is_lasting = self.purpose.is_some_and(Purpose::is_lasting);
        self.program.filter(|_| is_lasting)
    }

    /// Whether it starts a server or worker that projects run, whatever its words leave open.
    pub(crate) fn may_last(&self) -> bool {
        let open = self.purpose.is_none() && !self.looks;
        let may = self.program.filter(|_| open);
        self.server().is_some() || may.is_some_and(|program| program.cli.may_last())
    }

    /// The word that is run.
    pub(crate) fn word(&self) -> &str {
        let first = self.words.first().map_or("", String::as_str);
        first.rsplit('/').next().unwrap_or(first)
    }

    /// Where it listens, and what says so: its words, else a variable or settings of its server, else the
    /// server's default. `text` gives the text of a file, by the path that the command knows it by.
    pub(crate) fn port<'e>(
        &self,
        variable: impl Fn(&str) -> Option<&'e str>,
        text: impl Fn(&str) -> Option<String>,
    ) -> Option<(u16, String)> {
        match &self.listens {
            Some(Listens::Port(port, because)) => return Some((*port, because.clone())),
            Some(Listens::Socket) => return None,
            None => {}
        }
        let server = self.server()?;
        let by_variable = || {
            let name = server.cli.port_variable.as_deref()?;
            let port: u16 = variable(name)?.parse().ok()?;
            (port != 0).then(|| (port, format!("`{name}` of its environment")))
        };
        let by_settings = || {
            let path = self.settings.as_ref()?;
            Some((bound(&text(path)?)?.port?, path.clone()))
        };
        let by_default = || Some((server.port?, format!("{}'s default", server.distribution)));
        by_variable().or_else(by_settings).or_else(by_default)
    }

    /// The words that make it listen on every address, where it would listen on this machine alone.
    pub(crate) fn listen_everywhere<'e>(
        &self,
        port: u16,
        variable: impl Fn(&str) -> Option<&'e str>,
        text: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let Some(server) = self.server() else {
            return Vec::new();
        };
        let by_variable = server.cli.host_variable.as_deref().and_then(variable);
        let by_settings = || self.settings.as_deref().and_then(text);
        let is_told = self.says_host
            || self.listens == Some(Listens::Socket)
            || by_variable.is_some()
            || by_settings().is_some_and(|text| bound(&text).is_some());
        let words = server.cli.everywhere.iter().filter(|_| !is_told);
        let filled = words.map(|word| {
            word.fill(|place| match place {
                Placeholder::Port => port.to_string(),
                _ => "0.0.0.0".to_owned(),
            })
        });
        filled.collect()
    }

    /// Whether the text of its settings binds a socket in a file, and its own words no port.
    pub(crate) fn binds_a_file(&self, settings: &str) -> bool {
        let binds = bound(settings).is_some_and(|bound| bound.is_file);
        binds && self.listens.is_none()
    }

    /// Whether a name stands among its words, as it is or as the value of an option; a file also by its whole path.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.words.iter().any(|word| {
            let value = word
                .split_once('=')
                .map_or(word.as_str(), |(_, value)| value);
            let value = value.trim_start_matches("./");
            let is_file = value.starts_with('/') && has_extension(name, "py");
            let inside = |value: &str| {
                value
                    .strip_suffix(name)
                    .is_some_and(|rest| rest.ends_with('/'))
            };
            value == name || is_file && inside(value)
        })
    }

    /// What stands behind an option.
    pub(crate) fn value_of(&self, option: &str) -> Option<&str> {
        let options = Options::new(&self.words, None);
        let names = [option.to_owned()];
        let mut values = options.values(&names);
        values.next().map(|(_, value)| value)
    }

    /// Its words that are for development only.
    pub(crate) fn development_words(&self) -> Vec<&str> {
        let words = self.words.iter().map(String::as_str);
        let known = &Servers::embedded().usual().development;
        words
            .filter(|word| known.iter().any(|one| one == word))
            .collect()
    }

    /// The program and its verb, where that is a server for development.
    pub(crate) fn development_server(&self) -> Option<String> {
        if self.purpose != Some(Purpose::Develop) {
            return None;
        }
        let has = |verb: &&String| self.words.iter().any(|word| word == *verb);
        let verb = self.program?.cli.verbs.keys().find(has);
        Some(match verb {
            Some(verb) if self.word().contains('.') => verb.clone(),
            Some(verb) => format!("{} {verb}", self.word()),
            None => self.word().to_owned(),
        })
    }

    /// Whether two commands start the same, apart from where their program is told to listen. What only
    /// looks like an option of a server is left where the program is not known: nothing else would say it.
    pub(crate) fn starts_same(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }

    fn canonical(&self) -> Vec<&str> {
        let mut kept = Vec::new();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            let (option, value) = match word.split_once('=') {
                Some((option, value)) => (option, Some(value)),
                None => (word.as_str(), None),
            };
            let is_address = self.program.is_some_and(|program| {
                let mut names = program.cli.port.iter().chain(&program.cli.host);
                names.any(|name| name == option)
            });
            if !is_address {
                kept.push(word.as_str());
            } else if value.is_none() {
                words.next();
            }
        }
        let end = kept.len().min(1);
        kept[end..].sort_unstable();
        kept
    }
}

/// `module:attribute` without the brackets of a call.
pub(crate) fn without_call(application: &str) -> &str {
    application
        .split_once('(')
        .map_or(application, |(name, _)| name)
}

/// What Python is told to run: `python -m x a b` is `x a b`, and `python manage.py a` is `manage.py a`.
fn run_by_python(words: &[String]) -> (Option<String>, &[String]) {
    let is_python = words.first().is_some_and(|first| {
        let name = first.rsplit('/').next().unwrap_or(first);
        name.starts_with("python")
    });
    let mut options = words.iter().skip(1);
    let at = options.position(|word| !word.starts_with('-') || *word == "-m");
    let Some(at) = at.map(|at| at + 1).filter(|_| is_python) else {
        return (None, words);
    };
    if words[at] == "-m" {
        (words.get(at + 1).cloned(), &words[at + 1..])
    } else if has_extension(&words[at], "py") && program(&words[at]).is_some() {
        (None, &words[at..])
    } else {
        (None, words)
    }
}

/// The word that is `package.module:attribute`, brackets of a call included.
fn application(words: &[String], known: Option<&CommandLine>) -> Option<String> {
    let usual = Servers::embedded().usual();
    let cli = known.unwrap_or(usual);
    let before = std::iter::once("").chain(words.iter().map(String::as_str));
    let mut pairs = before.zip(words.iter().map(String::as_str));
    pairs.find_map(|(before, word)| {
        let names = |option: &str| {
            let mut known = cli.application.iter().chain(&usual.application);
            known.any(|name| name == option)
        };
        let value = match word.split_once('=').filter(|_| word.starts_with("--")) {
            Some((option, value)) if names(option) => value,
            Some(_) => return None,
            None if cli.other.iter().any(|option| option == before) => return None,
            None => word,
        };
        let mut prefixes = cli.prefixes.iter();
        let bare = prefixes.find_map(|prefix| value.strip_prefix(prefix.as_str()));
        let value = bare.filter(|rest| rest.contains(':')).unwrap_or(value);
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

/// The application of a server that takes a module alone: its first word, or its last.
fn bare_module(words: &[String]) -> Option<String> {
    let first = words.get(1);
    let last = match words {
        [.., before, last] if !before.starts_with('-') || before.contains('=') => Some(last),
        _ => None,
    };
    let mut found = [first, last].into_iter().flatten();
    found.find(|word| is_dotted(word)).cloned()
}

/// The file of settings that is named, else the one that the program looks for.
fn settings(cli: &CommandLine, options: &Options<'_>) -> Option<String> {
    let usual = cli.settings_file.as_deref()?;
    let mut named = options.values(&cli.settings);
    let path = named.next().map_or(usual, |(_, value)| value);
    let path = path.trim_start_matches("file:").trim_start_matches("./");
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> StartCommand {
        let words: Vec<&str> = line.split_whitespace().collect();
        StartCommand::read(&words)
    }

    fn port(line: &str) -> Option<u16> {
        read(line).port(|_| None, |_| None).map(|(port, _)| port)
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
    fn a_word_is_an_application_only_in_its_form() {
        let application = |word: &str| StartCommand::read(&["gunicorn", word]).application;
        for word in ["shop:app", "shop.web:make(a, b)", "shop:web.app"] {
            assert_eq!(application(word).as_deref(), Some(word));
        }
        for word in [
            "shop:make app",
            "shop:8000",
            "2shop:app",
            "shop.:app",
            "shop",
        ] {
            assert_eq!(application(word), None, "{word}");
        }
        let module = |line: &str| read(line).module;
        assert_eq!(module("gunicorn shop").as_deref(), Some("shop"));
        assert_eq!(module("gunicorn -b=:80 shop").as_deref(), Some("shop"));
        assert_eq!(module("gunicorn -w 2 shop").as_deref(), Some("shop"));
        assert_eq!(module("gunicorn --chdir shop"), None);
    }

    #[test]
    fn what_a_command_is_called_and_names() {
        assert_eq!(read("/opt/venv/bin/gunicorn a:app").word(), "gunicorn");
        assert_eq!(read("").word(), "");
        let whole = read("python /app/shop/main.py");
        for (name, expected) in [
            ("shop/main.py", true),
            ("main.py", true),
            ("in.py", false),
            ("main", false),
        ] {
            assert_eq!(whole.names(name), expected, "{name}");
        }
        let celery = read("celery --app=./shop.py worker");
        for (name, expected) in [("shop.py", true), ("worker", true), ("shop", false)] {
            assert_eq!(celery.names(name), expected, "{name}");
        }
        let server = |line: &str| read(line).development_server();
        assert_eq!(server("fastapi dev a.py").as_deref(), Some("fastapi dev"));
        let django = server("python src/manage.py runserver");
        assert_eq!(django.as_deref(), Some("runserver"));
        assert_eq!(server("fastapi run a.py"), None);
    }

    #[test]
    fn an_address_is_added_where_none_is_said() {
        let more = |line: &str| {
            read(line)
                .listen_everywhere(8000, |_| None, |_| None)
                .join(" ")
        };
        assert_eq!(more("uvicorn a:app"), "--host 0.0.0.0");
        assert_eq!(more("gunicorn a:app"), "--bind 0.0.0.0:8000");
        assert_eq!(more("uvicorn a:app --host 127.0.0.1"), "");
        assert_eq!(more("uvicorn a:app --uds /run/a"), "");
        assert_eq!(more("waitress-serve a:app"), "");
        assert_eq!(more("python main.py"), "");
    }

    #[test]
    fn what_a_command_is_there_for() {
        for (line, expected) in [
            ("uvicorn a:app", Some(Purpose::Serve)),
            ("uv run --no-sync uvicorn a:app", Some(Purpose::Serve)),
            (
                "opentelemetry-instrument --traces_exporter console gunicorn a",
                Some(Purpose::Serve),
            ),
            ("fastapi dev", Some(Purpose::Develop)),
            ("python src/manage.py runserver", Some(Purpose::Develop)),
            ("python -m django migrate --noinput", Some(Purpose::Migrate)),
            ("flask --app shop db upgrade", Some(Purpose::Migrate)),
            ("python -m alembic upgrade head", Some(Purpose::Migrate)),
            ("./tasks migrate", Some(Purpose::Migrate)),
            ("python manage.py migrate --check", None),
            ("python manage.py showmigrations", None),
            ("alembic upgrade head --sql", None),
            ("./tasks migrate --plan", None),
            ("celery -A a worker", Some(Purpose::Work)),
            ("celery -A a beat", Some(Purpose::Schedule)),
            ("huey_consumer.py a.huey", Some(Purpose::Work)),
            ("alembic stamp head", None),
            ("python main.py", None),
        ] {
            assert_eq!(read(line).purpose, expected, "{line}");
        }
        assert!(read("celery -A a $ROLE").may_last());
        assert!(!read("alembic stamp head").may_last());
        assert!(!read("python main.py").may_last());
    }

    #[test]
    fn commands_that_only_listen_elsewhere_start_the_same() {
        let same = |ours: &str, theirs: &str| read(ours).starts_same(&read(theirs));
        assert!(same(
            "uvicorn a:app --port 80 --host=0.0.0.0",
            "uvicorn a:app --host 0.0.0.0 --port 8000"
        ));
        assert!(same(
            "python -m uvicorn a:app",
            "uvicorn a:app --host 0.0.0.0 --port 8000"
        ));
        assert!(same(
            "gunicorn -b :80 a:app",
            "gunicorn a:app --bind 0.0.0.0:8000"
        ));
        assert!(!same("uvicorn a:app --workers 4", "uvicorn a:app"));
        assert!(!same("gunicorn a:app", "uvicorn a:app"));
        assert!(!same("shop -p 4", "shop"));
        assert!(!same("shop --port 9000", "shop"));
    }

    #[test]
    fn where_it_listens_is_asked_in_the_order_of_the_program() {
        let said = read("gunicorn a:app");
        let settings =
            |path: &str| (path == "gunicorn.conf.py").then(|| "bind = '0.0.0.0:8060'\n".to_owned());
        let port = |variable: Option<&'static str>| said.port(|_| variable, settings);
        assert_eq!(port(None), Some((8060, "gunicorn.conf.py".to_owned())));
        assert_eq!(
            port(Some("81")),
            Some((81, "`PORT` of its environment".to_owned()))
        );
        assert!(said.listen_everywhere(1, |_| None, settings).is_empty());
    }
}
