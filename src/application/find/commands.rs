//! The commands that the package installs, and what they come to when they are run.

use std::collections::BTreeSet;

use super::judge::{Evidence, Sighting, Sign};
use super::made::Makers;
use crate::application::Kind;
use crate::application::candidate::{Candidate, Target};
use crate::application::code::{Code, Origin};
use crate::application::manifest::ManifestFacts;
use crate::application::python::{Scope, Value};
use crate::catalog::Frameworks;
use crate::project::source_tree::join;

/// How many functions are followed from one command.
const MOST: usize = 400;

/// A command that the package installs.
pub(super) struct Command {
    script: Sighting,
    /// The functions that it may call: file and name.
    reached: BTreeSet<(String, String)>,
}

impl Command {
    /// Whether running the command may call this function.
    pub(super) fn reaches(&self, path: &str, function: &str) -> bool {
        let name = (path.to_owned(), function.to_owned());
        self.reached.contains(&name)
    }

    /// Has the command run what the candidate stands for.
    pub(super) fn give_to(&self, candidate: &mut Sighting) {
        candidate.target = self.script.target.clone();
        candidate.path.clone_from(&self.script.path);
        candidate.module.clone_from(&self.script.module);
        candidate.root.clone_from(&self.script.root);
    }
}

/// The commands of a project that is built and installed, the one with its own name first.
pub(super) fn installed(
    makers: &Makers<'_>,
    facts: &ManifestFacts,
    scripts: &[Sighting],
) -> Vec<Command> {
    if facts.backend.is_none() {
        return Vec::new();
    }
    let command = |script: &Sighting| {
        let Target::Command(name) = &script.target else {
            return None;
        };
        let (_, function) = facts.scripts.get(name)?.split_once(':')?;
        let function = function.split('[').next().unwrap_or(function).trim();
        Some(Command {
            reached: reached(makers, &script.path, function),
            script: script.clone(),
        })
    };
    let mut commands: Vec<Command> = scripts.iter().filter_map(command).collect();
    let is_other = |one: &Command| Some(one.script.import_string()) != facts.name;
    commands.sort_by_key(is_other);
    commands
}

/// The functions of the project that a function may call: those that it calls or passes on.
fn reached(makers: &Makers<'_>, path: &str, function: &str) -> BTreeSet<(String, String)> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![makers.code.resolve(path, function)];
    while let Some(Origin::Inside { path, name }) = waiting.pop() {
        let name = name.rsplit('.').next().unwrap_or_default().to_owned();
        let Some(module) = makers.code.module(&path).filter(|_| reached.len() < MOST) else {
            continue;
        };
        if !reached.insert((path.clone(), name.clone())) {
            continue;
        }
        let inside = |name: &str| Origin::Inside {
            path: path.clone(),
            name: name.to_owned(),
        };
        let class = Scope::Class(name.clone());
        let methods = module.functions_in(&class);
        waiting.extend(methods.map(|method| inside(&method.name)));
        let scope = Scope::Function(name);
        for site in module.calls_in(&scope) {
            let passed = site.call.arguments.iter().filter_map(Value::as_name);
            for name in passed.chain([site.call.callee.as_str()]) {
                waiting.push(makers.code.resolve_in(&path, &scope, name));
            }
        }
    }
    reached
}

/// The commands of `[project.scripts]`.
pub(super) fn scripts(code: &Code<'_>, facts: &ManifestFacts) -> Vec<Sighting> {
    let manifest = join(&facts.folder, "pyproject.toml");
    let scripts = facts.scripts.iter().map(|(name, target)| {
        let module = target.split([':', '[']).next().unwrap_or_default().trim();
        let located = code.locate(&manifest, module);
        let keys = ["project", "scripts", name.as_str()];
        let place = facts.place_of(&keys, "the command");
        Candidate {
            kind: Kind::Script,
            framework: Frameworks::embedded().plain(),
            root: located
                .as_ref()
                .map(|found| found.root.clone())
                .unwrap_or_default(),
            module: module.to_owned(),
            target: Target::Command(name.clone()),
            path: located.map_or_else(|| manifest.clone(), |found| found.path),
            place: place.unwrap_or_else(|| facts.file().place_of(name, "the command")),
            confidence: vec![Evidence::new(
                Sign::Usual,
                format!("the package installs the command `{name}`"),
            )],
            health: None,
            protected: Vec::new(),
            port: None,
            files: Vec::new(),
            settings: None,
            extra: Vec::new(),
            program: None,
            local: None,
        }
    });
    scripts.collect()
}

/// A module that serves by itself and whose function the package installs as a command is run by
/// that command; the other commands are candidates of their own.
pub(super) fn others(
    scripts: Vec<Sighting>,
    facts: &ManifestFacts,
    all: &mut [Sighting],
) -> Vec<Sighting> {
    let mut others = Vec::new();
    for script in scripts {
        if all.iter().any(|one| one.target == script.target) {
            continue;
        }
        let mut serving = all.iter_mut().filter(|one| {
            one.kind == Kind::Server && one.target == Target::Module && one.path == script.path
        });
        match serving.next() {
            Some(server) if facts.backend.is_some() => {
                server.target = script.target;
                server.module = script.module;
                server.root = script.root;
            }
            _ => others.push(script),
        }
    }
    others
}
