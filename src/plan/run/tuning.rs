//! What a server may be told by whoever runs it: which proxies it believes, and how many processes answer.
//!
//! An image cannot know either. The compose file has the variables as comments, and `dfgen explain proxy` says more.

use crate::catalog::Tuning;
use crate::command::StartCommand;
use crate::plan::TuningPlan;
use crate::plan::inputs::Subject;
use crate::profile::Line;

/// The variables of a command's program, without those that the profile sets.
pub(crate) fn of_command(subject: &Subject<'_>, command: &[Line]) -> Vec<TuningPlan> {
    let command = StartCommand::read(command);
    let Some(Tuning { proxy, workers }) = command.server().and_then(|program| program.tuning)
    else {
        return Vec::new();
    };
    let proxy = proxy.iter().map(|pair| {
        (
            pair,
            "which proxy is believed about the client; without it, one on this host alone",
        )
    });
    let workers = workers
        .iter()
        .map(|pair| (pair, "how many processes answer; without it, one"));
    let is_said = |name: &str| {
        let mut said = subject.profile.env.keys();
        said.any(|known| known.as_ref() == name)
    };
    let all = proxy.chain(workers).filter(|((name, _), _)| !is_said(name));
    let plans = all.filter_map(|((name, example), because)| {
        // Rows of the catalog, whose tests read every one.
        Some(TuningPlan {
            name: name.parse().ok()?,
            example: example.parse().ok()?,
            because: because.to_owned(),
        })
    });
    plans.collect()
}
