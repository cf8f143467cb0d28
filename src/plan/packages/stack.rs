//! What makes a closure one for machine learning: what its people ask for, and how much comes along.
//!
//! A name alone is no reason. A runtime of 20 MB that a small library brings along makes no API an image for models;
//! PyTorch does, however deep it stands. What is the project's own is never ML, whatever it is called.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::bytes::Bytes;
use crate::catalog::{Catalog, MlKind};
use crate::closure::Closure;
use crate::lock::{Lock, PackageId};

/// What of the ML stack may come along unasked. The ONNX runtime is 20 MB with what it needs, the smallest PyTorch 100.
const LIGHT: Bytes = Bytes(64_000_000);

/// Whether a package is of the ML stack: neither a classical library nor the project's own.
pub(crate) fn is_heavy(catalog: &Catalog, lock: &Lock, id: PackageId) -> bool {
    let package = lock.package(id);
    package.source.folder().is_none() && catalog.ml().is_heavy(&package.name)
}

/// The package for which some packages of a lock make up an ML stack; `None` where they do not. `asked` are those
/// that a person wrote down.
pub(crate) fn of(
    catalog: &Catalog,
    closure: &Closure<'_>,
    packages: impl Iterator<Item = PackageId>,
    asked: &BTreeSet<PackageId>,
) -> Option<PackageId> {
    let lock = closure.lock();
    let mut heavy: Vec<PackageId> = packages.filter(|id| is_heavy(catalog, lock, *id)).collect();
    let size = |id: PackageId| closure.download_size(id);
    let weight = |id: PackageId| size(id).map_or(u64::MAX, |size| size.0);
    heavy.sort_by_cached_key(|id| (rank(catalog, lock, *id), Reverse(weight(*id)), *id));
    let first = heavy.iter().find(|id| asked.contains(id));
    let weighs = || {
        // Some indexes, as PyTorch's, tell no size.
        let sizes = heavy.iter().map(|id| size(*id).map(|size| size.0));
        let sum: Option<u64> = sizes.sum();
        sum.is_none_or(|sum| sum >= LIGHT.0)
    };
    let heaviest = || heavy.first().filter(|_| weighs());
    first.or_else(heaviest).copied()
}

/// What a person would name first.
fn rank(catalog: &Catalog, lock: &Lock, id: PackageId) -> u8 {
    let row = catalog.ml().get(&lock.package(id).name);
    match row.map(|row| row.kind()) {
        Some(MlKind::Framework) => 0,
        Some(MlKind::Serving) => 1,
        Some(MlKind::Tool) => 2,
        Some(MlKind::GpuLibrary | MlKind::Classical) | None => 3,
    }
}

/// As [`of`], for all of a closure.
pub(crate) fn of_closure(catalog: &Catalog, closure: &Closure<'_>) -> Option<PackageId> {
    let lock = closure.lock();
    let own = |by: PackageId| lock.package(by).source.folder().is_some();
    let asked = closure.packages().filter(|(_, _, chosen)| {
        let mut by = chosen.reasons.iter().map(|reason| reason.by);
        by.any(|by| by.is_none_or(own))
    });
    let asked: BTreeSet<PackageId> = asked.map(|(id, _, _)| id).collect();
    let all = closure.packages().map(|(id, _, _)| id);
    of(catalog, closure, all, &asked)
}

/// Why a closure is one for machine learning, in words: what a person wrote, and what that brings.
pub(crate) fn because(closure: &Closure<'_>, id: PackageId) -> String {
    let lock = closure.lock();
    let name = &lock.package(id).name;
    let chain = closure.shortest_chain(id);
    let mut steps = chain.iter().flat_map(|chain| chain.packages());
    let written = steps.find(|step| lock.package(*step).source.folder().is_none());
    match written.filter(|written| *written != id) {
        Some(written) => {
            let written = &lock.package(written).name;
            format!("the project itself needs {written}, which brings {name}")
        }
        None => format!("the project itself needs {name}"),
    }
}
