//! What runs the images together.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::Inputs;
use super::raised;
use indexmap::IndexMap;

use super::{
    BackingPlan, ComposePlan, Condition, Decision, Dependency, EnvValue, HealthPlan, ImagePlan,
    MigrationPlan, NeededService, NeighbourPlan, PortPlan, ProcessPlan, ServiceEnv, ServicePlan,
    ServiceRole, VolumePlan,
};
use crate::catalog::ServiceKind;
use crate::diagnostic::{Diagnostic, Result};
use crate::plan::run::connections::default_of;
use crate::plan::run::local::{self, Locals};
use crate::plan::run::neighbours;
use crate::profile::{ContextPath, EnvName, Gpu, ImagePath, ImageRef, Line};
use crate::rules;

/// The variable that tells the API where the models are.
const ML_URL: &str = "ML_INFERENCE_URL";

/// Decides, and tells what of the compose file that is there is not kept. Errors: backing services that the catalog does
/// not know, two services of one name.
pub(super) fn compose(
    inputs: &Inputs,
    images: &[ImagePlan],
    locals: &[Locals],
) -> Result<(ComposePlan, Vec<Diagnostic>)> {
    let mut backing = backing(inputs, images)?;
    let (kept, not_kept) = raised::services(inputs, images, &mut backing);
    for plan in &mut backing {
        plan.data = data_of(inputs, &plan.name, &plan.image.value);
    }
    let neighbours = neighbours::all(inputs, images, &backing);
    let mut services = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let needed = image.run.services.iter();
        let waits = needed.map(|one| (one.value.name.clone(), Dependency::on(Condition::Healthy)));
        let further = image.run.neighbours.iter();
        let further = further.map(|one| (one.name.as_ref().to_owned(), Dependency::on(one.on)));
        let waits: IndexMap<String, Dependency> = waits.chain(further).collect();
        let own = (host_port(images, index), &locals[index]);
        let main = service(image, images, own, waits.clone());
        if let Some(migrate) = first_migration(image, images) {
            services.push(ServicePlan {
                name: migration_name(image),
                role: ServiceRole::Migration,
                command: Some(migrate.command.value.clone()),
                folder: migrate.folder.clone(),
                depends_on: waits,
                ..beside(&main, image)
            });
        }
        let beat = image.run.beat.as_ref().map(|beat| ServicePlan {
            name: format!("{}-beat", image.name),
            role: ServiceRole::Beat,
            command: Some(beat.value.clone()),
            ..beside(&main, image)
        });
        let further = image.run.processes.iter();
        let further: Vec<ServicePlan> = further
            .map(|one| further_process(&main, image, one))
            .collect();
        services.push(main);
        services.extend(beat);
        services.extend(further);
    }
    refuse_same_names(&services, &backing, &neighbours.plans)?;
    refuse_shared_volumes(&services, &backing)?;
    let plan = ComposePlan {
        name: project_name(inputs),
        services,
        backing,
        neighbours: neighbours.plans,
        kept,
    };
    let findings = not_kept.into_iter().chain(neighbours.findings).collect();
    Ok((plan, findings))
}

/// Addresses of the developer's machine that no service is told another for.
pub(super) fn local_addresses(
    plan: &ComposePlan,
    images: &[ImagePlan],
    locals: &[Locals],
) -> Vec<Diagnostic> {
    let found = images.iter().zip(locals).filter_map(|(image, locals)| {
        let is_main = |one: &&ServicePlan| one.role == ServiceRole::Main && one.image == image.name;
        local::finding(locals, plan.services.iter().find(is_main)?)
    });
    found.collect()
}

/// A profile may have the name of a backing service, or of another's migration.
fn refuse_same_names(
    services: &[ServicePlan],
    backing: &[BackingPlan],
    beside: &[NeighbourPlan],
) -> Result<()> {
    let mut seen = BTreeSet::new();
    let names = services.iter().map(|service| service.name.as_str());
    let names = names.chain(backing.iter().map(|backing| backing.name.as_str()));
    let mut names = names.chain(beside.iter().map(|one| one.name.as_ref()));
    let Some(name) = names.find(|name| !seen.insert(*name)) else {
        return Ok(());
    };
    let problem = format!("two services of the compose file would be called `{name}`");
    Err(Diagnostic::new(rules::DUPLICATE_SERVICE, problem)
        .with_note(
            "profiles, what runs beside them (`NAME-migrate`, `NAME-beat`, `NAME-PROCESS`) and `services` share one set of names",
        )
        .with_help("give the profile another name")
        .into())
}

