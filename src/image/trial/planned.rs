//! What a plan says of how an image runs, as far as a trial can see it.

use crate::diagnostic::{Diagnostic, Result};
use crate::image::verify::Expected;
use crate::plan::{
    EnvValue, HealthPlan, HealthTimes, ImagePlan, Inputs, Lasting, Plan, ServicePlan, ServiceRole,
    Taken,
};
use crate::profile::Duration as Written;
use crate::rules;

use std::time::Duration;

/// How an image of a profile is meant to run.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The health check, as the image has it; `None` for none.
    pub(super) health: Option<Health>,
    /// What it asks, as the engine has it: `CMD` and its words.
    pub(super) health_words: Vec<String>,
    pub(super) port: Option<u16>,
    pub(super) lasts: Lasting,
    /// Folders that are written to: volumes.
    pub(super) folders: Vec<String>,
    /// The variables that the compose file sets, where nobody says otherwise.
    pub(super) env: Vec<(String, String)>,
    /// The backing services that it is started beside.
    pub(super) services: Vec<String>,
    /// What has to be set, or the application does not start, in the words of `dfgen render`.
    pub(super) required: Option<String>,
    /// The compose file, from the project's folder.
    pub(super) compose: String,
    /// The network that the compose file makes.
    pub(super) network: String,
}

/// When an image that is not healthy yet is called unhealthy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Health {
    /// Time that one check may take.
    pub(super) timeout: Duration,
    /// Time until the engine gives up.
    pub(super) most: Duration,
}

impl Planned {
    /// What the plan of a profile says; its health check is the one that is expected of its image. Errors: as [`Plan::new`].
    pub fn new(inputs: &Inputs, taken: &Taken, expected: &Expected) -> Result<Self> {
        let plan = Plan::new(inputs, std::slice::from_ref(taken))?;
        let image = &plan.images[0];
        let is_own = |service: &&ServicePlan| {
            service.role == ServiceRole::Main && service.image == image.name
        };
        let service = plan.compose.services.iter().find(is_own);
        let volumes = service.map_or(&[][..], |service| &service.volumes);
        Ok(Self {
            health: health(image),
            health_words: expected.health_check().to_vec(),
            port: image.run.port.as_ref().map(|port| port.value),
            lasts: image.run.lasts.value,
            folders: volumes
                .iter()
                .map(|volume| volume.folder.as_ref().to_owned())
                .collect(),
            env: service.map(variables).unwrap_or_default(),
            services: image
                .run
                .services
                .iter()
                .map(|one| one.value.name.clone())
                .collect(),
            required: required(&plan.findings),
            compose: format!("{}/compose.yaml", plan.output.as_ref()),
            network: format!("{}_default", plan.compose.name),
        })
    }
}

fn health(image: &ImagePlan) -> Option<Health> {
    let times = match &image.run.health.value {
        HealthPlan::Off => return None,
        HealthPlan::Http { times, .. }
        | HealthPlan::Port { times }
        | HealthPlan::Command { times, .. } => times,
    };
    let HealthTimes {
        interval,
        timeout,
        start_period,
        retries,
    } = times;
    Some(Health {
        timeout: length(timeout),
        most: length(start_period) + length(interval) * *retries,
    })
}

/// `1m30s` as a length of time.
fn length(written: &Written) -> Duration {
    let mut whole = Duration::ZERO;
    let mut rest = written.as_ref();
    while let Some(end) = rest.find(|c: char| !c.is_ascii_digit()) {
        let number: u32 = rest[..end].parse().unwrap_or(0);
        let unit = rest[end..].find(|c: char| c.is_ascii_digit());
        let (unit, after) = rest[end..].split_at(unit.unwrap_or(rest.len() - end));
        whole += number
            * match unit {
                "h" => Duration::from_hours(1),
                "m" => Duration::from_mins(1),
                "ms" => Duration::from_millis(1),
                _ => Duration::from_secs(1),
            };
        rest = after;
    }
    whole
}

/// What the compose file would set, with nothing set on the host.
fn variables(service: &ServicePlan) -> Vec<(String, String)> {
    let of = |value: &EnvValue| match value {
        EnvValue::Fixed(value) | EnvValue::Default(value) => value.as_ref().to_owned(),
        EnvValue::Connection(address) | EnvValue::Said(address) => with_defaults(address.as_ref()),
    };
    let variables = service.env.iter();
    let set = variables.map(|one| (one.name.as_ref().to_owned(), of(&one.value)));
    set.collect()
}

/// An address with what stands in `${NAME:-default}`; what has no default stays empty.
fn with_defaults(address: &str) -> String {
    let mut text = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once("${") {
        let (inner, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        text.push_str(inner.split_once(":-").map_or("", |(_, default)| default));
        rest = after;
    }
    text + rest
}

fn required(findings: &[Diagnostic]) -> Option<String> {
    let finding = findings
        .iter()
        .find(|finding| finding.rule() == rules::REQUIRED_VARIABLE)?;
    finding.notes().first().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_added_up() {
        for (text, expected) in [
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("1h1ms", 3_600_001),
        ] {
            assert_eq!(
                length(&text.parse().unwrap()),
                Duration::from_millis(expected)
            );
        }
    }

    #[test]
    fn an_address_is_as_compose_makes_it() {
        let address = "postgresql://app:${PASSWORD:-app}@db:5432/${NAME}";
        assert_eq!(with_defaults(address), "postgresql://app:app@db:5432/");
        assert_eq!(with_defaults("redis://redis"), "redis://redis");
    }
}
