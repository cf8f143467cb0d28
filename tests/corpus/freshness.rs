//! Locks held against their manifests: no alarm that uv would not raise, and every alarm that it does.
//!
//! What uv says is data (`edits.toml`), so that the test needs no uv. With `DFGEN_UV` set to a uv
//! binary it is asked again, offline, and has to say the same: `UV_PYTHON` may tell it a Python.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use dfgen::freshness;
use dfgen::project::Project;
use dfgen::rules;
use serde::Deserialize;

use crate::oracle::{copy_of, corpus, projects};

/// Projects whose lock really is stale, and what `uv lock --check` says of them.
const STALE: [(&str, &str); 5] = [
    (
        "NVIDIA-NeMo__RL",
        "mismatched members: the folder of nemo-gym is a Git submodule, which the corpus lacks",
    ),
    (
        "astral-sh__uv--test-packages-built-by-uv",
        "mismatched dependency groups: the lock has `dev`, the manifest has none",
    ),
    (
        "crewAIInc__crewAI@97cfcea",
        "mismatched options: the lock was written with another `exclude-newer`",
    ),
    (
        "nvidia-cosmos__cosmos-predict2.5--packages-cosmos-gradio",
        "mismatched requirements: flake8-pyproject and isort are new, tyro is gone",
    ),
    (
        "sparckles__Robyn@14d76eb",
        "mismatched requirements: multiprocess and watchdog are new, and so are two extras",
    ),
];

/// The copies that were edited, and what uv says of them.
#[derive(Deserialize)]
struct Edits {
    edit: Vec<Edit>,
}

#[derive(Deserialize)]
struct Edit {
    name: String,
    project: String,
    uv: Verdict,
    /// What dfgen says, where it is meant to say otherwise.
    dfgen: Option<Verdict>,
    /// Whether the lock keeps the requirements that it recorded.
    #[serde(default = "kept")]
    metadata: bool,
    changes: Vec<Change>,
}

fn kept() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Fresh,
    Stale,
}

#[derive(Deserialize)]
struct Change {
    file: String,
    from: Option<String>,
    to: String,
}

#[test]
fn no_alarm_over_a_lock_that_fits() {
    let mut wrong = Vec::new();
    let mut fresh = 0;
    for folder in projects() {
        let copy = copy_of(&folder);
        let name = folder.file_name().unwrap().to_string_lossy();
        let expected = STALE.iter().any(|(stale, _)| *stale == name);
        match (dfgen(copy.root()), expected) {
            (Ok(()), false) => fresh += 1,
            (Err(_), true) => {}
            (Ok(()), true) => wrong.push(format!("{name}: no alarm")),
            (Err(problems), false) => wrong.push(format!("{name}:\n{problems}")),
        }
    }
    println!("{fresh} fresh, {} stale", STALE.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn edited_copies_are_judged_as_uv_judges_them() {
    let edits: Edits = toml::from_str(include_str!("edits.toml")).unwrap();
    let mut wrong = Vec::new();
    let mut score: BTreeMap<Verdict, usize> = BTreeMap::new();
    for edit in &edits.edit {
        let copy = copy_of(&corpus().join(&edit.project));
        edit.apply(copy.root());
        let said = dfgen(copy.root());
        let verdict = if said.is_ok() {
            Verdict::Fresh
        } else {
            Verdict::Stale
        };
        if verdict == edit.dfgen.unwrap_or(edit.uv) {
            *score.entry(verdict).or_default() += 1;
        } else {
            wrong.push(format!(
                "{}: uv says {:?}, dfgen {said:?}",
                edit.name, edit.uv
            ));
        }
        if let Some(live) = uv(copy.root(), edit).filter(|live| *live != edit.uv) {
            wrong.push(format!(
                "{}: uv says {live:?} now, {:?} before",
                edit.name, edit.uv
            ));
        }
    }
    println!("{score:?} of {}", edits.edit.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Edit {
    fn apply(&self, root: &Path) {
        if !self.metadata {
            strip_metadata(&root.join("uv.lock"));
        }
        for change in &self.changes {
            change.apply(root);
        }
    }
}

impl Change {
    fn apply(&self, root: &Path) {
        let path = root.join(&self.file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let text = match &self.from {
            None => text + &self.to,
            Some(from) => {
                assert!(text.contains(from), "{} has no {from}", self.file);
                text.replacen(from, &self.to, 1)
            }
        };
        std::fs::write(path, text).unwrap();
    }
}

fn strip_metadata(lock: &Path) {
    let text = std::fs::read_to_string(lock).unwrap();
    let text = text.replace("revision = 3", "revision = 4");
    let start = text.find("[package.metadata]").unwrap();
    let end = start + text[start..].find("[[package]]").unwrap();
    std::fs::write(lock, text[..start].to_owned() + &text[end..]).unwrap();
}

/// What dfgen says, one message a line.
fn dfgen(root: &Path) -> Result<(), String> {
    let project = Project::load(root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    freshness::check(&project).map_err(|problems| {
        let lines = problems.iter().map(|problem| {
            assert_eq!(problem.rule(), rules::STALE_LOCK);
            assert!(!problem.places().is_empty(), "{}", problem.message());
            problem.message().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    })
}

/// What uv says today, if it is there and can tell without the network.
fn uv(root: &Path, edit: &Edit) -> Option<Verdict> {
    let program = PathBuf::from(std::env::var_os("DFGEN_UV")?);
    let mut command = Command::new(program);
    command.args([
        "lock",
        "--check",
        "--offline",
        "-v",
        "--no-python-downloads",
    ]);
    command.current_dir(root);
    if !edit.metadata {
        command.arg("--preview");
    }
    let output = command.output().expect("DFGEN_UV can be run");
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Some(Verdict::Fresh)
    } else if text.contains("despite existing lockfile") || text.contains("Ignoring existing") {
        Some(Verdict::Stale)
    } else {
        println!("{}: uv cannot tell", edit.name);
        None
    }
}
