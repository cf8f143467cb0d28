//! `dfgen size`: what it knows of images before they are built, and what it says that it does not know.

use crate::harness::{Project, Ran, dfgen, requiring};

fn shop() -> Project {
    Project::fixture("models_in_an_extra")
}

fn sized(project: &Project, arguments: &[&str]) -> Ran {
    dfgen(&[&["size"], arguments].concat()).in_project(project)
}

/// The shop with a command, and lines of its ML image's profile.
fn shop_with(lines: &str) -> Project {
    let settings = format!(
        "[profile.ml-inference-gpu]\ncommand = [\"python\", \"-m\", \"shop\"]\nport = 8000\n{lines}"
    );
    shop().with("dfgen.toml", &settings)
}

/// A part of the JSON of the first image.
fn part(ran: &Ran, kind: &str) -> serde_json::Value {
    let json = ran.json();
    let parts = json["images"][0]["parts"]
        .as_array()
        .expect("parts")
        .clone();
    let mut parts = parts.into_iter().filter(|part| part["kind"] == kind);
    parts.next().unwrap_or_else(|| panic!("no {kind} in {ran}"))
}

#[test]
fn parts_packages_requirements_and_a_plan() {
    let run = sized(&shop_with(""), &["--profile", "ml-inference-gpu"]);
    insta::assert_snapshot!(run, @r#"
    exit code: 0
    ----- stdout -----
    ml-inference-gpu on linux/amd64: 2.3 GB on disk (1.6 GB to 2.9 GB), 1.1 GB to pull (740 MB to 1.5 GB), and what is unknown

           disk           pull
         1.7 GB  75 %   940 MB  frameworks: 1 package
         1.7 GB  75 %   940 MB  └── torch 2.9.0
         366 MB  16 %   108 MB  gpu: 1 package
         366 MB  16 %   108 MB  └── triton 3.5.0
         118 MB   5 %    43 MB  python:3.13-slim-trixie
          49 MB   2 %    16 MB  extra-heavy: 1 package
          49 MB   2 %    16 MB  └── numpy 2.3.4
          11 MB   1 %   4.5 MB  an empty environment, the user, and bytecode of Python's own modules
         7.9 MB         2.5 MB  medium: 1 package
         7.9 MB         2.5 MB  └── sqlalchemy 2.0.44
         3.4 MB         1.0 MB  extra: 2 packages
         3.4 MB         1.0 MB  ├── sentence-transformers 5.1.1
        unknown                 └── transformers 4.57.1
         1.9 MB         627 kB  Debian packages: libpq5
         685 kB         215 kB  rest: 2 packages
         685 kB         215 kB  ├── click 8.3.0
        unknown                 └── psycopg2 2.9.10
          352 B           84 B  the application

      what your requirements bring, with what only they need
        2.1 GB and more  all of shop-api[ml]: 5 packages
        7.9 MB and more  sqlalchemy, with 1 more package
        3.4 MB           sentence-transformers
        685 kB           click
        nothing          torch: other packages need them too

      unknown: not counted
        transformers 4.57.1  its index tells no size
        psycopg2 2.9.10      built from a source distribution

      left out by the trimming rules, on disk: not counted
        544 MB  debug-symbols
        173 MB  static-libraries
        6.9 MB  tests
        4.8 MB  type-stubs
        279 kB  build-files

      this week: a new lock, or a feature that nobody uses
        696 MB  `torch` is smaller from 2.11.0 on; the lock has 2.9.0
                `uv lock --upgrade-package torch`: built for CUDA 13, which needs a driver of version 580 and drops GPUs older than sm_75
        366 MB  `triton` of GPU wheels could be left out
                `trim = ["triton"]` in [profile.ml-inference-gpu] of dfgen.toml: loses torch.compile on GPUs, and every Triton kernel (vLLM, bitsandbytes, flash attention)
        52 MB   `torch-headers` of GPU wheels could be left out
                `trim = ["torch-headers"]` in [profile.ml-inference-gpu] of dfgen.toml: loses C++ extensions, and torch.compile on the CPU
        1.9 MB  `psycopg2` needs Debian packages that `psycopg2-binary` does without
                ask for `psycopg2-binary` in what needs it: `dfgen why psycopg2`: `psycopg2-binary` does the same
    "#);
}

#[test]
fn markdown_is_one_table_and_the_rest_is_folded() {
    let run = sized(
        &Project::example("two-images"),
        &["--format", "markdown", "--profile", "core-api"],
    );
    assert!(
        run.stdout
            .starts_with("| image | on disk | to pull | unknown |\n"),
        "{run}"
    );
    assert_eq!(run.stdout.matches("<details>").count(), 1, "{run}");
}

#[test]
fn what_the_lock_does_not_tell_is_unknown_and_never_nothing() {
    let kinds = [
        (
            "wheels = [{ url = \"https://index.example/a-1.0-py3-none-any.whl\", hash = \"sha256:00\" }]",
            "its index tells no size",
        ),
        (
            "sdist = { url = \"https://files.example/a-1.0.tar.gz\", hash = \"sha256:00\", size = 1000 }",
            "built from a source distribution",
        ),
    ];
    for (file, because) in kinds {
        let project = requiring(&["a"]);
        let lock = project.read("uv.lock").replace("wheels = [{ url = \"https://files.example/a-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }]", file);
        let project = project.with("uv.lock", &lock).with(
            "dfgen.toml",
            "[profile.worker]\ncommand = [\"python\", \"-m\", \"a\"]\n",
        );
        let run = sized(&project, &["--profile", "worker", "--format", "json"]);
        let layer = part(&run, "dependencies");
        assert_eq!(layer["size"], serde_json::Value::Null, "{run}");
        assert_eq!(layer["packages"][0]["size"], serde_json::Value::Null);
        let unknown = &run.json()["images"][0]["unknown"][0];
        assert_eq!(unknown["what"], "a 1.0");
        assert_eq!(unknown["because"], because);
    }
}

#[test]
fn a_base_that_nobody_looked_up_is_unknown() {
    for (base, is_known) in [
        ("python:3.13-slim-trixie", true),
        ("registry.example/hub/python:3.13.2-slim-trixie", true),
        ("registry.example/team/base:1", false),
    ] {
        let settings = format!(
            "[profile.worker]\nbase = \"{base}\"\npython = \"3.13\"\ncommand = [\"python\", \"-m\", \"a\"]\n"
        );
        let project = requiring(&["a"]).with("dfgen.toml", &settings);
        let run = sized(&project, &["--profile", "worker", "--format", "json"]);
        assert_eq!(
            part(&run, "base")["size"].is_object(),
            is_known,
            "{base}: {run}"
        );
    }
}

#[test]
fn what_is_asked_to_be_left_out_is_counted_once() {
    let disk = |trim: &str| -> i64 {
        let project = shop_with(&format!("trim = [{trim}]\n"));
        let run = sized(
            &project,
            &["--profile", "ml-inference-gpu", "--format", "json"],
        );
        run.json()["images"][0]["disk"]["bytes"]
            .as_i64()
            .expect("bytes")
    };
    let triton = disk("\"triton\"");
    assert!(disk("") - triton > 300_000_000);
    assert_eq!(
        disk("\"triton\", \"triton-amd\", \"triton-static-libraries\""),
        triton
    );
}

#[test]
fn what_an_image_runs_need_not_be_known() {
    let run = sized(&shop(), &["--profile", "ml-inference-gpu"]);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stdout.contains("torch 2.9.0"), "{run}");
    assert!(run.stdout.contains("what the image runs"), "{run}");
}

