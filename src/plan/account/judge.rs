//! What becomes of a piece of container files, as far as a plan tells.

use super::outcome::Outcome;
use crate::catalog::{Dockerfiles, Judged, Purpose};
use crate::command::{StartCommand, without_runner};
use crate::existing::{
    Command, ComposeService, Dockerfile, Image, Item, ItemKind, Joint, Kind, Said,
    is_for_developers,
};
use crate::plan::ImagePlan;
use crate::project::source_tree::{SourceTree, has_extension};

/// What pieces are held against.
pub(crate) struct Judge<'a> {
    /// The images of the plan; none where it cannot be made yet.
    pub(crate) plans: Option<Vec<&'a ImagePlan>>,
    /// What the images start today.
    pub(crate) starts: Vec<Vec<String>>,
    pub(crate) tree: &'a SourceTree,
    pub(crate) images: &'a [&'a Image],
}

pub(crate) type Verdict = (Outcome, String);

fn kept(why: &str) -> Verdict {
    (Outcome::Kept, why.to_owned())
}

fn dropped(why: &str) -> Verdict {
    (Outcome::Dropped, why.to_owned())
}

fn left(why: &str) -> Verdict {
    (Outcome::Left, why.to_owned())
}

/// What a step of the build has to be said with.
const STEP: &str = "runs while the image is built: where the application needs what it makes, say it with `build-steps`";

/// Files that a build reads, whatever the application does.
const OF_BUILD: [&str; 3] = ["pyproject", "uv.lock", "requirements"];

