//! What a project's own files start beside what its images run: further services, and what is told of the others.

use crate::harness::{Project, dfgen, requiring as project};

const API: &str = "from fastapi import FastAPI\napp = FastAPI()\n";
const CELERY: &str = "from celery import Celery\napp = Celery('shop')\n";

fn shop() -> Project {
    project(&["celery", "fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/main.py", API)
        .with("shop/bot.py", "while True:\n    ...\n")
}

/// The services of the compose file, and what is told of processes.
fn told(project: &Project) -> String {
    let run = dfgen(&["plan", "--format", "json"]).in_project(project);
    if run.code != Some(0) {
        return run.to_string();
    }
    let plan = run.json();
    let words = |value: &serde_json::Value| {
        let words = value.as_array().into_iter().flatten();
        let words: Vec<&str> = words.filter_map(serde_json::Value::as_str).collect();
        words.join(" ")
    };
    let command = |service: &serde_json::Value| {
        let mut images = plan["images"].as_array().into_iter().flatten();
        let own = images.find(|image| image["name"] == service["name"]);
        own.map_or_else(
            || words(&service["command"]),
            |image| words(&image["run"]["command"]["value"]),
        )
    };
    let services = plan["compose"]["services"].as_array().into_iter().flatten();
    let mut lines: Vec<String> = services
        .map(|one| {
            let name = one["name"].as_str().unwrap_or_default();
            let role = one["role"].as_str().unwrap_or_default();
            format!("{name} ({role}): {}", command(one))
        })
        .collect();
    for finding in plan["findings"].as_array().into_iter().flatten() {
        if finding["rule"] == "left-out-process" {
            let notes = finding["notes"].as_array().into_iter().flatten();
            lines.extend(notes.filter_map(|note| Some(format!("left out {}", note.as_str()?))));
        }
    }
    lines.join("\n")
}

#[test]
fn lines_of_a_procfile_are_services_beside_its_web() {
    let project = shop().with(
        "Procfile",
        "web: bin/start-nginx uvicorn shop.main:app --port $PORT\nbot: python -m shop.bot\n\
         other: sh -c 'eval `agent` && python -m shop.bot other'\ncss: npm run watch\nseed: python -m shop.seed\n",
    );
    insta::assert_snapshot!(told(&project), @"
    core-api (main): uvicorn shop.main:app --port 8000 --host 0.0.0.0
    core-api-bot (process): python -m shop.bot
    left out `other` (Procfile:3): other commands run before it, and a service has one
    ");
}

#[test]
fn a_line_of_shell_is_looked_into() {
    let project = shop().with(
        "Procfile",
        "web: bash -lc \"set -a && . ./.env && alembic upgrade head && exec uvicorn shop.main:app --port ${PORT:-8000}\"\n\
         bot: sh -c 'exec python -m shop.bot'\n",
    );
    insta::assert_snapshot!(told(&project), @"
    core-api-migrate (migration): alembic upgrade head
    core-api (main): uvicorn shop.main:app --port 8000 --host 0.0.0.0
    core-api-bot (process): python -m shop.bot
    ");
}

#[test]
fn several_workers_and_a_scheduler_are_services_of_the_worker() {
    let project = shop().with("shop/jobs.py", CELERY).with(
        "Procfile",
        "web: uvicorn shop.main:app\nworker: celery -A shop.jobs worker -Q celery\n\
         worker_mail: celery -A shop.jobs worker -Q mail\nbeat: celery -A shop.jobs beat\n",
    );
    insta::assert_snapshot!(told(&project), @"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0
    worker (main): celery -A shop.jobs worker -Q celery
    worker-worker-mail (process): celery -A shop.jobs worker -Q mail
    worker-beat (beat): celery -A shop.jobs beat
    ");
    let compose = "services:\n  web:\n    build: .\n    ports: [8000]\n  one:\n    build: .\n    command: celery -A shop.jobs worker -Q one\n  two:\n    build: .\n    command: celery -A shop.jobs worker -Q two\n  db:\n    image: postgres:17\n";
    let project = shop()
        .with("shop/jobs.py", CELERY)
        .with(
            "Dockerfile",
            "FROM python:3.13\nCMD [\"uvicorn\", \"shop.main:app\"]\n",
        )
        .with("compose.yaml", compose);
    insta::assert_snapshot!(told(&project), @"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0 --port 8000
    worker (main): celery -A shop.jobs worker -Q one
    worker-two (process): celery -A shop.jobs worker -Q two
    ");
}

#[test]
fn compose_files_supervisors_and_further_dockerfiles_say_it_as_well() {
    let compose = "services:\n  web:\n    build: .\n    image: shop:here\n    command: uvicorn shop.main:app --reload\n    ports: [8000]\n\
                   \x20 bot:\n    image: shop:here\n    command: python -m shop.bot\n\
                   \x20 tests:\n    build: .\n    command: pytest\n    profiles: [tests]\n\
                   \x20 superuser:\n    build: .\n    command: python -m shop.create_superuser\n\
                   \x20 once:\n    build: .\n    command: python -m shop.bot once\n    restart: \"no\"\n\
                   \x20 redis:\n    image: redis:8\n    command: redis-server --appendonly yes\n";
    let dockerfile = "FROM python:3.13\nCMD [\"uvicorn\", \"shop.main:app\"]\n";
    let project = shop()
        .with("Dockerfile", dockerfile)
        .with("Dockerfile.mailer", "FROM python:3.13\nCMD [\"python\", \"-m\", \"shop.mailer\"]\n")
        .with("shop/mailer.py", "while True:\n    ...\n")
        .with("compose.yaml", compose)
        .with(
            "deploy/supervisord.conf",
            "[program:web]\ncommand=uvicorn shop.main:app\n[program:nginx]\ncommand=nginx -g 'daemon off;'\n\
             [program:the_bot]\ncommand=uv run python -m shop.bot\n[program:jobs]\ncommand=rq worker mail\n",
        );
    insta::assert_snapshot!(told(&project), @"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0 --port 8000
    core-api-the-bot (process): python -m shop.bot
    core-api-mailer (process): python -m shop.mailer
    left out `jobs` (deploy/supervisord.conf:8): its program is not in the image
    ");
}

#[test]
fn a_file_that_its_own_image_has_elsewhere_is_found() {
    let project = shop().with("jobs/run.py", "while True:\n    ...\n").with(
        "Procfile",
        "web: uvicorn shop.main:app\nmailer: python /srv/shop/jobs/run.py\n",
    );
    insta::assert_snapshot!(told(&project), @"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0
    core-api-mailer (process): python jobs/run.py
    ");
}

#[test]
fn a_second_server_is_told_with_the_lines_of_its_image() {
    let admin = "from fastapi import FastAPI\napp = FastAPI()\n";
    let project = shop().with("shop/admin.py", admin).with(
        "Procfile",
        "web: uvicorn shop.main:app\nadmin: uvicorn shop.admin:app --port 9000\n",
    );
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    let (_, help) = run
        .stderr
        .split_once("image of its own, in dfgen.toml:\n")
        .unwrap_or_default();
    let lines = help.lines().map(str::trim);
    let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    profiles = ["core-api", "admin"]
    [profile.admin]
    extends = "core-api"
    entry = "shop.admin:app"
    port = 9000
    "#);
    let typed = project.with("dfgen.toml", &format!("{}\n", lines.join("\n")));
    insta::assert_snapshot!(told(&typed), @"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0
    admin (main): uvicorn shop.admin:app --host 0.0.0.0 --port 9000
    ");
}

#[test]
fn a_port_of_the_image_says_nothing_of_a_service_that_publishes_none() {
    let project = shop()
        .with("Dockerfile", "FROM python:3.13\nEXPOSE 8000\nCMD [\"uvicorn\", \"shop.main:app\"]\n")
        .with(
            "compose.yaml",
            "services:\n  web:\n    build: .\n    command: uvicorn shop.main:app\n    ports: [8000]\n\
             \x20 bot:\n    build: .\n    command: uv run python -m shop.bot\n    volumes: [.:/app]\n",
        );
    insta::assert_snapshot!(told(&project), @"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0 --port 8000
    core-api-bot (process): python -m shop.bot
    ");
}

#[test]
fn a_command_of_a_package_is_a_process_where_its_environment_runs_it() {
    let supervised = "[program:jobs]\ncommand=sh -c \"uv run celery-jobs --import shop\"\n\
                      [program:more]\ncommand=uv run celery-jobs --tasks ${TASKS:-5}\n\
                      [program:exporter]\ncommand=celery-exporter --port 9\n";
    let project = shop().with("supervisord.conf", supervised);
    insta::assert_snapshot!(told(&project), @"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0 --port 8000
    core-api-jobs (process): celery-jobs --import shop
    left out `more` (supervisord.conf:4): its words need a shell, or hold a secret
    ");
}

#[test]
fn a_command_of_the_project_is_called_where_its_source_runs() {
    let project = shop();
    let manifest =
        project.read("pyproject.toml") + "\n[project.scripts]\nshop-bot = \"shop.bot:main\"\n";
    let project = project.with("pyproject.toml", &manifest).with(
        "Procfile",
        "web: uvicorn shop.main:app\nbot: shop-bot --all\n",
    );
    insta::assert_snapshot!(told(&project), @r#"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0
    core-api-bot (process): python -c import sys; from shop.bot import main; sys.exit(main()) --all
    "#);
}

#[test]
fn what_somebody_works_with_is_no_service() {
    let compose = "services:\n  web:\n    build: .\n    ports: [8000]\n  repl:\n    build: .\n    command: python\n  wait:\n    build: .\n    command: sleep infinity\n  shell:\n    build: .\n    command: python -m shop.shell\n";
    let project = shop()
        .with(
            "Dockerfile",
            "FROM python:3.13\nCMD [\"uvicorn\", \"shop.main:app\"]\n",
        )
        .with("shop/shell.py", "")
        .with(
            "tests/supervisord.conf",
            "[program:bot]\ncommand=python -m shop.bot\n",
        )
        .with("compose.yaml", compose);
    insta::assert_snapshot!(told(&project), @"core-api (main): uvicorn shop.main:app --host 0.0.0.0 --port 8000");
}

#[test]
fn what_the_profile_says_is_all_there_is() {
    let procfile = "web: uvicorn shop.main:app\nbot: python -m shop.bot\n";
    let with = |toml: &str| told(&shop().with("Procfile", procfile).with("dfgen.toml", toml));
    insta::assert_snapshot!(with("[profile.core-api]\nprocesses = {}\n"), @"core-api (main): uvicorn shop.main:app --host 0.0.0.0");
    let own =
        "[profile.core-api.processes]\nmailer = [\"python\", \"-m\", \"shop.bot\", \"mail\"]\n";
    insta::assert_snapshot!(with(own), @"
    core-api (main): uvicorn shop.main:app --host 0.0.0.0
    core-api-mailer (process): python -m shop.bot mail
    ");
    let empty = "[profile.core-api.processes]\nmailer = []\n\"A b\" = [\"x\"]\n";
    insta::assert_snapshot!(with(empty), @r#"
    exit code: 2
    ----- stderr -----
    error[invalid-value]: `processes` has no program to start
     --> dfgen.toml:2:1
      |
    2 | mailer = []
      | ^^^^^^ a list: the program and its arguments
      |
      = help: take the key out: it is a process no more

    error[invalid-value]: `processes` cannot be `A b`
     --> dfgen.toml:3:1
      |
    3 | "A b" = ["x"]
      | ^^^^^ a profile's name is lower-case letters, digits and `-`, as in `core-api`
    "#);
}

#[test]
fn a_further_service_is_like_the_main_one() {
    let project = shop()
        .with(
            "Procfile",
            "web: uvicorn shop.main:app\nbot: python -m shop.bot\n",
        )
        .with("dfgen.toml", "[profile.core-api]\nvolumes = [\"data\"]\n");
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    let compose = run
        .stdout
        .split("  core-api-bot:")
        .nth(1)
        .unwrap_or_default();
    let compose = compose.split("\nvolumes:").next().unwrap_or_default();
    insta::assert_snapshot!(compose, @r#"

    image: "shop-core-api"
    command: ["python", "-m", "shop.bot"]
    env_file:
      - path: "../.env"
        required: false
    read_only: true
    tmpfs: [/tmp, /var/tmp]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    # The check of the image asks what its main process answers.
    healthcheck:
      disable: true
    restart: unless-stopped
    stop_signal: SIGINT
    volumes:
      - data:/app/data
    "#);
    insta::assert_snapshot!(run.stderr, @r#"
    note[container-file]: `core-api` runs what Procfile:1 says
     |
     = note: by itself dfgen would run `uvicorn shop.main:app --host 0.0.0.0 --port 8000`
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api]
             command = ["uvicorn", "shop.main:app", "--host", "0.0.0.0"]

    note[container-file]: beside `core-api` run `bot` (Procfile:2), as these files say
     |
     = help: to keep it without them, in dfgen.toml:
             [profile.core-api.processes]
             bot = ["python", "-m", "shop.bot"]

    `dfgen explain container-file` says more about it
    "#);
}

/// What an entrypoint is called is no program of the package by the same name.
#[test]
fn the_name_of_the_package_is_no_command() {
    let lines = "FROM python:3.13-slim\nWORKDIR /srv\nCOPY . .\nCOPY entry.sh /usr/local/bin/shop\nENTRYPOINT [\"shop\"]\nCMD [\"run\"]\n";
    let project = shop()
        .with("Dockerfile", lines)
        .with("entry.sh", "exec uvicorn shop.main:app\n");
    insta::assert_snapshot!(told(&project), @"core-api (main): uvicorn shop.main:app --host 0.0.0.0 --port 8000");
}

/// A receiver that the application itself starts is no worker beside it.
#[test]
fn an_application_that_takes_its_jobs_itself_has_no_worker() {
    let broker = "from taskiq_redis import ListQueueBroker\nbroker = ListQueueBroker('x')\n";
    let inside = "from fastapi import FastAPI\nfrom taskiq.receiver import Receiver\nfrom shop.jobs import broker\n\nasync def lifespan(app):\n    receiver = Receiver(broker)\n    yield\n\napp = FastAPI(lifespan=lifespan)\n";
    let project = project(&["fastapi", "taskiq", "taskiq-redis", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/jobs.py", broker);
    let project = project.with(
        "shop/main.py",
        &format!("from shop.jobs import broker\n{API}"),
    );
    let beside = told(&project);
    assert!(
        beside.contains("taskiq worker shop.jobs:broker"),
        "{beside}"
    );
    let inside = told(&project.with("shop/main.py", inside));
    assert!(!inside.contains("taskiq worker"), "{inside}");
}
