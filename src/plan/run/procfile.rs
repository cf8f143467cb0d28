//! What a Procfile, or a file of another platform, says that an image runs: its own command, where neither the profile nor an entry of it says one.
//!
//! A line stands above what the source shows, as it is what the project is run with today. One that only a shell can
//! run, or that serves a developer, says nothing: then the source decides.

use crate::catalog::Purpose;
use crate::command::{Listens, StartCommand};
use crate::existing::{Command, Process, expanded, of_platforms};
use crate::plan::base::python;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::run::containers::containers;
use crate::plan::run::entry::Application;
use crate::plan::{Decision, member};
use crate::profile::{Line, Origin, Profile, Serves, Setting};
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
    let release = all(subject).into_iter().find(|one| one.name == "release")?;
    let words = &release.start.words;
    let is_migration = StartCommand::read(words).purpose == Some(Purpose::Migrate);
    let is_alone = release.start.before.is_empty() && is_plain(words);
    let lines = words.iter().map(|word| word.parse().ok());
    let lines = lines.collect::<Option<Vec<Line>>>();
    let lines = lines.filter(|_| is_migration && is_alone)?;
    Some(Decision::new(lines, release.place.location()))
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
    of_platforms(&subject.inputs.tree, subject.folder)
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
fn is_plain(words: &[String]) -> bool {
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
        || !start.before.iter().all(is_migration)
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
fn is_migration(command: &Command) -> bool {
    StartCommand::read(&command.words).purpose == Some(Purpose::Migrate)
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
