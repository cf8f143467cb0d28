//! The candidate that a command starts, whoever says it: the profile, or a container file of the project's own.

use super::Application;
use crate::application::{Candidate, Kind, Port, Rank, Target};
use crate::catalog::Purpose;
use crate::command::{Listens, StartCommand, without_call};
use crate::diagnostic::Place;
use crate::plan::inputs::Subject;
use crate::plan::run::containers::Container;
use crate::profile::Serves;
use crate::project::source_tree::{has_extension, join};
use crate::secret;

impl Application<'_> {
    /// The candidate that a command starts.
    pub(crate) fn started_by(&self, command: &StartCommand) -> Option<&Candidate> {
        let subject = &self.subject;
        let all = || {
            self.candidates
                .iter()
                .filter(|one| one.kind != Kind::Migration)
        };
        if let Some(said) = &command.application {
            let said = without_call(said);
            let by_name = all().find(|one| one.import_string() == said);
            return by_name.or_else(|| all().find(|one| is_file_of(subject, one, said)));
        }
        if let Some(module) = &command.module {
            let main = format!("{module}.__main__");
            let of_module = |one: &&Candidate| one.module == *module || one.module == main;
            let is_run = |one: &&Candidate| one.target == Target::Module;
            let served = |one: &&Candidate| command.program.is_some() && one.kind.serves();
            let mut run = all().filter(of_module);
            return run
                .clone()
                .find(|one| is_run(one) || served(one))
                .or_else(|| run.next());
        }
        let is_named = |one: &&Candidate| {
            let is_program = matches!(&one.target, Target::Command(name) if command.word() == name);
            is_program
                || command.names(&one.import_string())
                || !one.path.is_empty() && command.names(below(subject, &one.path))
                || one.kind == Kind::Worker && !one.module.is_empty() && command.names(&one.module)
        };
        // `/app/shop/main.py` ends in `main.py`, too.
        let length = |one: &&Candidate| {
            let path = below(subject, &one.path);
            if command.names(path) { path.len() } else { 0 }
        };
        let named: Vec<&Candidate> = all().filter(is_named).collect();
        let named = named.into_iter().rev().max_by_key(length);
        named.or_else(|| self.served_by(command))
    }

    /// What a framework's own program serves without a word about it: `litestar run`.
    fn served_by(&self, command: &StartCommand) -> Option<&Candidate> {
        let program = command
            .program
            .filter(|_| command.purpose == Some(Purpose::Serve))?;
        let mut served = self.candidates.iter().filter(|one| {
            let is_served = matches!(one.kind, Kind::Asgi | Kind::Wsgi);
            is_served && one.framework.comes_from(program.distribution)
        });
        served.next().filter(|_| served.next().is_none())
    }

    /// Puts what a container says onto the candidate that it starts.
    pub(super) fn tell(&mut self, container: &Container) {
        let command = StartCommand::read(&container.process.start.words);
        let Some(started) = self.started_by(&command) else {
            return;
        };
        let is_it = |one: &&mut Candidate| **one == *started;
        let mut candidates = self.candidates.clone();
        let Some(candidate) = candidates.iter_mut().find(is_it) else {
            return;
        };
        let place = &container.process.place;
        candidate.confidence = candidate.confidence.told(&place.location());
        if command.application.is_some() {
            candidate.program = None;
        }
        let said = match command.listens {
            Some(Listens::Port(port, _)) => Some((port, place.clone())),
            _ => container
                .port
                .clone()
                .or_else(|| self.by_settings(&command, place)),
        };
        let is_served = matches!(candidate.kind, Kind::Asgi | Kind::Wsgi);
        let takes = is_served || candidate.port.is_none() && candidate.kind != Kind::Worker;
        let takes = takes && !is_silent(candidate, container);
        if let Some((number, place)) = said.filter(|_| takes) {
            candidate.port = Some(Port {
                number,
                variable: None,
                place,
            });
        }
        if candidate.extra.is_empty() {
            candidate.extra = handed(candidate, &container.process.start.words);
        }
        self.candidates = candidates;
    }

    /// The port that the settings of a server have, where the source has their file.
    fn by_settings(&self, command: &StartCommand, place: &Place) -> Option<(u16, Place)> {
        let tree = &self.subject.inputs.tree;
        let named = command.settings.as_deref()?;
        // An image has the file elsewhere: `/srv/shop/gunicorn.py`.
        let ends = named.match_indices('/').map(|(at, _)| &named[at + 1..]);
        let mut paths = std::iter::once(named).chain(ends);
        let file = paths.find_map(|path| tree.text(&join(self.subject.folder, path)))?;
        let (port, because) = command.port(|_| None, |_| Some(file.text().to_owned()))?;
        (because == named).then(|| (port, place.clone()))
    }

    /// Where containers start a command of the package and nothing that is known to serve, the command is what serves:
    /// it makes ready what the object in the source would be without.
    pub(super) fn serve_by_command(&mut self, containers: &[Container]) {
        let is_told = |one: &Candidate| one.confidence.rank() == Rank::Told;
        let mut told = self.candidates.iter();
        if told.any(|one| one.kind.serves() && is_told(one)) {
            return;
        }
        let serving = containers.iter().filter(|one| one.fits(Serves::Http));
        let started: Vec<Candidate> = serving
            .filter_map(|one| {
                let command = StartCommand::read(&one.process.start.words);
                self.started_by(&command).cloned()
            })
            .collect();
        let is_command =
            |one: &Candidate| one.kind == Kind::Script && matches!(one.target, Target::Command(_));
        // What it serves listens where it does, and answers as it does.
        let objects = self.candidates.iter();
        let mut objects = objects.filter(|one| matches!(one.kind, Kind::Asgi | Kind::Wsgi));
        let object = objects.next().filter(|_| objects.next().is_none()).cloned();
        for one in self.candidates.iter_mut().filter(|one| is_command(one)) {
            if started.contains(one) {
                one.kind = Kind::Server;
                if let Some(object) = &object {
                    one.port = one.port.take().or_else(|| object.port.clone());
                    one.health = one.health.take().or_else(|| object.health.clone());
                    one.protected.clone_from(&object.protected);
                }
            }
        }
    }
}

