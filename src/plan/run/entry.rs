//! Which of the things that the source offers an image runs.

mod choice;
mod holders;
mod needed;
mod told;
mod unread;
mod used;

use std::collections::{BTreeMap, BTreeSet};

use crate::application::executables;
use crate::application::hosts::{self, Hosts};
use crate::application::imports::{self, Entry, Environment, MissingImport, Start, When};
use crate::application::packaging::{self, NotPackaged, Wheel};
use crate::application::reads::{self, Read};
use crate::application::variables::{self, Variable};
use crate::application::writes::{self, Write};
use crate::application::{Candidate, Code, Kind, ManifestFacts, Rank, Target, find};
use crate::catalog::Origin;
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Place};
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::packages::direct;
use crate::plan::packages::patterns::matches;
use crate::plan::run::containers;
use crate::plan::source::own_modules;
use crate::plan::source::siblings::Siblings;
use crate::project::source_tree::join;
use crate::rules;
use crate::target;

pub(crate) use choice::several_things;
pub(crate) use holders::way_to;

/// What is read and written by its path.
pub(crate) struct Touched {
    pub(crate) writes: Vec<Write>,
    pub(crate) reads: Vec<Read>,
    /// What is there of what libraries look for.
    pub(crate) of_libraries: Vec<String>,
}

/// The application as the source tells it, for one image.
pub(crate) struct Application<'p> {
    subject: Subject<'p>,
    facts: ManifestFacts,
    code: Code<'p>,
    installed: BTreeSet<PackageName>,
    /// Those of them that are the project's own.
    own: BTreeSet<PackageName>,
    siblings: Siblings,
    /// What the project itself requires and its code may import.
    direct: BTreeSet<PackageName>,
    target: target::Target,
    /// What could be run; what the project's own container files start stands above the others.
    pub(crate) candidates: Vec<Candidate>,
    /// The same without a look at those files.
    alone: Vec<Candidate>,
}

impl<'p> Application<'p> {
    /// Looks at the source of the subject's folder.
    pub(crate) fn new(subject: &Subject<'p>, closure: &Closure<'_>) -> Self {
        let installed = closure.installed();
        let installed = installed.map(|(_, package, _)| package.name.clone());
        // The project itself may be virtual: its source is there all the same.
        let installed: BTreeSet<PackageName> =
            installed.chain(subject.manifest.name().cloned()).collect();
        let facts = ManifestFacts::parse(subject.manifest.file.clone());
        let siblings = Siblings::new(subject, closure);
        let local = closure.packages();
        let local = local.filter(|(_, package, _)| package.source.folder().is_some());
        let own = local.map(|(_, package, _)| package.name.clone());
        let code = subject
            .inputs
            .code(subject.folder, &installed)
            .with_roots(siblings.roots.iter().cloned());
        let candidates = find(&code, &facts, &installed);
        let mut application = Self {
            subject: *subject,
            facts,
            code,
            own: own.chain(subject.manifest.name().cloned()).collect(),
            installed,
            siblings,
            direct: direct::names(subject.inputs, closure),
            target: closure.target().clone(),
            alone: candidates.clone(),
            candidates,
        };
        let containers = containers::containers(subject);
        for container in &containers {
            application.tell(container);
        }
        application.serve_by_command(&containers);
        application
    }

    /// Whether something of the project itself serves, works or listens to a chat.
    pub(crate) fn runs(&self) -> bool {
        let mut all = self.candidates.iter();
        all.any(|one| {
            let lasts = one.kind.serves() || one.kind == Kind::Worker;
            let talks = one.kind == Kind::Script && self.has_bot();
            one.confidence.rank() > Rank::Aside && (lasts || talks)
        })
    }

    /// Whether starting it would crash with these distributions alone.
    fn misses(&self, candidate: &Candidate, installed: &BTreeSet<PackageName>) -> bool {
        self.missing(candidate, installed)
            .iter()
            .any(|import| import.when == When::AtStart)
    }

