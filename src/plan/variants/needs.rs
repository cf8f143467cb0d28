//! What the applications of an image import, and its plain closure lacks: the extras and groups that have it are theirs.

use std::collections::BTreeSet;

use super::part::Part;
use crate::application::imports::{self, Entry, Environment, When};
use crate::application::{Candidate, Choice, Kind, ManifestFacts, choose, find};
use crate::catalog::{Accelerator, Origin};
use crate::closure::Closure;
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::source::siblings::Siblings;
use crate::profile::Serves;

/// Something that is imported, and the parts that have it.
#[derive(Debug, Clone)]
pub(super) struct Need {
    pub(super) when: When,
    /// Numbers of the parts.
    pub(super) parts: Vec<usize>,
}

/// An application, and what it needs of the parts.
#[derive(Debug)]
pub(super) struct Application {
    candidate: Candidate,
    needs: Vec<Need>,
}

/// The applications in a member's source, as far as extras and groups matter to them.
#[derive(Default)]
pub(super) struct Applications {
    all: Vec<Application>,
}

impl Applications {
    pub(super) fn new(subject: &Subject<'_>, plain: &Closure<'_>, parts: &[Part]) -> Self {
        let installed = plain
            .installed()
            .map(|(_, package, _)| package.name.clone());
        let own = subject.manifest.name().cloned();
        let installed: BTreeSet<PackageName> = installed.chain(own).collect();
        let serving = parts.iter().filter(|part| !part.is_development);
        let all = serving.flat_map(|part| part.names.iter().cloned());
        let all: BTreeSet<PackageName> = all.chain(installed.iter().cloned()).collect();
        let with: Vec<BTreeSet<PackageName>> = parts
            .iter()
            .map(|part| installed.union(&part.names).cloned().collect())
            .collect();
        let facts = ManifestFacts::parse(subject.manifest.file.clone());
        let siblings = Siblings::new(subject, plain);
        let code = subject.inputs.code(subject.folder, &all);
        let code = code.with_roots(siblings.roots.iter().cloned());
        let provides = |module: &str| provides(subject, &siblings, module);
        let own: BTreeSet<PackageName> = subject.manifest.name().cloned().into_iter().collect();
        let environment = |installed| Environment {
            python: python(plain),
            installed,
            own: &own,
            provides: &provides,
        };
        let needs = |candidate: &Candidate| -> Vec<Need> {
            if candidate.module.is_empty() {
                return Vec::new();
            }
            let entry = Entry::from(candidate);
            let missing = imports::check(&code, &[entry], &environment(&installed));
            let has =
                |part: &usize, import: &str| environment(&with[*part]).missing(import).is_none();
            let parts = |import: &str| (0..with.len()).filter(|part| has(part, import)).collect();
            let needs = missing.into_iter().map(|one| Need {
                when: one.when,
                parts: parts(&one.import),
            });
            needs.filter(|need| !need.parts.is_empty()).collect()
        };
        let candidates = find(&code, &facts, &all).into_iter();
        let all = candidates.map(|candidate| Application {
            needs: needs(&candidate),
            candidate,
        });
        Self { all: all.collect() }
    }

    /// What the application of an image needs, or the applications where several may be meant. An image for models runs
    /// what needs them, if anything does; one that must not have them, what does without.
    pub(super) fn needs(&self, subject: &Subject<'_>, parts: &[Part], models: Models) -> Vec<Need> {
        let profile = subject.profile;
        if let Some(entry) = &profile.entry {
            let said = entry.value.as_ref();
            let mut all = self.all.iter();
            let named = all.find(|one| one.candidate.import_string() == said);
            return named.map_or_else(Vec::new, |one| one.needs.clone());
        }
        let fits = |one: &&Application| match (models, profile.serves.value) {
            (Models::Forbidden, _) if one.starts_with_models(parts) => false,
            (Models::Wanted, _) if !one.uses_models(parts) => false,
            (_, Serves::Http) => one.candidate.kind.serves(),
            (_, Serves::Queue) => one.candidate.kind == Kind::Worker,
        };
        let fitting: Vec<&Application> = self.all.iter().filter(fits).collect();
        let candidates: Vec<Candidate> = fitting.iter().map(|one| one.candidate.clone()).collect();
        let is_meant = |candidate: &Candidate| match choose(&candidates, |_| true) {
            Choice::One(one) => one == candidate,
            Choice::Several(several) => several.contains(&candidate),
            Choice::Nothing => false,
        };
        let meant = fitting.iter().filter(|one| is_meant(&one.candidate));
        meant.flat_map(|one| one.needs.clone()).collect()
    }

