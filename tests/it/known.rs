//! The table of projects with a known answer: the files of `tests/it/entries/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

use crate::harness::{Project, repository};

/// One project with a known answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    pub(crate) project: String,
    pub(crate) documented: String,
    pub(crate) source: String,
    pub(crate) date: toml::value::Datetime,
    /// The locked distributions, by name.
    pub(crate) packages: String,
    /// What its manifest says besides its name and dependencies.
    #[serde(default)]
    pub(crate) manifest: String,
    /// What `cargo test --test frameworks` installs from wheels, to start the project with dfgen's command.
    #[serde(default)]
    pub(crate) installs: Vec<String>,
    /// The path that answers then.
    #[serde(default)]
    pub(crate) answers: String,
    /// The folders that its containers keep, where that is known.
    pub(crate) keeps: Option<BTreeSet<String>>,
    #[serde(default)]
    pub(crate) verdict: Verdict,
    pub(crate) runs: BTreeMap<String, Run>,
    pub(crate) files: BTreeMap<String, String>,
}

/// What one container runs.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    pub(crate) command: String,
    pub(crate) port: Option<u64>,
    pub(crate) health: Option<String>,
    /// Where it runs, when that is not `/app`.
    pub(crate) folder: Option<String>,
}

/// How dfgen's answer compares.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Every container runs what is documented, and there is no other.
    #[default]
    Right,
    /// dfgen asks, and the right answer is among what it lists.
    Ambiguous,
    /// Anything else.
    Wrong,
}

/// Every project of the table, by the name of its file.
pub(crate) fn table() -> Vec<(String, Known)> {
    let folder = repository().join("tests/it/entries");
    let files = std::fs::read_dir(folder).expect("the table is there");
    let mut paths: Vec<PathBuf> = files
        .map(|file| file.expect("an entry of a folder").path())
        .collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a row can be read");
        let known: Known =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(known.source.starts_with("https://") && known.date.date.is_some());
        let name = path.file_stem().unwrap_or_default();
        (name.to_string_lossy().into_owned(), known)
    };
    paths.iter().map(read).collect()
}

impl Known {
    /// The project without a lock, with these requirements.
    pub(crate) fn unlocked(&self, requirements: &[String]) -> Project {
        let list = requirements.iter().map(|name| format!("\"{name}\", "));
        let dependencies: String = list.collect();
        let pyproject = format!(
            "[project]\nname = \"known\"\nversion = \"1.0\"\nrequires-python = \">=3.11\"\ndependencies = [{dependencies}]\n{}",
            self.manifest
        );
        let mut project = Project::empty().with("pyproject.toml", &pyproject);
        for (path, text) in &self.files {
            project = project.with(path, text.trim_start_matches('\n'));
        }
        project
    }

    /// The project on disk, with a lock that holds its packages.
    pub(crate) fn project(&self) -> Project {
        let names: Vec<&str> = self.packages.split_whitespace().collect();
        let list = |each: fn(&&str) -> String| names.iter().map(each).collect::<String>();
        let required = list(|name| format!("{{ name = \"{name}\" }}, "));
        let packages = list(|name| {
            let wheel = name.replace('-', "_");
            format!(
                "\n[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://index.example/simple\" }}\nwheels = [{{ url = \"https://files.example/{wheel}-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }}]\n"
            )
        });
        let source = if self.manifest.contains("[build-system]") {
            "editable"
        } else {
            "virtual"
        };
        let lock = format!(
            "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"known\"\nversion = \"1.0\"\nsource = {{ {source} = \".\" }}\ndependencies = [{required}]\n\n[package.metadata]\nrequires-dist = [{required}]\n{packages}"
        );
        let requirements: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        self.unlocked(&requirements).with("uv.lock", &lock)
    }
}
