//! What is sent to a build: without a `.dockerignore` everything, with a wrong one too little.

use super::{Look, Seen, text};
use crate::existing::around::Ignored;
use crate::existing::dockerfile::Kind;
use crate::existing::steps::Step;

/// The sources that a step takes from the build context.
fn sources(step: &Step) -> Vec<String> {
    let plain = |path: &str| path.trim_start_matches("./").trim_matches('/').to_owned();
    match &step.kind {
        Kind::Copy {
            from: None,
            sources,
            ..
        } => sources.iter().map(|source| plain(source)).collect(),
        Kind::Run(_, mounts) => {
            let binds = mounts
                .iter()
                .filter(|mount| mount.contains("type=bind") && !mount.contains("from="));
            let parts = binds.flat_map(|mount| mount.split(','));
            parts
                .filter_map(|part| {
                    part.strip_prefix("source=")
                        .or_else(|| part.strip_prefix("src="))
                })
                .map(plain)
                .collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn no_dockerignore(look: &Look<'_>) -> Vec<Seen> {
    if !matches!(look.around.ignored, Ignored::Nothing) {
        return Vec::new();
    }
    let is_whole = |step: &&Step| {
        let is_copy = matches!(step.kind, Kind::Copy { .. });
        is_copy
            && sources(step)
                .iter()
                .any(|source| matches!(source.as_str(), "" | "."))
    };
    let first = look.image.steps.iter().find(is_whole);
    first
        .map(|step| (step.place.clone(), text(&step.place)))
        .into_iter()
        .collect()
}

pub(super) fn needed_file_ignored(look: &Look<'_>) -> Vec<Seen> {
    let Ignored::By { file, lines, .. } = &look.around.ignored else {
        return Vec::new();
    };
    let installs = look.image.steps.installs();
    let builds = installs.iter().any(|one| one.install.own);
    let readme = look
        .around
        .manifest
        .as_ref()
        .filter(|one| one.is_package && builds);
    let readme = readme.and_then(|manifest| manifest.readme.as_deref());
    let needed: Vec<&str> = ["uv.lock", "pyproject.toml"]
        .into_iter()
        .chain(readme)
        .collect();
    let mut seen = Vec::new();
    for step in look.image.steps.iter() {
        let taken = sources(step);
        let is_whole = taken
            .iter()
            .any(|source| matches!(source.as_str(), "" | "."));
        let lost = needed.iter().find(|name| {
            let is_taken = taken.iter().any(|source| source == **name)
                || is_whole && installs_after(look, step);
            is_taken && lines.leave_out(name)
        });
        if let Some(lost) = lost {
            seen.push((step.place.clone(), format!("{lost} by {file}")));
        }
    }
    seen.truncate(1);
    seen
}

/// Whether something is installed from what a step brought.
fn installs_after(look: &Look<'_>, step: &Step) -> bool {
    let installs = look.image.steps.installs();
    installs.iter().any(|one| {
        one.install.own
            && look
                .image
                .steps
                .before(one.at)
                .any(|before| before.place == step.place)
    })
}
