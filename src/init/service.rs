//! One image to be: its profile, what it could run, and the existing container that does its work.

use crate::application::{self, Candidate, Choice, Kind};
use crate::catalog::Purpose;
use crate::command::StartCommand;
use crate::existing::{ComposeService, Image, Mount, Placed, Start, Through, followed};
use crate::profile::{Line, Profile, Serves, Setting};
use crate::project::source_tree::SourceTree;

/// One image to be.
#[derive(Debug, Clone)]
pub struct Service<'e> {
    /// Its profile, as dfgen has it by itself.
    pub profile: Profile,
    /// Why it is there.
    pub because: String,
    /// What it could run, what serves first, the surest first.
    pub candidates: Vec<Candidate>,
    /// What it runs.
    pub chosen: Chosen,
    pub(super) run: Option<Run<'e>>,
    /// The command of a Procfile or its like.
    pub(super) platform: Option<Setting<Vec<Line>>>,
    /// Whether dfgen would take this profile without settings, under this name.
    pub(super) is_known: bool,
}

/// What an image is to run.
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    /// Nothing was found.
    Nothing,
    /// What dfgen would choose by itself.
    Default(Box<Candidate>),
    /// What somebody said, and where: a name for `entry`.
    Said(String, String),
    /// The command of an existing container, which is none of the candidates, and where it is said.
    Command(String),
    /// Several are as sure as each other: a person has to say.
    Open(Vec<Candidate>),
}

/// An existing container.
#[derive(Debug, Clone)]
pub(super) struct Run<'e> {
    pub(super) image: &'e Image,
    pub(super) compose: Option<&'e ComposeService>,
    /// Whether what it starts is what the service runs, and not only its system and environment.
    pub(super) is_own: bool,
    /// What it starts in the end.
    pub(super) end: Option<Start>,
    /// The scripts and their like that say so.
    pub(super) through: Vec<Through>,
}

impl<'e> Run<'e> {
    /// What it starts: what compose says, unless that is for development and the image says otherwise.
    pub(super) fn start(&self) -> Option<&'e Placed<Start>> {
        if !self.is_own {
            return None;
        }
        self.composed()
            .filter(|_| self.for_development().is_none())
            .or(self.image.start.as_ref())
    }

    /// The program and its arguments, through what the command is followed through.
    pub(super) fn words(&self) -> &[String] {
        match (self.start(), &self.end) {
            (Some(_), Some(end)) => &end.words,
            (Some(start), None) => &start.value.words,
            (None, _) => &[],
        }
    }

    /// Follows what it starts through the files of the project.
    pub(super) fn through(mut self, tree: &SourceTree) -> Self {
        if let Some(start) = self.start() {
            let followed = followed(tree, Some(self.image), &start.value);
            self.end = Some(followed.start);
            self.through = followed.through;
        }
        self
    }

    fn composed(&self) -> Option<&'e Placed<Start>> {
        let own = self.compose.and_then(|service| service.start.as_ref());
        own.filter(|start| !start.value.words.is_empty() || start.value.script.is_some())
    }

    /// A command of compose that is for development, where the image has one that is not.
    pub(super) fn for_development(&self) -> Option<&'e Placed<Start>> {
        let image = self.image.start.as_ref()?;
        let says = !image.value.words.is_empty() || image.value.script.is_some();
        let composed = self.composed().filter(|_| says && self.is_own)?;
        let is = |start: &Start| {
            let read = StartCommand::read(&start.words);
            read.development_server().is_some() || !read.development_words().is_empty()
        };
        // The source as it lies on the host, and nothing that is known to run anywhere else.
        let is_source = |mount: &Mount| matches!(mount.source.as_deref(), Some("." | "./"));
        let mounts_source = self
            .compose
            .is_some_and(|one| one.mounts.iter().any(is_source));
        let read = StartCommand::read(&composed.value.words);
        let is_known = read.purpose.is_some() && read.development_server().is_none();
        let is_at_work = mounts_source && !is_known;
        ((is(&composed.value) || is_at_work) && !is(&image.value)).then_some(composed)
    }

    /// Where a command is said that can be taken as it is.
    fn command(&self) -> Option<String> {
        let start = self.start()?;
        let words = self.words();
        let first = words.first()?.rsplit('/').next()?;
        let is_shell = words.len() == 1 && matches!(first, "bash" | "sh" | "python" | "python3");
        let plain = words
            .iter()
            .all(|word| !word.contains(['$', '`']) && word.parse::<Line>().is_ok());
        let development = StartCommand::read(words).development_server().is_some();
        (plain && !is_shell && !development).then(|| start.place.location())
    }

    /// What it is there for. A server for developers serves; so does what nobody knows.
    pub(super) fn purpose(&self) -> Purpose {
        match StartCommand::read(self.words()).purpose {
            None | Some(Purpose::Develop) => Purpose::Serve,
            Some(purpose) => purpose,
        }
    }
}

