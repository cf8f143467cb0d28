//! The compose file.

mod neighbours;

use indexmap::IndexSet;
use serde::Serialize;

use self::neighbours::NeighbourView;
use super::Placement;
use crate::plan::{
    BackingPlan, Condition, Dependency, EnvValue, HealthPlan, ImagePlan, Lasting, Plan, PortPlan,
    ServiceEnv, ServicePlan, ServiceRole, StopLimit, VolumePlan,
};
use crate::profile::{Gpu, Line};

/// What Docker gives a container, in seconds.
const BY_ITSELF: u32 = 10;

/// What a program needs to end, besides what is under way, in seconds.
const REST: u32 = 7;

/// What a job is given where its program would wait for ever, in seconds.
const LONGEST_JOB: u32 = 293;

#[derive(Serialize)]
struct ComposeView {
    path: String,
    /// The project's folder, from the file's.
    context: String,
    /// Whether the program of the builds lies outside of that folder, beside the file.
    program: bool,
    /// Where settings and secrets come from, in words.
    settings: String,
    /// Whether some services are started only where they are asked for.
    gpu: bool,
    /// Whether one is for development.
    development: bool,
    name: String,
    services: Vec<ServiceView>,
    backing: Vec<BackingView>,
    neighbours: Vec<NeighbourView>,
    volumes: IndexSet<String>,
    secrets: Vec<SecretView>,
}

#[derive(Serialize)]
struct ServiceView {
    name: String,
    image: String,
    /// Whether this service builds the image; a second one of the same image does not.
    builds: bool,
    dockerfile: String,
    secrets: Vec<String>,
    ssh: bool,
    /// What the build is told.
    args: Vec<EnvView>,
    command: Vec<String>,
    /// Where it runs, when that is not the image's own folder.
    folder: String,
    /// Files of settings and secrets, from this one.
    env_files: Vec<String>,
    env: Vec<EnvView>,
    /// What could be set besides.
    tuning: Vec<EnvView>,
    /// As compose writes it; empty for none.
    port: String,
    depends_on: Vec<DependsView>,
    once: bool,
    beat: bool,
    /// Whether the check of its image asks something that it does not answer.
    unchecked: bool,
    /// Empty for the image's.
    stop_signal: String,
    /// As compose writes it.
    restart: &'static str,
    session: bool,
    /// Empty where Docker's ten seconds are enough, or nobody knows.
    grace: String,
    development: bool,
    shm_size: String,
    volumes: Vec<String>,
    /// How many GPUs, as compose writes it; empty for none.
    gpu: String,
    on_demand: bool,
    /// Empty for the host's.
    platform: String,
    /// All that an image is built for, where there are several.
    platforms: Vec<String>,
    watch: Vec<WatchView>,
}

