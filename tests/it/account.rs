//! `dfgen init` accounts for everything that container files say: kept, not carried over, or for a person to look at.

use crate::harness::{Project, dfgen};

const LOCK: &str = r#"
version = 1
requires-python = ">=3.12"

[[package]]
name = "fastapi"
version = "0.121.0"
source = { registry = "https://index.example/simple" }
wheels = [{ url = "https://x/fastapi-0.121.0-py3-none-any.whl", hash = "sha256:00", size = 1 }]

[[package]]
name = "uvicorn"
version = "0.38.0"
source = { registry = "https://index.example/simple" }
wheels = [{ url = "https://x/uvicorn-0.38.0-py3-none-any.whl", hash = "sha256:00", size = 1 }]

[[package]]
name = "shop"
version = "1.0.0"
source = { virtual = "." }
dependencies = [{ name = "fastapi" }, { name = "uvicorn" }]
"#;

/// What `init` writes and says of a project with these files.
fn init(files: &[(&str, &str)]) -> String {
    let manifest = "[project]\nname = \"shop\"\nversion = \"1.0.0\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n";
    let project = Project::empty()
        .with("pyproject.toml", manifest)
        .with("uv.lock", LOCK)
        .with(
            "main.py",
            "from fastapi import FastAPI\n\napp = FastAPI()\n",
        );
    let project = files
        .iter()
        .fold(project, |project, (path, text)| project.with(path, text));
    dfgen(&["init", "--stdout"])
        .in_project(&project)
        .to_string()
}

fn dockerfile(lines: &str) -> String {
    format!("FROM python:3.13-slim\nWORKDIR /app\nCOPY main.py .\n{lines}\n")
}

const START: &str = "CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\"]";

/// Each word stands in a line of the section `for you to look at`.
fn assert_left(said: &str, words: &[&str]) {
    let left = said.split("for you to look at").nth(1).unwrap_or_default();
    let left = left.split("not carried over\n").next().unwrap_or_default();
    for word in words {
        assert!(left.contains(word), "`{word}` is not told\n{said}");
    }
}

#[test]
fn what_a_build_runs_and_takes_from_others_is_told() {
    let lines = format!(
        "COPY --from=ui /ui/dist dist\nCOPY --from=ghcr.io/x/tool:1 /tool /usr/bin/tool\nRUN --mount=type=secret,id=netrc true\n\
         RUN python -m spacy download en && locale-gen de_DE\nRUN echo $REF > version.txt\nRUN mkdir -p /data/media\nVOLUME /etc/shop\nONBUILD RUN true\n{START}"
    );
    let text = format!("FROM node:22 AS ui\nRUN npm ci\n{}", dockerfile(&lines));
    let said = init(&[("Dockerfile", &text)]);
    assert_left(
        &said,
        &[
            "FROM node:22",
            "npm ci",
            "/ui/dist",
            "ghcr.io/x/tool:1",
            "type=secret",
            "spacy download",
            "locale-gen",
            "echo $REF",
            "/data/media",
            "ONBUILD",
        ],
    );
}

#[test]
fn every_key_of_a_service_is_told_or_kept() {
    let compose = "services:\n  web:\n    build: .\n    networks: [proxy]\n    labels: {a: b}\n    deploy: {replicas: 2}\n    extra_hosts: [\"h:1.2.3.4\"]\n    secrets: [tok]\n    env_file: .env.prod\n    environment:\n      REDIS_HOST: cache\n      TZ: Europe/Berlin\n      API_TOKEN: abc\n      OTHER: ${OTHER}\n    cap_add: [SYS_ADMIN]\n  cache:\n    image: redis:7\n  cron:\n    build: .\n    command: python -m jobs\n";
    let said = init(&[
        ("Dockerfile", &dockerfile(START)),
        ("compose.yaml", compose),
    ]);
    assert_left(
        &said,
        &[
            "networks",
            "labels",
            "deploy",
            "extra_hosts",
            "secrets",
            "cap_add",
            "API_TOKEN, OTHER",
            "cron: command",
        ],
    );
    assert!(
        said.contains("env-files = [\".env\", \".env.prod\"]")
            && said.contains("REDIS_HOST = \"redis\"")
            && said.contains("TZ = \"Europe/Berlin\""),
        "{said}"
    );
}

#[test]
fn lines_of_a_script_are_told_and_its_shell_in_one_line() {
    let script = "#!/bin/sh\nset -e\nlog() {\n  echo \"$1\"\n}\nrun() {\n  exec uvicorn main:app --host 0.0.0.0 --port 9000\n}\nlog start\npython -m seed --all\nfor i in 1 2; do sleep 1; done\nrun\n";
    let lines = "COPY start.sh .\nENTRYPOINT [\"./start.sh\"]";
    let said = init(&[("Dockerfile", &dockerfile(lines)), ("start.sh", script)]);
    assert_left(&said, &["python -m seed --all"]);
    assert!(said.contains("port = 9000"), "{said}");
    let shell = said
        .lines()
        .filter(|line| line.contains("start.sh:") && line.contains("script's own: shell"));
    assert_eq!(shell.count(), 1, "{said}");
}

