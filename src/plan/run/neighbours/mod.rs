//! Services beside the images that the project itself says: compose files of its own run them beside the application, and no
//! row of the catalog knows their images.
//!
//! The plan has them as they are said there, where something of the application names them: it waits for them, or is told
//! their address. What only a container file says is told with the lines of dfgen.toml that keep it.

mod note;
mod read;
mod tell;
mod town;

use std::collections::BTreeSet;

use indexmap::IndexMap;

use self::town::Town;
use crate::application::variables::Variable;
use crate::diagnostic::Diagnostic;
use crate::existing::ComposeService;
use crate::plan::inputs::{Inputs, Subject};
use crate::plan::run::connections::Connections;
use crate::plan::run::containers::Own;
use crate::plan::{
    BackingPlan, Condition, Decision, EnvValue, ImagePlan, NeededService, NeighbourNeed,
    NeighbourPlan, ServiceEnv,
};
use crate::profile::{Neighbour, ServiceName, WaitFor};

pub(crate) use note::{said, tables};
pub(crate) use tell::is_told;

/// What an image has of them.
pub(crate) struct Beside {
    pub(crate) needs: Vec<NeighbourNeed>,
    env: Vec<ServiceEnv>,
}

impl Beside {
    /// The variables of a service, with those that tell of them; sorted by name.
    pub(crate) fn with(&self, env: Vec<ServiceEnv>) -> Vec<ServiceEnv> {
        let mut all: Vec<ServiceEnv> = env.into_iter().chain(self.env.iter().cloned()).collect();
        all.sort_by(|one, other| one.name.as_ref().cmp(other.name.as_ref()));
        all
    }
}

/// All of them, and what there is to say.
#[derive(Default)]
pub(crate) struct Neighbours {
    pub(crate) plans: Vec<NeighbourPlan>,
    pub(crate) findings: Vec<Diagnostic>,
}

