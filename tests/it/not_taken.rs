//! What the project's own container has and the new image has not is told, with lines that keep it as they stand.

use crate::harness::{Project, Ran, dfgen, requiring};

const APP: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";

/// A shop that is served, with a Dockerfile of these lines.
fn shop(lines: &str) -> Project {
    requiring(&["fastapi", "uvicorn"])
        .with("main.py", APP)
        .with("Dockerfile", &dockerfile(lines))
}

fn dockerfile(lines: &str) -> String {
    format!("FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\n{lines}\n")
}

const START: &str = "CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\"]";

fn render(project: &Project) -> Ran {
    let ran = dfgen(&["render"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran
}

/// The finding alone.
fn told(ran: &Ran) -> String {
    let start = ran
        .stderr
        .find("note[not-taken]")
        .unwrap_or(ran.stderr.len());
    let rest = &ran.stderr[start..];
    rest.split("\n\n").next().unwrap_or_default().to_owned()
}

/// The settings that the message shows.
fn lines(ran: &Ran) -> String {
    let told = told(ran);
    let help = told.split("write to dfgen.toml:\n").nth(1);
    let help = help.unwrap_or_else(|| panic!("no lines are shown\n{ran}"));
    let lines = help.lines().map(str::trim_start);
    lines.collect::<Vec<_>>().join("\n")
}

const RICH: &str = "RUN apt-get update && apt-get install -y git curl unzip build-essential\n\
    ENV TOOLS=/opt/tools\nARG REVISION\nENV REVISION=$REVISION\n\
    COPY --from=ghcr.io/shop/tool:1 /tool /usr/local/bin/\n\
    RUN curl -fsSL https://deno.land/install.sh | DENO_INSTALL=/usr/local sh\n\
    RUN pip install uv && uv sync --frozen && useradd shop && chown -R shop /app && mkdir data\n\
    CMD uvicorn main:app --host 0.0.0.0 --proxy-headers --timeout-keep-alive 75";

#[test]
fn what_is_not_taken_is_told_with_the_lines_that_keep_it() {
    let project = shop(RICH);
    insta::assert_snapshot!(told(&render(&project)), @r#"
    note[not-taken]: `core-api` does not have what Dockerfile has: `--proxy-headers --timeout-keep-alive 75`, `git`, `unzip`, `COPY --from=ghcr.io/shop/tool:1 /tool /usr/local/b ..` and 2 more
     |
     = note: Dockerfile:11: `--proxy-headers --timeout-keep-alive 75`
     = note: Dockerfile:4: `git`, `unzip`
     = note: Dockerfile:8: `COPY --from=ghcr.io/shop/tool:1 /tool /usr/local/bin/`
     = note: Dockerfile:9: `curl -fsSL https://deno.land/install.sh | sh`
     = note: Dockerfile:5: `TOOLS=/opt/tools` (names what only that container has: `env`, where it is otherwise here)
     = help: to have it, write to dfgen.toml:
             [profile.core-api]
             command = ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000", "--proxy-headers", "--timeout-keep-alive", "75"]
             port = 8000
             apt = { runtime = ["git", "unzip", "curl"] }
             instructions = { runtime = ["ARG REVISION", "ENV REVISION=$REVISION", "COPY --from=ghcr.io/shop/tool:1 /tool /usr/local/bin/", "RUN curl -fsSL https://deno.land/install.sh | DENO_INSTALL=/usr/local sh"] }
    "#);
}

#[test]
fn the_lines_work_as_they_stand_and_are_told_no_more() {
    let project = shop(RICH);
    let settings = lines(&render(&project));
    let project = project.with("dfgen.toml", &settings);
    let ran = render(&project);
    insta::assert_snapshot!(told(&ran), @r#"
    note[not-taken]: `core-api` does not have what Dockerfile has: `TOOLS=/opt/tools`
     |
     = note: Dockerfile:5: `TOOLS=/opt/tools` (names what only that container has: `env`, where it is otherwise here)
    "#);
    let text = project.read("docker/core-api.Dockerfile");
    for line in [
        "COPY --from=ghcr.io/shop/tool:1 /tool /usr/local/bin/",
        "RUN curl -fsSL https://deno.land/install.sh | DENO_INSTALL=/usr/local sh",
        "\"--proxy-headers\", \"--timeout-keep-alive\", \"75\"",
        "git",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn who_does_without_silences_it_and_a_second_render_has_one_line() {
    let project = shop(RICH);
    render(&project);
    let again = render(&project);
    let lines = again
        .stderr
        .lines()
        .filter(|line| line.contains("not-taken]"));
    assert_eq!(lines.count(), 1, "{again}");
    assert!(!again.stderr.contains("= note: Dockerfile"), "{again}");
    let silent = project.with("dfgen.toml", "silence = [\"not-taken\"]\n");
    assert_eq!(told(&render(&silent)), "");
}

#[test]
fn a_plan_has_it_too() {
    let project = shop(RICH);
    let plan = dfgen(&["plan", "--format", "json"]).in_project(&project);
    let rules = plan.json()["findings"].to_string();
    assert!(
        rules.contains("not-taken") && rules.contains("deno.land"),
        "{rules}"
    );
}

/// What dfgen settles itself, and what only the old build needed.
#[test]
fn a_container_of_which_all_is_taken_is_told_nothing() {
    let lines = "LABEL a=b\nENV PYTHONUNBUFFERED=1 UV_LINK_MODE=copy SHOP_MODE=live\n\
        RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev curl vim && rm -rf /var/lib/apt/lists/*\n\
        COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /uvx /bin/\nADD https://astral.sh/uv/install.sh /uv-installer.sh\n\
        RUN sh /uv-installer.sh && rm /uv-installer.sh\n\
        RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev && chmod +x main.py\n\
        RUN groupadd shop && useradd -g shop shop && chown -R shop:shop /app\nUSER shop\nEXPOSE 8000\n\
        HEALTHCHECK CMD curl -f http://localhost:8000/\n\
        CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"8000\", \"--workers\", \"4\", \"--log-level\", \"info\"]";
    let ran = render(&shop(lines));
    assert!(!ran.stderr.contains("not-taken"), "{ran}");
}

/// `migrate` runs once before the service, as the script had it.
#[test]
fn what_a_script_does_before_its_start_is_told() {
    let script = "#!/bin/sh\nset -e\necho starting\npython seed.py --small\nexec uvicorn main:app --host 0.0.0.0\n";
    let project = shop("ENTRYPOINT [\"./entrypoint.sh\"]")
        .with("entrypoint.sh", script)
        .with("seed.py", "print('seeded')\n");
    let ran = render(&project);
    insta::assert_snapshot!(told(&ran), @r#"
    note[not-taken]: `core-api` does not have what Dockerfile has: `python seed.py --small`
     |
     = note: entrypoint.sh:4: `python seed.py --small`
     = help: to have it, write to dfgen.toml:
             [profile.core-api]
             migrate = ["sh", "-c", "python seed.py --small"]
    "#);
    let settings = lines(&ran);
    let ran = render(&project.with("dfgen.toml", &settings));
    assert_eq!(told(&ran), "", "{ran}");
}

#[test]
fn the_hosts_own_things_are_told() {
    let compose = "services:\n  web:\n    build: .\n    cap_add: [SYS_ADMIN]\n    shm_size: 1g\n    environment:\n      SHOP_LIMIT: 5\n      SHOP_KEY: ${SHOP_KEY}\n    ports: [\"8000:8000\"]\n";
    let project = shop(START).with("compose.yaml", compose);
    let ran = render(&project);
    insta::assert_snapshot!(told(&ran), @r#"
    note[not-taken]: `core-api` does not have what Dockerfile has: `cap_add: ["SYS_ADMIN"]`, `shm_size: 1g`
     |
     = note: compose.yaml:4: `cap_add: ["SYS_ADMIN"]`
     = note: compose.yaml:5: `shm_size: 1g`
     = help: to have it, write to dfgen.toml:
             [profile.core-api]
             shm-size = "1g"
     = help: no setting says it: write a compose file of your own, and start with `docker compose --file docker/compose.yaml --file YOURS up`:
             services:
               core-api:
                 cap_add: ["SYS_ADMIN"]
    "#);
}

/// Its variables have values in the image; those that have none are for who runs it.
#[test]
fn arguments_that_a_script_gathers_are_the_commands() {
    let script = "#!/bin/bash\nargs=()\n[[ -n \"${HOST:-}\" ]] && args+=(--host \"$HOST\")\n[[ -n \"${PORT:-}\" ]] && args+=(--port \"$PORT\")\n\
        [[ -n \"${TOKEN_FILE:-}\" ]] && args+=(--token-file \"$TOKEN_FILE\")\nexec shop \"${args[@]}\"\n";
    let project =
        shop("ENV HOST=0.0.0.0 PORT=5000\nENTRYPOINT [\"./run.sh\"]").with("run.sh", script);
    let manifest = project.read("pyproject.toml");
    let project = project
        .with("pyproject.toml", &format!("{manifest}\n[project.scripts]\nshop = \"shop.cli:main\"\n\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n"))
        .with("shop/__init__.py", "")
        .with("shop/cli.py", "def main():\n    pass\n");
    let lock = project.read("uv.lock").replace("virtual", "editable");
    let project = project.with("uv.lock", &lock);
    let ran = render(&project);
    let text = project.read("docker/core-api.Dockerfile");
    assert!(
        text.contains("\"--host\", \"0.0.0.0\", \"--port\", \"5000\"]"),
        "{ran}\n{text}"
    );
}

#[test]
fn container_files_above_the_project_that_build_it_are_read() {
    let project = Project::empty()
        .with("Dockerfile", "FROM python:3.13-slim\nRUN apt-get update && apt-get install -y ffmpeg git\nWORKDIR /app\nCOPY api/ /app/\nCOPY docker/start.sh /start.sh\nENV SHOP_MODE=live\nENTRYPOINT [\"/start.sh\"]\n")
        .with("docker/start.sh", "#!/bin/sh\nexec uvicorn main:app --host 0.0.0.0 --port 9000\n")
        .with("web/Dockerfile", "FROM node:24\nCOPY . .\nCMD [\"node\", \"x.js\"]\n");
    let shop = shop(START).without("Dockerfile");
    let project = shop.files().iter().fold(project, |project, file| {
        project.with(&format!("api/{file}"), &shop.read(file))
    });
    let ran = dfgen(&["render"]).in_folder(&project, "api");
    let text = project.read("api/docker/core-api.Dockerfile");
    for word in ["ffmpeg", "SHOP_MODE=live", "EXPOSE 9000"] {
        assert!(text.contains(word), "{word}\n{ran}\n{text}");
    }
    assert!(told(&ran).contains("../Dockerfile:2: `git`"), "{ran}");
    let init = dfgen(&["init", "--stdout"]).in_folder(&project, "api");
    assert!(init.stdout.contains("SHOP_MODE = \"live\""), "{init}");
    assert!(!init.to_string().contains("web/Dockerfile"), "{init}");
}

#[test]
fn a_browser_that_the_container_installs_is_installed() {
    let project = requiring(&["fastapi", "playwright", "uvicorn"])
        .with("main.py", APP)
        .with(
            "Dockerfile",
            &dockerfile(&format!(
                "RUN uv run playwright install --with-deps chromium\n{START}"
            )),
        );
    let ran = render(&project);
    let text = project.read("docker/core-api.Dockerfile");
    assert!(
        text.contains("playwright install chromium"),
        "{ran}\n{text}"
    );
    assert_eq!(told(&ran), "");
    let other = dockerfile(&format!("RUN playwright install firefox\n{START}"));
    let ran = render(&project.with("Dockerfile", &other));
    assert!(told(&ran).contains("playwright install firefox"), "{ran}");
}

#[test]
fn packages_that_some_uses_need_are_told_where_the_project_imports_them() {
    let project = requiring(&["fastapi", "pydub", "uvicorn"])
        .with("main.py", &format!("from pydub import AudioSegment\n{APP}"));
    let ran = render(&project);
    assert!(
        ran.stderr
            .contains("note[optional-package]: `core-api` may need `ffmpeg` for `pydub`"),
        "{ran}"
    );
    let project = project.with(
        "dfgen.toml",
        "[profile.core-api]\napt = { runtime = [\"ffmpeg\"] }\n",
    );
    assert!(!render(&project).stderr.contains("optional-package"));
    let unused = requiring(&["fastapi", "pydub", "uvicorn"]).with("main.py", APP);
    assert!(!render(&unused).stderr.contains("optional-package"));
}

/// A lock whose only torch brings CUDA along says nothing of what the project runs on.
#[test]
fn models_run_without_a_gpu_where_the_projects_own_container_does() {
    let project = requiring(&["fastapi", "nvidia-cublas-cu12", "torch", "uvicorn"])
        .with("main.py", &format!("import torch\n{APP}"))
        .with("Dockerfile", &dockerfile(START));
    let has_gpu = |project: &Project| {
        let stdout = dfgen(&["render", "--stdout"]).in_project(project).stdout;
        stdout.contains("driver: nvidia") || stdout.contains("capabilities: [gpu]")
    };
    assert!(has_gpu(&project));
    let compose = "services:\n  web:\n    build: .\n    environment: {DEVICE: cpu}\n    ports: [\"8000:8000\"]\n";
    let project = project.with("compose.yaml", compose);
    assert!(!has_gpu(&project));
    let ran = render(&project);
    assert!(
        ran.stderr
            .contains("`ml-inference-cpu` runs without a GPU, as compose.yaml:3 does"),
        "{ran}"
    );
    let project = project.with("dfgen.toml", "profiles = [\"ml-inference-gpu\"]\n");
    assert!(has_gpu(&project));
}

/// `if [ "$FETCH" = true ]`, where the argument's default says so.
#[test]
fn what_a_default_of_the_build_answers_with_yes_runs() {
    let lines = |default: &str| {
        format!(
            "ARG FETCH={default}\nRUN if [ \"$FETCH\" = \"true\" ]; then python fetch.py; ln -s /usr/bin/perl /usr/bin/tool; fi\n{START}"
        )
    };
    let project = shop(&lines("true")).with("fetch.py", "print('fetched')\n");
    let ran = render(&project);
    assert!(ran.stderr.contains("warning[unrun-command]"), "{ran}");
    let ran = render(&project.with("Dockerfile", &dockerfile(&lines("false"))));
    assert!(!ran.stderr.contains("fetch.py"), "{ran}");
}

#[test]
fn a_compose_file_in_a_folder_of_its_own_that_builds_the_project_is_read() {
    let compose = "services:\n  web:\n    build: {context: ../.., dockerfile: docker/cpu/Dockerfile.slim}\n    ports: [\"8880:8880\"]\n    environment: {SHOP_MODE: live}\n";
    let project = shop(START)
        .without("Dockerfile")
        .with("docker/cpu/compose.yaml", compose)
        .with("docker/cpu/Dockerfile.slim", &dockerfile("RUN apt-get update && apt-get install -y ffmpeg\nCMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"8880\"]"));
    let ran = dfgen(&["render", "--output", "images"]).in_project(&project);
    let text = project.read("images/core-api.Dockerfile");
    assert!(
        text.contains("EXPOSE 8880") && text.contains("ffmpeg"),
        "{ran}\n{text}"
    );
    assert!(text.contains("SHOP_MODE=live"), "{ran}\n{text}");
}

#[test]
fn lines_for_what_only_that_container_has_are_not_offered() {
    let own = "FROM shop-base\nCOPY --from=shop-base /opt/venv /opt/venv\n";
    let script = "RUN cat > /usr/local/bin/start.sh <<'EOF'\nexec true\nEOF\nRUN sed -i 's/\\r$//' /usr/local/bin/start.sh\n";
    let copied = "COPY start.sh /usr/local/bin/\nRUN sed -i 's/\\r$//' /usr/local/bin/start.sh\n";
    let system = "RUN sed -i 's/a/b/' /etc/ssl/openssl.cnf\n";
    let built = "services:\n  base:\n    build: .\n    image: shop-base\n";
    let other = "COPY --from=shop-base /opt/venv /opt/venv\n";
    let offered = |project: Project| told(&render(&project)).contains("instructions = ");
    let base = shop("").with("Dockerfile", &format!("{own}COPY . .\n{START}\n"));
    assert!(!offered(base), "of its own base");
    for lines in [script, copied] {
        let project = shop(&format!("{lines}{START}")).with("start.sh", "exec true\n");
        assert!(!offered(project), "{lines}");
    }
    assert!(offered(shop(&format!("{system}{START}"))), "{system}");
    let project = shop(&format!("{other}{START}"));
    assert!(
        offered(project.with("README.md", "")),
        "of an image from elsewhere"
    );
    let project = shop(&format!("{other}{START}")).with("docker-compose.yml", built);
    assert!(!offered(project), "of an image that the project builds");
}

/// A front end that a stage of its own builds.
fn with_front_end(script: &str, lines: &str) -> Project {
    let package = format!("{{\"scripts\": {{\"build\": {script:?}}}}}\n");
    requiring(&["fastapi", "uvicorn", "babel"])
        .with("main.py", APP)
        .with("web/package.json", &package)
        .with("web/package-lock.json", "{}\n")
        .with("Dockerfile", lines)
}

#[test]
fn a_front_end_of_another_stage_is_told_with_the_step_that_builds_it() {
    let dockerfile = format!(
        "FROM node:24-alpine AS front\nWORKDIR /front\nCOPY web/package*.json ./\nRUN npm ci && npm cache clean --force\n\
         COPY web/ ./\nARG BASE=\"\"\nRUN env BASE_PATH=${{BASE}}/web npm run build\n\n{}\n\
         COPY --from=front /front/out /app/web/out\n{START}\n",
        dockerfile("").trim_end()
    );
    let project = with_front_end("pages", &dockerfile);
    let ran = render(&project);
    insta::assert_snapshot!(told(&ran), @r#"
    note[not-taken]: `core-api` does not have what Dockerfile has: `npm ci && npm run build`
     |
     = note: Dockerfile:4: `npm ci && npm run build`
     = help: to have it, write to dfgen.toml:
             [[profile.core-api.build-steps]]
             image = "node:24-slim"
             folder = "web"
             run = ["npm ci", "BASE_PATH=/web npm run build"]
             keep = ["web/out"]
    "#);
    let project = project.with("dfgen.toml", &lines(&ran));
    assert_eq!(told(&render(&project)), "");
}

#[test]
fn a_front_end_of_which_nothing_says_what_it_writes_is_told_without_lines() {
    let dockerfile = format!(
        "FROM python:3.13-slim AS build\nWORKDIR /app\nCOPY . .\nRUN npm --prefix web/ ci\nRUN npm --prefix web/ run build\n\n\
         FROM python:3.13-slim\nWORKDIR /app\nCOPY --from=build /app /app\n{START}\n"
    );
    let project = with_front_end("node make.js", &dockerfile);
    insta::assert_snapshot!(told(&render(&project)), @r#"
    note[not-taken]: `core-api` does not have what Dockerfile has: `npm --prefix web/ ci && npm --prefix web/ run buil ..`
     |
     = note: Dockerfile:4: `npm --prefix web/ ci && npm --prefix web/ run build` (builds a front end: `build-steps`, with an image that has its tools, and in `keep` what it writes)
    "#);
    let ignored = with_front_end("node make.js", &dockerfile)
        .with(".gitignore", "web/css/main.css\nweb/cache/\n/web/vendor/\n")
        .with(".dockerignore", "web/css/main.css\nweb/vendor\n");
    insta::assert_snapshot!(lines(&render(&ignored)), @r#"
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    folder = "web"
    run = ["npm ci", "npm run build"]
    keep = ["web/css/main.css", "web/vendor"]
    "#);
}

#[test]
fn catalogs_of_messages_that_another_stage_compiles_are_a_step_with_their_sources() {
    let dockerfile = format!(
        "FROM python:3.13-slim AS build\nWORKDIR /app\nCOPY . .\nRUN uv run --frozen pybabel compile -d texts\n\n\
         FROM python:3.13-slim\nWORKDIR /app\nCOPY --from=build /app /app\n{START}\n"
    );
    let project = requiring(&["fastapi", "uvicorn", "babel"])
        .with("main.py", APP)
        .with("texts/de/LC_MESSAGES/messages.po", "\n")
        .with("Dockerfile", &dockerfile);
    let ran = render(&project);
    let line = "build-steps = [{ run = [\"pybabel compile -d texts\"], keep = [\"texts\"] }]";
    assert!(ran.stderr.contains(line), "{ran}");
    let text = project.read("docker/core-api.Dockerfile");
    for line in [
        "COPY texts /app/texts",
        "pybabel compile -d texts",
        "keep /app/texts",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn files_of_the_host_and_another_port_of_the_service_are_told() {
    let compose = "services:\n  shop:\n    build: .\n    ports: [\"9000:9000\"]\n    volumes:\n\
        \x20     - ~/.cloud:/home/shop/.cloud:ro\n      - ./prod.toml:/app/prod.toml:ro\n\
        \x20     - /etc/localtime:/etc/localtime:ro\n      - .:/src\n";
    let project =
        shop("CMD uvicorn main:app --host 0.0.0.0 --port 8000").with("compose.yaml", compose);
    let told = told(&render(&project));
    for line in [
        "compose.yaml:4: `ports: 9000` (the new image listens on another: `port` in its profile)",
        "`./prod.toml`, `~/.cloud` (`volumes` of the host's: ",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(
        !told.contains("localtime") && !told.contains(":/src"),
        "{told}"
    );
}

#[test]
fn what_several_stages_share_is_told_once() {
    let project = requiring(&["celery", "fastapi", "uvicorn"])
        .with("main.py", APP)
        .with("jobs.py", "from celery import Celery\napp = Celery('shop')\n")
        .with(
            "Dockerfile",
            "FROM python:3.13-slim AS base\nRUN apt-get update && apt-get install -y git unzip\nWORKDIR /app\nCOPY . .\n\
             FROM base AS mail\nCMD [\"celery\", \"-A\", \"jobs\", \"worker\", \"-Q\", \"mail\"]\n\
             FROM base AS jobs\nCMD [\"celery\", \"-A\", \"jobs\", \"worker\"]\n\
             FROM base AS web\nCMD [\"uvicorn\", \"main:app\"]\n",
        )
        .with(
            "compose.yaml",
            "services:\n  web:\n    build: { context: ., target: web }\n    ports: [8000]\n  mail:\n    build: { context: ., target: mail }\n  jobs:\n    build: { context: ., target: jobs }\n",
        );
    let ran = render(&project);
    let of_worker = ran.stderr.matches("`worker` does not have").count();
    assert_eq!(of_worker, 1, "{ran}");
}
