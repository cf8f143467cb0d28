//! What the project's own compose file gives the application's service and the new one does not.

use super::files::has;
use super::loss::{Keep, Loss, Weight};
use super::own_image::OwnImage;
use crate::catalog::Dockerfiles;
use crate::existing::{ComposeService, Mount, Mounts, Said, is_for_developers};
use crate::plan::StepIn;
use crate::profile::{DataFolder, MemorySize};

/// What to do for a file that an image cannot have.
const HOST: &str = "`volumes` of the host's: mount it with a compose file of your own, below /app where the program looks beside itself";

/// What the network of the host is there for, and has here.
const HOST_NETWORK: &str = "in a network of its own it reaches other services by their names, and the host as `host.docker.internal` with `extra_hosts`";

pub(super) fn losses(own: &OwnImage<'_>) -> Vec<Loss> {
    let mut found: Vec<Loss> = Vec::new();
    for service in &own.services {
        for said in &service.keys {
            let Said { key, value } = &said.value;
            if !Dockerfiles::embedded().access().contains(key) || is_there(key, value) {
                continue;
            }
            let is_of_host = key == "network_mode" && value.contains("host");
            let keep = if is_of_host {
                Keep::Look(HOST_NETWORK)
            } else {
                Keep::Override(key.clone(), value.clone())
            };
            found.push(Loss {
                weight: Weight::Access,
                place: said.place.clone(),
                what: format!("{key}: {value}"),
                keep,
            });
        }
        let planned = own.plans.iter().any(|plan| plan.run.shm_size.is_some());
        let size = service.shm_size.as_ref().filter(|_| !planned);
        if let Some(size) = size.filter(|size| size.parse::<MemorySize>().is_ok()) {
            found.push(Loss {
                weight: Weight::Access,
                place: service.place_of("shm_size").clone(),
                what: format!("shm_size: {size}"),
                keep: Keep::Setting("shm-size", size.clone()),
            });
        }
    }
    for service in &own.services {
        found.extend(other_port(own, service));
        found.extend(host_port(own, service));
        let mounts = service.mounts.iter();
        found.extend(mounts.filter_map(|mount| {
            of_host(own, service, mount).or_else(|| of_collected(own, service, mount))
        }));
    }
    let mut seen: Vec<String> = Vec::new();
    found.retain(|loss| {
        let is_new = !seen.contains(&loss.what);
        seen.push(loss.what.clone());
        is_new
    });
    found
}

/// Whether dfgen's compose file says the same.
fn is_there(key: &str, value: &str) -> bool {
    let usual = match key {
        "security_opt" => "no-new-privileges",
        // What GPUs it asks for is a setting.
        "deploy" if !value.contains("\"limits\"") => return true,
        "tmpfs" => "/tmp",
        "init" => return value == "false",
        _ => return false,
    };
    let items = value.matches('"').count() / 2;
    items == 1 && value.contains(usual)
}

/// A volume for what the build collects.
fn of_collected(own: &OwnImage<'_>, service: &ComposeService, mount: &Mount) -> Option<Loss> {
    let mounts = Mounts {
        tree: own.tree(),
        folder: own.first.subject.folder,
        image: Some(own.image),
    };
    let folder: DataFolder = mounts.data(mount, &service.place)?.parse().ok()?;
    let steps = own.plans.iter().flat_map(|plan| &plan.steps);
    let mut kept = steps.flat_map(|step| match &step.value.place {
        StepIn::Here { keep, .. } => keep.as_slice(),
        StepIn::Elsewhere { .. } => &[],
    });
    let mut volumes = own.profile().volumes.value.iter();
    let is_volume = volumes.any(|known| known.as_ref() == folder.as_ref());
    let is_collected = !is_volume && kept.any(|path| *path == folder.in_image());
    is_collected.then(|| Loss {
        weight: Weight::Access,
        place: service.place_of("volumes").within(&mount.target),
        what: format!("volume {}", mount.target),
        keep: Keep::Look("the build fills it: a volume would keep the files of its first start"),
    })
}

/// The port that the service is reached at, where the new image listens on another.
fn other_port(own: &OwnImage<'_>, service: &ComposeService) -> Option<Loss> {
    let is_said = own
        .profile()
        .port
        .as_ref()
        .is_some_and(|port| port.origin.is_own());
    let [said] = service.ports.as_slice() else {
        return None;
    };
    let mut planned = own.plans.iter().filter_map(|plan| plan.run.port.as_ref());
    let first = planned.next()?.value.to_string();
    let mut planned = planned.map(|port| port.value.to_string());
    let said = said.to_string();
    let is_same = first == said || planned.any(|port| port == said);
    (!is_same && !is_said).then(|| Loss {
        weight: Weight::Start,
        place: service.place_of("ports").clone(),
        what: format!("ports: {said}"),
        keep: Keep::Look("the new image listens on another: `port` in its profile"),
    })
}

/// The port of the host that the service is published on, where that is another than its own.
fn host_port(own: &OwnImage<'_>, service: &ComposeService) -> Option<Loss> {
    let planned = own.first.image.run.port.as_ref()?.value.to_string();
    let said = service.keys.iter().find(|said| said.value.key == "ports")?;
    let items = said.value.value.split('"');
    let mut published = items.filter_map(|item| {
        let (before, container) = item.rsplit_once(':')?;
        let host = before.rsplit(':').next()?;
        let is_number = host.chars().all(|c| c.is_ascii_digit()) && !host.is_empty();
        (container == planned && is_number && host != container).then_some(item)
    });
    let item = published.next()?;
    Some(Loss {
        weight: Weight::Access,
        place: said.place.clone(),
        what: format!("ports: {item}"),
        keep: Keep::Look(
            "`$NAME_PORT` of the environment says another port of the host: `dfgen explain services`",
        ),
    })
}

/// A file of the host, or of whoever starts it, that the service is given.
fn of_host(own: &OwnImage<'_>, service: &ComposeService, mount: &Mount) -> Option<Loss> {
    let source = mount.source.as_deref()?;
    let target = mount.target.as_str();
    let of_system = [
        "/dev",
        "/etc/localtime",
        "/etc/timezone",
        "/proc",
        "/run",
        "/sys",
        "/var/run",
    ];
    let name = target.rsplit('/').next().unwrap_or(target);
    let is_file = name
        .rsplit_once('.')
        .is_some_and(|(start, end)| !start.is_empty() && end != "sock" && end != "py");
    let path = source.trim_start_matches("./");
    let is_there = own.plans.iter().any(|plan| has(plan, path));
    let mut kept = own.plans.iter().flat_map(|plan| plan.run.kept_folders());
    let is_kept = kept.any(|folder| {
        let folder: &str = folder.as_ref();
        target.starts_with(folder)
    });
    let is_followed = own.followed.iter().any(|known| known == path);
    let is_known = is_there
        || is_kept
        || is_followed
        || is_for_developers(path)
        || of_system.iter().any(|start| target.starts_with(start));
    let is_lost = !is_known && (source.starts_with('~') || is_file);
    is_lost.then(|| Loss {
        weight: Weight::Access,
        place: service.place_of("volumes").within(target),
        what: source.to_owned(),
        keep: Keep::Look(HOST),
    })
}
