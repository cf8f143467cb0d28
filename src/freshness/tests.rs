//! Each kind of difference once, in small projects; what uv says of real ones is in the corpus test.

use std::path::Path;

use insta::assert_snapshot;

use super::check;
use crate::project::Project;

const MANIFEST: &str = r#"[project]
name = "shop"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["httpx>=0.27", "tomli>=2 ; python_version < '3.12'"]

[project.optional-dependencies]
pg = ["psycopg[binary]>=3.1"]

[dependency-groups]
dev = ["pytest>=8"]
"#;

const LOCK: &str = r#"version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "httpx"
version = "0.28.1"
source = { registry = "https://index.example/simple" }

[[package]]
name = "psycopg"
version = "3.2.3"
source = { registry = "https://index.example/simple" }

[package.optional-dependencies]
binary = [
    { name = "httpx" },
]

[[package]]
name = "pytest"
version = "8.3.4"
source = { registry = "https://index.example/simple" }

[[package]]
name = "shop"
version = "1.0.0"
source = { virtual = "." }
dependencies = [
    { name = "httpx" },
    { name = "tomli", marker = "python_full_version < '3.12'" },
]

[package.optional-dependencies]
pg = [
    { name = "psycopg", extra = ["binary"] },
]

[package.dev-dependencies]
dev = [
    { name = "pytest" },
]

[package.metadata]
requires-dist = [
    { name = "httpx", specifier = ">=0.27" },
    { name = "psycopg", extras = ["binary"], marker = "extra == 'pg'", specifier = ">=3.1" },
    { name = "tomli", marker = "python_full_version < '3.12'", specifier = ">=2" },
]
provides-extras = ["pg"]

[package.metadata.requires-dev]
dev = [{ name = "pytest", specifier = ">=8" }]

[[package]]
name = "tomli"
version = "2.2.1"
source = { registry = "https://index.example/simple" }
"#;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// What is said of a manifest beside a lock; nothing when the lock is fresh.
fn said(manifest: &str, lock: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "pyproject.toml", manifest);
    write(folder.path(), "uv.lock", lock);
    said_in(folder.path())
}

fn said_in(root: &Path) -> String {
    let project = Project::load(root).unwrap();
    check(&project).map_or_else(|problems| problems.to_string(), |()| String::new())
}

/// What is said of the manifest with one edit.
fn edited(from: &str, to: &str) -> String {
    assert!(MANIFEST.contains(from));
    said(&MANIFEST.replacen(from, to, 1), LOCK)
}

#[test]
fn a_system_is_a_platform_in_the_lock() {
    for (system, platform) in [
        ("platform_system == 'Windows'", "sys_platform == 'win32'"),
        (
            "'Linux' != platform_system and python_version > '3.11'",
            "python_full_version >= '3.12' and sys_platform != 'linux'",
        ),
        (
            "platform_system == 'FreeBSD'",
            "platform_system == 'FreeBSD'",
        ),
    ] {
        let manifest = MANIFEST.replace("httpx>=0.27", &format!("httpx>=0.27; {system}"));
        let lock = LOCK.replace(
            "{ name = \"httpx\", specifier",
            &format!("{{ name = \"httpx\", marker = \"{platform}\", specifier"),
        );
        assert_eq!(said(&manifest, &lock), "", "{system}");
        assert_ne!(said(&manifest, LOCK), "", "{system}");
    }
}

/// hatchling writes extras of the project itself out and leaves their marker behind.
#[test]
fn a_build_backend_may_write_extras_of_the_project_itself_out() {
    let manifest = MANIFEST
        .replace("version = \"1.0.0\"", "dynamic = [\"version\"]")
        .replace(
            "\n[dependency-groups]",
            "mac = [\"shop[pg] ; sys_platform == 'darwin'\"]\nall = [\"shop[mac]\"]\n\n[dependency-groups]",
        );
    let required = |extra: &str, and: &str| {
        format!(
            "    {{ name = \"psycopg\", extras = [\"binary\"], marker = \"{and}extra == '{extra}'\", specifier = \">=3.1\" }},\n"
        )
    };
    let lock = |version: &str, and: &str| {
        let pg = required("pg", "");
        let all = [required("all", and), required("mac", and), pg.clone()].concat();
        LOCK.replace(
            "name = \"shop\"\nversion = \"1.0.0\"",
            &format!("name = \"shop\"{version}"),
        )
        .replace(&pg, &all)
        .replace("[\"pg\"]", "[\"all\", \"mac\", \"pg\"]")
    };
    assert_eq!(said(&manifest, &lock("", "")), "");
    let marker = "sys_platform == 'darwin' and ";
    assert_eq!(said(&manifest, &lock("", marker)), "");
    let other = "sys_platform == 'linux' and ";
    assert_ne!(said(&manifest, &lock("", other)), "");
    assert_ne!(said(&manifest, &lock("\nversion = \"1.0.0\"", "")), "");
}

