//! Whether a lock still fits its manifests, as `uv lock --check` would say, without a resolver.
//!
//! A lock records what every manifest said when it was written. [`check`] holds that against what
//! the manifests say now, and tells the differences at once. The promise: it raises no alarm over a
//! lock that uv accepts. What only uv can know (settings of the machine, results of a build
//! backend, what an index has today) is left to uv. A project's own version is no difference: no
//! image has other packages for it, and what is built installs with `--frozen`.
//!
//! Source: `Lock::satisfies` in `crates/uv-resolver/src/lock/mod.rs` of uv.

mod conflicts;
mod edges;
mod flat;
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
use crate::project::Project;
use crate::rules;

/// How many differences are told by themselves.
const MOST_TOLD: usize = 6;

/// Errors: `stale-lock`, one for each difference between the manifests and the lock, of very many the first.
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
    let mut told: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if !told.contains(&problem) {
            told.push(problem);
        }
    }
    // One command mends all of them: who reads a few knows why.
    if told.len() > MOST_TOLD {
        let more = told.split_off(MOST_TOLD);
        let first = more.first().and_then(|one| one.places().first().cloned());
        let count = format!("{} more differences like these", more.len());
        told.push(stale(count).at_some(first));
    }
    Diagnostics::check(told)
}

fn requirements(workspace: &Workspace<'_>, local: &Local<'_>) -> Vec<Diagnostic> {
    let mut comparison = Comparison {
        workspace,
        local,
        problems: Vec::new(),
    };
    match (workspace.locked(local), &local.pyproject.project) {
        (Some(package), Some(_)) => match &package.metadata {
            Some(metadata) => comparison.metadata(package, metadata),
            None => comparison.edges(package),
        },
        (None, None) => comparison.groups(&workspace.project.lock.manifest().dependency_groups),
        // A member that is not locked is told where members are compared.
        _ => {}
    }
    comparison.problems
}

/// A difference between manifests and lock.
fn stale(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(rules::STALE_LOCK, message).with_help("run `uv lock`")
}
