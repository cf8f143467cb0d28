//! The project's own container files say what is run; what only they say is told, and `init` keeps it.

use crate::harness::{Project, Ran, dfgen, requiring};

const FASTAPI: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

/// A project with two applications, of which `shop.main:app` is the one by its name.
fn two() -> Project {
    requiring(&["celery", "fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/main.py", FASTAPI)
        .with("shop/web.py", FASTAPI)
}

fn render(project: &Project) -> Ran {
    dfgen(&["render"]).in_project(project)
}

fn command(project: &Project) -> String {
    let text = project.read("docker/core-api.Dockerfile");
    let mut lines = text.lines().filter(|line| line.starts_with("CMD "));
    lines.next().unwrap_or_default().to_owned()
}

fn dockerfile(cmd: &str) -> String {
    format!("FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nEXPOSE 9000\nCMD {cmd}\n")
}

#[test]
fn a_dockerfile_goes_before_names_and_that_is_told() {
    let project = two().with(
        "Dockerfile",
        &dockerfile("[\"uvicorn\", \"shop.web:app\", \"--reload\"]"),
    );
    let ran = render(&project);
    insta::assert_snapshot!(ran, @r#"
    exit code: 0
    ----- stderr -----
    note[container-file]: `shop.web:app` is what `core-api` runs, as Dockerfile:5 has it
     |
     = note: by itself dfgen would run `shop.main:app` (shop/main.py:2)
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api]
             entry = "shop.web:app"
             port = 9000

    `dfgen explain container-file` says more about it

    core-api: the project needs no ML stack
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    "#);
    assert_eq!(
        command(&project),
        "CMD [\"uvicorn\", \"shop.web:app\", \"--host\", \"0.0.0.0\", \"--port\", \"9000\"]"
    );
}

#[test]
fn what_dfgen_would_do_by_itself_is_not_told() {
    let said = "FROM python:3.13-slim\nCMD uvicorn shop.main:app --port 8000\n";
    let ran = render(&two().with("Dockerfile", said));
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(!ran.stderr.contains("container-file"), "{ran}");
}

#[test]
fn it_is_read_though_no_context_has_it() {
    let project = two()
        .with("Dockerfile", &dockerfile("uvicorn shop.web:app"))
        .with(".dockerignore", "Dockerfile\n");
    assert_eq!(render(&project).code, Some(0));
    assert!(command(&project).contains("shop.web:app"));
}

#[test]
fn so_do_services_of_compose_and_scripts() {
    let compose = "services:\n  api:\n    build: .\n    command: uvicorn shop.web:app --reload\n    ports: ['80:9100']\n";
    let project = two()
        .with("Dockerfile", "FROM python:3.13-slim\nCMD [\"/run.sh\"]\n")
        .with("compose.yaml", compose);
    assert_eq!(render(&project).code, Some(0));
    assert!(command(&project).contains("shop.web:app"));
    assert!(command(&project).contains("9100"));
    let project = two()
        .with(
            "Dockerfile",
            "FROM python:3.13-slim\nENTRYPOINT [\"/app/run.sh\"]\n",
        )
        .with(
            "run.sh",
            "#!/bin/sh\nalembic upgrade head\nexec uvicorn shop.web:app\n",
        );
    assert_eq!(render(&project).code, Some(0));
    assert!(command(&project).contains("shop.web:app"));
}

#[test]
fn files_that_dfgen_wrote_say_nothing() {
    let project = two().with("Dockerfile", &dockerfile("uvicorn shop.web:app"));
    assert_eq!(render(&project).code, Some(0));
    let project = project.without("Dockerfile");
    assert_eq!(render(&project).code, Some(0));
    assert!(command(&project).contains("shop.main:app"));
}

#[test]
fn two_that_disagree_are_told_with_the_line_for_each() {
    let compose = "services:\n  one:\n    build: .\n    command: uvicorn shop.web:app\n  two:\n    build: .\n    command: uvicorn shop.main:app\n";
    let project = two()
        .with("Dockerfile", "FROM python:3.13-slim\n")
        .with("compose.yaml", compose);
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 2
    ----- stderr -----
    error[ambiguous-entry]: the image `core-api` could run 2 things, and dfgen does not guess
     |
     = note: `shop.main:app`: FastAPI (compose.yaml:7 starts it), in shop/main.py:2
     = note: `shop.web:app`: FastAPI (compose.yaml:4 starts it), in shop/web.py:2
     = help: say which, in dfgen.toml:
             [profile.core-api]
             entry = "shop.main:app"
     = help: or:
             [profile.core-api]
             entry = "shop.web:app"
    "#);
}

#[test]
fn what_no_source_shows_is_run_as_the_container_has_it() {
    let project = requiring(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/start.py", "import os\nprint(os.environ)\n")
        .with(
            "Dockerfile",
            "FROM python:3.13-slim\nCMD [\"python\", \"-m\", \"shop.start\", \"--all\"]\n",
        );
    let ran = render(&project);
    insta::assert_snapshot!(ran, @r#"
    exit code: 0
    ----- stderr -----
    note[container-file]: `core-api` runs what Dockerfile:2 says
     |
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api]
             command = ["python", "-m", "shop.start", "--all"]

    `dfgen explain container-file` says more about it

    core-api: the project needs no ML stack
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    "#);
    assert!(command(&project).contains("\"shop.start\", \"--all\""));
}

/// The files of the project lie in another folder of ours.
#[test]
fn a_program_of_the_old_image_is_not_run() {
    let project = requiring(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/start.py", "import os\nprint(os.environ)\n")
        .with("scripts/entrypoint.sh", "#!/bin/sh\nexec \"$@\"\n")
        .with(
            "Dockerfile",
            "FROM python:3.13-slim\nWORKDIR /srv\nENTRYPOINT [\"/srv/scripts/entrypoint.sh\", \"serve\"]\n",
        );
    let ran = render(&project);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("error[no-command]"), "{ran}");
}

#[test]
fn platforms_say_it_too() {
    for (file, text) in [
        ("Procfile", "web: uvicorn shop.web:app --port $PORT\n"),
        (
            "fly.toml",
            "[processes]\napp = \"uvicorn shop.web:app --port 8080\"\n",
        ),
        (
            "render.yaml",
            "services:\n  - type: web\n    startCommand: uvicorn shop.web:app\n",
        ),
        (
            "railway.json",
            "{\"deploy\": {\"startCommand\": \"uvicorn shop.web:app\"}}",
        ),
    ] {
        let project = two().with(file, text);
        let ran = render(&project);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(
            ran.stderr
                .contains(&format!("`core-api` runs what {file}:")),
            "{ran}"
        );
        assert!(command(&project).contains("shop.web:app"), "{file}");
    }
}

#[test]
fn after_init_nothing_changes_where_the_old_files_go() {
    let celery = "from celery import Celery\napp = Celery('shop')\n";
    let files = [
        ("Dockerfile", dockerfile("[\"uvicorn\", \"shop.web:app\", \"--reload\"]")),
        ("Procfile", "web: uvicorn shop.web:app --port 9000 --workers 3\nworker: celery -A shop.jobs worker -c 2\n".to_owned()),
        ("fly.toml", "[processes]\napp = \"uvicorn shop.web:app --port 8080\"\n".to_owned()),
    ];
    for (file, text) in files {
        let project = two().with("shop/jobs.py", celery).with(file, &text);
        let before = render(&project);
        assert_eq!(before.code, Some(0), "{before}");
        let init = dfgen(&["init"]).in_project(&project);
        assert_eq!(init.code, Some(0), "{init}");
        let settled = render(&project);
        assert_eq!(settled.code, Some(0), "{settled}");
        assert!(
            !settled.stderr.contains("container-file"),
            "{file}: {settled}"
        );
        let project = project.without(file);
        let check = dfgen(&["render", "--check"]).in_project(&project);
        assert_eq!(check.code, Some(0), "{file}: {check}\n{init}");
    }
}

/// A manifest that only says a version is beside the source of the project around it.
#[test]
fn a_folder_with_a_manifest_of_a_version_alone_is_part_of_the_project() {
    let factory = "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()\napp = create_app()\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/__main__.py", "print('shop')\n")
        .with("api/__init__.py", "")
        .with("api/main.py", factory)
        .with(
            "api/pyproject.toml",
            "[project]\nname = \"shop-api\"\nversion = \"2.0\"\n",
        )
        .with(
            "api/Dockerfile",
            &dockerfile("[\"uvicorn\", \"api.main:app\", \"--port\", \"9000\"]"),
        )
        .with(
            "compose.yaml",
            "services:\n  api:\n    build:\n      context: .\n      dockerfile: api/Dockerfile\n",
        );
    assert_eq!(render(&project).code, Some(0));
    let expected =
        "CMD [\"uvicorn\", \"api.main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"9000\"]";
    assert_eq!(command(&project), expected);
}
