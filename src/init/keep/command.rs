//! What the existing container starts: command, port, migration, user, stop signal.

use super::{Keeper, list};
use crate::diagnostic::Place;
use crate::existing::{
    Command, Kind, Start, default_of_script, development_words, is_known, start_of_script,
};
use crate::plan::{Listens, SaidCommand, bound};
use crate::profile::{Line, Serves};
use crate::project::source_tree::join;

/// Options that say where to listen: dfgen says it by the port.
const LISTEN: [&str; 7] = ["--host", "--port", "-p", "--bind", "-b", "-h", "--address"];

impl Keeper<'_, '_, '_> {
    pub(super) fn command(&mut self) {
        if let Some(composed) = self.run.and_then(super::Run::for_development) {
            let line = composed.value.line();
            let place = composed.place.clone();
            self.drop(
                &place,
                &line,
                "it is for development: the image's own command is taken",
            );
        }
        self.nobodys();
        let Some(found) = self.run.and_then(super::Run::start) else {
            self.port(None);
            return;
        };
        let place = found.place.clone();
        let start = match &found.value.script {
            Some(script) => self.of_script(script, &found.value, &place),
            None => Some(found.value.clone()),
        };
        let Some(start) = start else {
            self.port(None);
            return;
        };
        self.before(&start.before, &place);
        let words = self.plain(&start.words);
        self.keep_words(&words, &place);
        self.port(port(&words).map(|port| (port, place.clone())));
    }

    /// A command that is no image's: it migrates, or works on a queue where this image serves.
    fn nobodys(&mut self) {
        let Some(run) = self.run.filter(|run| !run.is_own) else {
            return;
        };
        let mut runs = self
            .survey
            .services
            .iter()
            .filter_map(|one| one.run.as_ref());
        let is_taken = runs.any(|other| other.is_own && std::ptr::eq(other.image, run.image));
        if let Some(start) = run.image.start.as_ref().filter(|_| !is_taken) {
            let line = start.value.line();
            let why = "does not look like what this image is for: say `command = [..]` if it is";
            self.leave(&start.place.clone(), &line, why);
        }
    }

    /// What an entrypoint script of the project starts; `None` where it cannot be known.
    fn of_script(&mut self, script: &str, start: &Start, place: &Place) -> Option<Start> {
        let text = super::script(self.survey.inputs.tree, script);
        let Some(text) = text else {
            self.leave(place, script, "the script's text was not found: what it does before the start is not carried over");
            return (!start.words.is_empty()).then(|| start.clone());
        };
        let mut inner = start_of_script(text.text());
        if inner.words.is_empty() {
            inner.words.clone_from(&start.words);
        }
        if inner.words.is_empty() {
            inner.words = default_of_script(&inner);
            inner.before.retain(|command| !is_known(&command.words));
        }
        self.drop(
            place,
            script,
            "its steps are taken one by one: an image starts its program itself",
        );
        (!inner.words.is_empty()).then_some(inner)
    }

    /// Commands before the start: migrations have a service of their own, others are a person's to judge.
    fn before(&mut self, commands: &[Command], place: &Place) {
        for command in commands {
            let line = command.words.join(" ");
            if is_migration(command) {
                self.migration(place, &line);
            } else if !matches!(
                command.program(),
                "set"
                    | "cd"
                    | "echo"
                    | "export"
                    | "exit"
                    | "true"
                    | ":"
                    | "["
                    | "[["
                    | "sleep"
                    | "source"
                    | "."
                    | "function"
                    | "unset"
                    | "shift"
                    | "trap"
                    | "wait"
            ) {
                let why = if is_known(&command.words) {
                    "runs beside the start: a program of its own belongs into an image of its own"
                } else {
                    "runs before the start; dfgen starts the program alone"
                };
                self.leave(place, &line, why);
            }
        }
    }

    fn migration(&mut self, place: &Place, line: &str) {
        let planned = self
            .plan
            .as_ref()
            .is_some_and(|plan| plan.run.migrate.is_some());
        if planned {
            self.drop(
                place,
                line,
                "the compose file has a service that migrates once, before the others start",
            );
        } else if self
            .service
            .candidates
            .iter()
            .any(|one| one.kind == crate::application::Kind::Migration)
        {
            if !self.has("migrate") {
                self.add(&["migrate"], true, place);
            }
        } else {
            self.leave(
                place,
                line,
                "looks like a migration: say `migrate = [..]` if it is one",
            );
        }
    }

    /// The words with known variables put in.
    fn plain(&self, words: &[String]) -> Vec<String> {
        let env = self.run.map(|run| &run.image.env);
        let variables: Vec<(String, String)> = env
            .into_iter()
            .flatten()
            .map(|one| (one.value.name.clone(), one.value.value.clone()))
            .collect();
        words
            .iter()
            .map(|word| crate::existing::expanded(word, &variables))
            .collect()
    }

    fn keep_words(&mut self, words: &[String], place: &Place) {
        let development = development_words(words);
        let words: Vec<String> = words
            .iter()
            .filter(|word| !development.contains(word))
            .cloned()
            .collect();
        let is_server_for_development = development.iter().any(|word| !word.starts_with('-'));
        let line = words.join(" ");
        let planned: Option<Vec<String>> =
            self.plan
                .as_ref()
                .filter(|_| self.knows_command)
                .map(|plan| {
                    plan.run
                        .command
                        .value
                        .iter()
                        .map(|word| word.as_ref().to_owned())
                        .collect()
                });
        if words.is_empty()
            || matches!(
                words[0].as_str(),
                "bash" | "sh" | "/bin/bash" | "/bin/sh" | "python" | "python3"
            ) && words.len() == 1
        {
            return;
        }
        match planned {
            Some(planned) if is_same(&words, &planned) => {}
            _ if is_server_for_development => {
                if !self.knows_command {
                    self.leave(place, &line, "a server for development, and no production server was found: say `command = [..]`");
                }
            }
            _ if words.iter().any(|word| word.contains(['$', '`'])) => {
                self.leave(place, &line, "needs a shell for its variables: say `command = [..]` without one, or set them with `env`");
            }
            _ if words.iter().any(|word| word.parse::<Line>().is_err()) => {
                self.leave(place, &line, "not a command of one line");
            }
            Some(planned) => {
                let because = format!("{}; without this: {}", place.location(), planned.join(" "));
                self.add_command(&words, &because);
            }
            None => self.add_command(&words, &place.location()),
        }
    }

    /// A command as it stands, and what it lacks to be reached: in a container, a server on this machine
    /// alone is reached by nobody.
    fn add_command(&mut self, words: &[String], because: &str) {
        let read = SaidCommand::read(words, self.survey.inputs.catalog);
        let mut words = words.to_vec();
        if !self.binds_in_settings(&read) {
            let port = self.wanted_port().or(self.port_of(&read));
            let variable = |name: &str| self.run.and_then(|run| run.image.variable(name));
            words.extend(read.listen_everywhere(port.unwrap_or(8000), variable));
        }
        self.add_because(&["command"], list(&words), because);
        self.said = Some(words);
    }

    /// Whether gunicorn's settings say where it listens.
    fn binds_in_settings(&self, read: &SaidCommand) -> bool {
        let folder = self.folder();
        let path = read.settings.as_ref().map(|path| join(&folder, path));
        let text = path.and_then(|path| self.survey.inputs.tree.text(&path));
        text.is_some_and(|text| text.text().lines().any(|line| line.starts_with("bind")))
    }

    /// The folder of the project or member that the service runs.
    fn folder(&self) -> String {
        let own = self.service.profile.member.as_ref();
        let mut members = self.survey.inputs.project.members.iter();
        let member = members
            .find(|member| own.is_some_and(|own| member.pyproject.name() == Some(&own.value)));
        member.map_or_else(String::new, |member| member.path.clone())
    }

    /// Where a kept command listens, as far as the plan will see it.
    fn port_of(&self, read: &SaidCommand) -> Option<u16> {
        let variable = |name: &str| self.run.and_then(|run| run.image.variable(name));
        match &read.listens {
            Some(Listens::Port(port, _)) => Some(*port),
            Some(Listens::Socket) => None,
            None => {
                let settings = read.settings.as_ref().and_then(|path| {
                    let path = join(&self.folder(), path);
                    bound(self.survey.inputs.tree.text(&path)?.text())
                });
                let said = read.port_of(variable).map(|(port, _)| port);
                said.or(settings).or(read.server.as_ref()?.port)
            }
        }
    }

    /// The port that the container files name beside the command.
    fn wanted_port(&self) -> Option<u16> {
        self.declared_port().map(|(port, _)| port)
    }

    fn declared_port(&self) -> Option<(u16, Place)> {
        let run = self.run.filter(|run| run.is_own)?;
        let exposed = run.image.ports.first();
        let exposed = exposed.map(|port| (port.value, port.place.clone()));
        let composed = || {
            let service = run.compose?;
            Some((*service.ports.first()?, service.place.clone()))
        };
        let asked = || {
            let check = run.image.health.as_ref()?;
            Some((check.value.port?, check.place.clone()))
        };
        exposed.or_else(composed).or_else(asked)
    }

    /// A port that differs from the one that dfgen takes by itself.
    fn port(&mut self, of_command: Option<(u16, Place)>) {
        if self.service.profile.serves.value == Serves::Queue {
            return;
        }
        let kept = self.said.clone();
        let default = match &kept {
            Some(words) => self.port_of(&SaidCommand::read(words, self.survey.inputs.catalog)),
            None => {
                let plan = self.plan.as_ref().filter(|_| self.knows_command);
                plan.and_then(|plan| plan.run.port.as_ref())
                    .map(|port| port.value)
            }
        };
        // A known server that is told nothing listens on its own port, whatever else is said.
        let of_command = of_command.or_else(|| {
            let words = kept.as_ref()?;
            let read = SaidCommand::read(words, self.survey.inputs.catalog);
            let place = self.run?.start()?.place.clone();
            read.server.as_ref().and(default).map(|port| (port, place))
        });
        let wanted = of_command.or_else(|| self.declared_port());
        if let Some((port, place)) = wanted.filter(|(port, _)| Some(*port) != default) {
            self.add(&["port"], i64::from(port), &place);
        }
        self.knows_port = self.has("port") || default.is_some();
    }

    /// The number of the user, where files on volumes may belong to it, and the stop signal.
    pub(super) fn identity(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        if let Some(user) = &run.image.user {
            let name = user.value.split(':').next().unwrap_or_default();
            let number = name.parse::<u32>().ok().or_else(|| self.created(name));
            let default = self.service.profile.user.value;
            match number {
                Some(number) if number != 0 && number != default => self.add(&["user"], i64::from(number), &user.place),
                None if name != "root" && !name.is_empty() => self.drop(&user.place, &format!("USER {name}"), &format!("dfgen's user is number {default}; say `user = ..` if files on volumes belong to another")),
                _ => {}
            }
        }
        if let Some(signal) = &run.image.stop_signal {
            let planned = self
                .plan
                .as_ref()
                .filter(|_| self.knows_command)
                .map(|plan| plan.run.stop_signal.value.to_string());
            let known = signal.value.parse::<crate::profile::StopSignal>().is_ok();
            if known && planned.as_deref() != Some(signal.value.as_str()) {
                self.add(&["stop-signal"], signal.value.as_str(), &signal.place);
            }
        }
    }

    /// The number that `useradd` gives a user, with the defaults of `ARG` put in.
    fn created(&self, user: &str) -> Option<u32> {
        let image = self.run?.image;
        let arguments =
            image
                .instructions
                .iter()
                .filter_map(|instruction| match &instruction.kind {
                    Kind::Arg(pairs) => Some(pairs),
                    _ => None,
                });
        let known: Vec<(String, String)> = arguments
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
            .collect();
        let adds = image.commands.iter().map(|command| &command.value);
        let mut adds = adds.filter(|command| {
            matches!(command.program(), "useradd" | "adduser") && command.has(user)
        });
        adds.find_map(|command| {
            let mut values = command.values("--uid").chain(command.values("-u"));
            values.find_map(|value| crate::existing::expanded(value, &known).parse().ok())
        })
    }
}

