//! What the project itself requires, and its code may import.

use std::collections::BTreeSet;

use crate::closure::Closure;
use crate::lock::{Package, PackageId};
use crate::names::PackageName;
use crate::plan::inputs::Inputs;

/// The requirements of the project whose modules its code may import.
pub(crate) fn names(inputs: &Inputs, closure: &Closure<'_>) -> BTreeSet<PackageName> {
    let direct = closure.packages().filter(|(id, package, _)| {
        is_direct(closure, *id, Needed::Also) && !is_started(inputs, package)
    });
    direct.map(|(_, package, _)| package.name.clone()).collect()
}

/// Whether others may need a requirement too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needed {
    Alone,
    Also,
}

/// Whether the project asks for it, and nothing else of the closure does where that is asked.
pub(crate) fn is_direct(closure: &Closure<'_>, id: PackageId, needed: Needed) -> bool {
    let lock = closure.lock();
    let reasons = closure.chosen(id).map(|chosen| chosen.reasons.as_slice());
    let reasons = reasons.unwrap_or_default();
    let own = |by: PackageId| lock.is_member(by);
    let mut by = reasons.iter().map(|reason| reason.by.is_none_or(own));
    let is_asked = match needed {
        Needed::Alone => by.all(|own| own),
        Needed::Also => by.any(|own| own),
    };
    !own(id) && !reasons.is_empty() && is_asked
}

/// Whether it is started by a command, chosen by a URL, or used without a name in another way.
pub(crate) fn is_started(inputs: &Inputs, package: &Package) -> bool {
    let (name, catalog) = (&package.name, &inputs.catalog);
    let framework = catalog.frameworks().get(name.as_ref());
    catalog.servers().server(name).is_some()
        || framework.is_some_and(|one| one.command().is_some())
        || catalog.services().driver(name).is_some()
        || catalog.development().get(name).is_some()
        || catalog.unnamed().has(name)
}
