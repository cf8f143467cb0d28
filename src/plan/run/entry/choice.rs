//! Which candidate an image runs: the one with the best evidence. That it starts in this image is none; it only tells
//! apart what has the same.

use std::collections::BTreeSet;

use super::Application;
use crate::application::imports::When;
use crate::application::{Candidate, Choice, Kind, Rank, Target, choose};
use crate::catalog::Frameworks;
use crate::closure::Selection;
use crate::command::StartCommand;
use crate::diagnostic::{Diagnostic, Result};
use crate::existing::{Dockerfile, Image};
use crate::names::PackageName;
use crate::plan::packages::stack;
use crate::profile::{ProfileName, Serves};
use crate::project::source_tree::{join, parent};
use crate::rules;

/// How many ways out a message spells out.
const MOST_TOLD: usize = 8;

/// An image that could run several things; each is a note of who tells it.
pub(crate) fn several_things(image: &ProfileName, count: usize) -> Diagnostic {
    let problem = format!("the image `{image}` could run {count} things, and dfgen does not guess");
    Diagnostic::new(rules::AMBIGUOUS_ENTRY, problem)
}

impl Application<'_> {
    /// The candidate to run. Errors: several are as sure as each other.
    pub(crate) fn choose(&self) -> Result<Option<&Candidate>> {
        if let Some(entry) = &self.subject.profile.entry {
            let named = |one: &&Candidate| one.import_string() == entry.value.as_ref();
            return Ok(self.candidates.iter().find(named));
        }
        let chosen = self.chosen(&self.candidates)?;
        Ok(chosen.and_then(|one| self.candidates.iter().find(|known| **known == one)))
    }

    /// What would be run without a look at container files.
    pub(crate) fn untold(&self) -> Result<Option<Candidate>> {
        self.chosen(&self.alone)
    }

    /// A candidate as it is without a look at container files.
    pub(crate) fn before(&self, candidate: &Candidate) -> Option<&Candidate> {
        let mut alone = self.alone.iter();
        alone.find(|one| one.place == candidate.place && one.target == candidate.target)
    }

    fn chosen(&self, candidates: &[Candidate]) -> Result<Option<Candidate>> {
        let fitting = self.fitting_of(candidates);
        let first = match self.subject.profile.serves.value {
            Serves::Http => choose(&fitting, |one| one.kind.serves()),
            Serves::Queue => choose(&fitting, |one| one.kind == Kind::Worker),
        };
        let chosen = match first {
            Choice::Nothing => choose(&fitting, |one| one.kind == Kind::Script),
            other => other,
        };
        match chosen {
            Choice::Nothing => Ok(None),
            Choice::One(one) => Ok(Some(one.clone())),
            Choice::Several(several) => match self.only_of(&several) {
                Some(one) => Ok(Some(one.clone())),
                None => Err(self.ambiguous(&several).into()),
            },
        }
    }

    /// The one of several equals that other files of the project name.
    fn only_of<'c>(&self, several: &[&'c Candidate]) -> Option<&'c Candidate> {
        let only = |some: Vec<&'c Candidate>| match some.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        only(self.started_elsewhere(several))
            .or_else(|| only(self.written_down(several)))
            .or_else(|| only(installed(several)))
            .or_else(|| only(self.lasting(several)))
    }

    /// Those of several equals that Dockerfiles start which are read for no image, as they are one of many.
    fn started_elsewhere<'c>(&self, several: &[&'c Candidate]) -> Vec<&'c Candidate> {
        let inputs = self.subject.inputs;
        let others = inputs.containers().0.passed_over.iter();
        let started = others.filter_map(|path| {
            let dockerfile = Dockerfile::parse(inputs.tree.lying_text(path)?).ok()?;
            let start = Image::of(&dockerfile, None).ok()?.start?;
            self.started_by(&StartCommand::read(&start.value.words))
        });
        let started: Vec<&Candidate> = started.collect();
        let is_started = |one: &&&Candidate| {
            let mut started = started.iter();
            started.any(|other| (&other.path, &other.target) == (&one.path, &one.target))
        };
        several.iter().filter(is_started).copied().collect()
    }

    /// Those of several equals that a line for developers names: how to start the project, in its readme or Makefile.
    fn written_down<'c>(&self, several: &[&'c Candidate]) -> Vec<&'c Candidate> {
        let files = Frameworks::embedded().usual("start-files").iter();
        let tree = &self.subject.inputs.tree;
        let texts = files.filter_map(|name| tree.lying_text(&join(self.subject.folder, name)));
        let texts: Vec<_> = texts.collect();
        let is_named = |one: &&&Candidate| {
            let names = [one.import_string(), one.path.clone()];
            let has = |text: &str| names.iter().any(|name| text.contains(name.as_str()));
            texts.iter().any(|file| has(file.text()))
        };
        several.iter().filter(is_named).copied().collect()
    }

    /// Those of several programs whose own package listens or runs for ever: the others do something and end.
    fn lasting<'c>(&self, several: &[&'c Candidate]) -> Vec<&'c Candidate> {
        let words = Frameworks::embedded().usual("lasting-calls").iter();
        let words: Vec<&str> = words.map(String::as_str).collect();
        let lasts = |one: &&&Candidate| {
            let folder = format!("{}/", parent(&one.path));
            let files = self.code.reached(&one.path).into_iter();
            let mut own = files.filter(|path| *path == one.path || path.starts_with(&folder));
            one.kind == Kind::Script && own.any(|path| self.code.mentions(&path, &words))
        };
        several.iter().filter(lasts).copied().collect()
    }

    /// The candidates that this image could be for.
    pub(crate) fn fitting(&self) -> Vec<Candidate> {
        self.fitting_of(&self.candidates)
    }

    /// Those of these that this image could be for. An image for ML is for what needs it, where something does; of those
    /// that serve and have the same rank, an image has those that lack least in it.
    fn fitting_of(&self, candidates: &[Candidate]) -> Vec<Candidate> {
        let for_ml = self.for_ml(candidates);
        let serving = candidates.iter().filter(|one| one.kind.serves());
        let serving: Vec<&Candidate> = serving
            .filter(|one| for_ml.is_empty() || for_ml.contains(one))
            .collect();
        let others = candidates.iter().filter(|one| !one.kind.serves());
        let (workers, others): (Vec<&Candidate>, _) =
            others.partition(|one| one.kind == Kind::Worker);
        let all = [
            self.least_lacking(serving),
            self.least_lacking(workers),
            others,
        ];
        all.concat().into_iter().cloned().collect()
    }

    /// The applications that need the ML stack, where the image is for them.
    fn for_ml<'c>(&self, candidates: &'c [Candidate]) -> Vec<&'c Candidate> {
        let catalog = &self.subject.inputs.catalog;
        let light = self.installed.iter();
        let light = light.filter(|name| catalog.ml().get(name).is_none());
        let light: BTreeSet<PackageName> = light.cloned().collect();
        let is_for_ml = self.subject.profile.forbid.value.is_empty();
        if light.len() == self.installed.len() || !is_for_ml {
            return Vec::new();
        }
        let serving = candidates.iter();
        let serving =
            serving.filter(|one| one.kind.serves() && one.confidence.rank() > Rank::Aside);
        // What would crash in it says nothing about what it is for.
        let needs =
            |one: &&Candidate| self.misses(one, &light) && !self.misses(one, &self.installed);
        let for_ml: Vec<&Candidate> = serving.clone().filter(needs).collect();
        let is_told = |one: &Candidate| one.confidence.rank() == Rank::Told;
        let is_main_elsewhere =
            serving.clone().any(is_told) && !for_ml.iter().any(|one| is_told(one));
        if is_main_elsewhere && self.needs_ml() {
            return Vec::new();
        }
        for_ml
    }

    /// Whether the project itself needs the ML stack: then no other image is for what does without it.
    fn needs_ml(&self) -> bool {
        let inputs = self.subject.inputs;
        let selection = Selection {
            members: self.subject.members(),
            ..Selection::production()
        };
        let plain = inputs.closure(&selection, &self.target);
        plain.is_ok_and(|plain| stack::of_closure(&inputs.catalog, &plain).is_some())
    }

    /// Without those that lack more in the image than others of the same rank: where a project has an application
    /// for each of its images, each has its own. What has a lower rank is never taken for lacking less.
    fn least_lacking<'c>(&self, candidates: Vec<&'c Candidate>) -> Vec<&'c Candidate> {
        let lacks = |one: &Candidate| {
            let missing = self.missing(one, &self.installed);
            let at_start = missing.iter().filter(|import| import.when == When::AtStart);
            at_start.count()
        };
        let best = candidates.iter().map(|one| one.confidence.rank()).max();
        let is_best = |one: &&Candidate| Some(one.confidence.rank()) == best;
        let (best, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_best);
        if best.len() < 2 {
            return [best, others].concat();
        }
        let best: Vec<(usize, &Candidate)> =
            best.into_iter().map(|one| (lacks(one), one)).collect();
        let least = best.iter().map(|(lacking, _)| *lacking).min();
        let best = best
            .into_iter()
            .filter(|(lacking, _)| Some(*lacking) == least);
        best.map(|(_, one)| one).chain(others).collect()
    }

    fn ambiguous(&self, several: &[&Candidate]) -> Diagnostic {
        let name = &self.subject.profile.name;
        let mut problem = several_things(name, several.len());
        for one in several {
            problem = problem.with_note(format!(
                "`{}`: {} ({}), in {}",
                one.import_string(),
                one.framework.name(),
                one.confidence.reason(),
                one.place.location()
            ));
        }
        let mut help = "say which, in dfgen.toml:";
        for one in several.iter().take(MOST_TOLD) {
            let entry = one.import_string();
            problem = problem.with_help(format!("{help}\n[profile.{name}]\nentry = \"{entry}\""));
            help = "or:";
        }
        problem
    }
}

/// Those of several equals that the project installs as commands, where all are made with one library.
fn installed<'c>(several: &[&'c Candidate]) -> Vec<&'c Candidate> {
    let is_alike = several.windows(2).all(|pair| {
        let [one, other] = pair else { return true };
        one.framework == other.framework
    });
    let commands = several.iter().filter(|one| {
        let is_command = matches!(one.target, Target::Command(_));
        is_alike && is_command
    });
    commands.copied().collect()
}
