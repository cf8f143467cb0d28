//! What came out otherwise than the project's own files have it, and was never told.

use crate::harness::{Project, Ran, dfgen, requiring};

const APP: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";
const DOCKERFILE: &str = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\n\
    CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\"]\n";

fn shop(compose: &str) -> Project {
    requiring(&["fastapi", "uvicorn"])
        .with("main.py", APP)
        .with("Dockerfile", DOCKERFILE)
        .with("compose.yaml", compose)
}

fn ran(project: &Project, arguments: &[&str]) -> Ran {
    let ran = dfgen(arguments).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran
}

fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "no {line}\n{text}");
    }
}

fn has_not(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(!text.contains(line), "{line}\n{text}");
    }
}

/// A bot whose Dockerfile migrates first, beside the object of a worker that nothing starts.
fn bot() -> Project {
    requiring(&["alembic", "celery", "redis", "sqlalchemy"])
        .with("bot/__init__.py", "")
        .with("bot/__main__.py", "import time\n\nwhile True:\n    time.sleep(1)\n")
        .with("tasks.py", "from celery import Celery\n\napp = Celery(\"shop\", broker=\"redis://localhost\")\n\n@app.task\ndef one(): pass\n")
        .with("alembic.ini", "[alembic]\nscript_location = migrations\n")
        .with("migrations/env.py", "from alembic import context\n")
        .with("migrations/versions/one.py", "revision = \"1\"\n")
        .with(
            "Dockerfile",
            "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD [\"sh\", \"-c\", \"alembic upgrade head && python -m bot\"]\n",
        )
}

#[test]
fn the_program_of_the_dockerfile_goes_before_a_worker_of_the_source() {
    let project = bot();
    let told = ran(&project, &["render"]).stderr;
    has(
        &project.read("docker/worker.Dockerfile"),
        &["CMD [\"python\", \"-m\", \"bot\"]"],
    );
    let text = project.read("docker/compose.yaml");
    has(&text, &["command: [\"alembic\", \"upgrade\", \"head\"]"]);
    has_not(&text, &["[\"python\", \"-m\", \"bot\"]"]);
    has(
        &told,
        &[
            "`worker` runs what Dockerfile:4 says",
            "by itself dfgen would run `celery",
            "migrate = true",
        ],
    );
    // What `init` writes holds without the file.
    ran(&project, &["init", "--yes"]);
    let project = project.without("Dockerfile");
    ran(&project, &["render"]);
    has(
        &project.read("docker/worker.Dockerfile"),
        &["CMD [\"python\", \"-m\", \"bot\"]"],
    );
    has(
        &project.read("docker/compose.yaml"),
        &["command: [\"alembic\", \"upgrade\", \"head\"]"],
    );
}

/// Who starts the worker as well has two programs.
#[test]
fn a_worker_that_the_compose_file_starts_stays_one() {
    let compose = "services:\n  bot:\n    build: .\n  jobs:\n    build: .\n    command: celery -A tasks worker\n";
    let project = bot().with("compose.yaml", compose);
    ran(&project, &["render"]);
    has(&project.read("docker/worker.Dockerfile"), &["celery"]);
}

#[test]
fn a_database_that_nothing_speaks_to_is_left_to_a_person() {
    let compose =
        "services:\n  web:\n    build: .\n    network_mode: host\n  db:\n    image: postgres:15\n";
    let project = shop(compose);
    let told = ran(&project, &["render"]).stderr;
    has(
        &told,
        &["`network_mode: \"host\"` (in a network of its own"],
    );
    has_not(&told, &["    network_mode: \"host\"\n"]);
    let listed = ran(&project, &["init", "--yes"]).stderr;
    has(
        &listed,
        &["db: postgres:15: nothing that is locked speaks to it"],
    );
    has_not(&project.read("dfgen.toml"), &["postgres"]);
}

#[test]
fn databases_of_other_images_are_told_apart_by_their_rows() {
    let compose = |image: &str| {
        format!(
            "services:\n  web:\n    build: .\n    depends_on: [db]\n  db:\n    image: {image}\n"
        )
    };
    let source = "import os\nfrom fastapi import FastAPI\n\napp = FastAPI()\nURL = os.environ[\"DATABASE_URL\"]\n";
    for (image, folder) in [
        (
            "timescale/timescaledb:2.17.2-pg16",
            "/var/lib/postgresql/data",
        ),
        (
            "pgautoupgrade/pgautoupgrade:17-alpine",
            "/var/lib/postgresql/data",
        ),
        ("postgis/postgis:18-3.6", "/var/lib/postgresql"),
        ("pgvector/pgvector:pg17", "/var/lib/postgresql/data"),
        ("pgvector/pgvector:0.8.6-pg18-trixie", "/var/lib/postgresql"),
    ] {
        let driver = if image.starts_with("pgvector") {
            "pgvector"
        } else {
            "sqlalchemy"
        };
        let project = requiring(&["fastapi", "uvicorn", "psycopg", driver])
            .with("main.py", source)
            .with("Dockerfile", DOCKERFILE)
            .with("compose.yaml", &compose(image));
        ran(&project, &["render"]);
        let text = project.read("docker/compose.yaml");
        has(
            &text,
            &[&format!("image: \"{image}\""), &format!("-data:{folder}\n")],
        );
        has_not(&text, &["  db:\n"]);
    }
}

/// Git tracks them, and names tell nothing.
#[test]
fn secrets_in_files_that_an_image_has_are_told() {
    let key = format!(
        "{{\"type\": \"service_account\", \"private_key\": \"-----BEGIN {0}-----\\nMIIE\\n-----END {0}-----\"}}\n",
        "PRIVATE KEY"
    );
    let token = format!("git:\n  name: ghp_{}\n", "a1B2c3D4e5F6".repeat(3));
    let reads = "import pathlib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nDATA = pathlib.Path(__file__).parent / \"data\"\nTEXT = (DATA / \"account.json\").read_text()\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/main.py", reads)
        .with("shop/data/account.json", &key)
        .with("shop/data/git.yaml", &token)
        .with("shop/data/plain.json", "{\"a\": 1}\n")
        .with("shop/data/bot.session", "SQLite format 3")
        .with("docs/key.json", &key);
    let told = ran(&project, &["render"]).stderr;
    has(
        &told,
        &[
            "warning[shipped-secret]: `shop/data/account.json` holds a private key, and the image `core-api` has it",
            "shop/data/account.json:1: a private key",
            "shop/data/git.yaml:2: a token of",
        ],
    );
    has_not(&told, &["plain.json", "docs/key.json", "a1B2c3", "MIIE"]);
    has(
        &project.read("docker/core-api.Dockerfile.dockerignore"),
        &["**/*.session\n"],
    );
}
