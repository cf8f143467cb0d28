//! How an application learns where its database and its other backing services are, and which of them compose starts.

use serde_json::Value;

use crate::harness::{Project, Ran, dfgen, requiring};

const APP: &str = "from fastapi import FastAPI\nimport settings\napp = FastAPI()\n";

/// What compose sets and starts, a line each; what `plan` says besides.
fn told(ran: &Ran) -> String {
    if ran.code != Some(0) {
        return ran.to_string();
    }
    let plan = ran.json();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for service in list(&plan["compose"]["services"]) {
        for variable in list(&service["env"]) {
            let value = variable["value"]
                .as_object()
                .and_then(|kinds| kinds.values().next());
            let value = value.and_then(Value::as_str).unwrap_or_default();
            lines.push(format!(
                "{}={value}",
                variable["name"].as_str().unwrap_or_default()
            ));
        }
        for volume in list(&service["volumes"]) {
            lines.push(format!("volume {} {}", volume["name"], volume["folder"]));
        }
    }
    for service in list(&plan["compose"]["backing"]) {
        let (image, because) = (&service["image"]["value"], &service["image"]["because"]);
        let folder = &service["data"]["folder"];
        lines.push(format!(
            "starts {} {image} {folder} {because}",
            service["name"]
        ));
    }
    for finding in list(&plan["findings"]) {
        lines.push(format!(
            "{}: {}",
            finding["rule"].as_str().unwrap_or_default(),
            finding["message"].as_str().unwrap_or_default()
        ));
    }
    lines.join("\n") + "\n"
}

/// A service with these settings.
fn api(packages: &[&str], settings: &str) -> String {
    with(packages, settings, "")
}

fn with(packages: &[&str], settings: &str, dfgen_toml: &str) -> String {
    let packages = [&["fastapi", "uvicorn"], packages].concat();
    let project = requiring(&packages)
        .with("main.py", APP)
        .with("settings.py", settings)
        .with("dfgen.toml", dfgen_toml);
    told(&dfgen(&["plan", "--format", "json"]).in_project(&project))
}

