//! What the project's own containers have beside their command: Debian packages and folders that they keep.

use crate::harness::{Project, Ran, dfgen, requiring};

const APP: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

fn shop(packages: &[&str]) -> Project {
    let all = [&["fastapi", "uvicorn"], packages].concat();
    requiring(&all)
        .with("shop/__init__.py", "")
        .with("shop/main.py", APP)
}

fn dockerfile(lines: &str) -> String {
    format!(
        "FROM python:3.13-slim\n{lines}\nWORKDIR /code\nCOPY . .\nCMD [\"uvicorn\", \"shop.main:app\"]\n"
    )
}

/// Debian packages and volumes of the first image, and what the container files are told for.
fn has(project: &Project) -> String {
    let plan = dfgen(&["plan", "--format", "json"]).in_project(project);
    assert_eq!(plan.code, Some(0), "{plan}");
    let json = plan.json();
    let images = json["images"].as_array().cloned().unwrap_or_default();
    let lines = images.iter().map(|image| {
        let apt = image["apt-runtime"].as_array().cloned().unwrap_or_default();
        let apt: Vec<&str> = apt
            .iter()
            .filter_map(|one| one["package"].as_str())
            .collect();
        let kept = image["run"]["volumes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let kept: Vec<&str> = kept
            .iter()
            .filter_map(|one| one["value"]["folder"].as_str())
            .collect();
        format!(
            "{}: apt [{}], volumes [{}]\n",
            image["name"],
            apt.join(" "),
            kept.join(" ")
        )
    });
    lines.collect()
}

fn rendered(project: &Project) -> Ran {
    let ran = dfgen(&["render"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran
}

#[test]
fn what_runs_beside_the_application_is_installed_and_told() {
    let lines = "RUN apt-get update && apt-get install -y ffmpeg tesseract-ocr gcc libpq-dev curl gosu supervisor nodejs gettext vim git";
    let project = shop(&[]).with("Dockerfile", &dockerfile(lines));
    let ran = rendered(&project);
    insta::assert_snapshot!(ran, @r#"
    exit code: 0
    ----- stderr -----
    note[container-file]: `core-api` has `ffmpeg`, `tesseract-ocr`, as Dockerfile:2 has it
     |
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api]
             apt = { runtime = ["ffmpeg", "tesseract-ocr"] }

    note[not-taken]: `core-api` does not have what Dockerfile has: `nodejs`, `git`
     |
     = note: Dockerfile:2: `nodejs`, `git`
     = help: to have it, write to dfgen.toml:
             [profile.core-api]
             apt = { runtime = ["ffmpeg", "tesseract-ocr", "nodejs", "git"] }

    `dfgen explain container-file` and `dfgen explain not-taken` say more about it

    core-api: the project needs no ML stack
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    "#);
}

#[test]
fn a_library_is_the_catalogs_where_it_knows_who_opens_it() {
    let lines = "RUN apt-get update && apt-get install -y libpq5 libgomp1 libzbar0 libgl1-mesa-glx";
    let project = shop(&["psycopg", "psycopg-binary"]).with("Dockerfile", &dockerfile(lines));
    insta::assert_snapshot!(has(&project), @r#""core-api": apt [libgl1 libgomp1 libzbar0t64], volumes []"#);
    // Ubuntu's own names may be no names of Debian.
    let text = dockerfile("RUN apt-get install -y ffmpeg libasound2 nobody-knows-this");
    let ubuntu = text.replace("python:3.13-slim", "nvidia/cuda:12.8.0-runtime-ubuntu22.04");
    let project = shop(&[]).with("Dockerfile", &ubuntu);
    insta::assert_snapshot!(has(&project), @r#""core-api": apt [ffmpeg libasound2t64], volumes []"#);
    let alpine = dockerfile("RUN apk add --no-cache ffmpeg").replace("3.13-slim", "3.13-alpine");
    let project = shop(&[]).with("Dockerfile", &alpine);
    insta::assert_snapshot!(has(&project), @r#""core-api": apt [ffmpeg], volumes []"#);
}

#[test]
fn only_the_image_that_runs_the_application_says_what_it_needs() {
    let project = shop(&[])
        .with("Dockerfile", &dockerfile("RUN apt-get install -y sox"))
        .with(
            "tools.Dockerfile",
            "FROM python:3.13-slim\nRUN apt-get install -y inkscape\nCMD [\"python\", \"draw.py\"]\n",
        )
        .with(
            "compose.yaml",
            "services:\n  web:\n    build: .\n  tools:\n    build: {context: ., dockerfile: tools.Dockerfile}\n",
        );
    insta::assert_snapshot!(has(&project), @r#""core-api": apt [sox], volumes []"#);
}

#[test]
fn what_the_profile_says_goes_before() {
    let project = shop(&[])
        .with(
            "Dockerfile",
            &dockerfile("VOLUME /code/data\nRUN apt-get install -y ffmpeg"),
        )
        .with(
            "dfgen.toml",
            "[profile.core-api]\nvolumes = []\napt = { runtime = [] }\n",
        );
    insta::assert_snapshot!(has(&project), @r#""core-api": apt [], volumes []"#);
}

#[test]
fn a_program_that_the_source_starts_is_installed() {
    for (source, expected) in [
        ("subprocess.run([\"ffmpeg\", \"-version\"])", "apt [ffmpeg]"),
        (
            "subprocess.check_output(\"pdftotext a b\", shell=True)",
            "apt [poppler-utils]",
        ),
        (
            "cmd = [\"/usr/bin/pandoc\", \"x\"]\n    subprocess.Popen(cmd)",
            "apt [pandoc]",
        ),
        ("shutil.which(\"ffprobe\")", "apt [ffmpeg]"),
        (
            "cmd = [\"sox\", \"a\"]\n    asyncio.run(asyncio.create_subprocess_exec(*cmd))",
            "apt [sox]",
        ),
        (
            "asyncio.to_thread(subprocess.run, [\"ffmpeg\", \"-version\"])",
            "apt [ffmpeg]",
        ),
        (
            "functools.partial(subprocess.run, \"pdftotext a\")()",
            "apt [poppler-utils]",
        ),
        ("started([\"pandoc\", \"x\"])", "apt [pandoc]"),
        ("os.system(\"dot -Tpng a\")", "apt [graphviz]"),
        ("subprocess.run([\"git\", \"rev-parse\"])", "apt []"),
        ("subprocess.run([\"nobody-knows-this\"])", "apt []"),
        ("print(\"ffmpeg\")", "apt []"),
    ] {
        let text = format!(
            "import asyncio, functools, os, shutil, subprocess\n{APP}\ndef started(words):\n    return subprocess.run(words)\ndef work():\n    {source}\n"
        );
        let project = shop(&[]).with("shop/main.py", &text);
        assert!(
            has(&project).contains(expected),
            "{source}\n{}",
            has(&project)
        );
    }
    let text = format!(
        "import subprocess\n{APP}\nclass Probe:\n    def __init__(self, executable: str = \"ffprobe\"):\n        subprocess.run([executable])\n"
    );
    let project = shop(&[]).with("shop/main.py", &text);
    assert!(has(&project).contains("apt [ffmpeg]"));
    // What the application never gets to.
    let project = shop(&[]).with("shop/other.py", "import os\nos.system(\"sox a\")\n");
    assert!(has(&project).contains("apt []"));
}

#[test]
fn folders_that_a_service_keeps_are_volumes() {
    let mounts = [
        "./data:/code/data",
        "uploads:/code/media/uploads",
        "${MUSIC:-/srv/music}:/music",
        ".:/code",
        "./shop:/code/shop",
        "./main.conf:/code/main.conf",
        "./assets:/code/assets:ro",
        "/var/run/docker.sock:/var/run/docker.sock",
        "/etc/localtime:/etc/localtime",
        "cache:/root/.cache",
    ];
    let compose = format!(
        "services:\n  web:\n    build: .\n    volumes: [\"{}\"]\n  db:\n    image: postgres\n    volumes: [\"db:/var/lib/postgresql/data\"]\n",
        mounts.join("\", \"")
    );
    let source = format!("{APP}\ndef note():\n    open(\"data/notes.txt\", \"w\")\n");
    let project = shop(&[])
        .with("shop/main.py", &source)
        .with("Dockerfile", &dockerfile("VOLUME [\"/code/state\"]"))
        .with("compose.yaml", &compose);
    let ran = rendered(&project);
    insta::assert_snapshot!(ran, @r#"
    exit code: 0
    ----- stderr -----
    note[container-file]: `core-api` keeps `data`, `media/uploads`, `/music`, `state`, as compose.yaml:3 has it
     |
     = help: to keep it without that file, in dfgen.toml:
             [profile.core-api]
             volumes = ["data", "media/uploads", "/music", "state"]

    note[not-taken]: `core-api` does not have what Dockerfile has: `./main.conf`
     |
     = note: compose.yaml:4: `./main.conf` (`volumes` of the host's: mount it with a compose file of your own, below /app where the program looks beside itself)

    `dfgen explain container-file` and `dfgen explain not-taken` say more about it

    core-api: the project needs no ML stack
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    "#);
    insta::assert_snapshot!(has(&project), @r#""core-api": apt [], volumes [/app/data /app/media/uploads /music /app/state]"#);
}

#[test]
fn a_folder_is_where_the_copied_source_is() {
    // `./app` of the checkout is the folder of the old image.
    let project = requiring(&["fastapi", "uvicorn"])
        .with("app/main.py", APP)
        .with(
            "Dockerfile",
            "FROM python:3.13-slim\nWORKDIR /srv\nCOPY ./app .\nCMD [\"uvicorn\", \"main:app\"]\n",
        )
        .with(
            "compose.yaml",
            "services:\n  web:\n    build: .\n    volumes: [\"./media:/srv/media/\"]\n",
        );
    insta::assert_snapshot!(has(&project), @r#""core-api": apt [], volumes [/app/app/media]"#);
}

#[test]
fn so_does_a_service_of_the_image_that_is_published() {
    let compose = "services:\n  bot:\n    image: ghcr.io/somebody/shop:latest\n    volumes: [\"./data/:/code/data/\"]\n";
    let project = shop(&[])
        .with("Dockerfile", &dockerfile(""))
        .with("docker-compose.yml", compose);
    insta::assert_snapshot!(has(&project), @r#""core-api": apt [], volumes [/app/data]"#);
}
