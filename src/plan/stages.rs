//! The stages of an image's Dockerfile, in the order in which they stand in it.
//!
//! What a stage is made from and what is installed in it follows from the rest of the plan; it is worked out here and
//! nowhere else, so that whoever words it, as a Dockerfile or as JSON, says the same.

mod bases;

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ImagePlan, LayerPattern, LayerPlan, LocalPackage, StepIn, TrimKind};
use crate::names::PackageName;
use crate::profile::{EnvName, ImageRef, Needs};

/// The name of a stage, as it stands after `AS`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub(crate) struct StageName(String);

impl StageName {
    const UV: &str = "uv";
    const RUST: &str = "rust";
    const PYTHON: &str = "python";
    const SNAPSHOT: &str = "snapshot";
    const BASE: &str = "base";
    const BUILD_BASE: &str = "build-base";
    const SKELETON: &str = "skeleton";
    const BUILD: &str = "build";
    const COMPILE: &str = "compile";
    const LOCK: &str = "lock";
    const MEMBERS: &str = "members";
    const APP: &str = "app";
    const SCAN: &str = "scan";
    const RUNTIME: &str = "runtime";

    fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Whether `FROM` with this name would be a stage and no image.
    pub(crate) fn takes(image: &str) -> bool {
        let own = [
            Self::UV,
            Self::RUST,
            Self::PYTHON,
            Self::SNAPSHOT,
            Self::BASE,
            Self::BUILD_BASE,
            Self::SKELETON,
            Self::BUILD,
            Self::COMPILE,
            Self::LOCK,
            Self::MEMBERS,
            Self::APP,
            Self::SCAN,
            Self::RUNTIME,
        ];
        let is_numbered = ["deps-", "step-"]
            .iter()
            .any(|start| image.starts_with(start));
        own.contains(&image) || image == "deps" || is_numbered && !image.contains([':', '/', '@'])
    }

    /// The stage of the commands at this index of [`ImagePlan::steps`].
    pub(crate) fn of_step(index: usize) -> Self {
        Self(format!("step-{}", index + 1))
    }

    /// The stage of a dependency layer: `deps-heavy`, or `deps` where there is one alone.
    fn of_layer(layer: &LayerPlan) -> Self {
        if layer.name == "deps" {
            Self::new("deps")
        } else {
            Self(format!("deps-{}", layer.name))
        }
    }
}

impl LayerPlan {
    /// The stage that installs it.
    pub(crate) fn stage(&self) -> StageName {
        StageName::of_layer(self)
    }
}

impl AsRef<str> for StageName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One stage of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StagePlan {
    /// Its name.
    pub(crate) name: StageName,
    /// What it starts from.
    pub(crate) from: StageBase,
    /// What it is for.
    pub(crate) makes: StageKind,
}

/// What a stage starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StageBase {
    /// An image.
    Image(ImageRef),
    /// A stage above it.
    Stage(StageName),
}

/// What a stage is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StageKind {
    /// It holds uv's program.
    Uv,
    /// It holds the Rust toolchain.
    Rust,
    /// It tells apt where Debian's packages of a day are.
    Snapshot,
    /// It holds uv's own build of Python.
    Python,
    /// What running stands on; building too, unless another image builds.
    Base,
    /// What building stands on where that is another image.
    BuildBase,
    /// The lowest layer: an empty environment, a user, and bytecode of the standard library.
    Skeleton,
    /// The tools that installing needs.
    Build,
    /// The tools that building from source needs.
    Compile,
    /// The recipe: what of the lock is installed, one part for each layer.
    Lock(Vec<RecipePart>),
    /// Locked packages.
    Dependencies {
        /// The index of the layer in [`ImagePlan::layers`].
        layer: usize,
        /// How it is installed.
        #[serde(flatten)]
        install: Install,
    },
    /// The project's own packages that the application needs.
    Members(Install),
    /// The application.
    App(Install),
    /// Commands whose results the image has.
    Step {
        /// Their index in [`ImagePlan::steps`].
        step: usize,
        /// The stages whose layers are there when they run.
        layers: Vec<StageName>,
    },
    /// A check: nothing in the layers of these stages lacks a shared library.
    Scan(Vec<StageName>),
    /// The image. What is copied into it are the layers of these stages, the lowest first.
    Runtime(Vec<StageName>),
}

