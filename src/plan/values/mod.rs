//! The values of a plan: each valid once made, and none changed after. Who decides them stands in the folder above.

mod app;
mod bake;
mod bases;
mod compose;
mod decision;
mod image;
mod kept;
mod layer;
mod run;
mod step;
mod stop;

use serde::Serializer;

pub use app::{AppForm, AppPlan, ContextPlan, Copied, CopiedKind, LocalPackage};
pub(crate) use app::{ContextLine, ContextSection};
pub use bake::{BakePlan, BakedPlan};
pub(crate) use bases::Bases;
pub use compose::{
    BackingPlan, ComposePlan, Condition, Dependency, EnvValue, NeededService, NeighbourNeed,
    NeighbourPlan, PortPlan, ServiceEnv, ServicePlan, ServiceRole, VolumePlan,
};
pub use decision::Decision;
pub use image::{
    AptNeed, BuildLabel, BuildPlan, ImagePlan, PlatformPlan, ProjectPlan, PythonSource, RecipePlan,
    ScanPlan, ScanSaid, SnapshotPlan, Unpinned,
};
pub use kept::KeptImage;
pub use layer::{LayerContents, LayerPackage, LayerPlan, TrimPlan};
pub(crate) use layer::{LayerPattern, TrimKind};
pub use run::{
    HealthPlan, HealthTimes, Lasting, LinkPlan, MigrationPlan, ProcessPlan, RunPlan, TuningPlan,
};
pub use step::{StepIn, StepPlan};
pub use stop::{StopLimit, StopPlan};

/// What is excused, each with why, as an object.
fn reasons<T: ToString, S: Serializer>(
    pairs: &[(T, String)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(what, why)| (what.to_string(), why)))
}