    /// Whether there is something to serve, and none of it starts without the models' parts.
    pub(super) fn all_need_models(&self, subject: &Subject<'_>, parts: &[Part]) -> bool {
        let serving = self.all.iter().filter(|one| one.candidate.kind.serves());
        let mut serving = serving.peekable();
        let needs = |one: &Application| {
            one.starts_with_models(parts) || one.computes_with_flavours(subject, parts)
        };
        serving.peek().is_some() && serving.all(needs)
    }
}

/// What an image has to do with models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Models {
    /// They are what it is for.
    Wanted,
    /// It must not have them.
    Forbidden,
    /// It has them where its application does.
    Allowed,
}

impl Application {
    fn starts_with_models(&self, parts: &[Part]) -> bool {
        let mut needs = self.needs.iter();
        needs.any(|need| need.when == When::AtStart && need.is_of_models(parts))
    }

    /// Whether it uses something, whenever that is, of which the project has a flavour for CPUs and one for GPUs: it is a
    /// model server on either, and nothing without one.
    fn computes_with_flavours(&self, subject: &Subject<'_>, parts: &[Part]) -> bool {
        let mut needs = self.needs.iter();
        needs.any(|need| {
            let own: Vec<&Part> = need.parts.iter().map(|part| &parts[*part]).collect();
            let of = |one: Accelerator| {
                let mut own = own.iter();
                own.find(|part| part.hint == Some(one) && part.fit(one).is_some())
            };
            let pair = of(Accelerator::Cpu).zip(of(Accelerator::Cuda));
            need.when != When::Guarded
                && need.is_of_models(parts)
                && pair.is_some_and(|(cpu, cuda)| cpu.excludes(cuda, subject))
        })
    }

    fn uses_models(&self, parts: &[Part]) -> bool {
        self.needs.iter().any(|need| need.is_of_models(parts))
    }
}

impl Need {
    /// Whether only what brings the ML stack has it.
    pub(super) fn is_of_models(&self, parts: &[Part]) -> bool {
        let mut own = self.parts.iter().map(|part| &parts[*part]);
        own.all(|part| part.ml.is_some())
    }

    /// Whether an image takes a part for it. Models are often loaded where they are first called; what only makes them
    /// faster, and what a program expects to be missing, is nobody's need.
    pub(super) fn asks_for(&self, part: &Part, subject: &Subject<'_>, wanted: Accelerator) -> bool {
        match self.when {
            When::AtStart | When::InBranch => true,
            When::AtCall | When::Explained => {
                part.is_default || part.brings_models_for(wanted) && !part.is_addition(subject)
            }
            When::Guarded => part.is_default,
        }
    }
}

fn python(closure: &Closure<'_>) -> (u8, u8) {
    let minor = u8::try_from(closure.target().python.minor());
    (3, minor.unwrap_or(u8::MAX))
}

fn provides(subject: &Subject<'_>, siblings: &Siblings, module: &str) -> Option<Vec<PackageName>> {
    let known = match subject.inputs.catalog.origin(module) {
        Origin::Distributions(row) => row.distributions(),
        Origin::Namespace | Origin::Unknown => &[],
    };
    let member = siblings.provides(module).into_iter();
    let all: Vec<PackageName> = member.chain(known).cloned().collect();
    (!all.is_empty()).then_some(all)
}
