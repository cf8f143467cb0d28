//! Whether a process is a further service of an image, part of what an image runs anyway, or nobody's.

use super::Runs;
use super::sources::Started;
use crate::application::{Candidate, ManifestFacts, Rank};
use crate::catalog::{Frameworks, Purpose};
use crate::command::{Listens, StartCommand};
use crate::existing::{Process, Start};
use crate::plan::run::entry::way_to;
use crate::plan::run::procfile::{is_idle, is_migration, is_plain, without_wrapper};
use crate::plan::source::own_modules;
use crate::profile::{Line, ProfileName, Serves};
use crate::project::source_tree::{has_extension, join};
use crate::secret;

/// What is made of a process.
pub(super) enum Verdict {
    /// Nothing: it runs anyway, or is no part of the application.
    Nothing,
    /// It is what this image itself runs.
    Command(usize, Vec<Line>),
    /// It is a further service of this image.
    Service(usize, ProfileName, Vec<Line>),
    /// It would be one of this image, but for this.
    Not(usize, Why),
}

/// Why no service is made of a process.
pub(super) struct Why {
    pub(super) note: &'static str,
    /// What makes one, where that is known and more than its line.
    pub(super) way: Option<String>,
}

impl From<&'static str> for Why {
    fn from(note: &'static str) -> Self {
        Self { note, way: None }
    }
}

/// A process that was looked at.
struct Seen {
    name: String,
    file: String,
    read: StartCommand,
    /// The image that runs it itself.
    image: Option<usize>,
}

