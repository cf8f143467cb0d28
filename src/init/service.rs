//! One image to be: its profile, what it could run, and the existing container that does its work.

use crate::application::{self, Candidate, Choice, Kind};
use crate::existing::{ComposeService, Image, Placed, Start, development_words};
use crate::profile::{Line, Profile, Serves};

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
}

/// What an existing container is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Serve,
    Worker,
    Beat,
    Migrate,
}

impl<'e> Run<'e> {
    pub(super) fn start(&self) -> Option<&'e Placed<Start>> {
        let own = self.compose.and_then(|service| service.start.as_ref());
        own.filter(|start| !start.value.words.is_empty())
            .or(self.image.start.as_ref())
    }

    /// Where a command is said that can be taken as it is.
    fn command(&self) -> Option<String> {
        let start = self.start()?;
        let words = &start.value.words;
        let first = words.first()?.rsplit('/').next()?;
        let is_shell = words.len() == 1 && matches!(first, "bash" | "sh" | "python" | "python3");
        let plain = words
            .iter()
            .all(|word| !word.contains(['$', '`']) && word.parse::<Line>().is_ok());
        let development = development_words(words)
            .iter()
            .any(|word| !word.starts_with('-'));
        (plain && !is_shell && !development).then(|| start.place.location())
    }

    pub(super) fn purpose(&self) -> Purpose {
        let words = self.start().map_or(&[][..], |start| &start.value.words);
        let has = |word: &str| words.iter().any(|other| other == word);
        let program = words
            .first()
            .map_or("", |first| first.rsplit('/').next().unwrap_or(first));
        match program {
            "celery" if has("beat") && !has("worker") => Purpose::Beat,
            "taskiq" if has("scheduler") => Purpose::Beat,
            "celery" if !has("worker") => Purpose::Serve,
            "celery" | "taskiq" | "rq" | "dramatiq" | "arq" | "huey_consumer"
            | "huey_consumer.py" => Purpose::Worker,
            _ if has("migrate") || matches!(program, "alembic" | "aerich") => Purpose::Migrate,
            _ => Purpose::Serve,
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
            .find(|one| asked.contains(&one.import_string()));
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

    /// Whether a candidate is of the kind that the profile is for.
    pub(super) fn fits(&self, candidate: &Candidate) -> bool {
        match self.profile.serves.value {
            Serves::Http => candidate.kind.serves(),
            Serves::Queue => candidate.kind == Kind::Worker,
        }
    }

    /// The candidate that the existing container starts, and where that is said.
    fn started(&self) -> Option<(&Candidate, String)> {
        let start = self.run.as_ref()?.start()?;
        let scripts = |one: &&Candidate| self.fits(one) || one.kind == Kind::Script;
        let mut candidates = self.candidates.iter().filter(scripts);
        let one = candidates.find(|one| names(&start.value.words, one))?;
        Some((one, start.place.location()))
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
