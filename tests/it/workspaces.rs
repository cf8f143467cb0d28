//! Workspaces as they lie on disk, and commands that are started inside of them.

use crate::harness::{Project, dfgen};

const ROOT: &str = r#"[project]
name = "shop"
version = "0.1.0"
requires-python = ">=3.13"

[tool.uv.workspace]
members = ["packages/*"]
"#;

const MEMBER: &str = r#"[project]
name = "money"
version = "0.1.0"
requires-python = ">=3.13"
"#;

const LOCK: &str = r#"version = 1
revision = 3
requires-python = ">=3.13"

[manifest]
members = ["money", "shop"]

[[package]]
name = "money"
version = "0.1.0"
source = { virtual = "packages/money" }

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
"#;

fn workspace() -> Project {
    Project::empty()
        .with("pyproject.toml", ROOT)
        .with("uv.lock", LOCK)
        .with("packages/money/pyproject.toml", MEMBER)
        .with("packages/money/money.py", "def count():\n    return 1\n")
        .with(
            "main.py",
            "if __name__ == '__main__':\n    print('hello')\n",
        )
}

#[test]
fn wherever_it_is_asked_from_and_whatever_its_folder_is_called() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("a[b]*");
    let copy = std::process::Command::new("cp")
        .arg("-r")
        .arg(Project::example("workspace").path())
        .arg(&project)
        .status();
    assert!(copy.expect("cp is there").success());
    for named in [
        "./a[b]*",
        "a[b]*",
        "./a[b]*/packages/",
        "a[b]*/../a[b]*",
        "./.",
    ] {
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_dfgen"));
        let below = if named == "./." {
            &project
        } else {
            folder.path()
        };
        run.args(["render", "--check", "--project", named])
            .current_dir(below);
        let run = run.output().expect("dfgen runs");
        assert!(
            run.status.success(),
            "{named}: {}",
            String::from_utf8_lossy(&run.stderr)
        );
    }
}

#[test]
fn a_file_or_an_empty_folder_beside_the_members_is_none() {
    let project = workspace().with("packages/README.md", "Packages.\n");
    std::fs::create_dir(project.path().join("packages/empty")).expect("a folder can be made");
    let run = dfgen(&["render"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
}

const TWO: &str = r#"version = 1
revision = 3
requires-python = ">=3.13"

[manifest]
members = ["money", "shop"]

[[package]]
name = "money"
version = "0.1.0"
source = { virtual = "packages/money" }

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "money" }]

[package.metadata]
requires-dist = [{ name = "money", virtual = "packages/money" }]
"#;

const PROGRAM: &str = "import money\n\nif __name__ == '__main__':\n    print(money.count())\n";

