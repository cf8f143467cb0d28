//! What runs the images together, for people.

use dfgen::plan::{
    BackingPlan, ComposePlan, Condition, Dependency, EnvValue, NeighbourPlan, Plan, ServiceEnv,
    ServicePlan, ServiceRole, VolumePlan,
};

use dfgen::profile::ProfileName;
use indexmap::IndexMap;

use super::lists::words;
use crate::cli::rows::Rows;

/// The chapter.
pub(super) fn chapter(plan: &Plan) -> String {
    let ComposePlan {
        name,
        services,
        backing,
        neighbours,
        kept: _, // why its image is that one
    } = &plan.compose;
    let mut rows = Rows::default();
    for one in services {
        service(&mut rows, one);
    }
    for one in backing {
        self::backing(&mut rows, one);
    }
    for one in neighbours {
        neighbour(&mut rows, one);
    }
    format!(
        "compose.yaml: runs them together, as `{name}`\n{}",
        rows.text(4)
    )
}

fn service(rows: &mut Rows, service: &ServicePlan) {
    let ServicePlan {
        name,
        image,
        role,
        command,
        folder: _, // the image's own, but for a migration, which is told with the image
        port,
        depends_on,
        env_files,
        env,
        gpu: _, // told with the image
        on_demand,
        platform: _, // told with the image
        shm_size: _, // told with the image
        volumes,
        stop: _, // nothing that somebody would choose
        watch,
    } = service;
    let reach = match (port, *role == ServiceRole::Migration) {
        (Some(port), _) => format!("127.0.0.1:{} (${})", port.host, port.variable.as_ref()),
        (None, true) => "runs once".to_owned(),
        (None, false) => "no port".to_owned(),
    };
    let waits = waits(image, depends_on);
    rows.push(name.as_str(), reach, waits);
    if let Some(command) = command {
        rows.below(format!("runs {}", words(command)));
    }
    let files: Vec<&str> = env_files.iter().map(AsRef::as_ref).collect();
    if !matches!(files.as_slice(), [".env"]) {
        rows.below(format!("is handed {}", files.join(", ")));
    }
    for variable in env {
        rows.below(setting(variable));
    }
    if *on_demand {
        rows.below(
            "started with `--profile gpu` alone: the others run on a host without a GPU, too"
                .to_owned(),
        );
    }
    for volume in volumes {
        rows.below(mounted(volume));
    }
    for path in watch {
        rows.below(format!("watches {}", path.as_ref()));
    }
}

/// What runs, and what it waits for.
fn waits(image: &ProfileName, depends_on: &IndexMap<String, Dependency>) -> String {
    let waits = depends_on.iter().map(|(name, on)| {
        let until = match on.condition {
            Condition::Started => "has started",
            Condition::Healthy => "is healthy",
            Condition::Completed => "has ended well",
        };
        let started = if on.required {
            ""
        } else {
            ", if it is started"
        };
        format!("{name} {until}{started}")
    });
    let waits: Vec<String> = waits.collect();
    match waits.as_slice() {
        [] => format!("the image {image}"),
        waits => format!("the image {image}; waits until {}", waits.join(" and ")),
    }
}

/// A volume, and where it is.
pub(super) fn mounted(volume: &VolumePlan) -> String {
    format!("volume {} at {}", volume.name, volume.folder.as_ref())
}

fn backing(rows: &mut Rows, backing: &BackingPlan) {
    let BackingPlan {
        name,
        image,
        env,
        health: _, // what it waits for is told with who waits
        data,
        port,
    } = backing;
    rows.push(
        name.as_str(),
        port.as_ref().map_or_else(
            || "backing service".to_owned(),
            |port| format!("127.0.0.1:{} (${})", port.host, port.variable.as_ref()),
        ),
        format!("the image {}: {}", image.value, image.because),
    );
    for variable in env {
        rows.below(setting(variable));
    }
    if let Some(volume) = data {
        rows.below(mounted(volume));
    }
}

fn neighbour(rows: &mut Rows, neighbour: &NeighbourPlan) {
    let NeighbourPlan {
        name,
        keys,
        because,
    } = neighbour;
    let image = keys.get("image").and_then(|image| image.as_str());
    let image = image.unwrap_or_default();
    let why = format!("the image {image}: {because}");
    rows.push(name.as_ref(), "beside the images".to_owned(), why);
}

fn setting(variable: &ServiceEnv) -> String {
    let name = variable.name.as_ref();
    match &variable.value {
        EnvValue::Fixed(value) | EnvValue::Said(value) => format!("${name}: {}", value.as_ref()),
        EnvValue::Default(value) | EnvValue::Connection(value) => {
            format!("${name}: {} unless the host sets it", value.as_ref())
        }
    }
}
