//! Profiles: what an image is for, merged from what the user says and what is built in.
//!
//! [`Config::load`] reads `dfgen.toml` or `[tool.dfgen]`, [`Config::profile`] gives one profile with
//! every value checked and its origin kept. What a profile leaves open (Python, base image, command,
//! port) the plan decides from the project, the lock and the catalog.

mod built_in;
mod config;
mod lineage;
mod value;
mod wire;

use indexmap::IndexMap;

use crate::names::{ExtraName, GroupName, PackageName};
use crate::target::{Platform, PythonVersion};

pub use crate::catalog::{AptPackage, LibraryPattern};
pub use config::Config;
pub use value::{
    ContextPath, Duration, EnvName, ImagePath, ImageRef, Instruction, Line, MemorySize, Origin,
    PackagePattern, ProfileName, Setting, StopSignal, Wanted,
};

/// One profile, merged and checked.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name, which is also the image's and the service's.
    pub name: ProfileName,
    /// The built-in profile that it comes from in the end, if any.
    pub built_in: Option<ProfileName>,
    /// What the image is for, in a few words.
    pub purpose: Setting<Line>,
    /// Who the image talks to.
    pub serves: Setting<Serves>,
    /// The member of the workspace; the root when nothing is said.
    pub member: Option<Setting<PackageName>>,
    /// Extras.
    pub extras: Setting<Vec<Wanted<ExtraName>>>,
    /// Dependency groups.
    pub groups: Setting<Vec<Wanted<GroupName>>>,
    /// Packages that are left out, with everything that only they need.
    pub exclude: Setting<Vec<PackagePattern>>,
    /// Packages that must not be in the closure.
    pub forbid: Setting<Vec<PackagePattern>>,
    /// The Python to use.
    pub python: Option<Setting<PythonVersion>>,
    /// The base image.
    pub base: Option<Setting<ImageRef>>,
    /// The platforms to build for.
    pub platforms: Setting<Vec<Platform>>,
    /// What may be compiled.
    pub compile: Setting<Compile>,
    /// Further Debian packages for building.
    pub apt_build: Setting<Vec<AptPackage>>,
    /// Further Debian packages for running.
    pub apt_runtime: Setting<Vec<AptPackage>>,
    /// Files and folders that come along beside the application.
    pub copy: Setting<Vec<ContextPath>>,
    /// Environment variables.
    pub env: IndexMap<EnvName, Setting<Line>>,
    /// The application, as `package.module:attribute`.
    pub entry: Option<Setting<Line>>,
    /// The command that the image runs.
    pub command: Option<Setting<Vec<Line>>>,
    /// Whether the database is migrated before the service starts.
    pub migrate: Setting<Migrate>,
    /// The port that the application listens on.
    pub port: Option<Setting<u16>>,
    /// How to tell whether it works.
    pub health: Health,
    /// The signal that stops it; the server's own when nothing is said.
    pub stop_signal: Option<Setting<StopSignal>>,
    /// The number of the user and group that it runs as; never 0.
    pub user: Setting<u32>,
    /// Whether it needs a GPU.
    pub gpu: Setting<bool>,
    /// Shared memory, which data loaders and GPU libraries need more of than Docker gives.
    pub shm_size: Option<Setting<MemorySize>>,
    /// The folder that downloaded models are kept in, a volume.
    pub model_cache: Option<Setting<ImagePath>>,
    /// Backing services that the compose file starts.
    pub services: Setting<Vec<Line>>,
    /// The user's own layers: name to package patterns. Empty for dfgen's.
    pub layers: Setting<IndexMap<String, Vec<PackagePattern>>>,
    /// Whether bytecode is compiled into the image.
    pub bytecode: Setting<bool>,
    /// Names of trimming rules that are switched off.
    pub keep: Setting<Vec<Line>>,
    /// Names of trimming rules that are switched on besides the default ones.
    pub trim: Setting<Vec<Line>>,
    /// Whether the build ends where a shared library is missing.
    pub scan: Setting<Scan>,
    /// Names of rules whose findings are not reported.
    pub silence: Setting<Vec<Line>>,
    /// Whether this is for development: tests, reload, development groups.
    pub development: Setting<bool>,
    /// Lines of the user's own, by the stage that they end.
    pub instructions: Instructions,
}

/// Who an image talks to, which decides what its command, port and health check default to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serves {
    /// Clients over HTTP: it has a port and a health check.
    Http,
    /// A queue: it has neither.
    Queue,
}

/// What may be compiled when it has no wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compile {
    /// Anything.
    Allow,
    /// These packages.
    Only(Vec<PackageName>),
    /// Nothing.
    Deny,
}

/// Whether a build looks for missing shared libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// It does not.
    Off,
    /// It ends where one is missing.
    On {
        /// Libraries that may be missing, besides those of the catalog.
        ignore: Vec<LibraryPattern>,
    },
}

/// Whether and how the database is migrated, by a service that runs once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Migrate {
    /// It is not.
    Off,
    /// With the migrations that the source has, if any.
    Found,
    /// With this command.
    Command(Vec<Line>),
}

/// How to tell whether a container works.
#[derive(Debug, Clone)]
pub struct Health {
    /// What is asked.
    pub probe: Setting<Probe>,
    /// Time between two checks.
    pub interval: Setting<Duration>,
    /// Time that a check may take.
    pub timeout: Setting<Duration>,
    /// Time that the application has for starting.
    pub start_period: Setting<Duration>,
    /// Failures in a row that make it unhealthy.
    pub retries: Setting<u32>,
}

/// What a health check asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The route that the application declares, else whether the port accepts connections.
    Auto,
    /// This path.
    Path(Line),
    /// This command.
    Command(Vec<Line>),
    /// Nothing: there is no health check.
    Off,
}

/// Lines of the user's own, by the stage that they end.
#[derive(Debug, Clone)]
pub struct Instructions {
    /// At the end of `base`.
    pub base: Setting<Vec<Instruction>>,
    /// At the end of `build`.
    pub build: Setting<Vec<Instruction>>,
    /// At the end of `app`.
    pub app: Setting<Vec<Instruction>>,
    /// At the end of `runtime`, before the user is set.
    pub runtime: Setting<Vec<Instruction>>,
}