#[test]
fn without_bytecode_an_image_is_smaller() {
    let bytecode = |on: bool| -> i64 {
        let settings =
            format!("[profile.worker]\nbytecode = {on}\ncommand = [\"python\", \"-m\", \"a\"]\n");
        let project = requiring(&["a"]).with("dfgen.toml", &settings);
        let run = sized(&project, &["--profile", "worker", "--format", "json"]);
        run.json()["images"][0]["disk"]["bytes"]
            .as_i64()
            .expect("bytes")
    };
    assert!(bytecode(true) - bytecode(false) > 10_000_000);
}

/// A project in a Git repository with one commit.
fn committed(project: Project) -> Project {
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example",
            "commit",
            "--quiet",
            "-m",
            "one",
        ],
    ] {
        let mut git = std::process::Command::new("git");
        git.current_dir(project.path()).args(arguments);
        assert!(
            git.output().expect("git can be started").status.success(),
            "{arguments:?}"
        );
    }
    project
}

const WORKER: &str = "[profile.worker]\ncommand = [\"python\", \"-m\", \"a\"]\n";

/// A worker that was committed with some packages, and has others now.
fn changed(before: &[&str], after: &[&str]) -> Project {
    // Most have 5 MB, and one has more.
    let large = |project: &Project| {
        let lock = project
            .read("uv.lock")
            .replace("size = 1000 ", "size = 5000000 ");
        let file = "c-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = ";
        lock.replace(&format!("{file}5000000"), &format!("{file}20000000"))
    };
    let old = requiring(before);
    let lock = large(&old);
    let old = committed(old.with("uv.lock", &lock).with("dfgen.toml", WORKER));
    let new = requiring(after);
    let (lock, manifest) = (large(&new), new.read("pyproject.toml"));
    old.with("uv.lock", &lock).with("pyproject.toml", &manifest)
}

