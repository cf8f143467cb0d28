//! Whether a lock still fits its manifests, as `uv lock --check` would say, without a resolver.
//!
//! A lock records what every manifest said when it was written. [`check`] holds that against what
//! the manifests say now, and tells all differences at once. The promise: it raises no alarm over a
//! lock that uv accepts. What only uv can know (settings of the machine, results of a build
//! backend, what an index has today) is left to uv.
//!
//! Source: `Lock::satisfies` in `crates/uv-resolver/src/lock/mod.rs` of uv.

mod conflicts;
mod edges;
mod lists;
mod options;
mod requirement;
mod settings;
mod source_wire;
mod sources;
#[cfg(test)]
mod tests;
mod workspace;

use lists::Comparison;
use workspace::{Local, Workspace};

use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::lock::Package;
use crate::project::Project;
use crate::rules;

/// Errors: `stale-lock`, one for each difference between the manifests and the lock.
pub fn check(project: &Project) -> Result<()> {
    let Some(workspace) = Workspace::new(project) else {
        return Ok(());
    };
    let mut problems = settings::check(&workspace);
    problems.extend(conflicts::check(&workspace));
    problems.extend(options::check(&workspace));
    for local in &workspace.locals {
        problems.extend(requirements(&workspace, local));
    }
    problems.dedup();
    Diagnostics::check(problems)
}

fn requirements(workspace: &Workspace<'_>, local: &Local<'_>) -> Vec<Diagnostic> {
    let mut comparison = Comparison {
        workspace,
        local,
        problems: Vec::new(),
    };
    match (workspace.locked(local), &local.pyproject.project) {
        (Some(package), Some(_)) => {
            comparison.problems.extend(version(local, package));
            match &package.metadata {
                Some(metadata) => comparison.metadata(package, metadata),
                None => comparison.edges(package),
            }
        }
        (None, None) => comparison.groups(&workspace.project.lock.manifest().dependency_groups),
        // A member that is not locked is told where members are compared.
        _ => {}
    }
    comparison.problems
}

/// A version that the manifest says, against the locked one.
fn version(local: &Local<'_>, package: &Package) -> Option<Diagnostic> {
    let project = local.pyproject.project.as_ref()?;
    let said = project.version.as_ref();
    let dynamic = project.dynamic.iter().any(|key| key == "version");
    let name = local.label();
    let (message, label) = match (said, &package.version) {
        (Some(said), Some(locked)) if said.parse().as_ref() != Ok(locked) => (
            format!("uv.lock has version {locked} of {name}, which is at {said}"),
            format!("uv.lock has {locked}"),
        ),
        (Some(said), None) => (
            format!("uv.lock leaves the version of {name} open, which is at {said}"),
            "written after the lock".to_owned(),
        ),
        (None, Some(locked)) if dynamic => (
            format!("uv.lock has version {locked} of {name}, whose version is dynamic now"),
            "no version here".to_owned(),
        ),
        _ => return None,
    };
    let key = if dynamic { "dynamic" } else { "\nversion" };
    Some(stale(message).at(local.place_of(&[key, "[project]"], &label)))
}

/// A difference between manifests and lock.
fn stale(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(rules::STALE_LOCK, message).with_help("run `uv lock`")
}
