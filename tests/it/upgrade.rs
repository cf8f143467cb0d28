//! From the files of an earlier dfgen to those of this one.
//!
//! `fixtures/earlier_dfgen.txt` holds the files of the examples as they were before programs had a file of their own and
//! before versions of images were left out of the checksum, one behind another, each with its name in a line before it.

use std::collections::BTreeSet;

use crate::harness::{Project, dfgen, repository};

const EXAMPLES: [&str; 4] = ["django-site", "rust-extension", "two-images", "workspace"];

/// The earlier files of an example: path and text.
fn earlier(example: &str) -> Vec<(String, String)> {
    let all = std::fs::read_to_string(repository().join("tests/it/fixtures/earlier_dfgen.txt"));
    let all = all.expect("the fixture is there");
    let files = all.split("# ---- ").skip(1).filter_map(|part| {
        let (path, text) = part.split_once('\n')?;
        let path = path.strip_prefix(&format!("{example}/"))?;
        Some((path.to_owned(), text.to_owned()))
    });
    let files: Vec<(String, String)> = files.collect();
    assert!(!files.is_empty(), "{example}");
    files
}

/// An example with its earlier files in the place of those of this dfgen.
fn project(example: &str) -> Project {
    let project = Project::example(example);
    std::fs::remove_dir_all(project.path().join("docker")).expect("it is there");
    let files = earlier(example).into_iter();
    files.fold(project, |project, (path, text)| project.with(&path, &text))
}

/// The lines of a compose file that say where data is and what is run: the project's name, images, volumes.
fn kept_lines(compose: &str) -> BTreeSet<String> {
    let says = |line: &&str| {
        let line = line.trim();
        let is_volume =
            line.ends_with(':') && !line.contains(' ') && compose.contains(&format!("- {line}/"));
        line.starts_with("name: ")
            || line.starts_with("image: ")
            || line.contains(":/var/")
            || is_volume
    };
    compose
        .lines()
        .filter(says)
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
fn earlier_files_are_replaced_and_data_stays() {
    for example in EXAMPLES {
        let project = project(example)
            .with("docker/notes.txt", "mine\n")
            .with("docker/own.Dockerfile", "FROM scratch\n");
        let before = project.read("docker/compose.yaml");
        let ran = dfgen(&["render"]).in_project(&project);
        assert_eq!(ran.code, Some(0), "{example}: {ran}");
        for (path, text) in earlier(example) {
            assert_ne!(project.read(&path), text, "{path}");
            let line = format!("wrote {path}, which an earlier dfgen had written: ");
            assert!(ran.stderr.contains(&line), "{example}: {line}\n{ran}");
        }
        assert_eq!(project.read("docker/notes.txt"), "mine\n");
        assert_eq!(project.read("docker/own.Dockerfile"), "FROM scratch\n");
        let after = kept_lines(&project.read("docker/compose.yaml"));
        let lost: Vec<String> = kept_lines(&before).difference(&after).cloned().collect();
        assert_eq!(lost, Vec::<String>::new(), "{example}");
        let checked = dfgen(&["render", "--check"]).in_project(&project);
        assert_eq!(checked.code, Some(0), "{example}: {checked}");
        let fresh = Project::example(example);
        for (path, _) in earlier(example) {
            assert_eq!(project.read(&path), fresh.read(&path), "{example}: {path}");
        }
    }
}

#[test]
fn the_check_says_that_an_earlier_dfgen_wrote_them() {
    let checked = dfgen(&["render", "--check"]).in_project(&project("workspace"));
    let told: Vec<&str> = checked
        .stderr
        .lines()
        .filter(|line| line.contains(" files "))
        .collect();
    let told = told
        .join("\n")
        .replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    insta::assert_snapshot!(told, @"
    1 of 6 files is missing: run `dfgen render`, and commit
    5 of 6 files are written by an earlier dfgen: run `dfgen render` with this one ([VERSION]), look at what changes, and commit
    ");
}

#[test]
fn an_edited_earlier_file_is_refused() {
    for (from, to) in [
        ("EXPOSE 8000", "EXPOSE 8001"),
        ("python:3.13-slim", "python:3.13.9-slim"),
    ] {
        let project = project("two-images");
        let path = "docker/core-api.Dockerfile";
        let text = project.read(path);
        assert!(text.contains(from));
        let project = project.with(path, &text.replace(from, to));
        let files = project.files();
        let ran = dfgen(&["render"]).in_project(&project);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains("error[edited-file]"), "{ran}");
        assert_eq!(project.files(), files);
        assert_eq!(project.read(path), text.replace(from, to));
    }
}

/// A major version of a database does not read the data of another.
#[test]
fn a_database_stays_the_one_whose_data_is_there() {
    let settings = "profiles = [\"core-api\"]\n[profile.core-api]\nservices = [\"postgres:17\"]\n";
    let project = Project::fixture("small_api").with("dfgen.toml", settings);
    assert_eq!(dfgen(&["render"]).in_project(&project).code, Some(0));
    // As if dfgen had chosen it then.
    let project = project.with("dfgen.toml", &settings.replace("postgres:17", "postgresql"));
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let compose = project.read("docker/compose.yaml");
    assert!(
        compose.contains("    image: \"postgres:17\"\n"),
        "{compose}"
    );
    assert!(
        compose.contains("- postgresql-data:/var/lib/postgresql/data\n"),
        "{compose}"
    );
    assert_eq!(
        dfgen(&["render", "--check"]).in_project(&project).code,
        Some(0)
    );
    let plan = dfgen(&["plan"]).in_project(&project).stdout;
    let row = plan
        .lines()
        .find(|line| line.contains("postgres:17"))
        .expect("its row");
    insta::assert_snapshot!(row.trim(), @"postgresql  backing service                  the image postgres:17: docker/compose.yaml has it, and the data in its volume is of that version; a new project gets postgres:18");
    // Who says another one gets it.
    let project = project.with(
        "dfgen.toml",
        &settings.replace("postgres:17", "postgres:18"),
    );
    assert_eq!(dfgen(&["render"]).in_project(&project).code, Some(0));
    assert!(
        project
            .read("docker/compose.yaml")
            .contains("    image: \"postgres:18\"\n")
    );
}
