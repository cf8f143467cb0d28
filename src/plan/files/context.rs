//! What is sent to Docker: what the build copies, less what stays out of the tree.
//!
//! The ignore file is committed, so it says the same in every checkout: it names patterns, never what happens to lie
//! there. Docker goes by the last line that matches a path or a folder around it, and no `!` line may have a wildcard
//! (<https://github.com/containers/buildah/issues/6615>). So patterns come first, and behind them, one by one, what
//! they would take away and is source all the same. A `.dockerignore` that takes back what it leaves out comes first of
//! all, line by line, narrowed to what is copied.

mod lines;
mod needed;

use std::collections::BTreeSet;

use self::lines::{Patterns, Reader, all_the_same, is_at_or_below};
use crate::catalog::{Sources, UnwantedKind};
use crate::diagnostic::Diagnostic;
use crate::ignore_pattern::{IgnoreLines, IgnorePattern};
use crate::plan::files::app::kind_of;
use crate::plan::inputs::Subject;
use crate::plan::source::paths::printable;
use crate::plan::{
    AppPlan, ContextLine, ContextPlan, ContextSection, CopiedKind, Decision, RecipePlan, StepPlan,
};
use crate::profile::{Builder, Line};
use crate::project::SourceTree;
use crate::project::source_tree::{IgnoreFile, IgnoreFileOf, Kept, parent};
use crate::rules;

/// What a pattern was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source<'p> {
    /// A kind of name in the catalog.
    Names(UnwantedKind),
    /// An ignore file of the project.
    File(&'p str),
}

/// A part of the ignore file. What comes later has the last word, so the worst comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Ignore files that take back what they leave out: nothing that comes before is to be taken back by them.
    Lists,
    Names(UnwantedKind),
    Files,
}

const STAGES: [Stage; 6] = [
    Stage::Lists,
    Stage::Names(UnwantedKind::Tests),
    Stage::Files,
    Stage::Names(UnwantedKind::Rubbish),
    Stage::Names(UnwantedKind::Database),
    Stage::Names(UnwantedKind::Secret),
];

impl Source<'_> {
    fn is_of(self, stage: Stage) -> bool {
        match self {
            Self::Names(kind) => stage == Stage::Names(kind),
            Self::File(_) => stage == Stage::Files,
        }
    }

    fn comment(self) -> String {
        match self {
            Self::Names(UnwantedKind::Secret) => "Secrets, by name.".to_owned(),
            Self::Names(UnwantedKind::Database) => "Databases, by name.".to_owned(),
            Self::Names(UnwantedKind::Rubbish) => "Rubbish, by name.".to_owned(),
            Self::Names(UnwantedKind::Tests) => "Tests.".to_owned(),
            Self::File(path) => format!("Ignored by {}.", path.replace(char::is_control, " ")),
        }
    }
}

fn all_the_same_section(sections: &mut Vec<ContextSection>, lines: Vec<ContextLine>) {
    if !lines.is_empty() {
        sections.push(ContextSection {
            comment: "Part of the build all the same.".to_owned(),
            lines,
        });
    }
}

