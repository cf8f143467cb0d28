//! Which files of the build context reach an image.

use super::Placed;
use super::dockerfile::{Instruction, Kind};
use super::stages::Parts;
use crate::project::source_tree::plain;

/// A file or folder of the build context that reaches the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Its path in the build context.
    pub(crate) source: String,
    /// Where it goes.
    pub(crate) target: String,
}

/// Files of the build context in an image: copied into its own stages, or into a folder of a build stage
/// that is copied on.
pub(super) fn copied(parts: &Parts<'_>) -> Vec<Placed<Copied>> {
    let own = parts.instructions(&parts.runtime);
    let mut found = copies(&own);
    let taken = taken(&own);
    for stage in &parts.build {
        let name = parts.stage(*stage).name.as_deref();
        let number = stage.to_string();
        let is_taken = |copied: &Placed<Copied>| {
            taken.iter().any(|(from, folder)| {
                let same = Some(*from) == name || *from == number;
                same && within(&copied.value.target, folder)
            })
        };
        let before = parts.instructions(&parts.own_and_before(*stage));
        found.extend(copies(&before).into_iter().filter(is_taken));
    }
    found
}

/// What instructions copy from other stages: where from, and which path.
fn taken<'d>(instructions: &[&'d Instruction]) -> Vec<(&'d str, &'d str)> {
    let mut found = Vec::new();
    for instruction in instructions {
        if let Kind::Copy {
            from: Some(from),
            sources,
            ..
        } = &instruction.kind
        {
            found.extend(
                sources
                    .iter()
                    .map(|source| (from.as_str(), source.as_str())),
            );
        }
    }
    found
}

/// What instructions that follow each other copy from the build context, targets made absolute.
fn copies(instructions: &[&Instruction]) -> Vec<Placed<Copied>> {
    let mut folder = "/".to_owned();
    let mut found = Vec::new();
    for instruction in instructions {
        match &instruction.kind {
            Kind::Workdir(path) => folder = absolute(&folder, path),
            Kind::Copy {
                from: None,
                sources,
                target,
                ..
            } => {
                let target = absolute(&folder, target);
                for source in sources.iter().filter(|source| !source.contains("://")) {
                    let source = match source.trim_start_matches("./").trim_matches('/') {
                        "" => ".".to_owned(),
                        path => path.to_owned(),
                    };
                    found.push(Placed::new(
                        Copied {
                            source,
                            target: target.clone(),
                        },
                        instruction.place.clone(),
                    ));
                }
            }
            _ => {}
        }
    }
    found
}

/// A path of the image, seen from a folder of it.
pub(super) fn absolute(folder: &str, path: &str) -> String {
    let joined = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    };
    format!("/{}", plain(&joined))
}

pub(super) fn within(path: &str, folder: &str) -> bool {
    let folder = absolute("/", folder);
    path == folder
        || folder == "/"
        || path
            .strip_prefix(&folder)
            .is_some_and(|rest| rest.starts_with('/'))
}
