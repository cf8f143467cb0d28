//! Images for models: one for each accelerator of one lock, and an API beside them.

use crate::harness::{Project, dfgen};

const MANIFEST: &str = r#"[project]
name = "captions"
version = "0.1.0"
requires-python = ">=3.13"
dependencies = ["fastapi", "uvicorn"]

[project.optional-dependencies]
plain = ["torch"]
nvidia = ["torch"]

[dependency-groups]
web = ["sqlalchemy"]

[tool.uv]
conflicts = [[{ extra = "plain" }, { extra = "nvidia" }]]
"#;

/// A project with a light API and a server of models.
fn captions() -> Project {
    let package = |name: &str, version: &str, index: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"{index}\" }}\n\
             wheels = [{{ url = \"https://x.invalid/{name}-{version}-py3-none-any.whl\", hash = \"sha256:00\", size = 1_000_000 }}]\n\n"
        )
    };
    let pypi = "https://pypi.org/simple";
    let pytorch = |tag: &str| format!("https://download.pytorch.org/whl/{tag}");
    let extra = |name: &str, tag: &str| {
        format!(
            "{name} = [{{ name = \"torch\", version = \"2.9.0+{tag}\", source = {{ registry = \"{}\" }} }}]\n",
            pytorch(tag)
        )
    };
    let lock = [
        "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\
         conflicts = [[{ package = \"captions\", extra = \"plain\" }, { package = \"captions\", extra = \"nvidia\" }]]\n\n"
            .to_owned(),
        "[[package]]\nname = \"captions\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\
         dependencies = [{ name = \"fastapi\" }, { name = \"uvicorn\" }]\n\n[package.optional-dependencies]\n"
            .to_owned(),
        extra("plain", "cpu"),
        extra("nvidia", "cu128"),
        "\n[package.dev-dependencies]\nweb = [{ name = \"sqlalchemy\" }]\n\n\
         [package.metadata]\nrequires-dist = [{ name = \"fastapi\" }, { name = \"torch\", marker = \"extra == 'nvidia'\" }, \
         { name = \"torch\", marker = \"extra == 'plain'\" }, { name = \"uvicorn\" }]\nprovides-extras = [\"plain\", \"nvidia\"]\n\n\
         [package.metadata.requires-dev]\nweb = [{ name = \"sqlalchemy\" }]\n\n"
            .to_owned(),
        package("fastapi", "0.120.0", pypi),
        package("sqlalchemy", "2.0.44", pypi),
        package("torch", "2.9.0+cpu", &pytorch("cpu")),
        package("torch", "2.9.0+cu128", &pytorch("cu128")),
        package("uvicorn", "0.38.0", pypi),
    ];
    let app = "from fastapi import FastAPI\n\napp = FastAPI()\n";
    Project::empty()
        .with("pyproject.toml", MANIFEST)
        .with("uv.lock", &lock.concat())
        .with("web/__init__.py", "")
        .with("web/main.py", &format!("import sqlalchemy\n{app}"))
        .with("speech/__init__.py", "")
        .with("speech/main.py", &format!("import torch\n{app}"))
}

#[test]
fn a_light_api_and_a_model_server_for_each_accelerator() {
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&captions()), @"
    exit code: 0
    ----- stderr -----
    core-api: the project needs no ML stack; group `web` for what it imports
    ml-inference-gpu: extra `nvidia` brings the ML stack
    ml-inference-cpu: extra `plain` brings the ML stack
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    wrote docker/ml-inference-cpu.Dockerfile
    wrote docker/ml-inference-cpu.Dockerfile.dockerignore
    wrote docker/ml-inference-gpu.Dockerfile
    wrote docker/ml-inference-gpu.Dockerfile.dockerignore
    `docker compose up` starts all but ml-inference-gpu, which a host with a GPU starts with `docker compose --profile gpu up`
    ");
}

