//! `dfgen render --check` tells edited, stale and written by another dfgen apart, and each has its own advice.

use std::fmt::Write;

use serde_json::Value;

use crate::harness::{Project, Ran, dfgen, requiring};

const DOCKERFILE: &str = "docker/core-api.Dockerfile";
const COMPOSE: &str = "docker/compose.yaml";
const PROGRAM: &str = "docker/dfgen.py";

fn rendered() -> Project {
    let settings = "profiles = [\"core-api\"]\n[profile.core-api]\n";
    let project = Project::fixture("small_api").with("dfgen.toml", settings);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    project
}

/// Another text in a file that is there, and its checksum as it was.
fn edited(project: Project, path: &str, from: &str, to: &str) -> Project {
    let text = project.read(path);
    assert!(text.contains(from), "{from} in\n{text}");
    project.with(path, &text.replace(from, to))
}

fn made_by(version: &str) -> String {
    format!("Made by dfgen {version}")
}

/// The same with a checksum that fits, as another dfgen would have written it.
fn of_another(project: Project, path: &str, from: &str, to: &str) -> Project {
    use sha2::{Digest, Sha256};
    let text = project.read(path).replace(from, to);
    let (body, _) = text.rsplit_once("# dfgen: ").expect("a checksum");
    let mut line = String::from("# dfgen: ");
    for byte in Sha256::digest(body.trim_end().as_bytes()).iter().take(8) {
        write!(line, "{byte:02x}").expect("a string takes all text");
    }
    project.with(path, &format!("{body}{line}\n"))
}

fn json(project: &Project) -> Value {
    let ran = dfgen(&["render", "--check", "--format", "json"]).in_project(project);
    ran.json()
}

fn file(checked: &Value, path: &str) -> Value {
    let files = checked["files"].as_array().expect("a list").iter();
    let mut found = files.filter(|file| file["path"] == path);
    found.next().expect("it is one of them").clone()
}

/// What is said beside the difference.
fn said(ran: &Ran) -> String {
    let said = ran.stderr.replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    format!("exit code {:?}\n{said}", ran.code)
}

fn check(project: &Project) -> String {
    said(&dfgen(&["render", "--check"]).in_project(project))
}

#[test]
fn current() {
    let project = rendered();
    assert_eq!(
        check(&project),
        "exit code Some(0)\n4 files are up to date\n"
    );
    let checked = json(&project);
    assert_eq!(checked["current"], true);
    assert_eq!(file(&checked, DOCKERFILE)["state"], "current");
}

