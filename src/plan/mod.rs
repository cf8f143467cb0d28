//! Everything decided about the images of a project, before any text.
//!
//! Third stage of the pipeline. [`Plan::new`] holds profiles, closures, source tree and catalog
//! together and decides: Python and base image, apt packages, layers, what of the project goes in,
//! how it runs. Pure: it reads nothing but its arguments. A plan is whole: what could not be decided
//! is an error with what to write, never an empty value.

mod app;
mod candidates;
mod choose;
mod command;
mod compose;
mod context;
mod credentials;
mod declared;
mod entry;
mod findings;
mod forbid;
mod gpu;
mod health;
mod image;
mod inputs;
mod layers;
mod links;
mod member;
mod migration;
mod named;
mod no_command;
mod python;
mod pytorch;
mod run;
mod scan;
mod selection;
mod services;
mod settings;
mod sources;
mod stages;
mod system;
mod trim;
mod unused;
mod worker;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::bytes::Bytes;
use crate::catalog::{Brought, DebianRelease, PathPattern};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::names::PackageName;
use crate::profile::{
    AptPackage, ContextPath, Duration, EnvName, ImagePath, ImageRef, LibraryPattern, Line,
    MemorySize, ProfileName, Setting, StopSignal,
};
use crate::target::{Platform, PythonVersion};

pub use candidates::candidates;
pub use choose::{Taken, choose};
pub use context::ContextLine;
pub use image::closures;
pub use inputs::Inputs;
pub use python::default_python;
pub use services::implied_services;
pub use stages::{Install, RecipePart, StageBase, StageKind, StageName, StagePlan};

impl Plan {
    /// The plan of the profiles of these names; without any, of those that `render` takes. Errors: as [`choose`] and
    /// [`Plan::new`].
    pub fn of(inputs: &Inputs, names: &[String]) -> Result<Self> {
        Self::new(inputs, &choose(inputs, names)?)
    }

    /// Decides about the images of these profiles. Errors: everything that cannot be decided, of all
    /// images at once.
    pub fn new(inputs: &Inputs, taken: &[Taken]) -> Result<Self> {
        let mut planned = Vec::new();
        let mut problems: Vec<Diagnostic> = Vec::new();
        for taken in taken {
            match image::plan(inputs, taken) {
                Ok(image) => planned.push(image),
                Err(found) => problems.extend(found),
            }
        }
        problems.dedup();
        Diagnostics::check(problems)?;
        let subjects: Vec<_> = planned.iter().map(|one| one.subject).collect();
        let findings = findings::of_images(&planned);
        let images: Vec<ImagePlan> = planned.into_iter().map(|one| one.image).collect();
        Ok(Self {
            compose: compose::compose(inputs, &subjects, &images)?,
            output: inputs.config.output.value.clone(),
            images,
            findings,
        })
    }
}

/// The plan of a project's images.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One for each profile, in the order that was asked for.
    pub images: Vec<ImagePlan>,
    /// What runs them together.
    pub compose: ComposePlan,
    /// The folder of generated files.
    pub output: ContextPath,
    /// What somebody should look at.
    pub findings: Vec<Diagnostic>,
}

/// A decision, and why it fell so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<T> {
    /// What was decided.
    pub value: T,
    /// Why, in a few words.
    pub because: String,
}

impl<T: Clone> From<&Setting<T>> for Decision<T> {
    /// What a profile says is decided.
    fn from(said: &Setting<T>) -> Self {
        Self::new(said.value.clone(), said.origin.to_string())
    }
}

impl<T> Decision<T> {
    /// A decision with its reason.
    pub fn new(value: T, because: impl Into<String>) -> Self {
        Self {
            value,
            because: because.into(),
        }
    }
}

