//! A compose file: which of its services the project builds, and what they are given.
//!
//! Source: <https://github.com/compose-spec/compose-spec/blob/main/spec.md>

mod wire;

use serde_saphyr::Spanned;

use self::wire::{
    BuildWire, ComposeWire, EnvFilesWire, EnvironmentWire, ExtendsWire, IncludeWire, KeysWire,
    PortWire, ServiceWire, TextsWire, VolumeWire,
};
use super::Placed;
use super::dockerfile::Words;
use super::health::HealthCheck;
use super::start::{self, Start};
use crate::diagnostic::{Diagnostic, Place, Result, SourceFile};
use crate::rules;

/// A compose file that was read.
#[derive(Debug, Clone)]
pub struct Compose {
    /// Its text.
    pub file: SourceFile,
    /// Its services, in order.
    pub(crate) services: Vec<ComposeService>,
    /// Other compose files that it takes in or whose services it extends, relative to its folder.
    pub(super) others: Vec<String>,
    /// The folder of the project, where the file lies above it.
    pub(super) above: Option<String>,
}

/// One service.
#[derive(Debug, Clone)]
pub(crate) struct ComposeService {
    /// Its name.
    pub(crate) name: String,
    /// Whether it is said to run only once.
    pub(crate) runs_once: bool,
    /// Whether it is started only where somebody asks for its profile.
    pub(crate) on_demand: bool,
    /// Where it is.
    pub(crate) place: Place,
    /// Its image, if it names one.
    pub(crate) image: Option<String>,
    /// The Dockerfile that it is built from, relative to the compose file's folder; its build target.
    pub(crate) build: Option<(String, Option<String>)>,
    /// What it starts instead of the image's own command.
    pub(crate) start: Option<Placed<Start>>,
    /// Its own `command` and `entrypoint`.
    pub(super) command: Option<Words>,
    pub(super) entrypoint: Option<Words>,
    /// The service that it extends, and the file where that is another.
    pub(super) extends: Option<(Option<String>, String)>,
    /// Its keys, each with its value in one line.
    pub(crate) keys: Vec<Placed<Said>>,
    /// The ports inside the container that it publishes.
    pub(crate) ports: Vec<u16>,
    /// The variables that it is given, with the values that are written there.
    pub(crate) environment: Vec<(String, Option<String>)>,
    /// Files of further variables, from the project's root.
    pub(crate) env_files: Vec<String>,
    /// What is mounted into it.
    pub(crate) mounts: Vec<Mount>,
    /// Its health check.
    pub(crate) health: Option<Placed<HealthCheck>>,
    /// The GPUs that it asks for.
    pub(crate) gpu: Option<Gpu>,
    /// Its shared memory.
    pub(crate) shm_size: Option<String>,
}

/// A key of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The key.
    pub(crate) key: String,
    /// Its value in one line.
    pub(crate) value: String,
}

/// Something that is mounted into a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// A path of the host, or the name of a volume; none for a volume without one.
    pub(crate) source: Option<String>,
    /// Where it is inside the container.
    pub(crate) target: String,
    /// Whether the service cannot write there.
    pub(crate) is_read_only: bool,
}

/// That a service asks for GPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gpu;

impl Compose {
    /// Reads a compose file. Errors: invalid YAML, services of another shape.
    pub fn parse(file: SourceFile) -> Result<Self> {
        let wire: ComposeWire =
            serde_saphyr::from_str(file.text()).map_err(|error| invalid(&file, &error))?;
        let keys = KeysWire::read(file.text());
        let services = wire.services.into_iter().filter_map(|(name, service)| {
            let place = place(&file, &service);
            let keys = keys.of(&name).map(|(key, said)| {
                let value = said.value.to_string();
                Placed::new(Said { key, value }, key_place(&file, &said))
            });
            let keys = keys.collect();
            Some(ComposeService::new(
                &file,
                name,
                place,
                service.value?,
                keys,
            ))
        });
        let services: Vec<ComposeService> = services.collect();
        let extended = services
            .iter()
            .filter_map(|service| service.extends.as_ref()?.0.clone());
        let included = wire.include.into_iter().flat_map(IncludeWire::paths);
        let mut others: Vec<String> = extended.chain(included).collect();
        others.sort_unstable();
        others.dedup();
        Ok(Self {
            file,
            services,
            others,
            above: None,
        })
    }
}