#[test]
fn what_means_the_same_raises_no_alarm() {
    assert_eq!(said(MANIFEST, LOCK), "");
    for (from, to) in [
        ("\"httpx>=0.27\"", "\"HTTPX >= 0.27.0\""),
        ("python_version < '3.12'", "python_full_version < '3.12.0'"),
        (">=3.11", ">=3.11,!=3.11.4"),
        ("version = \"1.0.0\"", "version = \"1.0\""),
        (
            "[project]\n",
            "[project]\ndescription = \"a shop\" # open\n",
        ),
    ] {
        assert_eq!(edited(from, to), "", "{to}");
    }
}

#[test]
fn a_new_requirement() {
    assert_snapshot!(edited("\"httpx>=0.27\"", "\"httpx>=0.27\", \"anyio>=4\""), @r#"
    error[stale-lock]: uv.lock does not have `anyio>=4`, which `shop` asks for
     --> pyproject.toml:5:32
      |
    5 | dependencies = ["httpx>=0.27", "anyio>=4", "tomli>=2 ; python_version < '3.12'"]
      |                                ^^^^^^^^^^ not locked
      |
      = help: run `uv lock`
    "#);
}

#[test]
fn a_changed_requirement_of_an_extra() {
    assert_snapshot!(edited("psycopg[binary]>=3.1", "psycopg>=3.2"), @r#"
    error[stale-lock]: uv.lock was written before the extra `pg` of `shop` asked for `psycopg>=3.2`
     --> pyproject.toml:8:7
      |
    8 | pg = ["psycopg>=3.2"]
      |       ^^^^^^^^^^^^^^ uv.lock has `psycopg[binary]>=3.1 ; extra == 'pg'`
      |
      = help: run `uv lock`
    "#);
}

#[test]
fn a_requirement_that_is_gone() {
    assert_snapshot!(edited("\"httpx>=0.27\", ", ""), @r#"
    error[stale-lock]: uv.lock has `httpx>=0.27`, which `shop` no longer asks for
     --> pyproject.toml:5:1
      |
    5 | dependencies = ["tomli>=2 ; python_version < '3.12'"]
      | ^^^^^^^^^^^^ not asked for here
      |
      = help: run `uv lock`
    "#);
}

#[test]
fn a_renamed_extra() {
    assert_snapshot!(edited("pg = [", "postgres = ["), @r#"
    error[stale-lock]: uv.lock does not know the extra `postgres` of `shop`
     --> pyproject.toml:8:1
      |
    8 | postgres = ["psycopg[binary]>=3.1"]
      | ^^^^^^^^ not locked
      |
      = note: uv.lock has the extra `pg` in its place
      = help: run `uv lock`
    "#);
}

#[test]
fn another_range_of_pythons_and_not_the_projects_own_version() {
    let manifest = MANIFEST.replace("1.0.0", "1.1.0");
    assert_snapshot!(said(&manifest.replace(">=3.11", ">=3.12"), LOCK), @r#"
    error[stale-lock]: uv.lock was written for Python >=3.11, not for what the manifests ask for
     --> pyproject.toml:4:19
      |
    4 | requires-python = ">=3.12"
      |                   ^^^^^^^^ uv.lock has `>=3.11`
      |
      = help: run `uv lock`
    "#);
}

#[test]
fn the_projects_own_version_is_no_difference() {
    for other in ["version = \"1.1.0\"", "dynamic = [\"version\"]"] {
        let manifest = MANIFEST.replace("version = \"1.0.0\"", other);
        assert_ne!(manifest, MANIFEST);
        assert_eq!(said(&manifest, LOCK), "");
    }
}

#[test]
fn another_source() {
    let manifest = format!(
        "{MANIFEST}\n[tool.uv.sources]\nhttpx = {{ git = \"https://github.com/encode/httpx\", tag = \"0.28.1\" }}\n"
    );
    assert_snapshot!(said(&manifest, LOCK), @r#"
    error[stale-lock]: uv.lock has `httpx>=0.27` of `shop` from another source
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["httpx>=0.27", "tomli>=2 ; python_version < '3.12'"]
      |                 ^^^^^^^^^^^^^ uv.lock has it from the default indexes
      |
      = note: by the manifest it comes from `https://github.com/encode/httpx` at the tag `0.28.1`
      = help: run `uv lock`
    "#);
}

#[test]
fn settings_of_the_workspace() {
    let manifest = format!(
        "{MANIFEST}\n[tool.uv]\nconstraint-dependencies = [\"anyio<5\"]\nenvironments = [\"sys_platform == 'linux'\"]\n\
         conflicts = [[{{ extra = \"pg\" }}, {{ group = \"dev\" }}]]\nresolution = \"lowest\"\n"
    );
    assert_snapshot!(said(&manifest, LOCK), @r#"
    error[stale-lock]: uv.lock was written for other `environments`
      --> pyproject.toml:15:1
       |
    15 | environments = ["sys_platform == 'linux'"]
       | ^^^^^^^^^^^^ uv.lock has none
       |
       = help: run `uv lock`

    error[stale-lock]: uv.lock was written without `anyio<5` in `constraint-dependencies`
      --> pyproject.toml:14:28
       |
    14 | constraint-dependencies = ["anyio<5"]
       |                            ^^^^^^^^^ not locked
       |
       = help: run `uv lock`

    error[stale-lock]: uv.lock was written without the conflict of `shop[pg]`, `shop:dev`
      --> pyproject.toml:16:1
       |
    16 | conflicts = [[{ extra = "pg" }, { group = "dev" }]]
       | ^^^^^^^^^ not locked
       |
       = help: run `uv lock`

    error[stale-lock]: uv.lock was written with another `resolution`
      --> pyproject.toml:17:14
       |
    17 | resolution = "lowest"
       |              ^^^^^^^^ uv.lock has `highest`
       |
       = help: run `uv lock`
    "#);
}

#[test]
fn members_that_are_new_gone_or_not_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = "\n[tool.uv.workspace]\nmembers = [\"libs/*\", \"vendor/gym\"]\n";
    let members = "\n\n[manifest]\nmembers = [\"gym\", \"old\", \"shop\"]\n\n";
    let lock = LOCK.replacen("\n\n", members, 1)
        + "\n[[package]]\nname = \"gym\"\nversion = \"1\"\nsource = { editable = \"vendor/gym\" }\n\
           \n[[package]]\nname = \"old\"\nversion = \"1\"\nsource = { editable = \"old\" }\n";
    write(
        folder.path(),
        "pyproject.toml",
        &format!("{MANIFEST}{workspace}"),
    );
    write(folder.path(), "uv.lock", &lock);
    let new = "[project]\nname = \"new\"\nversion = \"1\"\n";
    write(folder.path(), "libs/new/pyproject.toml", new);
    assert_snapshot!(said_in(folder.path()), @r#"
    error[stale-lock]: uv.lock does not know the member `new`
     --> libs/new/pyproject.toml:2:8
      |
    2 | name = "new"
      |        ^^^^^ not locked
      |
      = help: run `uv lock`

    error[stale-lock]: uv.lock has the member `gym`, but `vendor/gym` has no manifest
      --> pyproject.toml:14:22
       |
    14 | members = ["libs/*", "vendor/gym"]
       |                      ^^^^^^^^^^^^ names the member's folder
       |
       = help: run `uv lock`
       = help: a Git submodule is fetched with `git submodule update --init`

    error[stale-lock]: uv.lock has the member `old`, which the workspace no longer has
      --> pyproject.toml:13:1
       |
    13 | [tool.uv.workspace]
       | ^^^^^^^^^^^^^^^^^^^ not named here
       |
       = help: run `uv lock`
    "#);
}

#[test]
fn a_lock_without_metadata_is_judged_by_its_edges() {
    let start = LOCK.find("[package.metadata]").unwrap();
    let end = LOCK.find("[[package]]\nname = \"tomli\"").unwrap();
    let lock = LOCK[..start].to_owned() + &LOCK[end..];
    assert_eq!(said(MANIFEST, &lock), "");
    assert_eq!(said(&MANIFEST.replace(">=0.27", ">=0.28"), &lock), "");
    let manifest = MANIFEST
        .replace("httpx>=0.27", "httpx>=1")
        .replace("psycopg[binary]", "psycopg")
        .replace("pytest>=8", "nox");
    assert_snapshot!(said(&manifest, &lock), @r#"
    error[stale-lock]: uv.lock was written before `shop` asked for `httpx>=1`
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["httpx>=1", "tomli>=2 ; python_version < '3.12'"]
      |                 ^^^^^^^^^^ uv.lock has `httpx==0.28.1`
      |
      = help: run `uv lock`

    error[stale-lock]: uv.lock was written before the extra `pg` of `shop` asked for `psycopg>=3.1`
     --> pyproject.toml:8:7
      |
    8 | pg = ["psycopg>=3.1"]
      |       ^^^^^^^^^^^^^^ uv.lock asks for the extra `binary`
      |
      = help: run `uv lock`

    error[stale-lock]: uv.lock does not have `nox`, which `shop` asks for
      --> pyproject.toml:11:8
       |
    11 | dev = ["nox"]
       |        ^^^^^ not locked
       |
       = help: run `uv lock`

    error[stale-lock]: uv.lock has `pytest`, which the group `dev` of `shop` no longer asks for
      --> pyproject.toml:11:1
       |
    11 | dev = ["nox"]
       | ^^^ not asked for here
       |
       = help: run `uv lock`
    "#);
}
