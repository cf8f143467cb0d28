//! Workers whose tasks lie in other modules than the object that a worker is started with.
//!
//! A worker knows the tasks of the modules that it imports, and no others: started with
//! `config.huey`, it would refuse what `tasks.py` puts on its queue.

use std::collections::BTreeSet;

use super::made::Makers;
use super::objects::name_of;
use super::programs::imports_of;
use crate::application::candidate::{Candidate, Confidence, Target};
use crate::application::code::Origin;
use crate::application::frameworks::Framework;
use crate::application::python::Function;
use crate::project::source_tree::has_extension;

/// Words by which Celery is told where its tasks are.
const TOLD: [&str; 4] = ["autodiscover_tasks", "include", "imports", "IMPORTS"];

/// Starts workers with a module that brings their tasks along.
pub(super) fn apply(makers: &Makers<'_>, candidates: &mut [Candidate]) {
    for candidate in candidates {
        let is_object = matches!(candidate.target, Target::Object(_));
        let is_told = match candidate.framework {
            Framework::Celery => is_told(makers),
            Framework::Huey | Framework::Taskiq | Framework::Procrastinate => false,
            _ => true,
        };
        if !is_object || is_told {
            continue;
        }
        let tasks = task_files(makers, candidate);
        let missing = &tasks - &reached(makers, &candidate.path);
        if missing.is_empty() {
            continue;
        }
        if candidate.framework == Framework::Taskiq {
            let modules = missing.iter().map(|path| makers.code.module_name(path).1);
            candidate.extra.extend(modules);
        } else if let Some(path) = home(makers, candidate, &tasks) {
            (candidate.root, candidate.module) = makers.code.module_name(&path);
            let reason = format!("`{}` imports it together with its tasks", candidate.module);
            candidate.confidence = Confidence::Likely(reason);
            candidate.path = path;
        }
    }
}

fn is_told(makers: &Makers<'_>) -> bool {
    let mut files = makers.code.runnable().iter();
    files.any(|path| makers.code.mentions(path, &["elery"]) && makers.code.mentions(path, &TOLD))
}

/// The files with a function that is a task of this worker.
fn task_files(makers: &Makers<'_>, worker: &Candidate) -> BTreeSet<String> {
    let method = format!("{}.", name_of(worker));
    let is_task = |path: &str, function: &Function| {
        function.decorators.iter().any(|decorator| {
            let callee = decorator.as_call().map(|call| call.callee.as_str());
            let name = callee.or(decorator.as_name()).unwrap_or_default();
            matches!(makers.code.resolve(path, name), Origin::Inside { path, name } if path == worker.path && name.starts_with(&method))
        })
    };
    let files = makers.code.runnable().iter().copied();
    let files = files.filter(|path| makers.code.mentions(path, &[name_of(worker)]));
    let holds = |path: &&str| {
        let module = makers.code.module(path);
        module.is_some_and(|module| {
            module
                .functions
                .iter()
                .any(|function| is_task(path, function))
        })
    };
    files.filter(holds).map(str::to_owned).collect()
}

/// The files of the project that a file imports, itself first.
pub(super) fn reached(makers: &Makers<'_>, path: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        if has_extension(&path, "py") && !reached.contains(&path) {
            waiting.extend(imports_of(makers, &path));
            reached.insert(path);
        }
    }
    reached
}

/// The one module that has the worker's object by its name, and imports all of its tasks.
fn home(makers: &Makers<'_>, worker: &Candidate, tasks: &BTreeSet<String>) -> Option<String> {
    let name = name_of(worker);
    let object = Origin::Inside {
        path: worker.path.clone(),
        name: name.clone(),
    };
    let files = makers.code.runnable().iter().copied();
    let fitting = files.filter(|path| {
        makers.code.mentions(path, &[&name])
            && *path != worker.path
            && makers.code.resolve(path, &name) == object
            && tasks.is_subset(&reached(makers, path))
    });
    let (tasks, others): (Vec<&str>, Vec<&str>) = fitting.partition(|path| tasks.contains(*path));
    match (others.as_slice(), tasks.as_slice()) {
        ([one], _) | ([], [one]) => Some((*one).to_owned()),
        _ => None,
    }
}
