//! Which packages of a lock a profile means: by name, by glob, or as the ML stack.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Result, nearest};
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::packages::stack;
use crate::profile::{PackagePattern, Setting};
use crate::rules;

/// The locked packages that patterns name. Errors: a pattern that names none of the lock.
pub(crate) fn packages(
    subject: &Subject<'_>,
    key: &str,
    patterns: &Setting<Vec<PackagePattern>>,
) -> Result<Vec<PackageName>> {
    let lock = &subject.inputs.project.lock;
    let mut found = BTreeSet::new();
    for pattern in &patterns.value {
        let before = found.len();
        found.extend(
            lock.names()
                .filter(|name| matches(subject, pattern, name))
                .cloned(),
        );
        if let (PackagePattern::Name(name), true) = (pattern, found.len() == before) {
            if lock.named(name).is_empty() {
                return Err(Diagnostic::new(
                    rules::UNKNOWN_PACKAGE,
                    format!("`{name}` is not in uv.lock"),
                )
                .at_some(
                    patterns
                        .origin
                        .place_of(name.as_ref(), "no locked package has this name"),
                )
                .with_note(format!(
                    "named in `{key}` of the profile `{}` ({})",
                    subject.profile.name, patterns.origin
                ))
                .with_help_some(nearest(name.as_ref(), lock.names().map(AsRef::as_ref)))
                .into());
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Whether a pattern means a package.
pub(crate) fn matches(subject: &Subject<'_>, pattern: &PackagePattern, name: &PackageName) -> bool {
    match pattern {
        PackagePattern::Name(wanted) => wanted == name,
        PackagePattern::Glob(glob) => glob.matches(name.as_ref()),
        PackagePattern::Ml => {
            let (catalog, lock) = (&subject.inputs.catalog, &subject.inputs.project.lock);
            let mut named = lock.named(name).iter();
            named.any(|id| stack::is_heavy(catalog, lock, *id))
        }
    }
}
