//! What a build takes as it is on its day, and what holds it; whose files it changes, and what keeps them.

use crate::dockerfile::Dockerfile;
use crate::harness::{Project, dfgen};

const JOB: &str = "[profile.job]\nextends = \"worker\"\ncommand = [\"python\", \"main.py\"]\ncopy = [\"main.py\"]\n";

/// A project that is built by hatchling, with these tables of [tool.uv], options of the lock and settings.
fn project(uv: &str, options: &str, settings: &str) -> Project {
    Project::empty()
        .with(
            "pyproject.toml",
            &format!("[project]\nname = \"shop\"\nversion = \"1.0\"\nrequires-python = \">=3.13\"\n\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n{uv}"),
        )
        .with(
            "uv.lock",
            &format!("version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n{options}\n[[package]]\nname = \"shop\"\nversion = \"1.0\"\nsource = {{ editable = \".\" }}\n"),
        )
        .with("shop/__init__.py", "")
        .with("main.py", "")
        .with("dfgen.toml", &format!("profiles = [\"job\"]\n{settings}{JOB}"))
}

fn not_held(project: &Project) -> String {
    let plan = dfgen(&["plan"]).in_project(project).stdout;
    let (_, chapter) = plan.split_once("  not held").unwrap_or_default();
    let (chapter, _) = chapter.split_once("\n\n").unwrap_or((chapter, ""));
    chapter.to_owned()
}

