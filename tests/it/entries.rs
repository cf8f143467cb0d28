//! What dfgen would run, held against what real projects say that they run.
//!
//! Each file of `tests/it/entries/` is one public project in miniature: its layout, its names and
//! the few lines that matter, in our own words, with the documented start command and where that
//! is said. `[runs.NAME]` is the answer in dfgen's form: an image of that name, or a service of the
//! compose file. `verdict` is there when dfgen's answer is not the right one, so that the table is
//! honest, and a change in either direction is seen.
//!
//! `cargo test --test it entries -- --nocapture` prints the totals.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::harness::{Ran, dfgen};
use crate::known::{Known, Run, Verdict, table};

#[test]
fn known_projects_are_started_as_they_document() {
    let known = table();
    assert!(known.len() >= 30, "{} projects", known.len());

    let mut totals: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut changed = String::new();
    for (name, known) in &known {
        let is_started = !known.installs.is_empty();
        assert_eq!(is_started, known.answers.starts_with('/'), "{name}");
        let ran = dfgen(&["plan", "--format", "json"]).in_project(&known.project());
        let verdict = known.judge(&ran);
        *totals.entry(verdict).or_default() += 1;
        if verdict != known.verdict {
            let _ = writeln!(
                changed,
                "\n{name} ({}): {verdict:?}, and the table says {:?}",
                known.project, known.verdict
            );
            let _ = writeln!(changed, "documented: {}\n{}", known.documented, told(&ran));
        }
    }
    println!("entry points of {} projects: {totals:?}", known.len());
    assert!(changed.is_empty(), "{changed}");
}

/// What a project's own containers keep is kept, and nothing else.
#[test]
fn known_projects_keep_what_they_write() {
    for (name, known) in table() {
        let Some(keeps) = &known.keeps else {
            continue;
        };
        let ran = dfgen(&["plan", "--format", "json"]).in_project(&known.project());
        assert_eq!(ran.code, Some(0), "{name}: {ran}");
        let plan = ran.json();
        let images = plan["images"].as_array().into_iter().flatten();
        let kept = images.flat_map(|image| {
            let volumes = image["run"]["volumes"].as_array().into_iter().flatten();
            let folders = volumes.map(|volume| &volume["value"]["folder"]);
            folders
                .filter_map(|folder| folder.as_str().map(str::to_owned))
                .collect::<Vec<_>>()
        });
        let kept: BTreeSet<String> = kept.collect();
        assert_eq!(&kept, keeps, "{name} ({})", known.project);
    }
}

impl Known {
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
