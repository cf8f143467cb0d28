//! Everything decided about the images of a project, before any text.
//!
//! Third stage of the pipeline. [`Plan::new`] holds profiles, closures, source tree and catalog
//! together and decides: Python and base image, apt packages, layers, what of the project goes in,
//! how it runs. Pure: it reads nothing but its arguments. A plan is whole: what could not be decided
//! is an error with what to write, never an empty value.

mod account;
mod bake;
mod base;
mod candidates;
mod choose;
mod compose;
mod files;
mod findings;
#[cfg(test)]
mod fixture;
mod image;
mod inputs;
mod member;
mod named;
mod packages;
mod policies;
mod raised;
mod run;
mod settings_outside;
mod source;
mod stages;
mod started;
mod tools;
mod unpinned;
mod values;
mod variants;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Result};
use crate::profile::ContextPath;

pub use account::Outcome;
pub(crate) use account::{Judge, managed, verb};
pub use base::python::default_python;
pub(crate) use candidates::candidates;
pub use choose::{Taken, choose, ended};
pub use image::closures;
pub use inputs::Inputs;
pub(crate) use run::composed::{Composed, repository};
pub(crate) use run::composed_env::is_plain;
pub(crate) use run::entry::several_things;
pub(crate) use run::neighbours::{
    is_named, is_neighbour, is_told, said as said_services, tables as service_tables,
};
pub(crate) use run::services::implied_services;
pub(crate) use run::told::installed_extras;
pub use stages::StagePlan;
pub(crate) use stages::{Install, RecipePart, StageBase, StageKind, StageName};
pub use values::{
    AppForm, AppPlan, AptNeed, BackingPlan, BakePlan, BakedPlan, BuildLabel, BuildPlan,
    ComposePlan, Condition, ContextPlan, Copied, CopiedKind, Decision, Dependency, EnvValue,
    HealthPlan, HealthTimes, ImagePlan, KeptImage, Lasting, LayerContents, LayerPackage, LayerPlan,
    LinkPlan, LocalPackage, MigrationPlan, NeededService, NeighbourNeed, NeighbourPlan,
    PlatformPlan, PortPlan, ProcessPlan, ProjectPlan, PythonSource, RecipePlan, RunPlan, ScanPlan,
    ScanSaid, ServiceEnv, ServicePlan, ServiceRole, SnapshotPlan, StepIn, StepPlan, StopLimit,
    StopPlan, TrimPlan, TuningPlan, Unpinned, VolumePlan,
};
pub(crate) use values::{Bases, ContextLine, ContextSection, LayerPattern, TrimKind};

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
        let mut findings = findings::of_images(&planned);
        findings.extend(findings::same_application(&planned));
        if inputs.heeds_containers() {
            findings.extend(account::lacks::find(&planned));
        }
        findings.extend(settings_outside::told(inputs));
        let (images, locals): (Vec<ImagePlan>, Vec<_>) = planned
            .into_iter()
            .map(|one| (one.image, one.locals))
            .unzip();
        findings.extend(raised::uneven_bases(&inputs.written, &images));
        named::refuse_one_name(inputs, &images)?;
        let (compose, not_kept) = compose::compose(inputs, &images, &locals)?;
        findings.extend(not_kept);
        findings.extend(compose::local_addresses(&compose, &images, &locals));
        Ok(Self {
            compose,
            output: inputs.config.output.value.clone(),
            policies: policies::asked(inputs),
            bake: bake::bake(inputs, &images)?,
            images,
            findings,
        })
    }
}

/// Where the project's own container files say what `render` tells of with the lines that keep it. None where nothing can be
/// planned.
pub(crate) fn told_places(inputs: &Inputs) -> Vec<Place> {
    let taken = choose(inputs, &[]).unwrap_or_default();
    let planned = taken.iter().map(|taken| image::plan(inputs, taken));
    let planned: Result<Vec<_>> = planned.collect();
    planned.map_or_else(|_| Vec::new(), |planned| account::lacks::places(&planned))
}

/// The plan of a project's images.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// One for each profile, in the order that was asked for.
    pub images: Vec<ImagePlan>,
    /// What runs them together.
    pub compose: ComposePlan,
    /// What builds them all at once; `None` where nobody asks for it.
    pub bake: Option<BakePlan>,
    /// The folder of generated files.
    pub output: ContextPath,
    /// What the settings ask of every image, each with where.
    pub policies: IndexMap<String, String>,
    /// What somebody should look at.
    pub findings: Vec<Diagnostic>,
}
