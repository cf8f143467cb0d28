//! What is installed of a package: which of its files, and whether it is built for that.
//!
//! The lock knows which file fits a target; `no-build` and `no-binary` of `[tool.uv]` may still refuse it.

use std::sync::OnceLock;

use super::Closure;
use crate::lock::{Distribution, Lock, PackageId, PerPackage, Source, Tags};
use crate::names::PackageName;
use crate::project::Project;
use crate::project::pyproject::UvTable;
use crate::target::Target;

/// The wheels that fit a target best, each looked for once: a lock has dozens for some packages, and everything about
/// an image asks for them.
#[derive(Debug)]
pub(super) struct BestWheels {
    tags: Tags,
    places: PerPackage<OnceLock<Option<usize>>>,
}

impl BestWheels {
    pub(super) fn new(lock: &Lock, target: &Target) -> Self {
        Self {
            tags: Tags::new(target),
            places: lock.for_each(OnceLock::new),
        }
    }

    fn place(&self, lock: &Lock, id: PackageId) -> Option<usize> {
        *self.places[id].get_or_init(|| lock.package(id).best_wheel(&self.tags))
    }
}

impl<'p> Closure<'p> {
    /// The tags of its target.
    pub(super) fn tags(&self) -> &Tags {
        &self.selected.wheels.tags
    }

    /// The file of a package that fits the target best, whatever `no-binary` says.
    pub fn fitting(&self, id: PackageId) -> Distribution<'p> {
        let place = self.selected.wheels.place(self.lock, id);
        self.lock.package(id).with_wheel(place)
    }

    /// What is installed of a package: the best file for the target, or its source distribution where
    /// `no-binary` and its like refuse wheels.
    pub(crate) fn distribution(&self, id: PackageId) -> Distribution<'p> {
        let rules = BuildRules::of(self.project);
        let package = self.lock.package(id);
        match (self.fitting(id), &package.sdist) {
            (Distribution::Wheel(_), Some(sdist)) if !rules.allows_binary(&package.name) => {
                Distribution::Sdist(sdist)
            }
            (distribution, _) => distribution,
        }
    }

    /// Whether a package is built while the image is: it has no wheel for the target, or comes from Git. A folder
    /// of the project is not meant; it is built with the application.
    pub(crate) fn builds(&self, id: PackageId) -> bool {
        match self.distribution(id) {
            Distribution::Sdist(_) => true,
            Distribution::Source => matches!(self.lock.package(id).source, Source::Git(_)),
            _ => false,
        }
    }
}

/// `no-build` and `no-binary` of `[tool.uv]`. A package that one list names is an exception from
/// the other's `true`.
///
/// Source: `crates/uv-configuration/src/build_options.rs` in uv.
pub(super) struct BuildRules<'p> {
    uv: &'p UvTable,
}

impl<'p> BuildRules<'p> {
    pub(super) fn of(project: &'p Project) -> Self {
        let uv = &project.pyproject.uv;
        Self { uv }
    }

    pub(super) fn allows_build(&self, package: &PackageName) -> bool {
        if self.uv.no_build == Some(true) {
            named(&self.uv.no_binary_package, package)
        } else {
            !named(&self.uv.no_build_package, package)
        }
    }

    pub(super) fn allows_binary(&self, package: &PackageName) -> bool {
        if self.uv.no_binary == Some(true) {
            named(&self.uv.no_build_package, package)
        } else {
            !named(&self.uv.no_binary_package, package)
        }
    }
}

fn named(names: &[String], package: &PackageName) -> bool {
    names
        .iter()
        .any(|name| name.parse().as_ref() == Ok(package))
}
