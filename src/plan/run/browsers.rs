//! Browsers that the application drives: in the image, where it can be read by whoever it runs as.

use std::collections::BTreeSet;

use crate::application::{Candidate, Code};
use crate::catalog::{Browser, Browsers};
use crate::closure::Closure;
use crate::command::without_runner;
use crate::diagnostic::{Diagnostic, Place};
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::run::containers::Own;
use crate::plan::run::entry::Application;
use crate::plan::{Decision, StepIn, StepPlan};
use crate::profile::{EnvName, ImagePath, Line, Needs};
use crate::rules;

/// Where downloaded browsers are.
const FOLDER: &str = "/opt/browsers";

/// What browsers take.
#[derive(Default)]
pub(crate) struct Driven {
    /// The packages that start one in the image: what they need of Debian for that is there.
    pub(crate) here: BTreeSet<PackageName>,
    pub(crate) steps: Vec<Decision<StepPlan>>,
    pub(crate) env: Vec<(EnvName, Decision<Line>)>,
    pub(crate) findings: Vec<Diagnostic>,
}

/// What the source of what is started says.
pub(crate) fn find(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    started: &[&Candidate],
    containers: &[Own<'_>],
) -> Driven {
    let mut driven = Driven::default();
    let files = application.files_of(started);
    for (name, row) in Browsers::embedded().all() {
        let mut installed = closure.installed();
        let Some((_, package, _)) = installed.find(|(_, package, _)| package.name == *name) else {
            continue;
        };
        let names = |words: &[String]| place_of(application.code(), &files, words).is_some();
        let user = row.users.iter().find(|user| {
            let module = user.as_ref().replace('-', "_");
            application.has(user.as_ref()) && names(&[module])
        });
        let other = row.others.iter().find(|word| names(&[(*word).clone()]));
        let imports = names(std::slice::from_ref(&row.module)) && names(&row.drives);
        if imports && let Some(other) = other {
            let finding = unknown(subject, name, other);
            let place = place_of(application.code(), &files, std::slice::from_ref(other));
            driven.findings.push(finding.at_some(place));
        }
        let starts = imports
            && (other.is_none() || row.is != row.module && names(std::slice::from_ref(&row.is)));
        let installed = by_container(row, containers);
        if !starts && user.is_none() && installed.is_none() {
            continue;
        }
        driven.here.insert(name.clone());
        let version = package.version.as_ref();
        if let Some(command) = row.command(version, names) {
            let because = match installed.filter(|_| !starts && user.is_none()) {
                Some(place) => format!("{place} installs it"),
                None => format!("{name} starts a browser"),
            };
            driven.download(row, command, &because);
        }
    }
    driven
}

impl Driven {
    fn download(&mut self, row: &Browser, command: Vec<String>, because: &str) {
        let folder: ImagePath = FOLDER.parse().expect("it is an absolute path");
        let variable = row
            .variable
            .as_ref()
            .and_then(|variable| variable.parse().ok());
        let value: Line = FOLDER.parse().expect("it is one line");
        self.env
            .extend(variable.map(|variable| (variable, Decision::new(value, because))));
        let step = StepPlan {
            comment:
                "The browser that the application starts. What it keeps is a layer of its own."
                    .to_owned(),
            run: vec![
                command
                    .join(" ")
                    .parse()
                    .expect("a test reads every command of the catalog"),
            ],
            folder: "/app".parse().expect("it is an absolute path"),
            env: [].into(),
            secrets: Vec::new(),
            place: StepIn::Here {
                needs: Needs::Dependencies,
                apt: Vec::new(),
                keep: vec![folder],
            },
        };
        self.steps.push(Decision::new(step, because));
    }
}

/// Where a container of the project's own downloads it: then something starts it, if no source that can be read.
fn by_container(row: &Browser, own: &[Own<'_>]) -> Option<String> {
    let install = row.install.as_ref()?.fill(|_| String::new());
    let [program, verb, browser, ..] = install.as_slice() else {
        return None;
    };
    let images = own.iter().filter_map(|own| own.image);
    let mut commands = images.flat_map(|image| &image.commands);
    let found = commands.find(|command| {
        let (words, _) = without_runner(&command.value.words);
        let at = words.iter().position(|word| word == program);
        let behind = at
            .filter(|at| *at < 3)
            .map_or(&[][..], |at| &words[at + 1..]);
        let mut named = behind.iter().skip(1).filter(|word| !word.starts_with('-'));
        let is_it = named.clone().next().is_none() || named.any(|word| word == browser);
        behind.first() == Some(verb) && is_it
    });
    found.map(|command| command.place.location())
}

/// Where a file holds one of these words.
fn place_of(code: &Code<'_>, files: &BTreeSet<String>, words: &[String]) -> Option<Place> {
    let path = files.iter().find(|path| code.mentions(path, words))?;
    let file = code.text(path)?;
    let word = words.iter().find(|word| file.text().contains(*word))?;
    Some(file.place_of(word, "started here"))
}

/// A browser that dfgen does not install.
fn unknown(subject: &Subject<'_>, library: &PackageName, word: &str) -> Diagnostic {
    let name = &subject.profile.name;
    let word = word.trim_end_matches('(');
    let problem = format!("`{name}` starts a browser with `{word}`, and nothing installs that one");
    Diagnostic::new(rules::UNINSTALLED_BROWSER, problem)
        .with_note(format!("of {library}, dfgen installs Chromium alone"))
        .with_help(format!(
            "install it with the image, by commands of your own: `build-steps` in [profile.{name}] of dfgen.toml"
        ))
}
