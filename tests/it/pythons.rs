//! Which Python an image runs on, by what version files say.

use crate::harness::{Project, dfgen};

fn project(requires: &str) -> Project {
    let table = format!("name = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \"{requires}\"\n");
    let lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \"{requires}\"\n\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\n"
    );
    Project::empty()
        .with("pyproject.toml", &format!("[project]\n{table}"))
        .with("uv.lock", &lock)
        .with(
            "main.py",
            "if __name__ == '__main__':\n    print('hello')\n",
        )
}

/// Version and reason of the plan's Python; the message, where there is none.
fn python(file: &str, text: &str) -> String {
    let project = project(">=3.11").with(file, text);
    let run = dfgen(&["plan", "--format", "json"]).in_project(&project);
    if run.code != Some(0) {
        return run.stderr.lines().take(1).collect();
    }
    let plan = run.json();
    let python = &plan["images"][0]["python"];
    format!(
        "{} ({})",
        python["value"].as_str().unwrap_or("?"),
        python["because"].as_str().unwrap_or("?")
    )
}

#[test]
fn every_form_is_met_or_refused() {
    let forms = [
        (".python-version", "3.12\n"),
        (".python-version", "3.12.3\n"),
        (".python-version", "cpython@3.12\n"),
        (".python-version", "cpython-3.12.3-linux-x86_64-gnu\n"),
        (".python-version", ">=3.11,<3.13\n"),
        (".python-version", "# ours\n3.12\n3.11\n"),
        (".python-version", "3\n"),
        (".python-version", "3.13t\n"),
        (".python-version", "3.13+freethreaded\n"),
        (".python-version", "pypy3.10\n"),
        (".python-version", "3.99\n"),
        (".python-version", "3.10\n"),
        (".python-version", "latest\n"),
        (".python-version", "what is this\n"),
        (".tool-versions", "nodejs 22.1.0\npython 3.12.4\n"),
        ("mise.toml", "[tools]\npython = \"3.12\"\n"),
        ("runtime.txt", "python-3.12.4\n"),
        ("runtime.txt", "python-3.6.9\n"),
    ];
    let lines = forms.map(|(file, text)| format!("{file} {text:?}: {}", python(file, text)));
    insta::assert_snapshot!(lines.join("\n"), @r##"
    .python-version "3.12\n": 3.12.13 (.python-version)
    .python-version "3.12.3\n": 3.12.13 (.python-version; it says 3.12.3, and the image has the newest 3.12)
    .python-version "cpython@3.12\n": 3.12.13 (.python-version)
    .python-version "cpython-3.12.3-linux-x86_64-gnu\n": 3.12.13 (.python-version; it says cpython-3.12.3-linux-x86_64-gnu, and the image has the newest 3.12)
    .python-version ">=3.11,<3.13\n": 3.12.13 (.python-version (>=3.11,<3.13): dfgen's choice of the Pythons that the project allows; every package has a wheel on 3.12)
    .python-version "# ours\n3.12\n3.11\n": 3.12.13 (.python-version)
    .python-version "3\n": 3.13.14 (.python-version (3): dfgen's choice of the Pythons that the project allows; every package has a wheel on 3.13)
    .python-version "3.13t\n": error[unusable-python]: no image has the Python `3.13t` that .python-version asks for
    .python-version "3.13+freethreaded\n": error[unusable-python]: no image has the Python `3.13+freethreaded` that .python-version asks for
    .python-version "pypy3.10\n": error[unusable-python]: no image has the Python `pypy3.10` that .python-version asks for
    .python-version "3.99\n": error[unusable-python]: no image has the Python `3.99` that .python-version asks for
    .python-version "3.10\n": error[unfit-python]: .python-version asks for Python 3.10, the project for >=3.11
    .python-version "latest\n": error[unusable-python]: no image has the Python `latest` that .python-version asks for
    .python-version "what is this\n": error[unusable-python]: no image has the Python `what is this` that .python-version asks for
    .tool-versions "nodejs 22.1.0\npython 3.12.4\n": 3.12.13 (.tool-versions; it says 3.12.4, and the image has the newest 3.12)
    mise.toml "[tools]\npython = \"3.12\"\n": 3.12.13 (mise.toml)
    runtime.txt "python-3.12.4\n": 3.12.13 (runtime.txt; it says python-3.12.4, and the image has the newest 3.12)
    runtime.txt "python-3.6.9\n": error[unusable-python]: no image has the Python `python-3.6.9` that runtime.txt asks for
    "##);
}

#[test]
fn what_no_image_has_is_told_with_the_line() {
    let project = project(">=3.11").with(".python-version", "# ours\n3.13t\n");
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[unusable-python]: no image has the Python `3.13t` that .python-version asks for
     --> .python-version:2:1
      |
    2 | 3.13t
      | ^^^^^ asked for here
      |
      = note: there is no official image of a free-threaded or a debug build
      = note: dfgen knows images of Python 3.8, 3.9, 3.10, 3.11, 3.12, 3.13, 3.14
      = help: pin one that is there: `uv python pin 3.13`
      = help: or say it for one image, in dfgen.toml: `python = "3.13"` in [profile.NAME], and `base = ".."` where the image is your own
    "#);
}

#[test]
fn what_the_project_forbids_is_told_with_the_line() {
    let project = project(">=3.11").with(".tool-versions", "python 3.10.2\n");
    insta::assert_snapshot!(dfgen(&["closure"]).in_project(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[unfit-python]: .tool-versions asks for Python 3.10.2, the project for >=3.11
     --> .tool-versions:1:8
      |
    1 | python 3.10.2
      |        ^^^^^^ outside of that range
      |
      = note: `requires-python` in pyproject.toml says the range
      = help: pin one that is there: `uv python pin 3.13` writes .python-version, which stands above .tool-versions
      = help: or say it for one image, in dfgen.toml: `python = "3.13"` in [profile.NAME], and `base = ".."` where the image is your own
    "#);
}

#[test]
fn the_end_of_a_python_is_told_with_its_date() {
    let project = project(">=3.9").with(".python-version", "3.9\n");
    insta::assert_snapshot!(dfgen(&["render", "--strict"]).in_project(&project), @r#"
    exit code: 1
    ----- stderr -----
    warning[end-of-life-python]: `core-api` runs on Python 3.9, which has had no security fixes since 2025-10-31
     --> .python-version:1:1
      |
    1 | 3.9
      | ^^^ asked for here
      |
      = help: take a newer one: `uv python pin 3.11`
      = help: where `requires-python` forbids it, raise that, as `requires-python = ">=3.11"`, and run `uv lock`

    `dfgen explain end-of-life-python` says more about it

    nothing was written: 1 warning is an error with `--strict`; mend what is told, or silence it in dfgen.toml: `silence = ["RULE"]`
    "#);
}

#[test]
fn a_patch_version_is_that_of_the_image() {
    let told = |patch: &str| {
        let settings = format!("[profile.core-api]\npython = \"{patch}\"\n");
        let run = dfgen(&["plan"]).in_project(&project(">=3.11").with("dfgen.toml", &settings));
        let mut lines = run.stdout.lines().map(str::trim);
        lines
            .find(|line| line.contains("3.12"))
            .unwrap_or_default()
            .to_owned()
    };
    insta::assert_snapshot!(told("3.12.3"), @"Python           3.12.3                       dfgen.toml:2");
    insta::assert_snapshot!(told("3.12.99"), @"Python           3.12.13                      dfgen.toml:2; it says 3.12.99, and the image has the newest 3.12");
}

/// A range that names a patch version which came after dfgen's table gets that one: no other fits.
#[test]
fn a_patch_version_newer_than_the_table_is_taken_where_no_other_fits() {
    let project = project("==3.14.99").with(".python-version", "3.14.99\n");
    let run = dfgen(&["render"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    let text = project.read("docker/core-api.Dockerfile");
    assert!(
        text.contains("FROM python:3.14.99-slim-trixie AS base"),
        "{text}"
    );
}