#[test]
fn every_way_in_which_source_reads_an_address() {
    let pydantic = "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import Field, AliasChoices, PostgresDsn, BaseModel\nfrom typing import Annotated\n";
    let cases = [
        ("a required field", format!("{pydantic}class Settings(BaseSettings):\n    database_url: str\n")),
        ("a type", format!("{pydantic}class Settings(BaseSettings):\n    store: PostgresDsn | None = Field(...)\n")),
        ("this machine", format!("{pydantic}class Settings(BaseSettings):\n    db_url: str = \"postgresql+asyncpg://me:me@localhost:5432/me\"\n")),
        ("another machine", format!("{pydantic}class Settings(BaseSettings):\n    db_url: str = \"postgresql://db.example.com/me\"\n")),
        ("a prefix", format!("{pydantic}class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=\"SHOP_\")\n    database_url: str\n")),
        ("a prefix in the head", format!("{pydantic}class Base(BaseSettings, env_file=\".env\"):\n    pass\nclass Settings(Base, env_prefix=\"shop_\"):\n    database_url: str\n")),
        ("a prefix of old", "from pydantic import BaseSettings\nclass Settings(BaseSettings):\n    database_url: str\n    class Config:\n        env_prefix = \"shop_\"\n".to_owned()),
        ("an alias", format!("{pydantic}class Settings(BaseSettings):\n    store: str = Field(validation_alias=\"PG_DSN\")\n")),
        ("aliases", format!("{pydantic}class Settings(BaseSettings):\n    store: Annotated[str, Field(validation_alias=AliasChoices(\"POSTGRES_URL\", \"PG_URL\"))]\n")),
        ("nested", format!("{pydantic}class Database(BaseModel):\n    host: str = \"localhost\"\n    port: int = 5432\nclass Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter=\"__\", env_prefix=\"SHOP_\")\n    db: Database = Database()\n")),
        ("inherited", format!("{pydantic}class Base(BaseSettings):\n    model_config = {{\"env_prefix\": \"BASE_\"}}\nclass Settings(Base):\n    postgres_dsn: str\n")),
        ("parts", format!("{pydantic}class Settings(BaseSettings):\n    POSTGRES_SERVER: str\n    POSTGRES_PORT: int = 5432\n    POSTGRES_USER: str\n    POSTGRES_PASSWORD: str = \"\"\n    POSTGRES_DB: str = \"\"\n")),
        ("os.environ", "import os\nURL = os.environ[\"DATABASE_URL\"]\n".to_owned()),
        ("os.getenv or", "import os\nURL = os.getenv(\"DATABASE_URL\") or \"postgresql://localhost/shop\"\n".to_owned()),
        ("names in the middle", "import os\nHOST = os.environ.get(\"DB_HOST\", \"127.0.0.1\")\nUSER = os.environ.get(\"DB_USER\", \"me\")\nTEST = os.environ[\"TEST_DATABASE_URL\"]\n".to_owned()),
        ("decouple", "from decouple import config\nURL = config(\"DATABASE_URL\")\n".to_owned()),
        ("starlette", "from starlette.config import Config\nconfig = Config(\".env\")\nURL = config(\"DATABASE_URL\", default=\"postgresql://localhost/shop\")\n".to_owned()),
        ("environs", "from environs import Env\nenv = Env()\nURL = env.str(\"DATABASE_URL\")\n".to_owned()),
        ("django-environ", "import environ\nenv = environ.Env()\nDATABASES = {\"default\": env.db()}\n".to_owned()),
        ("dj-database-url", "import dj_database_url\nDATABASES = {\"default\": dj_database_url.config(default=\"postgres://localhost/shop\")}\n".to_owned()),
        ("Django's parts", "import os\nDATABASES = {\"default\": {\"ENGINE\": \"django.db.backends.postgresql\", \"NAME\": os.environ.get(\"SHOP\", \"shop\"), \"USER\": os.environ[\"WHO\"], \"PASSWORD\": os.environ[\"SECRET\"], \"HOST\": os.environ.get(\"WHERE\", \"localhost\"), \"PORT\": os.environ.get(\"AT\", \"5432\")}}\n".to_owned()),
        ("dynaconf", "from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix=\"SHOP\")\nengine = connect(settings.DATABASE_URL)\n".to_owned()),
        (
            "a function of its own",
            "import os\ndef _get(name, default=None):\n    return os.environ.get(name, default)\nHOST = _get(\"DB_HOST\", \"127.0.0.1\")\nURL = _get(\"PG_URL\")\n".to_owned(),
        ),
        (
            "asked for",
            "import os\nurl = os.environ.get(\"DATABASE_URL\")\nif not url:\n    url = \"sqlite://\"\nif os.getenv(\"PG_URL\"):\n    pass\n".to_owned(),
        ),
        (
            "asked for and refused",
            "import os\nurl = os.environ.get(\"DATABASE_URL\")\nif not url:\n    raise RuntimeError(\"no database\")\n".to_owned(),
        ),
        ("nothing", format!("{pydantic}class Settings(BaseSettings):\n    database_url: str | None = None\n    name: str\n")),
    ];
    let all = cases
        .iter()
        .map(|(name, settings)| format!("{name}\n{}\n", api(&["psycopg"], settings)));
    insta::assert_snapshot!(all.collect::<String>(), @r#"
    a required field
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:5 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    a type
    STORE=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "STORE in settings.py:5 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    this machine
    DB_URL=postgresql+asyncpg://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DB_URL in settings.py:5 has a default that no container reaches"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    another machine
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    backing-service: the locked drivers speak to `postgresql`

    a prefix
    SHOP_DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "SHOP_DATABASE_URL in settings.py:6 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    a prefix in the head
    SHOP_DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "SHOP_DATABASE_URL in settings.py:7 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    a prefix of old
    SHOP_DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "SHOP_DATABASE_URL in settings.py:3 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    an alias
    PG_DSN=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "PG_DSN in settings.py:5 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    aliases
    PG_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    POSTGRES_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "POSTGRES_URL in settings.py:5 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    nested
    SHOP_DB__HOST=postgresql
    SHOP_DB__PORT=5432
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "SHOP_DB__HOST in settings.py:5 has a default that no container reaches"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    inherited
    BASE_POSTGRES_DSN=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "BASE_POSTGRES_DSN in settings.py:7 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    parts
    POSTGRES_DB=app
    POSTGRES_PASSWORD=change-me
    POSTGRES_PORT=5432
    POSTGRES_SERVER=postgresql
    POSTGRES_USER=app
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "POSTGRES_SERVER in settings.py:5 has no default"
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    os.environ
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:2 has no default"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    os.getenv or
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:2 has a default that no container reaches"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    names in the middle
    DB_HOST=postgresql
    DB_USER=${POSTGRES_USER:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DB_HOST in settings.py:2 has a default that no container reaches"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml
    required-variable: a variable has to be set, or the application does not start

    decouple
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:2 has no default"
    missing-import: `decouple.config` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    starlette
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:3 has a default that no container reaches"
    missing-import: `starlette` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    environs
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:3 has no default"
    missing-import: `environs` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    django-environ
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:3 has no default"
    missing-import: `environ` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    dj-database-url
    DATABASE_URL=postgres://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:2 has a default that no container reaches"
    missing-import: `dj_database_url` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    Django's parts
    AT=5432
    SECRET=${POSTGRES_PASSWORD:-change-me}
    SHOP=${POSTGRES_DB:-app}
    WHERE=postgresql
    WHO=${POSTGRES_USER:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "WHERE in settings.py:2 has a default that no container reaches"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    dynaconf
    SHOP_DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "SHOP_DATABASE_URL in settings.py:3 has no default"
    missing-import: `dynaconf` is imported and not in the closure of `core-api`: it crashes at start
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    a function of its own
    DB_HOST=postgresql
    PG_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "PG_URL in settings.py:5 has no default"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    asked for
    backing-service: the locked drivers speak to `postgresql`

    asked for and refused
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "DATABASE_URL in settings.py:2 has no default"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    nothing
    missing-import: `pydantic` is imported and not in the closure of `core-api`: it crashes at start
    missing-import: `pydantic_settings` is imported and not in the closure of `core-api`: it crashes at start
    backing-service: the locked drivers speak to `postgresql`
    "#);
}

#[test]
fn a_url_names_the_driver_that_is_locked() {
    let settings = "import os\nURL = os.environ[\"DATABASE_URL\"]\n";
    let waiting = format!("{settings}from sqlalchemy import create_engine\n");
    let not_waiting = format!("{settings}from sqlalchemy.ext.asyncio import create_async_engine\n");
    let cases: [(&[&str], &str); 11] = [
        (&["asyncpg"], settings),
        (&["psycopg"], settings),
        (&["sqlalchemy", "psycopg"], &waiting),
        (&["sqlalchemy", "psycopg"], &not_waiting),
        (&["sqlalchemy", "psycopg2-binary"], &waiting),
        (&["sqlalchemy", "asyncpg", "psycopg2"], &waiting),
        (&["sqlalchemy", "asyncpg", "psycopg2"], &not_waiting),
        (&["sqlalchemy", "pymysql"], &waiting),
        (&["sqlalchemy", "asyncmy"], &not_waiting),
        (&["sqlalchemy", "mysqlclient"], &waiting),
        (&["sqlalchemy", "mariadb"], &waiting),
    ];
    let url = |(packages, settings): &(&[&str], &str)| {
        let told = api(packages, settings);
        let line = told.lines().next().unwrap_or_default();
        format!("{}: {line}\n", packages.join(" "))
    };
    insta::assert_snapshot!(cases.iter().map(url).collect::<String>(), @"
    asyncpg: DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    psycopg: DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    sqlalchemy psycopg: DATABASE_URL=postgresql+psycopg://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    sqlalchemy psycopg: DATABASE_URL=postgresql+psycopg://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    sqlalchemy psycopg2-binary: DATABASE_URL=postgresql+psycopg2://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    sqlalchemy asyncpg psycopg2: DATABASE_URL=postgresql+psycopg2://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    sqlalchemy asyncpg psycopg2: DATABASE_URL=postgresql+asyncpg://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    sqlalchemy pymysql: DATABASE_URL=mysql+pymysql://${MYSQL_USER:-app}:${MYSQL_PASSWORD:-change-me}@mysql:3306/${MYSQL_DATABASE:-app}
    sqlalchemy asyncmy: DATABASE_URL=mysql+asyncmy://${MYSQL_USER:-app}:${MYSQL_PASSWORD:-change-me}@mysql:3306/${MYSQL_DATABASE:-app}
    sqlalchemy mysqlclient: DATABASE_URL=mysql+mysqldb://${MYSQL_USER:-app}:${MYSQL_PASSWORD:-change-me}@mysql:3306/${MYSQL_DATABASE:-app}
    sqlalchemy mariadb: DATABASE_URL=mariadb+mariadbconnector://${MARIADB_USER:-app}:${MARIADB_PASSWORD:-change-me}@mariadb:3306/${MARIADB_DATABASE:-app}
    ");
}

#[test]
fn a_sqlite_file_lies_in_a_volume() {
    let cases = [
        "import os\nURL = os.getenv(\"DATABASE_URL\", \"sqlite+aiosqlite:///./data/shop.db?timeout=5\")\n",
        "import os\nURL = os.getenv(\"DATABASE_URL\", \"sqlite:////tmp/shop.db\")\n",
        "import os\nURL = os.getenv(\"DATABASE_URL\", \"sqlite://\")\n",
        "import os\nURL = os.getenv(\"DATABASE_URL\", \"sqlite:///:memory:\")\n",
        "import os\nHERE = os.path.dirname(__file__)\nURL = os.getenv(\"DATABASE_URL\", f\"sqlite:///{HERE}/shop.db\")\n",
        "import os\nPATH = os.getenv(\"DB_PATH\", \"shop.sqlite3\")\n",
        "import os\nfrom pathlib import Path\nBASE = Path(__file__).parent\nDATABASES = {\"default\": {\"ENGINE\": \"django.db.backends.sqlite3\", \"NAME\": os.environ.get(\"SHOP_DB\", BASE / \"db.sqlite3\")}}\n",
    ];
    let all = cases
        .iter()
        .map(|settings| format!("{}\n", api(&["asyncpg"], settings)));
    insta::assert_snapshot!(all.collect::<String>(), @r#"
    DATABASE_URL=sqlite+aiosqlite:////var/lib/sqlite/shop.db?timeout=5
    volume "sqlite" "/var/lib/sqlite"
    backing-service: the locked drivers speak to `postgresql`

    DATABASE_URL=sqlite:////var/lib/sqlite/shop.db
    volume "sqlite" "/var/lib/sqlite"
    backing-service: the locked drivers speak to `postgresql`

    backing-service: the locked drivers speak to `postgresql`

    backing-service: the locked drivers speak to `postgresql`

    DATABASE_URL=sqlite:////var/lib/sqlite/shop.db
    volume "sqlite" "/var/lib/sqlite"
    backing-service: the locked drivers speak to `postgresql`

    DB_PATH=/var/lib/sqlite/shop.sqlite3
    volume "sqlite" "/var/lib/sqlite"
    backing-service: the locked drivers speak to `postgresql`

    SHOP_DB=/var/lib/sqlite/db.sqlite3
    volume "sqlite" "/var/lib/sqlite"
    backing-service: the locked drivers speak to `postgresql`
    "#);
    let said = with(
        &["sqlalchemy", "asyncpg"],
        &format!(
            "{}from sqlalchemy.ext.asyncio import create_async_engine\n",
            cases[0]
        ),
        "[profile.core-api]\nservices = [\"postgresql\"]\n",
    );
    insta::assert_snapshot!(said, @r#"
    DATABASE_URL=postgresql+asyncpg://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "dfgen.toml:2"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml
    "#);
}

#[test]
fn a_name_that_fits_two_databases_tells_neither() {
    let settings = "import os\nURL = os.environ[\"DATABASE_URL\"]\nPG = os.environ[\"POSTGRES_DSN\"]\nHOST = os.environ[\"REDIS_HOST\"]\nNUMBER = os.getenv(\"REDIS_DB\", \"3\")\nNAME = os.getenv(\"CACHE_NAME\", \"main\")\n";
    let told = api(&["asyncpg", "motor", "redis"], settings);
    insta::assert_snapshot!(told, @r#"
    POSTGRES_DSN=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    REDIS_HOST=redis
    starts "postgresql" "postgres:18" "/var/lib/postgresql" "POSTGRES_DSN in settings.py:3 has no default"
    starts "redis" "redis:8.6" "/data" "REDIS_HOST in settings.py:4 has no default"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml
    backing-service: the locked drivers speak to `mongodb`
    required-variable: a variable has to be set, or the application does not start
    "#);
}

#[test]
fn services_that_are_said() {
    let settings =
        "import os\nURL = os.environ[\"REDIS_URL\"]\nMODE = os.getenv(\"LEVEL\", \"\")\n";
    let cases = [
        "services = [\"redis\"]",
        "services = []",
        "services = [\"postgres:16\", \"redis:7.4-alpine\"]",
        "services = [\"postgis/postgis:18-3.6\"]",
        "services = [\"mirror.example/library/postgres:18\"]",
        "services = [\"redis\"]\nenv = { REDIS_URL = \"redis://elsewhere\" }",
    ];
    let all = cases.iter().map(|said| {
        let told = with(
            &["redis", "asyncpg"],
            settings,
            &format!("[profile.core-api]\n{said}\n"),
        );
        format!("{said}\n{told}\n")
    });
    insta::assert_snapshot!(all.collect::<String>(), @r#"
    services = ["redis"]
    REDIS_URL=redis://redis:6379/0
    starts "redis" "redis:8.6" "/data" "dfgen.toml:2"

    services = []
    required-variable: a variable has to be set, or the application does not start

    services = ["postgres:16", "redis:7.4-alpine"]
    REDIS_URL=redis://redis:6379/0
    starts "postgresql" "postgres:16" "/var/lib/postgresql/data" "dfgen.toml:2"
    starts "redis" "redis:7.4-alpine" "/data" "dfgen.toml:2"
    unconnected-service: nothing tells the image `core-api` where `postgresql` is
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml

    services = ["postgis/postgis:18-3.6"]
    starts "postgresql" "postgis/postgis:18-3.6" "/var/lib/postgresql" "dfgen.toml:2"
    unconnected-service: nothing tells the image `core-api` where `postgresql` is
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml
    required-variable: a variable has to be set, or the application does not start

    services = ["mirror.example/library/postgres:18"]
    starts "postgresql" "mirror.example/library/postgres:18" "/var/lib/postgresql" "dfgen.toml:2"
    unconnected-service: nothing tells the image `core-api` where `postgresql` is
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml
    required-variable: a variable has to be set, or the application does not start

    services = ["redis"]
    env = { REDIS_URL = "redis://elsewhere" }
    starts "redis" "redis:8.6" "/data" "dfgen.toml:2"
    "#);
}

#[test]
fn a_developers_tools_reach_the_database_from_this_machine_alone() {
    let lines = |profile: &str| {
        let settings = format!(
            "profiles = [\"{profile}\"]\n[profile.{profile}]\nservices = [\"postgresql\", \"redis\"]\n"
        );
        let project = requiring(&["fastapi", "uvicorn", "psycopg", "redis"])
            .with("main.py", "from fastapi import FastAPI\napp = FastAPI()\n")
            .with("dfgen.toml", &settings);
        let ran = dfgen(&["render"]).in_project(&project);
        assert_eq!(ran.code, Some(0), "{ran}");
        let compose = project.read("docker/compose.yaml");
        let shown = ["127.0.0.1", "--watch", "each", "..:/app"];
        let lines = compose.lines();
        let lines = lines.filter(|line| shown.iter().any(|word| line.contains(word)));
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines("dev"), @r#"
    #     docker compose --file docker/compose.yaml up --build --watch    in development: each edit is taken over
          - "127.0.0.1:${DEV_PORT:-8000}:8000"
        # The folder itself, in the place of `--watch`: what is written in the container is here, too.
        #   - "..:/app"
        # Reached from this machine alone, and from services of this file.
          - "127.0.0.1:${DEV_POSTGRESQL_PORT:-5432}:5432"
          - "127.0.0.1:${DEV_REDIS_PORT:-6379}:6379"
    "#);
    insta::assert_snapshot!(lines("core-api"), @r#"
      - "127.0.0.1:${CORE_API_PORT:-8000}:8000"
    # None of its ports is published: only services of this file reach it.
    "#);
}

const INI: &str = "[alembic]\nscript_location = alembic\nsqlalchemy.url = ADDRESS\n";

/// The migrations and the findings about them, for an address in Alembic's own file and a line of its environment.
fn migrations(address: &str, environment: &str, settings: &str) -> (bool, bool) {
    let project = crate::harness::requiring(&["alembic", "asyncpg", "fastapi", "uvicorn"])
        .with("main.py", "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nURL = os.environ[\"DATABASE_URL\"]\n")
        .with("alembic.ini", &INI.replace("ADDRESS", address))
        .with("alembic/env.py", &format!("from alembic import context\nconfig = context.config\n{environment}\n"))
        .with("alembic/versions/a.py", "revision = 'a'\n")
        .with("dfgen.toml", settings);
    let ran = dfgen(&["plan", "--profile", "core-api", "--format", "json"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let plan = ran.json();
    let findings = plan["findings"].as_array().cloned().unwrap_or_default();
    let told = findings.iter().any(|one| one["rule"] == "local-migrations");
    (!plan["images"][0]["run"]["migrate"].is_null(), told)
}

/// The step's command and folder, for a `script_location` in a file inside a package.
fn step(location: &str) -> (String, Vec<String>) {
    let project = crate::harness::requiring(&["alembic", "asyncpg", "fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/main.py", "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nURL = os.environ[\"DATABASE_URL\"]\n")
        .with("shop/db/alembic.ini", &format!("[alembic]\nscript_location = {location}\n"))
        .with("shop/db/alembic/env.py", "from alembic import context\n");
    let ran = dfgen(&["plan", "--format", "json"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let plan = ran.json();
    let step = &plan["images"][0]["run"]["migrate"];
    let words = step["command"]["value"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let words: Vec<&str> = words.iter().filter_map(serde_json::Value::as_str).collect();
    let folder = step["folder"].as_str().unwrap_or_default();
    let findings = plan["findings"].as_array().cloned().unwrap_or_default();
    let told = findings
        .iter()
        .filter(|one| one["rule"] == "missing-folder");
    let told = told.map(|one| one["message"].as_str().unwrap_or_default().to_owned());
    (format!("{folder}: {}", words.join(" ")), told.collect())
}

/// Alembic takes `script_location` from the folder that it is run in.
#[test]
fn migrations_run_where_their_scripts_are_found() {
    for own in ["alembic", "%(here)s/alembic", "./alembic"] {
        let expected = ("/app/shop/db: alembic upgrade head".to_owned(), Vec::new());
        assert_eq!(step(own), expected, "{own}");
    }
    let above = step("shop/db/alembic");
    assert_eq!(
        above.0,
        "/app: alembic --config shop/db/alembic.ini upgrade head"
    );
    assert_eq!(above.1, [""; 0]);
    let (command, told) = step("storage/alembic");
    assert_eq!(command, ": ");
    assert_eq!(
        told,
        [
            "the migrations of `core-api` are not run: `storage/alembic` is a folder from nowhere in the project"
        ]
    );
}

/// A step that knows the developer's database alone would hold the service up for ever.
#[test]
fn migrations_of_the_developers_own_database_are_told_and_not_run() {
    let near = "postgresql://a:b@localhost:5432/shop";
    for address in [near, "mysql+pymysql://root@127.0.0.1/shop"] {
        assert_eq!(migrations(address, "", ""), (false, true), "{address}");
    }
    for address in [
        "postgresql://a:b@db/shop",
        "sqlite:///shop.db",
        "%(URL)s",
        "",
    ] {
        assert_eq!(migrations(address, "", ""), (true, false), "{address}");
    }
    let takes = "import os\nconfig.set_main_option('sqlalchemy.url', os.environ['DATABASE_URL'])";
    assert_eq!(migrations(near, takes, ""), (true, false));
    let said = "[profile.core-api]\nmigrate = true\n";
    assert_eq!(migrations(near, "", said), (true, false));
}

/// A driver that another library brings tells nothing by itself; what the project runs beside it and tells it does.
#[test]
fn a_service_of_the_projects_own_compose_file_is_there() {
    let compose = "services:\n  bot:\n    build: .\n    environment: [REDIS_HOST=cache]\n  cache:\n    image: redis:latest\n";
    let settings = "import os\nHOST = os.getenv(\"REDIS_HOST\", \"redis.inside.example\")\n";
    let project = |compose: &str| {
        requiring(&["fastapi", "uvicorn", "redis"])
            .with("main.py", APP)
            .with("settings.py", settings)
            .with(
                "Dockerfile",
                "FROM python:3.13-slim\nCOPY . .\nCMD [\"uvicorn\", \"main:app\"]\n",
            )
            .with("compose.yaml", compose)
    };
    let plan =
        |compose: &str| told(&dfgen(&["plan", "--format", "json"]).in_project(&project(compose)));
    insta::assert_snapshot!(plan(compose), @r#"
    REDIS_HOST=redis
    starts "redis" "redis:8.6" "/data" "REDIS_HOST in settings.py:2 is given by compose.yaml:3"
    "#);
    insta::assert_snapshot!(plan("services: {}\n"), @"backing-service: the locked drivers speak to `redis`");
}

/// A variable without a value of its own, in a project whose own compose file runs what it stands for.
#[test]
fn an_empty_address_is_that_of_the_service_run_beside() {
    let settings = "from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    database_url: str = \"\"\n";
    let project = |compose: &str| {
        requiring(&["asyncpg", "fastapi", "pydantic-settings", "uvicorn"])
            .with("main.py", APP)
            .with("settings.py", settings)
            .with("compose.yaml", compose)
    };
    let plan =
        |compose: &str| told(&dfgen(&["plan", "--format", "json"]).in_project(&project(compose)));
    let compose =
        "services:\n  api:\n    build: .\n    env_file: .env\n  db:\n    image: postgres:15\n";
    insta::assert_snapshot!(plan(compose), @r#"
    DATABASE_URL=postgresql://${POSTGRES_USER:-app}:${POSTGRES_PASSWORD:-change-me}@postgresql:5432/${POSTGRES_DB:-app}
    starts "postgresql" "postgres:15" "/var/lib/postgresql/data" "DATABASE_URL in settings.py:4 stands for what compose.yaml:6 runs"
    open-password: unless the environment of compose has one, the password of `postgresql` stands in compose.yaml
    "#);
}

/// The variables of the own container are in files that are not in the repository: the new one is handed the same.
#[test]
fn files_of_variables_are_those_of_the_own_compose_file() {
    let handed = |compose: &str, config: &str| {
        let project = requiring(&["fastapi", "uvicorn"])
            .with("main.py", APP)
            .with(
                "Dockerfile",
                "FROM python:3.13-slim\nCOPY . .\nCMD [\"uvicorn\", \"main:app\"]\n",
            )
            .with("deploy/compose.yaml", compose)
            .with("dfgen.toml", config);
        let run = dfgen(&["render", "--verbose"]).in_project(&project);
        assert_eq!(run.code, Some(0), "{run}");
        let text = project.read("docker/compose.yaml");
        let files = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- path: "));
        let files: Vec<String> = files.map(str::to_owned).collect();
        (files, run.stderr.contains("is handed"))
    };
    let service = |said: &str| format!("services:\n  web:\n    build: ..\n    env_file: {said}\n");
    let usual = (vec!["\"../.env\"".to_owned()], false);
    assert_eq!(handed(&service("../.env"), ""), usual);
    assert_eq!(handed(&service("/etc/shop.env"), ""), usual);
    assert_eq!(handed(&service("../../shop.env"), ""), usual);
    let both = |other: &str| vec!["\"../.env\"".to_owned(), format!("\"../{other}\"")];
    for (said, other) in [
        ("../.env.docker", ".env.docker"),
        ("[prod.env]", "deploy/prod.env"),
        ("[{path: ../envs/web.env, required: false}]", "envs/web.env"),
        ("../.env.${STAGE:-prod}", ".env.prod"),
    ] {
        assert_eq!(handed(&service(said), ""), (both(other), true), "{said}");
    }
    let own = "[profile.core-api]\nenv-files = [\"shop.env\"]\n";
    let said = handed(&service("../.env.docker"), own);
    assert_eq!(said, (vec!["\"../shop.env\"".to_owned()], false));
    let none = handed(
        &service("../.env.docker"),
        "[profile.core-api]\nenv-files = []\n",
    );
    assert_eq!(none, (Vec::new(), false));
}

/// Drivers of several databases are locked, and a compose file of the project's own runs one.
#[test]
fn of_several_databases_the_one_is_offered_that_the_project_runs() {
    let project = requiring(&["fastapi", "mysqlclient", "psycopg", "uvicorn"])
        .with("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let offered = |project: &Project| {
        let run = dfgen(&["render", "--stdout", "--verbose"]).in_project(project);
        let mut lines = run.stderr.lines();
        let line = lines.find_map(|line| line.split("`services = ").nth(1));
        line.unwrap_or_default().to_owned()
    };
    assert_eq!(offered(&project), "[\"mysql\", \"postgresql\"]`");
    let compose =
        "services:\n  app:\n    image: ghcr.io/shop/shop:1\n  db:\n    image: postgres:16\n";
    let project = project.with("deployment/compose/docker-compose.yaml", compose);
    assert_eq!(offered(&project), "[\"postgresql\"]`");
}

#[test]
fn what_a_variable_holds_is_told_by_where_it_is_joined() {
    let url = "import os\nfrom redis import Redis\nCACHE = os.environ[\"REDIS_URL\"]\nredis = Redis.from_url(f\"redis://{CACHE}:{os.environ['REDIS_PORT']}/{os.environ['REDIS_DB']}\")\n";
    let other = "import os\nSTORE = os.environ[\"STORE\"]\nURL = f\"redis://{STORE}:6379/0\"\n";
    let field = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    broker_uri: str\n    broker_login: str\n    broker_key: str\n    @property\n    def url(self) -> str:\n        return f\"amqp://{self.broker_login}:{self.broker_key}@{self.broker_uri}:5672//\"\nsettings = Settings()\n";
    let whole =
        "import os\nMEMCACHED_SERVER = os.getenv(\"MEMCACHED_SERVER\", \"localhost:11211\")\n";
    let key = "import os\nURL = os.environ[\"REDIS_URL\"]\nPREFIX = os.environ[\"REDIS_PREFIX\"]\ndef key(name):\n    return f\"{PREFIX}:{name}\"\n";
    let cases = [
        api(&["redis"], url),
        api(&["redis"], other),
        api(&["aio-pika", "pydantic-settings"], field),
        with(
            &["pymemcache"],
            whole,
            "[profile.core-api]\nservices = [\"memcached\"]\n",
        ),
        api(&["redis"], key),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|told| {
            told.lines()
                .filter(|line| line.contains('='))
                .collect::<Vec<_>>()
                .join("\n")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n--\n"), @"
    REDIS_DB=0
    REDIS_PORT=6379
    REDIS_URL=redis
    --
    STORE=redis
    --
    BROKER_KEY=${RABBITMQ_DEFAULT_PASS:-change-me}
    BROKER_LOGIN=${RABBITMQ_DEFAULT_USER:-app}
    BROKER_URI=rabbitmq
    --
    MEMCACHED_SERVER=memcached:11211
    --
    REDIS_URL=redis://redis:6379/0
    ");
}