/// One part of the recipe. It is installed in one stage and becomes one layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RecipePart {
    /// Its name.
    pub(crate) name: String,
    /// Which locked packages it takes, the first part that fits; none for the project's own.
    pub(crate) patterns: Vec<LayerPattern>,
    /// Which of the project's own packages it takes.
    #[schemars(with = "Vec<String>")]
    pub(crate) local: Vec<PackageName>,
    /// What other parts have, and it has too while it is built.
    #[schemars(with = "Vec<String>")]
    pub(crate) brought: Vec<PackageName>,
}

/// How a part of the recipe is installed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Install {
    /// The part of the recipe; `None` where nothing is installed and files are copied alone.
    pub(crate) part: Option<String>,
    /// What of it is built without isolation: with what the environment holds.
    #[schemars(with = "Vec<String>")]
    pub(crate) unisolated: Vec<PackageName>,
    /// What is there while it is built and goes again, as another layer has it.
    #[schemars(with = "Vec<String>")]
    pub(crate) brought: Vec<PackageName>,
    /// Whether the Rust toolchain is there.
    pub(crate) rust: bool,
    /// The variables that tell builds their version, where they would ask Git.
    pub(crate) versions: Vec<EnvName>,
    /// The stages that may have left out what this one refers to.
    pub(crate) cuts: Vec<StageName>,
}

impl ImagePlan {
    /// The stages of its Dockerfile.
    pub fn stages(&self) -> Vec<StagePlan> {
        let mut stages = vec![StagePlan::new(
            StageName::UV,
            StageBase::Image(self.uv.value.clone()),
            StageKind::Uv,
        )];
        let rust = self.build.rust.as_ref();
        stages.extend(rust.map(|rust| {
            let image = StageBase::Image(rust.value.clone());
            StagePlan::new(StageName::RUST, image, StageKind::Rust)
        }));
        let snapshot = self.snapshot.filter(|_| self.asks_apt());
        stages.extend(snapshot.map(|_| {
            let image = StageBase::Image(self.image_with_shell().clone());
            StagePlan::new(StageName::SNAPSHOT, image, StageKind::Snapshot)
        }));
        stages.extend(self.bases());
        stages.push(StagePlan::on(
            StageName::BUILD,
            self.built_on(),
            StageKind::Build,
        ));
        if self.compiles() {
            stages.push(StagePlan::on(
                StageName::COMPILE,
                StageName::BUILD,
                StageKind::Compile,
            ));
        }
        let recipe = StageKind::Lock(self.recipe_parts());
        stages.push(StagePlan::on(StageName::LOCK, StageName::BUILD, recipe));
        stages.extend(self.layered());
        if self.scan.is_some() {
            let check = StageKind::Scan(self.installed());
            stages.push(StagePlan::on(StageName::SCAN, self.tried_on(), check));
        }
        let runtime = StageKind::Runtime(self.layer_stages());
        stages.push(StagePlan::on(StageName::RUNTIME, StageName::BASE, runtime));
        stages
    }

    /// The stages that layers are copied from, the lowest layer first.
    pub(crate) fn layer_stages(&self) -> Vec<StageName> {
        let skeleton = std::iter::once(StageName::new(StageName::SKELETON));
        let dependencies = self.layers.iter().map(StageName::of_layer);
        skeleton
            .chain(dependencies)
            .chain(self.steps_with(Needs::Dependencies))
            .chain(self.own())
            .chain(self.steps_with(Needs::Application))
            .collect()
    }

    /// Those of them in which something is installed.
    fn installed(&self) -> Vec<StageName> {
        let dependencies = self.layers.iter().map(StageName::of_layer);
        dependencies.chain(self.own()).collect()
    }

