//! What every production closure of the corpus needs of Debian, on linux/amd64 with the Python that its
//! plan takes, and what there is to say about it. Prints the table.

use std::collections::BTreeMap;
use std::path::Path;

use dfgen::diagnostic::Diagnostics;
use dfgen::plan::{ImagePlan, Inputs, Plan, Taken};
use dfgen::profile::{Origin, Profile, Setting};
use dfgen::target::Platform;

use crate::oracle::projects;

#[derive(Default)]
struct Table {
    closures: usize,
    with_runtime: usize,
    without_compiler: usize,
    refused: BTreeMap<&'static str, usize>,
    found: BTreeMap<&'static str, usize>,
}

impl Table {
    fn add(&mut self, name: &str, plan: &Plan) {
        let image = &plan.images[0];
        self.closures += 1;
        self.with_runtime += usize::from(!image.apt_runtime.is_empty());
        self.without_compiler += usize::from(image.build.apt.is_empty());
        for finding in &plan.findings {
            *self.found.entry(finding.rule().name()).or_default() += 1;
        }
        println!("{}", row(name, image));
        for finding in plan
            .findings
            .iter()
            .filter(|finding| !finding.rule().name().contains("import"))
        {
            println!("    {}: {}", finding.rule().name(), finding.message());
        }
    }
}

/// One line: Debian packages to run, packages that are built, Debian packages to build them.
fn row(name: &str, image: &ImagePlan) -> String {
    let apt = |needs: &[dfgen::plan::AptNeed]| {
        let names: Vec<&str> = needs.iter().map(|need| need.package.as_str()).collect();
        names.join(" ")
    };
    let built: Vec<&str> = image.build.packages.iter().map(AsRef::as_ref).collect();
    format!(
        "{name} | {} | {} | {} | {} | {}",
        image.platforms.value[0].packages,
        image.python.value,
        apt(&image.apt_runtime),
        built.join(" "),
        apt(&image.build.apt)
    )
}

#[test]
fn what_production_closures_need_of_the_system() {
    let mut table = Table::default();
    println!("project | packages | python | apt to run | built | apt to build");
    for folder in projects() {
        let folder_name = folder.file_name().unwrap_or_default().to_string_lossy();
        for (member, plan) in plans(&folder) {
            match plan {
                Ok(plan) => table.add(&format!("{folder_name}{member}"), &plan),
                Err(problems) => {
                    for problem in &problems {
                        *table.refused.entry(problem.rule().name()).or_default() += 1;
                    }
                }
            }
        }
    }
    println!(
        "{} closures: {} with an apt package to run, {} without a compiler or any apt package to build",
        table.closures, table.with_runtime, table.without_compiler
    );
    println!("refused, by rule: {:?}", table.refused);
    println!("findings, by rule: {:?}", table.found);
    assert!(table.closures > 50);
}

/// The root's closure; of a workspace whose root is no project, each member's.
fn plans(folder: &Path) -> Vec<(String, Result<Plan, Diagnostics>)> {
    let inputs = match Inputs::load(folder) {
        Ok(inputs) => inputs,
        Err(problems) => return vec![(String::new(), Err(problems))],
    };
    let project = inputs.project();
    let members = project
        .members
        .iter()
        .filter_map(|member| member.pyproject.name());
    let members: Vec<_> = match project.pyproject.project {
        Some(_) => vec![None],
        None => members.map(Some).collect(),
    };
    let name = |member: Option<&dfgen::names::PackageName>| {
        member.map_or_else(String::new, |member| format!(" {member}"))
    };
    members
        .into_iter()
        .map(|member| (name(member), production(&inputs, member)))
        .collect()
}

fn production(
    inputs: &Inputs,
    member: Option<&dfgen::names::PackageName>,
) -> Result<Plan, Diagnostics> {
    let words = ["python", "-m", "http.server"].map(|word| word.parse().expect("a plain word"));
    let worker = inputs.config().profile("worker")?;
    let profile = Profile {
        member: member.map(|member| said(member.clone())),
        command: Some(said(words.to_vec())),
        platforms: said(vec![Platform::LinuxAmd64]),
        ..worker
    };
    let because = "for the table".to_owned();
    Plan::new(inputs, &[Taken::new(profile, because)])
}

fn said<T>(value: T) -> Setting<T> {
    Setting {
        value,
        origin: Origin::Default,
    }
}
