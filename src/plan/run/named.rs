//! The application that a said command or entry names, held against the source: which candidate it is,
//! and whether it is there at all.

use std::collections::BTreeSet;

use crate::application::{Candidate, Kind, stdlib};
use crate::catalog::Origin;
use crate::closure::Closure;
use crate::command::without_call;
use crate::diagnostic::{Diagnostic, Result, nearest};
use crate::names::PackageName;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::source::own_modules;
use crate::profile::Origin as Said;
use crate::project::source_tree::{has_extension, join, module_of};
use crate::rules;

/// Whether what is named is in the source or comes with a package. Errors: a module of the project that
/// is not there, a module without the name. A module that nothing seems to have is a warning.
pub(crate) fn check(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    application: &Application<'_>,
    named: &str,
    origin: &Said,
) -> Result<Option<Diagnostic>> {
    let (module, attribute) = named.split_once(':').unwrap_or((named, ""));
    let attribute = without_call(attribute);
    let files = own_modules::files(subject, module);
    if files.is_empty() {
        let what = format!("there is no module `{module}`");
        let place = origin.place_of(module, "not in the source");
        let near = near(subject, application, named);
        return if first_of(subject, module) {
            let found = Diagnostic::new(rules::UNKNOWN_ENTRY, what).into_error();
            Err(found.at_some(place).with_help_some(near).into())
        } else if comes_with_package(subject, closure, module) {
            Ok(None)
        } else {
            let found = Diagnostic::new(rules::UNKNOWN_ENTRY, what).at_some(place);
            let note = "neither the project nor a package of the closure seems to have it";
            Ok(Some(found.with_note(note).with_help_some(near)))
        };
    }
    let first = attribute.split('.').next().unwrap_or_default();
    if first.is_empty()
        || files
            .iter()
            .any(|path| own_modules::may_have(subject, path, first))
    {
        return Ok(None);
    }
    let known: Vec<String> = application
        .candidates
        .iter()
        .filter(|one| one.module == module)
        .map(Candidate::import_string)
        .collect();
    let what = format!("`{module}` has no `{first}`");
    Err(Diagnostic::new(rules::UNKNOWN_ENTRY, what)
        .into_error()
        .at_some(origin.place_of(attribute, "not in the module"))
        .with_note(format!("looked for in {}", files.join(", ")))
        .with_help_some(nearest(named, known.iter().map(String::as_str)))
        .into())
}

/// Whether the first part of a module name is the project's own.
fn first_of(subject: &Subject<'_>, module: &str) -> bool {
    let first = module.split('.').next().unwrap_or(module);
    let tree = &subject.inputs.tree;
    let mut roots = tree.import_roots(subject.folder).into_iter();
    module.contains('.')
        && roots.any(|root| {
            let path = join(&root, first);
            tree.has_file(&format!("{path}/__init__.py")) || tree.has_file(&format!("{path}.py"))
        })
}

/// Whether a locked package or Python itself may have a module.
pub(crate) fn comes_with_package(
    subject: &Subject<'_>,
    closure: &Closure<'_>,
    module: &str,
) -> bool {
    let first = module.split('.').next().unwrap_or(module);
    let installed: BTreeSet<&PackageName> = closure
        .packages()
        .map(|(_, package, _)| &package.name)
        .collect();
    let by_catalog = match subject.inputs.catalog.origin(module) {
        // Where the image lacks it, that is told as a missing import.
        Origin::Distributions(_) | Origin::Namespace => true,
        Origin::Unknown => false,
    };
    let wanted = first.to_lowercase().replace('_', "");
    let named_so = |name: &&PackageName| name.as_ref().replace('-', "").contains(&wanted);
    by_catalog || stdlib::ever_contained(first) || installed.iter().any(named_so)
}

/// Names that are there: applications first, else modules.
fn near(subject: &Subject<'_>, application: &Application<'_>, named: &str) -> Option<String> {
    let candidates = application.candidates.iter();
    let served: Vec<String> = candidates
        .filter(|one| one.kind.serves() || one.kind == Kind::Worker)
        .map(Candidate::import_string)
        .collect();
    let names = if served.is_empty() {
        all_modules(subject)
    } else {
        served
    };
    nearest(named, names.iter().map(String::as_str))
}

/// Every module of the subject's import roots, by its dotted name.
pub(crate) fn all_modules(subject: &Subject<'_>) -> Vec<String> {
    let tree = &subject.inputs.tree;
    let mut found = BTreeSet::new();
    for root in tree.import_roots(subject.folder) {
        for path in tree.below(&root).filter(|path| has_extension(path, "py")) {
            found.insert(module_of(&root, path));
        }
    }
    found.into_iter().collect()
}
