//! What a plan promises of an image.

use std::collections::BTreeMap;
use std::str::FromStr;

use pep508_rs::pep440_rs::Version;

use crate::bytes::Bytes;
use crate::catalog::LibraryPattern;
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Result, SourceFile};
use crate::existing::{Dockerfile, Image as Written, Kind, Words};
use crate::plan::{self, ImagePlan, Inputs, LayerPlan, Plan, Taken};
use crate::profile::Budget;
use crate::render::{Placement, render};
use crate::rules;
use crate::size::Sizes;
use crate::target::Platform;

/// What an image of a profile should be, on one platform.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    pub(super) profile: String,
    pub(super) platform: String,
    /// Distributions, by name; a version that nobody knows before the build is not compared.
    pub(super) distributions: BTreeMap<String, Option<Version>>,
    pub(super) user: String,
    pub(super) folder: String,
    pub(super) command: Vec<String>,
    pub(super) entrypoint: Vec<String>,
    pub(super) ports: Vec<String>,
    pub(super) health: Vec<String>,
    pub(super) stop_signal: String,
    pub(super) env: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
    /// The most that was predicted, on disk; `None` where something is unknown.
    pub(super) most: Option<Bytes>,
    pub(super) budget: Option<Budget>,
    /// The image that it starts from.
    pub(super) base: String,
    /// The stages that its last layers are copied from, from the bottom.
    pub(super) copies: Vec<String>,
    /// What is in its dependency layers, by stage: packages, and what is left out of them.
    pub(super) layers: BTreeMap<String, Vec<String>>,
    /// Libraries that are not missed, as `scan.ignore` says.
    pub(super) ignored: Vec<LibraryPattern>,
}

/// A size is a prediction: only what is above it by more than this share is told.
const TOLERANCE: u64 = 10;

impl Expected {
    /// What the plan of a profile says. Errors: as [`Plan::new`]; the profile makes no image for this platform.
    pub fn new(inputs: &Inputs, taken: &Taken, platform: &str) -> Result<Self> {
        let plan = Plan::new(inputs, std::slice::from_ref(taken))?;
        let image = &plan.images[0];
        let closures = plan::closures(inputs, &taken.profile)?;
        let on = Platform::from_str(platform).ok();
        let closure = closures
            .iter()
            .find(|closure| Some(closure.target().platform) == on)
            .ok_or_else(|| no_platform(&closures, image, platform))?;
        let mut expected = Self {
            profile: image.name.to_string(),
            platform: platform.to_owned(),
            labels: image
                .project
                .labels
                .iter()
                .map(|(key, value)| (key.clone(), value.as_ref().to_owned()))
                .collect(),
            budget: taken
                .profile
                .budget
                .as_ref()
                .map(|budget| budget.value.clone()),
            ..Self::default()
        };
        expected.distributions = distributions(image, closure);
        expected.base = image.base.value.to_string();
        expected.layers = layers(image, closure.target().platform);
        let said = image.scan.iter().flat_map(|scan| &scan.said.ignore);
        expected.ignored = said.cloned().collect();
        let sizes = Sizes::of_plan(inputs, std::slice::from_ref(taken), &plan)?;
        let size = sizes.images.iter().find(|one| Some(one.platform) == on);
        expected.most = size
            .filter(|size| size.unknown.is_empty())
            .map(|size| size.total.disk.high());
        expected.read_file(&plan)?;
        Ok(expected)
    }

    /// What the Dockerfile says that the plan is written as: one source for how an image runs.
    fn read_file(&mut self, plan: &Plan) -> Result<()> {
        let files = render(plan, &Placement::Below(plan.output.clone()));
        let name = format!("{}.Dockerfile", self.profile);
        let Some(file) = files.into_iter().find(|file| file.name == name) else {
            return Ok(());
        };
        let last = file.text.rsplit("\nFROM ").next().unwrap_or_default();
        let is_layer = |line: &&str| line.starts_with("COPY ") && line.ends_with(" /layer/ /");
        let copied = last.lines().filter(is_layer);
        let from = copied.filter_map(|line| line.split_once("--from=")?.1.split(' ').next());
        self.copies = from.map(str::to_owned).collect();
        let written = Written::of(&Dockerfile::parse(SourceFile::new(name, file.text))?, None)?;
        for instruction in written.instructions {
            self.read(instruction.kind);
        }
        Ok(())
    }

