//! What the existing container starts: command, port, migration, user, stop signal.

use super::{Keeper, list};
use crate::catalog::Purpose;
use crate::command::{Listens, StartCommand};
use crate::diagnostic::Place;
use crate::existing::{
    Command, Kind, PLATFORM_PORT, Start, default_of_script, expanded, script_of, start_of_script,
};
use crate::profile::{Line, Serves};
use crate::project::source_tree::join;
use crate::secret;

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
        if let Some(command) = &self.service.platform {
            let words = command.value.iter().map(|word| word.as_ref().to_owned());
            self.said = Some(words.collect());
            self.knows_port = true;
            return;
        }
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
        let port = match StartCommand::read(&words).listens {
            Some(Listens::Port(port, _)) => Some((port, place)),
            Some(Listens::Socket) | None => None,
        };
        self.port(port);
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
        let text = script_of(&self.survey.inputs.tree, script);
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
            inner
                .before
                .retain(|command| !StartCommand::read(&command.words).may_last());
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
            let read = StartCommand::read(&command.words);
            if read.purpose == Some(Purpose::Migrate) {
                self.migration(place, &line);
            } else if !read.looks
                && !matches!(
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
                )
            {
                let why = if read.may_last() {
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
    fn plain(&mut self, words: &[String]) -> Vec<String> {
        let env = self.run.map(|run| &run.image.env);
        let env = env.into_iter().flatten();
        let env = env.map(|one| (one.value.name.clone(), one.value.value.clone()));
        let mut variables: Vec<(String, String)> = env.collect();
        let with = |variables: &[(String, String)]| -> Vec<String> {
            let words = words.iter();
            words.map(|word| expanded(word, variables)).collect()
        };
        // A platform says the port in that variable: it stays one.
        let port = |value: &str| (PLATFORM_PORT.to_owned(), value.to_owned());
        if with(&[port("1")]) != with(&[port("2")]) {
            let known = with(&variables);
            let is_open = known.iter().any(|word| word.contains('$'));
            let own = || {
                self.port_of(&StartCommand::read(&known))
                    .filter(|_| !is_open)
            };
            let default = own().or_else(|| self.wanted_port()).unwrap_or(8000);
            self.platform_port = Some(default);
            variables.retain(|(name, _)| name != PLATFORM_PORT);
            variables.push(port("$PORT"));
        }
        with(&variables)
    }

    fn keep_words(&mut self, words: &[String], place: &Place) {
        let read = StartCommand::read(words);
        let is_for_development = read.development_server().is_some();
        let development = read.development_words();
        let words: Vec<String> = words
            .iter()
            .filter(|word| !development.contains(&word.as_str()))
            .cloned()
            .collect();
        let line = words.join(" ");
        let planned = self.plan.as_ref().filter(|_| self.knows_command);
        let planned: Option<Vec<String>> = planned.map(|plan| {
            let command = plan.run.command.value.iter();
            command.map(|word| word.as_ref().to_owned()).collect()
        });
        if starts_a_prompt(&words) {
            return;
        }
        match planned {
            Some(planned)
                if StartCommand::read(&words).starts_same(&StartCommand::read(&planned)) => {}
            _ if is_for_development => {
                if !self.knows_command {
                    self.leave(place, &line, "a server for development, and no production server was found: say `command = [..]`");
                }
            }
            _ if secret::in_setting(&["command"], &list(&words).to_string()) => {
                self.leave(
                    place,
                    &line,
                    "holds a secret: have the program read it from its environment",
                );
            }
            _ if words.iter().any(|word| needs_shell(word)) => {
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
        let read = StartCommand::read(words);
        let mut words = words.to_vec();
        let port = self.wanted_port().or(self.port_of(&read)).unwrap_or(8000);
        words.extend(read.listen_everywhere(
            port,
            |name| self.said_variable(name),
            |path| self.text(path),
        ));
        self.add_because(&["command"], list(&words), because);
        self.said = Some(words);
    }

    fn said_variable(&self, name: &str) -> Option<&str> {
        self.run.and_then(|run| run.image.variable(name))
    }

    /// The text of a file, by the path that a command in the folder of the service has for it.
    fn text(&self, path: &str) -> Option<String> {
        let text = self.survey.inputs.tree.text(&join(&self.folder(), path))?;
        Some(text.text().to_owned())
    }

    /// The folder of the project or member that the service runs.
    pub(super) fn folder(&self) -> String {
        let own = self.service.profile.member.as_ref();
        let mut members = self.survey.inputs.project.members.iter();
        let member = members
            .find(|member| own.is_some_and(|own| member.pyproject.name() == Some(&own.value)));
        member.map_or_else(String::new, |member| member.path.clone())
    }

    /// Where a kept command listens, as far as the plan will see it.
    fn port_of(&self, read: &StartCommand) -> Option<u16> {
        let port = read.port(|name| self.said_variable(name), |path| self.text(path));
        port.map(|(port, _)| port)
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
            Some(words) => self.port_of(&StartCommand::read(words)),
            None => {
                let plan = self.plan.as_ref().filter(|_| self.knows_command);
                plan.and_then(|plan| plan.run.port.as_ref())
                    .map(|port| port.value)
            }
        };
        // A known server that is told nothing listens on its own port, whatever else is said.
        let of_command = of_command.or_else(|| {
            let words = kept.as_ref()?;
            let server = StartCommand::read(words).server();
            let place = self.run?.start()?.place.clone();
            server.and(default).map(|port| (port, place))
        });
        if let Some(number) = self.platform_port {
            let mut table = toml_edit::InlineTable::new();
            table.insert("env", PLATFORM_PORT.into());
            table.insert("default", i64::from(number).into());
            if let Some(place) = self.run.and_then(|run| Some(run.start()?.place.clone())) {
                self.add(&["port"], table, &place);
            }
            self.knows_port = true;
            return;
        }
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
            // A name, or a variable that the build fills in: the user is told that no number was found.
            values.find_map(|value| crate::existing::expanded(value, &known).parse().ok())
        })
    }
}

/// A shell or an interpreter without anything to run: what base images end in.
fn starts_a_prompt(words: &[String]) -> bool {
    let prompts = ["bash", "sh", "/bin/bash", "/bin/sh", "python", "python3"];
    match words {
        [] => true,
        [one] => prompts.contains(&one.as_str()),
        _ => false,
    }
}

/// Whether a shell would have to put something in, beside a platform's port.
fn needs_shell(word: &str) -> bool {
    let port = format!("${PLATFORM_PORT}");
    let without = word.strip_suffix(&port).unwrap_or(word);
    without.contains(['$', '`'])
}