/// Everything decided about one image.
#[derive(Debug, Clone)]
pub struct ImagePlan {
    /// The profile's name.
    pub name: ProfileName,
    /// What the image is called where nobody says otherwise.
    pub tag: ImageRef,
    /// Why this profile was taken.
    pub taken_because: String,
    /// What the image is for.
    pub purpose: Line,
    /// Whether other images of the project ask it for inference.
    pub serves_models: bool,
    /// The project or member that it runs.
    pub project: ProjectPlan,
    /// The image of the uv that builds it.
    pub uv: Decision<ImageRef>,
    /// The Python that it runs on.
    pub python: Decision<PythonVersion>,
    /// The image that it starts from.
    pub base: Decision<ImageRef>,
    /// Where its Python comes from.
    pub python_source: PythonSource,
    /// What it holds on each platform, the one that it is mostly built for first.
    pub platforms: Decision<Vec<PlatformPlan>>,
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
    pub instructions: crate::profile::Instructions,
    /// Whether the Dockerfile begins with a `# syntax=` line.
    pub syntax: bool,
    /// Whether steps that download trust the build secret `ca-certificates`.
    pub ca_certificates: bool,
}

/// Where an image's Python comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PythonSource {
    /// The base image has it.
    Image,
    /// uv's own build of it, installed where Python images have theirs.
    Uv,
}

/// The project or workspace member that an image runs.
#[derive(Debug, Clone)]
pub struct ProjectPlan {
    /// Its name.
    pub name: String,
    /// Labels of the image (`org.opencontainers.image.*` and dfgen's own), in order.
    pub labels: Vec<(String, Line)>,
}

/// What an image holds on one platform.
#[derive(Debug, Clone)]
pub struct PlatformPlan {
    /// The platform.
    pub platform: Platform,
    /// Number of locked packages, local ones included.
    pub packages: usize,
    /// Compressed size of all files to download; a lower bound where the lock gives no size.
    pub download: Bytes,
    /// Packages that have no wheel there and are built, by name.
    pub built: Vec<PackageName>,
}

/// A Debian package and the packages or settings that ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AptNeed {
    /// The Debian package.
    pub package: AptPackage,
    /// Who asks for it, in a few words.
    pub because: String,
}

/// How what has no wheel is built.
#[derive(Debug, Clone, Default)]
pub struct BuildPlan {
    /// What is built, each with why it must be; empty when everything has a wheel.
    pub packages: Vec<PackageName>,
    /// What of the project's packages and of `packages` is built without isolation: with what the
    /// environment holds.
    pub unisolated: Vec<PackageName>,
    /// What of them is built with other packages in the versions that are locked for the environment
    /// (`match-runtime` in `extra-build-dependencies`), and with which.
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
#[derive(Debug, Clone)]
pub struct RecipePlan {
    /// The flags.
    pub flags: Vec<String>,
    /// Whether making it downloads: the lock does not have all hashes.
    pub downloads: bool,
    /// The manifests that uv needs for it, beside the root's.
    pub manifests: Vec<ContextPath>,
    /// Packages that are left out, by name.
    pub exclude: Vec<PackageName>,
}

/// Packages that enter the image together.
#[derive(Debug, Clone)]
pub struct LayerPlan {
    /// The layer's name.
    pub name: String,
    /// What is in it, for a comment.
    pub comment: String,
    /// Which packages it takes of those that no layer before it took; the last one takes the rest.
    pub patterns: Vec<LayerPattern>,
    /// What that is on each platform, in the order of the image's.
    pub contents: Vec<LayerContents>,
    /// What is left out of it, by rule.
    pub trim: Vec<TrimPlan>,
}

/// Which packages a layer takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerPattern {
    /// The one of this name.
    Name(PackageName),
    /// Those whose names match.
    Glob(glob::Pattern),
    /// All that are left.
    Rest,
}

/// What is in a layer on one platform.
#[derive(Debug, Clone)]
pub struct LayerContents {
    /// The platform.
    pub platform: Platform,
    /// The packages, by name.
    pub packages: Vec<LayerPackage>,
    /// Their compressed size; a lower bound where the lock gives no size.
    pub download: Bytes,
    /// What is built because it has no wheel.
    pub built: Vec<PackageName>,
}

/// One package of a layer.
#[derive(Debug, Clone)]
pub struct LayerPackage {
    /// Its name.
    pub name: PackageName,
    /// `name==version`.
    pub label: String,
    /// Compressed size, where the lock gives one.
    pub download: Option<Bytes>,
}

