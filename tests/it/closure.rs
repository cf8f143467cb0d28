//! `dfgen closure`: uv's selection words, or a profile's.

use crate::harness::{Project, dfgen};

fn api() -> Project {
    Project::fixture("small_api")
}

#[test]
fn of_a_selection() {
    insta::assert_snapshot!(dfgen(&["closure", "--no-dev"]).in_project(&api()), @"
    exit code: 0
    ----- stdout -----
    fastapi==0.121.0
    uvicorn==0.38.0
    ");
}

#[test]
fn of_a_profile() {
    let run = dfgen(&["closure", "--profile", "ml-inference"]).in_project(&api());
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    fastapi==0.121.0
    torch==2.9.0
    triton==3.5.0
    uvicorn==0.38.0
    ");
    let run = dfgen(&["closure", "--profile", "core-api", "--format", "json"]).in_project(&api());
    insta::assert_json_snapshot!(run.json()["packages"][0], @r#"
    {
      "name": "fastapi",
      "version": "0.121.0",
      "source": {
        "kind": "registry",
        "place": "https://index.example/simple"
      },
      "extras": [],
      "file": {
        "kind": "wheel",
        "name": "fastapi-0.121.0-py3-none-any.whl",
        "bytes": 109000
      },
      "reasons": [
        {
          "by": "shop-api",
          "extra": null,
          "group": null,
          "extras": [],
          "marker": null
        }
      ]
    }
    "#);
}

#[test]
fn of_a_profile_for_another_target() {
    let arguments = [
        "closure",
        "--profile",
        "core-api",
        "--platform",
        "linux/arm64",
        "--python",
        "3.12",
        "--format",
        "json",
    ];
    let json = dfgen(&arguments).in_project(&api()).json();
    assert_eq!(json["platform"], "linux/arm64");
    assert!(
        json["python"]
            .as_str()
            .is_some_and(|python| python.starts_with("3.12."))
    );
}

#[test]
fn a_profile_selects_by_itself() {
    let run = dfgen(&["closure", "--profile", "core-api", "--extra", "ml"]).in_project(&api());
    insta::assert_snapshot!(run, @"
    exit code: 2
    ----- stderr -----
    error: the argument '--profile <NAME>' cannot be used with:
      --extra <NAME>
      --all-extras
      --no-extra <NAME>
      --group <NAME>
      --no-group <NAME>
      --only-group <NAME>
      --all-groups
      --no-dev
      --only-dev
      --no-default-groups
      --package <NAME>
      --all-packages

    Usage: dfgen closure --profile <NAME>

    For more information, try '--help'.
    ");
}
