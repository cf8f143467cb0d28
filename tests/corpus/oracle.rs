//! The corpus as a test sees it: projects, and what uv answered for each selection.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The folder of the unpacked corpus.
pub(crate) fn corpus() -> PathBuf {
    let folder = std::env::var_os("DFGEN_CORPUS")
        .expect("DFGEN_CORPUS must be the folder of the unpacked corpus");
    PathBuf::from(folder)
}

/// The folders of all projects, sorted.
pub(crate) fn projects() -> Vec<PathBuf> {
    let root = corpus();
    let mut folders = below(&root);
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

/// A project where it lay in its repository: manifests from above its folder are put above it.
pub(crate) struct Copy {
    /// Removes the copy at the end.
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl Copy {
    /// The folder of the lock.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that has all of it, which the test may keep to itself.
    pub(crate) fn top(&self) -> &Path {
        self.folder.path()
    }
}

/// Copies what uv and dfgen read of a project: manifests, lock, folders, nothing of the corpus's own.
pub(crate) fn copy_of(project: &Path) -> Copy {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut root = folder.path().join("1/2/3/4");
    if let Some(name) = lock_folder(project) {
        root = root.with_file_name(name);
    }
    copy_files(project, &root, &|name| {
        !name.starts_with('_') && name != "meta.json" && name != ".python-version"
    });
    let mut above = root.clone();
    let mut outside = project.join("_outside/up");
    while outside.is_dir() && above.pop() {
        copy_files(&outside, &above, &|name| name != "up");
        outside.push("up");
    }
    Copy { folder, root }
}

/// The name that the folder had: manifests beside it may speak of it.
fn lock_folder(project: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Meta {
        lock_dir: String,
    }
    let text = std::fs::read_to_string(project.join("meta.json")).ok()?;
    let meta: Meta = serde_json::from_str(&text).ok()?;
    let name = meta.lock_dir.rsplit('/').next()?.to_owned();
    (name != ".").then_some(name)
}

fn copy_files(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for path in below(from) {
        let name = path.file_name().unwrap_or_default();
        if !wanted(&name.to_string_lossy()) {
            continue;
        }
        if path.is_dir() {
            copy_files(&path, &to.join(name), &|_| true);
        } else {
            std::fs::copy(&path, to.join(name)).expect("a file can be copied");
        }
    }
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
    #[serde(rename = "case")]
    pub(crate) name: String,
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
