//! What a compose file says about a service: GPUs, shared memory, backing services, variables.

use super::{Keeper, list};
use crate::catalog::ServiceKind;
use crate::diagnostic::Place;
use crate::existing::Compose;
use crate::plan;
use crate::profile::{ImageRef, MemorySize};

impl Keeper<'_, '_, '_> {
    pub(super) fn compose(&mut self, first: bool) {
        if let Some(service) = self.run.and_then(|run| run.compose) {
            if service.gpu.is_some() && !self.service.profile.gpu.value.is_on() {
                self.add(&["gpu"], true, &service.place);
            }
            let planned = self
                .service
                .profile
                .shm_size
                .as_ref()
                .map(|size| size.value.as_ref().to_owned());
            let size = service
                .shm_size
                .as_ref()
                .filter(|size| planned.as_ref() != Some(size));
            if let Some(size) = size.filter(|size| size.parse::<MemorySize>().is_ok()) {
                self.add(&["shm-size"], size.as_str(), &service.place);
            }
            if !service.environment.is_empty() {
                let names = service.environment.join(", ");
                self.leave(&service.place, &names, "given at run time: keep them in the environment of the deployment, secrets as secrets");
            }
        }
        self.mounts();
        if !self.survey.composes.is_empty() {
            if first {
                self.backing();
            }
            return;
        }
        let implied = plan::implied_services(self.survey.inputs, &self.service.profile);
        let kinds = implied.unwrap_or_default();
        if !kinds.is_empty() {
            let names = list(kinds.iter().map(|kind| kind.as_str()));
            self.add_because(
                &["services"],
                names,
                "uv.lock has a driver: take it out where it runs elsewhere",
            );
        }
    }

    /// The databases and queues that a compose file starts and the catalog knows, each of the image that it has there:
    /// its data is of that version.
    fn backing(&mut self) {
        let mut said: Vec<(ServiceKind, String)> = Vec::new();
        let mut place = None;
        for (compose, image, here) in self.survey.composes.iter().flat_map(images) {
            match self.kind(image) {
                Some(kind) if said.iter().all(|(known, _)| *known != kind) => {
                    said.push((kind, self.as_said(kind, image, &here)));
                    place = place.or(Some(here));
                }
                Some(_) => {}
                None => {
                    let why = format!(
                        "dfgen knows no such service: keep it in {}",
                        compose.file.path().display()
                    );
                    self.leave(&here, image, &why);
                }
            }
        }
        if let Some(place) = place {
            let said = said.iter().map(|(_, text)| text);
            self.add(&["services"], list(said), &place);
        }
    }

    /// What `services` says for an image: itself, where dfgen can run it; that of the catalog in the same version, where
    /// another takes other variables; the name where it has no version.
    fn as_said(&mut self, kind: ServiceKind, image: &str, place: &Place) -> String {
        let services = self.survey.inputs.catalog.services();
        let read = image.parse::<ImageRef>().ok();
        let known = read.as_ref().and_then(|read| Some((read, read.tag()?)));
        let Some((read, tag)) = known.filter(|(_, tag)| *tag != "latest") else {
            return kind.as_str().to_owned();
        };
        if services.of_image(read.repository()) == Some(kind) {
            return image.to_owned();
        }
        let usual = services.service(kind).image();
        let usual = usual.split(':').next().unwrap_or(usual);
        let major = tag.split(['.', '-']).next().unwrap_or_default();
        let major = major.strip_prefix("pg").unwrap_or(major);
        let instead = match major.parse::<u32>() {
            Ok(major) => format!("{usual}:{major}"),
            Err(_) => kind.as_str().to_owned(),
        };
        let why = format!(
            "dfgen starts `{instead}` in its place, which takes other variables and keeps its data elsewhere: dump it there and load it here"
        );
        self.leave(place, image, &why);
        instead
    }

    /// The service that an image is of, by its repository.
    fn kind(&self, image: &str) -> Option<ServiceKind> {
        let services = self.survey.inputs.catalog.services();
        let repository = repository(image);
        let alias = match repository {
            "postgres" | "postgresql" | "postgis" => Some(ServiceKind::Postgresql),
            "redis" | "valkey" | "redis-stack" | "redis-stack-server" => Some(ServiceKind::Redis),
            "mongo" | "mongodb" => Some(ServiceKind::Mongodb),
            _ => None,
        };
        let same =
            |kind: &ServiceKind| self::repository(services.service(*kind).image()) == repository;
        ServiceKind::ALL.into_iter().find(same).or(alias)
    }
}

/// The images that a compose file starts and does not build.
fn images(compose: &Compose) -> impl Iterator<Item = (&Compose, &str, Place)> {
    let services = compose
        .services
        .iter()
        .filter(|service| service.build.is_none());
    services.filter_map(move |service| {
        Some((compose, service.image.as_deref()?, service.place.clone()))
    })
}

/// `pgvector` of `docker.io/pgvector/pgvector:pg17`.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split(':').next().unwrap_or(last)
}
