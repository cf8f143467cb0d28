//! Everything that an image of this project could run, found in its source and manifest.
//!
//! Each finder looks for one way of being runnable and only parses files that name the library;
//! what they see speaks for a candidate or against it, and adds to what others saw. [`judge`] weighs
//! all of it once, so that [`choose`] has a clear answer or none.
//!
//! [`choose`]: super::candidate::choose

mod commands;
mod django;
mod judge;
mod listening;
mod made;
pub(super) mod migrations;
mod names;
mod objects;
mod plain;
mod prepared;
mod programs;
mod routes;
mod serving;
mod tasks;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use pep508_rs::PackageName;

use super::Kind;
use super::candidate::{Candidate, Target};
use super::code::Code;
use super::manifest::ManifestFacts;
use crate::catalog::Frameworks;
use judge::{Sighting, Sign};
use made::Makers;
use names::Names;

/// Streamlit's settings of a project.
pub(crate) const STREAMLIT: &str = ".streamlit/config.toml";

/// Everything that an image with this closure could run, what serves first, the surest first.
pub(crate) fn find(
    code: &Code<'_>,
    facts: &ManifestFacts,
    closure: &BTreeSet<PackageName>,
) -> Vec<Candidate> {
    let makers = Makers::new(code, closure);
    let mut files = objects::files(&makers);
    files.retain(|path| !is_hosted(code, path));
    let mut all = objects::find(&makers, &files);
    let scripts = commands::scripts(code, facts);
    let commands = commands::installed(&makers, facts, &scripts);
    serving::apply(&makers, &files, &commands, &mut all);
    tasks::apply(&makers, &mut all);
    tasks::drop_inside(&makers, &mut all);
    let programs = programs::find(&makers, &all);
    all.extend(programs);
    django::apply(&makers, &mut all);
    all.extend(migrations::find(&makers, facts));
    let others = commands::others(scripts, facts, &mut all);
    all.extend(others);
    name_packages(&mut all);
    let plain = plain::find(&makers, &all);
    all.extend(plain);
    declared(facts, &mut all);
    name_attributes(&makers, &mut all);
    routes::apply(&makers, &files, &mut all);
    let mut all = judge::judge(all, &Names::new(code, facts));
    all.sort_by(|a, b| order(a).cmp(&order(b)));
    all
}

/// Whether a file works only in a program that runs it: the environment of migrations.
fn is_hosted(code: &Code<'_>, path: &str) -> bool {
    let Some(module) = code.module(path) else {
        return false;
    };
    let hosted = Frameworks::embedded().usual("hosted-modules");
    let mut imports = module.imports.iter().filter(|import| import.level == 0);
    imports.any(|import| {
        let whole = hosted.contains(&import.module);
        let mut parts = import.names.iter();
        whole || parts.any(|name| hosted.contains(&format!("{}.{name}", import.module)))
    })
}

fn order(candidate: &Candidate) -> impl Ord + '_ {
    let doubt = Reverse(candidate.confidence.weight());
    let is_other = !candidate.kind.serves();
    (
        is_other,
        doubt,
        candidate.kind,
        candidate.path.as_str(),
        candidate.import_string(),
    )
}

/// `python -m shop` runs `shop/__main__.py`. Where a package below has one too, the outer one is what
/// the project is started with.
fn name_packages(all: &mut [Sighting]) {
    for one in all.iter_mut().filter(|one| one.target == Target::Module) {
        if let Some(package) = one.module.strip_suffix(".__main__") {
            one.module = package.to_owned();
        }
    }
    let mains = all.iter().filter(|one| one.path.ends_with("/__main__.py"));
    let mains: Vec<(String, String)> = mains
        .filter(|one| one.target == Target::Module && one.kind == Kind::Script)
        .map(|one| (one.path.clone(), one.module.clone()))
        .collect();
    let is_below = |one: &Sighting, outer: &str| {
        one.path.ends_with("/__main__.py") && one.module.starts_with(&format!("{outer}."))
    };
    for (path, outer) in mains {
        let mut reason = None;
        let nested = all.iter_mut().filter(|one| {
            one.kind == Kind::Server && one.target == Target::Module && is_below(one, &outer)
        });
        for one in nested {
            one.add(Sign::GivesWay, format!("`python -m {outer}` is around it"));
            reason = Some(format!(
                "`python -m {outer}` runs it, the outermost package"
            ));
        }
        let mut own = all.iter_mut().filter(|one| one.path == path);
        if let (Some(reason), Some(main)) = (reason, own.find(|one| one.kind == Kind::Script)) {
            main.kind = Kind::Server;
            main.add(Sign::Usual, reason);
        }
    }
}

/// `[tool.fastapi] entrypoint = "shop.main:app"`, which FastAPI's own command reads.
fn declared(facts: &ManifestFacts, candidates: &mut [Sighting]) {
    let Some(entry) = facts.text(&["tool", "fastapi", "entrypoint"]) else {
        return;
    };
    for candidate in candidates {
        if candidate.import_string() == entry {
            candidate.add(Sign::Declared, "`tool.fastapi.entrypoint` names it");
        }
    }
}

/// Some keep the application in an attribute: Dash in `app.server`, which modules often name `server`.
fn name_attributes(makers: &Makers<'_>, candidates: &mut [Sighting]) {
    for candidate in candidates {
        let (Target::Object(name), Some(attribute)) =
            (&candidate.target, &candidate.framework.attribute)
        else {
            continue;
        };
        let inner = format!("{name}.{attribute}");
        let module = makers.code.module(&candidate.path);
        let named = module.and_then(|module| {
            let mut assigns = module.assigns.iter();
            let alias = assigns.find(|assign| assign.value.as_name() == Some(inner.as_str()));
            alias.map(|alias| alias.target.clone())
        });
        candidate.target = Target::Object(named.unwrap_or(inner));
    }
}
