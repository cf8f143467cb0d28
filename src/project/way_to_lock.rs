//! A folder without `pyproject.toml` or `uv.lock`: what it is installed with, and the way from there to a lock that is
//! not empty.

use std::path::Path;

use super::{Pyproject, read};
use crate::catalog::{Manager, Managers};
use crate::diagnostic::Diagnostic;
use crate::project::source_tree::has_extension;
use crate::rules;

/// What begins the metadata of a script (PEP 723).
const SCRIPT: &str = "# /// script";

/// What [project] needs for uv to take the folder as a project.
const PROJECT: &str = "[project]\nname = \"..\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"";

/// There is no manifest.
pub(super) fn no_manifest(root: &Path) -> Diagnostic {
    let what = format!(
        "there is no pyproject.toml in `{}`, or in a folder above it",
        root.display()
    );
    let problem = Diagnostic::new(rules::NO_MANIFEST, what);
    let elsewhere = "go to the project's folder, or say where it is: `dfgen --project DIR ...`";
    match Way::of(root, None) {
        Some(way) => way.told(problem, Manifest::Missing).with_help(elsewhere),
        None => problem
            .with_help(elsewhere)
            .with_help("start a project with `uv init`"),
    }
}

/// There is a manifest and no lock.
pub(super) fn no_lock(root: &Path, pyproject: &Pyproject) -> Diagnostic {
    let what = format!("there is no uv.lock in `{}`", root.display());
    let problem = Diagnostic::new(rules::NO_LOCK, what);
    let manifest = match &pyproject.project {
        None if pyproject.uv.workspace.is_none() => Manifest::WithoutProject,
        _ => Manifest::WithProject,
    };
    let way = Way::of(root, Some(pyproject)).filter(|_| locks_nothing(pyproject));
    match (way, manifest) {
        (Some(way), manifest) => way.told(problem, manifest),
        (None, Manifest::WithoutProject) => problem
            .with_note("pyproject.toml has no [project]: `uv lock` would lock nothing")
            .with_help(format!("write to pyproject.toml:\n{PROJECT}"))
            .with_help("then `uv add NAME` for each package that it needs, and commit uv.lock"),
        _ => problem.with_help("write it with `uv lock`, and commit it"),
    }
}

/// Whether the manifest names nothing that uv would lock.
fn locks_nothing(pyproject: &Pyproject) -> bool {
    let is_dynamic = |field: &String| field.contains("dependencies");
    let table = pyproject.project.as_ref();
    let names_some = table.is_some_and(|table| {
        !table.dependencies.is_empty()
            || !table.optional_dependencies.is_empty()
            || table.dynamic.iter().any(is_dynamic) && !pyproject.has_tool("poetry")
    });
    !names_some && pyproject.dependency_groups.is_empty() && pyproject.uv.workspace.is_none()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manifest {
    Missing,
    WithoutProject,
    WithProject,
}

/// What is there, and what to do.
struct Way {
    name: String,
    seen: String,
    steps: Vec<String>,
    makes_project: bool,
}

impl Way {
    fn of(root: &Path, pyproject: Option<&Pyproject>) -> Option<Self> {
        let rows = Managers::embedded().by_rank().into_iter();
        let mut known = rows.filter_map(|row| Self::of_manager(root, pyproject, row));
        known.next().or_else(|| Self::of_script(root))
    }

    fn of_manager(root: &Path, pyproject: Option<&Pyproject>, row: &Manager) -> Option<Self> {
        let is_there = |file: &&String| root.join(file).is_file();
        let file = row.files.iter().find(is_there);
        let file = file.filter(|_| row.beside.iter().all(|file| is_there(&file)));
        let table = row.table.as_ref();
        let table = table.filter(|table| pyproject.is_some_and(|one| one.has_tool(table)));
        let seen = match (file, table) {
            (Some(file), _) => file.clone(),
            (None, Some(table)) => format!("[tool.{table}]"),
            (None, None) => return None,
        };
        let steps = row.steps.iter().map(|step| step.replace("{file}", &seen));
        Some(Self {
            name: row.name.clone(),
            steps: steps.collect(),
            makes_project: row.makes_project,
            seen,
        })
    }

    /// A script with its requirements in a comment.
    fn of_script(root: &Path) -> Option<Self> {
        let entries = std::fs::read_dir(root).ok()?.flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| has_extension(name, "py")).collect();
        names.sort();
        let is_script = |name: &&String| {
            let file = read(root, name).ok().flatten();
            file.is_some_and(|file| file.text().lines().any(|line| line.trim_end() == SCRIPT))
        };
        let script = names.iter().find(is_script)?;
        Some(Self {
            name: "a script with inline metadata".to_owned(),
            seen: script.clone(),
            steps: vec![
                format!("uv export --script {script} --no-hashes --output-file requirements.txt"),
                "uv add -r requirements.txt".to_owned(),
            ],
            makes_project: false,
        })
    }

    fn told(&self, problem: Diagnostic, manifest: Manifest) -> Diagnostic {
        let Self { name, seen, .. } = self;
        let problem = match manifest {
            Manifest::Missing => problem.with_note(format!("the folder has `{seen}` ({name})")),
            _ => problem.with_note(format!(
                "`{seen}` ({name}) is there, and [project] of pyproject.toml names no dependencies: `uv lock` alone would lock nothing"
            )),
        };
        let (problem, first) = match manifest {
            Manifest::Missing if !self.makes_project => {
                (problem, Some("uv init --bare".to_owned()))
            }
            Manifest::WithoutProject if !self.makes_project => (
                problem.with_help(format!("write to pyproject.toml:\n{PROJECT}")),
                None,
            ),
            _ => (problem, None),
        };
        let steps: Vec<String> = first
            .into_iter()
            .chain(self.steps.iter().cloned())
            .collect();
        problem.with_help(format!(
            "go over to uv, and commit uv.lock:\n{}",
            steps.join("\n")
        ))
    }
}