    /// The stages of what is the project's own.
    fn own(&self) -> impl Iterator<Item = StageName> {
        let members = (!self.app.members.is_empty()).then(|| StageName::new(StageName::MEMBERS));
        members.into_iter().chain([StageName::new(StageName::APP)])
    }

    /// The stages of commands that run in the image itself, with this much of it.
    fn steps_with(&self, needs: Needs) -> impl Iterator<Item = StageName> {
        let steps = self.steps.iter().enumerate();
        let here = steps.filter(move |(_, step)| step.value.runs_with(needs));
        here.map(|(index, _)| StageName::of_step(index))
    }

    /// Whether something is built that needs more than uv and Python.
    fn compiles(&self) -> bool {
        let build = &self.build;
        !build.apt.is_empty() || !build.env.is_empty() || build.rust.is_some()
    }

    /// Whether layers get bytecode. In development the source is replaced under its bytecode: none is compiled.
    pub(crate) fn compiles_bytecode(&self) -> bool {
        self.bytecode && !self.run.development
    }

    /// The stages that make layers: what is installed, and what commands of the build make.
    fn layered(&self) -> Vec<StagePlan> {
        let mut stages = self.dependencies();
        stages.extend(self.stepped(Needs::Dependencies));
        stages.extend(self.elsewhere());
        stages.extend(self.installing_own());
        stages.extend(self.stepped(Needs::Application));
        stages
    }

    /// Commands that run in the image itself. Each sees what those before it made.
    fn stepped(&self, needs: Needs) -> Vec<StagePlan> {
        let all = self.layer_stages();
        let step = |name: StageName| {
            let step = (0..self.steps.len()).find(|index| StageName::of_step(*index) == name);
            let below = all.iter().take_while(|other| **other != name);
            StagePlan {
                from: StageBase::Stage(StageName::new(self.tried_on())),
                makes: StageKind::Step {
                    step: step.expect("the stage of a step"),
                    layers: below.cloned().collect(),
                },
                name,
            }
        };
        self.steps_with(needs).map(step).collect()
    }

    /// Commands that run in other images.
    fn elsewhere(&self) -> Vec<StagePlan> {
        let steps = self.steps.iter().enumerate();
        let stages = steps.filter_map(|(step, plan)| match &plan.value.place {
            StepIn::Here { .. } => None,
            StepIn::Elsewhere { image, .. } => Some(StagePlan {
                name: StageName::of_step(step),
                from: StageBase::Image(image.clone()),
                makes: StageKind::Step {
                    step,
                    layers: Vec::new(),
                },
            }),
        });
        stages.collect()
    }

