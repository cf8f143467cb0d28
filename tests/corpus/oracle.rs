//! The corpus as a test sees it: projects, and what uv answered for each selection.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The folders of all projects, sorted.
pub(crate) fn projects() -> Vec<PathBuf> {
    let root = std::env::var("DFGEN_CORPUS")
        .expect("DFGEN_CORPUS must be the folder of the unpacked corpus");
    let root = Path::new(&root);
    let mut folders = below(root);
    folders.extend(below(&root.join("_synthetic")));
    folders.retain(|folder| folder.join("uv.lock").is_file());
    folders.sort();
    assert!(
        folders.len() > 50,
        "the corpus is incomplete: {} projects",
        folders.len()
    );
    folders
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the corpus can be read");
    entries
        .map(|entry| entry.expect("the corpus can be read").path())
        .collect()
}

#[derive(Deserialize)]
pub(crate) struct Cases {
    pub(crate) python_full_versions: BTreeMap<String, String>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) case: String,
    pub(crate) args: Vec<String>,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) refused: bool,
    #[serde(default)]
    pub(crate) accepted_by_uv: bool,
    #[serde(default)]
    pub(crate) eval: BTreeMap<String, BTreeMap<String, Answer>>,
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) file: String,
    #[serde(default)]
    pub(crate) local: Vec<String>,
    #[serde(default)]
    pub(crate) build_from_sdist: Vec<String>,
    #[serde(default)]
    pub(crate) no_dist: Vec<String>,
    pub(crate) sync: Sync,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Sync {
    Word(String),
    Refused { error: String },
}

impl Cases {
    pub(crate) fn load(project: &Path) -> Self {
        let text = std::fs::read_to_string(project.join("_oracle/cases.json"))
            .expect("every project of the corpus has cases");
        serde_json::from_str(&text).expect("the cases are as documented")
    }
}

impl Answer {
    /// The lines of the closure, as uv gave them.
    pub(crate) fn lines(&self, project: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(project.join("_oracle").join(&self.file))
            .expect("every answer has its file");
        text.lines().map(str::to_owned).collect()
    }
}
