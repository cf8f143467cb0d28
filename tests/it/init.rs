//! `dfgen init`: what it finds, keeps and drops, and when it refuses.

use crate::harness::{Project, dfgen};

const LOCK: &str = r#"
version = 1
requires-python = ">=3.12"

[[package]]
name = "fastapi"
version = "0.121.0"
source = { registry = "https://index.example/simple" }
wheels = [{ url = "https://x/fastapi-0.121.0-py3-none-any.whl", hash = "sha256:00", size = 1 }]

[[package]]
name = "uvicorn"
version = "0.38.0"
source = { registry = "https://index.example/simple" }
wheels = [{ url = "https://x/uvicorn-0.38.0-py3-none-any.whl", hash = "sha256:00", size = 1 }]
"#;

const PACKAGE: &str = r#"
[[package]]
name = "NAME"
version = "1.0.0"
source = { virtual = "FOLDER" }
dependencies = [{ name = "fastapi" }, { name = "uvicorn" }]
"#;

const APP: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";

fn manifest(name: &str) -> String {
    format!(
        "[project]\nname = \"{name}\"\nversion = \"1.0.0\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n"
    )
}

fn package(name: &str, folder: &str) -> String {
    PACKAGE.replace("NAME", name).replace("FOLDER", folder)
}

/// A project with these modules, each an application.
fn project(modules: &[&str]) -> Project {
    let project = Project::empty()
        .with("pyproject.toml", &manifest("shop"))
        .with("uv.lock", &format!("{LOCK}{}", package("shop", ".")));
    modules
        .iter()
        .fold(project, |project, module| project.with(module, APP))
}

fn by_hand() -> Project {
    Project::fixture("container_by_hand")
}

