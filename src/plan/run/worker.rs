//! Background workers, and the process that gives them their periodic tasks.

use crate::application::{Candidate, Kind};
use crate::plan::Decision;
use crate::plan::inputs::Subject;
use crate::plan::run::entry::Application;
use crate::plan::run::start::{Found, lines};
use crate::profile::{Line, Serves};

/// The process beside a worker that puts periodic tasks on its queue, where the project has some.
pub(crate) fn beat(
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
    let mut command = found.fill(framework.scheduler.as_ref()?, "0");
    let mut schedulers = framework.schedulers.iter();
    let other = schedulers.find(|(name, _)| application.has(name));
    if let Some((_, class)) =
        other.filter(|_| !application.mentions(&["beat_scheduler", "BEAT_SCHEDULER"]))
    {
        command.extend(lines(["--scheduler".to_owned(), class.clone()]));
    }
    Some(Decision::new(command, found.because))
}