fn is_migration(command: &Command) -> bool {
    match command.program() {
        "alembic" | "aerich" => command.has("upgrade"),
        "flask" => command.has("db") && command.has("upgrade"),
        "uv" | "python" | "python3" | "django-admin" | "manage.py" => {
            command.has("migrate") || command.has("alembic") && command.has("upgrade")
        }
        _ => false,
    }
}

/// The port that a command listens on.
fn port(words: &[String]) -> Option<u16> {
    let pairs = words.iter().zip(
        words
            .iter()
            .skip(1)
            .map(String::as_str)
            .chain(std::iter::once("")),
    );
    let mut values = pairs.filter_map(|(word, next)| {
        let (option, value) = word.split_once('=').unwrap_or((word, next));
        matches!(
            option,
            "--port" | "-p" | "--bind" | "-b" | "--server.port" | "--http"
        )
        .then_some(value)
    });
    values.find_map(|value| {
        value
            .rsplit(':')
            .next()?
            .parse()
            .ok()
            .filter(|port| *port != 0)
    })
}

/// Whether two commands start the same, apart from where they listen.
fn is_same(ours: &[String], theirs: &[String]) -> bool {
    canonical(ours) == canonical(theirs)
}

fn canonical(words: &[String]) -> Vec<String> {
    let mut words: Vec<String> = words.to_vec();
    let module = words
        .first()
        .is_some_and(|first| first.starts_with("python"))
        && words.get(1).is_some_and(|second| second == "-m");
    let servers = [
        "uvicorn",
        "gunicorn",
        "hypercorn",
        "granian",
        "streamlit",
        "celery",
        "waitress",
    ];
    if module
        && words
            .get(2)
            .is_some_and(|name| servers.contains(&name.as_str()))
    {
        words.drain(..2);
    }
    let mut out = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (option, value) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(option, value)| {
                (option, Some(value))
            });
        if LISTEN.contains(&option) {
            if value.is_none() {
                words.next();
            }
        } else {
            out.push(word);
        }
    }
    let end = out.len().min(1);
    out[end..].sort();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn commands_that_only_listen_elsewhere_are_the_same() {
        let same = |ours: &str, theirs: &str| is_same(&words(ours), &words(theirs));
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
    }

    #[test]
    fn ports_of_commands() {
        assert_eq!(port(&words("uvicorn a:app --port=80")), Some(80));
        assert_eq!(port(&words("gunicorn -b 0.0.0.0:5000 a")), Some(5000));
        assert_eq!(port(&words("gunicorn a")), None);
    }
}
