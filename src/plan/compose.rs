//! What runs the images together.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::{Inputs, Subject};
use indexmap::IndexMap;

use super::{
    BackingPlan, ComposePlan, Condition, Dependency, EnvValue, HealthPlan, ImagePlan, PortPlan,
    ServiceEnv, ServicePlan, ServiceRole, VolumePlan,
};
use crate::catalog::ServiceKind;
use crate::diagnostic::{Diagnostic, Result, nearest};
use crate::profile::{EnvName, Gpu, ImagePath, Line};
use crate::rules;

/// The variable that tells the API where the models are.
const ML_URL: &str = "ML_INFERENCE_URL";

/// Decides. Errors: backing services that the catalog does not know, two services of one name.
pub(crate) fn compose(
    inputs: &Inputs,
    subjects: &[Subject<'_>],
    images: &[ImagePlan],
) -> Result<ComposePlan> {
    let backing = backing(inputs, subjects)?;
    let mut services = Vec::new();
    for (index, (subject, image)) in subjects.iter().zip(images).enumerate() {
        let waits: IndexMap<String, Dependency> = subject
            .profile
            .services
            .value
            .iter()
            .map(|name| (name.as_ref().to_owned(), Dependency::on(Condition::Healthy)))
            .collect();
        let main = service(image, images, host_port(images, index), waits.clone());
        if let Some(migrate) = &image.run.migrate {
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
        services.push(main);
        services.extend(beat);
    }
    refuse_same_names(&services, &backing)?;
    refuse_shared_volumes(&services, &backing)?;
    Ok(ComposePlan {
        name: project_name(inputs),
        services,
        backing,
    })
}

/// A profile may have the name of a backing service, or of another's migration.
fn refuse_same_names(services: &[ServicePlan], backing: &[BackingPlan]) -> Result<()> {
    let mut seen = BTreeSet::new();
    let names = services.iter().map(|service| &service.name);
    let mut names = names.chain(backing.iter().map(|backing| &backing.name));
    let Some(name) = names.find(|name| !seen.insert(*name)) else {
        return Ok(());
    };
    let problem = format!("two services of the compose file would be called `{name}`");
    Err(Diagnostic::new(rules::DUPLICATE_SERVICE, problem)
        .with_note(
            "profiles, what runs beside them (`NAME-migrate`, `NAME-beat`) and `services` share one set of names",
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

fn service(
    image: &ImagePlan,
    images: &[ImagePlan],
    host_port: u16,
    waits: IndexMap<String, Dependency>,
) -> ServicePlan {
    let run = &image.run;
    let mut depends_on = waits;
    let mut env = run.connections.clone();
    if run.migrate.is_some() {
        let migrated = Dependency::on(Condition::Completed);
        depends_on.insert(migration_name(image), migrated);
    }
    for model in images
        .iter()
        .filter(|model| model.serves_models && !image.serves_models)
    {
        let condition = match model.run.health.value {
            HealthPlan::Off => Condition::Started,
            _ => Condition::Healthy,
        };
        let dependency = Dependency {
            condition,
            required: !is_on_demand(model, images),
        };
        depends_on.insert(model.name.to_string(), dependency);
        if let Some(port) = &model.run.port {
            let url = format!("http://{}:{}", model.name, port.value);
            env.extend(variable(ML_URL, &url));
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
        shm_size: run.shm_size.clone(),
        volumes: run.model_cache.iter().cloned().chain(data(image)).collect(),
        watch: if run.development {
            image
                .app
                .files
                .iter()
                .map(|file| file.path.clone())
                .collect()
        } else {
            Vec::new()
        },
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

fn backing(inputs: &Inputs, subjects: &[Subject<'_>]) -> Result<Vec<BackingPlan>> {
    let mut plans: Vec<BackingPlan> = Vec::new();
    for subject in subjects {
        for wanted in &subject.profile.services.value {
            if plans.iter().any(|plan| plan.name == wanted.as_ref()) {
                continue;
            }
            plans.push(backing_service(inputs, subject, wanted.as_ref())?);
        }
    }
    Ok(plans)
}

fn backing_service(inputs: &Inputs, subject: &Subject<'_>, wanted: &str) -> Result<BackingPlan> {
    let services = inputs.catalog.services();
    let Some(kind) = ServiceKind::named(wanted) else {
        let known = ServiceKind::ALL.map(ServiceKind::as_str);
        return Err(Diagnostic::new(
            rules::UNKNOWN_SERVICE,
            format!("dfgen knows no backing service `{wanted}`"),
        )
        .at_some(
            subject
                .profile
                .services
                .origin
                .place_of(wanted, "not one of them"),
        )
        .with_note(format!(
            "asked for by `services` of the profile `{}` ({})",
            subject.profile.name, subject.profile.services.origin
        ))
        .with_help_some(nearest(wanted, known))
        .into());
    };
    // All of it is a row of the catalog, whose tests read every one.
    let row = services.service(kind);
    let plain = row.environment().iter().filter_map(|(name, value)| {
        Some(ServiceEnv {
            name: name.parse().ok()?,
            value: EnvValue::Fixed(value.parse().ok()?),
        })
    });
    let secret = row.secrets().iter().filter_map(|name| {
        Some(ServiceEnv {
            name: name.parse().ok()?,
            value: EnvValue::Required,
        })
    });
    Ok(BackingPlan {
        name: kind.as_str().to_owned(),
        image: row
            .image()
            .parse()
            .map_err(|expected: String| Diagnostic::new(rules::INVALID_CATALOG, expected))?,
        env: plain.chain(secret).collect(),
        health: health(row.health()),
        data: row.data().and_then(|folder| {
            Some(VolumePlan {
                name: format!("{}-data", kind.as_str()),
                folder: folder.parse().ok()?,
            })
        }),
    })
}

/// A command as compose takes it: the first word says that it is one.
fn health(words: &[String]) -> Vec<Line> {
    let kind = words.first().map(|_| "CMD");
    let words = kind.into_iter().chain(words.iter().map(String::as_str));
    words.filter_map(|word| word.parse().ok()).collect()
}
