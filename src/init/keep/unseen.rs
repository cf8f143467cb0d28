//! What a Dockerfile brings in by ways that no setting of dfgen stands for: a person hears of each.

use super::{Keeper, list};
use crate::existing::{Command, Joint, Kind, kept_lines};
use crate::plan::Outcome;
use crate::project::source_tree::has_extension;
use crate::secret;

impl Keeper<'_, '_, '_> {
    pub(super) fn unseen(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        self.lines();
        self.calls_uv();
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

impl Keeper<'_, '_, '_> {
    /// Labels, and variables that are arguments of the build: lines that the new image has as they stand.
    fn lines(&mut self) {
        let Some(run) = self.run else {
            return;
        };
        let kept = kept_lines(&run.image.instructions);
        let lines = list(kept.iter().map(|(line, _)| line));
        if let Some((_, place)) = kept.first()
            && !secret::in_setting(&["instructions", "runtime"], &lines.to_string())
        {
            let place = place.clone();
            for (_, place) in &kept {
                self.mark(place, Outcome::Kept);
            }
            self.add(&["instructions", "runtime"], lines, &place);
        }
    }

    /// Source that starts uv itself: no image of dfgen's has it.
    fn calls_uv(&mut self) {
        let tree = &self.survey.inputs.tree;
        let folder = self.folder();
        let files = tree
            .below(&folder)
            .filter(|path| has_extension(path, "py") && !path.contains("test"));
        let mut texts = files.filter_map(|path| tree.text(path));
        let calls = ["[\"uv\", ", "['uv', ", "[\"uvx\", ", "['uvx', "];
        let found = texts.find_map(|file| {
            let call = calls.iter().find(|call| file.text().contains(**call))?;
            Some(file.place_of(call, ""))
        });
        if let Some(place) = found {
            let why = "the source calls uv, which the new image has not: where it is needed, `instructions.runtime = [\"COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/\"]`";
            self.leave(&place, "uv", why);
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
