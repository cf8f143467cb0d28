//! What images take, predicted: on disk, and to pull, before anything is built.
//!
//! Reads nothing but the plan, the closures that it was made from and the catalog, so it is as fast as they are and needs
//! no network; [`Exact`] alone looks into wheels, and is there only where somebody asked for it. The promise: what is estimated says so and has a range, and what cannot be told from the lock is listed
//! as unknown, never counted as nothing.

mod against;
mod area;
mod budget;
mod estimate;
mod exact;
mod image;
mod package;
mod requirement;
mod trimming;
mod ways;

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::Catalog;
use crate::closure::Closure;
use crate::diagnostic::{Diagnostic, Result};
use crate::lock::PackageId;
use crate::plan::{self, Inputs, Plan, Taken};
use crate::profile::{Origin, Serves, Setting};
use crate::rules;

pub use against::{
    Difference, ImageDifference, PackageDifference, PartDifference, VersionSize, growth,
};
pub use area::Area;
pub use budget::{Limit, Measure, Over, Way};
pub use estimate::{Estimate, Size};
pub use exact::{Exact, FileKind, KindSize};
pub use image::{ImageSize, Part, PartKind, Unknown};
pub use package::{Basis, PackageSize};
pub use requirement::{List, Requirement};
pub use trimming::Trimmed;

/// What the images of a project take.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Sizes {
    /// One for each profile and platform.
    pub images: Vec<ImageSize>,
}

/// What packages of a closure take with bytecode and the usual trimming, in an image of their own; and of how many that is
/// unknown.
pub fn of_packages(
    closure: &Closure<'_>,
    packages: impl IntoIterator<Item = PackageId>,
) -> (Size, usize) {
    let catalog = Catalog::embedded();
    let weighing = package::Weighing {
        catalog,
        closure,
        trimming: trimming::Trimming::keeping(catalog, &[]),
        bytecode: true,
        exact: None,
    };
    let sizes = packages
        .into_iter()
        .map(|id| weighing.package(id, String::new()).size);
    let sizes: Vec<Option<Size>> = sizes.collect();
    let unknown = sizes.iter().filter(|size| size.is_none()).count();
    (sizes.into_iter().flatten().sum(), unknown)
}

impl Sizes {
    /// What the images of a plan take that was made of these profiles; what its findings would save is not among what
    /// could be done without, as they are of all images together. Errors: as [`plan::closures`].
    pub fn of_plan(inputs: &Inputs, taken: &[Taken], plan: &Plan) -> Result<Self> {
        let mut images = Vec::new();
        for (one, image) in taken.iter().zip(&plan.images) {
            for closure in &plan::closures(inputs, &one.profile)? {
                images.push(image::size(inputs, one, (image, &[]), closure, None));
            }
        }
        Ok(Self { images })
    }

    /// What the images of these profiles take. What one runs decides nothing about its packages, so an image is sized all
    /// the same where that is not known. Errors: as [`Plan::new`], but for that.
    pub fn new(inputs: &Inputs, taken: &[Taken]) -> Result<Self> {
        Self::of(inputs, taken, None)
    }

    /// The same, by what is in the wheels that were read. Errors: as those of [`Self::new`].
    pub fn exact(inputs: &Inputs, taken: &[Taken], exact: &Exact) -> Result<Self> {
        Self::of(inputs, taken, Some(exact))
    }

    fn of(inputs: &Inputs, taken: &[Taken], exact: Option<&Exact>) -> Result<Self> {
        let mut images = Vec::new();
        for one in taken {
            // Each alone, so that what is found is known to be of it.
            let (plan, unknown) = match Plan::new(inputs, std::slice::from_ref(one)) {
                Err(problems) if problems.iter().all(is_about_running) => {
                    let unknown = Unknown {
                        what: "what the image runs".to_owned(),
                        because: "extras and files that only it needs may be missing: `dfgen plan` says more".to_owned(),
                    };
                    (Plan::new(inputs, &[with_command(one)])?, Some(unknown))
                }
                plan => (plan?, None),
            };
            let closures = plan::closures(inputs, &one.profile)?;
            for closure in &closures {
                let decided = (&plan.images[0], &plan.findings[..]);
                let mut image = image::size(inputs, one, decided, closure, exact);
                if let Some(budget) = &one.profile.budget {
                    image.over = image.over(&budget.value);
                }
                image.unknown.extend(unknown.clone());
                images.push(image);
            }
        }
        Ok(Self { images })
    }
}

/// Whether a problem is that nobody knows what an image runs, or on which port.
fn is_about_running(problem: &Diagnostic) -> bool {
    let rules = [
        rules::AMBIGUOUS_ENTRY,
        rules::NO_COMMAND,
        rules::NO_PORT,
        rules::NO_SERVER,
    ];
    rules.contains(&problem.rule())
}

/// The same profile with a command that stands for any.
fn with_command(taken: &Taken) -> Taken {
    let setting = |words: &[&str]| Setting {
        value: words.iter().filter_map(|word| word.parse().ok()).collect(),
        origin: Origin::CommandLine("size"),
    };
    let mut profile = taken.profile.clone();
    profile.command = Some(setting(&["python"]));
    profile.serves = Setting {
        value: Serves::Queue,
        origin: Origin::CommandLine("size"),
    };
    Taken::new(profile, taken.because.clone())
}