/// A volume belongs to one folder: another's models, or the data of a backing service, are no place for files.
fn refuse_shared_volumes(services: &[ServicePlan], backing: &[BackingPlan]) -> Result<()> {
    let own = services.iter().flat_map(|service| &service.volumes);
    let others = backing.iter().filter_map(|backing| backing.data.as_ref());
    let mut folders: BTreeMap<&str, &ImagePath> = BTreeMap::new();
    for volume in own.chain(others) {
        let first = folders.entry(&volume.name).or_insert(&volume.folder);
        if **first != volume.folder {
            let name = &volume.name;
            let problem = format!("two volumes of the compose file would be called `{name}`");
            let note = format!(
                "one at {}, one at {}",
                first.as_ref(),
                volume.folder.as_ref()
            );
            return Err(Diagnostic::new(rules::DUPLICATE_SERVICE, problem)
                .with_note(note)
                .with_help("give the folder in `volumes` another name")
                .into());
        }
    }
    Ok(())
}

/// The image whose service brings the database of another one up to date, too: two steps at once would be in each other's way.
fn migrated_by<'i>(image: &'i ImagePlan, images: &'i [ImagePlan]) -> &'i ImagePlan {
    let steps = |other: &'i ImagePlan| {
        let step = other.run.migrate.as_ref()?;
        let project = &other.app.folder;
        Some((&step.command.value, &step.folder, project))
    };
    let own = steps(image);
    let (all, mut images) = (images, images.iter());
    // What waits for a GPU brings nothing up to date for what does not.
    let runs = |other: &ImagePlan| is_on_demand(image, all) || !is_on_demand(other, all);
    let found = images.find(|other| steps(other) == own && runs(other));
    found.unwrap_or(image)
}

/// The step of an image that no other one does before.
fn first_migration<'i>(image: &'i ImagePlan, images: &'i [ImagePlan]) -> Option<&'i MigrationPlan> {
    let step = image.run.migrate.as_ref();
    step.filter(|_| migrated_by(image, images).name == image.name)
}

fn migration_name(image: &ImagePlan) -> String {
    format!("{}-migrate", image.name)
}

/// Another service of the same image, without what only the main one has use for.
fn beside(main: &ServicePlan, image: &ImagePlan) -> ServicePlan {
    ServicePlan {
        port: None,
        env: image.run.connections.clone(),
        gpu: Gpu::Off,
        shm_size: None,
        volumes: data(image).collect(),
        watch: Vec::new(),
        ..main.clone()
    }
}

/// A further process, with all that the main one has but its port.
fn further_process(main: &ServicePlan, image: &ImagePlan, process: &ProcessPlan) -> ServicePlan {
    ServicePlan {
        name: format!("{}-{}", image.name, process.name),
        role: if process.only_once {
            ServiceRole::Beat
        } else {
            ServiceRole::Process
        },
        command: Some(process.command.value.clone()),
        port: None,
        stop: Some(process.stop),
        watch: Vec::new(),
        ..main.clone()
    }
}

fn service(
    image: &ImagePlan,
    images: &[ImagePlan],
    (host_port, locals): (u16, &Locals),
    waits: IndexMap<String, Dependency>,
) -> ServicePlan {
    let run = &image.run;
    let mut depends_on = waits;
    let mut env = run.connections.clone();
    env.extend(pinned_port(image));
    if run.migrate.is_some() {
        let migrated = Dependency::on(Condition::Completed);
        depends_on.insert(migration_name(migrated_by(image, images)), migrated);
    }
    let models = images.iter().filter(|model| model.serves_models);
    let models: Vec<&ImagePlan> = models.filter(|_| !image.serves_models).collect();
    for model in &models {
        depends_on.insert(model.name.to_string(), of_model(model, images));
    }
    env.extend(model_urls(&models, images));
    for linked in local::linked(locals, image, images) {
        if !env.iter().any(|told| told.name == linked.name) {
            env.push(linked);
        }
    }
    ServicePlan {
        name: image.name.to_string(),
        image: image.name.clone(),
        role: ServiceRole::Main,
        command: None,
        folder: "/app".parse().expect("it is an absolute path"),
        port: run.port.as_ref().map(|port| PortPlan {
            host: host_port,
            variable: port_variable(image.name.as_ref()),
            container: port.value,
        }),
        depends_on,
        env,
        gpu: run.gpu,
        on_demand: is_on_demand(image, images),
        platform: image.only_platform.as_ref().map(|only| only.value),
        env_files: run.env_files.clone(),
        shm_size: run.shm_size.clone(),
        volumes: run.model_cache.iter().cloned().chain(data(image)).collect(),
        stop: None,
        watch: watched(image),
    }
}

