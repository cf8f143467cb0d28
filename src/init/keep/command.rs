//! What the existing container starts: command, port, migration, user, stop signal.

use super::{Keeper, list};
use crate::catalog::{Dockerfiles, Purpose};
use crate::command::{Listens, StartCommand, without_runner};
use crate::diagnostic::Place;
use crate::existing::{Command, Kind, Mounts, PLATFORM_PORT, Through, expanded, of_supervisor};
use crate::plan::{self, Outcome};
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
        let Some(run) = self.run else {
            return self.port(None);
        };
        let Some(found) = run.start() else {
            return self.port(None);
        };
        let place = found.place.clone();
        self.before(&found.value.before, &place);
        for through in &run.through {
            let why = "its steps are taken one by one: an image starts its program itself";
            self.drop(&place, &through.named, why);
            let whole = through.file.place(0..0, "");
            self.before(&through.start.before, &whole);
            self.supervised(through);
        }
        let end = run.end.as_ref().unwrap_or(&found.value);
        if let Some(script) = &end.script {
            let why = "the script's text was not found: what it does before the start is not carried over";
            self.leave(&place, script, why);
        }
        if end.words.is_empty() {
            return self.port(None);
        }
        let words = self.plain(&end.words);
        let words = self.here(words);
        self.keep_words(&words, &place);
        let port = match StartCommand::read(&words).listens {
            Some(Listens::Port(port, _)) => Some((port, place)),
            Some(Listens::Socket) | None => None,
        };
        self.port(port);
    }

    /// The programs of a supervisor that are not the one which is started.
    fn supervised(&mut self, through: &Through) {
        if !through.named.contains("supervisord") {
            return;
        }
        for process in of_supervisor(&through.file) {
            if process.start != through.start {
                let line = format!("{}: {}", process.name, process.start.line());
                let why = "a process of its own: where it belongs to the application, name it in `[profile.NAME.processes]`";
                self.leave(&process.place, &line, why);
            }
        }
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

    /// Commands before the start: migrations have a service of their own, others are a person's to judge.
    fn before(&mut self, commands: &[Command], around: &Place) {
        let own = self.run.map(super::Run::words).unwrap_or_default().to_vec();
        for command in commands.iter().filter(|one| one.words != own) {
            // A line that was unfolded has no places of its own.
            let own_place = around.moved(command.span.clone());
            let is_there = own_place.text().contains(command.words[0].as_str());
            let place = if is_there { &own_place } else { around };
            let line = command.words.join(" ");
            let read = StartCommand::read(&command.words);
            if read.purpose == Some(Purpose::Migrate) {
                self.migration(place, &without_runner(&command.words).0);
            } else if !read.looks && !is_noise(command) && !self.is_step(command) {
                let why = "runs before or beside the start, and dfgen starts the program alone: what goes on belongs into `[profile.NAME.processes]`";
                self.leave(place, &line, why);
            }
        }
    }

    /// Whether a step of the build does it.
    fn is_step(&self, command: &Command) -> bool {
        let words = without_runner(&command.words).0;
        let steps = self.plan.iter().flat_map(|plan| &plan.steps);
        let mut lines = steps.flat_map(|step| &step.value.run);
        plan::verb(&words)
            .is_some_and(|verb| lines.any(|line| line.as_ref().split(' ').any(|word| word == verb)))
    }

    fn migration(&mut self, place: &Place, words: &[String]) {
        let line = words.join(" ");
        let line = line.as_str();
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
        } else if self.can_migrate(words) {
            if !self.has("migrate") {
                self.add(&["migrate"], list(words), place);
            }
        } else {
            self.leave(
                place,
                line,
                "looks like a migration: say `migrate = [..]` if it is one",
            );
        }
    }

    /// Whether a migration is one that the new image can run: its program is locked, and no shell is needed.
    fn can_migrate(&self, words: &[String]) -> bool {
        let read = StartCommand::read(words);
        let lock = &self.survey.inputs.project.lock;
        let program = read.program.map(|program| program.distribution);
        let is_locked = program.is_some_and(|name| !lock.named(name).is_empty());
        is_locked
            && words
                .iter()
                .all(|word| !needs_shell(word) && word.parse::<Line>().is_ok())
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

    /// The words with the paths that files of the project have in the new image: `COPY log.yml /etc/log.yml` is there as
    /// `log.yml`.
    fn here(&self, words: Vec<String>) -> Vec<String> {
        let folder = self.folder();
        let mounts = Mounts {
            tree: &self.survey.inputs.tree,
            folder: &folder,
            image: self.run.map(|run| run.image),
        };
        let copied = || self.run.into_iter().flat_map(|run| &run.image.copied);
        let moved = |word: &str| {
            let file = copied().find(|one| one.value.target == word && word.starts_with('/'));
            if let Some(file) = file {
                return Some(file.value.source.clone());
            }
            let inside = word
                .starts_with('/')
                .then(|| mounts.inside(word))
                .flatten()?;
            let is_there = self
                .survey
                .inputs
                .tree
                .lies_there(&join(&folder, &inside))
                .is_some();
            (is_there && !inside.is_empty()).then_some(inside)
        };
        let words = words.into_iter().map(|word| match word.split_once('=') {
            Some((option, value)) if option.starts_with('-') => {
                moved(value).map_or(word.clone(), |value| format!("{option}={value}"))
            }
            _ => moved(&word).unwrap_or(word),
        });
        words.collect()
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
        let refused = self.refused(&words, planned.as_deref());
        match planned {
            Some(planned)
                if StartCommand::read(&words).starts_same(&StartCommand::read(&planned)) =>
            {
                self.mark(place, Outcome::Kept);
            }
            _ if is_for_development => {
                if self.knows_command {
                    self.mark(place, Outcome::Dropped);
                } else {
                    self.leave(place, &line, "a server for development, and no production server was found: say `command = [..]`");
                }
            }
            _ if refused.is_some() => self.leave(place, &line, &refused.unwrap_or_default()),
            Some(planned) => {
                let because = format!("{}; without this: {}", place.location(), planned.join(" "));
                self.mark(place, Outcome::Kept);
                self.add_command(&words, &because);
            }
            None => {
                self.mark(place, Outcome::Kept);
                self.add_command(&words, &place.location());
            }
        }
    }

    /// Why a command cannot be kept.
    fn refused(&self, words: &[String], planned: Option<&[String]>) -> Option<String> {
        let why = if secret::in_setting(&["command"], &list(words).to_string()) {
            "holds a secret: have the program read it from its environment"
        } else if let Some(planned) = planned.filter(|_| !self.is_there(words)) {
            let planned = planned.join(" ");
            return Some(format!(
                "the new image has no program of that name: `{planned}` is started, say `command = [..]` for another"
            ));
        } else if words.iter().any(|word| needs_shell(word)) {
            "needs a shell for its variables: say `command = [..]` without one, or set them with `env`"
        } else if words.iter().any(|word| word.parse::<Line>().is_err()) {
            "not a command of one line"
        } else {
            return None;
        };
        Some(why.to_owned())
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

/// Whether a command of a script only steers it, or waits for what compose waits for.
fn is_noise(command: &Command) -> bool {
    let (words, _) = without_runner(&command.words);
    let first = words.first().map_or("", String::as_str);
    let program = first.rsplit('/').next().unwrap_or(first);
    Dockerfiles::embedded().ran(program).is_some() || plan::managed(&words).is_some()
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
