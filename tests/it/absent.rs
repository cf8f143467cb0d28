//! What commands start is in the image, wherever it lies; else there is no image.

use crate::dockerfile::Dockerfile;
use crate::harness::{Project, dfgen, requiring as project};

const API: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

fn shop() -> Project {
    project(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/main.py", API)
}

/// A command of the user's, in an image of its own.
fn started(project: Project, command: &str) -> Project {
    let words = command.split(' ').map(|word| format!("{word:?}"));
    let words: Vec<String> = words.collect();
    let settings = format!(
        "profiles = [\"core-api\"]\n[profile.core-api]\nport = 8000\ncommand = [{}]\n",
        words.join(", ")
    );
    project.with("dfgen.toml", &settings)
}

/// What a project is told, without the way the line is drawn.
fn told(project: &Project) -> String {
    let run = dfgen(&["render"]).in_project(project);
    let lines = run.stderr.lines();
    let is_told = |line: &&str| {
        line.starts_with("error")
            || line.trim_start().starts_with("= ")
            || line.starts_with("         ")
    };
    let lines = lines.filter(is_told);
    let lines: Vec<&str> = lines.map(str::trim_end).collect();
    let is_written = project
        .files()
        .iter()
        .any(|path| path.ends_with("core-api.Dockerfile"));
    format!(
        "exit {:?}, written: {is_written}\n{}",
        run.code,
        lines.join("\n")
    )
}

/// Writes the `copy` line of the help, as it stands, and renders again.
fn helped(project: &Project) -> Option<i32> {
    let run = dfgen(&["render"]).in_project(project);
    let line = run
        .stderr
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("copy = "));
    let settings = project.read("dfgen.toml");
    let line = line.expect("a line to write");
    std::fs::write(
        project.path().join("dfgen.toml"),
        format!("{settings}{line}\n"),
    )
    .expect("settings can be written");
    dfgen(&["render"]).in_project(project).code
}