/// One image's context in the making.
struct Context<'a, 'p> {
    subject: &'a Subject<'p>,
    /// What the image is started with.
    command: &'a [Line],
    tree: &'p SourceTree,
    /// Whatever a `COPY` of the Dockerfile names.
    copied: BTreeSet<(String, CopiedKind)>,
    /// What stays out, each pattern once.
    out: Vec<(Source<'p>, IgnorePattern)>,
    /// The same, by stage.
    stages: [Patterns; STAGES.len()],
    /// Ignore files whose order matters.
    lists: Vec<IgnoreLines>,
}

/// Decides what is sent to Docker for an image.
pub(crate) fn context(
    subject: &Subject<'_>,
    app: &AppPlan,
    recipe: &RecipePlan,
    steps: &[Decision<StepPlan>],
    command: &[Line],
) -> ContextPlan {
    let mut context = Context {
        subject,
        command,
        tree: &subject.inputs.tree,
        copied: copied(subject, app, recipe, steps),
        out: Vec::new(),
        stages: STAGES.map(|_| Patterns::new(std::iter::empty())),
        lists: lists(&subject.inputs.tree),
    };
    context.read_patterns(needed::takes_tests(subject, app));
    context.stages = STAGES.map(|stage| {
        let of_stage = context.out.iter().filter(|(source, _)| source.is_of(stage));
        Patterns::new(of_stage.map(|(_, pattern)| pattern))
    });
    context.plan()
}

fn lists(tree: &SourceTree) -> Vec<IgnoreLines> {
    let files = tree.ignore_files().iter();
    let lists = files.filter(|file| file.has_order());
    lists.map(IgnoreFile::docker_lines).collect()
}

/// A `.dockerignore` that no other checkout has.
pub(crate) fn unread_list(tree: &SourceTree) -> Option<Diagnostic> {
    let mut files = tree.ignore_files().iter();
    let file = files.find(|file| file.of == IgnoreFileOf::Docker && !file.is_shared)?;
    let path = printable(&file.path);
    let finding = Diagnostic::new(
        rules::STRAY_FILE,
        format!("Git ignores `{path}`: no other checkout has it, so nothing goes by it"),
    )
    .with_help(format!("have Git track it: `git add --force {path}`"));
    Some(finding)
}

/// What lies in this checkout alone, and would be sent from it.
pub(crate) fn stray_file(plan: &ContextPlan) -> Option<Diagnostic> {
    let first = plan.stray.first()?;
    let paths: Vec<String> = plan
        .stray
        .iter()
        .take(5)
        .map(|path| printable(path))
        .collect();
    let finding = Diagnostic::new(
        rules::STRAY_FILE,
        format!(
            "`{}` would be sent to Docker from this checkout, and from no other",
            printable(first)
        ),
    )
    .with_note("Git ignores it here, and no `.gitignore` that is committed says so")
    .with_help(format!(
        "add to .gitignore or .dockerignore\n{}",
        paths.join("\n")
    ));
    Some(finding)
}

/// dfgen's own files that a build reads would stand here, beside manifest and lock.
fn copied(
    subject: &Subject<'_>,
    app: &AppPlan,
    recipe: &RecipePlan,
    steps: &[Decision<StepPlan>],
) -> BTreeSet<(String, CopiedKind)> {
    let own = ["pyproject.toml", "uv.lock"].map(str::to_owned).into_iter();
    let manifests = recipe.manifests.iter().map(|path| path.as_ref().to_owned());
    let files = own.chain(manifests).map(|path| (path, CopiedKind::File));
    let packages = app.packages().flat_map(|package| &package.files);
    let of_steps = steps.iter().flat_map(|step| step.value.files());
    let rest = packages.chain(&app.files).chain(of_steps);
    let rest = rest.map(|one| (one.path.as_ref().to_owned(), one.kind));
    let asked = subject.profile.copy.value.iter();
    let asked = asked.map(|path| {
        let kind = kind_of(&subject.inputs.tree, path.as_ref());
        (path.as_ref().to_owned(), kind)
    });
    files.chain(rest).chain(asked).collect()
}

impl<'p> Context<'_, 'p> {
    /// The patterns that can match something that is copied: names first, then the project's own files.
    fn read_patterns(&mut self, takes_tests: bool) {
        let tree = self.tree;
        let unwanted = self.subject.inputs.catalog.unwanted();
        for (kind, row) in unwanted.rows() {
            let is_sent = kind == UnwantedKind::Tests && takes_tests;
            for pattern in row.patterns().filter(|_| !is_sent) {
                if row.at_manifest() {
                    self.add_beside_manifests(kind, pattern);
                } else {
                    self.add(Source::Names(kind), pattern.clone());
                }
            }
        }
        let files = tree.ignore_files().iter();
        for file in files.filter(|file| file.is_shared && !file.has_order()) {
            for rule in file.rules.iter().filter(|rule| !rule.takes_back) {
                self.add(Source::File(&file.path), rule.pattern.clone());
            }
        }
    }

    fn add(&mut self, source: Source<'p>, pattern: IgnorePattern) {
        let mut copied = self.copied.iter();
        let can_match = copied.any(|(path, kind)| match kind {
            CopiedKind::Folder => path == "." || pattern.reaches(path),
            CopiedKind::File => pattern.hits(path),
        });
        if can_match && !self.out.iter().any(|(_, known)| *known == pattern) {
            self.out.push((source, pattern));
        }
    }

    fn add_beside_manifests(&mut self, kind: UnwantedKind, pattern: &IgnorePattern) {
        let tree = self.tree;
        let projects = Sources::embedded().projects();
        let is_manifest = |path: &&str| {
            path.rsplit('/')
                .next()
                .is_some_and(|name| projects.contains(name))
        };
        let folders: BTreeSet<&str> = tree.paths().filter(is_manifest).map(parent).collect();
        for folder in folders {
            let pattern = pattern.directly_in(folder);
            let mut asked = self.subject.profile.copy.value.iter();
            if !asked.any(|path| pattern.hits(path.as_ref())) {
                self.add(Source::Names(kind), pattern);
            }
        }
    }

