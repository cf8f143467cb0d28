//! Background workers, and the process that gives them their periodic tasks.

use super::Decision;
use super::entry::Application;
use super::inputs::Subject;
use super::run::{Found, Start, lines, stop};
use crate::application::{Candidate, Kind, Target};
use crate::catalog::{Catalog, Row, Worker};
use crate::names::PackageName;
use crate::profile::{Line, Serves, StopSignal};

/// How a worker is started.
pub(super) fn start(catalog: &Catalog, candidate: &Candidate, found: &Found) -> Start {
    let row = row(catalog, candidate);
    let mut command = match row {
        _ if candidate.module == "manage" => managed(candidate),
        Some(row) => found.fill(row.command(), 0),
        None => lines(["python", "-m", &candidate.module].map(str::to_owned)),
    };
    command.extend(lines(candidate.extra.iter().cloned()));
    Start {
        command: Decision::new(command, found.because.clone()),
        port: None,
        health: None,
        stop_signal: row.map_or_else(
            || Decision::new(StopSignal::Term, "what Docker sends by default"),
            |row| stop(candidate.framework.name(), row.stop().signal),
        ),
        env: Vec::new(),
    }
}

fn row<'c>(catalog: &'c Catalog, candidate: &Candidate) -> Option<&'c Row<Worker>> {
    let tool: PackageName = candidate.framework.name().to_lowercase().parse().ok()?;
    catalog.servers().worker(&tool)
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
    let row = row(subject.inputs.catalog, beat)?;
    let found = Found::of(beat);
    let mut command = found.fill(row.scheduler()?, 0);
    let mut schedulers = row.schedulers().iter();
    let other = schedulers.find(|(name, _)| application.has(name));
    if let Some((_, class)) =
        other.filter(|_| !application.mentions(&["beat_scheduler", "BEAT_SCHEDULER"]))
    {
        command.extend(lines(["--scheduler".to_owned(), class.clone()]));
    }
    Some(Decision::new(command, found.because))
}
