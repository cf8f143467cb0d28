//! `services.toml`: the backing services that a closure implies, and how compose runs them.
//!
//! A locked driver tells what an application speaks to, not where that runs: a service enters a compose
//! file where the profile says so, or where the source has no other address for it. Secrets are names of
//! variables here, never values.

use std::collections::{BTreeMap, BTreeSet};

use pep508_rs::PackageName;
use serde::Deserialize;

use super::development::Certainty;
use super::table::{Row, Rows, embedded};

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

    /// The database whose driver speaks to it, where it keeps tables: an application has one, whatever drivers are locked.
    pub(crate) fn tables(self) -> Option<Self> {
        match self {
            Self::Mariadb | Self::Mysql => Some(Self::Mysql),
            Self::Pgvector | Self::Postgresql => Some(Self::Postgresql),
            _ => None,
        }
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

/// How a driver is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Async,
    Sync,
}

impl Way {
    fn usual() -> BTreeSet<Self> {
        [Self::Sync].into()
    }
}

/// A distribution that speaks to a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Driver {
    service: ServiceKind,
    #[serde(default)]
    certainty: Certainty,
    #[serde(default)]
    scheme: Option<String>,
    #[serde(default = "Way::usual")]
    ways: BTreeSet<Way>,
}

impl Driver {
    /// The service that it speaks to.
    pub(crate) fn service(&self) -> ServiceKind {
        self.service
    }

    /// How surely it is that service, and one of one's own.
    pub(crate) fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// How SQLAlchemy calls it in a URL, where it does.
    pub(crate) fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    /// Whether it does without waiting, or with it.
    pub(crate) fn works(&self, asynchronous: bool) -> bool {
        let way = if asynchronous { Way::Async } else { Way::Sync };
        self.ways.contains(&way)
    }
}

/// What of an address a variable holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AddressPart {
    /// All of it, as a URL.
    Url,
    /// The name of the host.
    Host,
    /// The port.
    Port,
    /// The name of the user.
    User,
    /// The password.
    Password,
    /// The name of the database.
    Database,
}

/// How variables with a part of an address end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartWords {
    words: Vec<String>,
    django: Option<String>,
}

/// What opens connections, and wants the name of the driver in a URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consumer {
    asynchronous: Vec<String>,
}

impl Consumer {
    /// Words of source that opens them without waiting.
    pub(crate) fn asynchronous(&self) -> &[String] {
        &self.asynchronous
    }
}

/// How compose runs a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Service {
    image: String,
    port: u16,
    data: Option<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeSet<String>,
    #[serde(default)]
    health: Vec<String>,
    connect: String,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    data_before: BTreeMap<String, String>,
    #[serde(default)]
    schemes: Vec<String>,
    names: BTreeSet<String>,
    #[serde(default)]
    variables: BTreeSet<String>,
    #[serde(default)]
    types: BTreeSet<String>,
    #[serde(default)]
    engines: BTreeSet<String>,
    user: Option<String>,
    database: Option<String>,
    password: Option<String>,
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

    /// Whether an image of this repository is one of the service.
    pub(crate) fn is_image(&self, repository: &str) -> bool {
        let own = self.image.split(':').next();
        let mut all = own
            .into_iter()
            .chain(self.images.iter().map(String::as_str));
        all.any(|image| repository == image || repository.ends_with(&format!("/{image}")))
    }

    /// The folder that a volume must hold in the image with this tag, if it keeps anything.
    pub(crate) fn data(&self, tag: &str) -> Option<&str> {
        // An extension has a version of its own before that of the database: `0.8.6-pg18`, `latest-pg16`.
        let own = tag.find("pg").map_or(tag, |at| &tag[at + 2..]);
        let digits = own.find(|c: char| !c.is_ascii_digit()).unwrap_or(own.len());
        let major: Option<u32> = own[..digits].parse().ok();
        let older = self.data_before.iter().find(|(until, _)| {
            let until = until.parse().ok();
            major.is_some_and(|major| until.is_some_and(|until: u32| major < until))
        });
        let older = older.map(|(_, folder)| folder.as_str());
        older.or(self.data.as_deref())
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
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

    /// Its address, `${NAME}` for its own variables.
    pub(crate) fn connect(&self) -> &str {
        &self.connect
    }

    /// What its URLs begin with, the first being what every program knows.
    pub(crate) fn schemes(&self) -> &[String] {
        &self.schemes
    }

    /// How variables that hold its address are called, before the words for the part of it.
    pub(crate) fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Whole names of variables that hold its address.
    pub(crate) fn variables(&self) -> &BTreeSet<String> {
        &self.variables
    }

    /// Types of settings that hold its URL.
    pub(crate) fn types(&self) -> &BTreeSet<String> {
        &self.types
    }

    /// Whether Django's engine of this dotted name speaks to it.
    pub(crate) fn is_engine(&self, engine: &str) -> bool {
        engine.split('.').any(|part| self.engines.contains(part))
    }

    /// Which of its variables has this part of its address.
    pub(crate) fn variable_of(&self, part: AddressPart) -> Option<&str> {
        match part {
            AddressPart::User => self.user.as_deref(),
            AddressPart::Password => self.password.as_deref(),
            AddressPart::Database => self.database.as_deref(),
            AddressPart::Url | AddressPart::Host | AddressPart::Port => None,
        }
    }

    /// Libraries that read one of these variables by themselves.
    pub(crate) fn readers(&self) -> &BTreeMap<String, String> {
        &self.readers
    }
}

