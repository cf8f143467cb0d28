//! Background workers, and the process that gives them their periodic tasks.

use super::Decision;
use super::entry::Application;
use super::inputs::Subject;
use super::run::{Found, Start, lines, stop};
use crate::application::{Candidate, Kind, Target};
use crate::profile::{Line, Serves, StopSignal};

/// How a worker is started.
pub(super) fn start(candidate: &Candidate, found: &Found) -> Start {
    let framework = candidate.framework;
    let mut command = match framework.command() {
        _ if candidate.module == "manage" => managed(candidate),
        Some(template) => found.fill(template, 0),
        None => lines(["python", "-m", &candidate.module].map(str::to_owned)),
    };
    command.extend(lines(candidate.extra.iter().cloned()));
    Start {
        command: Decision::new(command, found.because.clone()),
        port: None,
        health: None,
        stop_signal: framework.run.as_ref().map_or_else(
            || Decision::new(StopSignal::Term, "what Docker sends by default"),
            |run| stop(framework.name(), run.stop_signal),
        ),
        env: Vec::new(),
    }
}

/// `python manage.py run_huey`: Django's own way to start it.
fn managed(candidate: &Candidate) -> Vec<Line> {
    let name = match &candidate.target {
        Target::Command(name) => name.clone(),
        _ => String::new(),
    };
    lines(["python".to_owned(), candidate.path.clone(), name])
}

/// The process beside a worker that puts periodic tasks on its queue, where the project has some.
pub(super) fn beat(
    subject: &Subject<'_>,
    application: &Application<'_>,
    worker: &Candidate,
) -> Option<Decision<Vec<Line>>> {
    if subject.profile.serves.value != Serves::Queue || subject.profile.command.is_some() {
        return None;
    }
    let mut beats = application
        .candidates
        .iter()
        .filter(|one| one.kind == Kind::Beat && one.framework == worker.framework);
    let same = beats
        .clone()
        .find(|one| one.import_string() == worker.import_string());
    let beat = same.or_else(|| beats.next())?;
    let framework = beat.framework;
    let found = Found::of(beat);
    let mut command = found.fill(framework.scheduler.as_ref()?, 0);
    let mut schedulers = framework.schedulers.iter();
    let other = schedulers.find(|(name, _)| application.has(name));
    if let Some((_, class)) =
        other.filter(|_| !application.mentions(&["beat_scheduler", "BEAT_SCHEDULER"]))
    {
        command.extend(lines(["--scheduler".to_owned(), class.clone()]));
    }
    Some(Decision::new(command, found.because))
}