#[test]
fn programs_of_a_supervisor_are_told_and_files_that_are_copied_elsewhere_are_found() {
    let supervisor = "[program:api]\ncommand=uvicorn main:app --port 9000\n[program:jobs]\ncommand=python -m jobs\n";
    let lines = "COPY s.conf /etc/s.conf\nCMD [\"supervisord\", \"-c\", \"/etc/s.conf\"]";
    let said = init(&[("Dockerfile", &dockerfile(lines)), ("s.conf", supervisor)]);
    assert_left(&said, &["jobs: python -m jobs"]);
    assert!(said.contains("port = 9000"), "{said}");
    let lines = "COPY conf/log.yml /etc/shop/log.yml\nCMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--log-config\", \"/etc/shop/log.yml\"]";
    let said = init(&[
        ("Dockerfile", &dockerfile(lines)),
        ("conf/log.yml", "version: 1\n"),
    ]);
    assert!(
        said.contains("\"--log-config\", \"conf/log.yml\"]"),
        "{said}"
    );
}

#[test]
fn services_of_the_own_image_are_found_whatever_names_it() {
    let by_name = "services:\n  web:\n    image: ghcr.io/me/shop:1\n    command: uvicorn main:app --host 0.0.0.0 --port 9000\n";
    let extended = "services:\n  base:\n    build: .\n  web:\n    extends: base\n    command: uvicorn main:app --host 0.0.0.0 --port 9000\n";
    let other_file = "services:\n  web:\n    extends: {file: common.yaml, service: app}\n";
    let common = "services:\n  app:\n    build: .\n    command: uvicorn main:app --host 0.0.0.0 --port 9000\n";
    let dockerfile = dockerfile(START);
    for files in [
        vec![("compose.yaml", by_name)],
        vec![("compose.yaml", extended)],
        vec![("compose.yaml", other_file), ("common.yaml", common)],
        vec![("docker-compose.prod.yml", common)],
    ] {
        let mut files = files;
        files.push(("Dockerfile", &dockerfile));
        let said = init(&files);
        assert!(said.contains("port = 9000"), "{files:?}\n{said}");
    }
}

#[test]
fn a_command_that_the_new_image_does_not_have_is_not_kept() {
    let said = init(&[("Dockerfile", &dockerfile("CMD [\"superrunner\", \"main\"]"))]);
    assert_left(&said, &["superrunner main", "has no program of that name"]);
    assert!(!said.contains("command = [\"superrunner"), "{said}");
    let behind = "services:\n  web:\n    build: .\n    command: [\"--verbose\"]\n";
    let entered = dockerfile("ENTRYPOINT [\"python\", \"main.py\"]");
    let said = init(&[("Dockerfile", &entered), ("compose.yaml", behind)]);
    assert!(
        said.contains("command = [\"python\", \"main.py\", \"--verbose\"]"),
        "{said}"
    );
}

#[test]
fn names_of_alpine_are_those_of_debian() {
    let lines = format!("RUN apk add --no-cache libpq ffmpeg gcc strange-thing\n{START}");
    let said = init(&[("Dockerfile", &dockerfile(&lines))]);
    assert!(
        said.contains("runtime = [\"libpq5\", \"ffmpeg\"]"),
        "{said}"
    );
    assert_left(&said, &["strange-thing"]);
}

#[test]
fn arguments_of_the_build_stay_arguments() {
    let said = init(&[(
        "Dockerfile",
        &dockerfile(&format!("ARG V=dev\nENV APP_VERSION=$V\n{START}")),
    )]);
    assert!(
        said.contains("runtime = [\"ARG V=dev\", \"ENV APP_VERSION=$V\"]"),
        "{said}"
    );
    assert!(!said.contains("APP_VERSION = "), "{said}");
}

#[test]
fn check_lists_what_the_new_files_do_not() {
    let project = Project::empty()
        .with("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"1.0.0\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n")
        .with("uv.lock", LOCK)
        .with("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")
        .with("Dockerfile", &dockerfile(&format!("RUN locale-gen de_DE\n{START}")));
    let run = dfgen(&["init"]).in_project(&project).to_string();
    assert!(run.contains("dfgen init --check"), "{run}");
    let run = dfgen(&["init", "--check"]).in_project(&project).to_string();
    assert!(
        run.contains("exit code: 0") && run.contains("locale-gen"),
        "{run}"
    );
    assert!(!run.contains("nkept"), "{run}");
}
