//! What an image starts, or a compose file instead of it.

use super::Seen;
use crate::command::StartCommand;
use crate::existing::Placed;
use crate::existing::image::Image;
use crate::existing::start::Start;

pub(super) fn development_server(image: &Image) -> Vec<Seen> {
    image.start.iter().flat_map(development_seen).collect()
}

pub(super) fn development_seen(start: &Placed<Start>) -> Vec<Seen> {
    let read = StartCommand::read(&start.value.words);
    let words = read.development_words().into_iter().map(str::to_owned);
    let words = words.chain(read.development_server());
    words.map(|word| (start.place.clone(), word)).collect()
}

pub(super) fn runner_command(image: &Image) -> Vec<Seen> {
    image.start.iter().flat_map(runner_seen).collect()
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

pub(super) fn shell_command(image: &Image) -> Vec<Seen> {
    image.start.iter().flat_map(shell_seen).collect()
}

pub(super) fn shell_seen(start: &Placed<Start>) -> Vec<Seen> {
    let shell = start
        .value
        .shell
        .then(|| (start.place.clone(), start.value.line()));
    shell.into_iter().collect()
}
