//! `dfgen why`: what it prints for a package that is in, and for each reason not to be.

use crate::harness::{Project, dfgen};

fn shop() -> Project {
    Project::fixture("models_in_an_extra")
}

#[test]
fn every_chain_and_what_leaves() {
    let run = dfgen(&["why", "torch", "--extra", "ml"]).in_project(&shop());
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    this selection: torch 2.9.0, 900 MB

    torch 2.9.0
    ├── shop-api 1.0.0 (extra ml, if platform_machine == 'x86_64')
    └── sentence-transformers 5.1.1
        └── shop-api 1.0.0 (extra ml)

    without torch, 1 more package leaves: 1.1 GB in all
       170 MB  triton 3.5.0
    in an image: about 2.0 GB on disk, 1.0 GB to pull
    ");
}

#[test]
fn a_step_that_was_explained_is_not_explained_again() {
    let run = dfgen(&["why", "numpy", "--extra", "ml"]).in_project(&shop());
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    this selection: numpy 2.3.4, 17 MB

    numpy 2.3.4
    ├── shop-api 1.0.0 (group dev)
    ├── sentence-transformers 5.1.1
    │   └── shop-api 1.0.0 (extra ml)
    └── transformers 4.57.1
        ├── sentence-transformers 5.1.1 (shown above)
        └── triton 3.5.0
            └── torch 2.9.0 (if platform_machine == 'x86_64')
                ├── shop-api 1.0.0 (extra ml, if platform_machine == 'x86_64')
                └── sentence-transformers 5.1.1 (shown above)

    without numpy, nothing else leaves
    in an image: about 49 MB on disk, 16 MB to pull
    ");
}

#[test]
fn extras_of_other_packages() {
    let run = dfgen(&["why", "psycopg2"]).in_project(&shop());
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    psycopg2
      core-api          2.9.10, 385 kB
      ml-inference-gpu  2.9.10, 385 kB

    core-api, ml-inference-gpu: psycopg2 2.9.10, 385 kB

    psycopg2 2.9.10
    └── sqlalchemy 2.0.44 (extra postgresql)
        └── shop-api 1.0.0 (as sqlalchemy[postgresql])

    without psycopg2, nothing else leaves
    ");
}

#[test]
fn the_project_itself() {
    let run = dfgen(&["why", "shop-api", "--no-dev"]).in_project(&shop());
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    this selection: shop-api 1.0.0, 0 B

    shop-api 1.0.0 (selected)

    without shop-api, 3 more packages leave: 2.4 MB in all
       1.9 MB  sqlalchemy 2.0.44
       385 kB  psycopg2 2.9.10
       100 kB  click 8.3.0
    ");
}

#[test]
fn out_because_an_extra_is_not_selected() {
    let run = dfgen(&["why", "torch"]).in_project(&shop());
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    torch
      core-api          not in it
      ml-inference-gpu  2.9.0, 900 MB; 1.1 GB with what only it needs

    core-api: no torch

    extra `ml` of `shop-api` is not selected:
      shop-api[ml] -> torch

    ml-inference-gpu: torch 2.9.0, 900 MB

    torch 2.9.0
    ├── shop-api 1.0.0 (extra ml, if platform_machine == 'x86_64')
    └── sentence-transformers 5.1.1
        └── shop-api 1.0.0 (extra ml)

    without torch, 1 more package leaves: 1.1 GB in all
       170 MB  triton 3.5.0
    in an image: about 2.0 GB on disk, 1.0 GB to pull
    ");
}

