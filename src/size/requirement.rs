//! What each requirement of the project's own brings: itself, unless another package needs it too, and what only it needs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::estimate::Size;
use super::package::PackageSize;
use crate::closure::Closure;
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

/// The requirements of a closure, largest first.
pub(super) fn requirements(
    closure: &Closure<'_>,
    packages: &BTreeMap<&PackageName, &PackageSize>,
) -> Vec<Requirement> {
    let lock = closure.lock();
    let mut found: Vec<Requirement> = Vec::new();
    for (id, leaving) in closure.requirements() {
        let name = lock.package(id).name.clone();
        let mut names: Vec<PackageName> = leaving
            .into_iter()
            .filter(|one| !lock.is_member(*one))
            .map(|one| lock.package(one).name.clone())
            .collect();
        names.sort_by_key(|one| *one != name);
        let sizes = names.iter().filter_map(|one| packages.get(one));
        let sizes: Vec<Option<Size>> = sizes.map(|one| one.size).collect();
        found.push(Requirement {
            size: sizes.iter().flatten().copied().sum(),
            unknown: sizes.iter().filter(|size| size.is_none()).count(),
            chain: packages
                .get(&name)
                .map_or_else(String::new, |one| one.chain.clone()),
            leaving: names,
            name,
        });
    }
    found.sort_by_key(|one| (Reverse(one.size.disk.bytes()), one.name.clone()));
    found
}
