//! What the commands of a finished plan start, held against what its image has.
//!
//! The one check behind all that chooses commands and files: whatever led there, no image is made whose module, script or
//! settings stay behind. It goes by the plan alone: what is copied, what the ignore file lets through, what the wheel
//! holds, what steps of the build make. What no file of the project tells, as the module of a package, is not judged.

mod why;

use std::collections::BTreeSet;

use self::why::Absent;
use crate::application::packaging::Wheel;
use crate::closure::Closure;
use crate::diagnostic::Diagnostic;
use crate::ignore_pattern::{IgnoreLines, IgnorePattern};
use crate::plan::inputs::Subject;
use crate::plan::run::named::comes_with_package;
use crate::plan::source::commands::{self, Names, below_app};
use crate::plan::source::siblings::Siblings;
use crate::plan::{AppForm, ContextLine, Decision, ImagePlan, StepIn};
use crate::profile::Line;
use crate::project::source_tree::{has_extension, join};

/// What an image has of the project's files.
struct Held<'a, 'p> {
    subject: &'a Subject<'p>,
    closure: &'a Closure<'p>,
    image: &'a ImagePlan,
    wheel: Option<&'a Wheel>,
    /// What the ignore file lets through.
    lines: IgnoreLines,
}

/// What is started and not there, each once.
pub(super) fn check(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    image: &ImagePlan,
    wheel: Option<&Wheel>,
) -> Vec<Diagnostic> {
    let sections = image.context.sections.iter();
    let lines = sections.flat_map(|section| &section.lines);
    let lines: Vec<(bool, IgnorePattern)> = lines.map(ContextLine::read).collect();
    let held = Held {
        subject,
        closure,
        image,
        wheel,
        lines: lines.iter().map(|(back, one)| (*back, one)).collect(),
    };
    let mut told = BTreeSet::new();
    let mut problems = Vec::new();
    let migrate = image.run.migrate.as_ref();
    for command in image.run.commands() {
        let is_step = migrate.is_some_and(|step| step.command == *command);
        let folder = migrate.filter(|_| is_step).map(|step| step.folder.as_ref());
        let names = Names::of_command(&command.value, folder.unwrap_or_default());
        held.absent(&names, command, &mut told, &mut problems);
    }
    for (name, value) in &image.env {
        let shown = format!("{}={}", name.as_ref(), value.value.as_ref()).parse();
        let names = Names::of_variable(name.as_ref(), &value.value);
        if let (Some(names), Ok(shown)) = (names, shown) {
            let said = Decision::new(vec![shown], value.because.clone());
            held.absent(&names, &said, &mut told, &mut problems);
        }
    }
    problems
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    folder == "." || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl<'p> Held<'_, 'p> {
    fn absent(
        &self,
        names: &Names,
        command: &Decision<Vec<Line>>,
        told: &mut BTreeSet<String>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let modules = names.modules.iter();
        let modules = modules.filter_map(|module| self.absent_module(module, names));
        let files = names.files.iter();
        let files = files.filter_map(|file| self.absent_file(file, names));
        for absent in modules.chain(files) {
            if told.insert(absent.path.clone()) {
                problems.push(absent.problem(self.subject, self.image, command));
            }
        }
    }

    /// A module that the project has, and its image has not.
    fn absent_module(&self, module: &str, names: &Names) -> Option<Absent> {
        let bases = self.bases(names);
        let base = module.replace('.', "/");
        let forms = |folder: &String| {
            let path = join(folder, &base);
            let ends = [".py", "/__init__.py", "/__main__.py"];
            ends.map(|end| format!("{path}{end}"))
        };
        let mut on_path = bases.iter().flat_map(forms);
        let lies = |path: &String| self.tree().lies_there(path).is_some();
        let has_folder = bases
            .iter()
            .any(|folder| self.has_module_below(&join(folder, &base)));
        if has_folder || on_path.clone().any(|path| self.has_module(&path)) {
            return None;
        }
        let found = on_path.find(lies).or_else(|| {
            let end = format!("/{base}");
            let is_it = |path: &&str| {
                let stem = path.strip_suffix(".py").unwrap_or(path);
                let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
                has_extension(path, "py") && (stem == base || stem.ends_with(&end))
            };
            let left = self.tree().left().map(|(path, _)| path);
            let all: Vec<&str> = self.tree().paths().chain(left).filter(is_it).collect();
            let is_there = all.iter().any(|path| self.has_module(path));
            let is_other = is_there || comes_with_package(self.subject, self.closure, module);
            let first = all.first().filter(|_| !is_other);
            first.map(|path| (*path).to_owned())
        })?;
        Some(self.explained(module, &found))
    }

    /// A file that is named and not in the image.
    fn absent_file(&self, file: &commands::File, names: &Names) -> Option<Absent> {
        let path = match file.path.strip_prefix('/') {
            Some(_) => below_app(&file.path)?,
            None => &file.path,
        };
        let own = join(self.subject.folder, &join(&names.folder, path));
        let is_there = |path: &str| self.is_copied(path) || self.is_made(path);
        let all = [own.as_str(), path];
        if all.iter().any(|path| is_there(path)) {
            return None;
        }
        // What a program writes may lie on a developer's machine: only what is run counts, whoever has it.
        let enters = |path: &&&str| self.tree().has_file(path);
        let lies = |path: &&&str| file.is_run && self.tree().lies_there(path).is_some();
        let found = all.iter().find(|path| enters(path) || lies(path));
        if let Some(found) = found {
            return Some(self.explained(path, found));
        }
        let is_other = self.may_be_made() || self.image.run.development || !file.is_run;
        (!is_other).then(|| Absent::nowhere(path))
    }

    fn tree(&self) -> &'p crate::project::SourceTree {
        &self.subject.inputs.tree
    }

    /// The folders of the project in which the image looks for modules.
    fn bases(&self, names: &Names) -> Vec<String> {
        let folder = self.subject.folder;
        let mut bases = vec![join(folder, &names.folder), folder.to_owned()];
        let further = names.roots.iter().filter_map(|root| {
            let below = root
                .strip_prefix('/')
                .map_or(Some(root.as_str()), |_| below_app(root));
            below.map(|below| join(folder, below.trim_start_matches("./")))
        });
        bases.extend(further);
        match &self.image.app.form.value {
            AppForm::Source(roots) => {
                let roots = roots.iter().filter_map(|root| below_app(root.as_ref()));
                bases.extend(roots.map(|root| join(folder, root)));
            }
            AppForm::Package => bases.extend(self.tree().import_roots(folder)),
        }
        for member in &self.subject.inputs.project.members {
            let mut installed = self.image.app.members.iter();
            if installed.any(|one| Some(&one.name) == member.pyproject.name()) {
                bases.extend(self.tree().import_roots(&member.path));
            }
        }
        let mut bases: Vec<String> = bases
            .iter()
            .map(|base| base.trim_matches('/').to_owned())
            .collect();
        bases.dedup();
        bases
    }

    /// Whether a folder has modules in the image: a package without `__init__.py`.
    fn has_module_below(&self, folder: &str) -> bool {
        let mut files = self.tree().below(folder);
        files.any(|path| self.has_module(path))
    }

    fn has_module(&self, path: &str) -> bool {
        self.is_copied(path) || self.is_installed(path) || self.is_made(path)
    }

    /// Whether a package that is built and installed holds it.
    fn is_installed(&self, path: &str) -> bool {
        let app = &self.image.app;
        let own = app.package.iter();
        let has = |package: &crate::plan::LocalPackage| {
            let mut files = package.files.iter();
            files.any(|file| is_at_or_below(path, file.path.as_ref()))
        };
        let by_wheel = match self.wheel {
            Some(Wheel::Built(contents)) => contents.files.contains_key(path),
            _ => true,
        };
        let enters = self.tree().has_file(path) && !self.lines.leave_out(path);
        enters && (app.members.iter().any(has) || by_wheel && own.clone().any(has))
    }

    /// Whether it is copied as it is.
    fn is_copied(&self, path: &str) -> bool {
        let mut copied = self.image.app.files.iter();
        let is_it = copied.any(|one| is_at_or_below(path, one.path.as_ref()));
        is_it && !self.lines.leave_out(path) && self.tree().lies_there(path).is_some()
    }

    /// Whether the build runs something that nobody knows.
    fn may_be_made(&self) -> bool {
        let own = &self.subject.profile.build_steps.value;
        let said = &self.image.instructions;
        let mut said = [&said.base, &said.build, &said.app, &said.runtime].into_iter();
        !own.is_empty() || said.any(|one| !one.value.is_empty())
    }

    /// Whether a step of the build makes it.
    fn is_made(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.subject.folder).unwrap_or(path);
        let below = below.trim_start_matches('/');
        let mut steps = self.image.steps.iter();
        steps.any(|step| match &step.value.place {
            StepIn::Here { keep, .. } => keep.iter().any(|kept| {
                let kept = below_app(kept.as_ref());
                kept.is_some_and(|kept| kept.is_empty() || is_at_or_below(below, kept))
            }),
            StepIn::Elsewhere { keep, .. } => {
                keep.iter().any(|kept| is_at_or_below(path, kept.as_ref()))
            }
        })
    }

    fn explained(&self, name: &str, path: &str) -> Absent {
        let mut copied = self.image.app.files.iter();
        let is_copied = copied.any(|one| is_at_or_below(path, one.path.as_ref()));
        let is_built = !self.image.app.form.value.is_package() || self.is_installed(path);
        let siblings = Siblings::new(self.subject, self.closure);
        Absent::explained((self.subject, &siblings), name, path, is_copied, is_built)
    }
}
