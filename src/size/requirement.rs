//! What each requirement of the project's own brings: itself, unless another package needs it too, and what only it needs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::estimate::Size;
use super::package::PackageSize;
use crate::closure::Closure;
use crate::lock::PackageId;
use crate::names::PackageName;

/// A requirement of the project's own, and what would leave the image without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Requirement {
    /// The package that is asked for.
    #[schemars(with = "String")]
    pub name: PackageName,
    /// What would leave: itself first; none where another package needs it too.
    #[schemars(with = "Vec<String>")]
    pub leaving: Vec<PackageName>,
    /// What that takes, as far as it is known.
    pub size: Size,
    /// How many of them have a size that is unknown.
    pub unknown: usize,
    /// The way from the project to it: in which list it stands.
    pub chain: String,
}

/// An extra or a group of the project's own, and what would leave the image without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct List {
    /// As `name[extra]` or `name:group`.
    pub name: String,
    /// What would leave.
    #[schemars(with = "Vec<String>")]
    pub leaving: Vec<PackageName>,
    /// What that takes, as far as it is known.
    pub size: Size,
    /// How many of them have a size that is unknown.
    pub unknown: usize,
}

/// The extras and groups of a closure, largest first.
pub(super) fn lists(
    closure: &Closure<'_>,
    packages: &BTreeMap<&PackageName, &PackageSize>,
) -> Vec<List> {
    let lists = closure.lists().into_iter().map(|(name, leaving)| {
        let leaving = names(closure, leaving);
        let (size, unknown) = together(&leaving, packages);
        List {
            name,
            leaving,
            size,
            unknown,
        }
    });
    let mut lists: Vec<List> = lists.collect();
    lists.sort_by_key(|one| (Reverse(one.size.disk.bytes()), one.name.clone()));
    lists
}

/// The packages that are none of the project's own, by name.
fn names(closure: &Closure<'_>, packages: Vec<PackageId>) -> Vec<PackageName> {
    let lock = closure.lock();
    let foreign = packages.into_iter().filter(|id| !lock.is_member(*id));
    foreign.map(|id| lock.package(id).name.clone()).collect()
}

/// What packages take together, and of how many that is unknown.
fn together(
    names: &[PackageName],
    packages: &BTreeMap<&PackageName, &PackageSize>,
) -> (Size, usize) {
    let sizes = names.iter().filter_map(|one| packages.get(one));
    let sizes: Vec<Option<Size>> = sizes.map(|one| one.size).collect();
    let unknown = sizes.iter().filter(|size| size.is_none()).count();
    (sizes.into_iter().flatten().sum(), unknown)
}

/// The requirements of a closure, largest first.
pub(super) fn requirements(
    closure: &Closure<'_>,
    packages: &BTreeMap<&PackageName, &PackageSize>,
) -> Vec<Requirement> {
    let lock = closure.lock();
    let mut found: Vec<Requirement> = Vec::new();
    for (id, leaving) in closure.requirements() {
        let name = lock.package(id).name.clone();
        let mut leaving = names(closure, leaving);
        leaving.sort_by_key(|one| *one != name);
        let (size, unknown) = together(&leaving, packages);
        found.push(Requirement {
            size,
            unknown,
            chain: packages
                .get(&name)
                .map_or_else(String::new, |one| one.chain.clone()),
            leaving,
            name,
        });
    }
    found.sort_by_key(|one| (Reverse(one.size.disk.bytes()), one.name.clone()));
    found
}
