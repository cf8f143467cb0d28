//! What the project's own compose file gives the application's service and the new one does not.

use super::files::has;
use super::loss::{Keep, Loss, Weight};
use super::own_image::OwnImage;
use crate::catalog::Dockerfiles;
use crate::existing::{ComposeService, Mount, is_for_developers};
use crate::profile::MemorySize;

/// What to do for a file that an image cannot have.
const HOST: &str = "`volumes` of the host's: mount it with a compose file of your own, below /app where the program looks beside itself";

pub(super) fn losses(own: &OwnImage<'_>) -> Vec<Loss> {
    let mut found: Vec<Loss> = Vec::new();
    for service in &own.services {
        for said in &service.keys {
            let key = said.value.key.as_str();
            if !Dockerfiles::embedded().access().contains(key) {
                continue;
            }
            found.push(Loss {
                weight: Weight::Access,
                place: said.place.clone(),
                what: format!("{key}: {}", said.value.value),
                keep: Keep::Look("keep these lines in a compose file of your own: `docker compose -f docker/compose.yaml -f YOURS up`"),
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
        let mounts = service.mounts.iter();
        found.extend(mounts.filter_map(|mount| of_host(own, service, mount)));
    }
    let mut seen: Vec<String> = Vec::new();
    found.retain(|loss| {
        let is_new = !seen.contains(&loss.what);
        seen.push(loss.what.clone());
        is_new
    });
    found
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
    let is_known = is_there
        || is_kept
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
