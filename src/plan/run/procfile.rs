//! What a Procfile, or a file of another platform, says that an image runs: its own command, where neither the profile nor an entry of it says one.
//!
//! A line stands above what the source shows, as it is what the project is run with today. One that only a shell can
//! run, or that serves a developer, says nothing: then the source decides.

use crate::application::ManifestFacts;
use crate::catalog::Purpose;
use crate::command::{Listens, StartCommand, without_runner};
use crate::existing::{Command, Process, expanded, of_platforms};
use crate::plan::base::python;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::run::containers::containers;
use crate::plan::run::entry::Application;
use crate::plan::{Decision, member};
use crate::profile::{Line, Origin, Profile, Serves, Setting};
use crate::project::SourceTree;
use crate::project::source_tree::join;
use crate::secret;

/// The variable by which a platform says where to listen.
const PORT: &str = "PORT";

/// Where a program listens that has no usual port.
const ANY_PORT: u16 = 8000;

/// The profile with the command that the Procfile of its folder has for it. `takes_web` is whether this image is the
/// one that answers requests.
pub(crate) fn told(inputs: &Inputs, mut profile: Profile, takes_web: bool) -> Profile {
    let is_said = profile.command.is_some() || profile.entry.is_some();
    if is_said || profile.development.value {
        return profile;
    }
    let Ok(subject) = member::subject(inputs, &profile) else {
        return profile;
    };
    let process = process(&subject, takes_web).or_else(|| container(&subject));
    let command = process.and_then(|process| command(&subject, &process));
    profile.command = command;
    profile
}

/// Whether a line starts something that takes jobs from a queue.
pub(crate) fn works(inputs: &Inputs, profile: &Profile) -> bool {
    let subject = member::subject(inputs, profile);
    subject.is_ok_and(|subject| all(&subject).iter().any(is_work))
}

/// The command that brings the database up to date before a release.
pub(crate) fn release(subject: &Subject<'_>) -> Option<Decision<Vec<Line>>> {
    let all = all(subject);
    // What is run before a release, or before the start itself.
    let first = all.iter().find(|one| one.name == "release");
    let alone = first.filter(|one| one.start.before.iter().all(is_idle));
    let released = alone.map(|one| (&one.start.words, &one.place));
    let before = all.iter().flat_map(|one| {
        let commands = one.start.before.iter();
        commands.map(|command| (&command.words, &one.place))
    });
    let is_migration =
        |words: &[String]| StartCommand::read(words).purpose == Some(Purpose::Migrate);
    let mut steps = released.into_iter().chain(before);
    let migration = steps.find(|(words, _)| is_migration(words) && is_plain(words));
    let is_own = |words: &[String]| is_own_command(subject, words) && is_plain(words);
    let (words, place) = migration.or_else(|| released.filter(|(words, _)| is_own(words)))?;
    let lines = without_runner(words).0.into_iter();
    let lines = lines.map(|word| word.parse().ok());
    Some(Decision::new(
        lines.collect::<Option<Vec<Line>>>()?,
        place.location(),
    ))
}

/// What is run before a release, as its file has it.
pub(crate) fn released(subject: &Subject<'_>) -> Option<Process> {
    let mut all = all(subject).into_iter();
    all.find(|one| one.name == "release")
}

/// Whether a command of the package is run.
fn is_own_command(subject: &Subject<'_>, words: &[String]) -> bool {
    let facts = ManifestFacts::parse(subject.manifest.file.clone());
    let words = without_runner(words).0;
    let mut first = words.first().into_iter();
    first.any(|first| facts.scripts.contains_key(first.as_str()))
}

/// What the one fitting container starts, where the source does not tell what to run.
fn container(subject: &Subject<'_>) -> Option<Process> {
    let serves = subject.profile.serves.value;
    let mut fitting = containers(subject);
    fitting.retain(|one| one.fits(serves));
    fitting.dedup_by(|one, other| one.process.start == other.process.start);
    let [only] = fitting.as_slice() else {
        return None;
    };
    let interpreter = python::interpreter(subject).ok()?;
    let target = interpreter.target(subject.profile.platforms.value[0]);
    let closure = subject
        .inputs
        .closure(&interpreter.selection, &target)
        .ok()?;
    let application = Application::new(subject, &closure);
    let is_known = matches!(application.choose(), Ok(Some(_)));
    (!is_known).then(|| only.process.clone())
}

fn all(subject: &Subject<'_>) -> Vec<Process> {
    let tree = &subject.inputs.tree;
    let mut all = of_platforms(tree, subject.folder);
    for one in &mut all {
        one.start.words = without_wrapper(tree, subject.folder, &one.start.words);
    }
    all
}