/// A call that builds an address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Builder {
    scheme: String,
    parts: BTreeMap<String, AddressPart>,
}

impl Builder {
    /// The keyword of what the address begins with.
    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// What of the address each keyword holds.
    pub(crate) fn parts(&self) -> &BTreeMap<String, AddressPart> {
        &self.parts
    }
}

/// What makes the driver of one database speak to another one, which dfgen runs none of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dialect {
    hides: BTreeSet<ServiceKind>,
}

/// The rows of `services.toml`.
#[derive(Debug)]
pub(crate) struct Services {
    consumers: Rows<PackageName, Consumer>,
    drivers: Rows<PackageName, Driver>,
    parts: Rows<AddressPart, PartWords>,
    kinds: Rows<ServiceKind, Service>,
    builders: Rows<String, Builder>,
    dialects: Rows<PackageName, Dialect>,
}

impl Services {
    pub(super) fn embedded() -> Self {
        let mut file = embedded!("services");
        let read = Self {
            consumers: file.rows("consumer"),
            drivers: file.rows("driver"),
            parts: file.rows("part"),
            kinds: file.rows("service"),
            builders: file.rows("builder"),
            dialects: file.rows("dialect"),
        };
        file.finish();
        read
    }

    /// The row of a distribution that speaks to a service.
    pub(crate) fn driver(&self, name: &PackageName) -> Option<&Row<Driver>> {
        self.drivers.get(name)
    }

    /// What opens connections with this distribution, where it wants the name of a driver.
    pub(crate) fn consumer(&self, name: &PackageName) -> Option<&Row<Consumer>> {
        self.consumers.get(name)
    }

    /// What of an address a variable of this name holds, and its name before the words for that: `DB` and the host
    /// for `DB_HOST`. The longest words that fit.
    pub(crate) fn part_of<'v>(&self, variable: &'v str) -> Option<(&'v str, AddressPart)> {
        let words = self.parts.iter().flat_map(|(part, row)| {
            let words = row.words.iter();
            words.map(|word| (*part, word.as_str()))
        });
        let fitting = words.filter_map(|(part, word)| {
            let before = variable.strip_suffix(word)?.strip_suffix('_')?;
            Some((before.trim_end_matches('_'), part))
        });
        fitting.min_by_key(|(before, _)| before.len())
    }

    /// The call that builds an address, by the last two parts of its name.
    pub(crate) fn builder(&self, callee: &str) -> Option<&Builder> {
        let mut rows = self.builders.iter();
        let is_it = |name: &str| {
            let before = callee.strip_suffix(name);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        rows.find(|(name, _)| is_it(name)).map(|(_, row)| &**row)
    }

    /// Whether variables of a service have this word in their names.
    pub(crate) fn is_name(&self, word: &str) -> bool {
        self.kinds.values().any(|row| row.names.contains(word))
    }

    /// The names of variables with a URL that begin with this one: `DATABASE_URL` for `DATABASE`.
    pub(crate) fn url_names(&self, name: &str) -> impl Iterator<Item = String> {
        let words = self.parts.get(&AddressPart::Url).into_iter();
        let words = words.flat_map(|row| &row.words);
        words.map(move |word| format!("{name}_{word}"))
    }

    /// What of an address a key of Django's `DATABASES` holds.
    pub(crate) fn django_part(&self, key: &str) -> Option<AddressPart> {
        let mut parts = self.parts.iter();
        parts
            .find(|(_, row)| row.django.as_deref() == Some(key))
            .map(|(part, _)| *part)
    }

    /// The kind of an image, by the repository that it comes from.
    pub(crate) fn of_image(&self, repository: &str) -> Option<ServiceKind> {
        let mut services = self.kinds.iter();
        services
            .find(|(_, row)| row.is_image(repository))
            .map(|(kind, _)| *kind)
    }

    /// How compose runs a service.
    ///
    /// # Panics
    ///
    /// Never: a test asks for each kind.
    pub(crate) fn service(&self, kind: ServiceKind) -> &Row<Service> {
        let service = self.kinds.get(&kind);
        service.expect("every kind has a row")
    }

    /// The services that a closure speaks to, each once; one that stands for another replaces it.
    pub(crate) fn implied<'n>(
        &self,
        closure: impl IntoIterator<Item = &'n PackageName>,
    ) -> BTreeSet<ServiceKind> {
        let names: Vec<&PackageName> = closure.into_iter().collect();
        let drivers = names.iter().filter_map(|name| self.driver(name));
        let kinds: BTreeSet<ServiceKind> = drivers.map(|driver| driver.service).collect();
        let dialects = names.iter().filter_map(|name| self.dialects.get(*name));
        let others: BTreeSet<ServiceKind> = dialects
            .flat_map(|dialect| dialect.hides.iter().copied())
            .collect();
        let kinds = &kinds - &others;
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
        assert_eq!(services.kinds.len(), ServiceKind::ALL.len());
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
        for service in services.kinds.values() {
            for name in service.environment().keys() {
                assert!(!name.contains("PASS"), "{name}");
            }
        }
    }
}
