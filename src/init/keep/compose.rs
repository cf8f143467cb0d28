//! What a compose file says about a service: GPUs, shared memory, backing services, variables.

use super::{Keeper, list};
use crate::catalog::ServiceKind;
use crate::existing::{Compose, ComposeService, is_debug};
use crate::plan;
use crate::plan::{Composed, Inputs, Outcome, repository};
use crate::profile::MemorySize;

impl Keeper<'_, '_, '_> {
    pub(super) fn compose(&mut self, first: bool) {
        if let Some(service) = self.run.and_then(|run| run.compose) {
            self.hardware(service);
            self.given(service);
        }
        self.mounts();
        if !self.survey.composes.is_empty() {
            self.backing(first);
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

    /// GPUs and shared memory.
    fn hardware(&mut self, service: &ComposeService) {
        let place = service.place_of("deploy").clone();
        if service.gpu.is_some() && !self.service.profile.gpu.value.is_on() {
            self.add(&["gpu"], true, &place);
        }
        let Some(size) = &service.shm_size else {
            return;
        };
        let place = service.place_of("shm_size").clone();
        let planned = self.service.profile.shm_size.as_ref();
        let is_planned = planned.is_some_and(|planned| planned.value.as_ref() == size);
        if is_planned {
            self.mark(&place, Outcome::Kept);
        } else if size.parse::<MemorySize>().is_ok() {
            self.add(&["shm-size"], size.as_str(), &place);
        }
    }

    /// The variables that a service is given: what is written there and holds anywhere is the image's, and so is the name
    /// of a service that is kept; the rest is given when it runs.
    fn given(&mut self, service: &ComposeService) {
        let around = service.place_of("environment").clone();
        let seen = self.seen();
        let mut open: Vec<&str> = Vec::new();
        for (name, value) in &service.environment {
            let place = around.within(name);
            let value = value.as_deref().unwrap_or_default();
            let known = self
                .kept
                .iter()
                .any(|kept| kept.path == ["env", name.as_str()]);
            let plan = self.plan.as_ref();
            let planned =
                plan.is_some_and(|plan| plan.env.keys().any(|known| known.as_ref() == name));
            if is_debug(name, value) {
                self.drop(&place, name, "it is for development");
            } else if self.is_connected(name) || plan::is_told(&seen, service, name, value) {
                self.mark(&place, Outcome::Kept);
            } else if let Some(host) = self.host(value) {
                self.add(&["env", name], host, &place);
            } else if planned || known {
                self.mark(&place, Outcome::Kept);
            } else if plan::is_plain(name, value) {
                self.add(&["env", name], value, &place);
            } else {
                open.push(name);
            }
        }
        if !open.is_empty() {
            let why = "given at run time: keep them in the environment of the deployment, secrets as secrets";
            self.leave(&around, &open.join(", "), why);
        }
    }

    /// Whether dfgen's compose file sets a variable to an address that is true there.
    pub(super) fn is_connected(&self, name: &str) -> bool {
        let connections = self.plan.iter().flat_map(|plan| &plan.run.connections);
        let mut names = connections.map(|known| known.name.as_ref());
        names.any(|known| known == name)
    }

    /// The name that dfgen's compose file has for a service that the old one calls so and that is kept.
    fn host(&self, name: &str) -> Option<&'static str> {
        let services = self
            .survey
            .composes
            .iter()
            .flat_map(|compose| &compose.services);
        let mut named = services.filter(|service| service.build.is_none() && service.name == name);
        let services = self.survey.inputs.catalog.services();
        let found = Composed::read(services, named.next()?)?;
        Some(found.kind.as_str())
    }

    /// The databases and queues that a compose file starts and the catalog knows, each of the image that it has there:
    /// its data is of that version. An image after the first one has those that it needs.
    fn backing(&mut self, first: bool) {
        let mut said: Vec<(ServiceKind, String)> = Vec::new();
        let mut place = None;
        let seen = self.seen();
        for (compose, service, image) in self.survey.composes.iter().flat_map(images) {
            let here = service.place_of("image").clone();
            match Composed::read(self.survey.inputs.catalog.services(), service) {
                Some(found) => {
                    if first && !self.is_spoken_to(&seen, found.kind, service) {
                        let why = format!(
                            "nothing that is locked speaks to it: where something does, `services = [\"{}\"]`",
                            found.said
                        );
                        self.leave(&here, &format!("{}: {image}", service.name), &why);
                        continue;
                    }
                    let is_new = said.iter().all(|(known, _)| *known != found.kind);
                    if is_new && (first || self.needs(found.kind)) {
                        if first && found.is_other {
                            self.leave(&here, image, &other(&found.said));
                        }
                        said.push((found.kind, found.said));
                        place = place.or(Some(here));
                    }
                    if first {
                        self.of_backing(service);
                    }
                }
                None if first => self.unknown(&seen, compose, service, image),
                None => {}
            }
        }
        if let Some(place) = place {
            let said = said.iter().map(|(_, text)| text);
            self.add(&["services"], list(said), &place);
        }
    }

    /// A service that no row knows. What is taken of it is told by the plan, and so is what is not.
    fn unknown(&mut self, seen: &Inputs, compose: &Compose, service: &ComposeService, image: &str) {
        let is_taken = plan::is_neighbour(seen, service);
        let outcome = if is_taken {
            Outcome::Kept
        } else {
            Outcome::Left
        };
        if !is_taken {
            let path = compose.file.path().display();
            let why = if repository(image) == "python" {
                "starts the source in a Python image, for development: it is one of dfgen's images now".to_owned()
            } else {
                format!(
                    "dfgen knows no such service: keep it in {path}, or in a compose file of your own"
                )
            };
            let here = service.place_of("image").clone();
            self.leave(&here, &format!("{}: {image}", service.name), &why);
        }
        for said in &service.keys {
            self.mark(&said.place, outcome);
        }
    }

    /// The project with its container files.
    fn seen(&self) -> Inputs {
        let survey = self.survey;
        let config = survey.inputs.config().clone();
        survey
            .inputs
            .heeding(config, survey.existing, survey.images)
    }

    /// Whether a locked driver speaks to a database, or a service of the project's own names it.
    fn is_spoken_to(&self, seen: &Inputs, kind: ServiceKind, service: &ComposeService) -> bool {
        let inputs = self.survey.inputs;
        let of = |profile| plan::implied_services(inputs, profile).unwrap_or_default();
        let services = self.survey.services.iter();
        let mut implied = services.flat_map(|one| of(&one.profile));
        let is_same = |other: ServiceKind| {
            other == kind || other.tables().is_some() && other.tables() == kind.tables()
        };
        kind.tables().is_none() || implied.any(is_same) || plan::is_named(seen, &service.name)
    }

    /// Whether the image needs a service, as far as is planned.
    fn needs(&self, kind: ServiceKind) -> bool {
        let plan = self.plan.iter();
        let mut needed = plan.flat_map(|plan| &plan.run.services);
        needed.any(|one| one.value.name == kind.as_str())
    }

    /// What a database is given there: dfgen's has a database, a user and a volume of its own.
    fn of_backing(&mut self, service: &ComposeService) {
        for said in &service.keys {
            let key = said.value.key.as_str();
            if key == "ports" {
                let why = "only services of that file reach it: `docker compose exec` asks it, and nobody from outside";
                self.drop(
                    &said.place.clone(),
                    &format!("{}: {key}", service.name),
                    why,
                );
                continue;
            }
            let is_own = matches!(
                key,
                "command" | "entrypoint" | "environment" | "env_file" | "volumes"
            );
            if !is_own {
                continue;
            }
            let why = if key == "volumes" {
                "dfgen's compose file keeps its data in a volume of its own: dump the old data and load it there, or name the old volume in a compose file of your own"
            } else {
                "dfgen's compose file names database and user after the project: keep others in a compose file of your own, and in the variables that connect to it"
            };
            self.leave(
                &said.place.clone(),
                &format!("{}: {key}", service.name),
                why,
            );
        }
    }
}

/// Why another image is started.
fn other(instead: &str) -> String {
    format!(
        "dfgen starts `{instead}` in its place, which takes other variables and keeps its data elsewhere: dump it there and load it here"
    )
}

/// The images that a compose file starts and does not build.
fn images(compose: &Compose) -> impl Iterator<Item = (&Compose, &ComposeService, &str)> {
    let services = compose
        .services
        .iter()
        .filter(|service| service.build.is_none());
    services.filter_map(move |service| Some((compose, service, service.image.as_deref()?)))
}