#[test]
fn out_because_of_the_platform() {
    let run = dfgen(&[
        "why",
        "triton",
        "--extra",
        "ml",
        "--platform",
        "linux/arm64",
    ]);
    insta::assert_snapshot!(run.in_project(&shop()), @"
    exit code: 0
    ----- stdout -----
    this selection: no triton

    `platform_machine == 'x86_64'` does not hold on linux/arm64 and Python 3.13.14:
      shop-api[ml] -> sentence-transformers -> torch -> triton
    ");
}

#[test]
fn a_group_of_a_root_without_a_name() {
    let project = Project::empty()
        .with("pyproject.toml", "[dependency-groups]\ndev = [\"ruff\"]\n")
        .with(
            "uv.lock",
            r#"
version = 1
requires-python = ">=3.12"

[manifest.dependency-groups]
dev = [{ name = "ruff" }]

[[package]]
name = "ruff"
version = "0.14.3"
source = { registry = "https://index.example/simple" }
"#,
        );
    let run = dfgen(&["why", "ruff", "--group", "dev"]).in_project(&project);
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    this selection: ruff 0.14.3, size unknown

    ruff 0.14.3
    └── pyproject.toml (group dev)

    without ruff, nothing else leaves
    ");
    let run = dfgen(&["why", "ruff", "--no-dev"]).in_project(&project);
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    this selection: no ruff

    group `dev` is not selected:
      group dev -> ruff
    ");
}

#[test]
fn a_name_that_is_not_locked() {
    let run = dfgen(&["why", "torhc"]).in_project(&shop());
    insta::assert_snapshot!(run, @"
    exit code: 2
    ----- stderr -----
    error[unknown-package]: `torhc` is not in uv.lock
     |
     = note: neither the project nor anything that it needs asks for it, in any extra or group
     = help: did you mean `torch`?
    ");
}

#[test]
fn a_name_that_is_none() {
    let run = dfgen(&["why", "torch==2.9"]).in_project(&shop());
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    error: invalid value 'torch==2.9' for '<PACKAGE>': Not a valid package or extra name: "torch==2.9". Names must start and end with a letter or digit and may only contain -, _, ., and alphanumeric characters.

    For more information, try '--help'.
    "#);
}

#[test]
fn no_project_here() {
    let run = dfgen(&["why", "torch"]).in_project(&Project::empty());
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     |
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`
     = help: start a project with `uv init`
    ");
}

#[test]
fn machines_read_what_is_in() {
    let run = dfgen(&["why", "psycopg2", "--no-dev", "--format", "json"]).in_project(&shop());
    assert_eq!(run.code, Some(0));
    insta::assert_json_snapshot!(run.json(), @r#"
    {
      "version": 1,
      "package": "psycopg2",
      "answers": [
        {
          "profile": "this selection",
          "platform": "linux/amd64",
          "python": "3.13.14",
          "in": true,
          "name": "psycopg2",
          "version": "2.9.10",
          "bytes": 385000,
          "selected": false,
          "needed-by": [
            {
              "by": "sqlalchemy",
              "version": "2.0.44",
              "extra": "postgresql",
              "group": null,
              "extras": [],
              "marker": null,
              "selected": false,
              "shown-above": false,
              "needed-by": [
                {
                  "by": "shop-api",
                  "version": "1.0.0",
                  "extra": null,
                  "group": null,
                  "extras": [
                    "postgresql"
                  ],
                  "marker": null,
                  "selected": true,
                  "shown-above": false,
                  "needed-by": []
                }
              ]
            }
          ],
          "leaving": [],
          "leaving-bytes": 0,
          "leaving-unknown": 0
        }
      ]
    }
    "#);
}

#[test]
fn machines_read_what_is_out() {
    let run = dfgen(&["why", "triton", "--no-dev", "--format", "json"]).in_project(&shop());
    insta::assert_json_snapshot!(run.json(), @r#"
    {
      "version": 1,
      "package": "triton",
      "answers": [
        {
          "profile": "this selection",
          "platform": "linux/amd64",
          "python": "3.13.14",
          "in": false,
          "ways": [
            {
              "chain": "shop-api[ml] -> torch -> triton",
              "edges": [
                {
                  "by": "shop-api",
                  "version": "1.0.0",
                  "extra": "ml",
                  "group": null,
                  "extras": [],
                  "marker": "platform_machine == 'x86_64'"
                },
                {
                  "by": "torch",
                  "version": "2.9.0",
                  "extra": null,
                  "group": null,
                  "extras": [],
                  "marker": "platform_machine == 'x86_64'"
                }
              ],
              "obstacles": [
                {
                  "kind": "not-selected",
                  "member": "shop-api",
                  "extra": "ml",
                  "group": null
                }
              ]
            }
          ]
        }
      ]
    }
    "#);
}
