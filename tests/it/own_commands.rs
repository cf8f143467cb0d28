//! What the project's own container starts by a command of the package: that is the application, with the words that the
//! container hands to it.

use crate::harness::{Project, dfgen, requiring};

const MAIN: &str = "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\nready = False\n\
                    def serve():\n    global ready\n    ready = True\n    uvicorn.run(app)\n";

/// A package with an application and a command that makes it ready first.
fn shop() -> Project {
    let project = requiring(&["fastapi", "uvicorn"]).with("shop/__init__.py", "");
    let manifest = project.read("pyproject.toml");
    let scripts = "\n[project.scripts]\nshop = \"shop.main:serve\"\n\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";
    let lock = project.read("uv.lock");
    project
        .with("pyproject.toml", &format!("{manifest}{scripts}"))
        .with(
            "uv.lock",
            &lock.replace("virtual = \".\"", "editable = \".\""),
        )
        .with("shop/main.py", MAIN)
}

fn runs(project: &Project) -> String {
    let run = dfgen(&["plan", "--format", "json"]).in_project(project);
    if run.code != Some(0) {
        return run.to_string();
    }
    let plan = run.json();
    let run = &plan["images"][0]["run"];
    let because = run["command"]["because"].as_str().unwrap_or_default();
    let because = because.rsplit(": ").next().unwrap_or_default();
    format!(
        "{} {} ({because})",
        run["command"]["value"], run["port"]["value"]
    )
}

fn with_dockerfile(lines: &str) -> Project {
    let text = format!("FROM python:3.13-slim\nWORKDIR /code\nCOPY . .\nRUN uv sync\n{lines}\n");
    shop().with("Dockerfile", &text)
}

