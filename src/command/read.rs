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

    /// The folders from which it is told to take the application.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &str> {
        self.values(&Servers::embedded().usual().folders)
    }

    /// The values of the options with which its program is told the application.
    pub(crate) fn options_with_application(&self) -> impl Iterator<Item = &str> {
        let known = self.program.map(|program| &program.cli.application);
        self.values(known.map_or(&[], Vec::as_slice))
    }

    /// The file of settings that its words name.
    pub(crate) fn named_settings(&self) -> Option<&str> {
        let known = self.program.map(|program| &program.cli.settings)?;
        self.values(known).next()
    }

    fn values(&self, names: &[String]) -> impl Iterator<Item = &str> {
        let options = Options::new(&self.words, None);
        let values = options.values(names).map(|(_, value)| value);
        let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
        values.into_iter()
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
mod tests;