/// What is made of each.
pub(super) fn all(images: &[Runs<'_>], started: Vec<Started>) -> Vec<(Process, Verdict)> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut all = Vec::new();
    for one in started {
        let mut process = one.process.clone();
        let tree = &images[0].subject.inputs.tree;
        process.start.words = without_wrapper(tree, images[0].subject.folder, &process.start.words);
        for word in &mut process.start.words {
            let own = own_path(&images[0], word);
            *word = own.unwrap_or_else(|| std::mem::take(word));
        }
        let read = StartCommand::read(&process.start.words);
        let file = process.place.path();
        // What answers requests, or what a script decides, is the application itself where its words do not tell.
        let is_open = read.server().is_none();
        let is_main = is_open && (one.has_port || one.by_script || read.listens.is_some());
        if is_main
            || is_nobodys(&process, &read)
            || seen
                .iter()
                .any(|one| one.is_same(&process.name, &file, &read))
        {
            continue;
        }
        let image = images
            .iter()
            .find(|image| image.is_started(&read, &process.start.words));
        let image = image.map(|image| image.at);
        let earlier = seen.iter().find(|one| {
            let is_work = read.purpose == Some(Purpose::Work);
            is_work && one.file == file && image.is_some() && one.image == image
        });
        let verdict = match (image, earlier.map(|one| &one.read)) {
            // A second worker of the same application, for other queues: then what the first one says counts.
            (Some(_), Some(other)) if !other.starts_same(&read) => service(images, &process, &read),
            (Some(at), None) if read.purpose == Some(Purpose::Work) => {
                command(images, at, &process)
            }
            (Some(_), _) => Verdict::Nothing,
            (None, _) => service(images, &process, &read),
        };
        seen.push(Seen {
            name: process.name.clone(),
            file,
            read,
            image,
        });
        all.push((process, verdict));
    }
    only_where_several(all)
}

/// The words of a worker's line are its image's command only where the files start several of them.
fn only_where_several(all: Vec<(Process, Verdict)>) -> Vec<(Process, Verdict)> {
    let services = all.iter().filter_map(|(process, verdict)| match verdict {
        Verdict::Service(at, ..) => Some((*at, process.place.path(), purpose(process))),
        _ => None,
    });
    let services: Vec<_> = services.collect();
    let has_other = |at: usize, path: &str| {
        let mut others = services.iter();
        others.any(|(other, file, purpose)| {
            *other == at && file == path && *purpose == Some(Purpose::Work)
        })
    };
    let judged = all.into_iter().map(|(process, verdict)| match verdict {
        Verdict::Command(at, _) if !has_other(at, &process.place.path()) => {
            (process, Verdict::Nothing)
        }
        verdict => (process, verdict),
    });
    judged.collect()
}

fn purpose(process: &Process) -> Option<Purpose> {
    StartCommand::read(&process.start.words).purpose
}

impl Seen {
    /// Whether another file starts the same: under this name, with these words, or with the same program for the same
    /// purpose.
    fn is_same(&self, name: &str, file: &str, read: &StartCommand) -> bool {
        let distribution = |one: &StartCommand| one.program.map(|program| program.distribution);
        let is_alike = read.program.is_some()
            && distribution(&self.read) == distribution(read)
            && self.read.purpose == read.purpose
            && self.read.application == read.application
            && read.purpose.is_some();
        let is_elsewhere = self.file != file;
        self.read.starts_same(read) || is_elsewhere && (self.name == name || is_alike)
    }
}

/// What developers run, what only runs through, and what is no part of the application.
fn is_nobodys(process: &Process, read: &StartCommand) -> bool {
    let words = &process.start.words;
    let frameworks = Frameworks::embedded();
    let is_one_of = |list: &str, word: &str| frameworks.usual(list).iter().any(|one| one == word);
    let mut parts = words
        .iter()
        .chain([&process.name])
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
    let is_known = read.server().is_some();
    read.purpose == Some(Purpose::Migrate)
        || read.development_server().is_some()
        || !read.development_words().is_empty()
        || is_one_of("front-end-programs", read.word())
        || process.name == "release"
        || !is_known && parts.any(|part| is_one_of("passing-words", &part.to_lowercase()))
}

/// As a further service of the image that it belongs to.
fn service(images: &[Runs<'_>], process: &Process, read: &StartCommand) -> Verdict {
    let Some(image) = owner(images, read) else {
        return Verdict::Nothing;
    };
    let at = image.at;
    match read.purpose {
        Some(Purpose::Schedule) if images.iter().any(|one| one.beats) => return Verdict::Nothing,
        Some(Purpose::Serve) => return other_server(image, process, read),
        _ => {}
    }
    let start = &process.start;
    if start.script.is_some() && start.words.is_empty() {
        return Verdict::Not(
            at,
            "a script starts it whose end dfgen does not know".into(),
        );
    }
    match has_program(image, read, start) {
        Program::There => {}
        Program::Foreign if is_clock(start) => {
            let note = "a clock of the system starts its lines, and the image has none";
            let name = &image.subject.profile.name;
            let way = format!(
                "start them by the host's: `docker compose --file docker/compose.yaml run --rm {name} COMMAND`"
            );
            let way = Some(way);
            return Verdict::Not(at, Why { note, way });
        }
        Program::Foreign => return Verdict::Nothing,
        Program::Missing(why) => return Verdict::Not(at, why),
    }
    if !start
        .before
        .iter()
        .all(|one| is_migration(one) || is_idle(one))
    {
        return Verdict::Not(
            at,
            "other commands run before it, and a service has one".into(),
        );
    }
    let Some(words) = plain_words(&start.words) else {
        return Verdict::Not(at, "its words need a shell, or hold a secret".into());
    };
    match service_name(&process.name) {
        Some(name) => Verdict::Service(at, name, words),
        None => Verdict::Not(at, "its name is no name of a service".into()),
    }
}

/// Whether a process starts others by the clock.
fn is_clock(start: &Start) -> bool {
    let first = start.words.first().map_or("", String::as_str);
    let name = first.rsplit('/').next().unwrap_or(first);
    let clocks = Frameworks::embedded().usual("clock-programs");
    clocks.iter().any(|one| one == name)
}

/// A second application that answers requests needs a port, and so an image of its own.
fn other_server(image: &Runs<'_>, process: &Process, read: &StartCommand) -> Verdict {
    let is_sure = |one: &&Candidate| {
        one.kind.serves() && one.confidence.rank() > Rank::Aside && !one.is_factory()
    };
    let other = image.application.started_by(read).filter(is_sure);
    let other = other.filter(|_| image.serves() == Serves::Http && image.candidate.is_some());
    let Some(other) = other else {
        return Verdict::Nothing;
    };
    let own = &image.subject.profile.name;
    let name = service_name(&process.name).filter(|name| name != own && name.as_ref() != "web");
    let name = name.or_else(|| format!("{own}-2").parse().ok());
    let Some(name) = name else {
        return Verdict::Nothing;
    };
    let entry = other.import_string();
    let port = match read.listens {
        Some(Listens::Port(port, _)) => format!("\nport = {port}"),
        _ => String::new(),
    };
    let way = format!(
        "for an image of its own, in dfgen.toml:\nprofiles = [\"{own}\", \"{name}\"]\n[profile.{name}]\nextends = \"{own}\"\nentry = \"{entry}\"{port}"
    );
    let why = Why {
        note: "it serves an application of its own, on a port of its own",
        way: Some(way),
    };
    Verdict::Not(image.at, why)
}

/// The words of a worker as its image's command.
fn command(images: &[Runs<'_>], at: usize, process: &Process) -> Verdict {
    let image = images.iter().find(|image| image.at == at);
    let is_open = image.is_some_and(|image| image.command.is_none());
    match plain_words(&process.start.words).filter(|_| is_open) {
        Some(words) => Verdict::Command(at, words),
        None => Verdict::Nothing,
    }
}

/// The image whose process it is: jobs are the worker's, all else that of what answers requests.
fn owner<'i, 'p>(images: &'i [Runs<'p>], read: &StartCommand) -> Option<&'i Runs<'p>> {
    let is_job = matches!(read.purpose, Some(Purpose::Work | Purpose::Schedule));
    let wanted = if is_job { Serves::Queue } else { Serves::Http };
    let mut fitting = images.iter();
    fitting
        .find(|image| image.serves() == wanted)
        .or(images.first())
}

/// Whether an image has what a process starts.
enum Program {
    There,
    /// It is no program of Python's: a proxy, a database.
    Foreign,
    Missing(Why),
}

fn has_program(image: &Runs<'_>, read: &StartCommand, start: &Start) -> Program {
    let subject = &image.subject;
    let words = &start.words;
    let Some(first) = words.first() else {
        return Program::Foreign;
    };
    let has = |name: &str| image.application.has(name);
    if matches!(first.as_str(), "python" | "python3") {
        return run_by_python(image, read, words);
    }
    if let Some(program) = read.program {
        return if has(program.distribution.as_ref()) || has_file(image, first) {
            Program::There
        } else {
            Program::Missing(Why {
                note: "its program is not in the image",
                way: way_to(subject, program.distribution)
                    .or_else(|| Some(format!("add it: `uv add {}`", program.distribution))),
            })
        };
    }
    let facts = ManifestFacts::parse(subject.manifest.file.clone());
    // `uv run jobs-worker`: the environment has it, and `jobs` is a package of it.
    let mut dashes = first.match_indices('-');
    // A package of the project's has the commands that its manifest names, and none by its own name.
    let own = subject.manifest.name().map(AsRef::<str>::as_ref);
    let is_own = own == Some(first.as_str());
    let mut is_of_package = || start.runner.is_some() && dashes.any(|(at, _)| has(&first[..at]));
    if facts.scripts.contains_key(first.as_str()) || !is_own && has(first) || is_of_package() {
        Program::There
    } else if has_file(image, first) {
        Program::Missing("it is a script of the project's".into())
    } else {
        Program::Foreign
    }
}

/// A file, a module or code that Python runs.
fn run_by_python(image: &Runs<'_>, read: &StartCommand, words: &[String]) -> Program {
    let mut operands = words.iter().skip(1);
    let operand = operands.find(|word| !word.starts_with('-') || *word == "-m");
    let module = read.module.as_deref().unwrap_or_default();
    let top = module.split('.').next().unwrap_or(module);
    match operand {
        Some(file) if has_extension(file, "py") && !has_file(image, file) => {
            Program::Missing("the source has no such file".into())
        }
        Some(flag) if flag == "-m" => {
            let is_there = own_modules::is_there(&image.subject, module);
            if is_there || image.application.has(top) || read.program.is_some() {
                Program::There
            } else {
                Program::Missing("the source has no such module".into())
            }
        }
        Some(_) => Program::There,
        None => Program::Foreign,
    }
}

fn has_file(image: &Runs<'_>, path: &str) -> bool {
    let path = path.trim_start_matches("/app/").trim_start_matches("./");
    let subject = &image.subject;
    subject.inputs.tree.has_file(&join(subject.folder, path))
}

/// Where a file of the source lies that its own image has elsewhere: `/srv/shop/jobs/run.py` is `jobs/run.py`.
fn own_path(image: &Runs<'_>, path: &str) -> Option<String> {
    let is_file = path.starts_with('/') && has_extension(path, "py");
    let mut ends = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
    let found = ends.find(|end| is_file && has_file(image, end))?;
    (!path.starts_with("/app/")).then(|| found.to_owned())
}

/// The words of a command that no shell has to read, and in which no secret stands.
pub(super) fn plain_words(words: &[String]) -> Option<Vec<Line>> {
    let is_secret = secret::in_setting(&["command"], &words.join(" "));
    let lines = words.iter().map(|word| word.parse().ok());
    let lines: Option<Vec<Line>> = lines.collect();
    lines.filter(|_| is_plain(words) && !is_secret)
}

/// The words of a process as a person types them: a shell gets those that it has to read. None where a secret stands in
/// them, or nothing is known.
pub(super) fn typed_words(process: &Process) -> Option<Vec<String>> {
    let words = &process.start.words;
    let line = words.join(" ");
    let is_open = !words.is_empty() && !secret::in_setting(&["command"], &line);
    is_open.then(|| {
        if is_plain(words) {
            words.clone()
        } else {
            vec!["sh".to_owned(), "-c".to_owned(), format!("exec {line}")]
        }
    })
}

/// A name as the compose file has it.
pub(super) fn service_name(name: &str) -> Option<ProfileName> {
    let plain = name.to_lowercase().replace(['_', '.', ' '], "-");
    plain.trim_matches('-').parse().ok()
}
