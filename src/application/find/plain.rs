//! Plain programs: a file beside the manifest, or in one of a few usual folders, that is made to be
//! run and that nothing imports. They count only where nothing better is found.

use std::collections::BTreeSet;

use super::made::Makers;
use super::objects;
use super::programs::imports_of;
use super::tasks::reached;
use crate::application::candidate::{Candidate, Confidence, Target};
use crate::application::frameworks::{BOTS, Framework, Kind, has};
use crate::application::python::{CallSite, Module, Scope};
use crate::project::source_tree::{Role, parent};

/// Folders of the project that such files lie in.
const FOLDERS: [&str; 4] = ["", "app", "bot", "src"];

/// Names for the file that a project is started with.
const NAMES: [&str; 4] = ["main.py", "bot.py", "run.py", "app.py"];

/// Files that are run by developers and their tools.
const TOOLS: [&str; 8] = [
    "conftest.py",
    "dodo.py",
    "fabfile.py",
    "manage.py",
    "noxfile.py",
    "setup.py",
    "tasks.py",
    "versioneer.py",
];

/// Calls by which a module starts what it is for.
const STARTS: [&str; 12] = [
    "infinity_polling",
    "launch",
    "listen",
    "main",
    "run",
    "run_app",
    "run_forever",
    "run_polling",
    "run_until_complete",
    "run_until_disconnected",
    "serve",
    "start_polling",
];

/// Whether the import of the module makes this call, and it starts something.
pub(super) fn runs(site: &CallSite) -> bool {
    let last = site.call.callee.rsplit('.').next().unwrap_or_default();
    let is_run = STARTS.contains(&last) && !site.call.callee.starts_with("subprocess.");
    is_run && site.scope == Scope::Module
}

/// Programs of a project in which nothing else that can be run was found.
pub(super) fn find(makers: &Makers<'_>, found: &[Candidate]) -> Vec<Candidate> {
    let is_better =
        |one: &Candidate| one.kind.serves() || matches!(one.kind, Kind::Worker | Kind::Script);
    if found.iter().any(is_better) {
        return Vec::new();
    }
    let files = makers.code.runnable().iter().copied();
    let imported: BTreeSet<String> = files
        .clone()
        .flat_map(|path| others(makers, path))
        .collect();
    let free = files.filter(|path| is_place(makers, path) && !imported.contains(*path));
    free.filter_map(|path| program(makers, path)).collect()
}

fn others(makers: &Makers<'_>, path: &str) -> Vec<String> {
    let mut imports = imports_of(makers, path);
    imports.retain(|other| other != path);
    imports
}

fn is_place(makers: &Makers<'_>, path: &str) -> bool {
    let project = makers.code.project();
    let below = path.strip_prefix(project).unwrap_or(path);
    let below = below.trim_start_matches('/');
    let name = below.rsplit('/').next().unwrap_or(below);
    let is_source = makers.code.role(path) == Role::Source;
    FOLDERS.contains(&parent(below)) && is_source && !TOOLS.contains(&name)
}

fn program(makers: &Makers<'_>, path: &str) -> Option<Candidate> {
    let module = makers.code.module(path)?;
    let call = start(module)?;
    let made = super::made::Made {
        kind: Kind::Script,
        framework: Framework::Python,
        through: Vec::new(),
    };
    let span = &call.call.span;
    let mut program = objects::candidate(makers.code, path, Target::Module, &made, span);
    program.confidence = confidence(makers, path);
    Some(program)
}

/// The call that does what the program is for.
fn start(module: &Module) -> Option<&CallSite> {
    let mut guarded = module.calls.iter().filter(|site| site.scope == Scope::Main);
    guarded
        .next_back()
        .or_else(|| module.calls.iter().find(|site| runs(site)))
}

fn confidence(makers: &Makers<'_>, path: &str) -> Confidence {
    let files = reached(makers, path);
    let uses = |module: &str| {
        files
            .iter()
            .any(|file| makers.code.mentions(file, &[module]))
    };
    let mut bots = BOTS.iter();
    let bot = bots.find(|bot| has(makers.closure, bot.distribution) && uses(bot.module));
    let name = path.rsplit('/').next().unwrap_or(path);
    match bot {
        Some(bot) => Confidence::Likely(format!("a program that talks to {}", bot.service)),
        None if NAMES.contains(&name) => {
            Confidence::Likely("a program that nothing imports".to_owned())
        }
        None => Confidence::Possible("it can be run, and nothing imports it".to_owned()),
    }
}