#[derive(Serialize)]
struct EnvView {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct DependsView {
    name: String,
    condition: &'static str,
    required: bool,
}

#[derive(Serialize)]
struct WatchView {
    from: String,
    to: String,
    /// The same as a mount.
    mount: String,
}

#[derive(Serialize)]
struct BackingView {
    name: String,
    image: String,
    env: Vec<EnvView>,
    health: Vec<String>,
    data: String,
    /// As compose writes it; empty for none.
    port: String,
}

/// A build secret, from an environment variable of the host or from a file.
#[derive(Serialize)]
struct SecretView {
    name: String,
    kind: &'static str,
    value: String,
}

pub(super) fn render(plan: &Plan, placement: &Placement) -> String {
    let compose = &plan.compose;
    let own = compose.services.iter().flat_map(|one| &one.volumes);
    let data = compose.backing.iter().filter_map(|one| one.data.as_ref());
    let view = ComposeView {
        path: format!("{}/compose.yaml", placement.folder()),
        context: placement.context(),
        program: placement.program().is_none(),
        settings: settings(&compose.services),
        gpu: compose.services.iter().any(|service| service.on_demand),
        development: plan.images.iter().any(|image| image.run.development),
        name: compose.name.clone(),
        services: compose
            .services
            .iter()
            .map(|service| ServiceView::new(plan, service, placement))
            .collect(),
        backing: compose.backing.iter().map(BackingView::new).collect(),
        neighbours: neighbours::views(plan, placement),
        volumes: own
            .chain(data)
            .map(|volume| volume.name.clone())
            .chain(neighbours::volumes(plan))
            .collect::<IndexSet<String>>(),
        secrets: secrets(plan),
    };
    super::text("compose.jinja", &view)
}

fn env_files(service: &ServicePlan, placement: &Placement) -> Vec<String> {
    let context = placement.context();
    let files = service.env_files.iter();
    files
        .map(|file| format!("{context}/{}", file.as_ref()))
        .collect()
}

/// Where settings and secrets of the application come from.
fn settings(services: &[ServicePlan]) -> String {
    let files = services.iter().flat_map(|service| &service.env_files);
    let files: IndexSet<&str> = files.map(AsRef::as_ref).collect();
    let files: Vec<&str> = files.into_iter().collect();
    match files.as_slice() {
        [] => "the environment".to_owned(),
        [file] => format!("a file {file} in the project's folder, if there is one"),
        files => format!(
            "{} in the project's folder, as far as they are there",
            files.join(", ")
        ),
    }
}

fn secrets(plan: &Plan) -> Vec<SecretView> {
    let mut views: Vec<SecretView> = Vec::new();
    if plan.images.iter().any(|image| image.ca_certificates) {
        views.push(SecretView {
            name: "ca-certificates".to_owned(),
            kind: "file",
            // Only a build needs it; without it, the build says so.
            value: "${CA_CERTIFICATES:-/dev/null}".to_owned(),
        });
    }
    if plan.images.iter().any(|image| image.build.netrc) {
        views.push(SecretView {
            name: "netrc".to_owned(),
            kind: "file",
            value: "${NETRC:-/dev/null}".to_owned(),
        });
    }
    for name in plan.images.iter().flat_map(ImagePlan::secrets) {
        let name = name.as_ref().to_owned();
        if !views.iter().any(|view| view.name == name) {
            views.push(SecretView {
                value: name.clone(),
                name,
                kind: "environment",
            });
        }
    }
    views
}

impl ServiceView {
    fn new(plan: &Plan, service: &ServicePlan, placement: &Placement) -> Self {
        let image = plan.images.iter().find(|image| image.name == service.image);
        let image = image.expect("a service runs an image of the plan");
        Self {
            name: service.name.clone(),
            image: image.tag.to_string(),
            builds: service.role == ServiceRole::Main,
            dockerfile: format!("{}/{}.Dockerfile", placement.folder(), image.name),
            secrets: build_secrets(image),
            ssh: image.build.ssh,
            args: arguments(image),
            command: words(service.command.as_deref().unwrap_or_default()),
            folder: folder(service.folder.as_ref()),
            env_files: env_files(service, placement),
            env: service.env.iter().map(EnvView::new).collect(),
            tuning: tuning(service, image),
            port: service.port.as_ref().map_or_else(String::new, port_mapping),
            depends_on: service.depends_on.iter().map(DependsView::new).collect(),
            once: service.role == ServiceRole::Migration,
            beat: service.role == ServiceRole::Beat,
            unchecked: service.role == ServiceRole::Process
                && image.run.health.value != HealthPlan::Off,
            stop_signal: stop_signal(service, image),
            restart: restart(service, image),
            session: service.role == ServiceRole::Main && image.run.lasts.value == Lasting::Session,
            grace: grace(service, image),
            development: image.run.development,
            shm_size: service
                .shm_size
                .as_ref()
                .map_or_else(String::new, |size| size.as_ref().to_owned()),
            volumes: service.volumes.iter().map(mount).collect(),
            gpu: gpus(service.gpu),
            on_demand: service.on_demand,
            platform: service
                .platform
                .map_or_else(String::new, |platform| platform.to_string()),
            platforms: platforms(image),
            watch: service
                .watch
                .iter()
                .map(|path| WatchView::new(path.as_ref(), placement))
                .collect(),
        }
    }
}

/// Whether a container that has ended is started again, in the words of compose.
fn restart(service: &ServicePlan, image: &ImagePlan) -> &'static str {
    match (service.role, image.run.lasts.value) {
        (ServiceRole::Main, Lasting::UntilDone) => "on-failure",
        (ServiceRole::Main, Lasting::Session) => "no",
        _ => "unless-stopped",
    }
}

/// What the service's server may be told, as comments.
fn tuning(service: &ServicePlan, image: &ImagePlan) -> Vec<EnvView> {
    let known = image.run.tuning.iter();
    let views = known.filter(|_| service.role == ServiceRole::Main);
    let views = views.map(|variable| EnvView {
        name: variable.name.as_ref().to_owned(),
        value: literal(variable.example.as_ref()),
    });
    views.collect()
}

/// The signal that stops it, where the image has another.
fn stop_signal(service: &ServicePlan, image: &ImagePlan) -> String {
    let own = service.stop.map(|stop| stop.signal);
    let own = own.filter(|own| *own != image.run.stop_signal.value);
    own.map_or_else(String::new, |own| own.to_string())
}

