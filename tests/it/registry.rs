//! `registry` and `uv`: where the images come from that dfgen names itself, and which uv builds.

use crate::harness::{Project, Ran, dfgen};

fn render(project: &Project) -> Ran {
    dfgen(&["render"]).in_project(project)
}

fn project(top: &str, profile: &str) -> Project {
    let settings = format!(
        "profiles = [\"core-api\"]\n{top}\n[profile.core-api]\nsilence = [\"unconnected-service\", \"open-password\"]\n{profile}\n"
    );
    Project::fixture("small_api").with("dfgen.toml", &settings)
}

/// Every line that names an image, of the Dockerfiles and the compose file.
fn images(project: &Project) -> String {
    let files = project.files().into_iter().filter(|path| {
        let names = [".Dockerfile", "compose.yaml"];
        path.starts_with("docker/") && names.iter().any(|name| path.ends_with(name))
    });
    let mut lines = Vec::new();
    for file in files {
        let text = project.read(&file);
        let names = |line: &&str| {
            let is_from = line.starts_with("FROM ") && line.contains(':');
            line.starts_with("# syntax=") || is_from || line.trim().starts_with("image: ")
        };
        lines.extend(
            text.lines()
                .filter(names)
                .map(|line| line.trim().to_owned()),
        );
    }
    lines.join("\n")
}

#[test]
fn a_mirror_stands_before_what_dfgen_names_and_not_before_what_the_user_names() {
    let registry = "registry = \"registry.company.example:5000/hub\"";
    let project = project(registry, "services = [\"postgresql\", \"redis:7.4\"]");
    let ran = render(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    insta::assert_snapshot!(images(&project), @r#"
    image: "shop-api-core-api"
    image: "registry.company.example:5000/hub/library/postgres:18"
    image: "redis:7.4"
    # syntax=registry.company.example:5000/hub/docker/dockerfile:1
    FROM registry.company.example:5000/hub/astral/uv:0.13.9 AS uv
    FROM registry.company.example:5000/hub/library/python:3.13-slim-trixie AS base
    "#);
    let own = self::project(registry, "base = \"python:3.13-slim-bookworm\"");
    assert_eq!(render(&own).code, Some(0));
    insta::assert_snapshot!(images(&own), @r#"
    image: "shop-api-core-api"
    # syntax=registry.company.example:5000/hub/docker/dockerfile:1
    FROM registry.company.example:5000/hub/astral/uv:0.13.9 AS uv
    FROM python:3.13-slim-bookworm AS base
    "#);
    let rust = Project::example("rust-extension").with("dfgen.toml", &format!("{registry}\n"));
    assert_eq!(render(&rust).code, Some(0));
    insta::assert_snapshot!(images(&rust), @r#"
    image: "nearby-core-api"
    # syntax=registry.company.example:5000/hub/docker/dockerfile:1
    FROM registry.company.example:5000/hub/astral/uv:0.13.9 AS uv
    FROM registry.company.example:5000/hub/library/rust:1.95.0-slim-trixie AS rust
    FROM registry.company.example:5000/hub/library/python:3.13-slim-trixie AS base
    "#);
    // What bots raise there is kept.
    let path = "docker/core-api.Dockerfile";
    let text = project
        .read(path)
        .replace("library/python:3.13-", "library/python:3.13.20-");
    let raised = project.with(path, &text);
    let checked = dfgen(&["render", "--check"]).in_project(&raised);
    assert_eq!(checked.code, Some(0), "{checked}");
}

#[test]
fn uv_by_version_and_by_image() {
    for (said, image) in [
        ("0.12.24", "ghcr.io/astral-sh/uv:0.12.24"),
        (
            "registry.example/tools/uv:0.13",
            "registry.example/tools/uv:0.13",
        ),
    ] {
        let project = project(&format!("uv = \"{said}\""), "");
        assert_eq!(render(&project).code, Some(0));
        assert!(images(&project).contains(&format!("FROM {image} AS uv")));
    }
}

#[test]
fn what_is_no_mirror_and_no_uv_is_told() {
    let digest = "a".repeat(63);
    let tops = [
        "registry = \"https://registry.company.example\"".to_owned(),
        "registry = \"mirror\"".to_owned(),
        "registry = \"registry.company.example/mirror:1\"".to_owned(),
        "uv = \"new\"".to_owned(),
        "uv = \"ghcr.io/astral-sh/uv\"".to_owned(),
        format!("uv = \"ghcr.io/astral-sh/uv@sha256:{digest}\""),
    ];
    let messages = tops.map(|top| render(&project(&top, "")).to_string());
    insta::assert_snapshot!(messages.join("\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `registry` cannot be `https://registry.company.example`
     --> dfgen.toml:2:12
      |
    2 | registry = "https://registry.company.example"
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a registry's host, and a path where there is one: `registry.company.example/mirror`, without `https://` and tag

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `registry` cannot be `mirror`
     --> dfgen.toml:2:12
      |
    2 | registry = "mirror"
      |            ^^^^^^^^ a registry's host, and a path where there is one: `registry.company.example/mirror`, without `https://` and tag

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `registry` cannot be `registry.company.example/mirror:1`
     --> dfgen.toml:2:12
      |
    2 | registry = "registry.company.example/mirror:1"
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a registry's host, and a path where there is one: `registry.company.example/mirror`, without `https://` and tag

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `uv` cannot be `new`
     --> dfgen.toml:2:6
      |
    2 | uv = "new"
      |      ^^^^^ a version of uv such as `0.13.9`, or an image such as `registry.company.example/uv:0.13.9`

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `uv` cannot be `ghcr.io/astral-sh/uv`
     --> dfgen.toml:2:6
      |
    2 | uv = "ghcr.io/astral-sh/uv"
      |      ^^^^^^^^^^^^^^^^^^^^^^ an image of uv with a tag or a digest

    exit code: 2
    ----- stderr -----
    error[invalid-value]: `uv` cannot be `ghcr.io/astral-sh/uv@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
     --> dfgen.toml:2:6
      |
    2 | uv = "ghcr.io/astral-sh/uv@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ its digest is no `sha256:` with 64 hexadecimal digits
    "#);
    let base = render(&project(
        "",
        &format!("base = \"python:3.13-slim@sha256:{digest}\""),
    ));
    assert!(base.stderr.contains("its digest is no"), "{base}");
}

#[test]
fn a_uv_outside_of_what_the_project_requires_is_told() {
    let project = project("uv = \"0.12.24\"", "");
    let manifest = project.read("pyproject.toml") + "\n[tool.uv]\nrequired-version = \">=0.13\"\n";
    let project = project.with("pyproject.toml", &manifest);
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[no-uv]: `uv` asks for 0.12.24, and `required-version` of [tool.uv] for >=0.13
      --> dfgen.toml:2:7
       |
     2 | uv = "0.12.24"
       |       ^^^^^^^ outside of that range
       |
      ::: pyproject.toml:15:20
       |
    15 | required-version = ">=0.13"
       |                    ^^^^^^^^ the range
       |
       = help: take a uv that the range allows, or leave `uv` out
    "#);
}
