//! Packages of a folder of wheels: the lock has their paths and no hashes.

use crate::harness::{Project, dfgen};

const PYPROJECT: &str = r#"[project]
name = "shop"
version = "0.1.0"
requires-python = ">=3.13"
dependencies = ["money"]

[tool.uv]
find-links = ["vendor"]
"#;

const LOCK: &str = r#"version = 1
revision = 3
requires-python = ">=3.13"

[[package]]
name = "money"
version = "1.0"
source = { registry = "vendor" }
sdist = { path = "money-1.0.tar.gz" }
wheels = [
    { path = "money-1.0-cp313-cp313-manylinux_2_28_x86_64.whl" },
    { path = "sub/money-1.0-py3-none-any.whl" },
]

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "money" }]

[package.metadata]
requires-dist = [{ name = "money" }]
"#;

fn project() -> Project {
    Project::empty()
        .with("pyproject.toml", PYPROJECT)
        .with("uv.lock", LOCK)
        .with(
            "main.py",
            "import money\nif __name__ == '__main__':\n    money.count()\n",
        )
        .with("vendor/money-1.0.tar.gz", "")
        .with("vendor/money-1.0-cp313-cp313-manylinux_2_28_x86_64.whl", "")
        .with("vendor/sub/money-1.0-py3-none-any.whl", "")
}

#[test]
fn every_stage_that_runs_uv_has_the_files() {
    let run = dfgen(&["render", "--stdout"]).in_project(&project());
    assert_eq!(run.code, Some(0), "{run}");
    let copies = run.stdout.lines().filter(|line| line.contains("vendor"));
    insta::assert_snapshot!(copies.collect::<Vec<_>>().join("\n"), @r"
    COPY vendor/money-1.0-cp313-cp313-manylinux_2_28_x86_64.whl vendor/money-1.0.tar.gz vendor/
    COPY vendor/sub/money-1.0-py3-none-any.whl vendor/sub/
    COPY vendor/money-1.0-cp313-cp313-manylinux_2_28_x86_64.whl vendor/money-1.0.tar.gz vendor/
    COPY vendor/sub/money-1.0-py3-none-any.whl vendor/sub/
    !vendor/money-1.0-cp313-cp313-manylinux_2_28_x86_64.whl
    !vendor/money-1.0.tar.gz
    !vendor/sub/money-1.0-py3-none-any.whl
    ");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let project = project().without("vendor/sub/money-1.0-py3-none-any.whl");
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&project), @r"
    exit code: 2
    ----- stderr -----
    error[missing-file]: `vendor/sub/money-1.0-py3-none-any.whl` is not there, and uv.lock takes `money` from it
     |
     = note: the lock has no hash of a file of a local index: uv reads it for every image
     = help: put it there, and commit it: `git add --force vendor/sub/money-1.0-py3-none-any.whl`
     = help: or bring the lock up to what lies in `vendor/sub`: `uv lock`
    ");
}
