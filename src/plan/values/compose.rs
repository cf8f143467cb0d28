//! What is decided about what runs the images together.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Decision, KeptImage, StopPlan};
use crate::profile::{
    ContextPath, EnvName, Gpu, ImagePath, ImageRef, Line, MemorySize, ProfileName, ServiceName,
};
use crate::target::Platform;

/// What runs the images together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ComposePlan {
    /// The compose project's name.
    pub name: String,
    /// The services, in the order of the images; a migration before the service that waits for it.
    pub services: Vec<ServicePlan>,
    /// Backing services.
    pub backing: Vec<BackingPlan>,
    /// Services beside them that the project itself says, of images that dfgen has no row for.
    pub neighbours: Vec<NeighbourPlan>,
    /// Their images that are others than dfgen would choose, as the compose file has them.
    pub kept: Vec<KeptImage>,
}

/// One service of the compose file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
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
    /// The port by which the host reaches it.
    pub port: Option<PortPlan>,
    /// Services that must be there first.
    pub depends_on: IndexMap<String, Dependency>,
    /// Files of variables, in the project's folder, where they are; the later ones hold.
    pub env_files: Vec<ContextPath>,
    /// Environment: names with default values; an empty default is written as required.
    pub env: Vec<ServiceEnv>,
    /// The host's GPUs that it needs.
    pub gpu: Gpu,
    /// Whether it is started only where `--profile gpu` asks for it: others run on a host without a GPU.
    pub on_demand: bool,
    /// The platform that it runs on, where it is not the host's.
    pub platform: Option<Platform>,
    /// Shared memory.
    pub shm_size: Option<MemorySize>,
    /// Its volumes.
    pub volumes: Vec<VolumePlan>,
    /// How it ends, where that is not as its image does.
    pub stop: Option<StopPlan>,
    /// Folders that are synchronised in development.
    pub watch: Vec<ContextPath>,
}

/// A port of a container on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PortPlan {
    /// The host's port, where nobody says otherwise.
    pub host: u16,
    /// The variable that says otherwise.
    pub variable: EnvName,
    /// The container's port.
    pub(crate) container: u16,
}

/// A volume with a name, and where it is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct VolumePlan {
    /// Its name.
    pub name: String,
    /// The folder in the container.
    pub folder: ImagePath,
}

/// What a service is to its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceRole {
    /// It runs the image's own command, and builds it.
    Main,
    /// It migrates the database, once.
    Migration,
    /// It puts periodic tasks on the queue of the image's worker.
    Beat,
    /// It runs another process of the application.
    Process,
}

/// An environment variable of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ServiceEnv {
    /// The name in the container.
    pub name: EnvName,
    /// What it is set to.
    pub value: EnvValue,
}

/// What an environment variable of a service is set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnvValue {
    /// This, whatever the host has: the file itself counts on it.
    Fixed(Line),
    /// The host's variable of the same name, else this.
    Default(Line),
    /// The host's variable of the same name, else this address of a backing service, in which
    /// `${NAME}` is a variable of the host.
    Connection(Line),
    /// This, in the words of a compose file of the project's own: `${NAME}` is a variable of the host.
    Said(Line),
}

/// Another service that one needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Dependency {
    /// What it waits for.
    pub condition: Condition,
    /// Whether it cannot start without.
    pub required: bool,
}

impl Dependency {
    /// One that it cannot start without.
    pub(crate) fn on(condition: Condition) -> Self {
        Self {
            condition,
            required: true,
        }
    }
}

/// What a service waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// It has started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It has run and ended well.
    Completed,
}

/// A backing service that an image needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NeededService {
    /// Its name.
    pub name: String,
    /// The image that it runs.
    pub image: ImageRef,
    /// Whether the profile names this image, and not the service alone.
    pub is_pinned: bool,
}

/// A backing service.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct BackingPlan {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: Decision<ImageRef>,
    /// Environment.
    pub env: Vec<ServiceEnv>,
    /// The command of its health check.
    pub health: Vec<Line>,
    /// The volume that it keeps its data in, if it keeps any.
    pub data: Option<VolumePlan>,
    /// The port by which a developer's tools reach it.
    pub port: Option<PortPlan>,
}

/// A service beside the images that the project itself says.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NeighbourPlan {
    /// Its name.
    pub name: ServiceName,
    /// Its keys, as compose has them; paths of the host begin at the project's folder.
    pub keys: IndexMap<String, serde_json::Value>,
    /// Where that is said.
    pub because: String,
}

/// A service beside an image that it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NeighbourNeed {
    /// Its name.
    pub name: ServiceName,
    /// What it waits for.
    pub on: Condition,
}