    fn read(&mut self, kind: Kind) {
        match kind {
            Kind::Env(pairs) => self.env.extend(pairs),
            Kind::Expose(ports) => self.ports = ports.into_iter().map(in_full).collect(),
            Kind::Healthcheck(Some((_, words))) => self.health = asked(words),
            Kind::Healthcheck(None) => self.health = vec!["NONE".to_owned()],
            Kind::Cmd(words) => self.command = started(words),
            Kind::Entrypoint(words) => self.entrypoint = started(words),
            Kind::User(user) => self.user = user,
            Kind::Workdir(folder) => self.folder = folder,
            Kind::StopSignal(signal) => self.stop_signal = signal,
            _ => {}
        }
    }

    /// The health check, as the image's configuration has it.
    pub(crate) fn health_check(&self) -> &[String] {
        &self.health
    }

    pub(super) fn platform_differs(&self, platform: &str) -> Vec<String> {
        let differs = platform != self.platform;
        differs
            .then(|| format!("it is for {platform}, not for {}", self.platform))
            .into_iter()
            .collect()
    }

    /// Where a size is above its budget, or far above what was predicted.
    pub(super) fn size_differs(&self, disk: Bytes, pull: Option<Bytes>) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(most) = self.most {
            let limit = Bytes(most.0 + most.0 / 100 * TOLERANCE);
            if disk > limit {
                found.push(format!("{disk} on disk, and at most {most} was predicted: `dfgen layers` says what it is"));
            }
        }
        let budget = self.budget.clone().unwrap_or_default();
        for (measure, is, limit) in [
            ("on disk", Some(disk), budget.disk),
            ("to pull", pull, budget.pull),
        ] {
            if let (Some(is), Some(limit)) = (is, limit.map(|limit| limit.bytes())) {
                if is > limit {
                    found.push(format!("{is} {measure}, and `budget` allows {limit}"));
                }
            }
        }
        found
    }
}

fn no_platform(closures: &[Closure<'_>], image: &ImagePlan, platform: &str) -> Diagnostic {
    let has = closures.iter().map(|one| one.target().platform.to_string());
    let has: Vec<String> = has.collect();
    let message = format!(
        "`{}` makes no image for {platform}: it is for {}",
        image.name,
        has.join(", ")
    );
    Diagnostic::new(rules::NO_IMAGE, message).with_help(format!(
        "name the image for another platform: `--platform {}`",
        has.join("` or `--platform ")
    ))
}

/// What makes the bytes of each dependency layer.
fn layers(image: &ImagePlan, platform: Platform) -> BTreeMap<String, Vec<String>> {
    let of = |layer: &LayerPlan| {
        let contents = layer.contents.iter().filter(|one| one.platform == platform);
        let packages = contents.flat_map(|one| &one.packages);
        let packages = packages.map(|package| package.label.clone());
        let trim = layer
            .trim
            .iter()
            .map(|trim| format!("without {}", trim.rule));
        (layer.stage().to_string(), packages.chain(trim).collect())
    };
    image.layers.iter().map(of).collect()
}

/// What of a closure is installed: a project that runs from source is not.
fn distributions(image: &ImagePlan, closure: &Closure<'_>) -> BTreeMap<String, Option<Version>> {
    let built: Vec<_> = image.app.packages().map(|package| &package.name).collect();
    let mut found = BTreeMap::new();
    for (id, package, _) in closure.installed() {
        let is_local = closure.lock().is_member(id);
        if !is_local || built.contains(&&package.name) {
            let version = package.version.clone().filter(|_| !is_local);
            found.insert(package.name.to_string(), version);
        }
    }
    found
}

/// A command as an image's configuration has it.
fn started(words: Words) -> Vec<String> {
    match words {
        Words::Exec(words) => words,
        Words::Shell(text) => vec!["/bin/sh".to_owned(), "-c".to_owned(), text],
    }
}

/// The same of a health check.
fn asked(words: Words) -> Vec<String> {
    match words {
        Words::Exec(words) => [vec!["CMD".to_owned()], words].concat(),
        Words::Shell(text) => vec!["CMD-SHELL".to_owned(), text],
    }
}

/// `8000/tcp` of `8000`.
fn in_full(port: String) -> String {
    if port.contains('/') {
        port
    } else {
        format!("{port}/tcp")
    }
}
