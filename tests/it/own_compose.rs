//! What the project's own compose file says beside a command is taken where it holds in dfgen's, and told otherwise.

use crate::harness::{Project, Ran, dfgen, requiring};

const APP: &str = "import os\nfrom fastapi import FastAPI\n\napp = FastAPI()\nMODE = os.environ.get(\"SHOP_MODE\")\n";
const DOCKERFILE: &str = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\n\
    CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\"]\n";

fn shop(packages: &[&str], compose: &str) -> Project {
    let packages = [&["fastapi", "uvicorn"], packages].concat();
    requiring(&packages)
        .with("main.py", APP)
        .with("Dockerfile", DOCKERFILE)
        .with("compose.yaml", compose)
}

fn render(project: &Project) -> Ran {
    let ran = dfgen(&["render"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran
}

fn init(project: &Project) -> Ran {
    let ran = dfgen(&["init", "--yes"]).in_project(project);
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

#[test]
fn variables_of_its_service_are_the_images_where_they_hold_there() {
    let compose = "services:\n  web:\n    build: .\n    ports: [\"8000:8000\"]\n    environment:\n\
        \x20     SHOP_MODE: live\n      SHOP_REGION: ${SHOP_REGION:-north}\n      SHOP_KEY: ${KEY_OF_SHOP}\n\
        \x20     SHOP_API: https://api.shop.example/v1\n      SHOP_QUEUE: http://queue:5000\n\
        \x20     SHOP_FILES: /data/files\n      SHOP_ELSEWHERE: /mnt/share\n      SHOP_TOKEN: T0PS3cretK7mq2Xv9\n\
        \x20     SHOP_GIVEN: ${SHOP_GIVEN}\n    volumes: [\"files:/data/files\"]\nvolumes: {files: }\n";
    let project = shop(&[], compose);
    let told = render(&project).stderr;
    let text = project.read("docker/core-api.Dockerfile");
    has(
        &text,
        &[
            "SHOP_MODE=live",
            "SHOP_REGION=north",
            "SHOP_API=https://api.shop.example/v1",
            "SHOP_FILES=/data/files",
        ],
    );
    has_not(
        &text,
        &[
            "SHOP_KEY",
            "SHOP_QUEUE",
            "SHOP_ELSEWHERE",
            "SHOP_TOKEN",
            "SHOP_GIVEN",
        ],
    );
    has(
        &told,
        &[
            "`SHOP_KEY=${KEY_OF_SHOP}` (put in from the environment of compose",
            "`SHOP_QUEUE=http://queue:5000`, `SHOP_ELSEWHERE=/mnt/share` (an address or a path",
        ],
    );
    has_not(&told, &["T0PS3cret", "`SHOP_GIVEN"]);
    // What `init` writes holds without the file.
    let other = shop(&[], compose);
    init(&other);
    let other = other.without("compose.yaml");
    render(&other);
    has(
        &other.read("docker/core-api.Dockerfile"),
        &[
            "SHOP_MODE=live",
            "SHOP_REGION=north",
            "SHOP_FILES=/data/files",
        ],
    );
}

/// What runs the source as it lies there is for those who work on it.
#[test]
fn variables_of_a_service_for_developers_are_told_alone() {
    for how in [
        "    volumes: [\".:/app\"]\n",
        "    command: uvicorn main:app --reload\n",
    ] {
        let compose =
            format!("services:\n  web:\n    build: .\n{how}    environment: {{SHOP_MODE: work}}\n");
        let project = shop(&[], &compose);
        let told = render(&project).stderr;
        has_not(&project.read("docker/core-api.Dockerfile"), &["SHOP_MODE"]);
        has(&told, &["`SHOP_MODE=work`"]);
    }
}

#[test]
fn a_backing_service_is_of_the_version_that_its_data_is_of() {
    let compose = "services:\n  web:\n    build: .\n  db:\n    image: postgres:16-alpine\n  cache:\n    image: redis:7\n";
    let source = "import os\nfrom fastapi import FastAPI\napp = FastAPI()\n\
        URL = os.environ[\"DATABASE_URL\"]\nCACHE = os.environ.get(\"REDIS_URL\", \"redis://cache:6379/0\")\n";
    let project = shop(&["psycopg", "redis"], compose).with("main.py", source);
    render(&project);
    let text = project.read("docker/compose.yaml");
    has(
        &text,
        &[
            "image: \"postgres:16-alpine\"",
            "/var/lib/postgresql/data",
            "image: \"redis:7\"",
        ],
    );
    // A name without a version means the same.
    let said = "[profile.core-api]\nservices = [\"postgresql\"]\n";
    let project = project.with("dfgen.toml", said);
    render(&project);
    has(
        &project.read("docker/compose.yaml"),
        &["postgres:16-alpine"],
    );
    let said = "[profile.core-api]\nservices = [\"postgres:17\"]\n";
    let project = project
        .with("dfgen.toml", said)
        .without("docker/compose.yaml");
    render(&project);
    has(&project.read("docker/compose.yaml"), &["postgres:17"]);
}

/// Both images of one project speak to one broker.
#[test]
fn every_image_of_a_project_has_the_same_version_after_init() {
    let compose = "services:\n  web:\n    build: .\n    ports: [\"8000:8000\"]\n  jobs:\n    build: .\n    command: celery -A jobs worker\n  broker:\n    image: redis:7-alpine\n";
    let jobs = "import os\nfrom celery import Celery\napp = Celery('jobs', broker=os.environ['REDIS_URL'])\n";
    let source =
        "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nURL = os.environ['REDIS_URL']\n";
    let project = shop(&["celery", "redis"], compose)
        .with("main.py", source)
        .with("jobs.py", jobs);
    init(&project);
    render(&project);
    let text = project.read("docker/compose.yaml");
    has(&text, &["redis:7-alpine"]);
    render(&project.without("compose.yaml"));
}

#[test]
fn what_pages_are_made_of_is_no_volume_whoever_mounts_it() {
    let compose = "services:\n  web:\n    build: .\n    volumes:\n      - ./data:/app/data\n      - ./templates:/app/templates\n      - ./static:/app/static\n";
    let project = shop(&[], compose)
        .with("data/.gitkeep", "")
        .with("templates/index.html", "<p>\n")
        .with("static/a/shop.css", "p {}\n");
    render(&project);
    let text = project.read("docker/compose.yaml");
    has(&text, &["data:/app/data"]);
    has_not(&text, &["/app/templates", "/app/static"]);
}

fn django() -> Project {
    let settings = "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n\
        SECRET_KEY = os.environ['SECRET_KEY']\nINSTALLED_APPS = ['django.contrib.staticfiles', 'stock']\n\
        ROOT_URLCONF = 'shop.urls'\nSTATIC_URL = 'static/'\nSTATIC_ROOT = BASE_DIR / 'staticfiles'\n\
        DATABASES = {'default': {'ENGINE': os.environ.get('DB_ENGINE', 'django.db.backends.sqlite3'), 'NAME': BASE_DIR / 'db' / 'db.sqlite3'}}\n";
    let main = "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n\
        from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n";
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\n\
        os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n";
    requiring(&["django", "gunicorn"])
        .with("manage.py", main)
        .with("shop/__init__.py", "")
        .with("shop/settings.py", settings)
        .with("shop/urls.py", "urlpatterns = []\n")
        .with("shop/wsgi.py", wsgi)
        .with("stock/__init__.py", "")
        .with("stock/models.py", "")
        .with(
            "Dockerfile",
            "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"./entrypoint.sh\"]\n\
             CMD [\"gunicorn\", \"shop.wsgi:application\", \"--bind\", \"0.0.0.0:8000\"]\n",
        )
        .with(
            "entrypoint.sh",
            "#!/bin/sh\nset -e\nuv run manage.py makemigrations\nuv run manage.py seed_stock\nexec \"$@\"\n",
        )
        .with(
            "compose.yaml",
            "services:\n  web:\n    build: .\n    ports: [\"8000:8000\"]\n    volumes: [\"pages:/app/staticfiles\", \"media:/app/media\", \"./entrypoint.sh:/app/entrypoint.sh\"]\n\
             \x20 poster:\n    build: .\n    command: ./manage.py post_news\n    volumes: [\"media:/app/media\"]\nvolumes: {pages: , media: }\n",
        )
}

/// A volume there would keep the files of its first start, whatever a later image has.
#[test]
fn a_folder_that_the_build_fills_is_no_volume() {
    let project = django();
    let told = render(&project).stderr;
    let text = project.read("docker/compose.yaml");
    has(&text, &["media:/app/media"]);
    has_not(&text, &["/app/staticfiles", "django.db.backends"]);
    has(&told, &["`volume /app/staticfiles` (the build fills it"]);
    has_not(&told, &["`./entrypoint.sh`"]);
    let other = django();
    init(&other);
    has_not(&other.read("dfgen.toml"), &["staticfiles"]);
}

#[test]
fn what_a_script_is_given_is_a_process_of_its_own() {
    let project = django();
    render(&project);
    let text = project.read("docker/compose.yaml");
    has(
        &text,
        &[
            "core-api-poster:",
            "command: [\"python\", \"manage.py\", \"post_news\"]",
        ],
    );
    let poster = text.split("core-api-poster:").nth(1).unwrap_or_default();
    has(poster, &["media:/app/media"]);
}

#[test]
fn verbs_of_a_start_script_are_no_work_of_uvs() {
    let project = django();
    let told = render(&project).stderr;
    has(&told, &["entrypoint.sh:4: `python manage.py seed_stock`"]);
    has_not(&told, &["makemigrations"]);
    let listed = init(&project).stderr;
    has(
        &listed,
        &["entrypoint.sh:3: uv run manage.py makemigrations: migrations are source"],
    );
}

#[test]
fn a_file_of_sqlite_stays_in_the_volume_that_the_container_has() {
    let source = "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nURL = os.environ.get('DATABASE_URL', 'sqlite:///./shop.db')\n";
    let compose = "services:\n  web:\n    build: .\n    environment: {DATABASE_URL: \"sqlite:////data/shop.db\"}\n    volumes: [\"data:/data\"]\nvolumes: {data: }\n";
    let project = shop(&["sqlalchemy"], compose).with("main.py", source);
    render(&project);
    has(
        &project.read("docker/core-api.Dockerfile"),
        &["DATABASE_URL=sqlite:////data/shop.db"],
    );
    has_not(&project.read("docker/compose.yaml"), &["/var/lib/sqlite"]);
}

#[test]
fn keys_that_no_setting_says_are_told_with_the_lines_of_a_file_of_ones_own() {
    let compose = "services:\n  web:\n    build: .\n    init: true\n    mem_limit: 2g\n    extra_hosts: [\"host.docker.internal:host-gateway\"]\n\
        \x20   security_opt: [\"no-new-privileges:true\"]\n    tmpfs: /tmp\n";
    let project = shop(&[], compose);
    let told = render(&project).stderr;
    let start = told.find("services:\n").unwrap_or(told.len());
    let lines = told[start..].lines().take(5).map(str::trim);
    assert_eq!(
        lines.collect::<Vec<_>>().join("|"),
        "services:|core-api:|init: true|mem_limit: \"2g\"|extra_hosts: [\"host.docker.internal:host-gateway\"]",
        "{told}"
    );
    has_not(&told, &["tmpfs", "security_opt"]);
}

/// The line of the argument is the last word: no value that it has without one stands behind it.
#[test]
fn an_argument_of_the_build_stays_one() {
    let lines = "ARG REVISION=none\nENV REVISION=$REVISION\nLABEL shop.part=api\nCMD";
    let dockerfile = DOCKERFILE.replace("CMD", lines);
    let project = shop(&[], "services:\n  web:\n    build: .\n").with("Dockerfile", &dockerfile);
    let told = render(&project).stderr;
    let text = project.read("docker/core-api.Dockerfile");
    has(
        &text,
        &["ARG REVISION=none\nENV REVISION=$REVISION\nLABEL shop.part=api\n"],
    );
    has_not(&text, &["REVISION=none\\", "REVISION=none\nEXPOSE"]);
    has(
        &told,
        &["instructions = { runtime = [\"ARG REVISION=none\""],
    );
    let again = project.with(
        "dfgen.toml",
        "[profile.core-api]\ncommand = [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\"]\ninstructions = { runtime = [\"ARG REVISION=none\", \"ENV REVISION=$REVISION\"] }\n",
    );
    let told = render(&again).stderr;
    has_not(&told, &["is what `core-api` runs", "REVISION"]);
}

#[test]
fn what_render_tells_with_its_lines_init_names_in_one() {
    let dockerfile = DOCKERFILE.replace(
        "CMD",
        "RUN curl -fsSL https://shop.example/install.sh | sh\nRUN python scripts/index.py build --output data/index\nCMD",
    );
    let project = shop(&[], "services:\n  web:\n    build: .\n    mem_limit: 1g\n")
        .with("Dockerfile", &dockerfile)
        .with("scripts/index.py", "");
    let told = init(&project).stderr;
    has(
        &told,
        &["told by `dfgen render`, with the lines that keep it: Dockerfile:4; compose.yaml:4"],
    );
    let shown = render(&project).stderr;
    has(&shown, &["install.sh", "mem_limit"]);
    // Who asks what is missing is told all.
    let open = dfgen(&["init", "--check"]).in_project(&project).stderr;
    has(&open, &["install.sh", "mem_limit"]);
}

/// Where it is known what they fill, they are steps of the new build, with what its settings fail without.
#[test]
fn commands_that_make_something_known_are_steps_of_the_build() {
    let dockerfile = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN uv sync --frozen\n\
        RUN STOCK_MODE=build SECRET_KEY=none uv run manage.py compilemessages\n\
        RUN uv run manage.py stock_index --output data/index\n\
        CMD [\"gunicorn\", \"shop.wsgi:application\", \"--bind\", \"0.0.0.0:8000\"]\n";
    let project = |dockerfile: &str| {
        let project = django().with("Dockerfile", dockerfile);
        project.with("stock/locale/de/LC_MESSAGES/django.po", "")
    };
    let own = project(dockerfile);
    let told = render(&own).stderr;
    let text = own.read("docker/core-api.Dockerfile");
    has(
        &text,
        &[
            "python manage.py compilemessages",
            "keep /app/stock/locale",
            "python manage.py stock_index --output data/index",
            "keep /app/data/index",
            "STOCK_MODE=build",
            "SECRET_KEY=0",
        ],
    );
    has(
        &told,
        &[
            "build-steps = [{ ",
            "apt = [\"gettext\"]",
            "keep = [\"stock/locale\"]",
        ],
    );
    has_not(&told, &["unrun-command", "SECRET_KEY=none"]);
    init(&own);
    has(
        &own.read("dfgen.toml"),
        &["build-steps = [{", "stock/locale"],
    );
    render(&own);
    assert!(
        own.read("docker/core-api.Dockerfile")
            .contains("keep /app/stock/locale")
    );
    // One of them fills something that nobody knows: a person says all.
    let open = dockerfile.replace(" --output data/index", "");
    let told = render(&project(&open)).stderr;
    has(&told, &["unrun-command", "STOCK_MODE = \"build\""]);
}

#[test]
fn a_script_that_does_what_its_argument_says_starts_several_services() {
    let script = "#!/bin/sh\nset -e\ncase \"$1\" in\n  web)\n    exec uvicorn main:app --host 0.0.0.0 --port 9000\n    ;;\n  jobs)\n    exec python -m jobs\n    ;;\nesac\n";
    let compose = "services:\n  web:\n    build: .\n    ports: [\"9000:9000\"]\n  jobs:\n    build: .\n    command: [\"jobs\"]\n";
    let project = shop(&[], compose)
        .with("jobs.py", "while True:\n    pass\n")
        .with("run.sh", script)
        .with(
            "Dockerfile",
            "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"./run.sh\"]\nCMD [\"web\"]\n",
        );
    render(&project);
    let text = project.read("docker/compose.yaml");
    has(
        &text,
        &["-9000}:9000", "command: [\"python\", \"-m\", \"jobs\"]"],
    );
}

#[test]
fn what_the_own_build_gives_the_collecting_command_is_given_again() {
    let dockerfile = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\n\
        RUN STOCK_BUILDING=yes SECRET_KEY=T0PS3cretK7mq2Xv9 uv run python manage.py collectstatic --noinput --clear\n\
        CMD [\"gunicorn\", \"shop.wsgi:application\", \"--bind\", \"0.0.0.0:8000\"]\n";
    let compose = "services:\n  web:\n    build: .\n    ports: [\"127.0.0.1:9999:8000\"]\n";
    let project = django()
        .with("Dockerfile", dockerfile)
        .with("compose.yaml", compose);
    let told = render(&project).stderr;
    let text = project.read("docker/core-api.Dockerfile");
    has(&text, &["STOCK_BUILDING=yes", "SECRET_KEY=0"]);
    has_not(&text, &["T0PS3cret"]);
    has(
        &told,
        &["`ports: 127.0.0.1:9999:8000` (`$NAME_PORT` of the environment"],
    );
}

/// `entrypoint: ""` leaves the command alone, whatever the image has.
#[test]
fn a_clock_of_the_system_is_told() {
    let compose = "services:\n  web:\n    build: .\n    ports: [\"8000:8000\"]\n  nightly:\n    build: .\n    entrypoint: \"\"\n\
        \x20   command: sh -c \"echo '0 4 * * * python -m jobs' | crontab - && cron -f\"\n";
    let told = render(&shop(&[], compose)).stderr;
    has(
        &told,
        &[
            "`nightly` (compose.yaml:8): a clock of the system starts its lines",
            "run --rm core-api COMMAND",
        ],
    );
}

/// The compose file of dfgen has other names of hosts, users and databases: what connects there is said by it alone.
#[test]
fn what_connects_is_not_written_into_the_image_by_init() {
    let compose = "services:\n  web:\n    build: .\n    ports: [\"8000:8000\"]\n    env_file: .env.docker\n    environment:\n\
        \x20     DB_SERVER: ${DB_SERVER:-postgres}\n      DB_USER: ${DB_USER:-shopper}\n      SHOP_MODE: live\n\
        \x20 postgres:\n    image: postgres:16\n";
    let settings = "from pydantic_settings import BaseSettings\n\nclass Settings(BaseSettings):\n    DB_SERVER: str\n    DB_USER: str\n    DB_PASSWORD: str\n\n    @property\n    def url(self):\n        return f\"postgresql://{self.DB_USER}:{self.DB_PASSWORD}@{self.DB_SERVER}/shop\"\n";
    let project = shop(&["asyncpg", "pydantic-settings"], compose)
        .with("main.py", &format!("import settings\n{APP}"))
        .with("settings.py", settings);
    let said = init(&project);
    let config = project.read("dfgen.toml");
    has(
        &config,
        &[
            "SHOP_MODE = \"live\"",
            "env-files = [\".env\", \".env.docker\"]",
        ],
    );
    has_not(&config, &["DB_SERVER", "DB_USER"]);
    has_not(
        &said.to_string(),
        &["env_file: dfgen's compose file says no such thing"],
    );
    let project = project.without("compose.yaml").without("Dockerfile");
    render(&project);
    let text = project.read("docker/compose.yaml");
    has(
        &text,
        &[
            "DB_SERVER: \"${DB_SERVER:-postgresql}\"",
            "- path: \"../.env.docker\"",
            "image: \"postgres:16\"",
        ],
    );
}

/// A check that asks what no source has would make a good image unhealthy.
#[test]
fn a_health_check_of_the_past_is_not_kept() {
    let compose = |path: &str| {
        format!(
            "services:\n  web:\n    build: .\n    ports: [\"8000:8000\"]\n    healthcheck:\n      test: [\"CMD\", \"curl\", \"-f\", \"http://localhost:8000{path}\"]\n"
        )
    };
    let app = format!(
        "{APP}\n@app.get(\"/health\")\ndef health(): return 1\n\n@app.get(\"/ready\")\ndef ready(): return 1\n"
    );
    for (path, is_kept) in [("/ready", true), ("/utils/health-check/", false)] {
        let project = shop(&[], &compose(path)).with("main.py", &app);
        init(&project);
        let config = project.read("dfgen.toml");
        assert_eq!(config.contains(path), is_kept, "{config}");
    }
}

/// What serves is no worker: the answer to the one is none to the other.
#[test]
fn an_entry_that_serves_is_not_that_of_a_worker() {
    let tasks = "from celery import Celery\n\napp = Celery(\"shop\", broker=\"redis://localhost\")\n\n@app.task\ndef one(): pass\n";
    let project = requiring(&["celery", "fastapi", "redis", "uvicorn"])
        .with("main.py", APP)
        .with("other.py", APP)
        .with("tasks.py", tasks);
    let ran = dfgen(&["init", "--yes", "--entry", "other:app"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let config = project.read("dfgen.toml");
    assert_eq!(config.matches("other:app").count(), 1, "{config}");
    render(&project);
    has(
        &project.read("docker/worker.Dockerfile"),
        &["CMD [\"celery\""],
    );
}

/// `acme-shop` may be published as `shop`, by variables with that as their default: it is no service of another's.
#[test]
fn an_image_that_is_published_under_the_end_of_the_name_is_the_projects() {
    let compose = "services:\n  bot:\n    image: ghcr.io/${OWNER:-acme}/${IMAGE:-shop-bot}:${TAG:-dev}\n    environment:\n      APP_MODE: serving\n";
    let project = requiring(&["fastapi", "uvicorn"]);
    let named = |file: &str| project.read(file).replace("\"shop\"", "\"acme-shop-bot\"");
    let project = Project::empty()
        .with("pyproject.toml", &named("pyproject.toml"))
        .with("uv.lock", &named("uv.lock"))
        .with("main.py", "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nMODE = os.environ.get('APP_MODE')\n")
        .with("compose.yaml", compose);
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    assert!(!run.stderr.contains("not-taken"), "{run}");
}

/// A database that is run with more in it than its driver asks for stays that one.
#[test]
fn a_database_with_an_extension_stays_that_one() {
    let project = requiring(&["fastapi", "uvicorn", "psycopg"])
        .with("main.py", "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nHOST = os.environ.get('DATABASE_HOST', '')\n")
        .with("Dockerfile", "FROM python:3.13-slim\nCMD [\"uvicorn\", \"main:app\"]\n")
        .with("compose.yaml", "services:\n  db:\n    image: pgvector/pgvector:pg17\n  api:\n    build: .\n    depends_on: [db]\n");
    dfgen(&["render"]).in_project(&project);
    let compose = project.read("docker/compose.yaml");
    assert!(
        compose.contains("image: \"pgvector/pgvector:pg17\""),
        "{compose}"
    );
}
