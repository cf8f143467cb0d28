//! Backing services that compose files of the project's own run: dfgen runs the same version.
//!
//! An older image cannot read the data of a newer one, nor the other way round, and an application is written for the
//! version that it is tried with.

use crate::catalog::{ServiceKind, Services};
use crate::existing::ComposeService;
use crate::plan::inputs::Inputs;
use crate::profile::ImageRef;

/// One of them.
pub(crate) struct Composed<'i> {
    pub(crate) kind: ServiceKind,
    pub(crate) service: &'i ComposeService,
    /// What `services` says for it: an image, or the name of the service where it has no version.
    pub(crate) said: String,
    /// Whether dfgen runs another image of that version: it takes other variables, and keeps its data elsewhere.
    pub(crate) is_other: bool,
}

impl<'i> Composed<'i> {
    /// A service of a compose file, where the catalog knows what it is.
    pub(crate) fn read(services: &Services, service: &'i ComposeService) -> Option<Self> {
        let image = service
            .image
            .as_deref()
            .filter(|_| service.build.is_none())?;
        let kind = kind(services, image)?;
        let read = image.parse::<ImageRef>().ok();
        let known = read.as_ref().and_then(|read| Some((read, read.tag()?)));
        let plain = |said: String, is_other: bool| Self {
            kind,
            service,
            said,
            is_other,
        };
        let Some((read, tag)) = known.filter(|(_, tag)| *tag != "latest") else {
            return Some(plain(kind.as_str().to_owned(), false));
        };
        if services.of_image(read.repository()) == Some(kind) {
            return Some(plain(image.to_owned(), false));
        }
        let usual = services.service(kind).image();
        let usual = usual.split(':').next().unwrap_or(usual);
        let major = tag.split(['.', '-']).next().unwrap_or_default();
        let major = major.strip_prefix("pg").unwrap_or(major);
        let said = match major.parse::<u32>() {
            Ok(major) => format!("{usual}:{major}"),
            Err(_) => kind.as_str().to_owned(),
        };
        Some(plain(said, true))
    }
}

/// The first of each kind that compose files of the project's own run.
pub(crate) fn all(inputs: &Inputs) -> Vec<Composed<'_>> {
    let composes = inputs.containers().0.composes.iter();
    let services = composes.flat_map(|compose| &compose.services);
    let mut found: Vec<Composed<'_>> = Vec::new();
    for one in services.filter_map(|one| Composed::read(inputs.catalog.services(), one)) {
        if found.iter().all(|known| known.kind != one.kind) {
            found.push(one);
        }
    }
    found
}

/// The service that an image is of, by its repository.
fn kind(services: &Services, image: &str) -> Option<ServiceKind> {
    let repository = repository(image);
    let alias = match repository {
        "postgis" | "postgres" | "postgresql" => Some(ServiceKind::Postgresql),
        "redis" | "valkey" | "redis-stack" | "redis-stack-server" => Some(ServiceKind::Redis),
        "mongo" | "mongodb" => Some(ServiceKind::Mongodb),
        _ => None,
    };
    let same = |kind: &ServiceKind| self::repository(services.service(*kind).image()) == repository;
    let read = image.parse::<ImageRef>().ok();
    let row = read.and_then(|read| services.of_image(read.repository()));
    row.or_else(|| ServiceKind::ALL.into_iter().find(same))
        .or(alias)
}

/// `pgvector` of `docker.io/pgvector/pgvector:pg17`.
pub(crate) fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split(':').next().unwrap_or(last)
}
