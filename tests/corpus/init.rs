//! Every Dockerfile and compose file of the corpus is read or refused with a clear message, and what
//! `init` would write from it loads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dfgen::diagnostic::{Diagnostics, SourceFile};
use dfgen::existing::{Compose, Dockerfile, Image, Surroundings, faults};
use dfgen::init::{Entry, Existing, Outcome, Proposal, Request, Survey, images};
use dfgen::plan::Inputs;
use dfgen::project::Project;
use dfgen::rules;

use crate::oracle::projects;

#[derive(Default)]
struct Score {
    counts: BTreeMap<&'static str, usize>,
    faults: BTreeMap<&'static str, usize>,
    refused: Vec<String>,
    keys: BTreeMap<String, usize>,
    errors: BTreeMap<&'static str, usize>,
}

impl Score {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Every instruction of the Dockerfile's last stage has an outcome, and a reason where no line tells of it.
    fn account(&mut self, path: &Path, proposal: &Proposal) {
        let shown = path.display().to_string();
        let own: Vec<&Entry> = proposal
            .account
            .iter()
            .filter(|one| one.file == shown)
            .collect();
        if own.is_empty() {
            return self.count("files that no image takes from");
        }
        let text = std::fs::read_to_string(path).unwrap_or_default();
        for line in last_stage(&text) {
            let has = own.iter().any(|one| one.line == line);
            assert!(has, "{shown}:{line} has no outcome");
        }
        for one in &proposal.account {
            self.count(match one.outcome {
                Outcome::Kept => "account: kept",
                Outcome::Dropped => "account: not carried over",
                Outcome::Left => "account: for you to look at",
            });
        }
    }

    fn refuse(&mut self, what: &'static str, problems: &Diagnostics) {
        for problem in problems {
            assert!(
                !problem.message().is_empty() && !problem.helps().is_empty(),
                "{problems}"
            );
            assert_ne!(problem.rule(), rules::BUG, "{problems}");
        }
        self.count(what);
        self.refused.push(problems.to_string());
    }
}

#[test]
fn every_dockerfile_is_read_and_what_init_writes_loads() {
    let mut score = Score::default();
    for folder in projects() {
        let files = files(&folder.join("_docker"));
        let (composes, dockerfiles): (Vec<PathBuf>, Vec<PathBuf>) =
            files.into_iter().partition(|path| is_yaml(path));
        let composes: Vec<PathBuf> = composes
            .into_iter()
            .filter(|path| read_compose(&mut score, path))
            .collect();
        for path in dockerfiles {
            if read_dockerfile(&mut score, &path) {
                propose(&mut score, &folder, &path, &composes);
            }
        }
    }
    println!(
        "{:#?}\nfaults {:#?}\nkeys {:#?}\nerrors {:#?}",
        score.counts, score.faults, score.keys, score.errors
    );
    for refused in &score.refused {
        println!("{refused}");
    }
    assert!(score.counts["dockerfiles read"] > 80);
}

fn read_dockerfile(score: &mut Score, path: &Path) -> bool {
    let read = Dockerfile::parse(file(path)).and_then(|dockerfile| {
        let around = Surroundings::of(path, &dockerfile);
        Ok((Image::of(&dockerfile, None)?, around))
    });
    match read {
        Ok((image, around)) => {
            score.count("dockerfiles read");
            for fault in faults(&image, &around) {
                *score.faults.entry(fault.kind.rule.name()).or_default() += 1;
                assert!(
                    fault.place.line() > 0 && !fault.what.is_empty(),
                    "{}",
                    fault.kind.rule.name()
                );
            }
            true
        }
        Err(problems) => {
            score.refuse("dockerfiles refused", &problems);
            false
        }
    }
}

fn read_compose(score: &mut Score, path: &Path) -> bool {
    match Compose::parse(file(path)) {
        Ok(_) => {
            score.count("compose files read");
            true
        }
        Err(problems) => {
            score.refuse("compose files refused", &problems);
            false
        }
    }
}

fn propose(score: &mut Score, folder: &Path, dockerfile: &Path, composes: &[PathBuf]) {
    let project = Project::load(folder).expect("the corpus loads");
    let inputs = Inputs::without_settings(folder, project).expect("the corpus can be read");
    let mut paths = vec![dockerfile.to_owned()];
    paths.extend_from_slice(composes);
    let existing = Existing::named(folder, &paths).expect("each was read alone");
    let images = images(&existing).expect("stages are there");
    let proposal = Survey::new(&inputs, &existing, &images, Request::default())
        .and_then(|survey| survey.propose());
    match proposal {
        Ok(proposal) => {
            score.count(if proposal.problems.is_none() {
                "settings that render"
            } else {
                "settings that load"
            });
            score.account(dockerfile, &proposal);
            for kept in proposal.services.iter().flat_map(|service| &service.kept) {
                *score.keys.entry(kept.path[0].clone()).or_default() += 1;
            }
        }
        Err(problems) => {
            score.count("no settings");
            for problem in &problems {
                *score.errors.entry(problem.rule().name()).or_default() += 1;
                assert!(
                    problem.rule() != rules::BUG && !problem.message().is_empty(),
                    "{problems}"
                );
            }
        }
    }
}

/// The lines at which instructions of the last stage begin, read by the plainest of means.
fn last_stage(text: &str) -> Vec<usize> {
    let keywords = [
        "COPY",
        "ADD",
        "EXPOSE",
        "CMD",
        "ENTRYPOINT",
        "USER",
        "WORKDIR",
        "LABEL",
        "VOLUME",
    ];
    let mut found = Vec::new();
    let mut continues = false;
    let is_heredoc = text.contains("<<");
    for (number, line) in text.lines().enumerate() {
        let first = line
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_uppercase();
        if first.starts_with('#') {
            continue;
        }
        if first == "FROM" && !continues {
            found.clear();
        } else if !continues && keywords.contains(&first.as_str()) && !is_heredoc {
            found.push(number + 1);
        }
        continues = line.trim_end().ends_with('\\');
    }
    found
}

fn file(path: &Path) -> SourceFile {
    let bytes = std::fs::read(path).expect("the corpus can be read");
    SourceFile::new(path, String::from_utf8_lossy(&bytes))
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml")
}

/// Container files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("the corpus can be read").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        if path.is_dir() {
            found.extend(files(&path));
        } else if (name.contains("dockerfile") || name.contains("containerfile") || is_yaml(&path))
            && !name.contains("ignore")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}
