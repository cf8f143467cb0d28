//! What asks whether an image is well.

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
        (Probe::Path(path), _, _) => Decision::new(
            HealthPlan::Http {
                path: path.clone(),
                times,
            },
            origin,
        ),
        (Probe::Auto, Some(_), Some(route)) => Decision::new(
            HealthPlan::Http {
                path: route.value,
                times,
            },
            route.because,
        ),
        (Probe::Auto, Some(_), None) => {
            Decision::new(HealthPlan::Port { times }, "no health route was found")
        }
        (Probe::Auto, None, _) => Decision::new(HealthPlan::Off, "no port is known"),
    })
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
