//! What is decided about how an image runs.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Decision, NeededService, NeighbourNeed, ServiceEnv, StopLimit, StopPlan, VolumePlan};
use crate::profile::{
    ContextPath, Duration, EnvName, Gpu, ImagePath, Line, MemorySize, StopSignal,
};

/// How an image runs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunPlan {
    /// The command, as a list.
    pub command: Decision<Vec<Line>>,
    /// The port, for images that serve.
    pub port: Option<Decision<u16>>,
    /// The variable by which a platform says another.
    pub port_variable: Option<EnvName>,
    /// The health check.
    pub health: Decision<HealthPlan>,
    /// The signal that stops it.
    pub stop_signal: Decision<StopSignal>,
    /// How long what is under way may take then.
    pub stop_limit: Decision<StopLimit>,
    /// Number of the user and group.
    pub user: Decision<u32>,
    /// The command that migrates the database, if there is one.
    pub migrate: Option<MigrationPlan>,
    /// The command of the process that puts periodic tasks on the worker's queue, if there is one.
    pub beat: Option<Decision<Vec<Line>>>,
    /// What else of the application runs, each a service of the same image.
    pub processes: Vec<ProcessPlan>,
    /// The volume of downloaded models.
    pub model_cache: Option<VolumePlan>,
    /// Volumes of what the application writes and keeps.
    pub volumes: Vec<Decision<VolumePlan>>,
    /// Files that the application writes beside itself: links into a volume.
    pub links: Vec<Decision<LinkPlan>>,
    /// How long it runs.
    pub lasts: Decision<Lasting>,
    /// The variables by which it finds its backing services and its database, sorted.
    pub connections: Vec<ServiceEnv>,
    /// What its server may be told besides: nobody but who runs it knows.
    pub tuning: Vec<TuningPlan>,
    /// The backing services that compose starts for it.
    pub services: Vec<Decision<NeededService>>,
    /// Services beside it that the project itself says, and that it needs.
    pub neighbours: Vec<NeighbourNeed>,
    /// Files of variables that compose hands to it, in the project's folder, where they are.
    pub env_files: Vec<ContextPath>,
    /// Shared memory.
    pub shm_size: Option<MemorySize>,
    /// The host's GPUs that it needs.
    pub gpu: Gpu,
    /// Whether this is for development.
    pub development: bool,
}

impl RunPlan {
    /// What the image and every service that is made of it is started with.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Decision<Vec<Line>>> {
        let migrate = self.migrate.iter().map(|step| &step.command);
        let processes = self.processes.iter().map(|process| &process.command);
        let own = std::iter::once(&self.command);
        own.chain(migrate).chain(&self.beat).chain(processes)
    }

    /// Folders that the user may write to: what is in them is kept in volumes.
    pub fn kept_folders(&self) -> impl Iterator<Item = &ImagePath> {
        let data = self.volumes.iter().map(|volume| &volume.value);
        let volumes = self.model_cache.iter().chain(data);
        volumes.map(|volume| &volume.folder)
    }

    /// The same, and the source where a developer's tools write beside it.
    pub(crate) fn writable_folders(&self) -> impl Iterator<Item = &str> {
        let source = self.development.then_some("/app");
        self.kept_folders().map(AsRef::as_ref).chain(source)
    }
}

/// A further process of an image.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ProcessPlan {
    /// Its name, without that of the image.
    pub name: String,
    /// Its command.
    pub command: Decision<Vec<Line>>,
    /// Whether there must never be two of it: it puts jobs on a queue at their time.
    pub only_once: bool,
    /// How it ends.
    pub stop: StopPlan,
}

/// A file of the application that lies elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LinkPlan {
    /// Where the application looks for it.
    pub path: ImagePath,
    /// Where it is.
    pub target: ImagePath,
}

/// How long a container runs, and so whether one that has ended is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lasting {
    /// Until it is told to stop.
    Always,
    /// Until it has done what it is there for.
    UntilDone,
    /// As long as somebody speaks to it over its standard input.
    Session,
}

/// A variable that a server reads, and that stands in the compose file as a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TuningPlan {
    /// Its name.
    pub name: EnvName,
    /// What it could be.
    pub example: Line,
    /// What it is for, and what holds without it.
    pub because: String,
}

/// The step that brings the database up to date.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MigrationPlan {
    /// The command.
    pub command: Decision<Vec<Line>>,
    /// The folder that it runs in.
    pub folder: ImagePath,
}

/// How Docker asks whether a container works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum HealthPlan {
    /// It does not.
    Off,
    /// With a request.
    Http {
        /// The path.
        path: Line,
        /// The host that is asked for, where 127.0.0.1 is refused.
        host: Option<Line>,
        /// Whether a refused host is well, too: nobody knows which the application answers to.
        any_host: bool,
        /// Whether 401 and 403 are well, too: the source asks who somebody is.
        protected: bool,
        /// When and how often.
        #[serde(flatten)]
        times: HealthTimes,
    },
    /// By connecting to the port.
    Port {
        /// When and how often.
        #[serde(flatten)]
        times: HealthTimes,
    },
    /// With a command.
    Command {
        /// The command.
        command: Vec<Line>,
        /// When and how often.
        #[serde(flatten)]
        times: HealthTimes,
    },
}

/// When and how often Docker asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct HealthTimes {
    /// Time between two checks.
    pub interval: Duration,
    /// Time that a check may take.
    pub(crate) timeout: Duration,
    /// Time that the application has for starting.
    pub(crate) start_period: Duration,
    /// Failures in a row that make it unhealthy.
    pub(crate) retries: u32,
}