#[test]
fn it_goes_before_an_object_that_a_server_would_take() {
    let told = [
        "",
        "ENTRYPOINT [\"/opt/venv/bin/shop\"]\nCMD []",
        "ENTRYPOINT [\"./.venv/bin/shop\", \"serve\", \"--workers\", \"2\"]",
        "CMD $VIRTUAL_ENV/bin/shop --port 9000",
        "ENV SHOP_PORT=9100\nCMD [\"sh\", \"-c\", \"uv run shop --port $SHOP_PORT\"]",
        "CMD [\"/app/bin/shop\", \"--key\", \"$KEY\"]",
        "CMD [\"shop\", \"--reload\"]",
    ]
    .map(|lines| runs(&with_dockerfile(lines)));
    insta::assert_snapshot!(told.join("\n"), @r#"
    ["uvicorn","shop.main:app","--host","0.0.0.0","--port","8000"] 8000 (`uvicorn.run` at shop/main.py:8 serves it; served by uvicorn)
    ["shop"] null (Dockerfile:6 starts it)
    ["shop","serve","--workers","2"] null (Dockerfile:5 starts it)
    ["shop","--port","9000"] 9000 (Dockerfile:5 starts it)
    ["shop","--port","9100"] 9100 (Dockerfile:6 starts it)
    ["shop"] null (Dockerfile:5 starts it)
    ["shop"] null (Dockerfile:5 starts it)
    "#);
}

#[test]
fn the_words_of_a_service_stand_behind_the_entrypoint_of_its_image() {
    let with = |command: &str| {
        let compose = format!(
            "services:\n  api:\n    build: .\n    command: {command}\n    ports: [\"80:8000\"]\n"
        );
        let project = with_dockerfile("ENTRYPOINT [\"uv\", \"run\", \"shop\"]");
        runs(&project.with("compose.yaml", &compose))
    };
    insta::assert_snapshot!(with("serve --host 0.0.0.0"), @r#"["shop","serve","--host","0.0.0.0"] 8000 (compose.yaml:4 starts it)"#);
    insta::assert_snapshot!(with("[\"uv\", \"run\", \"shop\", \"serve\"]"), @r#"["shop","serve"] 8000 (compose.yaml:4 starts it)"#);
}

#[test]
fn a_line_of_shell_hands_the_command_on_and_settings_of_its_server_have_the_port() {
    let lines = "ENTRYPOINT /entrypoint.sh $0 $@\nCMD [\"gunicorn\", \"--config\", \"/srv/gunicorn.py\", \"shop.main:app\"]";
    let script = "#!/bin/bash\nPRE=()\nexec \"${PRE[@]}\" \"$@\"\n";
    let project = with_dockerfile(lines)
        .with("entrypoint.sh", script)
        .with("gunicorn.py", "bind = \":5500\"\n");
    insta::assert_snapshot!(runs(&project), @r#"["uvicorn","shop.main:app","--host","0.0.0.0","--port","5500"] 5500 (Dockerfile:6 starts it; served by uvicorn)"#);
    // A script that an entrypoint is given.
    let project =
        with_dockerfile("ENTRYPOINT [\"/bin/bash\", \"/entrypoint.sh\"]\nCMD [\"/init.sh\"]")
            .with("entrypoint.sh", script)
            .with("init.sh", "#!/bin/sh\nexec shop serve\n");
    insta::assert_snapshot!(runs(&project), @r#"["shop","serve"] null (Dockerfile:6 starts it)"#);
}

#[test]
fn what_serves_by_another_container_stays_the_application() {
    let compose = "services:\n  api:\n    build: .\n    command: uvicorn shop.main:app\n    ports: [\"80:8000\"]\n  sync:\n    build: .\n    command: shop sync\n";
    let project = with_dockerfile("CMD [\"shop\"]").with("compose.yaml", compose);
    insta::assert_snapshot!(runs(&project), @r#"["uvicorn","shop.main:app","--host","0.0.0.0","--port","8000"] 8000 (compose.yaml:4 starts it; served by uvicorn)"#);
}

#[test]
fn a_variable_names_modules_as_the_image_finds_them() {
    let settings = "SECRET_KEY = 'x'\nINSTALLED_APPS = []\nROOT_URLCONF = 'app.urls'\n";
    let set = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'app.settings')\n";
    let wsgi = format!(
        "{set}from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    );
    let project = requiring(&["django", "gunicorn"])
        .with("src/manage.py", &format!("{set}import django\n"))
        .with("src/app/__init__.py", "")
        .with("src/app/urls.py", "urlpatterns = []\n")
        .with("src/app/settings.py", settings)
        .with("src/app/production.py", settings)
        .with("src/app/wsgi.py", &wsgi);
    let with = |value: &str| {
        let text = format!(
            "FROM python:3.13-slim\nWORKDIR /code\nCOPY . .\nRUN uv sync\nENV DJANGO_SETTINGS_MODULE={value}\nCMD [\"gunicorn\", \"src.app.wsgi\"]\n"
        );
        let project = Project::copied(&project).with("Dockerfile", &text);
        let run = dfgen(&["render", "--stdout"]).in_project(&project);
        let all = run.stdout.lines().map(str::trim);
        let lines = all.filter(|line| {
            line.contains("DJANGO_SETTINGS_MODULE=")
                || line.starts_with("CMD")
                || line.starts_with("PYTHONPATH")
        });
        lines.collect::<Vec<_>>().join("; ")
    };
    insta::assert_snapshot!(with("src.app.settings"), @r#"DJANGO_SETTINGS_MODULE=app.settings; CMD ["python", "-IS", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), timeout=4).close()"]; CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-", "app.wsgi:application", "--graceful-timeout", "8"]"#);
    insta::assert_snapshot!(with("src.app.production"), @r#"DJANGO_SETTINGS_MODULE=app.production; CMD ["python", "-IS", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), timeout=4).close()"]; CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-", "app.wsgi:application", "--graceful-timeout", "8"]"#);
    insta::assert_snapshot!(with("app.production"), @r#"DJANGO_SETTINGS_MODULE=app.production; CMD ["python", "-IS", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), timeout=4).close()"]; CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-", "app.wsgi:application", "--graceful-timeout", "8"]"#);
}

#[test]
fn a_command_of_a_package_that_cannot_be_built_is_called_by_its_function() {
    let project = with_dockerfile("CMD [\"shop\", \"--port\", \"9000\"]");
    let manifest = project.read("pyproject.toml");
    let dist = "\n[tool.hatch.build.targets.wheel.force-include]\n\"shop/dist\" = \"shop/dist\"\n";
    let project = project.with("pyproject.toml", &format!("{manifest}{dist}"));
    insta::assert_snapshot!(runs(&project), @r#"["python","-c","import sys; from shop.main import serve; sys.exit(serve())","--port","9000"] 9000 (Dockerfile:5 starts it)"#);
}
