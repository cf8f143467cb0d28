//! A folder without a lock: the message looks at what is there, and says the way.

use crate::harness::{Project, dfgen};

const TABLE: &str =
    "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\n";

/// The message without its drawing.
fn said(project: &Project) -> String {
    let run = dfgen(&["render"]).in_project(project);
    assert_eq!(run.code, Some(2), "{run}");
    let lines = run
        .stderr
        .lines()
        .filter(|line| !line.trim().is_empty() && line.trim() != "|");
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn each_manager_has_its_way() {
    let files = [
        ("requirements.txt", "flask\n"),
        ("requirements/prod.txt", "flask\n"),
        ("Pipfile", "[packages]\nflask = \"*\"\n"),
        ("environment.yml", "dependencies: [flask]\n"),
        (
            "setup.py",
            "from setuptools import setup\nsetup(name='shop')\n",
        ),
        (
            "tool.py",
            "# /// script\n# dependencies = [\"flask\"]\n# ///\n",
        ),
        ("main.py", "print('hello')\n"),
    ];
    let told = files.map(|(file, text)| said(&Project::empty().with(file, text)));
    insta::assert_snapshot!(told.join("\n"), @r"
    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     = note: the folder has `requirements.txt` (pip)
     = help: go over to uv, and commit uv.lock:
             uv init --bare
             uv add -r requirements.txt
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`

    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     = note: the folder has `requirements/prod.txt` (pip)
     = help: go over to uv, and commit uv.lock:
             uv init --bare
             uv add -r requirements/prod.txt
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`

    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     = note: the folder has `Pipfile` (Pipenv)
     = help: go over to uv, and commit uv.lock:
             uvx migrate-to-uv --skip-lock
             give the project its `name` in [project] of pyproject.toml
             uv lock
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`

    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     = note: the folder has `environment.yml` (conda)
     = help: go over to uv, and commit uv.lock:
             uv init --bare
             uv add NAME .. (each package of environment.yml that Python imports, by its name on PyPI; what is no Python goes to `apt` in dfgen.toml)
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`

    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     = note: the folder has `setup.py` (setuptools)
     = help: go over to uv, and commit uv.lock:
             uv init --bare
             uv pip compile --no-deps setup.py --output-file requirements.in
             uv add -r requirements.in
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`

    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     = note: the folder has `tool.py` (a script with inline metadata)
     = help: go over to uv, and commit uv.lock:
             uv init --bare
             uv export --script tool.py --no-hashes --output-file requirements.txt
             uv add -r requirements.txt
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`

    error[no-manifest]: there is no pyproject.toml in `.`, or in a folder above it
     = help: go to the project's folder, or say where it is: `dfgen --project DIR ...`
     = help: start a project with `uv init`
    ");
}

#[test]
fn a_manifest_without_requirements_is_no_reason_to_lock() {
    let poetry = "[tool.poetry]\nname = \"shop\"\n\n[tool.poetry.dependencies]\nflask = \"*\"\n";
    let ruff = "[tool.ruff]\nline-length = 100\n";
    let pdm = format!(
        "{TABLE}dependencies = [\"flask\"]\n\n[tool.pdm.dev-dependencies]\ntest = [\"pytest\"]\n"
    );
    let told = [
        said(&Project::empty().with("pyproject.toml", poetry)),
        said(&Project::empty().with("pyproject.toml", &format!("{TABLE}\n{poetry}"))),
        said(
            &Project::empty()
                .with("pyproject.toml", TABLE)
                .with("requirements.txt", "flask\n"),
        ),
        said(
            &Project::empty()
                .with("pyproject.toml", ruff)
                .with("requirements.txt", "flask\n"),
        ),
        said(&Project::empty().with("pyproject.toml", ruff)),
        said(&Project::empty().with("pyproject.toml", &pdm)),
        said(&Project::empty().with("pyproject.toml", TABLE)),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    error[no-lock]: there is no uv.lock in `.`
     = note: `[tool.poetry]` (Poetry) is there, and [project] of pyproject.toml names no dependencies: `uv lock` alone would lock nothing
     = help: go over to uv, and commit uv.lock:
             uvx migrate-to-uv

    error[no-lock]: there is no uv.lock in `.`
     = note: `[tool.poetry]` (Poetry) is there, and [project] of pyproject.toml names no dependencies: `uv lock` alone would lock nothing
     = help: go over to uv, and commit uv.lock:
             uvx migrate-to-uv

    error[no-lock]: there is no uv.lock in `.`
     = note: `requirements.txt` (pip) is there, and [project] of pyproject.toml names no dependencies: `uv lock` alone would lock nothing
     = help: go over to uv, and commit uv.lock:
             uv add -r requirements.txt

    error[no-lock]: there is no uv.lock in `.`
     = note: `requirements.txt` (pip) is there, and [project] of pyproject.toml names no dependencies: `uv lock` alone would lock nothing
     = help: write to pyproject.toml:
             [project]
             name = ".."
             version = "0.1.0"
             requires-python = ">=3.13"
     = help: go over to uv, and commit uv.lock:
             uv add -r requirements.txt

    error[no-lock]: there is no uv.lock in `.`
     = note: pyproject.toml has no [project]: `uv lock` would lock nothing
     = help: write to pyproject.toml:
             [project]
             name = ".."
             version = "0.1.0"
             requires-python = ">=3.13"
     = help: then `uv add NAME` for each package that it needs, and commit uv.lock

    error[no-lock]: there is no uv.lock in `.`
     = help: write it with `uv lock`, and commit it

    error[no-lock]: there is no uv.lock in `.`
     = help: write it with `uv lock`, and commit it
    "#);
}