impl Judge<'_> {
    pub(crate) fn judge(&self, item: &Item<'_>) -> Verdict {
        match &item.kind {
            ItemKind::From(name) => self.from(name, item.is_of_build),
            ItemKind::Stage => left(
                "an image of its own: where it runs beside this one, name its command in `[profile.NAME.processes]`",
            ),
            ItemKind::Instruction(kind) => self.instruction(item, kind),
            ItemKind::Variable(name, value) => self.variable(name, value, item.is_of_build),
            ItemKind::Mount(mount) => self.mount(mount),
            ItemKind::Command(..) if !item.is_of_build && item.place.writes_a_file() => left(
                "writes a file: where the application reads it, say it with `build-steps` or `instructions`",
            ),
            ItemKind::Command(command, next) => self.command(command, *next, item.is_of_build),
            ItemKind::Key(service, said) => self.key(service, said),
            ItemKind::Line(command) => self.line(command),
        }
    }

    fn plans(&self) -> impl Iterator<Item = &ImagePlan> {
        self.plans.iter().flatten().copied()
    }

    fn from(&self, name: &str, is_of_build: bool) -> Verdict {
        let is_stage = self
            .images
            .iter()
            .any(|image| stage_base(image, name).is_some());
        if is_stage {
            return kept("dfgen has stages of its own");
        }
        if is_of_build && is_of_front_ends(name) && !self.builds_front_end() {
            return left(&format!(
                "builds a front end, or brings its tools: say what the image needs of it with `build-steps`, `image = \"{name}\"`"
            ));
        }
        let known = [
            "python", "uv", "debian", "ubuntu", "alpine", "cuda", "node", "rust",
        ];
        if known.iter().any(|known| name.contains(known)) || !is_of_build {
            return kept("dfgen has a base and build stages of its own");
        }
        left(
            "files come from this image: where the application needs them, say it with `instructions`",
        )
    }

    pub(super) fn builds_front_end(&self) -> bool {
        let mut steps = self.plans().flat_map(|plan| &plan.steps);
        steps.any(|step| {
            let text = format!("{:?}", step.value);
            ["node:", "oven/bun", "denoland"]
                .iter()
                .any(|name| text.contains(name))
        })
    }

    fn instruction(&self, item: &Item<'_>, kind: &Kind) -> Verdict {
        match kind {
            Kind::Copy { from, sources, .. } => match from {
                Some(from) => self.copied_from(from, sources),
                None => self.copied(sources, item.is_of_build),
            },
            Kind::Run(..) | Kind::Env(_) => dropped("it does nothing"),
            Kind::Arg(_) => dropped("an argument of the old build: dfgen's has none"),
            Kind::Expose(ports) => {
                let planned = self.plans().filter_map(|plan| plan.run.port.as_ref());
                let mut planned = planned.map(|port| port.value.to_string());
                let is_same = planned.any(|port| ports.iter().any(|said| said.starts_with(&port)));
                if is_same || self.plans.is_none() {
                    kept("the port is the same")
                } else {
                    dropped("the new image publishes the port that its program listens on")
                }
            }
            Kind::Healthcheck(Some(_)) => kept("dfgen asks the same"),
            Kind::Healthcheck(None) => {
                dropped("dfgen asks whether the program answers; `health = false` asks nothing")
            }
            Kind::Cmd(_) | Kind::Entrypoint(_) if item.is_of_build => {
                dropped("of a stage that only builds")
            }
            Kind::Cmd(_) | Kind::Entrypoint(_) => kept("the new image starts the same"),
            Kind::User(_) => kept("the image runs as a user with a number and no rights"),
            Kind::Workdir(_) => kept("the application lies in /app, and is started there"),
            Kind::Volume(_) => left("what is written there is lost: name the folder in `volumes`"),
            Kind::StopSignal(_) => kept("the server is stopped in the way that it wants"),
            Kind::OnBuild(_) => {
                left("holds for images that begin from this one: say it with `instructions`")
            }
            Kind::Other if item.what.to_uppercase().starts_with("LABEL") => {
                left("keep it with `instructions.runtime = [\"LABEL ..\"]`")
            }
            Kind::Other => dropped("it says nothing about what runs"),
        }
    }

    fn copied_from(&self, from: &str, sources: &[String]) -> Verdict {
        let mut bases = self
            .images
            .iter()
            .filter_map(|image| stage_base(image, from));
        let Some(base) = bases.next_back() else {
            return if from.contains("uv") {
                kept("uv is mounted for the build")
            } else {
                left(
                    "a file of another image: say it with `instructions.runtime = [\"COPY --from=..\"]`",
                )
            };
        };
        let is_of_front_end =
            is_of_front_ends(&base) || sources.iter().any(|source| of_front_end(source));
        match (is_of_front_end, self.builds_front_end()) {
            (true, true) => kept("a step of the build makes it"),
            (true, false) => {
                left("made by a front end's build: say it with `build-steps`, and this with `keep`")
            }
            (false, _) => kept("what the build makes of the lock and the source is in the image"),
        }
    }

    fn copied(&self, sources: &[String], is_of_build: bool) -> Verdict {
        if is_of_build {
            return kept("what the build needs is there");
        }
        if !sources.is_empty() && sources.iter().all(|source| is_for_developers(source)) {
            return dropped("tests and developers' files stay out");
        }
        let starts_else = sources.iter().any(|source| {
            let path = source.trim_start_matches("./");
            let file = self.tree.lying_text(path);
            file.is_some_and(|file| file.text().starts_with("#!"))
        });
        if starts_else {
            return left(
                "a script that the start does not lead to: where a service runs it, name its command in `[profile.NAME.processes]`",
            );
        }
        let is_there = |source: &String| {
            let path = source.trim_start_matches("./").trim_matches('/');
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_code = || {
                let mut below = self.tree.below(path);
                has_extension(path, "py") || below.any(|file| has_extension(file, "py"))
            };
            let is_planned = || {
                let mut files = self.plans().flat_map(|plan| &plan.app.files);
                files.any(|file| {
                    let own: &str = file.path.as_ref();
                    own == "." || path == own || path.starts_with(&format!("{own}/"))
                })
            };
            matches!(path, "" | ".")
                || OF_BUILD.iter().any(|start| name.starts_with(start))
                || Dockerfiles::embedded().no_data().contains(name)
                || Dockerfiles::embedded().no_data_prefixes().begin(name)
                || self.plans.is_none()
                || is_planned()
                || is_code()
        };
        if sources.iter().all(is_there) {
            kept("the application's own files come along; what else it reads goes to `copy`")
        } else {
            left("not in the new image: where the application reads it, name it in `copy`")
        }
    }

    fn variable(&self, name: &str, value: &str, is_of_build: bool) -> Verdict {
        let mut planned = self.plans().flat_map(|plan| plan.env.keys());
        if is_of_build {
            dropped("it holds for the build alone")
        } else if planned.any(|known| known.as_ref() == name) {
            kept("the new image has it")
        } else if name == "PORT" {
            kept("the port is known")
        } else if value.is_empty() {
            dropped("it is empty")
        } else {
            left("not in the new image: where the application reads it, name it in `env`")
        }
    }

    fn mount(&self, mount: &str) -> Verdict {
        let has = |kind: &str| mount.split(',').any(|part| part == format!("type={kind}"));
        let planned = |kind: &str| {
            let mut plans = self.plans();
            plans.any(|plan| match kind {
                "ssh" => plan.build.ssh,
                _ => plan.build.netrc || !plan.secrets().is_empty(),
            })
        };
        if has("secret") || has("ssh") {
            let kind = if has("ssh") { "ssh" } else { "secret" };
            return if planned(kind) {
                kept("dfgen's build mounts what its packages need")
            } else {
                left(
                    "the build is given it: for an index, uv's own variables; for a step, `from-environment`",
                )
            };
        }
        kept("dfgen mounts its caches and the context itself")
    }

    fn command(&self, command: &Command, next: Option<&Command>, is_of_build: bool) -> Verdict {
        let program = command.program();
        let known = Dockerfiles::embedded();
        let line = command.words.join(" ");
        if matches!(program, "apt-get" | "apt" | "apk" | "aptitude")
            && (command.has("install") || command.has("add"))
        {
            return kept("what of it the application needs is in the image");
        }
        if program == "xargs" && command.has("install") {
            return left(
                "installs packages whose names it reads elsewhere: name them in `apt.runtime`",
            );
        }
        if line.contains("astral.sh/uv")
            || next.is_some_and(|next| next.after == Joint::Pipe && line.contains("/uv/install"))
        {
            return kept("uv is mounted for the build");
        }
        let (words, _) = without_runner(&command.words);
        if let Some(verdict) = self.python(&words) {
            return verdict;
        }
        // What runs in the environment of `uv run` is no work of uv's.
        let first = words.first().map_or(program, String::as_str);
        let program = first.rsplit('/').next().unwrap_or(first);
        match program {
            "mkdir" | "touch" | "install" if is_of_build => dropped("of a stage that only builds"),
            "mkdir" | "touch" | "install" => self.made(command),
            _ => match known.ran(program) {
                Some(row) if row.why.contains("front end") && self.builds_front_end() => {
                    kept("a step of the build does it")
                }
                Some(row) => (row.outcome.into(), row.why.clone()),
                None => left(STEP),
            },
        }
    }

    /// What Python runs while the image is built: a step of the new build, or a person's to say.
    fn python(&self, words: &[String]) -> Option<Verdict> {
        let first = words.first()?.rsplit('/').next()?;
        let module = match words {
            [_, option, module, ..] if option == "-m" => Some(module.as_str()),
            _ => None,
        };
        if let Some(row) = module.and_then(|module| Dockerfiles::embedded().ran(module)) {
            return Some((row.outcome.into(), row.why.clone()));
        }
        let verb = verb(words);
        let mut steps = self.plans().flat_map(|plan| &plan.steps);
        let is_python =
            first.starts_with("python") || has_extension(first, "py") || first == "django-admin";
        let is_step = verb.is_some_and(|verb| {
            steps.any(|step| {
                let text = format!("{:?}", step.value);
                text.contains(verb.as_str()) && (is_python || text.contains(first))
            })
        });
        if is_step {
            Some(kept("a step of the build does it"))
        } else {
            is_python.then(|| left(STEP))
        }
    }

    /// Folders that a build makes: those that are kept outside, and others.
    fn made(&self, command: &Command) -> Verdict {
        let volumes: Vec<String> = self
            .plans()
            .flat_map(|plan| plan.run.kept_folders())
            .map(|folder| {
                let folder: &str = folder.as_ref();
                folder.to_owned()
            })
            .collect();
        let mut paths = command
            .words
            .iter()
            .skip(1)
            .filter(|word| !word.starts_with('-') && word.contains('/'));
        let is_kept = |path: &String| {
            let is_within = |folder: &String| {
                let rest = path.strip_prefix(folder.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            path.starts_with("/tmp")
                || path.starts_with("/root")
                || path.starts_with("/etc")
                || volumes.iter().any(is_within)
        };
        if paths.all(is_kept) {
            kept("the folder is there")
        } else {
            left(
                "makes a folder or a file: where the application writes there, name it in `volumes`",
            )
        }
    }

    fn key(&self, service: &ComposeService, said: &Said) -> Verdict {
        let key = said.key.as_str();
        if matches!(key, "command" | "entrypoint") && self.runs(service) {
            return kept("a service of the new compose file does it");
        }
        let is_handed = |file: &String| {
            let mut plans = self.plans();
            plans.any(|plan| {
                plan.run
                    .env_files
                    .iter()
                    .any(|known| known.as_ref() == file)
            })
        };
        if key == "env_file" && service.env_files.iter().all(is_handed) {
            return kept("dfgen's compose file hands them over");
        }
        match Dockerfiles::embedded().composed(key) {
            Some(row) => (row.outcome.into(), row.why.clone()),
            None => left(
                "dfgen's compose file says no such thing: keep these lines in a compose file of your own, `docker compose -f docker/compose.yaml -f YOURS up`",
            ),
        }
    }

    /// Whether a service of the plan does what one of the old compose file does.
    fn runs(&self, service: &ComposeService) -> bool {
        let Some(start) = &service.start else {
            return true;
        };
        let read = StartCommand::read(&start.value.words);
        let is_migrated = || self.plans().any(|plan| plan.run.migrate.is_some());
        let mut processes = self.plans().flat_map(|plan| &plan.run.processes);
        let is_process = processes.any(|process| {
            let name = service.name.to_lowercase().replace('_', "-");
            process.name.ends_with(&name)
                || StartCommand::read(&process.command.value).starts_same(&read)
        });
        let is_command = self.plans().any(|plan| {
            StartCommand::read(&plan.run.command.value).starts_same(&read)
                || plan.run.beat.is_some() && read.purpose == Some(Purpose::Schedule)
        });
        is_process || is_command || read.purpose == Some(Purpose::Migrate) && is_migrated()
    }

    fn line(&self, command: &Command) -> Verdict {
        let (words, _) = without_runner(&command.words);
        let is_start = self.starts.contains(&words) || self.starts.contains(&command.words);
        let is_given = words
            .first()
            .is_some_and(|first| first.starts_with("$@") || first.starts_with("$*"));
        let read = StartCommand::read(&words);
        if is_start || is_given || read.may_last() && !has_other_verb(&read, &words) {
            return kept("an image starts its program itself");
        }
        if read.purpose == Some(Purpose::Migrate) || read.looks {
            let is_migrated = self.plans().any(|plan| plan.run.migrate.is_some());
            return if is_migrated || read.looks {
                kept("the compose file has a service that migrates once, before the others start")
            } else {
                left("looks like a migration: say `migrate = [..]` if it is one")
            };
        }
        let noise = "the script's shell around it: an image starts its program itself";
        if matches!(command.program(), "mkdir" | "touch") {
            return self.made(command);
        }
        let first = words.first().map_or("", String::as_str);
        let known = Dockerfiles::embedded();
        if let Some((Outcome::Kept, why)) = self.python(&words) {
            return kept(&why);
        }
        let row = known.ran(first.rsplit('/').next().unwrap_or(first));
        match managed(&words).or(row) {
            Some(row) if row.why.contains("shell") => dropped(noise),
            Some(row) => (row.outcome.into(), row.why.clone()),
            // Names of functions, of branches, and values.
            None if words.len() < 2 => dropped(noise),
            None if matches!(
                command.program(),
                "case" | "for" | "function" | "in" | "select"
            ) =>
            {
                dropped(noise)
            }
            None => left(
                "runs before or beside the start, and dfgen starts the program alone: what goes on belongs into `[profile.NAME.processes]`",
            ),
        }
    }
}

/// What a program of Python's is told to do: `collectstatic` of `python manage.py collectstatic --noinput`.
pub(crate) fn verb(words: &[String]) -> Option<&String> {
    let module = usize::from(words.get(1).is_some_and(|word| word == "-m"));
    let mut words = words.iter().skip(1 + 2 * module);
    words.find(|word| !word.starts_with('-') && !has_extension(word, "py"))
}

/// What becomes of what Django is told to do.
pub(crate) fn managed(words: &[String]) -> Option<&'static Judged> {
    let is_manage = |word: &String| has_extension(word, "py") || word == "manage";
    let is_django = words.iter().take(3).any(is_manage);
    let verb = verb(words).filter(|_| is_django)?;
    Dockerfiles::embedded().managed(verb)
}

