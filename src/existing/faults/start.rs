//! What an image starts, or a compose file instead of it.

use super::{Look, Seen};
use crate::command::StartCommand;
use crate::existing::Placed;
use crate::existing::start::Start;

pub(super) fn development_server(look: &Look<'_>) -> Vec<Seen> {
    look.image.start.iter().flat_map(development_seen).collect()
}

pub(super) fn development_seen(start: &Placed<Start>) -> Vec<Seen> {
    let read = StartCommand::read(&start.value.words);
    let words = read.development_words().into_iter().map(str::to_owned);
    let words = words.chain(read.development_server());
    words.map(|word| (start.place.clone(), word)).collect()
}

pub(super) fn runner_command(look: &Look<'_>) -> Vec<Seen> {
    let seen = look.image.start.iter().flat_map(runner_seen);
    let entrypoint = look.image.entrypoint_place.as_ref();
    // The runner may stand in the entrypoint, and the command be its arguments.
    let placed = seen.map(|(place, runner)| {
        let first = runner.split(' ').next().unwrap_or_default();
        let is_there = entrypoint.filter(|entrypoint| entrypoint.text().contains(first));
        (is_there.cloned().unwrap_or(place), runner)
    });
    placed.collect()
}

pub(super) fn runner_seen(start: &Placed<Start>) -> Vec<Seen> {
    let runner = start
        .value
        .runner
        .iter()
        .filter(|runner| runner.ends_with(" run") || *runner == "uvx");
    runner
        .map(|runner| (start.place.clone(), runner.clone()))
        .collect()
}

pub(super) fn shell_command(look: &Look<'_>) -> Vec<Seen> {
    look.image.start.iter().flat_map(shell_seen).collect()
}

pub(super) fn shell_seen(start: &Placed<Start>) -> Vec<Seen> {
    let shell = start
        .value
        .shell
        .then(|| (start.place.clone(), start.value.line()));
    shell.into_iter().collect()
}
