//! What the project's own Dockerfile runs of it while it builds, and the image does not: what that makes is missing.

use crate::application::Candidate;
use crate::catalog::Purpose;
use crate::command::{StartCommand, without_runner};
use crate::diagnostic::{Diagnostic, Place};
use crate::existing::{Command, Image, Kind};
use crate::plan::MigrationPlan;
use crate::plan::inputs::Subject;
use crate::plan::run::containers::Own;
use crate::plan::run::entry::Application;
use crate::plan::run::procfile::released;
use crate::profile::Serves;
use crate::rules;
use crate::secret::{self, is_secret};

/// Programs that make something for an application and are no part of it.
const MAKERS: [&str; 6] = [
    "django-admin",
    "flask",
    "hf",
    "huggingface-cli",
    "nltk",
    "spacy",
];

/// Modules of Python that install, or make what every image has.
const INSTALLERS: [&str; 9] = [
    "build",
    "compileall",
    "ensurepip",
    "pip",
    "pipx",
    "playwright",
    "uv",
    "venv",
    "virtualenv",
];

/// Options that say where a command writes.
const FILLED: [&str; 6] = [
    "--cache-dir",
    "--data-path",
    "--directory",
    "--local-dir",
    "--output",
    "--target",
];

/// Words of a line of Python that fetches or makes something.
const MAKING: [&str; 5] = ["download", "from_pretrained", "load", "make", "write"];

/// Told once, with all of them. What the profile itself runs while it builds takes the place of all.
pub(crate) fn note(
    subject: &Subject<'_>,
    application: &Application<'_>,
    candidate: Option<&Candidate>,
    own: &[Own<'_>],
) -> Option<Diagnostic> {
    let profile = subject.profile;
    if profile.development.value || profile.build_steps.origin.is_own() {
        return None;
    }
    let image = own.iter().find_map(|own| own.image)?;
    let found = made(image);
    let place = &found.first()?.place;
    let name = &profile.name;
    let lines = || found.iter().map(|one| &one.line);
    let shown: Vec<String> = lines().map(|line| format!("`{line}`")).collect();
    let quoted: Vec<String> = lines().map(|line| format!("{line:?}")).collect();
    let what = format!(
        "`{name}` is built without what {} runs: {}",
        place.location(),
        shown.join(", ")
    );
    let note = Diagnostic::new(rules::UNRUN_COMMAND, what).at(place.clone());
    let folders = folders(application, candidate, &found);
    let shown: Vec<String> = folders.iter().map(|one| format!("{one:?}")).collect();
    // Django's compiles with a program of Debian's.
    let is_django = lines().any(|line| line.contains("compilemessages"));
    let apt = if is_django {
        "apt = [\"gettext\"]\n"
    } else {
        ""
    };
    Some(note.with_help(format!(
        "where the application needs what it makes, write to dfgen.toml, with what it fills in `keep`:\n[[profile.{name}.build-steps]]\n{apt}run = [{}]\nkeep = [{}]{}",
        quoted.join(", "),
        shown.join(", "),
        given(&found)
    )))
}

/// What the commands are given in front of them, as a line of a step; secrets are no part of dfgen.toml.
fn given(found: &[Made]) -> String {
    let all = found.iter().flat_map(|one| &one.env);
    let all = all.filter(|(name, value)| !is_secret(name, value));
    let mut pairs: Vec<String> = all
        .map(|(name, value)| format!("{name} = {value:?}"))
        .collect();
    pairs.sort();
    pairs.dedup();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("\nenv = {{ {} }}", pairs.join(", "))
    }
}

/// The folder below the project's that a command's own words name as what it fills.
pub(super) fn folder_of(line: &str) -> Option<String> {
    let mut words = line
        .split(' ')
        .skip_while(|word| *word != "-d" && !FILLED.iter().any(|one| word.starts_with(one)));
    let option = words.next()?;
    let value = option.split_once('=').map(|(_, value)| value);
    let value = value.or_else(|| words.next())?;
    let path = value.trim_start_matches("./").trim_end_matches('/');
    let is_below = !path.is_empty() && !path.starts_with(['/', '-', '$', '\'']);
    is_below.then(|| path.to_owned())
}

/// The folders that commands fill: those that their words name, else the one of the application itself.
fn folders(
    application: &Application<'_>,
    candidate: Option<&Candidate>,
    commands: &[Made],
) -> Vec<String> {
    let named = commands.iter().filter_map(|one| folder_of(&one.line));
    let mut all: Vec<String> = named.collect();
    if all.is_empty() {
        let own = candidate.map_or("", |one| &one.path);
        let folder = own.split('/').next().filter(|_| own.contains('/'));
        let project = application.code().project();
        all.push(folder.unwrap_or(project).to_owned());
    }
    all.retain(|one| !one.is_empty());
    if all.is_empty() {
        all.push("data".to_owned());
    }
    all.dedup();
    all
}