    fn plan(self) -> ContextPlan {
        let tests = needed::tests(&self);
        let mut sections: Vec<ContextSection> = Vec::new();
        for (at, stage) in STAGES.iter().enumerate() {
            if *stage == Stage::Lists {
                self.lists(&mut sections);
                let asked = self.asked_for(*stage).map(ContextLine::In).collect();
                all_the_same_section(&mut sections, asked);
                continue;
            }
            self.stay_out(*stage, &mut sections);
            // A `!` line takes back what was said before it, and that has to be said again.
            let so_far = self
                .out
                .iter()
                .filter(|(source, _)| STAGES[..=at].iter().any(|stage| source.is_of(*stage)));
            let folders = self.folders(*stage, &tests);
            let listed = folders.iter().flat_map(|folder| self.listed_in(folder));
            let mut lines = all_the_same(
                &folders,
                listed.collect(),
                so_far.map(|(_, pattern)| pattern),
            );
            if *stage == Stage::Files {
                lines.extend(self.asked_for(*stage).map(ContextLine::In));
            }
            all_the_same_section(&mut sections, lines);
        }
        let files = self.files(&sections, &tests).into_iter();
        all_the_same_section(&mut sections, files.map(ContextLine::In).collect());
        ContextPlan {
            everything: self.copied.iter().any(|(path, _)| path == "."),
            copied: self.copied.iter().map(|(path, _)| path.clone()).collect(),
            stray: self.stray(&sections),
            kept: self.kept(&tests),
            sections,
        }
    }

    /// Ignore files whose order matters, each narrowed to what is copied.
    fn lists(&self, sections: &mut Vec<ContextSection>) {
        let files = self.tree.ignore_files().iter();
        for file in files.filter(|file| file.has_order()) {
            let seen = self.copied.iter().flat_map(|(path, kind)| match kind {
                CopiedKind::Folder => lines::of_list(file, path),
                CopiedKind::File => Vec::new(),
            });
            let lines: Vec<ContextLine> = seen.flat_map(|line| self.literal(line)).collect();
            if !lines.is_empty() {
                let comment = Source::File(&file.path).comment();
                sections.push(ContextSection { comment, lines });
            }
        }
    }

    /// What the lists say of what is in a folder that is sent all the same.
    fn listed_in(&self, folder: &str) -> Vec<ContextLine> {
        let files = self.tree.ignore_files().iter();
        let lists = files.filter(|file| file.has_order());
        let lines = lists.flat_map(|file| lines::of_list(file, folder));
        let lines = lines.flat_map(|line| self.literal(line));
        lines
            .filter(|line| *line != ContextLine::Out(IgnorePattern::exact(folder)))
            .collect()
    }

    /// buildah passes over a folder that is left out where a pattern takes something in it back, and names alone lead it
    /// there: it gets the names of what a clean checkout has. `BuildKit` goes by the pattern, which holds for what comes.
    fn literal(&self, line: ContextLine) -> Vec<ContextLine> {
        let builder = self.subject.inputs.config.builder.value;
        match line {
            ContextLine::Back(pattern)
                if builder == Builder::Buildah && pattern.as_path().is_none() =>
            {
                let copied = self.tree.paths().filter(|path| self.is_copied(path));
                let hits: BTreeSet<&str> = copied.filter_map(|path| pattern.hit(path)).collect();
                let names = hits.into_iter().map(str::to_owned);
                names.map(ContextLine::In).collect()
            }
            line => vec![line],
        }
    }

    /// What stays out of the tree, and what nothing that others have keeps out of the context: the outermost folders.
    fn stray(&self, sections: &[ContextSection]) -> Vec<String> {
        let lines = Reader::new(sections.iter().flat_map(|section| &section.lines));
        let left = self.tree.left().map(|(path, _)| path);
        let sent = left.filter(|path| self.is_copied(path) && lines.lets_through(path));
        let asked = |path: &&str| {
            let mut named = self.subject.profile.copy.value.iter();
            named.any(|named| named.as_ref() != "." && is_at_or_below(path, named.as_ref()))
        };
        let mut stray: Vec<String> = sent
            .filter(|path| !asked(path))
            .map(|path| self.tree.outermost_left(path).to_owned())
            .collect();
        stray.dedup();
        stray
    }

    /// The patterns of a stage, by what they come from.
    fn stay_out(&self, stage: Stage, sections: &mut Vec<ContextSection>) {
        for (source, pattern) in self.out.iter().filter(|(source, _)| source.is_of(stage)) {
            let comment = source.comment();
            let line = ContextLine::Out(pattern.clone());
            match sections.last_mut().filter(|last| last.comment == comment) {
                Some(section) => section.lines.push(line),
                None => sections.push(ContextSection {
                    comment,
                    lines: vec![line],
                }),
            }
        }
    }

