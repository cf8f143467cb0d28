//! A Procfile: what a platform such as Heroku starts, one process a line.
//!
//! Source: <https://devcenter.heroku.com/articles/procfile#procfile-format>

use super::start::{self, Start};
use crate::diagnostic::{Place, SourceFile};

/// A line of a Procfile.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// `web`, `worker`, `release`, or any other name.
    pub(crate) name: String,
    /// What it starts.
    pub(crate) start: Start,
    /// The command in its line.
    pub(crate) place: Place,
}

/// The processes of a Procfile, in their order. A line that is none is passed over, as the platforms do.
pub(crate) fn processes(file: &SourceFile) -> Vec<Process> {
    let mut offset = 0;
    let mut processes = Vec::new();
    for line in file.text().split_inclusive('\n') {
        let command = line
            .split_once(':')
            .map(|(name, command)| (name.trim(), command));
        let is_name = |name: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            !name.is_empty() && name.chars().all(plain)
        };
        if let Some((name, command)) = command.filter(|(name, _)| is_name(name)) {
            let words = command.trim();
            let from = offset + line.len() - command.trim_start().len();
            processes.push(Process {
                name: name.to_owned(),
                start: start::of_shell(words),
                place: file.place(from..from + words.len(), "the process"),
            });
        }
        offset += line.len();
    }
    processes
}
