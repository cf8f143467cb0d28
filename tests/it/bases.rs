//! Which base images can be, and what is said of those that cannot.

use crate::harness::{Project, dfgen};

/// What is said of a base, without the frame of the source.
fn said(base: &str, more: &str) -> String {
    said_of("core-api", base, more)
}

fn said_of(profile: &str, base: &str, more: &str) -> String {
    let settings = format!("[profile.{profile}]\nbase = {base}\n{more}");
    let project = Project::example("two-images").with("dfgen.toml", &settings);
    let plan = dfgen(&["plan", "--profile", profile, "--format", "json"]).in_project(&project);
    if plan.code == Some(0) {
        let plan = plan.json();
        let image = &plan["images"][0];
        let builder = image["builder"]["value"].as_str();
        return format!(
            "{} {} by {}, its Python from {}{}",
            image["python"]["value"].as_str().unwrap_or("?"),
            image["base"]["value"].as_str().unwrap_or("?"),
            builder.unwrap_or("itself"),
            image["python-source"].as_str().unwrap_or("?"),
            if image["foreign-base"] == true {
                ", foreign"
            } else {
                ""
            },
        );
    }
    assert_eq!(plan.code, Some(2), "{plan}");
    let told = |line: &&str| line.starts_with("error") || line.contains("= ");
    let lines = plan.stderr.lines().filter(told);
    let lines = lines.filter(|line| !line.contains(" | ") || line.starts_with("error"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn one_image() {
    let bases = [
        "\"python:3.13-slim-bookworm\"",
        "\"registry.example/base/python:3.13-slim\"",
        "\"debian:trixie-slim\"",
        "\"registry.access.redhat.com/ubi9/python-312\"",
        "\"python:3.13-alpine\"",
        "\"busybox\"",
        "\"dhi.io/python:3.13-debian13\"",
        "\"gcr.io/distroless/cc-debian13\"",
        "\"gcr.io/distroless/python3-debian12\"",
    ];
    let lines = bases.map(|base| format!("{base}: {}", said(base, "")));
    insta::assert_snapshot!(lines.join("\n"), @r#"
    "python:3.13-slim-bookworm": 3.13.14 python:3.13-slim-bookworm by itself, its Python from image
    "registry.example/base/python:3.13-slim": 3.13.14 registry.example/base/python:3.13-slim by itself, its Python from image, foreign
    "debian:trixie-slim": 3.13.14 debian:trixie-slim by itself, its Python from uv
    "registry.access.redhat.com/ubi9/python-312": 3.12.13 registry.access.redhat.com/ubi9/python-312 by itself, its Python from image, foreign
    "python:3.13-alpine": error[unfit-base]: `python:3.13-alpine` has musl 1.2, and dfgen's files are for Debian and its glibc
      = help: take `base = "python:3.13-slim-trixie"`, or leave `base` out
    "busybox": error[unfit-base]: `busybox` cannot be a base: it has neither Python nor the libraries that wheels need
      = help: take `base = "python:3.13-slim-trixie"`, or leave `base` out
    "dhi.io/python:3.13-debian13": error[unfit-base]: `dhi.io/python:3.13-debian13` has no shell, so nothing can be installed on it
      = help: let another one build: `base = { build = "dhi.io/python:3.13-debian13-dev", runtime = "dhi.io/python:3.13-debian13" }` in [profile.core-api] of dfgen.toml
    "gcr.io/distroless/cc-debian13": error[unfit-base]: `gcr.io/distroless/cc-debian13` has no shell, so nothing can be installed on it
      = help: let another one build: `base = { build = "debian:trixie-slim", runtime = "gcr.io/distroless/cc-debian13" }` in [profile.core-api] of dfgen.toml
    "gcr.io/distroless/python3-debian12": error[unfit-base]: `gcr.io/distroless/python3-debian12` has no shell, so nothing can be installed on it
      = help: let another one build: `base = { build = "debian:bookworm-slim", runtime = "gcr.io/distroless/cc-debian12" }` in [profile.core-api] of dfgen.toml
    "#);
}

#[test]
fn a_pair() {
    let pair = |build: &str, runtime: &str| {
        let base = format!("{{ build = \"{build}\", runtime = \"{runtime}\" }}");
        format!("{build} + {runtime}: {}", said(&base, ""))
    };
    let lines = [
        pair(
            "dhi.io/python:3.13-debian13-dev",
            "dhi.io/python:3.13-debian13",
        ),
        pair("debian:trixie-slim", "gcr.io/distroless/cc-debian13"),
        pair(
            "dhi.io/python:3.13-debian13",
            "dhi.io/python:3.13-debian13-dev",
        ),
        pair("python:3.13-slim", "gcr.io/distroless/cc-debian13"),
        pair("python:3.13.5-slim-trixie", "python:3.13.4-slim-trixie"),
        pair("python:3.12-slim-trixie", "dhi.io/python:3.13-debian13"),
        pair("python:3.13-slim-trixie", "dhi.io/python:3.13-debian12"),
        pair("python:3.13-slim-trixie", "Not An Image"),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    dhi.io/python:3.13-debian13-dev + dhi.io/python:3.13-debian13: 3.13.14 dhi.io/python:3.13-debian13 by itself, its Python from image, foreign
    debian:trixie-slim + gcr.io/distroless/cc-debian13: 3.13.14 gcr.io/distroless/cc-debian13 by itself, its Python from uv, foreign
    dhi.io/python:3.13-debian13 + dhi.io/python:3.13-debian13-dev: error[unfit-base]: `dhi.io/python:3.13-debian13` has no shell, so nothing can be installed on it
      = help: `build` takes the image with a shell, `runtime` the one without
    python:3.13-slim + gcr.io/distroless/cc-debian13: error[unfit-base]: `python:3.13-slim` and `gcr.io/distroless/cc-debian13` are no pair: the one has a Python of its own, and the other has none
      = help: take two with the same Python, or two without one, as `debian:trixie-slim`: both get uv's own build of it
    python:3.13.5-slim-trixie + python:3.13.4-slim-trixie: error[unfit-base]: `python:3.13.5-slim-trixie` and `python:3.13.4-slim-trixie` are no pair: 3.13.5 builds, and 3.13.4 runs
      = help: take tags of the same version and the same system
    python:3.12-slim-trixie + dhi.io/python:3.13-debian13: error[unfit-base]: `python:3.12-slim-trixie` and `dhi.io/python:3.13-debian13` are no pair: 3.12 builds, and 3.13 runs
      = help: take tags of the same version and the same system
    python:3.13-slim-trixie + dhi.io/python:3.13-debian12: error[unfit-base]: `python:3.13-slim-trixie` and `dhi.io/python:3.13-debian12` are no pair: glibc 2.41 builds, and glibc 2.36 runs
      = help: take tags of the same version and the same system
    python:3.13-slim-trixie + Not An Image: error[invalid-value]: `base.runtime` cannot be `Not An Image`
    ");
}

#[test]
fn debian_packages_need_apt() {
    let needing = "apt = { runtime = [\"libpq5\"], build = [\"libpq-dev\"] }\n";
    let lines = [
        said("\"registry.access.redhat.com/ubi9/python-313\"", needing),
        said(
            "{ build = \"dhi.io/python:3.13-debian13-dev\", runtime = \"dhi.io/python:3.13-debian13\" }",
            needing,
        ),
        said(
            "{ build = \"python:3.13-bookworm\", runtime = \"python:3.13-slim-bookworm\" }",
            needing,
        ),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    error[unfit-base]: `registry.access.redhat.com/ubi9/python-313` has dnf, not apt, and what is locked needs Debian packages to run
      = note: libpq5: dfgen.toml
      = help: take `base = "python:3.13-slim-trixie"`, or leave `base` out
    error[unfit-base]: `registry.access.redhat.com/ubi9/python-313` has dnf, not apt, and what is locked needs Debian packages to be built
      = note: libpq-dev: dfgen.toml
      = help: take `base = "python:3.13-slim-trixie"`, or leave `base` out
    error[unfit-base]: `dhi.io/python:3.13-debian13` has no shell and no apt, and what is locked needs Debian packages to run
      = note: libpq5: dfgen.toml
      = help: take `base = "python:3.13-slim-trixie"`, or leave `base` out
    3.13.14 python:3.13-slim-bookworm by itself, its Python from image
    "#);
}

#[test]
fn what_the_name_says_holds() {
    let python = "python = \"3.13\"\n";
    let lines = [
        said_of("ml-inference-cpu", "\"python:3.13-alpine3.22\"", ""),
        said("\"python:3.12-slim\"", python),
        said(
            "{ build = \"debian:bookworm-slim\", runtime = \"gcr.io/distroless/python3-debian12\" }",
            python,
        ),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    error[unfit-base]: `python:3.13-alpine3.22` has musl 1.2, and dfgen's files are for Debian and its glibc
      = note: packages whose wheels do not fit it: onnxruntime
      = help: take `base = "python:3.13-slim-trixie"`, or leave `base` out
    error[two-pythons]: the profile `core-api` asks for Python 3.13.14, and its base image has 3.12
      = help: leave `python` out: the base image decides; or leave `base` out
    error[two-pythons]: the profile `core-api` asks for Python 3.13.14, and its base image has 3.11
      = help: leave `python` out: the base image decides; or leave `base` out
    "#);
}
