//! Every project of the corpus either renders without any configuration or gets an error that says
//! what to write; with a command said for it, it renders.

use std::collections::BTreeMap;
use std::path::Path;

use dfgen::audit::audit;
use dfgen::diagnostic::{Diagnostics, SourceFile};
use dfgen::plan::{Inputs, Plan, Taken, choose};
use dfgen::render::{Placement, render};

use crate::oracle::projects;

/// What can be said of a project whose source the corpus does not have, and nothing else.
const ALLOWED: [&str; 10] = [
    "ambiguous-entry",
    "ambiguous-ml",
    "forbidden-package",
    "missing-distribution",
    "missing-member",
    "no-cargo-manifest",
    "no-command",
    "no-member",
    "outside-context",
    // As uv has it, which the freshness test holds it to.
    "stale-lock",
];

#[test]
fn every_project_renders_or_says_what_is_missing() {
    let mut rendered = 0;
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for folder in projects() {
        let found = plan(&folder, None);
        rendered += usize::from(found.is_ok());
        for problem in found.err().iter().flatten() {
            *rules.entry(problem.rule().name()).or_default() += 1;
            let helps = !problem.helps().is_empty() && !problem.message().is_empty();
            if !ALLOWED.contains(&problem.rule().name()) || !helps {
                wrong.push(format!("{}: {problem:?}", folder.display()));
            }
        }
    }
    println!("rendered without configuration: {rendered}; refused, by rule: {rules:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn with_a_command_every_project_renders_or_cannot_be_built() {
    let mut rendered = 0;
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in projects() {
        match plan(&folder, Some(&["python", "-m", "http.server"])) {
            Ok(files) => {
                rendered += 1;
                assert!(files.iter().all(|file| !file.text.is_empty()));
                assert_eq!(faults(&folder, &files), [""; 0], "{}", folder.display());
            }
            Err(problems) => {
                for problem in &problems {
                    *rules.entry(problem.rule().name()).or_default() += 1;
                }
            }
        }
    }
    println!("rendered with a command: {rendered}; refused, by rule: {rules:?}");
    let commands = rules
        .keys()
        .filter(|rule| rule.contains("command") || rule.contains("entry"));
    assert_eq!(commands.count(), 0);
}

/// What `dfgen audit` finds in Dockerfiles that dfgen wrote.
fn faults(folder: &Path, files: &[dfgen::render::File]) -> Vec<String> {
    let dockerfiles = files
        .iter()
        .filter(|file| file.name.ends_with(".Dockerfile"));
    let judged = dockerfiles.map(|file| {
        let place = folder.join("docker").join(&file.name);
        audit(SourceFile::new(&file.name, &*file.text), Some(&place), &[])
    });
    let judged = judged.map(|judged| judged.unwrap_or_else(|problems| panic!("{problems}")));
    judged
        .flat_map(|one| one.findings)
        .map(|one| format!("{}: {}", one.place.location(), one.rule))
        .collect()
}

fn plan(folder: &Path, command: Option<&[&str]>) -> Result<Vec<dfgen::render::File>, Diagnostics> {
    let inputs = Inputs::load(folder)?;
    let mut taken: Vec<Taken> = choose(&inputs, &[])?;
    if let Some(command) = command {
        for one in &mut taken {
            one.profile.command = Some(dfgen::profile::Setting {
                value: command
                    .iter()
                    .map(|word| word.parse().expect("a plain word"))
                    .collect(),
                origin: dfgen::profile::Origin::Default,
            });
        }
    }
    let plan = Plan::new(&inputs, &taken)?;
    Ok(render(&plan, &Placement::Below(plan.output.clone())))
}