/// Whether a container says that the program is spoken to over standard input and output: the port beside it is nobody's.
fn is_silent(candidate: &Candidate, container: &Container) -> bool {
    let starts = candidate.framework.starts().values();
    let mut over = starts.filter_map(|start| start.over.as_ref());
    let words = &container.process.start.words;
    over.any(|over| words.contains(&over.silent) || container.values.contains(&over.silent))
}

/// The words that a container hands to a command or module of the project. None where a shell has to read them, a secret
/// stands in them, or they are for developers.
fn handed(candidate: &Candidate, words: &[String]) -> Vec<String> {
    let is_own = |word: &String| match &candidate.target {
        Target::Command(name) => word.rsplit('/').next() == Some(name),
        Target::Module => *word == candidate.module || has_extension(word, "py"),
        Target::Object(_) | Target::Factory(_) => false,
    };
    let at = words.iter().take(3).position(is_own);
    let handed = without_unset(at.map_or(&[], |at| &words[at + 1..]));
    let needs_shell = handed.iter().any(|word| word.contains(['$', '`', '\n']));
    let is_secret = secret::in_setting(&["command"], &handed.join(" "));
    let is_for_developers = !StartCommand::read(words).development_words().is_empty();
    if needs_shell || is_secret || is_for_developers {
        return Vec::new();
    }
    handed
}

/// Without options whose value is a variable that the image does not have: who runs it may give them.
fn without_unset(words: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        let is_unset = word.starts_with('$')
            && word
                .chars()
                .skip(1)
                .all(|c| c.is_alphanumeric() || "_{}".contains(c));
        let is_value = kept.last().is_some_and(|last| last.starts_with("--"));
        if is_unset && is_value {
            kept.pop();
        } else {
            kept.push(word.clone());
        }
    }
    kept
}

/// Whether `src.main:app` is the `app` of `src/main.py`, whatever its import root.
fn is_file_of(subject: &Subject<'_>, one: &Candidate, said: &str) -> bool {
    let Some((module, attribute)) = said.split_once(':') else {
        return false;
    };
    let (Target::Object(name) | Target::Factory(name)) = &one.target else {
        return false;
    };
    let file = module.replace('.', "/");
    let path = below(subject, &one.path);
    name == attribute && (path == format!("{file}.py") || path == format!("{file}/__init__.py"))
}

fn below<'c>(subject: &Subject<'_>, path: &'c str) -> &'c str {
    path.strip_prefix(subject.folder)
        .unwrap_or(path)
        .trim_start_matches('/')
}
