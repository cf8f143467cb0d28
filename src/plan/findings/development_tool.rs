//! Development tools in a production image, because they stand among the application's dependencies.
//!
//! Asked only about what a person of the project wrote: what another package needs, it needs. Tools
//! that programs are known to use when they run, and those that the image's own program imports, are not reported.

use super::{Scene, chain};
use crate::catalog::{Certainty, DevelopmentKind};
use crate::closure::Via;
use crate::closure::{Chosen, Closure};
use crate::diagnostic::Diagnostic;
use crate::lock::PackageId;
use crate::plan::packages::declared::Declared;
use crate::plan::packages::gpu::weight;
use crate::rules;

/// One tool, and the line that asks for it.
struct Tool<'p> {
    id: PackageId,
    kind: DevelopmentKind,
    declared: Declared<'p>,
}

pub(super) fn check(scene: &Scene<'_, '_>) -> Vec<Diagnostic> {
    if scene.subject.profile.development.value {
        return Vec::new();
    }
    let closure = scene.closure();
    let found = closure
        .packages()
        .filter_map(|(id, _, chosen)| tool(scene, closure, id, chosen));
    let mut lists: Vec<Vec<Tool<'_>>> = Vec::new();
    for tool in found {
        match lists
            .iter_mut()
            .find(|list| list[0].declared.is_beside(&tool.declared))
        {
            Some(list) => list.push(tool),
            None => lists.push(vec![tool]),
        }
    }
    lists.iter().map(|list| finding(closure, list)).collect()
}

fn tool<'p>(
    scene: &Scene<'_, 'p>,
    closure: &Closure<'_>,
    id: PackageId,
    chosen: &Chosen,
) -> Option<Tool<'p>> {
    let lock = closure.lock();
    let name = &lock.package(id).name;
    let row = scene.subject.inputs.catalog.development().get(name)?;
    let others = chosen
        .reasons
        .iter()
        .filter_map(|reason| reason.by)
        .filter(|by| !lock.is_member(*by));
    let is_needed = others.into_iter().any(|by| {
        let name = &lock.package(by).name;
        row.needed_by().contains(name)
            || scene
                .subject
                .inputs
                .catalog
                .development()
                .get(name)
                .is_none()
    });
    let is_imported = scene.imported.contains(name);
    if row.certainty() != Certainty::Certain || is_needed || is_imported {
        return None;
    }
    let declared = scene.declared(closure, id)?;
    (declared.package == id).then_some(Tool {
        id,
        kind: row.kind(),
        declared,
    })
}

/// One for each list of requirements.
fn finding(closure: &Closure<'_>, tools: &[Tool<'_>]) -> Diagnostic {
    let declared = &tools[0].declared;
    let lock = closure.lock();
    let names: Vec<&str> = tools
        .iter()
        .map(|tool| lock.package(tool.id).name.as_ref())
        .collect();
    let message = match tools {
        [one] => format!(
            "`{}` is a {}, and {} puts it into the image",
            names[0],
            one.kind,
            declared.list_in_words()
        ),
        [..] => format!(
            "{} development tools stand in {}, which goes into the image",
            tools.len(),
            declared.list_in_words()
        ),
    };
    let mut finding = Diagnostic::new(rules::DEVELOPMENT_TOOL, message);
    for tool in tools {
        finding = finding.at(tool.declared.place(&format!("a {}", tool.kind)));
    }
    let ids: Vec<PackageId> = tools.iter().map(|tool| tool.id).collect();
    let leaving = closure.only_needed_by(&ids);
    let all: Vec<PackageId> = ids.iter().chain(&leaving).copied().collect();
    let with = match leaving.len() {
        0 => String::new(),
        1 => ", with 1 package that nothing else needs".to_owned(),
        more => format!(", with the {more} packages that nothing else needs"),
    };
    let requirements: Vec<&str> = tools
        .iter()
        .map(|tool| tool.declared.text.as_str())
        .collect();
    let way_out = match &declared.list {
        Via::Group(group) => {
            format!("leave the group `{group}` out: it is in `groups` of the profile")
        }
        _ => format!(
            "move to the group `dev`: `{}`, `{}`",
            declared.remove(&names),
            declared.add_to(" --group dev", &requirements)
        ),
    };
    finding
        .with_packages(all.iter().map(|id| &lock.package(*id).name))
        .with_note(format!("needed by {}", chain(closure, ids[0])))
        .with_note(format!("{} to download{with}", weight(closure, &all)))
        .with_help(way_out)
}
