//! What a Dockerfile brings in by ways that no setting of dfgen stands for: a person hears of each.

use super::Keeper;
use crate::existing::{Command, Joint, Kind};

impl Keeper<'_, '_, '_> {
    pub(super) fn unseen(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        for instruction in &run.image.instructions {
            let Kind::Copy { sources, .. } = &instruction.kind else {
                continue;
            };
            for url in sources.iter().filter(|source| source.contains("://")) {
                self.leave(
                    &instruction.place,
                    url,
                    "is downloaded by the build: add it with `instructions`, its checksum checked",
                );
            }
        }
        let commands = &run.image.commands;
        for (index, command) in commands.iter().enumerate() {
            let next = commands.get(index + 1).map(|next| &next.value);
            if let Some(why) = brings(&command.value, next) {
                self.leave(&command.place, &command.value.words.join(" "), why);
            }
        }
    }
}

/// What a command brings into the image that is neither a Debian nor a Python package.
fn brings(command: &Command, next: Option<&Command>) -> Option<&'static str> {
    let piped = next.filter(|next| next.after == Joint::Pipe);
    match command.program() {
        "dpkg" if command.has("-i") || command.has("--install") => {
            Some("installs a file as a Debian package: add it with `instructions`")
        }
        "curl" | "wget" if piped.is_some_and(|next| next.program() == "tar") => {
            Some("unpacks a download: add it with `instructions`, its checksum checked")
        }
        _ => None,
    }
}
