//! A compose file as it is written, as far as it is read.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Gpu, Mount};
use crate::existing::dockerfile::Words;
use crate::existing::expand;
use crate::existing::health::{HealthCheck, port, question};

#[derive(Deserialize)]
pub(super) struct ComposeWire {
    #[serde(default)]
    pub(super) services: IndexMap<String, Spanned<Option<ServiceWire>>>,
    #[serde(default)]
    pub(super) include: Vec<IncludeWire>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum IncludeWire {
    Path(String),
    Table { path: TextsWire },
}

impl IncludeWire {
    pub(super) fn paths(self) -> Vec<String> {
        match self {
            Self::Path(path)
            | Self::Table {
                path: TextsWire::One(path),
            } => vec![path],
            Self::Table {
                path: TextsWire::Many(paths),
            } => paths.iter().map(ScalarWire::text).collect(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ServiceWire {
    pub(super) image: Option<String>,
    pub(super) extends: Option<ExtendsWire>,
    pub(super) build: Option<BuildWire>,
    pub(super) command: Option<Spanned<TextsWire>>,
    pub(super) entrypoint: Option<Spanned<TextsWire>>,
    #[serde(default)]
    pub(super) ports: Vec<PortWire>,
    #[serde(default)]
    pub(super) expose: Vec<ScalarWire>,
    pub(super) environment: Option<EnvironmentWire>,
    pub(super) env_file: Option<EnvFilesWire>,
    #[serde(default)]
    pub(super) volumes: Vec<VolumeWire>,
    pub(super) healthcheck: Option<Spanned<HealthWire>>,
    pub(super) deploy: Option<DeployWire>,
    pub(super) gpus: Option<GpusWire>,
    pub(super) runtime: Option<String>,
    pub(super) shm_size: Option<ScalarWire>,
    pub(super) restart: Option<ScalarWire>,
    #[serde(default)]
    pub(super) profiles: Vec<ScalarWire>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum EnvFilesWire {
    One(String),
    Many(Vec<EnvFileWire>),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum EnvFileWire {
    Path(String),
    Table { path: String },
}

impl EnvFilesWire {
    /// The paths, from the compose file's folder; a variable in one stands for its default.
    pub(super) fn paths(self) -> Vec<String> {
        let path = |file| match file {
            EnvFileWire::Path(path) | EnvFileWire::Table { path } => path,
        };
        let paths: Vec<String> = match self {
            Self::One(path) => vec![path],
            Self::Many(files) => files.into_iter().map(path).collect(),
        };
        let paths = paths.iter();
        paths
            .map(|path| expand::Variables::default().expand(path))
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ExtendsWire {
    Name(String),
    Table {
        service: String,
        file: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum BuildWire {
    Context(String),
    Table {
        context: Option<String>,
        dockerfile: Option<String>,
        target: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum TextsWire {
    One(String),
    Many(Vec<ScalarWire>),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ScalarWire {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PortWire {
    Table { target: ScalarWire },
    Short(ScalarWire),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum EnvironmentWire {
    List(Vec<String>),
    Table(IndexMap<String, Option<ScalarWire>>),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum VolumeWire {
    Table {
        source: Option<String>,
        target: String,
        #[serde(default)]
        read_only: bool,
    },
    Short(String),
}

#[derive(Deserialize)]
pub(super) struct HealthWire {
    pub(super) test: Option<TextsWire>,
    #[serde(default)]
    pub(super) disable: bool,
    pub(super) interval: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) start_period: Option<String>,
    pub(super) retries: Option<ScalarWire>,
}

#[derive(Deserialize)]
pub(super) struct DeployWire {
    pub(super) resources: Option<ResourcesWire>,
}

#[derive(Deserialize)]
pub(super) struct ResourcesWire {
    pub(super) reservations: Option<ReservationsWire>,
}

#[derive(Deserialize)]
pub(super) struct ReservationsWire {
    #[serde(default)]
    pub(super) devices: Vec<DeviceWire>,
}

#[derive(Deserialize)]
pub(super) struct DeviceWire {
    pub(super) driver: Option<String>,
    #[serde(default)]
    pub(super) capabilities: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "whatever it says, it asks for a GPU")]
pub(super) enum GpusWire {
    Word(String),
    List(Vec<serde::de::IgnoredAny>),
}

impl ServiceWire {
    pub(super) fn gpu(&self) -> Option<Gpu> {
        let deploy = self.deploy.as_ref();
        let resources = deploy.and_then(|deploy| deploy.resources.as_ref());
        let reserves = resources.and_then(|resources| resources.reservations.as_ref());
        let is_gpu = |device: &DeviceWire| {
            device.driver.as_deref() == Some("nvidia")
                || device.capabilities.iter().any(|word| word == "gpu")
        };
        let has_gpu = reserves.is_some_and(|reserves| reserves.devices.iter().any(is_gpu))
            || self.gpus.is_some()
            || self.runtime.as_deref() == Some("nvidia");
        has_gpu.then_some(Gpu)
    }
}

impl BuildWire {
    pub(super) fn dockerfile(self) -> (String, Option<String>) {
        let join = |context: &str, file: &str| match context.trim_end_matches('/') {
            "" | "." => file.to_owned(),
            context => format!("{}/{file}", context.trim_start_matches("./")),
        };
        match self {
            Self::Context(context) => (join(&context, "Dockerfile"), None),
            Self::Table {
                context,
                dockerfile,
                target,
            } => {
                let file = dockerfile.unwrap_or_else(|| "Dockerfile".to_owned());
                (
                    join(&context.unwrap_or_default(), file.trim_start_matches("./")),
                    target,
                )
            }
        }
    }
}

impl ExtendsWire {
    /// The file, where it is another, and the service.
    pub(super) fn names(self) -> (Option<String>, String) {
        match self {
            Self::Name(name) => (None, name),
            Self::Table { service, file } => (file, service),
        }
    }
}

impl TextsWire {
    pub(super) fn words(self) -> Words {
        match self {
            // Compose splits a string into words itself and runs no shell.
            Self::One(text) => Words::Exec(expand::words(&text, '\\')),
            Self::Many(words) => Words::Exec(words.iter().map(ScalarWire::text).collect()),
        }
    }
}

impl ScalarWire {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }
}

impl ScalarWire {
    /// Whether this, as `restart`, lets a container end.
    pub(super) fn is_never(&self) -> bool {
        matches!(self.text().as_str(), "no" | "false")
    }
}

impl PortWire {
    /// The port inside the container: the last part of `127.0.0.1:8080:80/tcp`.
    pub(super) fn inside(&self) -> Option<u16> {
        let text = match self {
            Self::Table { target } => target.text(),
            Self::Short(short) => short.text(),
        };
        // `${PORT:-8000}` has a colon of its own.
        let last = text
            .split('/')
            .next()?
            .rsplit(':')
            .next()?
            .trim_start_matches('-')
            .trim_end_matches('}')
            .to_owned();
        last.parse().ok().filter(|port| *port != 0)
    }
}

impl EnvironmentWire {
    pub(super) fn variables(self) -> Vec<(String, Option<String>)> {
        match self {
            Self::List(items) => items
                .iter()
                .map(|item| match item.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (item.clone(), None),
                })
                .collect(),
            Self::Table(table) => table
                .into_iter()
                .map(|(name, value)| (name, value.map(|value| value.text())))
                .collect(),
        }
    }
}

/// The keys of each service, whatever they hold.
#[derive(Default, Deserialize)]
pub(super) struct KeysWire {
    #[serde(default)]
    services: IndexMap<String, Option<IndexMap<String, Spanned<serde_json::Value>>>>,
}

impl KeysWire {
    /// None where a value is none that JSON has.
    pub(super) fn read(text: &str) -> Self {
        serde_saphyr::from_str(text).unwrap_or_default()
    }

    /// The keys of a service.
    pub(super) fn of(
        &self,
        service: &str,
    ) -> impl Iterator<Item = (String, Spanned<serde_json::Value>)> {
        let keys = self.services.get(service).cloned().flatten();
        keys.unwrap_or_default().into_iter()
    }
}

impl VolumeWire {
    pub(super) fn mount(&self) -> Option<Mount> {
        let short = match self {
            Self::Table {
                source,
                target,
                read_only,
            } => {
                return Some(Mount {
                    source: source.clone(),
                    target: target.clone(),
                    is_read_only: *read_only,
                });
            }
            Self::Short(short) => short,
        };
        if !short.contains(':') {
            return Some(Mount {
                source: None,
                target: short.clone(),
                is_read_only: false,
            });
        }
        let mut parts = short.split(':').skip(1);
        let target = parts.find(|part| part.starts_with('/'))?;
        let mut options = parts.flat_map(|part| part.split(','));
        let source = short.split(&format!(":{target}")).next();
        Some(Mount {
            source: source.map(str::to_owned),
            target: target.to_owned(),
            is_read_only: options.any(|option| option == "ro"),
        })
    }
}

impl HealthWire {
    pub(super) fn check(self) -> Option<HealthCheck> {
        if self.disable {
            return None;
        }
        let words = match self.test? {
            TextsWire::One(text) => Words::Shell(text),
            TextsWire::Many(words) => {
                let words: Vec<String> = words.iter().map(ScalarWire::text).collect();
                match words.split_first()? {
                    (first, _) if first == "NONE" => return None,
                    (first, rest) if first == "CMD-SHELL" => Words::Shell(rest.join(" ")),
                    (_, rest) => Words::Exec(rest.to_vec()),
                }
            }
        };
        let options = [
            ("interval", self.interval),
            ("timeout", self.timeout),
            ("start-period", self.start_period),
            ("retries", self.retries.map(|retries| retries.text())),
        ];
        let options = options
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Some(HealthCheck {
            question: question(&words),
            port: port(&words),
            options: options.collect(),
        })
    }
}
