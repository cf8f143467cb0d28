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
    protected: &[String],
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
            let path = Decision::new(path.clone(), origin);
            http(path, hosts, protected, times)
        }
        (Probe::Auto, Some(_), Some(route)) => http(route, hosts, protected, times),
        (Probe::Auto, Some(_), None) => Decision::new(
            HealthPlan::Port { times },
            "no health route was found: it tells that something listens, not that it works",
        ),
        (Probe::Auto, None, _) => Decision::new(HealthPlan::Off, "no port is known"),
    })
}

fn http(
    route: Decision<Line>,
    hosts: Option<&Hosts>,
    protected: &[String],
    times: HealthTimes,
) -> Decision<HealthPlan> {
    let host = hosts.and_then(Hosts::to_ask);
    let path = route.value.as_ref();
    let is_protected = protected.iter().any(|known| known == path);
    let because = told(route.because, hosts, is_protected);
    let plan = HealthPlan::Http {
        path: route.value,
        host: host.and_then(|host| host.parse().ok()),
        any_host: hosts.is_some_and(Hosts::are_unknown),
        protected: is_protected,
        times,
    };
    Decision::new(plan, because)
}

fn told(because: String, hosts: Option<&Hosts>, is_protected: bool) -> String {
    let mut because = because;
    if let Some(hosts) = hosts {
        let place = hosts.place.location();
        match hosts.to_ask() {
            Some(host) => {
                because.push_str(&format!("; asked as {host}, which {place} allows"));
            }
            None if hosts.are_unknown() => {
                because.push_str(&format!("; a host that {place} refuses is well, too"));
            }
            None => {}
        }
    }
    if is_protected {
        because.push_str("; it asks who somebody is, so 401 and 403 are well, too");
    }
    because
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
