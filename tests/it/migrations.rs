//! The step that brings a database up to date: its command, and where it is run.

use crate::harness::{Project, dfgen, requiring as project};

/// What the migration of the image runs, and in which folder below `/app`.
fn step(project: &Project) -> String {
    let run = dfgen(&["plan", "--format", "json"]).in_project(project);
    if run.code != Some(0) {
        return run.to_string();
    }
    let step = &run.json()["images"][0]["run"]["migrate"];
    format!("{} in {}", step["command"]["value"], step["folder"])
}

#[test]
fn flask_is_run_where_the_folder_of_its_migrations_is_named_from() {
    let made = [
        "migrate = Migrate(app, directory='shop/db/migrations')\n",
        "migrate = Migrate()\nmigrate.init_app(app, None, directory='./db/migrations')\n",
        "migrate = Migrate(app)\n",
    ]
    .map(|made| {
        let text = format!(
            "from flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\n{made}"
        );
        let project = project(&["flask", "flask-migrate", "gunicorn"])
            .with("app.py", &text)
            .with("shop/db/migrations/alembic.ini", "[alembic]\n")
            .with("shop/db/migrations/env.py", "");
        step(&project)
    });
    insta::assert_snapshot!(made.join("\n"), @r#"
    ["flask","--app","app:app","db","upgrade"] in "/app"
    ["flask","--app","app:app","db","upgrade"] in "/app/shop"
    ["flask","--app","app:app","db","upgrade"] in "/app/shop/db"
    "#);
}

#[test]
fn litestar_migrates_where_the_environment_needs_its_configuration() {
    let told = [
        ("url = config.db_url\n", "SQLAlchemyPlugin"),
        ("url = config.get_main_option('sqlalchemy.url')\n", "SQLAlchemyPlugin"),
        ("url = config.db_url\n", "Other"),
    ]
    .map(|(environment, plugin)| {
        let app = format!(
            "from litestar import Litestar\nfrom shop.plugins import {plugin}\napp = Litestar([], plugins=[{plugin}()])\n"
        );
        let project = project(&["advanced-alchemy", "alembic", "litestar", "uvicorn"])
            .with("shop/__init__.py", "")
            .with("shop/plugins.py", "")
            .with("shop/main.py", &app)
            .with("shop/db/alembic.ini", "[alembic]\nscript_location = migrations\n")
            .with("shop/db/migrations/env.py", environment);
        step(&project)
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    ["litestar","--app","shop.main:app","database","upgrade","--no-prompt"] in "/app"
    ["alembic","upgrade","head"] in "/app/shop/db"
    ["alembic","upgrade","head"] in "/app/shop/db"
    "#);
}

/// What the migration runs, and the findings about migrations that are not there.
fn unmade(project: &Project) -> String {
    let run = dfgen(&["plan", "--format", "json"]).in_project(project);
    assert_eq!(run.code, Some(0), "{run}");
    let plan = run.json();
    let findings = plan["findings"].as_array().cloned().unwrap_or_default();
    let ours = findings
        .iter()
        .filter(|one| one["rule"] == "missing-migrations");
    let told = ours.map(|one| {
        let helps = one["helps"].as_array().cloned().unwrap_or_default();
        format!("\n    {}\n    {}", one["message"], helps[0])
    });
    let told: String = told.collect();
    format!("{}{told}\n", step(project))
}

#[test]
fn an_application_of_django_without_migrations_is_told() {
    let site = |users: &str| {
        project(&["django", "gunicorn"])
            .with("manage.py", "import os\nimport django\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .with("config/__init__.py", "")
            .with("config/wsgi.py", "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\napplication = get_wsgi_application()\n")
            .with("config/settings.py", &format!("INSTALLED_APPS = ['django.contrib.auth', 'shop.apps.ShopConfig']\nDATABASES = {{}}\n{users}"))
            .with("shop/__init__.py", "")
            .with("shop/apps.py", "")
            .with("shop/models.py", "from django.db import models\nclass Order(models.Model):\n    pass\n")
    };
    let all = [
        unmade(&site("")),
        unmade(&site("AUTH_USER_MODEL = 'shop.User'\n")),
        unmade(&site("AUTH_USER_MODEL = 'shop.User'\n").with(".gitignore", "/shop/migrations\n")),
        unmade(&site("").with("shop/migrations/0001_initial.py", "")),
        unmade(&site("").with("shop/models.py", "from django.db import models\nclass Order(models.Model):\n    class Meta:\n        abstract = True\n")),
        unmade(&site("").with("dfgen.toml", "[profile.core-api]\nmigrate = true\n")),
    ];
    insta::assert_snapshot!(all.concat(), @r#"
    ["python","manage.py","migrate","--noinput"] in "/app"
        "the tables of `shop` are made by no migration: `shop/migrations` has none"
        "make them and have Git track them: `uv run python manage.py makemigrations shop`, `git add shop/migrations`"
    null in null
        "the migrations of `core-api` are not run: `shop/migrations` has none"
        "make them and have Git track them: `uv run python manage.py makemigrations shop`, `git add shop/migrations`"
    null in null
        "the migrations of `core-api` are not run: `shop/migrations` is ignored, so that the image has none"
        "make them and have Git track them: `uv run python manage.py makemigrations shop`, `git add --force shop/migrations`"
    ["python","manage.py","migrate","--noinput"] in "/app"
    ["python","manage.py","migrate","--noinput"] in "/app"
    ["python","manage.py","migrate","--noinput"] in "/app"
    "#);
}

#[test]
fn alembic_without_versions_or_with_a_developers_file_is_no_gate() {
    let site = |url: &str| {
        project(&["alembic", "fastapi", "uvicorn"])
            .with("main.py", "from fastapi import FastAPI\napp = FastAPI()\n")
            .with(
                "alembic.ini",
                &format!("[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n"),
            )
            .with("alembic/env.py", "from alembic import context\n")
    };
    let other = "postgresql://db/shop";
    let version = "alembic/versions/0001_first.py";
    let all = [
        unmade(&site(other)),
        unmade(&site(other).with("alembic/versions/.gitkeep", "")),
        unmade(&site(other).with(".gitignore", "alembic/versions/\n")),
        unmade(&site(other).with(version, "")),
        unmade(&site("sqlite:////home/me/shop.db").with(version, "")),
        unmade(&site("sqlite:////data/shop.db").with(version, "")),
    ];
    insta::assert_snapshot!(all.concat(), @r#"
    ["alembic","upgrade","head"] in "/app"
    null in null
        "the migrations of `core-api` are not run: `alembic/versions` has none"
        "make them and have Git track them: `uv run alembic revision --autogenerate -m initial`, `git add alembic/versions`"
    null in null
        "the migrations of `core-api` are not run: `alembic/versions` is ignored, so that the image has none"
        "make them and have Git track them: `uv run alembic revision --autogenerate -m initial`, `git add --force alembic/versions`"
    ["alembic","upgrade","head"] in "/app"
    null in null
    ["alembic","upgrade","head"] in "/app"
    "#);
}

/// Flask's program would end with an error, and all others wait for it.
#[test]
fn flask_is_not_run_where_it_finds_no_application() {
    let program = "from flask import Flask\nfrom flask_migrate import Migrate\n\ndef serve():\n    app = Flask(__name__)\n    Migrate(app)\n    app.run()\n\nif __name__ == '__main__':\n    serve()\n";
    let project = project(&["flask", "flask-migrate", "gunicorn"])
        .with("shop.py", program)
        .with("migrations/alembic.ini", "[alembic]\n")
        .with("migrations/env.py", "")
        .with(
            "dfgen.toml",
            "[profile.core-api]\ncommand = [\"python\", \"shop.py\"]\n",
        );
    assert_eq!(step(&project), "null in null");
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    let told = "warning[unrun-command]: the migrations of `core-api` are not run";
    assert!(run.stderr.contains(told), "{run}");
    let named = project.with(
        "dfgen.toml",
        "[profile.core-api]\ncommand = [\"python\", \"shop.py\"]\nenv = { FLASK_APP = \"shop:serve\" }\n",
    );
    assert_eq!(step(&named), "[\"flask\",\"db\",\"upgrade\"] in \"/app\"");
    let usual = named
        .with("dfgen.toml", "")
        .with("wsgi.py", "def create_app(): ...\n");
    let run = dfgen(&["render", "--stdout"]).in_project(&usual);
    assert!(!run.stderr.contains(told), "{run}");
}

/// Two steps at once on one empty database are in each other's way.
#[test]
fn two_images_of_one_application_migrate_once() {
    let start =
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_config.settings')\n";
    let project = project(&["celery", "django", "gunicorn", "psycopg"])
        .with("manage.py", &format!("{start}from django.core.management import execute_from_command_line\nexecute_from_command_line()\n"))
        .with("site_config/__init__.py", "")
        .with("site_config/wsgi.py", &format!("{start}from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"))
        .with("site_config/celery.py", &format!("{start}from celery import Celery\napp = Celery('site')\n"))
        .with("site_config/settings.py", "import os\nSECRET_KEY = os.environ['SECRET_KEY']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': os.environ['DB_HOST']}}\n")
        .with("dfgen.toml", "profiles = [\"core-api\", \"worker\"]\n[profile.worker]\nmigrate = [\"python\", \"manage.py\", \"migrate\", \"--noinput\"]\n");
    dfgen(&["render"]).in_project(&project);
    let compose = project.read("docker/compose.yaml");
    let lines = compose.lines().filter(|line| {
        line.starts_with("  ") && line.ends_with(':') && !line.starts_with("   ")
            || line.contains("-migrate:")
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    core-api-migrate:
    core-api:
        core-api-migrate:
    worker:
        core-api-migrate:
    postgresql:
    postgresql-data:
    ");
}
