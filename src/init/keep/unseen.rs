//! What a Dockerfile brings in by ways that no setting of dfgen stands for: a person hears of each.

use super::{Keeper, list};
use crate::diagnostic::Place;
use crate::existing::{self, Command, Joint, Kind};
use crate::plan::Outcome;
use crate::profile::Instruction;
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
        let kept = lines_of(&run.image.instructions);
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

/// Labels, and variables that put in arguments of the build, with these: the lines of an image that stay as they stand.
fn lines_of(instructions: &[existing::Instruction]) -> Vec<(String, Place)> {
    let mut kept: Vec<(String, Place)> = Vec::new();
    let mut arguments: Vec<(String, Place)> = Vec::new();
    for instruction in instructions {
        let line = instruction.place.whole_lines();
        let text = line.text().trim().to_owned();
        match &instruction.kind {
            Kind::Arg(pairs) => {
                arguments.extend(pairs.iter().map(|(name, _)| (name.clone(), line.clone())));
            }
            Kind::Env(_) => {
                let asked: Vec<&(String, Place)> = arguments
                    .iter()
                    .filter(|(name, _)| names(&text, name))
                    .collect();
                if asked.is_empty() || text.parse::<Instruction>().is_err() {
                    continue;
                }
                for (_, argument) in asked {
                    let told = argument.text().trim().to_owned();
                    if kept.iter().all(|(known, _)| *known != told) {
                        kept.push((told, argument.clone()));
                    }
                }
                kept.push((text, line));
            }
            Kind::Other if text.to_uppercase().starts_with("LABEL ") => {
                let is_own = [
                    "org.opencontainers.image.title",
                    "org.opencontainers.image.version",
                ];
                let is_plain = !text.contains('$')
                    && !text.ends_with('\\')
                    && !is_own.iter().any(|own| text.contains(own));
                if is_plain && text.parse::<Instruction>().is_ok() {
                    kept.push((text, line));
                }
            }
            _ => {}
        }
    }
    kept
}

/// Whether a line puts in a variable.
fn names(line: &str, name: &str) -> bool {
    let mut rests = line
        .split('$')
        .skip(1)
        .map(|rest| rest.trim_start_matches('{'));
    rests.any(|rest| {
        let rest = rest.strip_prefix(name);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
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