/// Within which time nothing is killed: what the program gives what is under way, and some for the rest of its end.
fn grace(service: &ServicePlan, image: &ImagePlan) -> String {
    let own = service.stop.map(|stop| stop.limit);
    let listens = own.is_none() && image.run.port.is_some();
    let limit = match own.unwrap_or(image.run.stop_limit.value) {
        _ if own.is_none() && service.role != ServiceRole::Main => return String::new(),
        StopLimit::Within(seconds) => seconds,
        StopLimit::UntilDone if !listens => LONGEST_JOB,
        // A stream that nobody ends would hold up whoever stops it.
        StopLimit::UntilDone | StopLimit::Unknown => return String::new(),
    };
    if limit + REST <= BY_ITSELF {
        return String::new();
    }
    format!("{}s", limit + REST)
}

/// How many GPUs, in the words of compose.
fn gpus(gpu: Gpu) -> String {
    match gpu {
        Gpu::Off => String::new(),
        Gpu::All => "all".to_owned(),
        Gpu::Count(count) => count.to_string(),
    }
}

/// The platforms of an image, where there are several.
pub(super) fn platforms(image: &ImagePlan) -> Vec<String> {
    let platforms = image.platforms.value.iter();
    let all: Vec<String> = platforms.map(|one| one.platform.to_string()).collect();
    if all.len() > 1 { all } else { Vec::new() }
}

/// A folder other than the one that every image works in.
fn folder(path: &str) -> String {
    if path == "/app" {
        String::new()
    } else {
        path.to_owned()
    }
}

fn build_secrets(image: &ImagePlan) -> Vec<String> {
    let ca = image.ca_certificates.then(|| "ca-certificates".to_owned());
    let netrc = image.build.netrc.then(|| "netrc".to_owned());
    ca.into_iter()
        .chain(netrc)
        .chain(
            image
                .secrets()
                .into_iter()
                .map(|name| name.as_ref().to_owned()),
        )
        .collect()
}

/// Each from a variable of whoever builds.
fn arguments(image: &ImagePlan) -> Vec<EnvView> {
    let arguments = image.arguments().into_iter();
    let view = |(name, unsaid): (&str, &str)| EnvView {
        name: name.to_owned(),
        value: format!("${{{name}:-{unsaid}}}"),
    };
    arguments.map(view).collect()
}

/// This machine only, and a variable for who has the port in use.
fn port_mapping(port: &PortPlan) -> String {
    let variable = port.variable.as_ref();
    format!(
        "127.0.0.1:${{{variable}:-{}}}:{}",
        port.host, port.container
    )
}

fn mount(volume: &VolumePlan) -> String {
    format!("{}:{}", volume.name, volume.folder.as_ref())
}

fn words(words: &[Line]) -> Vec<String> {
    words.iter().map(|word| word.as_ref().to_owned()).collect()
}

fn words_of(condition: Condition) -> &'static str {
    match condition {
        Condition::Started => "service_started",
        Condition::Healthy => "service_healthy",
        Condition::Completed => "service_completed_successfully",
    }
}

impl EnvView {
    fn new(variable: &ServiceEnv) -> Self {
        let name = variable.name.as_ref();
        let value = match &variable.value {
            EnvValue::Fixed(value) => literal(value.as_ref()),
            EnvValue::Default(value) => with_default(name, value.as_ref()),
            EnvValue::Said(value) => value.as_ref().to_owned(),
            EnvValue::Connection(address) => format!("${{{name}:-{}}}", address.as_ref()),
        };
        Self {
            name: name.to_owned(),
            value,
        }
    }
}

/// `${NAME:-value}`; a value that compose would read as more than text stands alone, escaped.
fn with_default(name: &str, value: &str) -> String {
    if value.contains(['$', '{', '}']) {
        literal(value)
    } else {
        format!("${{{name}:-{value}}}")
    }
}

/// A value in which compose replaces nothing.
fn literal(value: &str) -> String {
    value.replace('$', "$$")
}

impl WatchView {
    fn new(path: &str, placement: &Placement) -> Self {
        let to = if path == "." {
            "/app".to_owned()
        } else {
            format!("/app/{path}")
        };
        let from = match path {
            "." => placement.context(),
            path => format!("{}/{path}", placement.context()),
        };
        Self {
            mount: format!("{from}:{to}"),
            from,
            to,
        }
    }
}

impl DependsView {
    fn new((name, on): (&String, &Dependency)) -> Self {
        Self {
            name: name.clone(),
            condition: words_of(on.condition),
            required: on.required,
        }
    }
}

impl BackingView {
    fn new(plan: &BackingPlan) -> Self {
        Self {
            name: plan.name.clone(),
            image: plan.image.value.to_string(),
            env: plan.env.iter().map(EnvView::new).collect(),
            health: words(&plan.health),
            data: plan.data.as_ref().map_or_else(String::new, mount),
            port: plan.port.as_ref().map_or_else(String::new, port_mapping),
        }
    }
}