#[test]
fn a_member_that_nothing_requires_is_missing() {
    let project = workspace().with("main.py", PROGRAM);
    insta::assert_snapshot!(dfgen(&["render", "--strict"]).in_project(&project), @r#"
    exit code: 1
    ----- stderr -----
    warning[missing-import]: `money` is imported and not in the closure of `core-api`: it crashes at start
     --> main.py:1:8
      |
    1 | import money
      |        ^^^^^ crashes at start
      |
      = note: imported by main (main.py:1)
      = help: `money` is a member of this workspace that nothing requires: `uv add money`

    `dfgen explain missing-import` says more about it

    nothing was written: 1 warning is an error with `--strict`; mend what is told, or silence it in dfgen.toml: `silence = ["RULE"]`
    "#);
}

#[test]
fn a_member_that_is_required_and_no_package_is_missing() {
    let root = ROOT.replace(
        "[tool.uv.workspace]",
        "dependencies = [\"money\"]\n\n[tool.uv.sources]\nmoney = { workspace = true }\n\n[tool.uv.workspace]",
    );
    let member = format!("{MEMBER}\n[tool.uv]\npackage = false\n");
    let project = workspace()
        .with("pyproject.toml", &root)
        .with("packages/money/pyproject.toml", &member)
        .with("uv.lock", TWO)
        .with("main.py", PROGRAM);
    insta::assert_snapshot!(dfgen(&["render", "--strict"]).in_project(&project), @r#"
    exit code: 1
    ----- stderr -----
    warning[missing-import]: `money` is imported and not in the closure of `core-api`: it crashes at start
     --> main.py:1:8
      |
    1 | import money
      |        ^^^^^ crashes at start
      |
      = note: imported by main (main.py:1)
      = help: `money` is required, but uv does not install it: give packages/money/pyproject.toml a `[build-system]`, without `package = false` in [tool.uv], and run `uv lock`

    `dfgen explain missing-import` says more about it

    nothing was written: 1 warning is an error with `--strict`; mend what is told, or silence it in dfgen.toml: `silence = ["RULE"]`
    "#);
}

#[test]
fn an_entry_of_another_member_is_missing() {
    let project = workspace().with(
        "dfgen.toml",
        "[profile.core-api]\ncommand = [\"python\", \"-m\", \"money\"]\n",
    );
    insta::assert_snapshot!(dfgen(&["render", "--strict"]).in_project(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[absent-module]: `core-api` starts `money`, and the image would not have it
     --> dfgen.toml:2:29
      |
    2 | command = ["python", "-m", "money"]
      |                             ^^^^^ not in the image
      |
      = note: `python -m money`: dfgen.toml:2
      = note: `packages/money/money.py` is of the member `money`, which the image does not have
      = help: `money` is a member of this workspace that nothing requires: `uv add money`
    "#);
}

#[test]
fn an_entry_of_a_package_that_the_image_lacks_is_missing() {
    let project = workspace().with(
        "dfgen.toml",
        "[profile.core-api]\ncommand = [\"python\", \"-m\", \"PIL\"]\n",
    );
    insta::assert_snapshot!(dfgen(&["render", "--strict"]).in_project(&project), @r#"
    exit code: 1
    ----- stderr -----
    warning[missing-import]: `PIL` is started and not in the closure of `core-api`: it crashes at start
     --> dfgen.toml:2:29
      |
    2 | command = ["python", "-m", "PIL"]
      |                             ^^^ the image would not have it
      |
      = help: add it: `uv add pillow`

    `dfgen explain missing-import` says more about it

    nothing was written: 1 warning is an error with `--strict`; mend what is told, or silence it in dfgen.toml: `silence = ["RULE"]`
    "#);
}

#[test]
fn an_entry_beside_the_package_runs_from_source() {
    let root = ROOT.to_owned()
        + "\n[build-system]\nrequires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n";
    let project = workspace()
        .with("pyproject.toml", &root)
        .with(
            "uv.lock",
            &LOCK.replace("virtual = \".\"", "editable = \".\""),
        )
        .with("src/shop/__init__.py", "")
        .with("extra/graph.py", "def main():\n    return 1\n")
        .with(
            "dfgen.toml",
            "[profile.core-api]\ncommand = [\"python\", \"-m\", \"extra.graph\"]\n",
        );
    insta::assert_snapshot!(dfgen(&["render", "--strict"]).in_project(&project), @r#"
    exit code: 1
    ----- stderr -----
    warning[not-packaged]: the built package would lack modules that `core-api` needs
     |
     = note: it lacks `extra.graph`: uv_build packages `shop` only
     = note: the image runs the source instead, which has them
     = help: let the build backend find the packages by itself, or list every one of them

    `dfgen explain not-packaged` says more about it

    nothing was written: 1 warning is an error with `--strict`; mend what is told, or silence it in dfgen.toml: `silence = ["RULE"]`
    "#);
}

#[test]
fn a_project_is_searched_upwards_and_a_member_stands_for_its_workspace() {
    let project = workspace();
    let at_root = dfgen(&["render", "--stdout"]).in_project(&project);
    assert_eq!(at_root.code, Some(0), "{at_root}");
    std::fs::create_dir_all(project.path().join("packages/money/deep/er")).expect("folders");
    for folder in ["packages", "packages/money", "packages/money/deep/er"] {
        let below = dfgen(&["render", "--stdout"]).in_folder(&project, folder);
        assert_eq!(below.to_string(), at_root.to_string(), "{folder}");
        let named = dfgen(&["render", "--stdout", "--project", folder]).in_project(&project);
        assert_eq!(named.to_string(), at_root.to_string(), "{folder}");
    }
    let written = dfgen(&["render"]).in_folder(&project, "packages/money");
    insta::assert_snapshot!(written, @r"
    exit code: 0
    ----- stderr -----
    core-api: the project needs no ML stack
    wrote ../../docker/compose.yaml
    wrote ../../docker/core-api.Dockerfile
    wrote ../../docker/core-api.Dockerfile.dockerignore
    wrote ../../docker/dfgen.py
    ");
    assert!(project.path().join("docker/core-api.Dockerfile").is_file());
}

#[test]
fn a_project_of_its_own_below_another_is_its_own() {
    let excluded = ROOT.to_owned() + "exclude = [\"packages/money\"]\n";
    let project = workspace().with("pyproject.toml", &excluded);
    let run = dfgen(&["render"]).in_folder(&project, "packages/money");
    insta::assert_snapshot!(run, @r"
    exit code: 2
    ----- stderr -----
    error[no-lock]: there is no uv.lock in `.`
     |
     = help: write it with `uv lock`, and commit it
    ");
}

/// A workspace whose root holds these members together: the folder, the requirements and the files of each.
fn holding(members: &[(&str, &[&str], &[(&str, &str)])]) -> Project {
    let name = |folder: &str| folder.rsplit('/').next().unwrap_or(folder).to_owned();
    let list = |all: &[&str]| {
        let all = all.iter().map(|one| format!("{{ name = \"{one}\" }}"));
        all.collect::<Vec<_>>().join(", ")
    };
    let folders: Vec<String> = members
        .iter()
        .map(|(folder, ..)| format!("\"{folder}\""))
        .collect();
    let root = format!(
        "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\n[tool.uv.workspace]\nmembers = [{}]\n",
        folders.join(", ")
    );
    let mut names: Vec<String> = members
        .iter()
        .map(|(folder, ..)| format!("\"{}\"", name(folder)))
        .collect();
    names.push("\"shop\"".to_owned());
    let mut lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n[manifest]\nmembers = [{}]\n\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\n\n",
        names.join(", ")
    );
    let mut project = Project::empty();
    let mut packages: Vec<&str> = members
        .iter()
        .flat_map(|(_, needs, _)| needs.iter().copied())
        .collect();
    packages.sort_unstable();
    packages.dedup();
    for package in packages {
        lock += &format!(
            "[[package]]\nname = \"{package}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\nwheels = [{{ url = \"https://files.example/{package}-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }}]\n\n"
        );
    }
    for (folder, needs, files) in members {
        let own = name(folder);
        let quoted: Vec<String> = needs.iter().map(|one| format!("\"{one}\"")).collect();
        let manifest = format!(
            "[project]\nname = \"{own}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [{}]\n",
            quoted.join(", ")
        );
        lock += &format!(
            "[[package]]\nname = \"{own}\"\nversion = \"0.1.0\"\nsource = {{ virtual = \"{folder}\" }}\ndependencies = [{0}]\n\n[package.metadata]\nrequires-dist = [{0}]\n\n",
            list(needs)
        );
        project = project.with(&format!("{folder}/pyproject.toml"), &manifest);
        for (path, text) in *files {
            project = project.with(&format!("{folder}/{path}"), text);
        }
    }
    project.with("pyproject.toml", &root).with("uv.lock", &lock)
}

const API: &str = "from fastapi import FastAPI\napp = FastAPI()\n";
const JOBS: &str = "from celery import Celery\nqueue = Celery('jobs')\n";

/// Each image and what it runs.
fn images(project: &Project) -> Vec<String> {
    let ran = dfgen(&["plan", "--format", "json"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let plan = ran.json();
    let images = plan["images"].as_array().cloned().unwrap_or_default();
    let line = |image: &serde_json::Value| {
        let words = image["run"]["command"]["value"].as_array().cloned();
        let words = words.unwrap_or_default();
        let words: Vec<&str> = words.iter().filter_map(serde_json::Value::as_str).collect();
        format!(
            "{}: {}",
            image["name"].as_str().unwrap_or_default(),
            words.join(" ")
        )
    };
    images.iter().map(line).collect()
}

#[test]
fn each_member_that_serves_or_works_is_an_image() {
    let project = holding(&[
        ("apps/web", &["fastapi", "uvicorn"], &[("web/main.py", API)]),
        ("apps/jobs", &["celery"], &[("jobs/tasks.py", JOBS)]),
        (
            "apps/both",
            &["celery", "fastapi", "uvicorn"],
            &[("both/main.py", API), ("both/tasks.py", JOBS)],
        ),
        ("libs/money", &[], &[("money/__init__.py", "")]),
        (
            "tools/panel",
            &["fastapi", "uvicorn"],
            &[("panel/main.py", API)],
        ),
    ])
    .with("deploy/mock.py", API);
    assert_eq!(
        images(&project),
        [
            "both: uvicorn both.main:app --host 0.0.0.0 --port 8000",
            "both-worker: celery --app both.tasks:queue worker --loglevel INFO",
            "jobs: celery --app jobs.tasks:queue worker --loglevel INFO",
            "web: uvicorn web.main:app --host 0.0.0.0 --port 8000",
        ]
    );
    let one = dfgen(&["render", "--profile", "jobs", "--stdout"]).in_project(&project);
    assert!(one.stdout.contains("\"jobs.tasks:queue\""), "{one}");
}

/// What dfgen.toml says about the image of a member holds for it, and leaves it the member's.
#[test]
fn the_image_of_a_member_has_its_settings() {
    let members = [(
        "apps/web",
        &["fastapi", "uvicorn"][..],
        &[("web/main.py", API)][..],
    )];
    let settings = "[profile.web]\nport = 9000\n";
    for named in [&[][..], &["--profile", "web"]] {
        let project = holding(&members).with("dfgen.toml", settings);
        let ran = dfgen(&[&["render", "--stdout"], named].concat()).in_project(&project);
        let command =
            "CMD [\"uvicorn\", \"web.main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"9000\"]";
        assert!(ran.stdout.contains(command), "{named:?}: {ran}");
        assert!(ran.stdout.contains("--package web"), "{named:?}: {ran}");
    }
}

#[test]
fn a_root_without_an_application_is_no_image() {
    let members: [(&str, &[&str], &[(&str, &str)]); 1] =
        [("apps/jobs", &["celery"], &[("jobs/tasks.py", JOBS)])];
    let project = holding(&members).with("main.py", "from http.server import HTTPServer\n");
    assert_eq!(
        images(&project),
        ["jobs: celery --app jobs.tasks:queue worker --loglevel INFO"]
    );
}

#[test]
fn where_nothing_runs_the_members_are_named() {
    let project = holding(&[("libs/money", &[], &[("money/__init__.py", "")])]);
    let ran = dfgen(&["render"]).in_project(&project);
    assert!(
        ran.stderr
            .contains("nor in a member of the workspace: `money` (libs/money)"),
        "{ran}"
    );
}
