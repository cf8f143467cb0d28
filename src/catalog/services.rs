//! `services.toml`: the backing services that a closure implies, and how compose runs them.
//!
//! A locked driver tells what an application speaks to, not where that runs: a service enters a compose
//! file only when `init` or the profile says so. Secrets are names of variables here, never values.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::PackageName;
use serde::Deserialize;

use super::development::Certainty;
use super::table::{EmbeddedFile, Row, Rows};

/// A kind of backing service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ServiceKind {
    /// `MariaDB`.
    Mariadb,
    /// Memcached.
    Memcached,
    /// `MongoDB`.
    Mongodb,
    /// `MySQL`.
    Mysql,
    /// `PostgreSQL` with the pgvector extension.
    Pgvector,
    /// `PostgreSQL`.
    Postgresql,
    /// Qdrant.
    Qdrant,
    /// `RabbitMQ`.
    Rabbitmq,
    /// Redis.
    Redis,
}

impl ServiceKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 9] = [
        Self::Mariadb,
        Self::Memcached,
        Self::Mongodb,
        Self::Mysql,
        Self::Pgvector,
        Self::Postgresql,
        Self::Qdrant,
        Self::Rabbitmq,
        Self::Redis,
    ];

    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its name, in settings and as a service of compose.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Mariadb => "mariadb",
            Self::Memcached => "memcached",
            Self::Mongodb => "mongodb",
            Self::Mysql => "mysql",
            Self::Pgvector => "pgvector",
            Self::Postgresql => "postgresql",
            Self::Qdrant => "qdrant",
            Self::Rabbitmq => "rabbitmq",
            Self::Redis => "redis",
        }
    }
}

/// A distribution that speaks to a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Driver {
    service: ServiceKind,
    #[serde(default)]
    certainty: Certainty,
}

impl Driver {
    /// How surely it is that service, and one of one's own.
    pub(crate) fn certainty(&self) -> Certainty {
        self.certainty
    }
}

/// How compose runs a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Service {
    image: String,
    data: Option<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeSet<String>,
    #[serde(default)]
    health: Vec<String>,
    #[serde(default)]
    connect: String,
    #[serde(default)]
    variables: BTreeSet<String>,
    #[serde(default)]
    readers: BTreeMap<String, String>,
    #[serde(default)]
    stands_for: BTreeSet<ServiceKind>,
}

impl Service {
    /// Its image with a tag.
    pub(crate) fn image(&self) -> &str {
        &self.image
    }

    /// The folder that a volume must hold, if it keeps anything.
    pub(crate) fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// Variables whose values are no secret.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Variables that hold secrets, to be handed through from the environment of compose.
    pub(crate) fn secrets(&self) -> &BTreeSet<String> {
        &self.secrets
    }

    /// A command in it that succeeds when it is ready; empty when the image has none.
    pub(crate) fn health(&self) -> &[String] {
        &self.health
    }

    /// Its address as a URL, `${NAME}` for secrets; empty when there is no usual one.
    pub(crate) fn connect(&self) -> &str {
        &self.connect
    }

    /// Variables in which applications expect that address.
    pub(crate) fn variables(&self) -> &BTreeSet<String> {
        &self.variables
    }

    /// Libraries that read one of these variables by themselves.
    pub(crate) fn readers(&self) -> &BTreeMap<String, String> {
        &self.readers
    }
}

/// The rows of `services.toml`.
#[derive(Debug)]
pub(crate) struct Services {
    drivers: Rows<PackageName, Driver>,
    services: Rows<ServiceKind, Service>,
}

impl Services {
    pub(super) fn embedded() -> Self {
        let mut file = EmbeddedFile::parse("services.toml", include_str!("data/services.toml"));
        let read = Self {
            drivers: file.rows("driver"),
            services: file.rows("service"),
        };
        file.finish();
        read
    }

    /// The row of a distribution that speaks to a service.
    pub(crate) fn driver(&self, name: &PackageName) -> Option<&Row<Driver>> {
        self.drivers.get(name)
    }

    /// How compose runs a service.
    ///
    /// # Panics
    ///
    /// Never: a test asks for each kind.
    pub(crate) fn service(&self, kind: ServiceKind) -> &Row<Service> {
        let service = self.services.get(&kind);
        service.expect("every kind has a row")
    }

    /// The services that a closure speaks to, each once; one that stands for another replaces it.
    pub(crate) fn implied<'n>(
        &self,
        closure: impl IntoIterator<Item = &'n PackageName>,
    ) -> BTreeSet<ServiceKind> {
        let drivers = closure.into_iter().filter_map(|name| self.driver(name));
        let kinds: BTreeSet<ServiceKind> = drivers.map(|driver| driver.service).collect();
        let replaced: BTreeSet<ServiceKind> = kinds
            .iter()
            .flat_map(|kind| self.service(*kind).stands_for.clone())
            .collect();
        &kinds - &replaced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_service_can_be_run() {
        let services = Services::embedded();
        for kind in ServiceKind::ALL {
            assert!(services.service(kind).image().contains(':'), "{kind:?}");
        }
        assert_eq!(services.services.len(), ServiceKind::ALL.len());
    }

    #[test]
    fn pgvector_is_the_only_postgresql() {
        let names = ["asyncpg", "pgvector", "redis", "fastapi"];
        let names = names.map(|name| PackageName::new(name.to_owned()).unwrap());
        let implied = Services::embedded().implied(&names);
        assert_eq!(
            implied.into_iter().collect::<Vec<_>>(),
            [ServiceKind::Pgvector, ServiceKind::Redis]
        );
    }

    #[test]
    fn no_variable_with_a_secret_has_a_value() {
        let services = Services::embedded();
        for service in services.services.values() {
            for name in service.environment().keys() {
                assert!(!name.contains("PASS"), "{name}");
            }
        }
    }
}
