//! Every example: its committed files are what a fresh render gives, and what they say holds
//! together.

use std::fs;

use crate::dockerfile::Dockerfile;
use crate::harness::{Project, dfgen, repository};

fn examples() -> Vec<String> {
    let folders = fs::read_dir(repository().join("examples")).expect("there are examples");
    let names = folders.map(|entry| entry.expect("an entry of a folder").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.into_string().expect("plain names"))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

#[test]
fn committed_files_are_fresh() {
    for name in examples() {
        let run = dfgen(&["render", "--check"]).in_project(&Project::example(&name));
        assert_eq!(run.code, Some(0), "examples/{name}: {run}");
    }
}

/// A page is what a reviewer reads and does not scroll over.
#[test]
fn a_dockerfile_is_a_page() {
    let lines = |project: &Project, image: &str| {
        let file = project.read(&format!("docker/{image}.Dockerfile"));
        assert!(!file.contains("<<"), "{file}");
        file.lines().count()
    };
    assert!(lines(&Project::example("two-images"), "core-api") <= 90);
    let gpu = Project::bench();
    let run = dfgen(&["render"]).in_project(&gpu);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(lines(&gpu, "ml-inference-gpu") <= 140);
}

#[test]
fn a_second_render_changes_nothing() {
    for name in examples() {
        let project = Project::example(&name);
        let files = |project: &Project| {
            let paths = project.files().into_iter();
            let rendered = paths.filter(|path| path.starts_with("docker/"));
            rendered.map(|path| project.read(&path)).collect::<Vec<_>>()
        };
        let before = files(&project);
        let run = dfgen(&["render", "--force"]).in_project(&project);
        assert_eq!(run.code, Some(0), "examples/{name}: {run}");
        assert!(files(&project) == before, "examples/{name}: {run}");
        assert!(
            run.stderr.contains("nothing to do"),
            "examples/{name}: {run}"
        );
    }
}

#[test]
fn the_readme_shows_what_is_committed() {
    let read = |path: &str| fs::read_to_string(repository().join(path)).expect("it is there");
    let readme = read("README.md");
    let committed = read("examples/two-images/docker/core-api.Dockerfile");
    let blocks = readme.split("```dockerfile\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap_or_default());
    let blocks: Vec<&str> = blocks.collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        assert!(committed.contains(block), "{block}");
    }
}

/// `.ci/picture` draws it.
#[test]
fn the_picture_shows_what_is_said() {
    let picture = fs::read_to_string(repository().join(".github/terminal.svg"));
    let picture = picture.expect("it is there");
    let texts = picture.split('<').filter_map(|tag| tag.split_once('>'));
    let shown: String = texts.map(|(_, text)| text).collect();
    let shown = shown
        .replace("&gt;", ">")
        .replace("&#x27;", "'")
        .replace("&quot;", "\"");
    let project = Project::example("two-images");
    fs::remove_dir_all(project.path().join("docker")).expect("it was rendered");
    let render = dfgen(&["render"]).in_project(&project);
    let why = dfgen(&["why", "numpy"]).in_project(&project);
    for line in render.stderr.lines().chain(why.stdout.lines()) {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn stages_hold_together() {
    for name in examples() {
        let project = Project::example(&name);
        let dockerfiles: Vec<String> = project
            .files()
            .into_iter()
            .filter(|path| path.ends_with(".Dockerfile"))
            .collect();
        assert!(!dockerfiles.is_empty(), "examples/{name}");
        for path in dockerfiles {
            holds_together(&path, &Dockerfile::parse(&project.read(&path)));
        }
    }
}

/// Stages use earlier ones, none but the last is unused, and the last is not root.
fn holds_together(path: &str, file: &Dockerfile) {
    let mut used = Vec::new();
    for (index, stage) in file.stages.iter().enumerate() {
        let earlier: Vec<&str> = file.stages[..index]
            .iter()
            .map(|stage| stage.name.as_str())
            .collect();
        for other in &stage.uses {
            let name = &stage.name;
            assert!(
                earlier.contains(&other.as_str()),
                "{path}: {name} uses {other}"
            );
            used.push(other.clone());
        }
        used.push(stage.from.clone());
    }
    let (last, others) = file.stages.split_last().expect("there are stages");
    for stage in others {
        assert!(
            used.contains(&stage.name),
            "{path}: {} is unused",
            stage.name
        );
    }
    assert_eq!(last.name, "runtime", "{path}");
    let user = file.user.split(':').next().unwrap_or_default();
    let user: u32 = user.parse().expect("the user is a number");
    assert_ne!(user, 0, "{path}");
}
