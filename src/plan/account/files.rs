//! Files that the project's own image copies from it, and the new one does not have.

use super::loss::{Keep, Loss, Weight};
use super::own_image::OwnImage;
use crate::catalog::Dockerfiles;
use crate::existing::{Instruction, is_for_developers};
use crate::plan::ImagePlan;
use crate::profile::{self, ContextPath};

/// What a `COPY` or `ADD` takes from the project or the net, and nothing else tells of.
pub(super) fn lost(
    own: &OwnImage<'_>,
    instruction: &Instruction,
    sources: &[String],
) -> Option<Loss> {
    if let Some(url) = sources.iter().find(|source| source.contains("://")) {
        return downloaded(instruction, url);
    }
    let paths = sources.iter().map(|source| {
        let path = source.trim_start_matches("./").trim_end_matches('/');
        path.to_owned()
    });
    let path = paths.into_iter().find(|path| is_lost(own, path))?;
    let text = own.tree().lying_text(&path);
    let keep = if path.starts_with("../") {
        Keep::Look("above the project's folder, where no build of it looks: move it there")
    } else if text.is_some_and(|file| file.text().starts_with("#!")) {
        Keep::Look("a script that the start does not lead to: where a service runs it, `processes`")
    } else {
        Keep::Copy(path.clone())
    };
    Some(Loss {
        weight: Weight::File,
        place: instruction.place.clone(),
        what: path,
        keep,
    })
}

fn downloaded(instruction: &Instruction, url: &str) -> Option<Loss> {
    let mut of_build = Dockerfiles::embedded().of_build().iter();
    if of_build.any(|word| url.contains(word)) {
        return None;
    }
    let line = instruction.place.whole_lines().text().trim().to_owned();
    // What is downloaded is root's alone, unless it is said.
    let line = match line.strip_prefix("ADD ") {
        Some(rest) if !line.contains("--chmod") => format!("ADD --chmod=0644 {rest}"),
        _ => line,
    };
    let keep = if line.parse::<profile::Instruction>().is_ok() && !line.contains('$') {
        Keep::Lines(vec![line.clone()], Vec::new())
    } else {
        Keep::Look("the build downloads it: `instructions`")
    };
    Some(Loss {
        weight: Weight::Step,
        place: instruction.place.clone(),
        what: line,
        keep,
    })
}

fn is_lost(own: &OwnImage<'_>, path: &str) -> bool {
    if own.followed.iter().any(|known| known == path) || is_for_developers(path) {
        return false;
    }
    if path.starts_with("../") {
        return true;
    }
    let mut left = own.plans.iter().flat_map(|plan| &plan.app.left);
    let is_told = left.any(|one| one == path) || own.plans.iter().any(|plan| has(plan, path));
    own.tree().lies_there(path).is_some() && !is_told && path.parse::<ContextPath>().is_ok()
}

/// Whether a path is among the files of an image, or below one.
pub(super) fn has(plan: &ImagePlan, path: &str) -> bool {
    let mut files = plan.app.files.iter().map(|file| file.path.as_ref());
    files.any(|own: &str| own == "." || path == own || path.starts_with(&format!("{own}/")))
}