    /// Folders that a stage would take away whole, and that are part of the build.
    fn folders(&self, stage: Stage, tests: &BTreeSet<String>) -> BTreeSet<String> {
        let mut folders: BTreeSet<String> = match stage {
            Stage::Names(UnwantedKind::Tests) => tests.clone(),
            Stage::Names(UnwantedKind::Rubbish) => {
                let entering = self.tree.paths().filter(|path| self.is_copied(path));
                let hits = entering.filter_map(|path| Some((path, self.hit(stage, path)?)));
                let folders = hits.filter(|(path, hit)| hit != path);
                folders.map(|(_, hit)| hit.to_owned()).collect()
            }
            Stage::Files => {
                let taken_back = self.tree.taken_back().iter();
                let copied = taken_back.filter(|path| self.is_copied(path));
                return copied
                    .filter(|path| self.hit(stage, path).is_some())
                    .cloned()
                    .collect();
            }
            Stage::Names(_) => BTreeSet::new(),
            Stage::Lists => return BTreeSet::new(),
        };
        let copied = self
            .copied
            .iter()
            .filter(|(_, kind)| *kind == CopiedKind::Folder);
        let hit = copied.filter(|(path, _)| self.hit(stage, path).is_some());
        folders.extend(hit.map(|(path, _)| path.clone()));
        folders
    }

    /// Ignored folders that `copy` names: all that is in them is wanted, but for what has no place in any image.
    fn asked_for(&self, stage: Stage) -> impl Iterator<Item = String> {
        let copied = self
            .copied
            .iter()
            .filter(|(_, kind)| *kind == CopiedKind::Folder);
        let asked = copied.filter(|(path, _)| self.is_asked_for(path));
        let ignored = asked.filter(move |(path, _)| self.hit(stage, path).is_some());
        ignored.map(|(path, _)| path.clone())
    }

    /// Files that are sent although the lines so far take them away.
    fn files(&self, sections: &[ContextSection], tests: &BTreeSet<String>) -> Vec<String> {
        let before = Reader::new(sections.iter().flat_map(|section| &section.lines));
        let is_test = |path: &str| {
            let hit = self.hit(Stage::Names(UnwantedKind::Tests), path);
            hit.is_some_and(|hit| !tests.contains(hit))
        };
        let copied = self.copied.iter();
        let copied = copied.filter(|(_, kind)| *kind == CopiedKind::File);
        let copied = copied.map(|(path, _)| path.as_str());
        let below = self.tree.paths();
        let below = below.filter(|path| self.is_copied(path) && !is_test(path));
        let mut files: Vec<String> = copied
            .chain(below)
            .filter(|path| !before.lets_through(path))
            .map(str::to_owned)
            .collect();
        files.sort();
        files.dedup();
        files
    }

    /// What enters all the same, each with why, for people.
    fn kept(&self, tests: &BTreeSet<String>) -> Vec<(String, String)> {
        let asked = self
            .copied
            .iter()
            .filter(|(path, _)| self.is_asked_for(path) && self.is_out(path));
        let mut kept: Vec<(String, String)> = asked
            .map(|(path, _)| (path.clone(), "`copy` names it".to_owned()))
            .collect();
        let because = |kept: Kept| match kept {
            Kept::Tracked => "Git tracks it",
            Kept::Build | Kept::Unshared => "the build needs it",
            Kept::Named => "Git tracks it, and the source names it",
            Kept::Imported => "the source imports it",
            Kept::Certificates => "it holds certificates and no key",
        };
        let files = self.tree.kept().filter(|(path, _)| self.is_copied(path));
        kept.extend(files.map(|(path, why)| (path.to_owned(), because(why).to_owned())));
        kept.extend(tests.iter().map(|path| {
            let is_data = needed::holds_no_tests(self.tree, path);
            let why = if is_data {
                "it holds no tests"
            } else {
                because(Kept::Imported)
            };
            (path.clone(), why.to_owned())
        }));
        kept.sort();
        kept.dedup_by(|a, b| a.0 == b.0);
        kept
    }

    fn is_copied(&self, path: &str) -> bool {
        let mut copied = self.copied.iter();
        copied.any(|(folder, _)| is_at_or_below(path, folder))
    }

    /// Whether `copy` names this very path.
    fn is_asked_for(&self, path: &str) -> bool {
        let mut named = self.subject.profile.copy.value.iter();
        named.any(|named| named.as_ref() == path)
    }

    /// The outermost folder around a path, or the path, that a pattern of a stage keeps out.
    fn hit<'s>(&self, stage: Stage, path: &'s str) -> Option<&'s str> {
        if stage == Stage::Lists {
            return self.lists.iter().find_map(|lines| lines.hit(path));
        }
        let at = STAGES.iter().position(|known| *known == stage)?;
        self.stages[at].hit(path)
    }

    /// Whether a pattern keeps out a path or a folder around it.
    fn is_out(&self, path: &str) -> bool {
        STAGES.iter().any(|stage| self.hit(*stage, path).is_some())
    }
}
