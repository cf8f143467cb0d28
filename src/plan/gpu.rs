//! What the closure says about GPUs: CUDA in wheels, and for which version.

use crate::catalog::{Catalog, LockedCuda};
use crate::closure::Closure;

/// Whether any package of a closure brings CUDA.
pub(super) fn has_cuda(catalog: &Catalog, closure: &Closure<'_>) -> bool {
    let platform = closure.target().platform;
    closure.packages().any(|(_, package, _)| {
        let version = package.version.as_ref();
        let locked =
            version.and_then(|version| catalog.gpu().locked_cuda(&package.name, version, platform));
        locked.and_then(LockedCuda::major).is_some()
    })
}
