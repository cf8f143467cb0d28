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
