//! The image itself.

use serde::Serialize;

use super::{FromView, lines, names};
use crate::plan::{BuildLabel, HealthPlan, HealthTimes, ImagePlan, RunPlan, StageName};
use crate::profile::{Instruction, Line};
use crate::render::filters::{assigned, filled};

#[derive(Serialize)]
pub(super) struct RuntimeView {
    #[serde(flatten)]
    from: FromView,
    labels: Vec<String>,
    layers: Vec<String>,
    scan: bool,
    instructions: Vec<String>,
    user: u32,
    /// Whether a base that dfgen does not know may start a program of its own.
    foreign: bool,
    bytecode: bool,
    env: Vec<String>,
    /// 0 for none.
    port: u16,
    stop_signal: String,
    health: HealthView,
    /// Arguments of the build for labels.
    arguments: Vec<String>,
    /// The labels that have their values.
    build_labels: Vec<String>,
    command: Vec<String>,
}

/// Without a command there is no health check.
#[derive(Serialize, Default)]
struct HealthView {
    command: Vec<String>,
    interval: String,
    timeout: String,
    start_period: String,
    retries: u32,
}

impl RuntimeView {
    pub(super) fn new(image: &ImagePlan, from: FromView, layers: &[StageName]) -> Self {
        let run = &image.run;
        let port = run.port.as_ref().map_or(0, |port| port.value);
        let labels = image.project.labels.iter();
        let labels = labels.map(|(name, value)| assigned(name.as_ref(), value.as_ref()));
        let own = ["PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"].map(|name| assigned(name, "1"));
        let env = image.env.iter();
        let env = env.map(|(name, said)| assigned(name.as_ref(), said.value.as_ref()));
        Self {
            from,
            labels: filled(6, labels),
            layers: names(layers),
            scan: image.scan.is_some(),
            instructions: lines::<Instruction>(&image.instructions.runtime.value),
            user: run.user.value,
            foreign: image.foreign_base,
            bytecode: image.compiles_bytecode(),
            env: filled(4, own.into_iter().chain(env)),
            port,
            stop_signal: run.stop_signal.value.to_string(),
            arguments: of_labels(image, |one| one.argument.as_ref().to_owned()),
            build_labels: of_labels(image, |one| {
                format!("{}=${}", one.label, one.argument.as_ref())
            }),
            health: HealthView::new(&run.health.value, &listens(run)),
            command: lines::<Line>(&run.command.value),
        }
    }
}

fn of_labels(image: &ImagePlan, text: fn(&BuildLabel) -> String) -> Vec<String> {
    image.build_labels.iter().map(text).collect()
}

impl HealthView {
    fn new(plan: &HealthPlan, port: &str) -> Self {
        match plan {
            HealthPlan::Off => Self::default(),
            HealthPlan::Http {
                path,
                host,
                any_host,
                protected,
                times,
            } => {
                let host = host.as_ref().map(AsRef::as_ref);
                let well = well(*any_host, *protected);
                let probe = http_probe(path.as_ref(), host, &well, port);
                Self::with(python(&probe), times)
            }
            HealthPlan::Port { times } => Self::with(python(&port_probe(port)), times),
            HealthPlan::Command { command, times } => Self::with(lines::<Line>(command), times),
        }
    }

    fn with(command: Vec<String>, times: &HealthTimes) -> Self {
        Self {
            command,
            interval: times.interval.as_ref().to_owned(),
            timeout: times.timeout.as_ref().to_owned(),
            start_period: times.start_period.as_ref().to_owned(),
            retries: times.retries,
        }
    }
}

/// Where the application listens, as an expression of Python's.
fn listens(run: &RunPlan) -> String {
    match &run.port_variable {
        Some(variable) => format!("int(os.environ['{}'])", variable.as_ref()),
        None => run.port.as_ref().map_or(0, |port| port.value).to_string(),
    }
}

/// What such an expression needs, before other modules.
fn modules(port: &str) -> &'static str {
    if port.contains("os.") { "os, " } else { "" }
}

/// Python alone, without the packages of the image: half a tenth of a second.
fn python(program: &str) -> Vec<String> {
    ["python", "-IS", "-c", program].map(str::to_owned).to_vec()
}

/// What further answers are well: a host that is refused gets 400, somebody who is not known 401 or 403.
fn well(any_host: bool, protected: bool) -> Vec<u16> {
    let host = any_host.then_some(400);
    let caller = [401, 403].into_iter().filter(|_| protected);
    host.into_iter().chain(caller).collect()
}

/// `http.client` and not `urllib`, which would ask a proxy for 127.0.0.1, and follow a redirect, which is well.
fn http_probe(path: &str, host: Option<&str>, well: &[u16], port: &str) -> String {
    let path = serde_json::Value::from(path);
    let host = host.map(|host| format!(", headers={{'Host': {}}}", serde_json::Value::from(host)));
    let host = host.unwrap_or_default();
    let modules = modules(port);
    let ill = match well {
        [] => ">= 400".to_owned(),
        [400] => "> 400".to_owned(),
        others => {
            let others: Vec<String> = others.iter().map(u16::to_string).collect();
            format!("not in (*range(400), {})", others.join(", "))
        }
    };
    format!(
        "import {modules}sys, http.client as http; c = http.HTTPConnection('127.0.0.1', {port}, timeout=4); \
         c.request('GET', {path}{host}); sys.exit(c.getresponse().status {ill})"
    )
}

fn port_probe(port: &str) -> String {
    let modules = modules(port);
    format!(
        "import {modules}socket; socket.create_connection(('127.0.0.1', {port}), timeout=4).close()"
    )
}