/// The folders that a development image is told about when they change.
fn watched(image: &ImagePlan) -> Vec<ContextPath> {
    let files = image.app.files.iter().filter(|_| image.run.development);
    files.map(|file| file.path.clone()).collect()
}

/// A platform's variable for the port: the file counts on the image's own.
fn pinned_port(image: &ImagePlan) -> Option<ServiceEnv> {
    let port = image.run.port.as_ref()?.value.to_string();
    Some(ServiceEnv {
        name: image.run.port_variable.clone()?,
        value: EnvValue::Fixed(port.parse().ok()?),
    })
}

/// Where the models are: of two flavours of one service, at the one that runs on every host. Several services have a
/// variable each.
fn model_urls(models: &[&ImagePlan], images: &[ImagePlan]) -> Vec<ServiceEnv> {
    let mut services: BTreeMap<&str, Vec<&ImagePlan>> = BTreeMap::new();
    for model in models.iter().filter(|model| model.run.port.is_some()) {
        let name = model.name.as_ref();
        let flavour = name.strip_suffix("-gpu").or(name.strip_suffix("-cpu"));
        services
            .entry(flavour.unwrap_or(name))
            .or_default()
            .push(model);
    }
    let is_one = services.len() == 1;
    let url = |(name, models): (&str, Vec<&ImagePlan>)| {
        let model = models
            .into_iter()
            .min_by_key(|model| is_on_demand(model, images))?;
        let port = model.run.port.as_ref()?.value;
        let own = name.to_uppercase().replace('-', "_") + "_URL";
        let variable_name = if is_one { ML_URL } else { own.as_str() };
        variable(variable_name, &format!("http://{}:{port}", model.name))
    };
    services.into_iter().filter_map(url).collect()
}

/// How others wait for a model service.
fn of_model(model: &ImagePlan, images: &[ImagePlan]) -> Dependency {
    Dependency {
        condition: match model.run.health.value {
            HealthPlan::Off => Condition::Started,
            _ => Condition::Healthy,
        },
        required: !is_on_demand(model, images),
    }
}

/// What the application itself writes and keeps.
fn data(image: &ImagePlan) -> impl Iterator<Item = VolumePlan> {
    image.run.volumes.iter().map(|volume| volume.value.clone())
}

/// An image for GPUs does not hold up others on a host that has none. One that is alone is what was asked for.
fn is_on_demand(image: &ImagePlan, images: &[ImagePlan]) -> bool {
    image.run.gpu.is_on() && images.iter().any(|other| !other.run.gpu.is_on())
}

/// A variable with a name and a value of dfgen's own; `None` never.
fn variable(name: &str, value: &str) -> Option<ServiceEnv> {
    let value: Line = value.parse().ok()?;
    Some(ServiceEnv {
        name: name.parse().ok()?,
        value: EnvValue::Default(value),
    })
}

/// The host's variable for a service's port: `core-api` is asked with `CORE_API_PORT`.
fn port_variable(service: &str) -> EnvName {
    let mut variable = service.to_uppercase().replace('-', "_") + "_PORT";
    if variable.starts_with(|first: char| first.is_ascii_digit()) {
        variable.insert(0, '_');
    }
    variable
        .parse()
        .expect("a profile's name has letters, digits and hyphens")
}

/// The image's own port, or the next one that no earlier service has.
fn host_port(images: &[ImagePlan], index: usize) -> u16 {
    let mut taken = BTreeSet::new();
    let mut last = 0;
    for image in &images[..=index] {
        let Some(port) = &image.run.port else {
            continue;
        };
        let mut free = port.value;
        while !taken.insert(free) {
            free = free.saturating_add(1);
        }
        last = free;
    }
    last
}

