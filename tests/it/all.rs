//! `dfgen render --all`: every project below a folder in one line each.

use std::process::Command;

use crate::harness::{Project, Ran, dfgen};

/// Two projects that render, one that does not, a workspace, and what is no project of anybody's.
fn services() -> Project {
    let all = Project::empty();
    let folder = |name: &str, project: &Project| {
        for path in project.files() {
            let to = all.path().join(name).join(&path);
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
            std::fs::copy(project.path().join(&path), to).expect("a file");
        }
    };
    let shop = Project::example("two-images");
    folder("shop", &shop);
    folder("group/api", &Project::fixture("small_api"));
    folder(
        "broken",
        &Project::fixture("small_api")
            .without("uv.lock")
            .with("dfgen.toml", ""),
    );
    folder("platform", &Project::example("workspace"));
    folder("ignored", &shop);
    folder("shop/.venv/lib/shop", &shop);
    all.with(".gitignore", "/ignored\n").with("README.md", "")
}

fn all(project: &Project, more: &[&str]) -> Ran {
    dfgen(&[&["render", "--all"], more].concat()).in_project(project)
}

#[test]
fn each_project_has_a_line_and_all_one_exit_code() {
    let services = services();
    insta::assert_snapshot!(all(&services, &[]), @"
    exit code: 2
    ----- stdout -----
    broken     error[no-lock]: there is no uv.lock in `./broken`
    group/api  wrote 6 files
    platform   current, 6 files
    shop       current, 6 files
    ----- stderr -----
    `dfgen render --project FOLDER` says what to do about one, `--verbose` about all
    ");
    insta::assert_snapshot!(all(&services, &["--check"]), @"
    exit code: 2
    ----- stdout -----
    broken     error[no-lock]: there is no uv.lock in `./broken`
    group/api  current, 6 files
    platform   current, 6 files
    shop       current, 6 files
    ----- stderr -----
    `dfgen render --project FOLDER` says what to do about one, `--verbose` about all
    ");
    let services = services
        .with(
            "broken/uv.lock",
            &Project::fixture("small_api").read("uv.lock"),
        )
        .with("group/api/dfgen.toml", "[profile.core-api]\nport = 8123\n");
    insta::assert_snapshot!(all(&services, &["--check", "--project", "group"]), @"
    exit code: 1
    ----- stdout -----
    api  stale: compose.yaml, core-api.Dockerfile
    ----- stderr -----
    `dfgen render --all` writes what is stale
    ");
    let one = dfgen(&["render", "--check"]).in_folder(&services, "shop");
    assert_eq!(
        one.code,
        Some(0),
        "what was written is what a render of one writes: {one}"
    );
    assert_eq!(all(&services, &["--quiet"]).code, Some(0));
    assert_eq!(all(&services, &["--check"]).code, Some(0));
}

#[test]
fn a_secret_in_a_project_is_in_no_line() {
    let services = Project::fixture("small_api").with(
        "dfgen.toml",
        "[profile.core-api]\nbase = \"https://a:gh0_Zx81Kq7Lm2Np4Rs6@example.org/x\"\n",
    );
    let run = all(&services, &["--verbose"]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(!run.to_string().contains("Zx81Kq7Lm2"), "{run}");
}

#[test]
fn no_project_at_all_is_an_error() {
    let run = all(&Project::empty().with("README.md", ""), &[]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("no project lies in"), "{run}");
}

#[test]
fn a_link_leads_nowhere_twice() {
    let services = Project::fixture("small_api");
    std::os::unix::fs::symlink(".", services.path().join("again")).expect("a link");
    let run = all(&services, &[]);
    assert_eq!(
        (run.code, run.stdout.lines().count()),
        (Some(0), 1),
        "{run}"
    );
    let outside = Command::new(env!("CARGO_BIN_EXE_dfgen"))
        .args(["render", "--all", "--check", "--project"])
        .arg(services.path())
        .output()
        .expect("dfgen runs");
    assert!(outside.status.success(), "{outside:?}");
}