/// What an image needs of them; `env` is what it is told already.
pub(crate) fn of_image(
    subject: &Subject<'_>,
    own: &[Own<'_>],
    variables: &[Variable],
    known: &Connections,
) -> Beside {
    let env = &known.env;
    let said = &subject.inputs.config.service;
    let mut beside = if said.origin.is_own() {
        of_settings(subject, &said.value)
    } else {
        of_files(
            Town {
                inputs: subject.inputs,
            },
            own,
            variables,
            &known.services,
        )
    };
    let profile = &subject.profile.env;
    beside.env.retain(|one| {
        let said = profile.get(&one.name);
        let is_said = said.is_some_and(|said| said.origin.of_container_file().is_none());
        !is_said && env.iter().all(|known| known.name != one.name)
    });
    beside
}

fn of_settings(subject: &Subject<'_>, said: &IndexMap<ServiceName, Neighbour>) -> Beside {
    let name = &subject.profile.name;
    let is_needed = |one: &Neighbour| one.needed_by.as_ref().is_none_or(|all| all.contains(name));
    let needed = || said.iter().filter(|(_, one)| is_needed(one));
    let needs = needed().map(|(name, one)| NeighbourNeed {
        name: name.clone(),
        on: condition(one.waits()),
    });
    let mut env: Vec<ServiceEnv> = Vec::new();
    for (name, value) in needed().flat_map(|(_, one)| &one.tell) {
        if env.iter().all(|known| known.name != *name) {
            env.push(ServiceEnv {
                name: name.clone(),
                value: EnvValue::Said(value.clone()),
            });
        }
    }
    Beside {
        needs: needs.collect(),
        env,
    }
}

fn of_files(
    town: Town<'_>,
    own: &[Own<'_>],
    variables: &[Variable],
    services: &[Decision<NeededService>],
) -> Beside {
    let tellers = tellers(town, own);
    let named = |name: &str| tellers.iter().any(|one| town::names(one, name));
    let is_first =
        |one: &&ComposeService| named(&one.name) || tell::by_source(one, variables).is_some();
    let unknown = town.unknown().map(|(_, one)| one);
    let first: BTreeSet<&str> = unknown
        .filter(is_first)
        .map(|one| one.name.as_str())
        .collect();
    let kinds: Vec<&str> = services.iter().map(|one| one.value.name.as_str()).collect();
    let taken = taken(town, &first, &kinds);
    // A database that comes along with one of them may be the application's, too.
    let needed = town.others().map(|(_, one)| one);
    let needed = needed.filter(|one| {
        let name = one.name.as_str();
        first.contains(name) || taken.contains(name) && named(name)
    });
    let mut needs: Vec<NeighbourNeed> = Vec::new();
    for service in needed {
        let waits = tellers.iter().flat_map(|one| town::waits(one));
        let mut waits = waits.filter(|(name, _)| *name == service.name);
        let said = waits.find_map(|(_, wait)| wait);
        let on = condition(said.unwrap_or_else(|| read::waits(town, service)));
        let is_known = |name: &ServiceName| needs.iter().any(|known| known.name == *name);
        if let Ok(name) = service.name.parse::<ServiceName>()
            && !is_known(&name)
        {
            needs.push(NeighbourNeed { name, on });
        }
    }
    let names: Vec<&str> = needs.iter().map(|need| need.name.as_ref()).collect();
    let told = tell::of_services(town, &tellers, &names).into_iter();
    let mut env: Vec<ServiceEnv> = Vec::new();
    for one in told.chain(tell::of_source(town, variables)) {
        if env.iter().all(|known| known.name != one.name) {
            env.push(one);
        }
    }
    Beside { needs, env }
}

/// The services of the project's own that do an image's work, all that are made of one Dockerfile; of the only image, all.
fn tellers<'i>(town: Town<'i>, own: &[Own<'_>]) -> Vec<&'i ComposeService> {
    let built: BTreeSet<&str> = own
        .iter()
        .filter_map(|own| Some(own.service?.build.as_ref()?.0.as_str()))
        .collect();
    let is_of = |service: &ComposeService| {
        let path = service.build.as_ref().map(|(path, _)| path.as_str());
        let named = own.iter().filter_map(|own| own.service);
        path.is_some_and(|path| built.is_empty() || built.contains(path))
            || named.into_iter().any(|one| one.name == service.name)
    };
    let services = town.services().map(|(_, service)| service);
    services.filter(|service| is_of(service)).collect()
}

/// Whether a service of the project's own names another one.
pub(crate) fn is_named(inputs: &Inputs, name: &str) -> bool {
    let town = Town { inputs };
    let mut own = town.services().filter(|(_, one)| one.build.is_some());
    own.any(|(_, one)| town::names(one, name))
}

/// Whether dfgen knows nothing about a service that another one names, or that prepares one.
pub(crate) fn is_neighbour(inputs: &Inputs, service: &ComposeService) -> bool {
    let town = Town { inputs };
    let mut unknown = town.unknown();
    let mut all = town.services();
    unknown.any(|(_, one)| one.name == service.name)
        && (read::is_job(town, service)
            || all.any(|(_, one)| one.name != service.name && town::names(one, &service.name)))
}

fn condition(wait: WaitFor) -> Condition {
    match wait {
        WaitFor::Started => Condition::Started,
        WaitFor::Healthy => Condition::Healthy,
        WaitFor::Completed => Condition::Completed,
    }
}

/// The services that images need, and those that these need; a job that prepares one comes along.
pub(crate) fn all(inputs: &Inputs, images: &[ImagePlan], backing: &[BackingPlan]) -> Neighbours {
    let said = &inputs.config.service;
    if said.origin.is_own() {
        let because = said.origin.to_string();
        let plans = said.value.iter().map(|(name, one)| NeighbourPlan {
            name: name.clone(),
            keys: one.keys.clone(),
            because: because.clone(),
        });
        return Neighbours {
            plans: plans.collect(),
            findings: Vec::new(),
        };
    }
    let town = Town { inputs };
    let needs = images.iter().flat_map(|image| &image.run.neighbours);
    let needed: BTreeSet<&str> = needs.map(|need| need.name.as_ref()).collect();
    let kinds: Vec<&str> = backing.iter().map(|one| one.name.as_str()).collect();
    let taken = taken(town, &needed, &kinds);
    let mut plans = Vec::new();
    let mut losses = Vec::new();
    for (compose, service) in town.others() {
        if taken.contains(service.name.as_str()) {
            let reader = read::Reader {
                town,
                compose,
                taken: &taken,
                backing,
            };
            let (plan, lost) = reader.read(service);
            plans.extend(plan);
            losses.extend(lost);
        }
    }
    let findings = note::findings(town, images, &plans, losses, &taken);
    Neighbours { plans, findings }
}

/// The services of these names, those that they need, and jobs that prepare some; `kinds` are run by dfgen itself.
fn taken<'i>(town: Town<'i>, needed: &BTreeSet<&str>, kinds: &[&str]) -> BTreeSet<&'i str> {
    let is_backing = |service: &ComposeService| {
        let kind = town.kind(service);
        kind.is_some_and(|kind| kinds.contains(&kind.as_str()))
    };
    let candidates: Vec<&ComposeService> = town
        .others()
        .map(|(_, one)| one)
        .filter(|one| !is_backing(one))
        .collect();
    let first = candidates
        .iter()
        .filter(|one| needed.contains(one.name.as_str()));
    let mut taken: BTreeSet<&str> = first.map(|one| one.name.as_str()).collect();
    loop {
        let is_new = |one: &&&ComposeService| {
            let mut others = candidates
                .iter()
                .filter(|other| taken.contains(other.name.as_str()));
            !taken.contains(one.name.as_str())
                && (others.clone().any(|other| town::names(other, &one.name))
                    || read::is_job(town, one) && others.any(|other| town::names(one, &other.name)))
        };
        let new: Vec<&str> = candidates
            .iter()
            .filter(is_new)
            .map(|one| one.name.as_str())
            .collect();
        if new.is_empty() {
            return taken;
        }
        taken.extend(new);
    }
}