/// The root's name. A root that has none is called what it is: its folder has another name in every
/// checkout, and the files must not.
pub(crate) fn project_name(inputs: &Inputs) -> String {
    let named = inputs.project.pyproject.name();
    named.map_or_else(
        || "workspace".to_owned(),
        |name| name.as_ref().replace('.', "-"),
    )
}

/// The services of all images, each once. Errors: two images of one service.
fn backing(inputs: &Inputs, images: &[ImagePlan]) -> Result<Vec<BackingPlan>> {
    let mut plans: Vec<BackingPlan> = Vec::new();
    for needed in images.iter().flat_map(|image| &image.run.services) {
        let name = &needed.value.name;
        match plans.iter().find(|plan| plan.name == *name) {
            None => {
                let mut plan = backing_service(inputs, needed)?;
                plan.port = developers_port(inputs, images, &plans, name);
                plans.push(plan);
            }
            Some(other) if other.image.value == needed.value.image => {}
            Some(other) => {
                let (one, two) = (&other.image, &needed);
                let problem = format!(
                    "`{name}` would be of two images: {} and {}",
                    one.value, two.value.image
                );
                return Err(Diagnostic::new(rules::DUPLICATE_SERVICE, problem)
                    .with_note(format!(
                        "asked for by {} and by {}",
                        one.because, two.because
                    ))
                    .with_help("name the same image in `services` of both profiles")
                    .into());
            }
        }
    }
    Ok(plans)
}

/// The port by which tools of a developer reach a backing service of a development image, from this machine alone.
fn developers_port(
    inputs: &Inputs,
    images: &[ImagePlan],
    others: &[BackingPlan],
    name: &str,
) -> Option<PortPlan> {
    let kind = ServiceKind::named(name)?;
    let container = inputs.catalog.services().service(kind).port();
    let ports = images.iter().filter_map(|image| image.run.port.as_ref());
    let ports = ports.map(|port| port.value);
    let others = others.iter().filter_map(|other| other.port.as_ref());
    let taken: BTreeSet<u16> = ports.chain(others.map(|port| port.host)).collect();
    let host = (container..u16::MAX).find(|port| !taken.contains(port))?;
    // Not `REDIS_PORT`, which the application may read itself.
    let variable = format!("DEV_{}", port_variable(name).as_ref());
    images
        .iter()
        .any(|image| image.run.development)
        .then_some(PortPlan {
            host,
            variable: variable.parse().ok()?,
            container,
        })
}

fn backing_service(inputs: &Inputs, needed: &Decision<NeededService>) -> Result<BackingPlan> {
    let NeededService {
        name,
        image,
        is_pinned: _, // what is kept of the file depends on it
    } = &needed.value;
    let kind = ServiceKind::named(name).expect("only services of the catalog are planned");
    // All of it is a row of the catalog, whose tests read every one.
    let row = inputs.catalog.services().service(kind);
    let variables = row.environment().keys().chain(row.secrets());
    let env = variables.filter_map(|name| {
        Some(ServiceEnv {
            name: name.parse().ok()?,
            value: EnvValue::Default(default_of(row, name).parse().ok()?),
        })
    });
    Ok(BackingPlan {
        name: name.clone(),
        image: Decision::new(image.clone(), needed.because.clone()),
        env: env.collect(),
        health: health(row.health()),
        port: None,
        data: data_of(inputs, name, image),
    })
}

/// The volume of a service's data: where it is mounted depends on the version.
fn data_of(inputs: &Inputs, name: &str, image: &ImageRef) -> Option<VolumePlan> {
    let row = inputs.catalog.services().service(ServiceKind::named(name)?);
    let folder = row.data(image.tag().unwrap_or_default())?;
    Some(VolumePlan {
        name: format!("{name}-data"),
        folder: folder.parse().ok()?,
    })
}

/// A command as compose takes it: the first word says that it is one.
fn health(words: &[String]) -> Vec<Line> {
    let kind = words.first().map(|_| "CMD");
    let words = kind.into_iter().chain(words.iter().map(String::as_str));
    words.filter_map(|word| word.parse().ok()).collect()
}
