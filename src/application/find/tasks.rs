//! Workers whose tasks lie in other modules than the object that a worker is started with.
//!
//! A worker knows the tasks of the modules that it imports, and no others: started with
//! `config.huey`, it would refuse what `tasks.py` puts on its queue.

use std::collections::BTreeSet;

use super::judge::{Sighting, Sign};
use super::made::Makers;
use super::objects::name_of;
use crate::application::candidate::Target;
use crate::application::code::Origin;
use crate::application::python::Function;
use crate::catalog::Tasks;

/// Starts workers with a module that brings their tasks along.
pub(super) fn apply(makers: &Makers<'_>, candidates: &mut [Sighting]) {
    for candidate in candidates {
        let is_object = matches!(candidate.target, Target::Object(_));
        let Some(way) = candidate.framework.tasks.filter(|_| is_object) else {
            continue;
        };
        if is_told(makers, candidate) {
            continue;
        }
        let tasks = task_files(makers, candidate);
        let missing = &tasks - &makers.code.reached(&candidate.path);
        if missing.is_empty() {
            continue;
        }
        if way == Tasks::Arguments {
            let modules = missing.iter().map(|path| makers.code.module_name(path).1);
            candidate.extra.extend(modules);
        } else if let Some(path) = home(makers, candidate, &tasks) {
            (candidate.root, candidate.module) = makers.code.module_name(&path);
            let reason = format!("`{}` imports it together with its tasks", candidate.module);
            candidate.add(Sign::BringsTasks, reason);
            candidate.path = path;
        }
    }
}

/// Whether the source itself says where the tasks are.
fn is_told(makers: &Makers<'_>, worker: &Sighting) -> bool {
    let framework = worker.framework;
    let names = [framework.name(), &framework.word];
    let mut files = makers.code.runnable().iter();
    files.any(|path| {
        makers.code.mentions(path, &names) && makers.code.mentions(path, &framework.told_by)
    })
}

/// The files with a function that is a task of this worker.
fn task_files(makers: &Makers<'_>, worker: &Sighting) -> BTreeSet<String> {
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

/// The one module that has the worker's object by its name, and imports all of its tasks.
fn home(makers: &Makers<'_>, worker: &Sighting, tasks: &BTreeSet<String>) -> Option<String> {
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
            && tasks.is_subset(&makers.code.reached(path))
    });
    let (tasks, others): (Vec<&str>, Vec<&str>) = fitting.partition(|path| tasks.contains(*path));
    match (others.as_slice(), tasks.as_slice()) {
        ([one], _) | ([], [one]) => Some((*one).to_owned()),
        _ => None,
    }
}
