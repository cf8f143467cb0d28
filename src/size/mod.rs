//! What images take, predicted: on disk, and to pull, before anything is built.
//!
//! Reads nothing but the plan, the closures that it was made from and the catalog, so it is as fast as they are and needs
//! no network. The promise: what is estimated says so and has a range, and what cannot be told from the lock is listed
//! as unknown, never counted as nothing.

mod against;
mod area;
mod budget;
mod estimate;
mod image;
mod package;
mod requirement;
mod trimming;
mod ways;

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::Catalog;
use crate::closure::Closure;
use crate::diagnostic::Result;
use crate::lock::PackageId;
use crate::plan::{self, Inputs, Plan, Taken};

pub use against::{
    Difference, ImageDifference, PackageDifference, PartDifference, VersionSize, growth,
};
pub use area::{Area, Effort};
pub use budget::{Limit, Measure, Over, Way};
pub use estimate::{Estimate, Size};
pub use image::{ImageSize, Part, PartKind, Unknown};
pub use package::{Basis, PackageSize};
pub use requirement::Requirement;
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
                images.push(image::size(inputs, one, (image, &[]), closure));
            }
        }
        Ok(Self { images })
    }

    /// What the images of these profiles take. Errors: as [`Plan::new`].
    pub fn new(inputs: &Inputs, taken: &[Taken]) -> Result<Self> {
        let mut images = Vec::new();
        for one in taken {
            // Each alone, so that what is found is known to be of it.
            let plan = Plan::new(inputs, std::slice::from_ref(one))?;
            let closures = plan::closures(inputs, &one.profile)?;
            for closure in &closures {
                let mut image =
                    image::size(inputs, one, (&plan.images[0], &plan.findings), closure);
                if let Some(budget) = &one.profile.budget {
                    image.over = image.over(&budget.value);
                }
                images.push(image);
            }
        }
        Ok(Self { images })
    }
}