/// As `git` is found.
fn against(project: &Project, arguments: &[&str]) -> Ran {
    let path = std::env::var("PATH").expect("a path");
    let all = [&["size", "--profile", "worker"], arguments].concat();
    dfgen(&all).with_env("PATH", &path).in_project(project)
}

#[test]
fn what_a_change_costs_and_who_pulls_it() {
    let project = changed(&["a", "b"], &["a", "c"]);
    insta::assert_snapshot!(against(&project, &["--against", "HEAD"]), @"
    exit code: 0
    ----- stdout -----
    worker on linux/amd64: 166 MB → 222 MB on disk (+55 MB, +33 %), 60 MB → 78 MB to pull (+18 MB)
      a node with the old image pulls 30 MB: heavy, medium, the application

      by layer, on disk
        +74 MB  heavy, new
        -18 MB  medium

      by package, on disk, and why it is there
        +74 MB  c 1.0, new   shop -> c
        -18 MB  b 1.0, gone  shop -> b
    ");
    insta::assert_snapshot!(against(&project, &["--against", "HEAD", "--format", "markdown"]), @"
    exit code: 0
    ----- stdout -----
    Image sizes against HEAD:

    | image | on disk | | to pull | | a node with the old image pulls |
    |---|--:|--:|--:|--:|--:|
    | `worker` on linux/amd64 | 166 MB → 222 MB | **+55 MB** +33 % | 60 MB → 78 MB | +18 MB | 30 MB |

    <details><summary>worker on linux/amd64: layers and packages</summary>

    Pulled: heavy, medium, the application.

    | package | on disk | to pull | because of |
    |---|--:|--:|---|
    | c 1.0, new | +74 MB | +24 MB | shop -> c |
    | b 1.0, gone | -18 MB | -6.0 MB | shop -> b |

    </details>
    ");
}

#[test]
fn a_change_below_the_threshold_is_one_line() {
    let project = changed(&["a", "b"], &["a", "b", "c"]);
    let run = against(
        &project,
        &[
            "--against",
            "HEAD",
            "--threshold",
            "50%",
            "--format",
            "markdown",
        ],
    );
    assert_eq!(run.stdout.lines().count(), 1, "{run}");
    let same = against(
        &changed(&["a"], &["a"]),
        &["--against", "HEAD", "--format", "markdown"],
    );
    assert_eq!(same.stdout, "Image sizes are as in HEAD.\n", "{same}");
}

#[test]
fn another_lock_and_another_folder_stand_for_what_was() {
    let (one, other) = (requiring(&["a", "b"]), requiring(&["a"]));
    let lock = other.path().join("uv.lock");
    let one = one.with("dfgen.toml", WORKER);
    let other = other.with("dfgen.toml", WORKER);
    for was in [lock.as_path(), other.path()] {
        let was = was.to_str().expect("a path");
        let run = against(&one, &["--against", was, "--threshold", "1"]);
        assert!(run.stdout.contains("b 1.0, new"), "{run}");
    }
}

#[test]
fn a_revision_that_is_none_is_refused() {
    let project = changed(&["a"], &["a"]);
    for name in ["nope", "--all", "-x", "HEAD:uv.lock", ""] {
        let run = against(&project, &[&format!("--against={name}")]);
        assert_eq!(run.code, Some(2), "{name}: {run}");
        assert!(
            run.stderr.starts_with("error[no-revision]"),
            "{name}: {run}"
        );
    }
    let nowhere = requiring(&["a"]).with("dfgen.toml", WORKER);
    let run = against(&nowhere, &["--against", "HEAD"]);
    assert!(run.stderr.starts_with("error[no-revision]"), "{run}");
}

#[test]
fn growth_and_budgets_end_with_1_and_the_ways_down() {
    let project = changed(&["a"], &["a", "c"]);
    let run = against(&project, &["--against", "HEAD", "--max-increase", "5%"]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stdout.contains("grows by more than it may"), "{run}");
    let run = against(&project, &["--against", "HEAD", "--max-increase", "60%"]);
    assert_eq!(run.code, Some(0), "{run}");
    for (budget, code) in [
        ("\"100 MB\"", 1),
        ("\"1 GB\"", 0),
        ("{ pull = \"20 MB\" }", 1),
        ("{ disk = \"1 GB\", pull = \"1 GB\" }", 0),
        ("\"a lot\"", 2),
        ("{ pull = \"-1\" }", 2),
    ] {
        let project = requiring(&["a"]).with("dfgen.toml", &format!("{WORKER}budget = {budget}\n"));
        let run = sized(&project, &["--profile", "worker"]);
        assert_eq!(run.code, Some(code), "{budget}: {run}");
        assert_eq!(
            run.stdout.contains("is over its budget"),
            code == 1,
            "{budget}: {run}"
        );
    }
}
