//! Lines of a Dockerfile that an image of dfgen's has as they stand.

use super::dockerfile::{Instruction, Kind};
use crate::diagnostic::Place;
use crate::profile::Instruction as Line;

/// Labels, and variables that put in arguments of the build, with these: the lines of an image that stay as they stand.
pub(crate) fn kept_lines(instructions: &[Instruction]) -> Vec<(String, Place)> {
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
                if asked.is_empty() || text.parse::<Line>().is_err() {
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
                if is_plain && text.parse::<Line>().is_ok() {
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
