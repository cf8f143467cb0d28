//! What the project's own compose file gives the application's service and the new one does not.

use super::loss::{Keep, Loss, Weight};
use super::own_image::OwnImage;
use crate::catalog::Dockerfiles;
use crate::profile::MemorySize;

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
    let mut seen: Vec<String> = Vec::new();
    found.retain(|loss| {
        let is_new = !seen.contains(&loss.what);
        seen.push(loss.what.clone());
        is_new
    });
    found
}
