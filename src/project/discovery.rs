//! Where the project of a folder is: searched upwards, and in a workspace's member the workspace, as uv does.
//!
//! Source: <https://docs.astral.sh/uv/concepts/projects/layout/> and `Workspace::discover` of `crates/uv-workspace`:
//! the nearest `pyproject.toml` is the project's; the next one above it decides whether that is a workspace's member.

use std::path::{Component, Path, PathBuf};

use super::workspace::{is_excluded, is_included};
use super::{Pyproject, read};

/// The folder of the project that `start` lies in; `start` itself where there is none.
pub fn discover(start: &Path) -> PathBuf {
    let Ok(real) = std::fs::canonicalize(start) else {
        return start.to_owned();
    };
    let is_project = |folder: &&Path| folder.join("pyproject.toml").is_file();
    let mut projects = real.ancestors().filter(is_project);
    let Some(nearest) = projects.next() else {
        return start.to_owned();
    };
    let root = match projects.next() {
        Some(above) if has_member(above, nearest) => above,
        _ => nearest,
    };
    let levels = real.components().count() - root.components().count();
    (0..levels).fold(start.to_owned(), |folder, _| parent(&folder))
}

/// Whether a folder below a workspace is its member. One that cannot be read is no workspace.
fn has_member(above: &Path, folder: &Path) -> bool {
    let parsed = |folder| Pyproject::parse(read(folder, "pyproject.toml").ok()??).ok();
    let is_root = parsed(folder).is_some_and(|own| own.uv.workspace.is_some());
    let workspace = parsed(above).and_then(|above| above.uv.workspace);
    workspace.is_some_and(|workspace| {
        !is_root
            && is_included(above, &workspace, folder)
            && !is_excluded(above, &workspace, folder)
    })
}

/// The folder above, in the words of the one who asks where that is possible.
fn parent(folder: &Path) -> PathBuf {
    let last = folder.components().next_back();
    if !matches!(last, Some(Component::Normal(_))) {
        return match folder {
            folder if folder == Path::new(".") => PathBuf::from(".."),
            folder => folder.join(".."),
        };
    }
    let above = match folder.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    // Above a link is not where its words say.
    let is_plain = real(folder).and_then(|real| Some(real.parent()?.to_owned())) == real(above);
    if is_plain {
        above.to_owned()
    } else {
        folder.join("..")
    }
}
