//! Plain programs: a file beside the manifest, or in one of a few usual folders, that is made to be
//! run and that nothing imports. They count only where nothing better is found.

use std::collections::BTreeSet;

use super::judge::{Evidence, Sighting, Sign};
use super::made::{Made, Makers};
use super::objects;
use crate::application::Kind;
use crate::application::candidate::Target;
use crate::application::python::{CallSite, Module, Scope};
use crate::catalog::Frameworks;
use crate::project::source_tree::{Role, parent};

/// Programs of a project in which nothing else that can be run was found.
pub(super) fn find(makers: &Makers<'_>, found: &[Sighting]) -> Vec<Sighting> {
    let is_better =
        |one: &Sighting| one.kind.serves() || matches!(one.kind, Kind::Worker | Kind::Script);
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
    let mut imports = makers.code.imports_of(path);
    imports.retain(|other| other != path);
    imports
}

fn is_place(makers: &Makers<'_>, path: &str) -> bool {
    let project = makers.code.project();
    let below = path.strip_prefix(project).unwrap_or(path);
    let below = below.trim_start_matches('/');
    let name = below.rsplit('/').next().unwrap_or(below);
    let is_source = makers.code.role(path) == Role::Source;
    let is_one = |convention: &str, name: &str| {
        let mut names = Frameworks::embedded().usual(convention).iter();
        names.any(|one| one == name)
    };
    is_source && is_one("program-folders", parent(below)) && !is_one("developer-files", name)
}

fn program(makers: &Makers<'_>, path: &str) -> Option<Sighting> {
    let module = makers.code.module(path)?;
    let call = start(makers, module).or_else(|| just_runs(path, module))?;
    let made = Made {
        kind: Kind::Script,
        framework: Frameworks::embedded().plain(),
        through: Vec::new(),
    };
    let span = &call.call.span;
    let seen = seen(makers, path);
    Some(objects::sighting(
        makers.code,
        path,
        Target::Module,
        &made,
        span,
        seen,
    ))
}

/// The call that does what the program is for.
fn start<'m>(makers: &Makers<'_>, module: &'m Module) -> Option<&'m CallSite> {
    let mut guarded = module.calls.iter().filter(|site| site.scope == Scope::Main);
    guarded
        .next_back()
        .or_else(|| module.calls.iter().find(|site| makers.runs(site)))
}

/// What a file does that is called as programs are and has no function to start: it runs from its top to its end. Where
/// it makes something that a server would take, that is what it is for.
fn just_runs<'m>(path: &str, module: &'m Module) -> Option<&'m CallSite> {
    let of_module = |scope: &Scope| *scope == Scope::Module;
    let made = module.assigns.iter().filter(|one| of_module(&one.scope));
    let is_served = |name: &str| {
        Frameworks::embedded()
            .usual("served-names")
            .iter()
            .any(|one| one == name)
    };
    if !is_usual(path) || made.clone().any(|one| is_served(&one.target)) {
        return None;
    }
    let inside = |span: &std::ops::Range<usize>| {
        made.clone()
            .any(|one| one.span.start <= span.start && span.end <= one.span.end)
    };
    let mut calls = module.calls.iter().filter(|site| of_module(&site.scope));
    calls.rfind(|site| !inside(&site.call.span))
}

/// Whether a file is called as programs are.
pub(super) fn is_usual(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut names = Frameworks::embedded().usual("program-files").iter();
    names.any(|one| one == name)
}

fn seen(makers: &Makers<'_>, path: &str) -> Evidence {
    let files = makers.code.reached(path);
    let uses = |word: &str| files.iter().any(|file| makers.code.mentions(file, &[word]));
    let frameworks = Frameworks::embedded();
    let mut bots = frameworks.bots();
    let bot = bots.find(|(name, bot)| makers.closure.contains(name) && uses(&bot.word));
    match bot {
        Some((_, bot)) => Evidence::new(
            Sign::Usual,
            format!("a program that talks to {}", bot.service),
        ),
        None if is_usual(path) => Evidence::new(Sign::Usual, "a program that nothing imports"),
        None => Evidence::new(Sign::Aside, "it can be run, and nothing imports it"),
    }
}
