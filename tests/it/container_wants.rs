//! What the project's own container installs of the lock, and the variables that it has: an image of the same application
//! has them too.

use crate::harness::{Project, Ran, dfgen, requiring};

const APP: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

/// A shop with extras for a database, for tests and for models.
fn shop() -> Project {
    let packages = ["asyncpg", "fastapi", "pytest", "redis", "torch", "uvicorn"];
    let package = |name: &&str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\n\
             wheels = [{{ url = \"https://x.invalid/{name}-1.0.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1_000_000 }}]\n\n"
        )
    };
    let lock = "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n\
         [[package]]\nname = \"shop\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\
         dependencies = [{ name = \"fastapi\" }, { name = \"uvicorn\" }]\n\n\
         [package.optional-dependencies]\nml = [{ name = \"torch\" }]\npg = [{ name = \"asyncpg\" }]\ntest = [{ name = \"pytest\" }]\n\n\
         [package.dev-dependencies]\nqueue = [{ name = \"redis\" }]\n\n\
         [package.metadata]\nrequires-dist = [{ name = \"asyncpg\", marker = \"extra == 'pg'\" }, { name = \"fastapi\" }, \
         { name = \"pytest\", marker = \"extra == 'test'\" }, { name = \"torch\", marker = \"extra == 'ml'\" }, { name = \"uvicorn\" }]\n\
         provides-extras = [\"ml\", \"pg\", \"test\"]\n\n[package.metadata.requires-dev]\nqueue = [{ name = \"redis\" }]\n\n";
    let manifest = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n\n\
         [project.optional-dependencies]\nml = [\"torch\"]\npg = [\"asyncpg\"]\ntest = [\"pytest\"]\n\n[dependency-groups]\nqueue = [\"redis\"]\n";
    let packages: String = packages.iter().map(package).collect();
    Project::empty()
        .with("pyproject.toml", manifest)
        .with("uv.lock", &format!("{lock}{packages}"))
        .with("shop/__init__.py", "")
        .with("shop/main.py", APP)
}

fn dockerfile(lines: &str) -> String {
    format!(
        "FROM python:3.13-slim\nWORKDIR /code\nCOPY . .\n{lines}\nCMD [\"uvicorn\", \"shop.main:app\"]\n"
    )
}

fn render(project: &Project) -> Ran {
    let ran = dfgen(&["render", "--profile", "core-api"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran
}

/// The flags of `uv export`, and the variables behind dfgen's own.
fn has(project: &Project) -> String {
    let text = project.read("docker/core-api.Dockerfile");
    let lines = text.lines().map(str::trim);
    let lines =
        lines.filter(|line| line.starts_with("--no-default-groups") || line.contains("SHOP_"));
    let lines = lines.map(|line| line.trim_end_matches([' ', '&', '\\']));
    let lines = lines.map(|line| line.trim_start_matches("--no-default-groups").trim());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[test]
fn what_is_locked_elsewhere_is_told_with_the_line_that_takes_it() {
    let said = "profiles = [\"core-api\"]\n[profile.core-api]\n";
    for (import, expected, empty) in [
        ("asyncpg", "extras = [\"pg\"]", "extras = []\n"),
        ("redis", "groups = [\"queue\"]", "groups = []\n"),
    ] {
        let text = format!("import {import}\n{APP}");
        let project = shop().with("shop/main.py", &text);
        let project = project.with("dfgen.toml", &format!("{said}{empty}"));
        let told = render(&project).stderr;
        let mut lines = told.lines().map(str::trim);
        assert!(lines.any(|line| line == expected), "{import}: {told}");
        let project = project.with("dfgen.toml", &format!("{said}{expected}\n"));
        let told = render(&project).stderr;
        assert!(!told.contains("missing-import"), "{expected}: {told}");
    }
}

#[test]
fn extras_and_groups_that_it_installs_are_taken_and_told() {
    let sync = "RUN uv sync --frozen --no-dev --extra pg --group queue";
    let project = shop().with("Dockerfile", &dockerfile(sync));
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 0
    ----- stderr -----
    note[container-file]: `core-api` has the extra `pg`, as Dockerfile:4 installs it
     |
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api]
             extras = ["@app", "pg"]

    note[container-file]: `core-api` has the group `queue`, as Dockerfile:4 installs it
     |
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api]
             groups = ["@app", "queue"]

    note[backing-service]: the locked drivers speak to `postgresql` and `redis`
     |
     = note: the compose file starts none: it may run elsewhere
     = help: to have it beside the image, in the profile, in dfgen.toml: `services = ["postgresql", "redis"]`

    `dfgen explain container-file` and `dfgen explain backing-service` say more about it

    core-api: asked for
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    "#);
    assert_eq!(has(&project), "--extra pg --group queue");
}

/// Tools of developers are nobody's need, and the ML stack has images of its own.
#[test]
fn of_all_extras_those_that_the_image_is_for() {
    let project = shop().with("Dockerfile", &dockerfile("RUN uv sync --all-extras"));
    render(&project);
    assert_eq!(has(&project), "--extra pg");
    let none = "RUN uv sync --all-extras --no-extra pg";
    let project = shop().with("Dockerfile", &dockerfile(none));
    render(&project);
    assert_eq!(has(&project), "");
}

#[test]
fn what_the_profile_says_of_them_holds() {
    let project = shop()
        .with("Dockerfile", &dockerfile("RUN uv sync --extra pg"))
        .with("dfgen.toml", "[profile.core-api]\nextras = []\n");
    render(&project);
    assert_eq!(has(&project), "");
}

/// Paths are those of the image; what only the old container has, is secret, or for developers is not carried over.
#[test]
fn variables_that_mean_the_same_are_carried_over() {
    let env = "ENV SHOP_APP=shop.main:app SHOP_DATA=/code/data SHOP_TOOLS=/opt/tools SHOP_KEY_FILE=/srv/keys/one \\\n    SHOP_DB=postgresql://db/shop SHOP_SECRET_KEY=s3cr3t-s3cr3t-s3cr3t DEBUG=1 PIP_NO_CACHE_DIR=1 PORT=9000 SHOP_URL=https://shop.example\nVOLUME /srv/keys";
    let project = shop().with("Dockerfile", &dockerfile(env));
    insta::assert_snapshot!(render(&project), @r#"
    exit code: 0
    ----- stderr -----
    note[container-file]: `core-api` keeps `/srv/keys`, `data`, as Dockerfile:6 has it
     |
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api]
             volumes = ["/srv/keys", "data"]

    note[container-file]: `core-api` has the environment of Dockerfile:4: `SHOP_APP`, `SHOP_DATA`, `SHOP_KEY_FILE`, `SHOP_URL`
     |
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api.env]
             SHOP_APP = "shop.main:app"
             SHOP_DATA = "/app/data"
             SHOP_KEY_FILE = "/srv/keys/one"
             SHOP_URL = "https://shop.example"

    note[not-taken]: `core-api` does not have what Dockerfile has: `SHOP_TOOLS=/opt/tools`, `SHOP_DB=postgresql://db/s ..`
     |
     = note: Dockerfile:4: `SHOP_TOOLS=/opt/tools`, `SHOP_DB=postgresql://db/shop` (names what only that container has: `env`, where it is otherwise here)

    `dfgen explain container-file` and `dfgen explain not-taken` say more about it

    core-api: asked for
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    "#);
    insta::assert_snapshot!(has(&project), @"SHOP_APP=shop.main:app SHOP_DATA=/app/data SHOP_KEY_FILE=/srv/keys/one SHOP_URL=https://shop.example");
}

/// Nobody can write in an image: what the application keeps there is outside, or the variable would lead nowhere.
#[test]
fn folders_that_variables_name_are_kept() {
    let env = "ENV SHOP_CACHE_DIR=/code/downloads SHOP_ROOT=/shop STATIC_ROOT=/code/static SHOP_HOME=/usr/lib/shop\nRUN mkdir -p ${SHOP_ROOT}";
    let project = shop().with("Dockerfile", &dockerfile(env));
    let ran = render(&project);
    assert!(
        ran.stderr.contains("volumes = [\"downloads\", \"/shop\"]"),
        "{ran}"
    );
    assert_eq!(
        has(&project),
        "SHOP_CACHE_DIR=/app/downloads SHOP_ROOT=/shop STATIC_ROOT=/app/static"
    );
    let compose = project.read("docker/compose.yaml");
    assert!(
        compose.contains(":/app/downloads") && compose.contains(":/shop"),
        "{compose}"
    );
    let project = project.with("dfgen.toml", "[profile.core-api]\nvolumes = []\n");
    let ran = render(&project);
    assert!(!ran.stderr.contains("SHOP_CACHE_DIR"), "{ran}");
    assert_eq!(has(&project), "");
}

/// What the source or the build fills is in the image.
#[test]
fn filled_folders_are_no_volumes() {
    let env = "ENV SHOP_CACHE_DIR=/code/downloads SHOP_DATA=/code/lists\nRUN python -m shop.fetch $SHOP_CACHE_DIR";
    let project = shop()
        .with("Dockerfile", &dockerfile(env))
        .with("lists/one.txt", "one");
    let ran = render(&project);
    assert!(!ran.stderr.contains("volumes ="), "{ran}");
    assert_eq!(
        has(&project),
        "SHOP_CACHE_DIR=/app/downloads SHOP_DATA=/app/lists"
    );
}

/// One Dockerfile, one image with GPUs and one without.
#[test]
fn an_image_that_runs_both_ways_lends_its_variables_to_both() {
    let service = |name: &str, more: &str| format!("  {name}:\n    build: .\n{more}");
    let gpu = "    deploy:\n      resources:\n        reservations:\n          devices:\n            - driver: nvidia\n              count: 1\n              capabilities: [gpu]\n";
    let compose = format!("services:\n{}{}", service("fast", gpu), service("slow", ""));
    let project = shop()
        .with("Dockerfile", &dockerfile("ENV SHOP_MODE=plain"))
        .with("compose.yaml", &compose);
    render(&project);
    assert_eq!(has(&project), "SHOP_MODE=plain");
    let only = format!("services:\n{}", service("fast", gpu));
    let project = project.with("compose.yaml", &only);
    render(&project);
    assert_eq!(has(&project), "");
}

#[test]
fn dfgen_toml_goes_before_them() {
    let project = shop()
        .with("Dockerfile", &dockerfile("ENV SHOP_MODE=plain"))
        .with(
            "dfgen.toml",
            "[profile.core-api.env]\nSHOP_MODE = \"other\"\n",
        );
    let ran = render(&project);
    assert!(!ran.stderr.contains("SHOP_MODE"), "{ran}");
    assert!(has(&project).contains("SHOP_MODE=other"));
}

#[test]
fn after_init_the_same_is_there_without_the_old_file() {
    let lines =
        "ENV SHOP_MODE=plain SHOP_DATA=/code/data\nRUN uv sync --no-dev --all-extras --group queue";
    let project = shop().with("Dockerfile", &dockerfile(lines));
    let init = dfgen(&["init"]).in_project(&project);
    assert_eq!(init.code, Some(0), "{init}");
    let settled = render(&project);
    assert!(!settled.stderr.contains("container-file"), "{settled}");
    let project = project.without("Dockerfile");
    let check = dfgen(&["render", "--profile", "core-api", "--check"]).in_project(&project);
    assert_eq!(check.code, Some(0), "{check}\n{init}");
}

/// A Dockerfile that lies where nobody looks is the project's own where what publishes it names it.
#[test]
fn what_a_workflow_or_a_platform_builds_is_read() {
    let named = [
        (
            ".github/workflows/publish.yml",
            "jobs:\n  image:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          file: ./ops/images/Dockerfile\n",
        ),
        (
            "railway.json",
            "{ \"build\": { \"dockerfilePath\": \"ops/images/Dockerfile\" } }\n",
        ),
        (
            "fly.toml",
            "[build]\ndockerfile = \"ops/images/Dockerfile\"\n",
        ),
    ];
    for (path, text) in named {
        let project = shop()
            .with("ops/images/Dockerfile", &dockerfile("ENV SHOP_MODE=plain"))
            .with(path, text);
        render(&project);
        assert!(has(&project).contains("SHOP_MODE"), "{path}");
    }
}

/// `docker compose up` of who works on it starts the source as it lies there: the image's own command is meant for others.
#[test]
fn the_command_of_a_developers_compose_file_is_not_the_images() {
    let compose = "services:\n  web:\n    build: .\n    command: python manage.py run\n    volumes: ['.:/code']\n";
    let image = "FROM python:3.13-slim\nWORKDIR /code\nCOPY . .\nCMD [\"uvicorn\", \"shop.main:app\", \"--port\", \"9000\"]\n";
    let project = shop()
        .with("Dockerfile", image)
        .with("compose.yaml", compose);
    render(&project);
    let text = project.read("docker/core-api.Dockerfile");
    assert!(text.contains("\"--port\", \"9000\""), "{text}");
}

/// A folder that it copies by its name is needed, though no path in the source leads there.
#[test]
fn folders_that_it_copies_by_their_names_are_taken() {
    let lines = "FROM python:3.13-slim\nWORKDIR /code\nCOPY shop shop\nCOPY seeds ./seeds\nCOPY tests tests\nCMD [\"uvicorn\", \"shop.main:app\"]\n";
    let project = shop()
        .with("seeds/first.sql", "select 1;\n")
        .with("plans/later.txt", "later\n")
        .with("tests/data.json", "{}\n")
        .with("Dockerfile", lines);
    let ran = render(&project);
    assert!(
        ran.stderr
            .contains("`core-api` has `seeds`, as Dockerfile:4 has it"),
        "{ran}"
    );
    assert!(
        ran.stderr
            .contains("no path in its source leads there: plans/"),
        "{ran}"
    );
    let text = project.read("docker/core-api.Dockerfile");
    assert!(text.contains("COPY seeds /app/seeds"), "{text}");
    assert!(!text.contains("tests") && !text.contains("plans"), "{text}");
}

/// What else its build makes is not known: it is told, and what the profile runs takes its place.
#[test]
fn commands_of_its_build_are_told() {
    let lines = "RUN uv sync --no-dev\nRUN python manage.py collectstatic --noinput\nRUN if [ \"$KIND\" = site ]; then python manage.py pages; fi\nRUN uv run manage.py tailwind build && python -c \"import nltk; nltk.download('punkt')\"";
    let project = shop().with("Dockerfile", &dockerfile(lines));
    let ran = render(&project);
    let told = ran
        .stderr
        .split("\n\n")
        .find(|one| one.contains("unrun-command"));
    insta::assert_snapshot!(told.unwrap_or_default(), @r#"
    warning[unrun-command]: `core-api` is built without what Dockerfile:7 runs: `python manage.py tailwind build`, `python -c 'import nltk; nltk.download('\''punkt'\'')'`
     --> Dockerfile:7:5
      |
    7 | RUN uv run manage.py tailwind build && python -c "import nltk; nltk.download('punkt')"
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not run
      |
      = help: where the application needs what it makes, write to dfgen.toml, with what it fills in `keep`:
              [[profile.core-api.build-steps]]
              run = ["python manage.py tailwind build", "python -c 'import nltk; nltk.download('\\''punkt'\\'')'"]
              keep = ["shop"]
    "#);
    let said = "[profile.core-api]\nbuild-steps = []\n";
    let ran = render(&project.with("dfgen.toml", said));
    assert!(!ran.stderr.contains("unrun-command"), "{ran}");
}

/// Its own program for that knows the database as the application does.
#[test]
fn the_migration_of_its_compose_file_goes_before_alembics() {
    let compose = |command: &str| {
        format!(
            "services:\n  web:\n    build: .\n  migrate:\n    build: .\n    command: {command}\n"
        )
    };
    let ini = "[alembic]\nscript_location = shop/migrations\n";
    let app = "from litestar import Litestar\napp = Litestar()\n";
    let project = |command: &str| {
        requiring(&["alembic", "litestar", "uvicorn"])
            .with("shop/__init__.py", "")
            .with("shop/main.py", app)
            .with("shop/migrations/env.py", "")
            .with("alembic.ini", ini)
            .with("Dockerfile", &dockerfile(""))
            .with("compose.yaml", &compose(command))
    };
    let step = |command: &str| {
        let project = project(command);
        render(&project);
        let text = project.read("docker/compose.yaml");
        let mut lines = text.lines().map(str::trim);
        let step = lines.find(|line| line.starts_with("command:"));
        step.unwrap_or_default().to_owned()
    };
    assert_eq!(
        step("litestar database upgrade --no-prompt"),
        "command: [\"litestar\", \"database\", \"upgrade\", \"--no-prompt\"]"
    );
    let usual = "command: [\"alembic\", \"upgrade\", \"head\"]";
    assert_eq!(step("alembic upgrade head"), usual);
    assert_eq!(step("litestar database upgrade $REVISION"), usual);
}
