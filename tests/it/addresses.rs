//! Addresses that a source puts together in one of many ways.

use crate::harness::{dfgen, requiring};

/// What compose sets and starts for a service with these settings, and which variables have to be set.
fn told(packages: &[&str], settings: &str) -> String {
    let project = requiring(&[&["fastapi", "uvicorn"], packages].concat())
        .with(
            "main.py",
            "from fastapi import FastAPI\nimport settings\napp = FastAPI()\n",
        )
        .with("settings.py", settings);
    let run = dfgen(&["plan", "--format", "json"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    let plan = run.json();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for variable in list(&plan["compose"]["services"])
        .iter()
        .flat_map(|one| list(&one["env"]))
    {
        let kinds = variable["value"].as_object();
        let value = kinds.and_then(|kinds| kinds.values().next());
        let value = value
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        lines.push(format!(
            "{}={value}",
            variable["name"].as_str().unwrap_or_default()
        ));
    }
    for service in list(&plan["compose"]["backing"]) {
        lines.push(format!("starts {}", service["name"]));
    }
    for finding in list(&plan["findings"]) {
        if finding["rule"] == "required-variable" {
            lines.push(format!("required {}", finding["notes"][0]));
        }
    }
    lines.join("\n") + "\n\n"
}

#[test]
fn text_that_is_formatted() {
    let percent = "import os\nHOST = os.environ['CACHE_AT']\nPORT = os.environ['CACHE_ON']\nURL = 'redis://%s:%s/0' % (HOST, PORT)\n";
    let named = "import os\nURL = 'redis://%(host)s:6379' % {'host': os.environ['STORE']}\n";
    let format = "import os\nURL = 'redis://{}:{port}/0'.format(os.environ['STORE'], port=os.environ['STORE_ON'])\n";
    let more = "import os\nURL = 'redis://{0!r}'.format(os.environ['STORE'])\n";
    let all = [percent, named, format, more].map(|settings| told(&["redis"], settings));
    insta::assert_snapshot!(all.concat(), @r#"
    CACHE_AT=redis
    CACHE_ON=6379
    starts "redis"

    STORE=redis
    starts "redis"

    STORE=redis
    STORE_ON=6379
    starts "redis"

    required "`STORE` (settings.py:2)"
    "#);
}

#[test]
fn calls_that_build_addresses() {
    let create = "import os\nfrom sqlalchemy import URL\nurl = URL.create(drivername='postgresql+asyncpg', username=os.environ['LOGIN'], password=os.environ['WORD'], host=os.environ['AT'], database=os.environ['KEEP'])\n";
    let build = "from pydantic import PostgresDsn\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    login: str\n    word: str\n    machine: str\n    keep: str\n\
                 \x20   def url(self):\n        return str(PostgresDsn.build(scheme='postgresql', username=self.login, password=self.word, host=self.machine, path=self.keep))\nsettings = Settings()\n";
    let all = [create, build]
        .map(|settings| told(&["asyncpg", "pydantic-settings", "sqlalchemy"], settings));
    insta::assert_snapshot!(all.concat(), @r#"
    AT=postgresql
    KEEP=${POSTGRES_DB:-app}
    LOGIN=${POSTGRES_USER:-app}
    WORD=${POSTGRES_PASSWORD:-change-me}
    starts "postgresql"

    KEEP=${POSTGRES_DB:-app}
    LOGIN=${POSTGRES_USER:-app}
    MACHINE=postgresql
    WORD=${POSTGRES_PASSWORD:-change-me}
    starts "postgresql"
    "#);
}

#[test]
fn addresses_without_a_scheme_or_with_another_path() {
    let base = "import os\nREDIS_URL = os.environ['REDIS_URL']\nBROKER = f'{REDIS_URL}/1'\n";
    let plain = "import os\nCELERY_BROKER = os.getenv('CELERY_BROKER', 'localhost:6379/0')\n";
    let parts = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    REDIS_HOST: str\n    REDIS_PORT: int\n    REDIS_PASSWORD: str\nsettings = Settings()\n";
    let all = [base, plain, parts].map(|settings| told(&["pydantic-settings", "redis"], settings));
    insta::assert_snapshot!(all.concat(), @r#"
    REDIS_URL=redis://redis:6379
    starts "redis"

    CELERY_BROKER=redis:6379/0
    starts "redis"

    REDIS_HOST=redis
    REDIS_PASSWORD=
    REDIS_PORT=6379
    starts "redis"
    "#);
}

#[test]
fn another_database_with_the_same_driver() {
    let settings = "import os\nURL = os.environ['DATABASE_URL']\n";
    let all = [
        told(&["psycopg", "sqlalchemy"], settings),
        told(
            &["psycopg", "sqlalchemy", "sqlalchemy-cockroachdb"],
            settings,
        ),
    ];
    insta::assert_snapshot!(all.concat(), @r#"
    DATABASE_URL=postgresql+psycopg://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql"

    required "`DATABASE_URL` (settings.py:2)"
    "#);
}

#[test]
fn methods_of_what_may_be_nothing() {
    let settings = "import os\nA = os.getenv('A').split(',')\nB = os.environ.get('B').lower() == 'true'\nC = os.getenv('C')[0]\nD = os.getenv('D', '').split(',')\n\
                    E = os.getenv('E') and os.getenv('E').lower() == 'x'\nF = os.getenv('F') == 'x'\nif os.getenv('G').lower() == 'x':\n    pass\n";
    insta::assert_snapshot!(told(&[], settings), @r#"required "`A` (settings.py:2), `B` (settings.py:3), `C` (settings.py:4)""#);
}