impl ComposeService {
    fn new(
        file: &SourceFile,
        name: String,
        place: Place,
        wire: ServiceWire,
        keys: Vec<Placed<Said>>,
    ) -> Self {
        let gpu = wire.gpu();
        let start_place = wire
            .command
            .as_ref()
            .or(wire.entrypoint.as_ref())
            .map(|said| self::place(file, said));
        let words = |said: Option<Spanned<TextsWire>>| said.map(|said| said.value.words());
        let (entrypoint, command) = (words(wire.entrypoint), words(wire.command));
        let start = start::start(entrypoint.as_ref(), command.as_ref());
        let mut ports: Vec<u16> = wire.ports.iter().filter_map(PortWire::inside).collect();
        ports.extend(
            wire.expose
                .iter()
                .filter_map(|port| port.text().parse::<u16>().ok()),
        );
        Self {
            name,
            runs_once: wire.restart.is_some_and(|said| said.is_never()),
            on_demand: !wire.profiles.is_empty(),
            place,
            // What a variable stands for where nobody sets it: `postgres:${VERSION:-16}`.
            image: wire.image.map(|image| super::expanded(&image, &[])),
            build: wire.build.map(BuildWire::dockerfile),
            start: start
                .zip(start_place)
                .map(|(start, place)| Placed::new(start, place)),
            command,
            entrypoint,
            extends: wire.extends.map(ExtendsWire::names),
            keys,
            ports,
            environment: wire
                .environment
                .map(EnvironmentWire::variables)
                .unwrap_or_default(),
            env_files: wire.env_file.map(EnvFilesWire::paths).unwrap_or_default(),
            mounts: wire.volumes.iter().filter_map(VolumeWire::mount).collect(),
            health: wire.healthcheck.and_then(|said| {
                let place = self::place(file, &said);
                Some(Placed::new(said.value.check()?, place))
            }),
            gpu,
            shm_size: wire.shm_size.map(|size| size.text()),
        }
    }
}

impl ComposeService {
    /// Where a key is said; the service where it is said by another one.
    pub(crate) fn place_of(&self, key: &str) -> &Place {
        let said = self.keys.iter().find(|said| said.value.key == key);
        said.map_or(&self.place, |said| &said.place)
    }

    /// Takes what it does not say itself from the service that it extends.
    pub(super) fn extend(&mut self, base: &Self) {
        self.extends.clone_from(&base.extends);
        self.image = self.image.take().or_else(|| base.image.clone());
        self.build = self.build.take().or_else(|| base.build.clone());
        self.command = self.command.take().or_else(|| base.command.clone());
        self.entrypoint = self.entrypoint.take().or_else(|| base.entrypoint.clone());
        self.start = self.start.take().or_else(|| base.start.clone());
        self.health = self.health.take().or_else(|| base.health.clone());
        self.shm_size = self.shm_size.take().or_else(|| base.shm_size.clone());
        self.gpu = self.gpu.or(base.gpu);
        if self.build.is_none() {
            let own =
                |said: &Placed<Said>| self.keys.iter().any(|one| one.value.key == said.value.key);
            let more: Vec<_> = base
                .keys
                .iter()
                .filter(|said| !own(said))
                .cloned()
                .collect();
            self.keys.extend(more);
        }
        let own = |name: &String| self.environment.iter().any(|(known, _)| known == name);
        let more = base.environment.iter().filter(|(name, _)| !own(name));
        let more: Vec<_> = more.cloned().collect();
        self.environment.extend(more);
        // Those of the base come first: what the service names itself holds.
        self.env_files.splice(..0, base.env_files.iter().cloned());
        for port in &base.ports {
            if !self.ports.contains(port) {
                self.ports.push(*port);
            }
        }
        for mount in &base.mounts {
            if self.mounts.iter().all(|known| known.target != mount.target) {
                self.mounts.push(mount.clone());
            }
        }
    }
}

/// The place of a key whose value was read: its line, and those of a value of several lines.
fn key_place<T>(file: &SourceFile, said: &Spanned<T>) -> Place {
    let place = place(file, said);
    let (line, text) = (place.line(), file.text());
    let end: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    // The last line may end without a break.
    let last = text[..end].strip_suffix('\n').map_or(end, str::len);
    let start = text[..last].rfind('\n').map_or(0, |at| at + 1);
    let is_key = text[start..end].contains(':') && !text[start..end].trim_start().starts_with('-');
    if is_key
        && text[start..end]
            .find(':')
            .is_some_and(|at| !text[start..end][at + 1..].trim().is_empty())
    {
        return file.place(start..last.max(start), "");
    }
    // The value begins below its key.
    let before = text[..start.saturating_sub(1)]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    file.place(before..last.max(before), "")
}

fn place<T>(file: &SourceFile, said: &Spanned<T>) -> Place {
    file.place(
        span(file, said.referenced.line(), said.referenced.column()),
        "",
    )
}

/// A line and column as the rest of that line.
fn span(file: &SourceFile, line: u64, column: u64) -> std::ops::Range<usize> {
    let number = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let start: usize = file
        .text()
        .split_inclusive('\n')
        .take(number)
        .map(str::len)
        .sum();
    let text = file.text()[start..].lines().next().unwrap_or_default();
    let skip = usize::try_from(column.saturating_sub(1)).unwrap_or_default();
    let skip = text.char_indices().nth(skip).map_or(0, |(at, _)| at);
    start + skip..start + text.trim_end().len().max(skip)
}

