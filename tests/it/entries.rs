//! What dfgen would run, held against what real projects say that they run.
//!
//! Each file of `tests/it/entries/` is one public project in miniature: its layout, its names and
//! the few lines that matter, in our own words, with the documented start command and where that
//! is said. `[runs.NAME]` is the answer in dfgen's form: an image of that name, or a service of the
//! compose file. `verdict` is there when dfgen's answer is not the right one, so that the table is
//! honest, and a change in either direction is seen.
//!
//! `cargo test --test it entries -- --nocapture` prints the totals.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::harness::{Project, Ran, dfgen, repository};

/// One project with a known answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    project: String,
    documented: String,
    source: String,
    date: toml::value::Datetime,
    /// The locked distributions, by name.
    packages: String,
    /// What its manifest says besides its name and dependencies.
    #[serde(default)]
    manifest: String,
    #[serde(default)]
    verdict: Verdict,
    runs: BTreeMap<String, Run>,
    files: BTreeMap<String, String>,
}

/// What one container runs.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Run {
    command: String,
    port: Option<u64>,
    health: Option<String>,
    /// Where it runs, when that is not `/app`.
    folder: Option<String>,
}

/// How dfgen's answer compares.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// Every container runs what is documented, and there is no other.
    #[default]
    Right,
    /// dfgen asks, and the right answer is among what it lists.
    Ambiguous,
    /// Anything else.
    Wrong,
}

#[test]
fn known_projects_are_started_as_they_document() {
    let folder = repository().join("tests/it/entries");
    let files = std::fs::read_dir(folder).expect("the table is there");
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 30, "{} projects", paths.len());

    let mut totals: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut changed = String::new();
    for path in &paths {
        let text = std::fs::read_to_string(path).expect("a row can be read");
        let known: Known =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(known.source.starts_with("https://") && known.date.date.is_some());
        let ran = dfgen(&["plan", "--format", "json"]).in_project(&known.project());
        let verdict = known.judge(&ran);
        *totals.entry(verdict).or_default() += 1;
        if verdict != known.verdict {
            let name = path.file_stem().unwrap_or_default().display();
            let _ = writeln!(
                changed,
                "\n{name} ({}): {verdict:?}, and the table says {:?}",
                known.project, known.verdict
            );
            let _ = writeln!(changed, "documented: {}\n{}", known.documented, told(&ran));
        }
    }
    println!("entry points of {} projects: {totals:?}", paths.len());
    assert!(changed.is_empty(), "{changed}");
}

impl Known {
    /// The project on disk, with a lock that holds its packages.
    fn project(&self) -> Project {
        let names: Vec<&str> = self.packages.split_whitespace().collect();
        let list = |each: fn(&&str) -> String| names.iter().map(each).collect::<String>();
        let dependencies = list(|name| format!("\"{name}\", "));
        let pyproject = format!(
            "[project]\nname = \"known\"\nversion = \"1.0\"\nrequires-python = \">=3.13\"\ndependencies = [{dependencies}]\n{}",
            self.manifest
        );
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
            "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n[[package]]\nname = \"known\"\nversion = \"1.0\"\nsource = {{ {source} = \".\" }}\ndependencies = [{required}]\n\n[package.metadata]\nrequires-dist = [{required}]\n{packages}"
        );
        let mut project = Project::empty()
            .with("pyproject.toml", &pyproject)
            .with("uv.lock", &lock);
        for (path, text) in &self.files {
            project = project.with(path, text.trim_start_matches('\n'));
        }
        project
    }

    fn judge(&self, ran: &Ran) -> Verdict {
        if ran.code == Some(0) && runs(&ran.json()) == self.runs {
            return Verdict::Right;
        }
        let main = self.runs.values().next().map(|run| run.command.as_str());
        let mut words = main.unwrap_or_default().split_whitespace();
        let listed = words.any(|word| ran.stderr.contains(&format!("note: `{word}`:")));
        if ran.stderr.contains("error[ambiguous-entry]") && listed {
            Verdict::Ambiguous
        } else {
            Verdict::Wrong
        }
    }
}

/// What every container runs, by its name.
fn runs(plan: &serde_json::Value) -> BTreeMap<String, Run> {
    let words = |value: &serde_json::Value| {
        let words = value.as_array().into_iter().flatten();
        let words: Vec<&str> = words.filter_map(serde_json::Value::as_str).collect();
        words.join(" ")
    };
    let mut all = BTreeMap::new();
    for image in plan["images"].as_array().into_iter().flatten() {
        let run = &image["run"];
        let found = Run {
            command: words(&run["command"]["value"]),
            port: run["port"]["value"].as_u64(),
            health: run["health"]["value"]["path"].as_str().map(str::to_owned),
            folder: None,
        };
        all.insert(image["name"].as_str().unwrap_or_default().to_owned(), found);
    }
    for service in plan["compose"]["services"].as_array().into_iter().flatten() {
        if service["command"].is_array() {
            let found = Run {
                command: words(&service["command"]),
                folder: service["folder"]
                    .as_str()
                    .filter(|folder| *folder != "/app")
                    .map(str::to_owned),
                ..Run::default()
            };
            all.insert(
                service["name"].as_str().unwrap_or_default().to_owned(),
                found,
            );
        }
    }
    all
}

fn told(ran: &Ran) -> String {
    if ran.code == Some(0) {
        format!("{:#?}", runs(&ran.json()))
    } else {
        ran.stderr.clone()
    }
}
