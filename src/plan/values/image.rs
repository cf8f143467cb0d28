//! What is decided about one image.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{
    AppPlan, ContextPlan, Decision, KeptImage, LayerPlan, RunPlan, StepIn, StepPlan, reasons,
};
use crate::bytes::Bytes;
use crate::catalog::{Brought, DebianRelease, PathPattern};
use crate::closure::Weight;
use crate::names::PackageName;
use crate::profile::{
    AptPackage, Builder, ContextPath, Day, EnvName, ImageName, ImageRef, Instruction, Instructions,
    LibraryPattern, Line, ProfileName, Setting, default_of,
};
use crate::target::{Platform, PythonVersion};

fn displayed<T: fmt::Display, S: Serializer>(
    value: &T,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Lines of the user's by the stage that they end.
fn instructions<S: Serializer>(
    lines: &Instructions,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let Instructions {
        base,
        build,
        app,
        runtime,
    } = lines;
    let stages = [
        ("base", base),
        ("build", build),
        ("app", app),
        ("runtime", runtime),
    ];
    let lines = |setting: &Setting<Vec<Instruction>>| setting.value.clone();
    serializer.collect_map(stages.map(|(stage, setting)| (stage, lines(setting))))
}

/// Everything decided about one image.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ImagePlan {
    /// The profile's name.
    pub name: ProfileName,
    /// What the image is called where nobody says otherwise; a variable of whoever builds stands there as `${TAG:-latest}`.
    #[serde(serialize_with = "displayed")]
    #[schemars(with = "String")]
    pub tag: ImageName,
    /// Where that is said; empty for the names of the project and the profile.
    pub tag_because: String,
    /// Why this profile was taken.
    pub taken_because: String,
    /// What the image is for.
    pub purpose: Line,
    /// Whether other images of the project ask it for inference.
    pub serves_models: bool,
    /// The project or member that it runs.
    pub project: ProjectPlan,
    /// Those of its labels that the settings say.
    pub said_labels: IndexMap<String, Decision<Line>>,
    /// Labels whose values are arguments of the build.
    pub build_labels: Vec<BuildLabel>,
    /// The image of the uv that builds it.
    pub uv: Decision<ImageRef>,
    /// The Python that it runs on.
    pub python: Decision<PythonVersion>,
    /// The image that it starts from.
    pub base: Decision<ImageRef>,
    /// The image that builds it, where that is another one.
    pub build_base: Option<Decision<ImageRef>>,
    /// Whether one of these may run as another user than root, or start a program of its own.
    pub foreign_base: bool,
    /// Where its Python comes from.
    pub python_source: PythonSource,
    /// What it holds on each platform, the one that it is mostly built for first.
    pub platforms: Decision<Vec<PlatformPlan>>,
    /// The platform that it is built for and runs on whatever the host is; `None` where that is the host's.
    pub only_platform: Option<Decision<Platform>>,
    /// Debian packages that it needs to run, sorted.
    pub apt_runtime: Vec<AptNeed>,
    /// Debian packages that only some uses of a package need: not in the image.
    pub apt_optional: Vec<AptNeed>,
    /// How what has no wheel is built.
    pub build: BuildPlan,
    /// The recipe: what of the lock is taken.
    pub recipe: RecipePlan,
    /// Dependency layers, heaviest and least often changed first.
    pub layers: Vec<LayerPlan>,
    /// The project itself.
    pub app: AppPlan,
    /// Commands of the build whose results it has, in the order in which they run.
    pub steps: Vec<Decision<StepPlan>>,
    /// What of the project's folder is sent to Docker.
    pub context: ContextPlan,
    /// How it runs.
    pub run: RunPlan,
    /// Environment variables of the image.
    pub env: IndexMap<EnvName, Decision<Line>>,
    /// Whether bytecode is compiled into it.
    pub bytecode: bool,
    /// Whether what only debuggers read is cut out of shared libraries.
    pub strip: bool,
    /// What a search for missing shared libraries does not look for; `None` where there is none.
    pub scan: Option<ScanPlan>,
    /// Lines of the user's own.
    #[serde(serialize_with = "instructions")]
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub instructions: Instructions,
    /// What builds it.
    pub builder: Builder,
    /// The day as of which Debian's packages are taken; `None` for that of the build.
    pub snapshot: Option<SnapshotPlan>,
    /// What a build takes as it is on its day.
    pub unpinned: Vec<Unpinned>,
    /// Whether the Dockerfile begins with a `# syntax=` line.
    pub syntax: bool,
    /// The image that this line names.
    pub frontend: Decision<ImageRef>,
    /// The images that are others than dfgen would choose, as the Dockerfile has them.
    pub kept: Vec<KeptImage>,
    /// Whether steps that download trust the build secret `ca-certificates`.
    pub ca_certificates: bool,
}

impl ImagePlan {
    /// The Debian packages that its steps install, by name.
    pub(crate) fn apt(&self) -> impl Iterator<Item = &str> {
        let of_stages = self.apt_runtime.iter().chain(&self.build.apt);
        let of_stages = of_stages.map(|need| need.package.as_str());
        let of_steps = self.steps.iter().flat_map(|step| match &step.value.place {
            StepIn::Here { apt, .. } => &apt[..],
            StepIn::Elsewhere { .. } => &[],
        });
        of_stages.chain(of_steps.map(AptPackage::as_str))
    }

    /// Whether a step asks apt for something: packages, or whose a missing library is.
    pub(crate) fn asks_apt(&self) -> bool {
        self.apt().next().is_some() || self.scan.is_some()
    }