/// Told where something else is run before a release than the step that brings the database up to date.
pub(crate) fn release(
    subject: &Subject<'_>,
    migrate: Option<&MigrationPlan>,
) -> Option<Diagnostic> {
    let profile = subject.profile;
    let is_open = profile.serves.value == Serves::Http && !profile.migrate.origin.is_own();
    if profile.development.value || !is_open {
        return None;
    }
    let process = released(subject)?;
    let location = process.place.location();
    let start = &process.start;
    let is_known = |words: &[String]| {
        StartCommand::read(words).purpose == Some(Purpose::Migrate)
            || words.iter().any(|word| word == "collectstatic")
    };
    let before = start.before.iter();
    let mut all = before
        .map(|one| one.words.as_slice())
        .chain([start.words.as_slice()]);
    let is_run = migrate.is_some_and(|plan| plan.command.because == location);
    if is_run || all.any(is_known) || matches!(start.line().as_str(), "" | "true" | ":") {
        return None;
    }
    let name = &profile.name;
    let what = format!("`{name}` does not run what {location} runs before a release");
    let note = Diagnostic::new(rules::UNRUN_COMMAND, what).at(process.place.labelled("not run"));
    if secret::in_setting(&["command"], &start.line()) {
        return Some(note);
    }
    let words = start.script.iter().chain(&start.words);
    let quoted: Vec<String> = words.map(|word| format!("{word:?}")).collect();
    Some(note.with_help(format!(
        "where the database needs it, in dfgen.toml:\n[profile.{name}]\nmigrate = [{}]",
        quoted.join(", ")
    )))
}

/// Where these stand.
pub(crate) fn places(image: &Image) -> Vec<Place> {
    made(image).into_iter().map(|one| one.place).collect()
}

/// A command that makes something with the project.
pub(super) struct Made {
    pub(super) place: Place,
    /// Its words, as a shell reads them.
    pub(super) line: String,
    /// What it is given in front of them.
    pub(super) env: Vec<(String, String)>,
}

impl Made {
    fn new(place: Place, command: &Command) -> Self {
        let pairs = command.assignments.iter();
        let env = pairs.filter_map(|pair| pair.split_once('='));
        Self {
            place,
            line: line(&program_words(&command.words)),
            env: env
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }
}

/// The commands of an image's own stages that make something with the project, each with its line. What only runs where a
/// condition holds is for another image.
pub(super) fn made(image: &Image) -> Vec<Made> {
    let mut is_asked = false;
    let mut all = of_catalogs(image);
    let made = image.commands.iter().filter_map(|command| {
        let is_asking = image.asks(&command.value);
        let was_asked = std::mem::replace(&mut is_asked, is_asking);
        let words = program_words(&command.value.words);
        let is_it = !was_asked && makes(&words);
        is_it.then(|| Made::new(command.place.clone().labelled("not run"), &command.value))
    });
    all.extend(made);
    all
}

/// The commands of the stages that build for an image that compile catalogs of messages.
fn of_catalogs(image: &Image) -> Vec<Made> {
    let runs = image
        .build_instructions
        .iter()
        .filter_map(|one| match &one.kind {
            Kind::Run(commands, _) => Some(commands),
            _ => None,
        });
    let found = runs.flatten().filter_map(|command| {
        let words = program_words(&command.words);
        let place = || image.file.place(command.span.clone(), "not run");
        compiles(&words).then(|| Made::new(place(), command))
    });
    found.collect()
}

/// Whether a command compiles catalogs of messages.
fn compiles(words: &[String]) -> bool {
    let has = |word: &str| words.iter().any(|one| one == word);
    has("compilemessages") || has("pybabel") && has("compile")
}

/// The words of the program itself: without what runs it, and what `env` takes away for it.
pub(crate) fn program_words(words: &[String]) -> Vec<String> {
    let words = match words {
        [option, _, rest @ ..] if option == "-u" => rest,
        _ => words,
    };
    without_runner(words).0
}

/// Words as a shell reads them again.
fn line(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    let words = words.iter().map(|word| {
        let word: Vec<&str> = word.split_whitespace().collect();
        let word = word.join(" ");
        if word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a command makes something with the project: that is told of.
pub(crate) fn makes(words: &[String]) -> bool {
    if compiles(words) {
        return true;
    }
    let read = StartCommand::read(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_known = read.purpose == Some(Purpose::Migrate)
        || words.contains(&"collectstatic")
        || words
            .iter()
            .any(|word| word.starts_with("--version") || *word == "--help");
    let program = words.first().copied().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or(program);
    let is_python = program.starts_with("python");
    match words.get(1..).unwrap_or_default() {
        [] => false,
        _ if is_known => false,
        ["-m", module, ..] if is_python => !INSTALLERS.contains(module),
        ["-c", line, ..] if is_python => MAKING.iter().any(|word| line.contains(word)),
        [first, ..] if is_python => first.contains('.'),
        _ => MAKERS.contains(&program),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_something_is_told_apart_from_what_installs() {
        let makes = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            super::makes(&without_runner(&words).0)
        };
        for line in [
            "uv run manage.py tailwind build",
            "python -m manage compilemessages",
            "python scripts/models.py",
            "python -c nltk.download('punkt')",
            "spacy download en_core_web_sm",
            "flask assets build",
        ] {
            assert!(makes(line), "{line}");
        }
        for line in [
            "python manage.py collectstatic --noinput",
            "python manage.py migrate",
            "python -m venv /opt/venv",
            "python -m pip install uv",
            "python --version",
            "python -c print(1)",
            "playwright install chromium",
            "mkdir data",
        ] {
            assert!(!makes(line), "{line}");
        }
    }
}