/// Whether a program that goes on with some of its verbs is given one that nobody knows: `manage.py loaddata`.
fn has_other_verb(read: &StartCommand, words: &[String]) -> bool {
    let has_verbs = read
        .program
        .is_some_and(|program| !program.cli.verbs.is_empty());
    let is_verb =
        |word: &String| !word.starts_with('-') && !word.contains(':') && !has_extension(word, "py");
    read.purpose.is_none() && has_verbs && words.iter().skip(1).any(is_verb)
}

/// The image that a stage of a Dockerfile begins from in the end.
pub(super) fn stage_base(image: &Image, stage: &str) -> Option<String> {
    let dockerfile = Dockerfile::parse(image.file.clone()).ok()?;
    let mut number = dockerfile.stage(stage)?;
    loop {
        let from = &dockerfile.stages[number].from.value;
        match dockerfile.stage(from).filter(|parent| *parent < number) {
            Some(parent) => number = parent,
            None => return Some(from.clone()),
        }
    }
}

/// Whether a path looks like what the build of a front end makes.
fn of_front_end(source: &str) -> bool {
    let endings = ["css", "js", "map", "mjs"];
    let parts = [
        "node_modules",
        "/dist",
        "/static",
        "/frontend",
        "/assets",
        "/public",
    ];
    let is_file = endings.iter().any(|ending| has_extension(source, ending));
    is_file || parts.iter().any(|part| source.contains(part))
}

pub(super) fn is_of_front_ends(image: &str) -> bool {
    let path = image.split('@').next().unwrap_or(image);
    let last = path.rsplit('/').next().unwrap_or(path);
    let repository = last.split(':').next().unwrap_or(last);
    ["node", "bun", "deno", "nodejs"].contains(&repository)
}