    /// The stages of locked packages.
    fn dependencies(&self) -> Vec<StagePlan> {
        let mut stages = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let names: Vec<&PackageName> = layer.names().into_iter().collect();
            let install = Install {
                rust: layer.builds() && self.build.rust_for_dependencies,
                ..self.install(&layer.name, &names)
            };
            stages.push(StagePlan {
                name: StageName::of_layer(layer),
                from: self.stage_that_builds(layer.builds()),
                makes: StageKind::Dependencies {
                    layer: index,
                    install,
                },
            });
        }
        stages
    }

    /// The stages of what is the project's own.
    fn installing_own(&self) -> Vec<StagePlan> {
        let mut stages = Vec::new();
        let app = &self.app;
        if !app.members.is_empty() {
            let install = self.install_own(StageName::MEMBERS, app.members.iter());
            stages.push(StagePlan {
                name: StageName::new(StageName::MEMBERS),
                from: self.stage_that_builds(true),
                makes: StageKind::Members(install),
            });
        }
        let install = match &app.package {
            Some(package) => self.install_own(StageName::APP, [package].into_iter()),
            None => Install::default(),
        };
        stages.push(StagePlan {
            name: StageName::new(StageName::APP),
            from: self.stage_that_builds(app.package.is_some()),
            makes: StageKind::App(Install {
                cuts: self.cuts(),
                ..install
            }),
        });
        stages
    }

    fn stage_that_builds(&self, builds: bool) -> StageBase {
        let name = if builds && self.compiles() {
            StageName::COMPILE
        } else {
            StageName::BUILD
        };
        StageBase::Stage(StageName::new(name))
    }

    fn install(&self, part: &str, names: &[&PackageName]) -> Install {
        let unisolated = names
            .iter()
            .filter(|name| self.build.unisolated.contains(name));
        Install {
            part: Some(part.to_owned()),
            unisolated: unisolated.map(|name| (*name).clone()).collect(),
            brought: self.brought(part, names),
            ..Install::default()
        }
    }

    fn install_own<'i>(
        &self,
        part: &str,
        packages: impl Iterator<Item = &'i LocalPackage> + Clone,
    ) -> Install {
        let names: Vec<&PackageName> = packages.clone().map(|package| &package.name).collect();
        let versions: BTreeSet<&EnvName> = packages
            .filter_map(|package| package.version.as_ref())
            .collect();
        Install {
            rust: self.app.rust,
            versions: versions.into_iter().cloned().collect(),
            ..self.install(part, &names)
        }
    }

    /// The parts that the recipe is split into, one for each layer.
    fn recipe_parts(&self) -> Vec<RecipePart> {
        let layers = self.layers.iter().map(|layer| RecipePart {
            name: layer.name.clone(),
            patterns: layer.patterns.clone(),
            local: Vec::new(),
            brought: self.brought(&layer.name, &layer.names().into_iter().collect::<Vec<_>>()),
        });
        let app = &self.app;
        let own = [
            (StageName::MEMBERS, app.members.as_slice()),
            (StageName::APP, app.package.as_slice()),
        ];
        let own = own.into_iter().filter(|(_, packages)| !packages.is_empty());
        let own = own.map(|(name, packages)| {
            let names: Vec<&PackageName> = packages.iter().map(|package| &package.name).collect();
            RecipePart {
                name: name.to_owned(),
                patterns: Vec::new(),
                brought: self.brought(name, &names),
                local: names.into_iter().cloned().collect(),
            }
        });
        layers.chain(own).collect()
    }

    /// What packages of a part are built with, in the versions that are locked, and other parts have.
    fn brought(&self, part: &str, packages: &[&PackageName]) -> Vec<PackageName> {
        let matched = packages
            .iter()
            .filter_map(|name| self.build.matched.get(*name));
        let others: BTreeSet<&PackageName> = matched
            .flatten()
            .filter(|other| self.part_of(other) != Some(part))
            .collect();
        others.into_iter().cloned().collect()
    }

    /// The part of the recipe that a package falls into; `None` for one that is not installed.
    fn part_of(&self, package: &PackageName) -> Option<&str> {
        let own = |packages: &[LocalPackage]| packages.iter().any(|own| own.name == *package);
        let layer = self.layers.iter().find(|layer| layer.has(package));
        layer
            .map(|layer| layer.name.as_str())
            .or_else(|| own(&self.app.members).then_some(StageName::MEMBERS))
            .or_else(|| own(self.app.package.as_slice()).then_some(StageName::APP))
    }

    /// The stages below the application's, where they leave out what nobody asked them to.
    fn cuts(&self) -> Vec<StageName> {
        let mut rules = self.layers.iter().flat_map(|layer| &layer.trim);
        if !rules.any(|rule| rule.kind != TrimKind::Asked && !rule.patterns.is_empty()) {
            return Vec::new();
        }
        let mut below = self.installed();
        below.pop();
        below
    }
}

impl StagePlan {
    fn new(name: &str, from: StageBase, makes: StageKind) -> Self {
        Self {
            name: StageName::new(name),
            from,
            makes,
        }
    }

    fn on(name: &str, stage: &str, makes: StageKind) -> Self {
        Self::new(name, StageBase::Stage(StageName::new(stage)), makes)
    }
}