/// The words without a program of a platform's at their front that starts the one behind it: `bin/start-nginx gunicorn`.
/// The project has no such file.
pub(crate) fn without_wrapper(tree: &SourceTree, folder: &str, words: &[String]) -> Vec<String> {
    let [first, rest @ ..] = words else {
        return Vec::new();
    };
    let is_relative = first.contains('/') && !first.starts_with('/');
    let path = first.trim_start_matches("./");
    let is_theirs = is_relative && !tree.lying().any(|lying| lying == join(folder, path));
    if is_theirs && StartCommand::read(rest).program.is_some() {
        return without_runner(rest).0;
    }
    words.to_vec()
}

fn process(subject: &Subject<'_>, takes_web: bool) -> Option<Process> {
    let all = all(subject);
    let named = |name: &str| all.iter().find(|one| one.name == name);
    match subject.profile.serves.value {
        Serves::Http if !takes_web => None,
        // A bot has no `web`: what goes on is what there is.
        Serves::Http => named("web").or_else(|| named("worker").filter(|one| !is_work(one))),
        Serves::Queue => all.iter().find(|one| is_work(one)),
    }
    .cloned()
}

fn is_work(process: &Process) -> bool {
    StartCommand::read(&process.start.words).purpose == Some(Purpose::Work)
}

/// Whether no shell is needed for the words.
pub(crate) fn is_plain(words: &[String]) -> bool {
    !words.is_empty() && words.iter().all(|word| !word.contains(['$', '`']))
}

/// The command of a process as an image runs it: with a port in place of the variable, and on every address.
fn command(subject: &Subject<'_>, process: &Process) -> Option<Setting<Vec<Line>>> {
    let start = &process.start;
    let port = port(subject, &start.words);
    let mut words = with_port(&start.words, port);
    let read = StartCommand::read(&words);
    let is_secret = || secret::in_setting(&["command"], &words.join(" "));
    if !is_plain(&words)
        || start.script.is_some()
        || lies_elsewhere(&words)
        || !start
            .before
            .iter()
            .all(|one| is_migration(one) || is_idle(one))
        || listens_nowhere(subject, &read)
        || read.development_server().is_some()
        || is_secret()
    {
        return None;
    }
    let variable = |name: &str| {
        let mut env = subject.profile.env.iter();
        env.find(|(known, _)| known.as_ref() == name)
            .map(|(_, value)| value.value.as_ref())
    };
    let text = |path: &str| {
        let file = subject.inputs.tree.text(&join(subject.folder, path))?;
        Some(file.text().to_owned())
    };
    if subject.profile.serves.value == Serves::Http {
        words.extend(read.listen_everywhere(port, variable, text));
    }
    let lines = words.iter().map(|word| word.parse().ok());
    Some(Setting {
        value: lines.collect::<Option<Vec<Line>>>()?,
        origin: Origin::User(process.place.clone()),
    })
}

/// Whether the program is a file of the old image's: ours has the project's in another folder.
fn lies_elsewhere(words: &[String]) -> bool {
    let ours = ["/app/", "/bin/", "/usr/"];
    let program = words.first().filter(|program| program.starts_with('/'));
    program.is_some_and(|program| !ours.iter().any(|folder| program.starts_with(folder)))
}

/// Whether a command brings the database up to date, which has a service of its own.
pub(crate) fn is_migration(command: &Command) -> bool {
    StartCommand::read(&command.words).purpose == Some(Purpose::Migrate)
}

/// Whether a command only makes a shell ready, or looks whether there is something to do: a service has its variables
/// from `.env` as well.
pub(crate) fn is_idle(command: &Command) -> bool {
    let reads_env = || command.words.iter().any(|word| word.contains(".env"));
    match command.program() {
        "set" | "echo" => true,
        "." | "source" => reads_env(),
        _ => StartCommand::read(&command.words).looks,
    }
}

/// Whether its settings have it listen in a file that only a proxy of the platform reads.
fn listens_nowhere(subject: &Subject<'_>, read: &StartCommand) -> bool {
    let path = read.settings.as_deref();
    let path = path.map(|path| join(subject.folder, path.trim_start_matches("./")));
    let file = path.and_then(|path| subject.inputs.tree.text(&path));
    file.is_some_and(|file| read.binds_a_file(file.text()))
}

/// The port of the profile, or the one that the program listens on where nobody says another.
fn port(subject: &Subject<'_>, words: &[String]) -> u16 {
    let said = subject.profile.port.as_ref().map(|said| said.value.number);
    let read = StartCommand::read(&with_port(words, ANY_PORT));
    let usual = || read.server().and_then(|server| server.port);
    let named = match read.listens {
        Some(Listens::Port(port, _)) if port != ANY_PORT => Some(port),
        _ => None,
    };
    said.or(named).or_else(usual).unwrap_or(ANY_PORT)
}

fn with_port(words: &[String], port: u16) -> Vec<String> {
    let variables = [(PORT.to_owned(), port.to_string())];
    words
        .iter()
        .map(|word| expanded(word, &variables))
        .collect()
}
