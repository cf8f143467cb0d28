//! Members of a uv workspace: the folders that `[tool.uv.workspace]` names.
//!
//! Source: <https://docs.astral.sh/uv/concepts/projects/workspaces/> and `crates/uv-workspace`.

use std::path::Path;

use toml::Spanned;

use crate::diagnostic::{Diagnostic, Result};
use crate::lock::Lock;
use crate::project::Pyproject;
use crate::project::pyproject::WorkspaceTable;
use crate::rules;

/// One member of a workspace.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its folder, relative to the root, with `/` between parts.
    pub path: String,
    /// Its manifest.
    pub pyproject: Pyproject,
}

/// The members below `root`, in the order of their paths. Folders without a `pyproject.toml`
/// (submodules that were not fetched, leavings of a deleted member) are passed over, as uv passes
/// over hidden and empty ones; the lock tells whether something is missing.
pub(super) fn members(root: &Path, pyproject: &Pyproject) -> Result<Vec<Member>> {
    let Some(workspace) = &pyproject.uv.workspace else {
        return Ok(Vec::new());
    };
    let mut members = Vec::new();
    // The paths that are found have no `./` before them.
    let folder = root.strip_prefix(".").unwrap_or(root);
    let escaped = glob::Pattern::escape(&folder.to_string_lossy());
    for pattern in &workspace.members {
        refuse_elsewhere(pyproject, pattern)?;
        let base = Path::new(&escaped).join(pattern.get_ref());
        let matches = glob::glob(&base.to_string_lossy()).map_err(|error| {
            let span = pattern.span();
            Diagnostic::new(
                rules::INVALID_MEMBER,
                "a workspace member's pattern is no glob",
            )
            .at(pyproject.file.place(span, error.msg))
        })?;
        // A README beside the members matches `packages/*` as well.
        for member in matches.flatten().filter(|path| path.is_dir()) {
            let path = relative(folder, &member);
            let known = path == "." || members.iter().any(|member: &Member| member.path == path);
            if known || is_excluded(folder, workspace, &member) {
                continue;
            }
            if let Some(file) = super::read(root, &format!("{path}/pyproject.toml"))? {
                let pyproject = Pyproject::parse(file)?;
                if pyproject.uv.managed != Some(false) {
                    members.push(Member { path, pyproject });
                }
            }
        }
    }
    members.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(members)
}

/// Refuses a pattern that would have the whole machine looked through.
fn refuse_elsewhere(pyproject: &Pyproject, pattern: &Spanned<String>) -> Result<()> {
    let text = pattern.get_ref();
    let is_above = text.starts_with('/') || text.split('/').any(|part| part == "..");
    if !(is_above && text.contains(['*', '?', '['])) {
        return Ok(());
    }
    let problem = "a workspace member's pattern leads out of the project";
    let problem = Diagnostic::new(rules::INVALID_MEMBER, problem);
    let place = pyproject.file.place(pattern.span(), "looks elsewhere");
    let help = "name members from the root's folder, as `packages/*`";
    Err(problem.at(place).with_help(help).into())
}

/// The local packages of the lock that are no members, where their manifests are on disk. One that
/// cannot be read is left to uv: nothing here depends on it.
pub(super) fn path_dependencies(root: &Path, lock: &Lock, members: &[Member]) -> Vec<Member> {
    let folders = lock
        .packages()
        .filter_map(|(_, package)| package.source.folder());
    let known = |folder: &str| members.iter().any(|member| member.path == folder);
    let others = folders.filter(|folder| *folder != "." && !known(folder));
    let read = |folder: &str| {
        let file = super::read(root, &format!("{folder}/pyproject.toml")).ok()??;
        let pyproject = Pyproject::parse(file).ok()?;
        let path = folder.to_owned();
        Some(Member { path, pyproject })
    };
    others.filter_map(read).collect()
}

fn relative(root: &Path, folder: &Path) -> String {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

/// Whether a folder is one that a workspace names as a member.
pub(super) fn is_included(root: &Path, workspace: &WorkspaceTable, folder: &Path) -> bool {
    let patterns = workspace.members.iter();
    matches(
        root,
        patterns.map(|pattern| pattern.get_ref().as_str()),
        folder,
    )
}

/// Whether a folder is one that a workspace names as none.
pub(super) fn is_excluded(root: &Path, workspace: &WorkspaceTable, folder: &Path) -> bool {
    matches(root, workspace.exclude.iter().map(String::as_str), folder)
}

fn matches<'t>(root: &Path, mut patterns: impl Iterator<Item = &'t str>, folder: &Path) -> bool {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    patterns.any(|pattern| {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        glob::Pattern::new(pattern).is_ok_and(|glob| glob.matches_path(below))
    })
}