impl Service<'_> {
    /// Chooses among the candidates: what was asked for, else what an existing container starts, else
    /// what is surest.
    pub(super) fn choose(&mut self, asked: &[String]) {
        let named = self
            .candidates
            .iter()
            .find(|one| asked.contains(&one.import_string()) && self.suits(one));
        if let Some(one) = named {
            self.chosen = self.said(one, "--entry");
            return;
        }
        if let Some((one, place)) = self.started() {
            self.chosen = self.said(one, &place);
            return;
        }
        let own = self.run.as_ref().and_then(Run::command);
        self.chosen = match self.choice() {
            Choice::Several(_) if own.is_some() => Chosen::Command(own.unwrap_or_default()),
            Choice::Nothing => Chosen::Nothing,
            Choice::One(one) => Chosen::Default(Box::new(one.clone())),
            Choice::Several(several) => Chosen::Open(several.into_iter().cloned().collect()),
        };
    }

    /// A person's answer.
    pub(super) fn answer(&mut self, candidate: &Candidate) {
        self.chosen = self.said(candidate, "chosen");
    }

    /// What the plan would choose by itself needs no word.
    fn said(&self, candidate: &Candidate, place: &str) -> Chosen {
        match self.choice() {
            Choice::One(one) if one == candidate => Chosen::Default(Box::new(one.clone())),
            _ => Chosen::Said(candidate.import_string(), place.to_owned()),
        }
    }

    fn choice(&self) -> Choice<'_> {
        let first = application::choose(&self.candidates, |one| self.fits(one));
        match first {
            Choice::Nothing => {
                application::choose(&self.candidates, |one| one.kind == Kind::Script)
            }
            other => other,
        }
    }

    /// Whether a person may mean a candidate for this profile: a queue's is not what serves the others.
    fn suits(&self, candidate: &Candidate) -> bool {
        self.profile.serves.value != Serves::Queue || !candidate.kind.serves()
    }

    /// Whether a candidate is of the kind that the profile is for.
    pub(super) fn fits(&self, candidate: &Candidate) -> bool {
        match self.profile.serves.value {
            Serves::Http => candidate.kind.serves(),
            Serves::Queue => candidate.kind == Kind::Worker,
        }
    }

    /// The candidate that the existing container starts, and where that is said.
    fn started(&self) -> Option<(&Candidate, String)> {
        let run = self.run.as_ref()?;
        let start = run.start()?;
        let scripts = |one: &&Candidate| self.fits(one) || one.kind == Kind::Script;
        let mut candidates = self.candidates.iter().filter(scripts);
        let one = candidates.find(|one| names(run.words(), one))?;
        Some((one, start.place.location()))
    }
}

impl Run<'_> {
    /// Whether it starts one of these.
    pub(super) fn starts(&self, candidates: &[Candidate]) -> bool {
        candidates.iter().any(|one| names(self.words(), one))
    }
}

/// Whether a command names a candidate: `shop.main:app`, a factory as a call, or its file.
pub(super) fn names(words: &[String], candidate: &Candidate) -> bool {
    let name = candidate.import_string();
    let call = format!("{name}()");
    words.iter().any(|word| {
        *word == name || *word == call || word.trim_start_matches("./") == candidate.path
    })
}