/// How the project itself goes into the image.
#[derive(Debug, Clone)]
pub struct AppPlan {
    /// As a built package or as source.
    pub form: Decision<AppForm>,
    /// The project's own packages that the application needs, each built and installed.
    pub members: Vec<LocalPackage>,
    /// The application, where it is built and installed.
    pub package: Option<LocalPackage>,
    /// The folder of the project or member; empty for the root.
    pub folder: String,
    /// Files and folders that go to `/app` as they are, relative to the root. What lies in the
    /// member's folder loses that part of its path.
    pub files: Vec<Copied>,
    /// Folders beside the source that nothing in it names: not in the image.
    pub left: Vec<String>,
    /// Whether Rust code of the project's own is compiled.
    pub rust: bool,
}

impl AppPlan {
    /// Whether a build is told the version with the argument `VERSION`, because it comes from Git.
    pub fn takes_version(&self) -> bool {
        self.packages().any(|package| package.version.is_some())
    }

    /// Local packages that are built and installed, the application last.
    pub fn packages(&self) -> impl Iterator<Item = &LocalPackage> {
        self.members.iter().chain(&self.package)
    }
}

/// What of the project's folder is sent to Docker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextPlan {
    /// Whether all of it is, less what stays out.
    pub everything: bool,
    /// What the Dockerfile copies, sorted.
    pub copied: Vec<String>,
    /// What of that stays out, and what is sent all the same, in the order in which Docker has to read it.
    pub sections: Vec<ContextSection>,
    /// What is ignored in this checkout alone, and would be sent from it.
    pub stray: Vec<String>,
    /// What is sent although an ignore file names it or its name speaks against it, each with why.
    pub kept: Vec<(String, String)>,
}

/// Lines of the ignore file that have one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextSection {
    /// The reason.
    pub comment: String,
    /// The lines.
    pub lines: Vec<ContextLine>,
}

/// As what the project runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppForm {
    /// Built and installed into the environment.
    Package,
    /// Copied to `/app`; these folders of it are on the import path.
    Source(Vec<ImagePath>),
}

/// A local package, built in the image's own build.
#[derive(Debug, Clone)]
pub struct LocalPackage {
    /// Its name.
    pub name: PackageName,
    /// What its build needs.
    pub files: Vec<Copied>,
    /// The variable that tells its build the version, where it would ask Git.
    pub version: Option<EnvName>,
}

/// A file or folder of the build context, relative to the project's root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copied {
    /// Its path.
    pub path: ContextPath,
    /// Which of the two it is: Docker copies a folder's content, not the folder.
    pub kind: CopiedKind,
}

/// A file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopiedKind {
    /// A file.
    File,
    /// A folder with all that is in it.
    Folder,
}

/// How an image runs.
#[derive(Debug, Clone)]
pub struct RunPlan {
    /// The command, as a list.
    pub command: Decision<Vec<Line>>,
    /// The port, for images that serve.
    pub port: Option<Decision<u16>>,
    /// The health check.
    pub health: Decision<HealthPlan>,
    /// The signal that stops it.
    pub stop_signal: Decision<StopSignal>,
    /// Number of the user and group.
    pub user: Decision<u32>,
    /// The command that migrates the database, if there is one.
    pub migrate: Option<MigrationPlan>,
    /// The command of the process that puts periodic tasks on the worker's queue, if there is one.
    pub beat: Option<Decision<Vec<Line>>>,
    /// The folder of downloaded models, a volume.
    pub model_cache: Option<ImagePath>,
    /// The variables by which it finds its backing services.
    pub connections: Vec<ServiceEnv>,
    /// Shared memory.
    pub shm_size: Option<MemorySize>,
    /// Whether it needs a GPU.
    pub gpu: bool,
    /// Whether this is for development.
    pub development: bool,
}

/// The step that brings the database up to date.
#[derive(Debug, Clone)]
pub struct MigrationPlan {
    /// The command.
    pub command: Decision<Vec<Line>>,
    /// The folder that it runs in.
    pub folder: ImagePath,
}

/// How Docker asks whether a container works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthPlan {
    /// It does not.
    Off,
    /// With a request.
    Http {
        /// The path.
        path: Line,
        /// When and how often.
        times: HealthTimes,
    },
    /// By connecting to the port.
    Port {
        /// When and how often.
        times: HealthTimes,
    },
    /// With a command.
    Command {
        /// The command.
        command: Vec<Line>,
        /// When and how often.
        times: HealthTimes,
    },
}