    /// The arguments that a build may be given, each with what holds without it.
    pub(crate) fn arguments(&self) -> IndexMap<&str, &'static str> {
        let version = self.app.takes_version();
        let mut arguments: IndexMap<&str, &str> = IndexMap::new();
        arguments.extend(version.then_some(("VERSION", default_of("VERSION"))));
        for label in &self.build_labels {
            arguments.entry(label.argument.as_ref()).or_insert("");
        }
        arguments
    }

    /// The build secrets that are environment variables, by name: of package indexes, and of commands of the build.
    pub(crate) fn secrets(&self) -> Vec<&EnvName> {
        let of_steps = self.steps.iter().flat_map(|step| &step.value.secrets);
        let mut names: Vec<&EnvName> = Vec::new();
        for name in self.build.secrets.iter().chain(of_steps) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// A label whose value is an argument of the build, of the last stage: no layer changes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct BuildLabel {
    /// Its name.
    pub label: String,
    /// The argument.
    pub argument: EnvName,
}

/// Debian's packages as they were on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SnapshotPlan {
    /// The day.
    pub day: Day,
    /// The release that they are of.
    #[serde(serialize_with = "displayed")]
    #[schemars(with = "String")]
    pub release: DebianRelease,
}

/// What a build takes as it is on its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Unpinned {
    /// The kind of thing.
    pub what: String,
    /// Which: an image, or names.
    pub which: String,
    /// What holds it.
    pub hold: String,
}

/// Where an image's Python comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PythonSource {
    /// The base image has it.
    Image,
    /// uv's own build of it, installed where Python images have theirs.
    Uv,
}

/// The project or workspace member that an image runs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ProjectPlan {
    /// Its name.
    pub(crate) name: String,
    /// Labels of the image (`org.opencontainers.image.*` and dfgen's own), in order.
    pub(crate) labels: IndexMap<String, Line>,
}

/// What an image holds on one platform.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PlatformPlan {
    /// The platform.
    pub platform: Platform,
    /// Number of locked packages, local ones included.
    pub packages: usize,
    /// Compressed size of all files to download.
    pub download: Weight,
    /// Packages that have no wheel there and are built, by name.
    #[schemars(with = "Vec<String>")]
    pub built: Vec<PackageName>,
}

/// A Debian package and the packages or settings that ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AptNeed {
    /// The Debian package.
    pub package: AptPackage,
    /// Who asks for it, in a few words.
    pub because: String,
    /// What it and what comes with it add to a slim image, unpacked, where that was measured.
    pub size: Option<Bytes>,
}

/// How what has no wheel is built.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct BuildPlan {
    /// What is built, each with why it must be; empty when everything has a wheel.
    #[schemars(with = "Vec<String>")]
    pub packages: Vec<PackageName>,
    /// What of the project's packages and of `packages` is built without isolation: with what the
    /// environment holds.
    #[schemars(with = "Vec<String>")]
    pub unisolated: Vec<PackageName>,
    /// What of them is built with other packages in the versions that are locked for the environment
    /// (`match-runtime` in `extra-build-dependencies`), and with which.
    #[schemars(with = "BTreeMap<String, Vec<String>>")]
    pub matched: BTreeMap<PackageName, Vec<PackageName>>,
    /// Compilers and headers, sorted; empty when none is needed.
    pub apt: Vec<AptNeed>,
    /// The Rust toolchain, where something needs one.
    pub rust: Option<Decision<ImageRef>>,
    /// Whether a dependency, and not only the project itself, needs that toolchain.
    pub rust_for_dependencies: bool,
    /// Whether sources are fetched with Git.
    pub git: bool,
    /// Whether a Git source needs the builder's SSH agent.
    pub ssh: bool,
    /// Whether something is fetched over HTTP from a place that is no index, which may ask who asks:
    /// the build takes a `.netrc` as a secret.
    pub netrc: bool,
    /// Credentials of package indexes: names of environment variables, which are also the secrets'.
    pub secrets: Vec<EnvName>,
    /// What builds must keep to (`build-constraint-dependencies`), as requirements.
    pub constraints: Vec<Line>,
    /// The text of a `uv.toml` for the build stages; empty when none is needed.
    pub uv_settings: String,
    /// Environment variables of the build stages.
    pub env: IndexMap<EnvName, Line>,
}

/// What of the lock is taken, in the flags of `uv export`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RecipePlan {
    /// The flags.
    pub flags: Vec<String>,
    /// Whether making it downloads: the lock does not have all hashes.
    pub downloads: bool,
    /// The files that uv needs for it, beside the root's manifest and the lock: manifests of members, and what a
    /// local index has.
    pub manifests: Vec<ContextPath>,
    /// Packages that are left out, by name.
    #[schemars(with = "Vec<String>")]
    pub exclude: Vec<PackageName>,
}

/// A search for shared libraries that a package needs and nothing brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ScanPlan {
    /// Libraries that are not missed, each with why.
    #[serde(serialize_with = "reasons")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub libraries: Vec<(LibraryPattern, String)>,
    /// Files below site-packages that nothing has to load, each with what only they do.
    #[serde(serialize_with = "reasons")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub files: Vec<(PathPattern, String)>,
    /// The Debian release whose packages they are.
    #[serde(serialize_with = "displayed")]
    #[schemars(with = "String")]
    pub release: DebianRelease,
    /// The Debian packages whose libraries are known without a look into Debian's index of files: a table of the
    /// catalog, and no decision.
    #[serde(skip)]
    pub brought: Brought,
    /// What the profile itself says, so that a message can add to it.
    pub said: ScanSaid,
}

/// What a profile says about system packages and missing libraries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ScanSaid {
    /// `apt.build`.
    pub(crate) apt_build: Vec<AptPackage>,
    /// `apt.runtime`.
    pub(crate) apt_runtime: Vec<AptPackage>,
    /// `scan.ignore`.
    pub(crate) ignore: Vec<LibraryPattern>,
}
