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
use crate::application::python::{Function, Scope};
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
        } else if let Some(option) = &candidate.framework.include
            && is_made_here(makers, candidate)
        {
            let modules = missing.iter().map(|path| makers.code.module_name(path).1);
            let modules: Vec<String> = modules.collect();
            candidate.extra.extend([option.clone(), modules.join(",")]);
        }
    }
}

/// Drops the processes whose work an application that serves does itself.
pub(super) fn drop_inside(makers: &Makers<'_>, sightings: &mut Vec<Sighting>) {
    if sightings
        .iter()
        .all(|one| one.framework.inside(one.kind).is_empty())
    {
        return;
    }
    let serving = sightings.iter().filter(|one| one.kind.serves());
    let reached = serving.flat_map(|one| makers.code.reached(&one.path));
    let files: BTreeSet<String> = reached.collect();
    let has_call = |path: &String, calls: &[String]| {
        let module = makers.code.module(path);
        let mut sites = module.iter().flat_map(|module| &module.calls);
        sites.any(|site| match makers.code.resolve(path, &site.call.callee) {
            Origin::Outside(qualified) => calls.contains(&qualified),
            Origin::Inside { .. } => false,
        })
    };
    sightings.retain(|one| {
        let calls = one.framework.inside(one.kind);
        calls.is_empty() || !files.iter().any(|path| has_call(path, calls))
    });
}

/// Whether the worker's file makes its object, and does not take it from an application that may import the tasks.
fn is_made_here(makers: &Makers<'_>, worker: &Sighting) -> bool {
    let module = makers.code.module(&worker.path);
    let assign = module.and_then(|module| module.assigned(&Scope::Module, &name_of(worker)));
    let call = assign.and_then(|assign| assign.value.as_call());
    call.is_some_and(|call| {
        let origin = makers.code.resolve(&worker.path, &call.callee);
        matches!(origin, Origin::Outside(_)) && !call.callee.ends_with(".__getitem__")
    })
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
            match makers.code.resolve(path, name) {
                Origin::Inside { path, name } => path == worker.path && name.starts_with(&method),
                // `@shared_task` is one of whatever worker there is.
                Origin::Outside(qualified) => worker.framework.is_decorator(&qualified),
            }
        })
    };
    let files = makers.code.runnable().iter().copied();
    let name = name_of(worker);
    let marks = worker.framework.decorators.iter();
    let marks = marks.filter_map(|mark| mark.rsplit('.').next());
    let words: Vec<&str> = marks.chain([name.as_str()]).collect();
    let files = files.filter(|path| makers.code.mentions(path, &words));
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
