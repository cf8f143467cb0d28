//! What is told of services beside the images: those that only a compose file says, with the lines that keep them, and what
//! of that file the new one does not have.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value;
use toml_edit::{DocumentMut, Item, Table};

use super::read::Lost;
use super::town::{Town, names_host};
use crate::diagnostic::Diagnostic;
use crate::plan::{Condition, EnvValue, ImagePlan, NeighbourPlan};
use crate::profile::{Neighbour, ServiceName, WaitFor};
use crate::rules::{self, Rule};
use crate::secret::{self, is_secret};

/// The services of a plan as dfgen.toml says them.
pub(crate) fn said(
    images: &[ImagePlan],
    plans: &[NeighbourPlan],
) -> IndexMap<ServiceName, Neighbour> {
    let images: Vec<&ImagePlan> = images.iter().filter(|one| !one.run.development).collect();
    let services = plans
        .iter()
        .map(|plan| (plan.name.clone(), one(&images, plan)));
    let mut services: IndexMap<ServiceName, Neighbour> = services.collect();
    for image in &images {
        for variable in &image.run.connections {
            let EnvValue::Said(value) = &variable.value else {
                continue;
            };
            let name = variable.name.as_ref();
            let named = plans.iter().map(|plan| &plan.name);
            let named = named.filter(|host| names_host(name, value.as_ref(), host.as_ref()));
            let needed = image.run.neighbours.iter().map(|need| &need.name);
            let all: Vec<&ServiceName> = named.chain(needed).collect();
            if let Some(service) = all.first().and_then(|name| services.get_mut(*name)) {
                service.tell.insert(variable.name.clone(), value.clone());
            }
        }
    }
    services
}

fn one(images: &[&ImagePlan], plan: &NeighbourPlan) -> Neighbour {
    let needs = |image: &&&ImagePlan| {
        let mut needs = image.run.neighbours.iter();
        needs
            .find(|need| need.name == plan.name)
            .map(|need| need.on)
    };
    let needing = images.iter().filter(|image| needs(image).is_some());
    let needing: Vec<_> = needing.map(|image| image.name.clone()).collect();
    let on = images.iter().find_map(|image| needs(&image));
    let mut service = Neighbour {
        keys: plan.keys.clone(),
        tell: IndexMap::new(),
        needed_by: (needing.len() < images.len()).then_some(needing),
        wait_for: None,
    };
    let wait = on.map(|on| match on {
        Condition::Started => WaitFor::Started,
        Condition::Healthy => WaitFor::Healthy,
        Condition::Completed => WaitFor::Completed,
    });
    service.wait_for = wait.filter(|wait| *wait != service.waits_by_keys());
    service
}

/// Everything that there is to say.
pub(super) fn findings(
    town: Town<'_>,
    images: &[ImagePlan],
    plans: &[NeighbourPlan],
    losses: Vec<Lost>,
    taken: &BTreeSet<&str>,
) -> Vec<Diagnostic> {
    let kept = kept(images, plans);
    let lost = lost(losses);
    let idle = idle(town, images, taken);
    let found = [kept, lost, idle].into_iter().flatten();
    let silenced = &town.inputs.config.silence.value;
    let is_heard = |rule: &Rule| !silenced.iter().any(|name| name.as_ref() == rule.name());
    found.filter(|one| is_heard(one.rule())).collect()
}

fn kept(images: &[ImagePlan], plans: &[NeighbourPlan]) -> Option<Diagnostic> {
    let first = plans.first()?;
    let names = plans.iter().map(|plan| format!("`{}`", plan.name.as_ref()));
    let names: Vec<String> = names.collect();
    let what = format!(
        "the new compose file runs {}, as {} has it: dfgen knows nothing about {}",
        names.join(", "),
        first.because,
        if plans.len() == 1 {
            "its image"
        } else {
            "their images"
        },
    );
    let services = said(images, plans);
    let lines = lines(&services);
    let masked = masked(&services, &lines);
    let note = Diagnostic::new(rules::CONTAINER_FILE, what);
    let note = if masked == lines {
        note
    } else {
        note.with_note(
            "their passwords are those that stand there; below, `****` is in their places",
        )
    };
    Some(note.with_help(format!(
        "to keep it without that file, in dfgen.toml:\n{}",
        masked.trim_end()
    )))
}

/// The tables without the passwords that services are given, wherever they stand.
fn masked(services: &IndexMap<ServiceName, Neighbour>, lines: &str) -> String {
    let given = services.values().flat_map(|one| {
        let own = one.keys.get("environment").and_then(Value::as_object);
        let own = own.into_iter().flatten();
        let own = own.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        own.chain(
            one.tell
                .iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref())),
        )
    });
    let secrets = given.filter(|(name, value)| !value.contains('$') && is_secret(name, value));
    let masked = secrets.fold(lines.to_owned(), |lines, (_, value)| {
        lines.replace(value, "****")
    });
    secret::mask_line(&masked)
}

/// The tables of services.
fn lines(services: &IndexMap<ServiceName, Neighbour>) -> String {
    let mut document = DocumentMut::new();
    document.insert("service", Item::Table(tables(services)));
    document.to_string()
}

/// The table of all services, written by `toml_edit`: values are data, whatever they hold.
pub(crate) fn tables(services: &IndexMap<ServiceName, Neighbour>) -> Table {
    let mut all = Table::new();
    all.set_implicit(true);
    for (name, service) in services {
        let mut table = Table::new();
        for (key, value) in service.table() {
            let text = value.to_string();
            if let Ok(value) = text.parse::<toml_edit::Value>() {
                table.insert(&key, Item::Value(value));
            }
        }
        all.insert(name.as_ref(), Item::Table(table));
    }
    all
}

fn lost(losses: Vec<Lost>) -> Option<Diagnostic> {
    let first = losses.first()?;
    let what = format!(
        "the new compose file does not have what {} says of services beside the images: `{}`",
        first.place.path(),
        first.what
    );
    let note = Diagnostic::new(rules::NOT_TAKEN, what);
    let notes = losses.iter().map(|one| {
        let place = one.place.location();
        format!("{place}: `{}` ({})", one.what, one.why)
    });
    Some(notes.fold(note, Diagnostic::with_note))
}

/// Services that nothing of the application names.
fn idle(town: Town<'_>, images: &[ImagePlan], taken: &BTreeSet<&str>) -> Option<Diagnostic> {
    let is_development = images.iter().all(|image| image.run.development);
    let idle = town.unknown().map(|(_, service)| service);
    let idle = idle.filter(|one| !taken.contains(one.name.as_str()));
    let idle: Vec<_> = idle.collect();
    let first = idle.first().filter(|_| !is_development)?;
    let named = idle.iter().map(|one| {
        let image = one.image.as_deref().unwrap_or_default();
        format!("`{}` ({image})", one.name)
    });
    let named: Vec<String> = named.collect();
    let what = format!(
        "the new compose file does not run {}, as {} does: nothing of the application names {}",
        named.join(", "),
        first.place.location(),
        if idle.len() == 1 { "it" } else { "them" }
    );
    let help = "where they belong to it: a compose file of your own with their lines, or `[service.NAME]` with them in dfgen.toml";
    Some(Diagnostic::new(rules::NOT_TAKEN, what).with_help(help))
}