#[test]
#[expect(clippy::too_many_lines, reason = "one snapshot of all that is said")]
fn a_container_by_hand_is_carried_over_line_by_line() {
    let project = by_hand();
    let run = dfgen(&["init"]).in_project(&project);
    insta::assert_snapshot!(run, @r#"
    exit code: 0
    ----- stderr -----
    image core-api: the project needs no ML stack
      runs: shop_api.main:app (FastAPI, likely: a FastAPI object at module level), shop_api/main.py:3
      also there: shop_api.worker:app (Celery, likely), shop_api/worker.py:3
    image worker: Celery in shop_api/worker.py:3
      runs: shop_api.worker:app (Celery, likely: a Celery object at module level), shop_api/worker.py:3
      also there: shop_api.main:app (FastAPI, likely), shop_api/main.py:3
    read Dockerfile, compose.yaml
    for you to look at
      compose.yaml:6: DATABASE_URL: given at run time: keep them in the environment of the deployment, secrets as secrets
      compose.yaml:15: mail: axllent/mailpit: dfgen knows no such service: keep it in compose.yaml, or in a compose file of your own
    not carried over
      Dockerfile:3: curl: only builds and health checks ask for it: dfgen's health check needs none
      Dockerfile:3: gettext: catalogs are compiled by a step of the build: `build-steps`
      Dockerfile:10: PYTHONUNBUFFERED: it is for the build, or dfgen sets what is needed
      Dockerfile:16: COPY tests tests: tests and developers' files stay out
      Dockerfile:3,17: 2 of the old build's or script's own: shell, arguments, permissions, package lists
      faults that the new files have not; `dfgen explain root-user` says why: root-user (Dockerfile:1, no USER), single-stage (Dockerfile:1, one FROM), compilers-shipped (Dockerfile:3, build-essential), package-lists-left (Dockerfile:3, apt-get update), recommended-packages (Dockerfile:3, build-essential curl gettext libpango-1.0-0), ships-uv (Dockerfile:6, uv is copied), unpinned-uv (Dockerfile:6, ghcr.io/astral-sh/uv:latest), secret-in-environment (Dockerfile:11, API_TOKEN), development-group (Dockerfile:13, uv sync --extra reports), unlocked-install (Dockerfile:13, uv sync --extra reports), install-cache-left (Dockerfile:13, uv sync --extra reports), tests-shipped (Dockerfile:16, tests), recursive-chown (Dockerfile:17, chown -R nobody /app), development-server (Dockerfile:20, --reload), runner-command (Dockerfile:20, uv run), shell-command (Dockerfile:20, uvicorn shop_api.main:app --host 0.0.0.0 --port 9000 --worke..)
    kept
      Dockerfile:13: core-api: extras = ["reports"]
      Dockerfile:1: core-api: base = "python:3.13-slim-bookworm"
      Dockerfile:5: core-api: apt.runtime = ["libpango-1.0-0"]
      Dockerfile:20: core-api: command = ["uvicorn", "shop_api.main:app", "--host", "0.0.0.0", "--port", "9000", "--workers", "2"]; without this: uvicorn shop_api.main:app --host 0.0.0.0 --port 8000
      Dockerfile:19: core-api: health = { start-period = "90s" }
      Dockerfile:15: core-api: copy = ["locale"]
      compose.yaml:11: core-api: services = ["postgres:17", "redis:8-alpine"]
      Dockerfile:8: core-api: env: LOG_LEVEL = "info", GREETING = 'say "hi" # to all'
      Dockerfile:13: worker: extras = ["reports"]
      Dockerfile:1: worker: base = "python:3.13-slim-bookworm"
      Dockerfile:5: worker: apt.runtime = ["libpango-1.0-0"]
      compose.yaml:9: worker: command = ["celery", "-A", "shop_api.worker", "worker", "--loglevel", "info", "--concurrency", "2"]; without this: celery --app shop_api.worker:app worker --loglevel INFO
      Dockerfile:15: worker: copy = ["locale"]
      Dockerfile:8: worker: env: LOG_LEVEL = "info", GREETING = 'say "hi" # to all'
      9 by what dfgen does itself: Dockerfile:6-7,12,14,18; compose.yaml:3-4,8,13
    wrote dfgen.toml
    next: `dfgen render`, then `docker compose -f docker/compose.yaml up --build`; `dfgen init --check` lists again what the old files did and the new ones do not
    "#);
    insta::assert_snapshot!(project.read("dfgen.toml"), @r#"
    # Settings of dfgen: only what differs from what it does by itself.
    # `dfgen profiles NAME` prints all that can be said, and where each value comes from.

    # the project needs no ML stack
    [profile.core-api]
    extras = ["reports"]  # Dockerfile:13
    base = "python:3.13-slim-bookworm"  # Dockerfile:1
    command = ["uvicorn", "shop_api.main:app", "--host", "0.0.0.0", "--port", "9000", "--workers", "2"]  # Dockerfile:20; without this: uvicorn shop_api.main:app --host 0.0.0.0 --port 8000
    health = { start-period = "90s" }  # Dockerfile:19
    copy = ["locale"]  # Dockerfile:15
    services = ["postgres:17", "redis:8-alpine"]  # compose.yaml:11

    [profile.core-api.apt]
    runtime = ["libpango-1.0-0"]  # Dockerfile:5

    [profile.core-api.env]
    LOG_LEVEL = "info"  # Dockerfile:8
    GREETING = 'say "hi" # to all'  # Dockerfile:9

    # Celery in shop_api/worker.py:3
    [profile.worker]
    extras = ["reports"]  # Dockerfile:13
    base = "python:3.13-slim-bookworm"  # Dockerfile:1
    command = ["celery", "-A", "shop_api.worker", "worker", "--loglevel", "info", "--concurrency", "2"]  # compose.yaml:9; without this: celery --app shop_api.worker:app worker --loglevel INFO
    copy = ["locale"]  # Dockerfile:15

    [profile.worker.apt]
    runtime = ["libpango-1.0-0"]  # Dockerfile:5

    [profile.worker.env]
    LOG_LEVEL = "info"  # Dockerfile:8
    GREETING = 'say "hi" # to all'  # Dockerfile:9
    "#);
    assert!(!project.files().iter().any(|file| file.contains(".part")));
}

#[test]
fn what_was_written_renders() {
    let project = by_hand();
    assert_eq!(dfgen(&["init"]).in_project(&project).code, Some(0));
    let run = dfgen(&["render"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn nothing_needs_saying() {
    let project = project(&["main.py"]);
    let run = dfgen(&["init"]).in_project(&project);
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stderr -----
    image core-api: the project needs no ML stack
      runs: main:app (FastAPI, likely: a FastAPI object at module level), main.py:3
    wrote dfgen.toml
    next: `dfgen render`, then `docker compose -f docker/compose.yaml up --build`; `dfgen init --check` lists again what the old files did and the new ones do not
    ");
    insta::assert_snapshot!(project.read("dfgen.toml"), @"
    # Settings of dfgen: nothing needs saying here.
    # `dfgen render` takes core-api by itself; `dfgen profiles NAME` prints all that can be said.
    ");
}

#[test]
fn printed_and_not_written() {
    let project = by_hand();
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.starts_with("# Settings of dfgen"));
    assert!(!project.files().contains(&"dfgen.toml".to_owned()));
}

#[test]
fn several_applications_are_refused_with_what_to_type() {
    let project = project(&["admin/main.py", "shop/main.py"]);
    let run = dfgen(&["init"]).in_project(&project);
    insta::assert_snapshot!(run, @"
    exit code: 2
    ----- stderr -----
    image core-api: the project needs no ML stack
      could run: admin.main:app (FastAPI, likely), admin/main.py:3
      could run: shop.main:app (FastAPI, likely), shop/main.py:3
    error[ambiguous-entry]: the image `core-api` could run 2 things, and dfgen does not guess
     |
     = note: `admin.main:app`: FastAPI, likely (a FastAPI object at module level), in admin/main.py:3
     = note: `shop.main:app`: FastAPI, likely (a FastAPI object at module level), in shop/main.py:3
     = help: `dfgen init --entry admin.main:app`
     = help: `dfgen init --entry shop.main:app`
    ");
    assert!(!project.files().contains(&"dfgen.toml".to_owned()));
}

#[test]
fn an_entry_that_is_said_is_written() {
    let project = project(&["admin/main.py", "shop/main.py"]);
    assert_eq!(
        dfgen(&["init", "--entry", "shop.main:app", "--yes"])
            .in_project(&project)
            .code,
        Some(0)
    );
    insta::assert_snapshot!(project.read("dfgen.toml"), @r#"
    # Settings of dfgen: only what differs from what it does by itself.
    # `dfgen profiles NAME` prints all that can be said, and where each value comes from.

    # the project needs no ML stack
    [profile.core-api]
    entry = "shop.main:app"  # --entry
    "#);
}

#[test]
fn an_entry_that_is_not_there_is_refused() {
    let run = dfgen(&["init", "--entry", "shop.mian:app"]).in_project(&project(&["shop/main.py"]));
    insta::assert_snapshot!(run, @"
    exit code: 2
    ----- stderr -----
    error[unknown-entry]: nothing that can be run is called `shop.mian:app`
     |
     = help: did you mean `shop.main:app`?
    ");
}

#[test]
fn what_the_container_starts_decides_between_applications() {
    let project = project(&["admin/main.py", "shop/main.py"])
        .with("Dockerfile", "FROM python:3.13-slim-trixie\nUSER 10001\nCMD [\"uvicorn\", \"admin.main:app\", \"--host\", \"0.0.0.0\"]\n");
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    insta::assert_snapshot!(run, @r#"
    exit code: 0
    ----- stdout -----
    # Settings of dfgen: only what differs from what it does by itself.
    # `dfgen profiles NAME` prints all that can be said, and where each value comes from.

    # the project needs no ML stack
    [profile.core-api]
    entry = "admin.main:app"  # Dockerfile:3
    ----- stderr -----
    image core-api: the project needs no ML stack
      runs: admin.main:app, said by Dockerfile:3
      also there: shop.main:app (FastAPI, likely), shop/main.py:3
    read Dockerfile
    kept
      Dockerfile:3: entry = "admin.main:app"
      2 by what dfgen does itself: Dockerfile:1-2
    "#);
}

#[test]
fn settings_that_are_there_are_never_overwritten() {
    let project = project(&["main.py"]).with("dfgen.toml", "output = \"images\"\n");
    let run = dfgen(&["init", "--yes"]).in_project(&project);
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    error[settings-exist]: the project has settings of dfgen already, and `init` never overwrites them
     --> dfgen.toml:1:1
      |
    1 | output = "images"
      | ^ this file is there
      |
      = help: see what `init` would write: `dfgen init --stdout`
      = help: or move the settings away first, and run `dfgen init` again
    "#);
    assert_eq!(project.read("dfgen.toml"), "output = \"images\"\n");
}

#[test]
fn settings_in_the_manifest_are_settings_too() {
    let project = project(&["main.py"]).with(
        "pyproject.toml",
        &format!("{}\n[tool.dfgen]\noutput = \"images\"\n", manifest("shop")),
    );
    let run = dfgen(&["init"]).in_project(&project);
    insta::assert_snapshot!(run, @"
    exit code: 2
    ----- stderr -----
    error[settings-exist]: the project has settings of dfgen already, and `init` never overwrites them
     --> pyproject.toml:7:1
      |
    7 | [tool.dfgen]
      | ^^^^^^^^^^^ they are here
      |
      = help: see what `init` would write: `dfgen init --stdout`
      = help: or move the settings away first, and run `dfgen init` again
    ");
}

#[test]
fn a_dockerfile_that_cannot_be_read() {
    let project = project(&["main.py"]).with("Dockerfile", "FROM a\nFRM b\n");
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    insta::assert_snapshot!(run, @"
    exit code: 0
    ----- stdout -----
    # Settings of dfgen: nothing needs saying here.
    # `dfgen render` takes core-api by itself; `dfgen profiles NAME` prints all that can be said.
    ----- stderr -----
    warning[invalid-dockerfile]: `Dockerfile` cannot be read as a Dockerfile
     --> Dockerfile:2:1
      |
    2 | FRM b
      | ^^^^^ unknown instruction 'FRM'
      |
      = help: `docker build --check` says the same; or leave this file out

    image core-api: the project needs no ML stack
      runs: main:app (FastAPI, likely: a FastAPI object at module level), main.py:3
    ");
    let run = dfgen(&[
        "init",
        "--stdout",
        "--from",
        "Dockerfile",
        "--from",
        "missing",
    ])
    .in_project(&project);
    insta::assert_snapshot!(run, @"
    exit code: 2
    ----- stderr -----
    error[invalid-dockerfile]: `Dockerfile` cannot be read as a Dockerfile
     --> Dockerfile:2:1
      |
    2 | FRM b
      | ^^^^^ unknown instruction 'FRM'
      |
      = help: `docker build --check` says the same; or leave this file out

    error[unreadable-file]: `missing` cannot be read: No such file or directory (os error 2)
     |
     = help: name a Dockerfile or a compose file, relative to the project's folder
    ");
}

#[test]
fn one_profile_for_each_service_of_a_workspace() {
    let lock = format!(
        "{LOCK}\n[manifest]\nmembers = [\"api\", \"jobs\", \"shared\"]\n{}{}{}",
        package("api", "services/api"),
        package("jobs", "services/jobs"),
        package("shared", "shared")
    );
    let project = Project::empty()
        .with("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"services/*\", \"shared\"]\n")
        .with("uv.lock", &lock)
        .with("services/api/pyproject.toml", &manifest("api"))
        .with("services/api/api/main.py", APP)
        .with("services/api/Dockerfile", "FROM python:3.13-slim-trixie\nENV AREA=north\nUSER 10001\nCMD [\"uvicorn\", \"api.main:app\"]\n")
        .with("services/jobs/pyproject.toml", &manifest("jobs"))
        .with("services/jobs/jobs/main.py", APP)
        .with("shared/pyproject.toml", &manifest("shared"))
        .with("shared/shared/__init__.py", "");
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    insta::assert_snapshot!(run, @r#"
    exit code: 0
    ----- stdout -----
    # Settings of dfgen: only what differs from what it does by itself.
    # `dfgen profiles NAME` prints all that can be said, and where each value comes from.

    # FastAPI in services/api/api/main.py:3
    [profile.api]
    extends = "core-api"
    member = "api"

    [profile.api.env]
    AREA = "north"  # services/api/Dockerfile:2

    # FastAPI in services/jobs/jobs/main.py:3
    [profile.jobs]
    extends = "core-api"
    member = "jobs"
    ----- stderr -----
    image api: FastAPI in services/api/api/main.py:3
      runs: api.main:app (FastAPI, likely: a FastAPI object at module level), services/api/api/main.py:3
    image jobs: FastAPI in services/jobs/jobs/main.py:3
      runs: jobs.main:app (FastAPI, likely: a FastAPI object at module level), services/jobs/jobs/main.py:3
    read services/api/Dockerfile
    kept
      services/api/Dockerfile:2: api: env: AREA = "north"
      2 by what dfgen does itself: services/api/Dockerfile:1,3
    "#);
}

#[test]
fn values_stay_values() {
    let project = project(&["main.py"]).with(
        "Dockerfile",
        "FROM python:3.13-slim-trixie\nENV A='\"]\\n[profile.evil]' B=\"${C:-x'y} # z\"\nUSER 10001\nCMD [\"uvicorn\", \"main:app\"]\n",
    );
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    let read: toml::Table = run.stdout.parse().unwrap();
    let env = &read["profile"]["core-api"]["env"];
    assert_eq!(env["A"].as_str(), Some("\"]\\n[profile.evil]"));
    assert_eq!(env["B"].as_str(), Some("x'y # z"));
    assert_eq!(read["profile"].as_table().unwrap().len(), 1);
}

/// What `init` would write for a project with these files besides `main.py`.
fn written(files: &[(&str, &str)]) -> (String, String) {
    let project = files
        .iter()
        .fold(project(&["main.py"]), |project, (path, text)| {
            project.with(path, text)
        });
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    (run.stdout, run.stderr)
}

fn dockerfile(lines: &str) -> (&'static str, String) {
    (
        "Dockerfile",
        format!("FROM python:3.13-slim-trixie\nUSER 10001\n{lines}\n"),
    )
}

#[test]
fn nothing_that_only_runs_the_program_is_kept() {
    for start in [
        "CMD [\"uvx\", \"uvicorn\", \"main:app\", \"--workers\", \"2\", \"--host\", \"0.0.0.0\"]",
        "CMD uv --offline run --no-sync uvicorn main:app --workers 2 --host 0.0.0.0",
        "CMD [\"su-exec\", \"1000:1000\", \"/venv/bin/uvicorn\", \"main:app\", \"--workers\", \"2\", \"--host\", \"0.0.0.0\"]",
        "ENTRYPOINT [\"tini\", \"--\", \"gosu\", \"app\"]\nCMD [\"/app/.venv/bin/uvicorn\", \"main:app\", \"--workers\", \"2\", \"--host\", \"0.0.0.0\"]",
    ] {
        let (path, text) = dockerfile(start);
        let (settings, _) = written(&[(path, &text)]);
        assert!(
            settings.contains(
                "command = [\"uvicorn\", \"main:app\", \"--workers\", \"2\", \"--host\", \"0.0.0.0\"]"
            ),
            "{start}\n{settings}"
        );
    }
}

#[test]
fn a_kept_command_can_be_reached_and_says_its_port_itself() {
    let (path, text) = dockerfile(
        "EXPOSE 9000\nCMD [\"uvicorn\", \"main:app\", \"--workers\", \"2\", \"--port\", \"9000\"]",
    );
    let (settings, _) = written(&[(path, &text)]);
    assert!(
        settings.contains("\"--port\", \"9000\", \"--host\", \"0.0.0.0\"]"),
        "{settings}"
    );
    assert!(!settings.contains("\nport ="), "{settings}");
}

#[test]
fn no_port_is_made_up_for_a_program_of_its_own() {
    let (path, text) =
        dockerfile("HEALTHCHECK CMD curl -f http://localhost/up\nCMD [\"python\", \"bot.py\"]");
    let project = Project::empty()
        .with("pyproject.toml", &manifest("shop"))
        .with("uv.lock", &format!("{LOCK}{}", package("shop", ".")))
        .with("bot.py", "print('hello')\n")
        .with(path, &text);
    let run = dfgen(&["init"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("no port is known"), "{run}");
    let run = dfgen(&["render", "--stdout", "--profile", "core-api"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(!run.stdout.contains("EXPOSE"), "{run}");
    assert!(!run.stdout.contains("HEALTHCHECK --"), "{run}");
}

/// What `init` writes for a package with the command `shop`, which an existing Dockerfile starts so.
fn written_for_script(start: &str) -> String {
    let manifest = format!(
        "{}[project.scripts]\nshop = \"shop:main\"\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n",
        manifest("shop")
    );
    let package = package("shop", ".").replace("virtual", "editable");
    let (path, text) = dockerfile(start);
    let project = Project::empty()
        .with("pyproject.toml", &manifest)
        .with("uv.lock", &format!("{LOCK}{package}"))
        .with("src/shop/__init__.py", "def main(): ...\n")
        .with(path, &text);
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    run.stdout
}

#[test]
fn an_option_of_an_unknown_program_is_no_port_and_stays() {
    let settings = written_for_script("CMD [\"shop\", \"-p\", \"4\"]");
    assert!(
        settings.contains("command = [\"shop\", \"-p\", \"4\"]"),
        "{settings}"
    );
    assert!(!settings.contains("\nport ="), "{settings}");
    // A port that its own words say is read there, and nothing else would tell the program.
    let settings = written_for_script("CMD [\"shop\", \"--port\", \"9000\"]");
    assert!(
        settings.contains("command = [\"shop\", \"--port\", \"9000\"]"),
        "{settings}"
    );
    assert!(!settings.contains("\nport ="), "{settings}");
    // Without options it is what dfgen starts by itself.
    let settings = written_for_script("CMD [\"shop\"]");
    assert!(!settings.contains("\ncommand ="), "{settings}");
}

#[test]
fn compose_for_development_does_not_beat_the_image() {
    let (path, text) = dockerfile(
        "CMD [\"uvicorn\", \"main:app\", \"--workers\", \"3\", \"--host\", \"0.0.0.0\"]",
    );
    let compose =
        "services:\n  api:\n    build: .\n    command: uvicorn main:app --workers 1 --reload\n";
    let (settings, said) = written(&[(path, &text), ("compose.yaml", compose)]);
    assert!(settings.contains("\"--workers\", \"3\""), "{settings}");
    assert!(
        said.contains("it is for development: the image's own command is taken"),
        "{said}"
    );
}

#[test]
fn a_script_that_waits_starts_its_server() {
    let (path, text) = dockerfile("COPY start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]");
    let script =
        "#!/bin/sh\ncelery -A main worker &\nuvicorn main:app --workers 2 --host 0.0.0.0 &\nwait\n";
    let (settings, said) = written(&[(path, &text), ("start.sh", script)]);
    assert!(settings.contains("command = [\"uvicorn\""), "{settings}");
    assert!(said.contains("runs before or beside the start"), "{said}");
}

#[test]
fn files_that_the_command_names_are_copied() {
    let project = Project::example("two-images")
        .with("deploy/gunicorn.conf.py", "bind = \"0.0.0.0:8060\"\n")
        .with(
            "Dockerfile",
            "FROM python:3.13-slim-trixie\nUSER 10001\nCMD [\"gunicorn\", \"-c\", \"deploy/gunicorn.conf.py\", \"shop_api.main:app\"]\n",
        );
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    let settings = run.stdout;
    assert!(
        settings.contains("copy = [\"deploy/gunicorn.conf.py\"]"),
        "{settings}"
    );
    assert!(settings.contains("\"shop_api.main:app\"]"), "{settings}");
}

#[test]
fn folders_of_data_that_compose_mounts_are_kept() {
    let (path, text) = dockerfile("WORKDIR /code\nCMD [\"uvicorn\", \"main:app\"]");
    let mounts = [
        "uploads:/code/uploads",
        "./state:/code/state",
        "shop:/srv/shop",
        ".:/code",
        "./main.py:/code/main.py",
        "./conf.yml:/code/conf.yml",
        "./assets:/code/assets:ro",
        "/code/.venv",
        "/var/run/docker.sock:/var/run/docker.sock",
    ];
    let compose = format!(
        "services:\n  web:\n    build: .\n    volumes: [\"{}\"]\n",
        mounts.join("\", \"")
    );
    let (settings, said) = written(&[(path, &text), ("compose.yaml", &compose)]);
    let kept = "volumes = [\"uploads\", \"state\", \"/srv/shop\"]  # compose.yaml:4";
    assert!(settings.contains(kept), "{settings}");
    let left = "/code, /code/main.py, /code/conf.yml, /code/assets";
    assert!(said.contains(left), "{said}");
}

#[test]
fn what_no_setting_stands_for_is_told() {
    let (path, text) = dockerfile(
        "ARG P=\"libmagic1\"\nARG Q\nRUN apt-get update && apt-get install -y ${P} ${Q} && rm -rf /var/lib/apt/lists/*\nRUN dpkg -i x.deb && curl -L https://x/y.tgz | tar xz\nADD https://x/z /z\nVOLUME /root/.cache",
    );
    let (settings, said) = written(&[(path, &text)]);
    assert!(settings.contains("runtime = [\"libmagic1\"]"), "{settings}");
    for told in [
        "${Q}",
        "dpkg -i x.deb",
        "curl -L https://x/y.tgz",
        "https://x/z",
        "/root/.cache",
    ] {
        assert!(said.contains(told), "{told}\n{said}");
    }
}

#[test]
fn git_stays_where_the_program_calls_it() {
    let (path, text) =
        dockerfile("RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*");
    let (settings, _) = written(&[(path, &text)]);
    assert!(!settings.contains("\"git\""), "{settings}");
    let source =
        format!("import subprocess\n{APP}\ndef pull():\n    subprocess.run([\"git\", \"pull\"])\n");
    let (settings, _) = written(&[(path, &text), ("main.py", &source)]);
    assert!(settings.contains("runtime = [\"git\"]"), "{settings}");
}

#[test]
fn a_command_belongs_to_the_image_whose_application_it_names() {
    let project = Project::example("two-images").with(
        "Dockerfile",
        "FROM python:3.13-slim-trixie\nUSER 10001\nCMD [\"uvicorn\", \"shop_api.main:app\", \"--workers\", \"2\"]\n",
    );
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    let read: toml::Table = run.stdout.parse().unwrap();
    let profiles = &read["profile"];
    assert_eq!(
        profiles["core-api"]["command"].to_string(),
        "[\"uvicorn\", \"shop_api.main:app\", \"--workers\", \"2\", \"--host\", \"0.0.0.0\"]"
    );
    let ml = profiles.get("ml-inference-cpu");
    assert!(ml.is_none_or(|ml| ml.get("command").is_none()), "{run}");
}

#[test]
fn a_dockerfile_in_a_folder_of_its_own_is_found() {
    let text = "FROM python:3.13-slim-trixie\nUSER 10001\nCMD [\"uvicorn\", \"main:app\", \"--workers\", \"2\"]\n";
    let (settings, said) = written(&[("docker/server/Dockerfile", text)]);
    assert!(settings.contains("\"--workers\", \"2\""), "{settings}");
    assert!(said.contains("read docker/server/Dockerfile"), "{said}");
    let two = project(&["main.py"])
        .with("docker/server/Dockerfile", text)
        .with("docker/jobs/Dockerfile", text);
    let run = dfgen(&["init", "--stdout"]).in_project(&two).to_string();
    assert!(run.contains("exit code: 2"), "{run}");
    assert!(
        run.contains("`dfgen init --from docker/jobs/Dockerfile`"),
        "{run}"
    );
    let named = dfgen(&["init", "--stdout", "--from", "docker/jobs/Dockerfile"]).in_project(&two);
    assert!(
        named.to_string().contains("\"--workers\", \"2\""),
        "{named}"
    );
}

#[test]
fn an_entrypoint_script_decides_between_applications() {
    let project = project(&["admin/main.py", "shop/main.py"])
        .with(
            "Dockerfile",
            "FROM python:3.13-slim-trixie\nUSER 10001\nENTRYPOINT [\"/src/start.sh\"]\n",
        )
        .with(
            "start.sh",
            "#!/bin/sh\ncmd=\"exec uvicorn admin.main:app $@\"\neval \"$cmd\"\n",
        );
    let run = dfgen(&["init", "--stdout"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stdout.contains("entry = \"admin.main:app\""), "{run}");
}

#[test]
fn a_database_keeps_the_version_of_its_data_and_a_volume_its_folder() {
    let init = |image: &str| {
        let compose = format!(
            "services:\n  api: {{depends_on: [db],\n    build: .}}\n  db:\n    image: {image}\n"
        );
        let dockerfile = "FROM python:3.13-slim-trixie\nWORKDIR /srv/shop\nVOLUME /srv/shop/uploads /var/lib/shop\nVOLUME [\"/root/.cache\"]\nUSER 10001\nCMD [\"uvicorn\", \"main:app\"]\n";
        let project = project(&["main.py"])
            .with("compose.yaml", &compose)
            .with("Dockerfile", dockerfile);
        let run = dfgen(&["init", "--stdout"]).in_project(&project);
        let is_it = |line: &&str| {
            line.contains("services")
                || line.contains("volumes")
                || line.contains("in its place")
                || line.contains("VOLUME")
        };
        let lines: Vec<&str> = run
            .stdout
            .lines()
            .chain(run.stderr.lines())
            .filter(is_it)
            .collect();
        format!("{image}\n  {}\n", lines.join("\n  "))
    };
    let all = [
        "postgres:16",
        "postgres:16.4-alpine",
        "\"postgres:${PG_VERSION:-15}\"",
        "postgis/postgis:16-3.4",
        "docker.io/library/redis:7.2",
        "bitnami/postgresql:14.5.0",
        "postgres",
        "postgres:latest",
    ];
    insta::assert_snapshot!(all.map(init).concat(), @r#"
    postgres:16
      volumes = ["uploads", "/var/lib/shop"]  # Dockerfile:3
      services = ["postgres:16"]  # compose.yaml:5
        Dockerfile:4: /root/.cache: a VOLUME, and no data that the application writes
        Dockerfile:3: volumes = ["uploads", "/var/lib/shop"]
        compose.yaml:5: services = ["postgres:16"]
    postgres:16.4-alpine
      volumes = ["uploads", "/var/lib/shop"]  # Dockerfile:3
      services = ["postgres:16.4-alpine"]  # compose.yaml:5
        Dockerfile:4: /root/.cache: a VOLUME, and no data that the application writes
        Dockerfile:3: volumes = ["uploads", "/var/lib/shop"]
        compose.yaml:5: services = ["postgres:16.4-alpine"]
    "postgres:${PG_VERSION:-15}"
      volumes = ["uploads", "/var/lib/shop"]  # Dockerfile:3
      services = ["postgres:15"]  # compose.yaml:5
        Dockerfile:4: /root/.cache: a VOLUME, and no data that the application writes
        Dockerfile:3: volumes = ["uploads", "/var/lib/shop"]
        compose.yaml:5: services = ["postgres:15"]
    postgis/postgis:16-3.4
      volumes = ["uploads", "/var/lib/shop"]  # Dockerfile:3
      services = ["postgis/postgis:16-3.4"]  # compose.yaml:5
        Dockerfile:4: /root/.cache: a VOLUME, and no data that the application writes
        Dockerfile:3: volumes = ["uploads", "/var/lib/shop"]
        compose.yaml:5: services = ["postgis/postgis:16-3.4"]
    docker.io/library/redis:7.2
      volumes = ["uploads", "/var/lib/shop"]  # Dockerfile:3
      services = ["docker.io/library/redis:7.2"]  # compose.yaml:5
        Dockerfile:4: /root/.cache: a VOLUME, and no data that the application writes
        Dockerfile:3: volumes = ["uploads", "/var/lib/shop"]
        compose.yaml:5: services = ["docker.io/library/redis:7.2"]
    bitnami/postgresql:14.5.0
      volumes = ["uploads", "/var/lib/shop"]  # Dockerfile:3
      services = ["postgres:14"]  # compose.yaml:5
        Dockerfile:4: /root/.cache: a VOLUME, and no data that the application writes
        compose.yaml:5: bitnami/postgresql:14.5.0: dfgen starts `postgres:14` in its place, which takes other variables and keeps its data elsewhere: dump it there and load it here
        Dockerfile:3: volumes = ["uploads", "/var/lib/shop"]
        compose.yaml:5: services = ["postgres:14"]
    postgres
      volumes = ["uploads", "/var/lib/shop"]  # Dockerfile:3
      services = ["postgresql"]  # compose.yaml:5
        Dockerfile:4: /root/.cache: a VOLUME, and no data that the application writes
        Dockerfile:3: volumes = ["uploads", "/var/lib/shop"]
        compose.yaml:5: services = ["postgresql"]
    postgres:latest
      volumes = ["uploads", "/var/lib/shop"]  # Dockerfile:3
      services = ["postgresql"]  # compose.yaml:5
        Dockerfile:4: /root/.cache: a VOLUME, and no data that the application writes
        Dockerfile:3: volumes = ["uploads", "/var/lib/shop"]
        compose.yaml:5: services = ["postgresql"]
    "#);
}