/// When and how often Docker asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthTimes {
    /// Time between two checks.
    pub interval: Duration,
    /// Time that a check may take.
    pub timeout: Duration,
    /// Time that the application has for starting.
    pub start_period: Duration,
    /// Failures in a row that make it unhealthy.
    pub retries: u32,
}

/// Why files are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrimKind {
    /// No program needs such files when it runs, whatever package has them.
    Unused,
    /// They are the tests of packages in the layer.
    Tests,
    /// The profile's `trim` asks for it.
    Asked,
}

/// A rule that leaves files out of a dependency layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrimPlan {
    /// The rule's name.
    pub rule: String,
    /// Why.
    pub kind: TrimKind,
    /// Paths below site-packages, with `*` and `**`; none for `debug-symbols`, which cuts within files.
    pub patterns: Vec<String>,
    /// What it was seen to save, where that was measured.
    pub saves: Option<Bytes>,
}

/// A search for shared libraries that a package needs and nothing brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPlan {
    /// Libraries that are not missed, each with why.
    pub libraries: Vec<(LibraryPattern, String)>,
    /// Files below site-packages that nothing has to load, each with what only they do.
    pub files: Vec<(PathPattern, String)>,
    /// The Debian release whose packages they are.
    pub release: DebianRelease,
    /// The Debian packages whose libraries are known without a look into Debian's index of files.
    pub brought: Brought,
    /// What the profile itself says, so that a message can add to it.
    pub said: ScanSaid,
}

/// What a profile says about system packages and missing libraries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanSaid {
    /// `apt.build`.
    pub apt_build: Vec<AptPackage>,
    /// `apt.runtime`.
    pub apt_runtime: Vec<AptPackage>,
    /// `scan.ignore`.
    pub ignore: Vec<LibraryPattern>,
}

/// What runs the images together.
#[derive(Debug, Clone)]
pub struct ComposePlan {
    /// The compose project's name.
    pub name: String,
    /// The services, in the order of the images; a migration before the service that waits for it.
    pub services: Vec<ServicePlan>,
    /// Backing services.
    pub backing: Vec<BackingPlan>,
}

/// One service of the compose file.
#[derive(Debug, Clone)]
pub struct ServicePlan {
    /// Its name.
    pub name: String,
    /// The image, by the profile's name.
    pub image: ProfileName,
    /// What it is to its image.
    pub role: ServiceRole,
    /// A command other than the image's.
    pub command: Option<Vec<Line>>,
    /// The folder that it runs in.
    pub folder: ImagePath,
    /// The port on the host and in the container.
    pub port: Option<(u16, u16)>,
    /// Services that must be there first.
    pub depends_on: Vec<(String, Condition)>,
    /// Environment: names with default values; an empty default is written as required.
    pub env: Vec<ServiceEnv>,
    /// Whether it needs a GPU.
    pub gpu: bool,
    /// Shared memory.
    pub shm_size: Option<MemorySize>,
    /// Volume name and folder of the model cache.
    pub model_cache: Option<(String, ImagePath)>,
    /// Folders that are synchronised in development.
    pub watch: Vec<ContextPath>,
}

/// What a service is to its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceRole {
    /// It runs the image's own command, and builds it.
    Main,
    /// It migrates the database, once.
    Migration,
    /// It puts periodic tasks on the queue of the image's worker.
    Beat,
}

/// An environment variable of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEnv {
    /// The name in the container.
    pub name: EnvName,
    /// What it is set to.
    pub value: EnvValue,
}

/// What an environment variable of a service is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvValue {
    /// This, whatever the host has: other values are made of it.
    Fixed(Line),
    /// The host's variable of the same name, else this.
    Default(Line),
    /// The host's variable of the same name, else this address of a backing service, in which
    /// `${NAME}` is a variable of the host.
    Connection(Line),
    /// The host's variable of the same name; compose refuses to start without it.
    Required,
    /// The host's variable of the same name, if it is set.
    Optional,
}

/// What a service waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It has started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It has run and ended well.
    Completed,
}

/// A backing service.
#[derive(Debug, Clone)]
pub struct BackingPlan {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: ImageRef,
    /// Environment.
    pub env: Vec<ServiceEnv>,
    /// The command of its health check.
    pub health: Vec<Line>,
    /// The folder that it keeps its data in, if it keeps any.
    pub data: Option<ImagePath>,
}