    /// Whether the image has a distribution.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.installed.iter().any(|own| own.as_ref() == name)
    }

    /// Whether the image has a distribution of this kind.
    pub(crate) fn has_one(&self, is_it: impl Fn(&PackageName) -> bool) -> bool {
        self.installed.iter().any(is_it)
    }

    /// Whether the image has a library for bots, which listen to a chat.
    pub(crate) fn has_bot(&self) -> bool {
        let mut bots = self.subject.inputs.catalog.frameworks().bots();
        bots.any(|(name, _)| self.installed.contains(name))
    }

    /// The source.
    pub(crate) fn code(&self) -> &Code<'p> {
        &self.code
    }

    /// Whether the source holds one of these words.
    pub(crate) fn mentions(&self, words: &[&str]) -> bool {
        let mut files = self.code.runnable().iter();
        files.any(|path| self.code.mentions(path, words))
    }

    /// The environment variables that what is started reads.
    pub(crate) fn variables(&self, started: &[&Candidate]) -> Vec<Variable> {
        let files = self.files_of(started);
        let services = self.subject.inputs.catalog.services();
        variables::find(&self.code, files.iter().map(String::as_str), services)
    }

    /// The hosts that what is started answers to.
    pub(crate) fn hosts(&self, started: &[&Candidate]) -> Option<Hosts> {
        let files = self.files_of(started);
        hosts::find(&self.code, files.iter().map(String::as_str))
    }

    /// What is started reads and writes, by path.
    pub(crate) fn paths(&self, started: &[&Candidate], variables: &[Variable]) -> Touched {
        let files = self.reached(started);
        let run = started.iter().filter(|one| one.target == Target::Module);
        let source = writes::Source {
            code: &self.code,
            variables,
            installed: &self.installed,
            run: run.map(|one| one.path.as_str()).collect(),
            python: self.python(),
        };
        let files = || files.iter().map(String::as_str);
        Touched {
            writes: writes::find(&source, files()),
            reads: reads::find(&source, files()),
            of_libraries: reads::of_libraries(&source),
        }
    }

    /// The files that what is started gets to.
    fn reached(&self, started: &[&Candidate]) -> BTreeSet<String> {
        let provides = |module: &str| self.provides(module);
        let environment = self.environment(&self.installed, &provides);
        let mut files = BTreeSet::new();
        for one in started {
            // A step such as a migration is a file that no module names.
            if one.module.is_empty() {
                files.extend(self.code.reached(&one.path));
                let environments = one.files.iter().map(|folder| join(folder, "env.py"));
                files.extend(environments.flat_map(|path| self.code.reached(&path)));
            } else {
                let entry = Entry::from(*one);
                files.extend(imports::reached(&self.code, &[entry], &environment));
            }
        }
        files
    }

    /// The programs of the system that what is started starts in its turn.
    pub(crate) fn executables(&self, started: &[&Candidate]) -> BTreeMap<String, Place> {
        let files = self.reached(started);
        executables::find(&self.code, files.iter().map(String::as_str))
    }

    /// What the project's build would make, where that is known.
    pub(crate) fn wheel(&self) -> Option<Wheel> {
        packaging::wheel(&self.code, &self.facts)
    }

    fn python(&self) -> (u8, u8) {
        (
            3,
            u8::try_from(self.target.python.minor()).unwrap_or(u8::MAX),
        )
    }

    /// The files that what is started imports. Settings that are named in a string are reached by no import: then all
    /// of the source counts.
    pub(crate) fn files_of(&self, started: &[&Candidate]) -> BTreeSet<String> {
        let reached = started.iter().flat_map(|one| self.code.reached(&one.path));
        let mut files: BTreeSet<String> = reached.collect();
        let by_name = |path: &String| self.code.mentions(path, &["SETTINGS_MODULE"]);
        if files.is_empty() || files.iter().any(by_name) {
            files.extend(self.code.runnable().iter().map(|path| (*path).to_owned()));
        }
        files
    }

    fn missing(
        &self,
        candidate: &Candidate,
        installed: &BTreeSet<PackageName>,
    ) -> Vec<MissingImport> {
        if candidate.module.is_empty() {
            return Vec::new();
        }
        self.missing_from(&Entry::from(candidate), installed)
    }

    fn missing_from(&self, entry: &Entry, installed: &BTreeSet<PackageName>) -> Vec<MissingImport> {
        let provides = |module: &str| self.provides(module);
        let environment = self.environment(installed, &provides);
        let mut missing = imports::check(&self.code, std::slice::from_ref(entry), &environment);
        // What is locked under the very name that is imported is what is meant.
        let lock = &self.subject.inputs.project.lock;
        let unknown = missing.iter_mut();
        for one in unknown.filter(|one| one.distributions.is_empty()) {
            let name = PackageName::new(one.import.clone()).ok();
            let locked = name.filter(|name| !lock.named(name).is_empty());
            one.distributions.extend(locked);
        }
        missing
    }

    fn environment<'e>(
        &'e self,
        installed: &'e BTreeSet<PackageName>,
        provides: &'e dyn Fn(&str) -> Option<Vec<PackageName>>,
    ) -> Environment<'e> {
        Environment {
            python: self.python(),
            installed,
            own: &self.own,
            provides,
        }
    }

    /// The modules that a candidate, or what the profile says in its place, needs and that the built package would not
    /// hold. A command that the package installs needs the package, whatever it lacks.
    pub(crate) fn not_packaged(
        &self,
        candidate: Option<&Candidate>,
        said: Option<&str>,
    ) -> Vec<NotPackaged> {
        let is_command = |one: &Candidate| matches!(one.target, Target::Command(_));
        let entry = match candidate {
            Some(one) if is_command(one) || one.module.is_empty() => None,
            Some(one) => Some(Entry::from(one)),
            None => said.and_then(|said| self.said(said)),
        };
        match entry {
            Some(entry) => self.not_packaged_from(entry),
            None if self.subject.manifest.is_package() => {
                let refused = packaging::refused(&self.code, &self.facts);
                refused.into_iter().collect()
            }
            None => Vec::new(),
        }
    }

    /// The same for a module that a further command starts.
    pub(crate) fn not_packaged_beside(&self, module: &str) -> Vec<NotPackaged> {
        let entry = self.said(module);
        entry.map_or_else(Vec::new, |entry| self.not_packaged_from(entry))
    }

    fn not_packaged_from(&self, entry: Entry) -> Vec<NotPackaged> {
        if !self.subject.manifest.is_package() {
            return Vec::new();
        }
        let provides = |module: &str| self.provides(module);
        let environment = self.environment(&self.installed, &provides);
        let reached = imports::reached(&self.code, &[entry], &environment);
        packaging::check(&self.code, &self.facts, &reached)
    }

    /// What the image cannot import, from a candidate on.
    pub(crate) fn findings(&self, candidate: &Candidate) -> Vec<Diagnostic> {
        if candidate.module.is_empty() {
            return Vec::new();
        }
        self.findings_of(&Entry::from(candidate))
    }

    /// The same for an entry that the profile says and the source does not show:
    /// `package.module:attribute`.
    pub(crate) fn findings_said(&self, entry: &str) -> Vec<Diagnostic> {
        match self.said(entry) {
            Some(entry) => self.findings_of(&entry),
            None => self.absent(entry).into_iter().collect(),
        }
    }

    /// A command of the project whose module the source does not have.
    pub(crate) fn unseen(&self, candidate: &Candidate) -> Option<Diagnostic> {
        let Target::Command(command) = &candidate.target else {
            return None;
        };
        let module = &candidate.module;
        let is_there = module.is_empty() || own_modules::is_there(&self.subject, module);
        if is_there {
            return None;
        }
        let what = format!("`{command}` calls `{module}`, and the source has no such module");
        let finding = Diagnostic::new(rules::UNKNOWN_ENTRY, what)
            .at(candidate.place.clone())
            .with_note("so nothing is known of what it imports, and of what it does not need")
            .with_help(
                "bring the module here, or correct the line; where the build makes it, all is well",
            );
        Some(finding)
    }

    /// An entry that the profile says, where the source has its module.
    fn said(&self, entry: &str) -> Option<Entry> {
        let (module, attribute) = entry.split_once(':').unwrap_or((entry, ""));
        let manifest = join(self.subject.folder, "pyproject.toml");
        Some(Entry {
            root: self.code.locate(&manifest, module)?.root,
            module: module.to_owned(),
            start: Start::Imported,
            function: attribute.to_owned(),
        })
    }

    /// What is started itself may be what the image lacks. A module that nothing is known to have is told as an
    /// unknown entry.
    fn absent(&self, said: &str) -> Option<Diagnostic> {
        let module = said.split(':').next().unwrap_or(said);
        let provides = |module: &str| self.provides(module);
        let environment = self.environment(&self.installed, &provides);
        let (import, distributions) = environment.missing(module)?;
        if distributions.is_empty() {
            return None;
        }
        let profile = self.subject.profile;
        let entry = profile.entry.as_ref().map(|said| &said.origin);
        let origin = entry.or(profile.command.as_ref().map(|said| &said.origin));
        let what = format!(
            "`{import}` is started and not in the closure of `{}`: it {}",
            profile.name,
            When::AtStart.effect()
        );
        let finding = Diagnostic::new(rules::MISSING_IMPORT, what).at_some(
            origin.and_then(|origin| origin.place_of(said, "the image would not have it")),
        );
        Some(finding.with_help(self.help(&import, &distributions)))
    }

    fn findings_of(&self, entry: &Entry) -> Vec<Diagnostic> {
        let missing = self.missing_from(entry, &self.installed);
        let paired = self.paired(entry, &missing);
        let is_fine = |import: &&MissingImport| match import.when {
            When::Explained | When::Guarded => true,
            When::AtStart => self.is_forbidden(import),
            When::InBranch => self.is_for_developers(import),
            When::AtCall => false,
        };
        let telling = missing.iter().filter(|import| !is_fine(import));
        let telling = telling.filter(|import| !paired.contains_key(&import.import));
        telling.map(|import| self.finding(import)).collect()
    }

    /// Whether only those who work on the project have it: a branch that needs it is not taken elsewhere.
    fn is_for_developers(&self, missing: &MissingImport) -> bool {
        let inputs = self.subject.inputs;
        let member = self
            .subject
            .member
            .map(|id| inputs.project.lock.package(id));
        let usual = inputs.catalog.frameworks().usual("developer-groups");
        let is_theirs = |name: &PackageName| {
            let groups = member.iter().flat_map(|member| &member.groups);
            let mut theirs =
                groups.filter(|(group, _)| usual.iter().any(|one| one == group.as_ref()));
            let is_tool = inputs.catalog.development().get(name).is_some();
            is_tool
                || theirs.any(|(_, needs)| {
                    needs
                        .iter()
                        .any(|need| inputs.project.lock.package(need.package).name == *name)
                })
        };
        missing.distributions.iter().any(is_theirs)
    }

    /// What a candidate imports at its start that the image must not have.
    pub(crate) fn forbidden_at_start(&self, candidate: &Candidate) -> Vec<MissingImport> {
        let mut missing = self.missing(candidate, &self.installed);
        missing.retain(|import| import.when == When::AtStart && self.is_forbidden(import));
        missing
    }

    /// What a candidate imports at its start, and is locked for other images.
    pub(crate) fn locked_at_start(&self, candidate: &Candidate) -> BTreeSet<PackageName> {
        let lock = &self.subject.inputs.project.lock;
        let missing = self.missing(candidate, &self.installed).into_iter();
        let missing = missing.filter(|one| one.when == When::AtStart && !self.is_forbidden(one));
        let locked = missing.filter_map(|one| {
            let mut all = one.distributions.into_iter();
            all.find(|name| !lock.named(name).is_empty())
        });
        locked.collect()
    }

    /// Whether the profile forbids what is locked for it.
    fn is_forbidden(&self, missing: &MissingImport) -> bool {
        let lock = &self.subject.inputs.project.lock;
        let forbids = |name: &PackageName| {
            let mut patterns = self.subject.profile.forbid.value.iter();
            patterns.any(|pattern| matches(&self.subject, pattern, name))
        };
        let mut locked = missing.distributions.iter();
        locked.any(|name| !lock.named(name).is_empty() && forbids(name))
    }

    fn finding(&self, missing: &MissingImport) -> Diagnostic {
        let name = &self.subject.profile.name;
        let import = &missing.import;
        let place = missing.chain.last().map(|step| step.place.clone());
        let chain: Vec<String> = missing.chain.iter().map(ToString::to_string).collect();
        let finding = Diagnostic::new(
            rules::MISSING_IMPORT,
            format!(
                "`{import}` is imported and not in the closure of `{name}`: it {}",
                missing.when.effect()
            ),
        )
        .at_some(place)
        .with_note(format!("imported by {}", chain.join(" -> ")));
        finding.with_help(self.help(import, &missing.distributions))
    }

    /// How the image gets what is missing.
    fn help(&self, import: &str, distributions: &[PackageName]) -> String {
        let lock = &self.subject.inputs.project.lock;
        let mut siblings = distributions.iter();
        let sibling = siblings.find_map(|name| self.siblings.help(&self.subject, name));
        let is_locked = |name: &&PackageName| !lock.named(name).is_empty();
        // Most are called like their distribution.
        let called: Option<PackageName> = import.replace(['.', '_'], "-").parse().ok();
        let locked = distributions.iter().chain(&called).find(is_locked);
        match (sibling, locked, distributions) {
            (Some(help), _, _) => help,
            (None, Some(locked), _) => way_to(&self.subject, locked).unwrap_or_else(|| {
                format!("`{locked}` is locked, but not for this image: import it where it is used")
            }),
            (None, None, [first, ..]) => format!("add it: `uv add {first}`"),
            (None, None, []) => {
                format!("add the distribution that has `{import}`, or guard the import")
            }
        }
    }

    fn provides(&self, module: &str) -> Option<Vec<PackageName>> {
        let known = match self.subject.inputs.catalog.origin(module) {
            Origin::Distributions(row) => row.distributions(),
            Origin::Namespace | Origin::Unknown => &[],
        };
        let member = self.siblings.provides(module).into_iter();
        let all: Vec<PackageName> = member.chain(known).cloned().collect();
        (!all.is_empty()).then_some(all)
    }
}