#[test]
fn what_moves_under_a_build_is_told_with_what_holds_it() {
    let apt = "apt = { runtime = [\"libmagic1\"], build = [\"libpq-dev\"] }\nbuild-steps = [{ image = \"node:24-slim\", copy = [\"main.py\"], run = [\"npm ci\"], keep = [\"dist\"] }]\n";
    let moving =
        project("", "", "").with("dfgen.toml", &format!("profiles = [\"job\"]\n{JOB}{apt}"));
    insta::assert_snapshot!(not_held(&moving), @r#"
    : a build takes it as it is that day
        base image             python:3.13-slim-trixie  base = "python:3.13-slim-trixie@sha256:..."; `docker buildx imagetools inspect python:3.13-slim-trixie` prints the digest
        image of a build step  node:24-slim             image = "node:24-slim@sha256:..."; `docker buildx imagetools inspect node:24-slim` prints the digest
        Debian packages        libmagic1, libpq-dev     apt.snapshot = "YYYY-MM-DD", a day not before that of the base image
        build requirements     shop                     `exclude-newer = "YYYY-MM-DDT00:00:00Z"` in [tool.uv], then `uv lock`: the build keeps to the day of the lock; or `build-constraint-dependencies = ["NAME==VERSION"]`
    "#);
    let digest = "0".repeat(64);
    let held = project(
        "[tool.uv]\nexclude-newer = \"2026-11-01T00:00:00Z\"\n",
        "options = { exclude-newer = \"2026-11-01T00:00:00Z\" }\n",
        "",
    )
    .with(
        "dfgen.toml",
        &format!("profiles = [\"job\"]\n{JOB}base = \"python:3.13-slim-trixie@sha256:{digest}\"\napt = {{ runtime = [\"libmagic1\"], snapshot = \"2026-11-01\" }}\n"),
    );
    insta::assert_snapshot!(not_held(&held), @"");
    let json = dfgen(&["plan", "--format", "json"])
        .in_project(&held)
        .json();
    assert_eq!(
        json["images"][0]["unpinned"].as_array().map(Vec::len),
        Some(0)
    );
    assert_eq!(json["images"][0]["snapshot"]["day"], "2026-11-01");
}

#[test]
fn constraints_hold_what_they_name() {
    let constrained = project(
        "[tool.uv]\nbuild-constraint-dependencies = [\"hatchling==1.27.0\"]\n",
        "\n[manifest]\nbuild-constraints = [{ name = \"hatchling\", specifier = \"==1.27.0\" }]\n",
        "",
    );
    insta::assert_snapshot!(not_held(&constrained), @r#"
    : a build takes it as it is that day
        base image          python:3.13-slim-trixie  base = "python:3.13-slim-trixie@sha256:..."; `docker buildx imagetools inspect python:3.13-slim-trixie` prints the digest
        build requirements  shop                     only what `build-constraint-dependencies` names; `exclude-newer = "YYYY-MM-DDT00:00:00Z"` in [tool.uv], then `uv lock`, holds all of it
    "#);
}

#[test]
fn packages_of_a_day_are_mounted_and_leave_nothing_behind() {
    let settings = "apt = { runtime = [\"libmagic1\"], snapshot = \"2026-11-01\" }\nscan = true\n";
    let project = project("", "", "").with(
        "dfgen.toml",
        &format!("profiles = [\"job\"]\n{JOB}{settings}"),
    );
    let text = dfgen(&["render", "--stdout"]).in_project(&project).stdout;
    let start = text.find("# Where apt has").expect("the stage is there");
    let end = start + text[start..].find("\n\n# ").expect("others follow");
    insta::assert_snapshot!(text[start..end], @r#"
    # Where apt has Debian's packages as they were on 2026-11-01. It is needed to build, and never shipped.
    FROM python:3.13-slim-trixie AS snapshot
    RUN printf '%s\n' > /debian.sources \
            'Types: deb' \
            'URIs: http://snapshot.debian.org/archive/debian/20261101T000000Z' \
            'Suites: trixie trixie-updates' \
            'Components: main' \
            'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' \
            'Check-Valid-Until: no' \
            '' \
            'Types: deb' \
            'URIs: http://snapshot.debian.org/archive/debian-security/20261101T000000Z' \
            'Suites: trixie-security' \
            'Components: main' \
            'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' \
            'Check-Valid-Until: no' && \
        printf '%s\n' > /apt.conf \
            'Dir::Etc::SourceList "/debian.sources";' \
            'Dir::Etc::SourceParts "/dev/null";' \
            'Acquire::Retries "5";'
    "#);
    assert_eq!(
        text.matches("--mount=type=bind,from=snapshot,source=/apt.conf")
            .count(),
        2,
        "{text}"
    );
    assert!(
        dfgen(&["plan"])
            .in_project(&project)
            .stdout
            .contains("`apt.snapshot`; trixie")
    );
    // What installs nothing asks nobody.
    let project = project.with(
        "dfgen.toml",
        &format!("profiles = [\"job\"]\n{JOB}apt = {{ snapshot = \"2026-11-01\" }}\n"),
    );
    let rendered = dfgen(&["render"]).in_project(&project);
    assert_eq!(rendered.code, Some(0), "{rendered}");
    let file = Dockerfile::parse(&project.read("docker/job.Dockerfile"));
    assert!(file.stages.iter().all(|stage| stage.name != "snapshot"));
}

#[test]
fn a_day_that_is_none_and_an_image_that_is_not_of_debian_are_refused() {
    let with = |lines: &str| {
        let project =
            project("", "", "").with("dfgen.toml", &format!("profiles = [\"job\"]\n{JOB}{lines}"));
        dfgen(&["render"]).in_project(&project)
    };
    insta::assert_snapshot!(with("apt.snapshot = \"yesterday\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `apt.snapshot` cannot be `yesterday`
     --> dfgen.toml:6:16
      |
    6 | apt.snapshot = "yesterday"
      |                ^^^^^^^^^^^ a day such as `2026-11-01`
    "#);
    insta::assert_snapshot!(with("base = \"ubuntu:24.04\"\npython = \"3.13\"\napt.snapshot = \"2026-11-01\"\n"), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `apt.snapshot` is for images of Debian, and `ubuntu:24.04` is not known as one
     --> dfgen.toml:8:17
      |
    8 | apt.snapshot = "2026-11-01"
      |                 ^^^^^^^^^^ snapshot.debian.org has Debian alone
      |
      = note: in the profile `job`
      = help: start from an image of Debian, whose name tells its release: `base = "python:3.13-slim-trixie"`
      = help: or leave `apt.snapshot` out: the packages are those of the day of the build
    "#);
}

const LOCKED: &str = "\n[[package]]\nname = \"numpy\"\nversion = \"2.4.6\"\nsource = { registry = \"https://pypi.org/simple\" }\nwheels = [{ url = \"https://files.example/numpy-2.4.6-cp313-cp313-manylinux_2_28_x86_64.whl\", hash = \"sha256:00\", size = 1000 }]\n\n[[package]]\nname = \"nvidia-nvtx\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.org/simple\" }\nwheels = [{ url = \"https://files.example/nvidia_nvtx-1.0-py3-none-manylinux_2_28_x86_64.whl\", hash = \"sha256:00\", size = 1000 }]\n";

/// A project with a wheel that is changed and one that nobody may change.
fn vendors(settings: &str) -> Project {
    let requires = "dependencies = [\"numpy\", \"nvidia-nvtx\"]\n";
    let tables = "[{ name = \"numpy\" }, { name = \"nvidia-nvtx\" }]";
    Project::empty()
        .with("pyproject.toml", &format!("[project]\nname = \"shop\"\nversion = \"1.0\"\nrequires-python = \">=3.13\"\n{requires}"))
        .with("uv.lock", &format!("version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n{LOCKED}\n[[package]]\nname = \"shop\"\nversion = \"1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = {tables}\n\n[package.metadata]\nrequires-dist = {tables}\n"))
        .with("main.py", "")
        .with("dfgen.toml", &format!("profiles = [\"job\"]\n{settings}{JOB}"))
}

fn label(project: &Project) -> Option<String> {
    let rendered = dfgen(&["render"]).in_project(project);
    assert_eq!(rendered.code, Some(0), "{rendered}");
    let file = Dockerfile::parse(&project.read("docker/job.Dockerfile"));
    let mut labels = file.labels.into_iter();
    labels
        .find(|(name, _)| name == "dfgen.stripped")
        .map(|(_, value)| value)
}

#[test]
fn whose_files_are_changed_is_said_and_one_line_leaves_all_as_they_are() {
    let project = vendors("");
    insta::assert_snapshot!(label(&project).unwrap_or_default(), @"debug symbols of all packages but nvidia-*");
    let plan = dfgen(&["plan"]).in_project(&project).stdout;
    let about = plan
        .lines()
        .filter(|line| line.contains("debug symbols are cut") || line.contains("as built"));
    insta::assert_snapshot!(about.map(str::trim).collect::<Vec<_>>().join("\n"), @"
    as built, since their licences let nobody change them: nvidia-*
    changed, as their debug symbols are cut (the label `dfgen.stripped` says so): numpy
    ");
    let program = project.read("docker/dfgen.py");
    let list = program.lines().find(|line| line.starts_with("AS_BUILT = "));
    assert!(
        list.is_some_and(|list| list.contains("\"nvidia-*\"")),
        "{list:?}"
    );

    let whole = vendors("keep = [\"debug-symbols\"]\n");
    assert_eq!(label(&whole), None);
    let text = whole.read("docker/job.Dockerfile");
    assert!(text.contains("finish \"$UNUSED\" --symbols"), "{text}");
    let misspelled = vendors("keep = [\"debug-symbol\"]\n");
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&misspelled), @r#"
    exit code: 2
    ----- stderr -----
    error[unknown-rule]: `keep` names `debug-symbol`, which is no rule for it
     --> dfgen.toml:2:10
      |
    2 | keep = ["debug-symbol"]
      |          ^^^^^^^^^^^^ no such rule
      |
      = help: did you mean `debug-symbols`?
    "#);
}
