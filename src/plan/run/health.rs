//! What asks whether an image is well.

use crate::application::hosts::Hosts;
use crate::diagnostic::{Diagnostic, Result};
use crate::plan::inputs::Subject;
use crate::plan::{Decision, HealthPlan, HealthTimes};
use crate::profile::{Line, Probe, Serves};
use crate::rules;

/// Decides. Errors: a path to ask and nothing that listens.
pub(crate) fn health(
    subject: &Subject<'_>,
    port: Option<&Decision<u16>>,
    route: Option<Decision<Line>>,
    hosts: Option<&Hosts>,
) -> Result<Decision<HealthPlan>> {
    let said = &subject.profile.health;
    let times = HealthTimes {
        interval: said.interval.value.clone(),
        timeout: said.timeout.value.clone(),
        start_period: said.start_period.value.clone(),
        retries: said.retries.value,
    };
    let origin = said.probe.origin.to_string();
    Ok(match (&said.probe.value, port, route) {
        (Probe::Path(path), None, _) => return Err(no_port(subject, path.as_ref()).into()),
        (Probe::Off, _, _) => Decision::new(HealthPlan::Off, origin),
        (Probe::Command(command), _, _) => Decision::new(
            HealthPlan::Command {
                command: command.clone(),
                times,
            },
            origin,
        ),
        (Probe::Path(path), _, _) => {
            Decision::new(http(path.clone(), hosts, times), told(origin, hosts))
        }
        (Probe::Auto, Some(_), Some(route)) => {
            Decision::new(http(route.value, hosts, times), told(route.because, hosts))
        }
        (Probe::Auto, Some(_), None) => {
            Decision::new(HealthPlan::Port { times }, "no health route was found")
        }
        (Probe::Auto, None, _) => Decision::new(HealthPlan::Off, "no port is known"),
    })
}

fn http(path: Line, hosts: Option<&Hosts>, times: HealthTimes) -> HealthPlan {
    let host = hosts.and_then(Hosts::to_ask);
    HealthPlan::Http {
        path,
        host: host.and_then(|host| host.parse().ok()),
        any_host: hosts.is_some_and(Hosts::are_unknown),
        times,
    }
}

fn told(because: String, hosts: Option<&Hosts>) -> String {
    let Some(hosts) = hosts else {
        return because;
    };
    let place = hosts.place.location();
    match hosts.to_ask() {
        Some(host) => format!("{because}; asked as {host}, which {place} allows"),
        None if hosts.are_unknown() => {
            format!("{because}; a host that {place} refuses is well, too")
        }
        None => because,
    }
}

/// A path can only be asked where something listens.
fn no_port(subject: &Subject<'_>, path: &str) -> Diagnostic {
    let profile = subject.profile;
    let problem = Diagnostic::new(
        rules::NO_PORT,
        format!(
            "`{path}` is asked for the health of `{}`, and no port is known",
            profile.name
        ),
    )
    .at_some(
        profile
            .health
            .probe
            .origin
            .place_of(path, "asked over HTTP"),
    );
    let command = "or ask with a command: `health = { command = [..] }`";
    match profile.serves.value {
        Serves::Http => problem
            .with_help(format!(
                "say where it listens: `port = ..` in [profile.{}]",
                profile.name
            ))
            .with_help(command),
        Serves::Queue => problem
            .with_note("a worker takes its work from a queue and listens on no port")
            .with_help(
                "ask with a command: `health = { command = [..] }`, or say `health = false`",
            ),
    }
}