/// One variable can have one value: that of the service that runs on every host.
#[test]
fn an_api_is_handed_one_of_two_model_servers() {
    let project = captions();
    dfgen(&["render"]).in_project(&project);
    let compose = project.read("docker/compose.yaml");
    let told: Vec<&str> = compose
        .lines()
        .filter(|line| line.contains("ML_INFERENCE_URL"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"      ML_INFERENCE_URL: "${ML_INFERENCE_URL:-http://ml-inference-cpu:8000}""#);
    let starts = |image: &str| {
        let text = project.read(&format!("docker/{image}.Dockerfile"));
        let mut lines = text.lines();
        lines
            .find(|line| line.starts_with("CMD"))
            .unwrap()
            .to_owned()
    };
    assert!(starts("core-api").contains("web.main:app"));
    assert!(starts("ml-inference-gpu").contains("speech.main:app"));
    assert!(starts("ml-inference-cpu").contains("speech.main:app"));
}

/// What listens on the developer's machine at the port of another image is that image.
#[test]
fn an_address_of_the_developers_machine_is_another_image() {
    let app = "from fastapi import FastAPI\n\napp = FastAPI()\n";
    let project = captions()
        .with("web/main.py", &format!("import os\nimport sqlalchemy\nSPEECH = os.getenv('SPEECH_URL', 'http://localhost:9100/v1')\nOTHER = os.getenv('OTHER_URL', 'http://localhost:9200')\n{app}"))
        .with("speech/main.py", &format!("import torch\nimport uvicorn\n{app}if __name__ == '__main__':\n    uvicorn.run(app, port=9100)\n"));
    let run = dfgen(&["render"]).in_project(&project);
    let compose = project.read("docker/compose.yaml");
    let told = compose.lines().find(|line| line.contains("SPEECH_URL"));
    insta::assert_snapshot!(told.unwrap_or("nothing"), @r#"      SPEECH_URL: "${SPEECH_URL:-http://ml-inference-cpu:9100/v1}""#);
    let told = run.stderr.split("note[local-address]").nth(1);
    let told = told.and_then(|told| told.lines().find(|line| line.contains("note: `")));
    insta::assert_snapshot!(told.unwrap_or("nothing"), @" = note: `OTHER_URL` is `localhost:9200` (web/main.py:4)");
}

/// Whenever it is imported: of what a project has in one flavour for CPUs and in another for GPUs, a light image has none.
#[test]
fn what_computes_on_either_has_no_light_image() {
    let of = |text: String| text.replace("plain", "cpu").replace("nvidia", "gpu");
    let captions = captions();
    let late = "from fastapi import FastAPI\n\napp = FastAPI()\n\n@app.get('/')\ndef speak():\n    import torch\n    return torch\n";
    let project = Project::empty()
        .with("pyproject.toml", &of(captions.read("pyproject.toml")))
        .with("uv.lock", &of(captions.read("uv.lock")))
        .with("speech/__init__.py", "")
        .with("speech/main.py", late)
        .with("Dockerfile.cpu", "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nENV SPEECH_MODE=cpu\nCMD [\"python\", \"run.py\"]\n")
        .with("Dockerfile.gpu", "FROM nvidia/cuda:12.8.1-runtime-ubuntu24.04\nWORKDIR /app\nCOPY . .\nENV SPEECH_MODE=gpu\nCMD [\"python\", \"run.py\"]\n")
        .with("compose.yaml", "services:\n  cpu:\n    build: {context: ., dockerfile: Dockerfile.cpu}\n    volumes: ['models:/app/models']\n  gpu:\n    build: {context: ., dockerfile: Dockerfile.gpu}\n    gpus: all\n    volumes: ['models:/app/models']\nvolumes: {models: }\n");
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let files = project.files();
    assert!(
        !files.iter().any(|path| path.contains("core-api")),
        "{files:?}"
    );
    for hardware in ["cpu", "gpu"] {
        let text = project.read(&format!("docker/ml-inference-{hardware}.Dockerfile"));
        assert!(text.contains(&format!("SPEECH_MODE={hardware}")), "{text}");
        assert!(text.contains("/app/models"), "{text}");
    }
}