#[test]
fn source_in_the_folder_of_generated_files_is_taken_and_they_are_not() {
    let project = shop()
        .with("docker/web/wsgi.py", API)
        .with("docker/nginx/site.conf", "server {}\n")
        .with(
            "docker/Dockerfile",
            "FROM python:3.13\nCOPY . .\nCMD [\"uvicorn\", \"docker.web.wsgi:app\"]\n",
        );
    assert_eq!(dfgen(&["render"]).in_project(&project).code, Some(0));
    // The second time dfgen's own files lie there.
    let run = dfgen(&["render", "--force"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    let file = Dockerfile::parse(&project.read("docker/core-api.Dockerfile"));
    assert!(
        file.command
            .iter()
            .any(|word| word == "docker.web.wsgi:app")
    );
    let ignored = project.read("docker/core-api.Dockerfile.dockerignore");
    let sent: Vec<&str> = ignored
        .lines()
        .filter(|line| line.starts_with("!docker"))
        .collect();
    assert_eq!(sent, ["!docker/dfgen.py", "!docker/web"]);
}

#[test]
fn a_folder_with_a_manifest_of_its_own_is_taken_where_a_command_names_it() {
    let project = shop()
        .with(
            "backend/pyproject.toml",
            "[project]\nname = \"backend\"\nversion = \"1.0\"\ndependencies = [\"fastapi\"]\n",
        )
        .with("backend/main.py", API);
    let project = started(project, "uvicorn backend.main:app --host 0.0.0.0");
    insta::assert_snapshot!(told(&project), @"exit Some(0), written: true");
    let project = started(project, "python backend/main.py");
    insta::assert_snapshot!(told(&project), @"exit Some(0), written: true");
}

#[test]
fn a_package_gets_the_files_that_its_commands_name() {
    let project = shop().with("manage.py", "print('migrated')\n").with(
        "Procfile",
        "web: uvicorn shop.main:app\nrelease: python ./manage.py migrate\nbot: python -m jobs.bot\n",
    );
    let manifest = project.read("pyproject.toml");
    let build =
        "\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";
    let lock = project.read("uv.lock").replace("virtual = ", "editable = ");
    let packaged = project
        .with("pyproject.toml", &(manifest + build))
        .with("uv.lock", &lock);
    let plan = dfgen(&["plan", "--format", "json"])
        .in_project(&packaged)
        .json();
    let app = &plan["images"][0]["app"];
    assert_eq!(app["form"]["value"], "package");
    assert_eq!(app["files"][0]["path"], "manage.py", "{app}");
    // What is beside the package is in no wheel.
    let source = packaged.with("jobs/bot.py", "while True:\n    ...\n");
    let plan = dfgen(&["plan", "--format", "json"])
        .in_project(&source)
        .json();
    let app = &plan["images"][0]["app"];
    assert!(app["form"]["value"]["source"].is_array(), "{app}");
}

#[test]
fn what_is_ignored_is_never_started() {
    let project = shop()
        .with(".gitignore", "local/\n")
        .with("local/app.py", API);
    let project = started(project, "uvicorn local.app:app --host 0.0.0.0");
    insta::assert_snapshot!(told(&project), @r#"
    exit Some(2), written: false
    error[absent-module]: `core-api` starts `local.app`, and the image would not have it
      = note: `uvicorn local.app:app --host 0.0.0.0`: dfgen.toml:4
      = note: `local/app.py` is ignored, by .gitignore: no clean checkout has it
      = help: have Git track it: `git add --force local/app.py`
      = help: take it along, in dfgen.toml:
              [profile.core-api]
              copy = ["local"]
    "#);
    assert_eq!(helped(&project), Some(0));
    let project = shop()
        .with(".gitignore", "shop/local.py\n")
        .with("shop/local.py", API);
    let project = started(project, "python shop/local.py");
    assert_eq!(helped(&project), Some(0));
    let project = shop()
        .with(".dockerignore", "tools\n")
        .with("tools/serve.py", API);
    let project = started(project, "python tools/serve.py");
    insta::assert_snapshot!(told(&project), @r#"
    exit Some(2), written: false
    error[absent-module]: `core-api` starts `tools/serve.py`, and the image would not have it
      = note: `python tools/serve.py`: dfgen.toml:4
      = note: `tools/serve.py` is left out, by .dockerignore
      = help: add to the end of .dockerignore
              !tools/serve.py
      = help: take it along, in dfgen.toml:
              [profile.core-api]
              copy = ["tools"]
    "#);
    assert_eq!(helped(&project), Some(0));
}

#[test]
fn what_is_nowhere_is_never_started() {
    let project = started(shop(), "python serve.py");
    insta::assert_snapshot!(told(&project), @"
    exit Some(2), written: false
    error[absent-module]: `core-api` starts `serve.py`, and the image would not have it
      = note: `python serve.py`: dfgen.toml:4
      = note: the project's folder has no such file
      = help: correct the command, or bring the file into the project's folder, tracked by Git
    ");
    let project = started(shop(), "uvicorn shop.main:app --log-config missing.yaml");
    insta::assert_snapshot!(told(&project), @"exit Some(0), written: true");
}

#[test]
fn another_member_s_module_is_never_started() {
    let root = "[tool.uv.workspace]\nmembers = [\"api\", \"jobs\"]\n";
    let member = |name: &str| {
        format!("[project]\nname = \"{name}\"\nversion = \"1.0\"\nrequires-python = \">=3.13\"\n")
    };
    let locked = |name: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ virtual = \"{name}\" }}\n\n"
        )
    };
    let lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n[manifest]\nmembers = [\"api\", \"jobs\"]\n\n{}{}",
        locked("api"),
        locked("jobs")
    );
    let project = Project::empty()
        .with("pyproject.toml", root)
        .with("uv.lock", &lock)
        .with("api/pyproject.toml", &member("api"))
        .with("api/main.py", "print(1)\n")
        .with("jobs/pyproject.toml", &member("jobs"))
        .with("jobs/work.py", "print(1)\n")
        .with(
            "dfgen.toml",
            "profiles = [\"core-api\"]\n[profile.core-api]\nextends = \"worker\"\nmember = \"api\"\ncommand = [\"python\", \"main.py\"]\n[profile.core-api.processes]\nwork = [\"python\", \"-m\", \"work\"]\n",
        );
    insta::assert_snapshot!(told(&project), @"
    exit Some(2), written: false
    error[absent-module]: `core-api` starts `work`, and the image would not have it
      = note: `python -m work`: dfgen.toml:6
      = note: `jobs/work.py` is of the member `jobs`, which the image does not have
      = help: `jobs` is a member of this workspace that nothing requires: `uv add --package api jobs`
    ");
}

#[test]
fn settings_that_a_variable_names_are_there() {
    let project = shop()
        .with(".gitignore", "shop/local.py\n")
        .with("shop/local.py", "");
    let project = started(project, "uvicorn shop.main:app --host 0.0.0.0");
    let settings = project.read("dfgen.toml");
    let env = "[profile.core-api.env]\nDJANGO_SETTINGS_MODULE = \"shop.local\"\n";
    let project = project.with("dfgen.toml", &(settings + env));
    insta::assert_snapshot!(told(&project), @r#"
    exit Some(2), written: false
    error[absent-module]: `core-api` starts `shop.local`, and the image would not have it
     = note: `DJANGO_SETTINGS_MODULE=shop.local`: dfgen.toml:6
     = note: `shop/local.py` is ignored, by .gitignore: no clean checkout has it
     = help: have Git track it: `git add --force shop/local.py`
     = help: take it along, in dfgen.toml:
             [profile.core-api]
             copy = ["shop/local.py"]
    "#);
}
