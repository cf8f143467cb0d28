//! Everything that an image of this project could run, found in its source and manifest.
//!
//! Each finder looks for one way of being runnable and only parses files that name the library;
//! what their findings mean for each other (a factory that a module calls, an application that
//! another mounts, a call that serves it) is settled here, so that [`choose`] has a clear answer
//! or none.
//!
//! [`choose`]: super::candidate::choose

mod django;
mod made;
mod migrations;
mod objects;
mod programs;
mod routes;
mod serving;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use pep508_rs::PackageName;

use super::candidate::{Candidate, Confidence, Target};
use super::code::Code;
use super::frameworks::{Framework, Kind};
use super::manifest::ManifestFacts;
use crate::project::source_tree::join;
use made::Makers;

/// Everything that an image with this closure could run, what serves first, the surest first.
pub fn find(
    code: &Code<'_>,
    facts: &ManifestFacts,
    closure: &BTreeSet<PackageName>,
) -> Vec<Candidate> {
    let makers = Makers::new(code, closure);
    let files = objects::files(&makers);
    let mut all = objects::find(&makers, &files);
    serving::apply(&makers, &files, &mut all);
    tasks::apply(&makers, &mut all);
    let programs = programs::find(&makers, &all);
    all.extend(programs);
    django::apply(&makers, &mut all);
    all.extend(migrations::find(&makers, facts));
    let commands = own_commands(scripts(code, facts), facts, &mut all);
    all.extend(commands);
    declared(facts, &mut all);
    dash_servers(&makers, &mut all);
    routes::apply(&makers, &files, &mut all);
    all.sort_by(|a, b| order(a).cmp(&order(b)));
    all
}

fn order(candidate: &Candidate) -> (bool, u8, Kind, &str, String) {
    let doubt = 2 - candidate.confidence.rank();
    let is_other = !candidate.kind.serves();
    (
        is_other,
        doubt,
        candidate.kind,
        &candidate.path,
        candidate.import_string(),
    )
}

/// The commands of `[project.scripts]`.
fn scripts(code: &Code<'_>, facts: &ManifestFacts) -> Vec<Candidate> {
    let manifest = join(&facts.folder, "pyproject.toml");
    let scripts = facts.scripts.iter().map(|(name, target)| {
        let module = target.split([':', '[']).next().unwrap_or_default().trim();
        let located = code.locate(&manifest, module);
        let keys = ["project", "scripts", name.as_str()];
        let place = facts.place_of(&keys, "the command");
        Candidate {
            kind: Kind::Script,
            framework: Framework::Python,
            root: located
                .as_ref()
                .map(|found| found.root.clone())
                .unwrap_or_default(),
            module: module.to_owned(),
            target: Target::Command(name.clone()),
            path: located.map_or_else(|| manifest.clone(), |found| found.path),
            place: place.unwrap_or_else(|| facts.file().place_of(name, "the command")),
            confidence: Confidence::Likely(format!("the package installs the command `{name}`")),
            health: None,
            port: None,
            files: Vec::new(),
            settings: None,
            extra: Vec::new(),
        }
    });
    scripts.collect()
}

/// A module that serves by itself and whose function the package installs as a command is run by
/// that command; the other commands are candidates of their own.
fn own_commands(
    scripts: Vec<Candidate>,
    facts: &ManifestFacts,
    all: &mut [Candidate],
) -> Vec<Candidate> {
    let mut others = Vec::new();
    for script in scripts {
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

/// `[tool.fastapi] entrypoint = "shop.main:app"`, which FastAPI's own command reads.
fn declared(facts: &ManifestFacts, candidates: &mut [Candidate]) {
    let Some(entry) = facts.text(&["tool", "fastapi", "entrypoint"]) else {
        return;
    };
    for candidate in candidates {
        if candidate.import_string() == entry {
            candidate.confidence =
                Confidence::Certain("`tool.fastapi.entrypoint` names it".to_owned());
        }
    }
}

/// Dash keeps its WSGI application in `app.server`, which modules often name `server`.
fn dash_servers(makers: &Makers<'_>, candidates: &mut [Candidate]) {
    for candidate in candidates
        .iter_mut()
        .filter(|one| one.framework == Framework::Dash)
    {
        let Target::Object(name) = &candidate.target else {
            continue;
        };
        let inner = format!("{name}.server");
        let module = makers.code.module(&candidate.path);
        let named = module.and_then(|module| {
            let mut assigns = module.assigns.iter();
            let alias = assigns.find(|assign| assign.value.as_name() == Some(inner.as_str()));
            alias.map(|alias| alias.target.clone())
        });
        candidate.target = Target::Object(named.unwrap_or(inner));
    }
}