fn invalid(file: &SourceFile, error: &serde_saphyr::Error) -> Diagnostic {
    let path = file.path().display();
    let place = error
        .location()
        .map(|location| file.place(span(file, location.line(), location.column()), "here"));
    let message = error.without_snippet().to_string();
    Diagnostic::new(
        rules::INVALID_COMPOSE,
        format!("`{path}` cannot be read as a compose file"),
    )
    .at_some(place)
    .with_note(without_place(&message))
    .with_help("`docker compose config` says the same; or leave this file out")
}

/// The place is drawn beside the message.
fn without_place(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::existing::HealthQuestion;

    fn parse(text: &str) -> Compose {
        Compose::parse(SourceFile::new("compose.yaml", text)).unwrap()
    }

    #[test]
    fn mounts_in_every_notation() {
        let read = parse(
            "services:\n  api:\n    volumes: [\"./src:/app\", \"data:/data:ro\", /srv, \"${DATA:-./d}:/d\", {type: volume, source: up, target: /up}]\n",
        );
        let mount = |source: Option<&str>, target: &str, is_read_only| Mount {
            source: source.map(str::to_owned),
            target: target.to_owned(),
            is_read_only,
        };
        assert_eq!(
            read.services[0].mounts,
            [
                mount(Some("./src"), "/app", false),
                mount(Some("data"), "/data", true),
                mount(None, "/srv", false),
                mount(Some("${DATA:-./d}"), "/d", false),
                mount(Some("up"), "/up", false),
            ]
        );
    }

    #[test]
    fn services_in_every_notation() {
        let read = parse(
            "x-env: &env\n  A: 1\n  B:\nservices:\n  api:\n    build: .\n    ports: [\"${PORT:-8080}:8000\", 9000]\n    environment:\n      <<: *env\n      C: x\n\
             \x20   command: uv run uvicorn a:app --reload\n    volumes: [\"./src:/app\", \"data:/data:ro\"]\n\
             \x20 worker:\n    build: {context: ./services/w, dockerfile: W.Dockerfile, target: worker}\n    environment: [\"A=1\", B]\n    ports: [{target: 80}]\n\
             \x20   command: [\"celery\", \"-A\", \"a\", \"worker\"]\n  db:\n    image: postgres:17\n    healthcheck: {test: [\"CMD-SHELL\", \"pg_isready\"]}\n  empty:\n",
        );
        let api = &read.services[0];
        assert_eq!(api.build, Some(("Dockerfile".to_owned(), None)));
        assert_eq!(api.ports, [8000, 9000]);
        let names: Vec<&str> = api
            .environment
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["C", "A", "B"]);
        assert_eq!(
            api.start.as_ref().unwrap().value.words.join(" "),
            "uvicorn a:app --reload"
        );
        assert_eq!(
            api.start.as_ref().unwrap().place.location(),
            "compose.yaml:11"
        );
        let worker = &read.services[1];
        assert_eq!(
            worker.build,
            Some((
                "services/w/W.Dockerfile".to_owned(),
                Some("worker".to_owned())
            ))
        );
        assert_eq!(
            (worker.ports.as_slice(), worker.environment.len()),
            ([80].as_slice(), 2)
        );
        let db = &read.services[2];
        assert_eq!(db.image.as_deref(), Some("postgres:17"));
        assert_eq!(
            db.health.as_ref().unwrap().value.question,
            HealthQuestion::Command(vec!["pg_isready".to_owned()])
        );
        assert_eq!(read.services.len(), 3);
    }

    #[test]
    fn gpus_in_every_notation() {
        let deploy = "    deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}\n    shm_size: 2gb\n";
        let read = parse(&format!(
            "services:\n  a:\n{deploy}  b:\n    gpus: all\n  c:\n    runtime: nvidia\n  d:\n    image: x\n"
        ));
        let gpus: Vec<bool> = read
            .services
            .iter()
            .map(|service| service.gpu.is_some())
            .collect();
        assert_eq!(gpus, [true, true, true, false]);
        assert_eq!(read.services[0].shm_size.as_deref(), Some("2gb"));
    }

    #[test]
    fn what_is_no_compose_file_is_told_with_its_line() {
        let error =
            Compose::parse(SourceFile::new("compose.yaml", "services:\n  a: [1\n")).unwrap_err();
        insta::assert_snapshot!(error, @"
        error[invalid-compose]: `compose.yaml` cannot be read as a compose file
         --> compose.yaml:2:6
          |
        2 |   a: [1
          |      ^^ here
          |
          = note: expected mapping start
          = help: `docker compose config` says the same; or leave this file out
        ");
    }
}
