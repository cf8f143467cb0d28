//! Versions of images that bots raise in the generated files.

use crate::harness::{Project, Ran, dfgen};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// `small_api` with these lines in its one profile.
fn small_api(lines: &str) -> Project {
    Project::fixture("small_api").with("dfgen.toml", &settings(lines))
}

fn settings(lines: &str) -> String {
    format!(
        "profiles = [\"core-api\"]\n[profile.core-api]\nsilence = [\"unconnected-service\", \"open-password\"]\n{lines}"
    )
}

/// `small_api` with a database, rendered.
fn rendered() -> Project {
    let project = small_api("services = [\"postgresql\"]\n");
    assert_eq!(render(&project).code, Some(0));
    project
}

fn render(project: &Project) -> Ran {
    dfgen(&["render"]).in_project(project)
}

fn check(project: &Project) -> Ran {
    dfgen(&["render", "--check"]).in_project(project)
}

/// Puts another text into a file that is there.
fn raised(project: Project, path: &str, from: &str, to: &str) -> Project {
    let text = project.read(path);
    assert!(text.contains(from), "{from} in\n{text}");
    project.with(path, &text.replace(from, to))
}

fn dockerfile(project: Project, from: &str, to: &str) -> Project {
    raised(project, "docker/core-api.Dockerfile", from, to)
}

fn has(project: &Project, path: &str, line: &str) {
    let text = project.read(path);
    assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
}

#[test]
fn what_bots_raise_is_kept() {
    let project = rendered();
    let base = format!("python:3.13.15-slim-trixie@{DIGEST}");
    let project = dockerfile(project, "python:3.13-slim-trixie", &base);
    let project = dockerfile(project, "uv:0.13.9", "uv:0.14.2");
    let project = dockerfile(project, "docker/dockerfile:1", "docker/dockerfile:1.20");
    let compose = "docker/compose.yaml";
    let project = raised(
        project,
        compose,
        "postgres:18",
        &format!("postgres:18.4@{DIGEST}"),
    );
    let checked = check(&project);
    assert_eq!(checked.code, Some(0), "{checked}");
    // Another change of the plan writes the files again, twice.
    for value in ["b", "c"] {
        let lines = format!("services = [\"postgresql\"]\nenv = {{ A = \"{value}\" }}\n");
        let project = Project::copied(&project).with("dfgen.toml", &settings(&lines));
        let ran = render(&project);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(!ran.stderr.contains("replaced-image"), "{ran}");
        let file = "docker/core-api.Dockerfile";
        has(&project, file, &format!("FROM {base} AS base"));
        has(&project, file, "FROM ghcr.io/astral-sh/uv:0.14.2 AS uv");
        has(&project, file, "# syntax=docker/dockerfile:1.20");
        has(
            &project,
            compose,
            &format!("    image: \"postgres:18.4@{DIGEST}\""),
        );
        assert_eq!(check(&project).code, Some(0));
    }
    let plan = dfgen(&["plan"]).in_project(&project).stdout;
    let rows: Vec<&str> = plan
        .lines()
        .filter(|line| line.contains("in place of") || line.contains("Python  "))
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @"
    Python           3.13.15                      what the base image has
                       docker/core-api.Dockerfile has it in place of python:3.13-slim-trixie: the slim image of Python 3.13
    uv               ghcr.io/astral-sh/uv:0.14.2  docker/core-api.Dockerfile has it in place of ghcr.io/astral-sh/uv:0.13.9: the newest that dfgen was tested with; it builds the image, and is not in it
    # syntax=  docker/dockerfile:1.20  docker/core-api.Dockerfile has it in place of docker/dockerfile:1: the newest of its major version
    postgresql  backing service                  the image postgres:18.4@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: docker/compose.yaml has it in place of postgres:18: dfgen.toml:4
    ");
}

