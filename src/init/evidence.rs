//! What `render` takes from the container files by itself: written down, so that it holds without them.
//!
//! One reader decides it for both: the plan is asked what the profiles have from these files with the settings so far.

use indexmap::IndexMap;
use toml_edit::Value;

use super::keep::list;
use super::service_proposal::{Kept, ServiceProposal};
use super::survey::Survey;
use crate::plan::{self, Outcome, Plan};
use crate::profile::{
    BuildStep, Config, EnvName, Migrate, Neighbour, Origin, Profile, ServiceName,
};
use crate::secret;

/// Adds what the profiles have from container files and no setting says yet. Returns the services beside the images.
pub(super) fn keep(
    survey: &Survey<'_, '_>,
    config: Config,
    services: &mut [ServiceProposal],
) -> IndexMap<ServiceName, Neighbour> {
    let inputs = survey
        .inputs
        .heeding(config, survey.existing, survey.images);
    let Ok(taken) = plan::choose(&inputs, &[]) else {
        return IndexMap::new();
    };
    let plan = Plan::new(&inputs, &taken).ok();
    for service in services {
        let mut own = taken.iter().map(|one| &one.profile);
        let images = plan.iter().flat_map(|plan| &plan.images);
        let connections = images
            .filter(|image| image.name == service.name)
            .flat_map(|image| &image.run.connections);
        let connected: Vec<&EnvName> = connections.map(|one| &one.name).collect();
        if let Some(profile) = own.find(|profile| profile.name == service.name) {
            of_profile(profile, &connected, service);
        }
    }
    let beside = plan.map(|plan| plan::said_services(&plan.images, &plan.compose.neighbours));
    beside.unwrap_or_default()
}

/// `connected` are the variables that the compose file sets to addresses that are true there: those of another one are not.
fn of_profile(profile: &Profile, connected: &[&EnvName], service: &mut ServiceProposal) {
    let processes = &profile.processes;
    for (name, words) in &processes.value {
        add(
            service,
            &["processes", name.as_ref()],
            list(words.iter().map(AsRef::as_ref)),
            &processes.origin,
        );
    }
    let is_entry = service.kept.iter().any(|kept| kept.path == ["entry"]);
    if let Some(command) = profile.command.as_ref().filter(|_| !is_entry) {
        let words = list(command.value.iter().map(AsRef::as_ref));
        add(service, &["command"], words, &command.origin);
    }
    of_build(profile, service);
    let volumes: Vec<&str> = profile.volumes.value.iter().map(AsRef::as_ref).collect();
    let copy: Vec<&str> = profile.copy.value.iter().map(AsRef::as_ref).collect();
    let files: Vec<&str> = profile.env_files.value.iter().map(AsRef::as_ref).collect();
    for (key, said, origin) in [
        ("volumes", volumes, &profile.volumes.origin),
        ("copy", copy, &profile.copy.origin),
        ("env-files", files, &profile.env_files.origin),
    ] {
        if !said.is_empty() {
            add(service, &[key], list(said), origin);
        }
    }
    let packages = &profile.apt.runtime;
    if !packages.value.is_empty() {
        let names = packages.value.iter().map(|package| package.as_str());
        add(service, &["apt", "runtime"], list(names), &packages.origin);
    }
    // What an argument of the build decides is said by a line of its own.
    let lines = service
        .kept
        .iter()
        .filter(|kept| kept.path[0] == "instructions");
    let lines: String = lines.map(|kept| kept.value.to_string()).collect();
    for (name, said) in &profile.env {
        if connected.contains(&name) || lines.contains(&format!("ENV {}", name.as_ref())) {
            continue;
        }
        let value = Value::from(said.value.as_ref());
        add(service, &["env", name.as_ref()], value, &said.origin);
    }
}

/// Steps of the build, and the port.
fn of_build(profile: &Profile, service: &mut ServiceProposal) {
    if let Some(port) = &profile.port {
        let number = Value::from(i64::from(port.value.number));
        add(service, &["port"], number, &port.origin);
    }
    if profile.migrate.value == Migrate::Found {
        add(
            service,
            &["migrate"],
            Value::from(true),
            &profile.migrate.origin,
        );
    }
    let steps = &profile.build_steps;
    let written: Vec<String> = steps.value.iter().map(BuildStep::inline).collect();
    if let Ok(value) = format!("[{}]", written.join(", ")).parse::<Value>()
        && !written.is_empty()
    {
        add(service, &["build-steps"], value, &steps.origin);
    }
}

fn add(service: &mut ServiceProposal, path: &[&str], value: Value, origin: &Origin) {
    let Some(place) = origin.of_container_file() else {
        return;
    };
    let is_said = service.kept.iter().any(|kept| kept.path == path);
    if is_said || secret::in_setting(path, &value.to_string()) {
        return;
    }
    // What was left to a person before is kept now.
    let (file, line) = (place.path(), place.line());
    let name = path.last().copied().unwrap_or_default();
    let is_this = |what: &str| what.starts_with(&format!("{name}="));
    service
        .left
        .retain(|one| one.file != file || one.line != line || !is_this(&one.what));
    service.marks.retain(|(known, _)| !place.holds(known));
    service.marks.push((place.clone(), Outcome::Kept));
    service.kept.push(Kept::new(path, value, &place.location()));
}
