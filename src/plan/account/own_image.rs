//! One of the project's own images, held against the images that do its work.

use super::judge::verb;
use crate::catalog::DebianRelease;
use crate::existing::{Command, ComposeService, Image, Through, followed};
use crate::plan::findings::Planned;
use crate::plan::inputs::Inputs;
use crate::plan::{ImagePlan, LayerPlan};
use crate::profile::Profile;
use crate::project::SourceTree;
use crate::project::source_tree::has_extension;

/// One of the project's own images, and those that do its work.
pub(super) struct OwnImage<'a> {
    pub(super) image: &'a Image,
    /// The services that are of it.
    pub(super) services: Vec<&'a ComposeService>,
    /// The first of the images that do its work: what is kept is said in its profile.
    pub(super) first: &'a Planned<'a>,
    /// All of them.
    pub(super) plans: Vec<&'a ImagePlan>,
    /// What it starts, each through the files that say so.
    pub(super) starts: Vec<Vec<String>>,
    pub(super) through: Vec<Through>,
    /// The paths of all files on the way, and of lists of packages.
    pub(super) followed: Vec<String>,
    pub(super) release: DebianRelease,
}

impl<'a> OwnImage<'a> {
    /// The images that do the work of some of the plan, each once.
    pub(super) fn all(planned: &'a [Planned<'a>]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for one in planned.iter().filter(|one| !one.image.run.development) {
            for own in &one.own {
                let Some(image) = own.image else {
                    continue;
                };
                let known = found
                    .iter_mut()
                    .find(|known| std::ptr::eq(known.image, image));
                let known = match known {
                    Some(known) => known,
                    None => {
                        found.push(Self::new(image, one));
                        found.last_mut().expect("it was pushed")
                    }
                };
                if known
                    .plans
                    .iter()
                    .all(|plan| !std::ptr::eq(*plan, &raw const one.image))
                {
                    known.plans.push(&one.image);
                }
                known.services.extend(own.service);
            }
        }
        for own in &mut found {
            own.follow();
        }
        found
    }

    fn new(image: &'a Image, first: &'a Planned<'a>) -> Self {
        let base = first.image.base.value.as_ref();
        let images = first.subject.inputs.catalog.base_images();
        Self {
            image,
            services: Vec::new(),
            first,
            plans: Vec::new(),
            starts: Vec::new(),
            through: Vec::new(),
            followed: Vec::new(),
            release: images.apt_names(base).unwrap_or(DebianRelease::Trixie),
        }
    }

    fn follow(&mut self) {
        let lists = self.image.package_lists(self.tree()).into_iter();
        self.followed.extend(lists.map(|(path, _)| path));
        let composed = self.services.iter();
        let composed = composed.filter_map(|service| service.start.as_ref());
        for start in composed.chain(self.image.start.as_ref()) {
            let followed = followed(self.tree(), Some(self.image), &start.value);
            self.starts.push(followed.start.words);
            for through in followed.through {
                let path = through.file.path().to_string_lossy();
                self.followed.push(path.into_owned());
                let is_script = through.file.text().starts_with("#!");
                let mut known = self.through.iter();
                if is_script && known.all(|known| known.file.path() != through.file.path()) {
                    self.through.push(through);
                }
            }
        }
    }

    pub(super) fn inputs(&self) -> &'a Inputs {
        self.first.subject.inputs
    }

    pub(super) fn profile(&self) -> &'a Profile {
        self.first.subject.profile
    }

    pub(super) fn tree(&self) -> &'a SourceTree {
        &self.inputs().tree
    }

    /// Whether it runs a program itself, while it is built or before it starts.
    pub(super) fn calls(&self, program: &str) -> bool {
        let is_it = |command: &Command| command.program() == program;
        let mut built = self.image.commands.iter();
        let through = self.through.iter();
        let mut before = through.flat_map(|one| &one.start.before);
        built.any(|command| is_it(&command.value)) || before.any(is_it)
    }

    /// The words that the user gives to builds: lines and steps of dfgen.toml.
    pub(super) fn said(&self) -> String {
        let profile = self.profile();
        let lines = &profile.instructions;
        let stages = [&lines.base, &lines.build, &lines.app, &lines.runtime];
        let lines = stages.into_iter().flat_map(|lines| &lines.value);
        let lines = lines.map(AsRef::<str>::as_ref);
        let steps = profile.build_steps.value.iter();
        let steps = steps.flat_map(|step| &step.run).map(AsRef::<str>::as_ref);
        let all: Vec<&str> = lines.chain(steps).collect();
        all.join("\n")
    }

    /// Whether the new image has this program: Python's, that of an installed package, or one of the project's own.
    pub(super) fn has_program(&self, program: &str) -> bool {
        let layers = self.plans.iter().flat_map(|plan| &plan.layers);
        let mut names = layers.flat_map(LayerPlan::names);
        let name = program.rsplit('/').next().unwrap_or(program);
        let scripts = self.first.subject.manifest.file.text();
        name.starts_with("python")
            || has_extension(name, "py")
            || names.any(|known| known.as_ref() == name)
            || scripts.contains(&format!("\n{name} = "))
    }

    /// Whether a step of the new build runs this.
    pub(super) fn has_step(&self, words: &[String]) -> bool {
        let plans = self.plans.iter();
        let mut lines = plans
            .flat_map(|plan| &plan.steps)
            .flat_map(|step| &step.value.run);
        let verb = verb(words);
        let program = words.first().map_or("", String::as_str);
        let is_python = program.starts_with("python") || has_extension(program, "py");
        lines.any(|line| {
            let line: &str = line.as_ref();
            let is_program = line.split(' ').next() == Some(program);
            is_program && !is_python || verb.is_some_and(|verb| line.contains(verb.as_str()))
        })
    }
}