#[test]
fn what_does_not_fit_is_written_back_and_told() {
    let project = dockerfile(
        rendered(),
        "python:3.13-slim-trixie",
        "python:3.14-slim-trixie",
    );
    let project = dockerfile(project, "docker/dockerfile:1", "docker/dockerfile:2");
    let compose = "docker/compose.yaml";
    let project = raised(project, compose, "postgres:18", "postgres:19");
    let checked = check(&project);
    assert_eq!(checked.code, Some(1), "{checked}");
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 0
    ----- stderr -----
    warning[replaced-image]: `docker/core-api.Dockerfile` has `python:3.14-slim-trixie`, and `python:3.13-slim-trixie` is written instead: it is another minor version of Python
     |
     = note: `python:3.13-slim-trixie` is planned: the slim image of Python 3.13
     = help: what says it: `base = "python:3.14-slim-trixie"` in [profile.core-api] of dfgen.toml

    warning[replaced-image]: `docker/core-api.Dockerfile` has `docker/dockerfile:2`, and `docker/dockerfile:1` is written instead: it is another major version
     |
     = note: `docker/dockerfile:1` is planned: the newest of its major version

    warning[replaced-image]: `docker/compose.yaml` has `postgres:19`, and `postgres:18` is written instead: it is another major version
     |
     = note: `postgres:18` is planned: dfgen.toml:4
     = help: what says it: `services = ["postgres:19"]` in the profile, in dfgen.toml

    `dfgen explain replaced-image` says more about it

    core-api: dfgen.toml:1
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    "#);
    has(
        &project,
        "docker/core-api.Dockerfile",
        "FROM python:3.13-slim-trixie AS base",
    );
    insta::assert_snapshot!(render(&project), @"
    exit code: 0
    ----- stderr -----
    core-api: dfgen.toml:1
    nothing to do: the files are as a fresh render has them
    ");
}

#[test]
fn uv_is_kept_within_what_the_project_requires() {
    let project = small_api("");
    let manifest =
        project.read("pyproject.toml") + "\n[tool.uv]\nrequired-version = \">=0.13,<0.14\"\n";
    let project = project.with("pyproject.toml", &manifest);
    assert_eq!(render(&project).code, Some(0));
    let project = dockerfile(project, "uv:0.13.9", "uv:0.13.20");
    assert_eq!(check(&project).code, Some(0));
    let project = dockerfile(project, "uv:0.13.20", "uv:0.14.2");
    insta::assert_snapshot!(render(&project), @"
    exit code: 0
    ----- stderr -----
    warning[replaced-image]: `docker/core-api.Dockerfile` has `ghcr.io/astral-sh/uv:0.14.2`, and `ghcr.io/astral-sh/uv:0.13.9` is written instead: `required-version` of [tool.uv] asks for >=0.13, <0.14
     |
     = note: `ghcr.io/astral-sh/uv:0.13.9` is planned: required-version of pyproject.toml:15
     = help: what says it: `required-version` in [tool.uv] of pyproject.toml

    `dfgen explain replaced-image` says more about it

    core-api: dfgen.toml:1
    wrote docker/core-api.Dockerfile
    ");
}

#[test]
fn what_dfgen_toml_says_anew_is_later_than_a_bot() {
    let project = dockerfile(
        rendered(),
        "python:3.13-slim-trixie",
        "python:3.13.15-slim-trixie",
    );
    let lines = "services = [\"postgresql\"]\nbase = \"python:3.13.12-slim-trixie\"\n";
    let project = project.with("dfgen.toml", &settings(lines));
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 0
    ----- stderr -----
    note[replaced-image]: `docker/core-api.Dockerfile` has `python:3.13.15-slim-trixie`, and `python:3.13.12-slim-trixie` is written instead: dfgen.toml:5 says so now
     |
     = note: `python:3.13.12-slim-trixie` is planned: dfgen.toml:5
     = help: what says it: `base = "python:3.13.15-slim-trixie"` in [profile.core-api] of dfgen.toml

    `dfgen explain replaced-image` says more about it

    core-api: dfgen.toml:1
    wrote docker/core-api.Dockerfile
    "#);
    has(
        &project,
        "docker/core-api.Dockerfile",
        "FROM python:3.13.12-slim-trixie AS base",
    );
    // What the user says and a bot raises later is kept.
    let project = dockerfile(
        project,
        "python:3.13.12-slim-trixie",
        "python:3.13.14-slim-trixie",
    );
    assert_eq!(check(&project).code, Some(0));
}

#[test]
fn images_of_own_instructions_and_steps_are_kept() {
    let lines = "instructions = { base = [\"COPY --from=busybox:1.36 /bin/busybox /bin/\"], runtime = [\"RUN --mount=type=bind,from=busybox:1.37,source=/bin,target=/b true\"] }\n\
        build-steps = [{ run = [\"npm run build\"], keep = [\"dist\"], image = \"node:22-slim\", copy = [\"README.md\"] }]\n";
    let project = small_api(lines).with("README.md", "");
    let ran = render(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let project = dockerfile(project, "busybox:1.36", &format!("busybox:1.36.1@{DIGEST}"));
    let project = dockerfile(project, "busybox:1.37", "busybox:1.38");
    let project = dockerfile(project, "node:22-slim", "node:22.9-slim");
    let checked = check(&project);
    assert_eq!(checked.code, Some(0), "{checked}");
}

#[test]
fn both_bases_of_a_pair_are_kept() {
    let pair = "base = { build = \"python:3.13-trixie\", runtime = \"python:3.13-slim-trixie\" }\n";
    let project = small_api(pair);
    let ran = render(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let project = dockerfile(project, "python:3.13-trixie", "python:3.13.15-trixie");
    let project = dockerfile(
        project,
        "python:3.13-slim-trixie",
        "python:3.13.15-slim-trixie",
    );
    let checked = check(&project);
    assert_eq!(checked.code, Some(0), "{checked}");
    let project = dockerfile(project, "python:3.13.15-trixie", "python:3.14-trixie");
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 0
    ----- stderr -----
    warning[replaced-image]: `docker/core-api.Dockerfile` has `python:3.14-trixie`, and `python:3.13-trixie` is written instead: it is another minor version of Python
     |
     = note: `python:3.13-trixie` is planned: dfgen.toml:4
     = help: what says it: `base = "python:3.14-trixie"` in [profile.core-api] of dfgen.toml

    `dfgen explain replaced-image` says more about it

    core-api: dfgen.toml:1
    wrote docker/core-api.Dockerfile
    "#);
}

#[test]
fn a_base_that_is_raised_in_one_of_two_is_told() {
    let project = Project::example("two-images");
    assert_eq!(render(&project).code, Some(0));
    let project = dockerfile(
        project,
        "python:3.13-slim-trixie",
        "python:3.13.15-slim-trixie",
    );
    insta::assert_snapshot!(check(&project), @"
    exit code: 0
    ----- stderr -----
    warning[uneven-base]: `core-api` and `ml-inference-cpu` no longer share their base image
     |
     = note: docker/core-api.Dockerfile: python:3.13.15-slim-trixie
     = note: docker/ml-inference-cpu.Dockerfile: python:3.13-slim-trixie
     = help: write `FROM python:3.13.15-slim-trixie AS base` into each of them, then `dfgen render`

    note[backing-service]: the locked drivers speak to `postgresql`
    `dfgen explain backing-service` and `dfgen explain uneven-base` say more about it; `--verbose` has notes in full

    6 files are up to date
    ");
}

#[test]
fn any_other_edit_is_still_one() {
    for (from, to) in [
        ("python:3.13-slim-trixie", "other/python:3.13-slim-trixie"),
        (
            "FROM python:3.13-slim-trixie AS base",
            "FROM python:3.13-slim-trixie AS bass",
        ),
        ("python:3.13-slim-trixie", "${BASE}"),
        ("EXPOSE 8000", "EXPOSE 8001"),
    ] {
        let project = dockerfile(rendered(), from, to);
        let ran = render(&project);
        assert_eq!(ran.code, Some(2), "{to}: {ran}");
        assert!(ran.stderr.contains("edited-file"), "{ran}");
    }
}