#[test]
fn stale_and_missing() {
    let project = rendered().without(COMPOSE);
    let settings = "profiles = [\"core-api\"]\n[profile.core-api]\nport = 9000\n";
    let project = project.with("dfgen.toml", settings);
    insta::assert_snapshot!(check(&project), @"
    exit code Some(1)
    1 of 4 files is missing: run `dfgen render`, and commit
    1 of 4 files is stale: run `dfgen render`, and commit
    ");
    let checked = json(&project);
    assert_eq!(checked["current"], false);
    assert_eq!(file(&checked, DOCKERFILE)["state"], "stale");
    assert_eq!(file(&checked, COMPOSE)["state"], "missing");
}

#[test]
fn edited_with_the_keys_that_say_it() {
    let project = edited(rendered(), DOCKERFILE, "EXPOSE 8000", "EXPOSE 9000");
    let project = edited(project, DOCKERFILE, "HOME=/tmp", "HOME=/root A=b");
    let project = edited(project, COMPOSE, "read_only: true", "read_only: false");
    insta::assert_snapshot!(check(&project), @"
    exit code Some(1)
    1 of 4 files is edited since dfgen wrote it: keep the change by saying it in dfgen.toml (`env`, `port`), then `dfgen render --force`
        docker/core-api.Dockerfile
    1 of 4 files is edited since dfgen wrote it: keep the change in a compose file of your own, `docker compose --file docker/compose.yaml --file compose.override.yaml up`, then `dfgen render --force`
        docker/compose.yaml
    ");
    let checked = json(&project);
    let dockerfile = file(&checked, DOCKERFILE);
    assert_eq!(dockerfile["state"], "edited");
    assert_eq!(dockerfile["keys"], serde_json::json!(["env", "port"]));
    let ran = dfgen(&["render"]).in_project(&project);
    let helps: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.contains("= help"))
        .collect();
    insta::assert_snapshot!(helps.join("\n"), @"
    = help: keep the change in a compose file of your own, `docker compose --file docker/compose.yaml --file compose.override.yaml up`, then `dfgen render --force`
    = help: or write elsewhere: `dfgen render --output deploy`
    = help: keep the change by saying it in dfgen.toml (`env`, `port`), then `dfgen render --force`
    = help: or write elsewhere: `dfgen render --output deploy`
    ");
}

#[test]
fn written_by_another_dfgen() {
    let older = of_another(
        rendered(),
        PROGRAM,
        &made_by(env!("CARGO_PKG_VERSION")),
        &made_by("0.0.9"),
    );
    let older = of_another(older, DOCKERFILE, "# The image.\n", "# The image itself.\n");
    insta::assert_snapshot!(check(&older), @"
    exit code Some(1)
    2 of 4 files are written by dfgen 0.0.9: run `dfgen render` with this one ([VERSION]), look at what changes, and commit
    ");
    let newer = of_another(
        rendered(),
        PROGRAM,
        &made_by(env!("CARGO_PKG_VERSION")),
        &made_by("0.20.0"),
    );
    let newer = of_another(newer, DOCKERFILE, "# The image.\n", "# The image itself.\n");
    insta::assert_snapshot!(check(&newer), @"
    exit code Some(1)
    2 of 4 files are written by dfgen 0.20.0: take dfgen 0.20.0, or write them with this one ([VERSION]), which may know less: `dfgen render`, and commit
    ");
    let found = file(&json(&newer), DOCKERFILE);
    assert_eq!(
        (&found["state"], &found["made-by"]),
        (&"other-version".into(), &"0.20.0".into())
    );
    let ran = dfgen(&["render"]).in_project(&newer);
    insta::assert_snapshot!(said(&ran), @"
    exit code Some(0)
    core-api: dfgen.toml:1
    wrote docker/core-api.Dockerfile, which dfgen 0.20.0 had written: lines +2 -2
    wrote docker/dfgen.py, which dfgen 0.20.0 had written: lines +2 -2
    ");
}

#[test]
fn a_checksum_of_another_form() {
    let project = edited(rendered(), DOCKERFILE, "# dfgen: ", "# dfgen: v3 ");
    insta::assert_snapshot!(check(&project), @"
    exit code Some(1)
    1 of 4 files is written by a later dfgen, with a checksum that this one does not know: take a later dfgen, or write them with this one ([VERSION]), which may know less: `dfgen render --force`, and commit
        docker/core-api.Dockerfile
    ");
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(2));
    // Without the difference, which has the checksum itself.
    let said = said(&ran);
    let told = |line: &&str| line.starts_with("error") || line.contains("= help");
    let told: Vec<&str> = said.lines().filter(told).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    error[unknown-checksum]: `docker/core-api.Dockerfile` was written by a later dfgen: whether it was edited since cannot be told
     = help: take a later dfgen, or write them with this one ([VERSION]), which may know less: `dfgen render --force`, and commit
     = help: or write elsewhere: `dfgen render --output deploy`
    ");
    let forced = dfgen(&["render", "--force"]).in_project(&project);
    assert_eq!(forced.code, Some(0), "{forced}");
}

#[test]
fn foreign() {
    let project = rendered().with(COMPOSE, "services: {}\n");
    insta::assert_snapshot!(check(&project), @"
    exit code Some(1)
    1 of 4 files is not written by dfgen: let `dfgen init` read it first; then `dfgen render --force`
        docker/compose.yaml
    ");
    assert_eq!(file(&json(&project), COMPOSE)["state"], "foreign");
}

#[test]
fn a_version_that_the_settings_do_not_ask_for_is_told_before_all_else() {
    let settings =
        "required-version = \">=7.2\"\nnew-key-of-7 = true\n[profile.core-api]\nbse = 1\n";
    let project = Project::fixture("small_api").with("dfgen.toml", settings);
    for command in [
        ["render", "--check"],
        ["plan", "--format=json"],
        ["profiles", "core-api"],
        ["why", "torch"],
    ] {
        let ran = dfgen(&command).in_project(&project);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains("error[required-version]"), "{ran}");
    }
    insta::assert_snapshot!(said(&dfgen(&["render"]).in_project(&project)), @r#"
    exit code Some(2)
    error[required-version]: this is dfgen [VERSION], and dfgen.toml asks for `>=7.2`
     --> dfgen.toml:1:20
      |
    1 | required-version = ">=7.2"
      |                    ^^^^^^^ [VERSION] is not in it
      |
      = help: take a dfgen that is: in a clone of it, at the tag of such a version, `cargo install --path .`
      = help: or let this one do: `required-version = ">=[VERSION]"`
    "#);
    let manifest = Project::fixture("small_api").read("pyproject.toml");
    let manifest = format!("{manifest}\n[tool.dfgen]\nrequired-version = \"7\"\n");
    let project = Project::fixture("small_api").with("pyproject.toml", &manifest);
    insta::assert_snapshot!(said(&dfgen(&["render"]).in_project(&project)), @r#"
    exit code Some(2)
    error[required-version]: this is dfgen [VERSION], and pyproject.toml asks for `7`
      --> pyproject.toml:15:20
       |
    15 | required-version = "7"
       |                    ^^^ [VERSION] is not in it
       |
       = help: take a dfgen that is: in a clone of it, at the tag of such a version, `cargo install --path .`
       = help: or let this one do: `required-version = ">=[VERSION]"`
    "#);
    let project = Project::fixture("small_api").with("dfgen.toml", "required-version = \"new\"\n");
    insta::assert_snapshot!(said(&dfgen(&["render"]).in_project(&project)), @r#"
    exit code Some(2)
    error[invalid-value]: `required-version` cannot be `new`
     --> dfgen.toml:1:20
      |
    1 | required-version = "new"
      |                    ^^^^^ a range of versions such as `>=0.2`
    "#);
    let project =
        Project::fixture("small_api").with("dfgen.toml", "required-version = \">=0.1\"\n");
    assert_eq!(dfgen(&["render"]).in_project(&project).code, Some(0));
}

/// One command mends all: of many differences the first are told.
#[test]
fn of_many_differences_the_first_are_told() {
    let project = requiring(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    let lock = requiring(&["a"]).read("uv.lock");
    let run = dfgen(&["render"]).in_project(&project.with("uv.lock", &lock));
    assert_eq!(run.stderr.matches("error[stale-lock]").count(), 7, "{run}");
    assert!(
        run.stderr
            .contains("error[stale-lock]: 2 more differences like these\n --> pyproject.toml:"),
        "{run}"
    );
}
