//! What `dfgen render` says about a plan that works and costs more than it has to.

use crate::harness::{Project, dfgen};

/// A manifest, a lock with its packages behind the project itself, and a command to run.
fn project(manifest: &str, lock: &str, settings: &str) -> Project {
    let head = "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\n";
    let lock = format!("version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n{lock}");
    Project::empty()
        .with("pyproject.toml", &format!("{head}{manifest}"))
        .with("uv.lock", &lock)
        .with("dfgen.toml", settings)
}

/// The project itself, as the lock has it.
fn shop(requires: &str) -> String {
    format!(
        "[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = {{ virtual = \".\" }}\n{requires}\n"
    )
}

fn wheel(name: &str, version: &str, size: u32, more: &str) -> String {
    let file = name.replace('-', "_");
    format!(
        "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://index.example/simple\" }}\n\
         wheels = [{{ url = \"https://files/{file}-{version}-py3-none-any.whl\", hash = \"sha256:00\", size = {size} }}]\n{more}\n\n"
    )
}

fn sdist(name: &str, version: &str) -> String {
    format!(
        "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://index.example/simple\" }}\n\
         sdist = {{ url = \"https://files/{name}-{version}.tar.gz\", hash = \"sha256:00\", size = 50000 }}\n\n"
    )
}

/// torch with two of the packages that bring CUDA, and triton.
fn torch() -> String {
    let needs = "dependencies = [{ name = \"nvidia-cublas-cu12\" }, { name = \"nvidia-cuda-runtime-cu12\" }, { name = \"triton\" }]";
    [
        wheel("nvidia-cublas-cu12", "12.8.4.1", 594_300_000, ""),
        wheel("nvidia-cuda-runtime-cu12", "12.8.90", 954_000, ""),
        wheel("torch", "2.9.0", 899_800_000, needs),
        wheel("triton", "3.5.0", 170_400_000, ""),
    ]
    .concat()
}

const WORKER: &str =
    "[profile.jobs]\nextends = \"worker\"\ncommand = [\"python\", \"-m\", \"shop\"]\n";
const GPU: &str =
    "[profile.models]\nextends = \"ml-inference-gpu\"\ncommand = [\"python\", \"-m\", \"shop\"]\n";

fn findings(project: &Project) -> String {
    dfgen(&["render", "--stdout"]).in_project(project).stderr
}

#[test]
fn cuda_in_an_image_for_cpus() {
    let lock = torch()
        + &shop(
            "dependencies = [{ name = \"torch\" }]\n[package.metadata]\nrequires-dist = [{ name = \"torch\", specifier = \">=2.9\" }]\n",
        );
    let project = project("dependencies = [\"torch>=2.9\"]\n", &lock, WORKER);
    insta::assert_snapshot!(findings(&project), @r#"
    warning[cuda-in-cpu-image]: the image `jobs` is not for GPUs, and torch 2.9.0 brings CUDA 12.8
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["torch>=2.9"]
      |                 ^^^^^^^^^^^^ brings CUDA in
      |
      = note: needed by shop -> torch
      = note: 766 MB of its download are of no use here: nvidia-cublas-cu12, triton and nvidia-cuda-runtime-cu12
      = note: PyTorch's CPU wheels are smaller themselves, too
      = help: take PyTorch's CPU wheels everywhere: write to pyproject.toml, and run `uv lock`
              [tool.uv.sources]
              torch = { index = "pytorch-cpu" }
              
              [[tool.uv.index]]
              name = "pytorch-cpu"
              url = "https://download.pytorch.org/whl/cpu"
              explicit = true
      = help: or, where another image runs on GPUs, give each its extra: the image for CPUs takes `cpu`, the other `gpu`
              [project.optional-dependencies]
              cpu = ["torch>=2.9"]
              gpu = ["torch>=2.9"]
              
              [tool.uv]
              conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]
              
              [tool.uv.sources]
              torch = [{ index = "pytorch-cpu", extra = "cpu" }]
              
              [[tool.uv.index]]
              name = "pytorch-cpu"
              url = "https://download.pytorch.org/whl/cpu"
              explicit = true
      = help: or, if it runs on GPUs, say so: `gpu = true` in [profile.jobs] of dfgen.toml

    `dfgen explain cuda-in-cpu-image` says more about it
    "#);
}

#[test]
fn cuda_through_another_package_and_a_known_index() {
    let lock = wheel(
        "sentence-transformers",
        "5.1.1",
        486_000,
        "dependencies = [{ name = \"torch\" }]",
    ) + &torch()
        + &shop(
            "[package.optional-dependencies]\nml = [{ name = \"sentence-transformers\" }]\n[package.metadata]\nrequires-dist = [{ name = \"sentence-transformers\", marker = \"extra == 'ml'\" }]\nprovides-extras = [\"ml\"]\n",
        );
    let manifest = "dependencies = []\n[project.optional-dependencies]\nml = [\"sentence-transformers\"]\n\
        [[tool.uv.index]]\nname = \"torch-cpu\"\nurl = \"https://download.pytorch.org/whl/cpu\"\nexplicit = true\n";
    let project = project(manifest, &lock, &format!("{WORKER}extras = [\"ml\"]\n"));
    insta::assert_snapshot!(findings(&project), @r#"
    warning[cuda-in-cpu-image]: the image `jobs` is not for GPUs, and torch 2.9.0 brings CUDA 12.8
     --> pyproject.toml:7:7
      |
    7 | ml = ["sentence-transformers"]
      |       ^^^^^^^^^^^^^^^^^^^^^^^ brings CUDA in
      |
      = note: needed by shop[ml] -> sentence-transformers -> torch
      = note: 766 MB of its download are of no use here: nvidia-cublas-cu12, triton and nvidia-cuda-runtime-cu12
      = note: PyTorch's CPU wheels are smaller themselves, too
      = help: make torch a direct dependency, since a source binds to no other: `uv add --optional ml torch`
      = help: take PyTorch's CPU wheels everywhere: write to pyproject.toml, and run `uv lock`
              [tool.uv.sources]
              torch = { index = "torch-cpu" }
      = help: or, where another image runs on GPUs, give each its extra: the image for CPUs takes `cpu`, the other `gpu`
              [project.optional-dependencies]
              cpu = ["torch"]
              gpu = ["torch"]
              
              [tool.uv]
              conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]
              
              [tool.uv.sources]
              torch = [{ index = "torch-cpu", extra = "cpu" }]
      = help: or, if it runs on GPUs, say so: `gpu = true` in [profile.jobs] of dfgen.toml

    `dfgen explain cuda-in-cpu-image` says more about it
    "#);
}

#[test]
fn a_library_that_has_a_twin_without_cuda() {
    let lock = wheel("nvidia-nccl-cu13", "2.30.3", 216_000_000, "")
        + &shop(
            "dependencies = [{ name = \"xgboost\" }]\n[package.metadata]\nrequires-dist = [{ name = \"xgboost\" }]\n",
        )
        + "\n"
        + &wheel(
            "xgboost",
            "3.4.0",
            87_000_000,
            "dependencies = [{ name = \"nvidia-nccl-cu13\" }]",
        );
    let project = project("dependencies = [\"xgboost\"]\n", &lock, WORKER);
    insta::assert_snapshot!(findings(&project), @r#"
    warning[cuda-in-cpu-image]: the image `jobs` is not for GPUs, and xgboost 3.4.0 brings CUDA 13
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["xgboost"]
      |                 ^^^^^^^^^ brings CUDA in
      |
      = note: needed by shop -> xgboost
      = note: 216 MB of its download are of no use here: nvidia-nccl-cu13
      = help: depend on `xgboost-cpu`, which does the same without CUDA: `uv remove xgboost`, `uv add xgboost-cpu`
      = help: or, if it runs on GPUs, say so: `gpu = true` in [profile.jobs] of dfgen.toml

    `dfgen explain cuda-in-cpu-image` says more about it
    "#);
}

#[test]
fn an_image_for_gpus_without_cuda() {
    let lock = shop(
        "dependencies = [{ name = \"torch\" }]\n[package.metadata]\nrequires-dist = [{ name = \"torch\" }]\n",
    ) + "\n"
        + &wheel("torch", "2.9.0+cpu", 184_000_000, "");
    let project = project("dependencies = [\"torch\"]\n", &lock, GPU);
    insta::assert_snapshot!(findings(&project), @r#"
    warning[cpu-wheels-in-gpu-image]: the image `models` is for GPUs, and torch 2.9.0+cpu is built without CUDA
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["torch"]
      |                 ^^^^^^^ comes in here
      |
      = note: needed by shop -> torch
      = note: nothing else in it uses a GPU either
      = help: take its line out of [tool.uv.sources] for PyPI's wheels, or name an index with CUDA, and run `uv lock`
              [tool.uv.sources]
              torch = [{ index = "pytorch-cu128" }]
              
              [[tool.uv.index]]
              name = "pytorch-cu128"
              url = "https://download.pytorch.org/whl/cu128"
              explicit = true
      = help: or, if it runs on CPUs, say so: `gpu = false` in [profile.models] of dfgen.toml

    `dfgen explain cpu-wheels-in-gpu-image` says more about it
    "#);
}

#[test]
fn two_versions_of_cuda_and_a_base_that_has_one_too() {
    let lock = wheel("nvidia-nccl-cu13", "2.30.3", 216_000_000, "")
        + &shop(
            "dependencies = [{ name = \"torch\" }, { name = \"xgboost\" }]\n[package.metadata]\nrequires-dist = [{ name = \"torch\" }, { name = \"xgboost\" }]\n",
        )
        + "\n"
        + &torch()
        + &wheel(
            "xgboost",
            "3.4.0",
            87_000_000,
            "dependencies = [{ name = \"nvidia-nccl-cu13\" }]",
        );
    let settings = format!("{GPU}base = \"nvidia/cuda:12.8.1-runtime-ubuntu24.04\"\n");
    let project = project(
        "dependencies = [\"torch\", \"xgboost\"]\n",
        &lock,
        &settings,
    );
    insta::assert_snapshot!(findings(&project), @r#"
    warning[cuda-twice]: the base image `nvidia/cuda:12.8.1-runtime-ubuntu24.04` holds CUDA, and torch 2.9.0 brings it again
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["torch", "xgboost"]
      |                 ^^^^^^^ brings CUDA in
      |
      = note: needed by shop -> torch
      = note: in wheels: nvidia-cublas-cu12, nvidia-nccl-cu13, triton and nvidia-cuda-runtime-cu12, 982 MB to download
      = help: take the slim Python image, which is enough under CUDA wheels: leave out `base` of [profile.models] (dfgen.toml:4)

    warning[two-cuda-majors]: the image `models` holds CUDA 12 and CUDA 13
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["torch", "xgboost"]
      |                 ^^^^^^^ brings CUDA 12
      |
     ::: pyproject.toml:5:26
      |
    5 | dependencies = ["torch", "xgboost"]
      |                          ^^^^^^^^^ brings CUDA 13
      |
      = note: CUDA 12: torch, nvidia-cublas-cu12 and nvidia-cuda-runtime-cu12, 1.5 GB to download
      = note: needed by shop -> torch
      = note: CUDA 13: nvidia-nccl-cu13, 216 MB to download
      = note: needed by shop -> xgboost
      = help: look for a version of `xgboost` that is not built for CUDA 13, the smaller part here: `uv add 'xgboost!=3.4.0'`

    `dfgen explain cuda-twice` and `dfgen explain two-cuda-majors` say more about it
    "#);
}

#[test]
fn a_platform_without_cuda() {
    let lock = shop(
        "dependencies = [{ name = \"torch\" }]\n[package.metadata]\nrequires-dist = [{ name = \"torch\" }]\n",
    ) + "\n"
        + &wheel("torch", "2.9.0", 899_000_000, "");
    let settings = format!("{GPU}platforms = [\"linux/amd64\", \"linux/arm64\"]\n");
    let project = project("dependencies = [\"torch\"]\n", &lock, &settings);
    insta::assert_snapshot!(findings(&project), @r#"
    warning[gpu-without-platform-wheels]: the image `models` is for GPUs, and torch 2.9.0 has no CUDA on linux/arm64
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["torch"]
      |                 ^^^^^^^ comes in here
      |
      = note: needed by shop -> torch
      = help: build it where it has: `platforms = ["linux/amd64"]` in [profile.models] of dfgen.toml

    `dfgen explain gpu-without-platform-wheels` says more about it
    "#);
}

#[test]
fn what_compiles_for_gpus() {
    let lock = sdist("flash-attn", "2.8.1")
        + &shop(
            "dependencies = [{ name = \"flash-attn\" }]\n[package.metadata]\nrequires-dist = [{ name = \"flash-attn\" }]\n",
        );
    let project = project("dependencies = [\"flash-attn\"]\n", &lock, GPU);
    insta::assert_snapshot!(findings(&project), @r#"
    warning[cuda-compiler]: flash-attn 2.8.1 has no wheel, and compiling it for GPUs takes nvcc, which the build stage does not have
     --> pyproject.toml:5:17
      |
    5 | dependencies = ["flash-attn"]
      |                 ^^^^^^^^^^^^ comes in here
      |
      = note: needed by shop -> flash-attn
      = note: also wants torch while it is compiled, without build isolation
      = help: take a wheel that was built for your CUDA, from its maker's releases or index: `flash-attn = { url = "https://...whl" }` in [tool.uv.sources] of pyproject.toml

    note[unpinned-build-requirements]: 1 package is built from source, with whatever build requirements are newest that day
     |
     = note: flash-attn 2.8.1
     = help: hold them to the day of today: `exclude-newer = "YYYY-MM-DD"` in [tool.uv] of pyproject.toml, and run `uv lock`; an earlier day takes earlier releases of everything
     = help: or name them: `build-constraint-dependencies = ["setuptools==80.9.0"]` in [tool.uv]

    `dfgen explain cuda-compiler` and `dfgen explain unpinned-build-requirements` say more about it
    "#);
}

#[test]
fn development_tools_among_the_dependencies() {
    let lock = wheel(
        "locust",
        "2.42.0",
        1_400_000,
        "dependencies = [{ name = \"pytest\" }]",
    ) + &wheel(
        "mypy",
        "1.18.2",
        13_000_000,
        "dependencies = [{ name = \"mypy-extensions\" }]",
    ) + &wheel("mypy-extensions", "1.1.0", 5_000, "")
        + &wheel("pytest", "8.4.2", 365_000, "")
        + &wheel(
            "pytest-cov",
            "7.0.0",
            22_000,
            "dependencies = [{ name = \"pytest\" }]",
        )
        + &shop(
            "[package.optional-dependencies]\nload = [{ name = \"locust\" }]\nml = [{ name = \"mypy\" }, { name = \"pytest\" }, { name = \"pytest-cov\" }]\n[package.metadata]\nrequires-dist = [{ name = \"locust\", marker = \"extra == 'load'\" }, { name = \"mypy\", marker = \"extra == 'ml'\" }, { name = \"pytest\", marker = \"extra == 'ml'\", specifier = \">=8\" }, { name = \"pytest-cov\", marker = \"extra == 'ml'\" }]\nprovides-extras = [\"load\", \"ml\"]\n",
        );
    let manifest = "dependencies = []\n[project.optional-dependencies]\nload = [\"locust\"]\nml = [\n    \"mypy\",\n    \"pytest>=8\",\n    \"pytest-cov\",\n]\n";
    let settings = format!("{WORKER}extras = [\"ml\"]\n[profile.other]\nextends = \"jobs\"\n");
    insta::assert_snapshot!(findings(&project(manifest, &lock, &settings)), @r#"
    warning[development-tool]: 3 development tools stand in the extra `ml`, which goes into the image
      --> pyproject.toml:9:5
       |
     9 |     "mypy",
       |     ^^^^^^ a type checker
       |
      ::: pyproject.toml:10:5
       |
    10 |     "pytest>=8",
       |     ^^^^^^^^^^^ a test runner
       |
      ::: pyproject.toml:11:5
       |
    11 |     "pytest-cov",
       |     ^^^^^^^^^^^^ a test plugin
       |
       = note: needed by shop[ml] -> mypy
       = note: 13 MB to download, with 1 package that nothing else needs
       = note: in the images `jobs`, `other`
       = help: move to the group `dev`: `uv remove --optional ml mypy pytest pytest-cov`, `uv add --group dev mypy 'pytest>=8' pytest-cov`

    `dfgen explain development-tool` says more about it
    "#);
    // locust runs pytest.
    let settings = format!("{WORKER}extras = [\"load\"]\n");
    insta::assert_snapshot!(findings(&project(manifest, &lock, &settings)), @"");
}

/// One development tool in the image of the profile `jobs`.
/// What the program itself imports is no tool that could go.
#[test]
fn a_development_tool_that_is_imported_is_not_told() {
    let told = |code: &str| {
        let project = crate::harness::requiring(&["fastapi", "memory-profiler", "uvicorn"])
            .with(
                "main.py",
                &format!("from fastapi import FastAPI\n{code}\napp = FastAPI()\n"),
            )
            .with("bench.py", "import memory_profiler\n");
        dfgen(&["render"]).in_project(&project).stderr
    };
    assert!(
        told("").contains("`memory-profiler` is a profiler"),
        "{}",
        told("")
    );
    for code in [
        "from memory_profiler import memory_usage",
        "def used():\n    import memory_profiler\n",
    ] {
        assert!(
            !told(code).contains("development-tool"),
            "{code}: {}",
            told(code)
        );
    }
}

fn with_pytest(settings: &str) -> Project {
    let lock = wheel("pytest", "8.4.2", 365_000, "")
        + &shop(
            "dependencies = [{ name = \"pytest\" }]\n[package.metadata]\nrequires-dist = [{ name = \"pytest\" }]\n",
        );
    let manifest = "dependencies = [\"pytest\"]\n";
    project(manifest, &lock, &format!("{WORKER}{settings}"))
}

#[test]
fn a_silenced_rule_says_nothing() {
    let strict =
        |settings| dfgen(&["render", "--stdout", "--strict"]).in_project(&with_pytest(settings));
    let heard = strict("");
    assert_eq!(heard.code, Some(1), "{heard}");
    assert!(heard.stderr.contains("[development-tool]"), "{heard}");
    let silenced = strict("silence = [\"development-tool\"]\n");
    assert_eq!((silenced.code, silenced.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_rule_that_does_not_exist_cannot_be_silenced() {
    insta::assert_snapshot!(findings(&with_pytest("silence = [\"development-tols\"]\n")), @r#"
    error[unknown-rule]: `silence` names `development-tols`, which is no rule for it
     --> dfgen.toml:4:13
      |
    4 | silence = ["development-tols"]
      |             ^^^^^^^^^^^^^^^^ no such rule
      |
      = note: in the profile `jobs` (dfgen.toml:4)
      = help: did you mean `development-tool`?
    "#);
}

#[test]
fn builds_from_source_with_whatever_is_newest() {
    let lock = sdist("netifaces", "0.11.0")
        + &shop(
            "dependencies = [{ name = \"netifaces\" }]\n[package.metadata]\nrequires-dist = [{ name = \"netifaces\" }]\n",
        );
    let manifest = "dependencies = [\"netifaces\"]\n";
    insta::assert_snapshot!(findings(&project(manifest, &lock, WORKER)), @r#"
    note[unpinned-build-requirements]: 1 package is built from source, with whatever build requirements are newest that day
     |
     = note: netifaces 0.11.0
     = help: hold them to the day of today: `exclude-newer = "YYYY-MM-DD"` in [tool.uv] of pyproject.toml, and run `uv lock`; an earlier day takes earlier releases of everything
     = help: or name them: `build-constraint-dependencies = ["setuptools==80.9.0"]` in [tool.uv]

    `dfgen explain unpinned-build-requirements` says more about it
    "#);
    // A note is worth knowing and no reason to stop.
    let strict =
        dfgen(&["render", "--stdout", "--strict"]).in_project(&project(manifest, &lock, WORKER));
    assert_eq!(strict.code, Some(0));
    let held = format!("options = {{ exclude-newer = \"2026-01-01T00:00:00Z\" }}\n{lock}");
    let manifest = format!("{manifest}[tool.uv]\nexclude-newer = \"2026-01-01T00:00:00Z\"\n");
    insta::assert_snapshot!(findings(&project(&manifest, &held, WORKER)), @"");
}

#[test]
fn an_image_for_gpus_says_what_it_needs_of_the_driver() {
    let lock = torch()
        + &shop(
            "dependencies = [{ name = \"torch\" }]\n[package.metadata]\nrequires-dist = [{ name = \"torch\" }]\n",
        );
    let project = project("dependencies = [\"torch\"]\n", &lock, GPU);
    let text = dfgen(&["render", "--stdout"]).in_project(&project).stdout;
    let telling = |line: &&str| {
        ["NVIDIA", "nvidia", "dfgen.cuda", "FROM "]
            .iter()
            .any(|word| line.contains(word))
    };
    let lines: Vec<&str> = text.lines().filter(telling).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
        # Needs the NVIDIA Container Toolkit on the host.
                - driver: nvidia
    AS_BUILT = ["gurobipy", "dpcpp-cpp-rt", "impi-rt", "intel-cmplr-*", "intel-opencl-rt", "intel-openmp", "intel-sycl-rt", "mkl", "mkl-dpcpp", "oneccl", "onemkl-*", "tbb", "tcmlib", "umf", "cuquantum-*", "cutensor-*", "nvidia-*", "tensorrt*", "hdbcli"]
    LOADED_FROM = ["lib", "usr/lib", "usr/local/lib"]
        folders = [folder for place in LOADED_FROM for folder in [Path(root, place), *Path(root, place).glob("*-linux-gnu")]]
    FROM ghcr.io/astral-sh/uv:0.13.9 AS uv
    FROM python:3.13-slim-trixie AS base
    FROM base AS skeleton
    FROM base AS build
    FROM build AS lock
        python3 -BIS /dfgen.py split gpu-1=nvidia-cuda-runtime-cu12,triton gpu-2=nvidia-cublas-cu12 'frameworks=*'
    FROM build AS deps-gpu-1
    FROM build AS deps-gpu-2
    FROM build AS deps-frameworks
    FROM build AS app
    FROM base AS runtime
    LABEL org.opencontainers.image.title="shop models" dfgen.profile=models dfgen.cuda=12.8 \
          dfgen.nvidia-driver=">=525.60.13" dfgen.stripped="debug symbols of all packages but nvidia-*"
        NVIDIA_REQUIRE_CUDA="cuda>=12.0" NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility HOME=/tmp \
    "#);
}

#[test]
fn what_brings_no_cuda_gets_an_image_that_has_it_and_uvs_python() {
    let lock = wheel("onnxruntime-gpu", "1.22.0", 256_000_000, "")
        + &shop(
            "dependencies = [{ name = \"onnxruntime-gpu\" }]\n[package.metadata]\nrequires-dist = [{ name = \"onnxruntime-gpu\" }]\n",
        );
    let project = project("dependencies = [\"onnxruntime-gpu\"]\n", &lock, GPU);
    let run = dfgen(&["render", "--stdout"]).in_project(&project);
    assert_eq!(run.stderr, "");
    let base = run
        .stdout
        .split("\n\n")
        .find(|stage| stage.contains(" AS base\n"));
    insta::assert_snapshot!(base.unwrap(), @"
    # What building and running share.
    FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04 AS base
    # It may run as somebody else. The steps of this build need root; the image ends with a user without rights.
    USER root
    COPY --link --from=python /layer/ /
    ENV PATH=/opt/venv/bin:$PATH
    ");
}

/// A package of an index that asks who is there, and one of Git over SSH.
fn private() -> Project {
    let lock = "[[package]]\nname = \"acme-core\"\nversion = \"1.0\"\nsource = { registry = \"https://pkgs.example/simple\" }\n\
        wheels = [{ url = \"https://pkgs.example/acme_core-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }]\n\n\
        [[package]]\nname = \"acme-git\"\nversion = \"1.0\"\nsource = { git = \"ssh://git@github.com/acme/git.git#0123456789012345678901234567890123456789\" }\n\n"
        .to_owned()
        + &shop("dependencies = [{ name = \"acme-core\" }, { name = \"acme-git\" }]\n[package.metadata]\nrequires-dist = [{ name = \"acme-core\", index = \"https://pkgs.example/simple\" }, { name = \"acme-git\", git = \"ssh://git@github.com/acme/git.git\" }]\n");
    let manifest = "dependencies = [\"acme-core\", \"acme-git\"]\n\
        [tool.uv.sources]\nacme-core = { index = \"acme\" }\nacme-git = { git = \"ssh://git@github.com/acme/git.git\" }\n\
        [[tool.uv.index]]\nname = \"acme\"\nurl = \"https://builder@pkgs.example/simple\"\nexplicit = true\n";
    project(manifest, &lock, WORKER)
}

#[test]
fn credentials_of_an_index_are_secrets_of_the_build() {
    let project = private();
    let run = dfgen(&["render"]).in_project(&project);
    insta::assert_snapshot!(run, @r#"
    exit code: 0
    ----- stderr -----
    note[unpinned-build-requirements]: 1 package is built from source, with whatever build requirements are newest that day
     |
     = note: acme-git 1.0
     = help: hold them to the day of today: `exclude-newer = "YYYY-MM-DD"` in [tool.uv] of pyproject.toml, and run `uv lock`; an earlier day takes earlier releases of everything
     = help: or name them: `build-constraint-dependencies = ["setuptools==80.9.0"]` in [tool.uv]

    `dfgen explain unpinned-build-requirements` says more about it

    jobs: a profile of the project's own
    not rendered, as dfgen.toml has profiles of its own: core-api; to have them too, at its top: profiles = ["jobs", "core-api"]
    wrote docker/compose.yaml
    wrote docker/dfgen.py
    wrote docker/jobs.Dockerfile
    wrote docker/jobs.Dockerfile.dockerignore
    the build logs in to package indexes: none of this ends in an image or a file
        export UV_INDEX_ACME_USERNAME=... UV_INDEX_ACME_PASSWORD=...
    the build fetches from Git with your SSH agent: `ssh-add` your key before it
    "#);
    let text = project.read("docker/jobs.Dockerfile") + &project.read("docker/compose.yaml");
    assert!(!text.contains("builder"), "not even who asks is written");
    let telling = |line: &&str| {
        ["UV_INDEX", "ssh", "SSH", "pkgs.example", "secrets:"]
            .iter()
            .any(|word| line.contains(word))
    };
    let lines: Vec<&str> = text.lines().filter(telling).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    #     docker build --secret id=UV_INDEX_ACME_USERNAME,env=UV_INDEX_ACME_USERNAME --secret id=UV_INDEX_ACME_PASSWORD,env=UV_INDEX_ACME_PASSWORD --ssh default --file docker/jobs.Dockerfile --tag shop-jobs .
            'url = "https://pkgs.example/simple"' \
    #   openssh-client: acme-git
            openssh-client
        GIT_SSH_COMMAND="ssh -o StrictHostKeyChecking=accept-new"
        --mount=type=secret,id=UV_INDEX_ACME_USERNAME,env=UV_INDEX_ACME_USERNAME \
        --mount=type=secret,id=UV_INDEX_ACME_PASSWORD,env=UV_INDEX_ACME_PASSWORD \
        --mount=type=ssh \
          secrets: ["UV_INDEX_ACME_USERNAME", "UV_INDEX_ACME_PASSWORD"]
          ssh: [default]
    secrets:
      UV_INDEX_ACME_USERNAME:
        environment: "UV_INDEX_ACME_USERNAME"
      UV_INDEX_ACME_PASSWORD:
        environment: "UV_INDEX_ACME_PASSWORD"
    "#);
}

#[test]
fn a_password_in_a_url_is_refused() {
    let lock = shop("");
    let manifest =
        "[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://me:s3cret@pkgs.example/simple\"\n";
    let run = dfgen(&["render"]).in_project(&project(manifest, &lock, WORKER));
    assert!(!run.to_string().contains("s3cret"));
    insta::assert_snapshot!(run, @r#"
    exit code: 2
    ----- stderr -----
    error[credentials-in-file]: the URL of the index `acme` holds a password
     --> pyproject.toml:7:8
      |
    7 | url = "https://me:****@pkgs.example/simple"
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ whoever has the file has the password
      |
      = help: have the password changed where it is valid: it is in version control
      = help: write the index without it
              [[tool.uv.index]]
              name = "acme"
              url = "https://pkgs.example/simple"
              authenticate = "always"
      = help: and give the new one in the environment: `export UV_INDEX_ACME_USERNAME=... UV_INDEX_ACME_PASSWORD=...`
    "#);
}

#[test]
fn source_that_a_dockerfile_cannot_name() {
    let project = project("", &shop(""), WORKER)
        .with("shop.py", "")
        .with("made #1/run.py", "");
    insta::assert_snapshot!(findings(&project), @"
    warning[not-copied]: `made #1` is source, and not in the image `jobs`
     |
     = note: a path here may not hold '#'
     = help: rename it, where the application needs it

    `dfgen explain not-copied` says more about it
    ");
}

/// A hint, and never a reason to fail: what nothing names may still be loaded by name.
#[test]
fn a_requirement_that_nothing_names() {
    let project = Project::fixture("small_api");
    let manifest = project.read("pyproject.toml");
    let lock = project.read("uv.lock");
    let asked = "{ name = \"fastapi\" }, { name = \"uvicorn\" }]";
    let lock = lock.replace(
        asked,
        "{ name = \"fastapi\" }, { name = \"leftover\" }, { name = \"uvicorn\" }]",
    );
    let lock = lock.replace(
        "    { name = \"fastapi\" },\n",
        "    { name = \"fastapi\" },\n    { name = \"leftover\" },\n",
    );
    let package = "\n[[package]]\nname = \"leftover\"\nversion = \"2.0\"\nsource = { registry = \"https://index.example/simple\" }\nwheels = [{ url = \"https://files/leftover-2.0-py3-none-any.whl\", hash = \"sha256:00\", size = 52_000_000 }]\n";
    let project = project
        .with(
            "pyproject.toml",
            &manifest.replace("\"uvicorn\"]", "\"uvicorn\", \"leftover\"]"),
        )
        .with("uv.lock", &format!("{lock}{package}"));
    let run =
        dfgen(&["render", "--stdout", "--strict", "--profile", "core-api"]).in_project(&project);
    assert_eq!(run.code, Some(0), "{run}");
    insta::assert_snapshot!(run.stderr, @"
    note[unused-requirement]: nothing that `core-api` runs names `leftover` (52 MB)
     |
     = note: compressed sizes; what they bring with them is not counted
     = help: if nothing loads it by name as a plugin, move it to an extra or a group, or remove it

    `dfgen explain unused-requirement` says more about it
    ");
}

/// Names that differ, and what another package loads by itself.
#[test]
fn what_comes_from_a_package_of_another_name_is_used() {
    let packages = [
        "dkimpy",
        "facebook-sdk",
        "fastapi",
        "nats-py",
        "notes-sdk",
        "sherpa-onnx",
        "sherpa-onnx-core",
        "uvicorn",
    ];
    let code = "import dkim\nimport facebook\nimport nats\nimport notes\nimport sherpa_onnx\nfrom fastapi import FastAPI\napp = FastAPI()\n";
    let project = crate::harness::requiring(&packages).with("main.py", code);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(!ran.stderr.contains("unused-requirement"), "{ran}");
    let less = code.replace("import nats\n", "");
    let ran = dfgen(&["render"]).in_project(&project.with("main.py", &less));
    assert!(ran.stderr.contains("names `nats-py`"), "{ran}");
}

#[test]
fn data_that_the_built_package_would_lack() {
    let lock = wheel("gunicorn", "23.0.0", 85_000, "")
        + &wheel("flask", "3.1.0", 100_000, "")
        + &shop(
            "dependencies = [{ name = \"flask\" }, { name = \"gunicorn\" }]\n[package.metadata]\nrequires-dist = [{ name = \"flask\" }, { name = \"gunicorn\" }]\n",
        )
        .replace("virtual", "editable");
    let setuptools = "dependencies = [\"flask\", \"gunicorn\"]\n[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n";
    let code = "import json\nfrom importlib.resources import files\n\nfrom flask import Flask, render_template\n\napp = Flask(__name__)\nSCHEMA = json.loads((files(\"shop\") / \"schema.json\").read_text())\n";
    let with_data = |manifest: &str| {
        project(manifest, &lock, "[profile.web]\nextends = \"core-api\"\n")
            .with("shop/__init__.py", "")
            .with("shop/main.py", code)
            .with("shop/schema.json", "{}")
            .with("shop/templates/index.html", "")
    };
    let lacking = with_data(setuptools);
    insta::assert_snapshot!(findings(&lacking), @r#"
    warning[not-packaged]: the built package would lack files that `web` needs
     --> shop/main.py:7:22
      |
    7 | SCHEMA = json.loads((files("shop") / "schema.json").read_text())
      |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ read here
      |
      = note: it lacks `shop/schema.json`, `shop/templates`: setuptools takes data that `package-data` or MANIFEST.in names, and no other
      = note: the image runs the source instead, which has them
      = help: have them packaged, in pyproject.toml
              [tool.setuptools.package-data]
              "shop" = ["schema.json", "templates/**/*"]

    `dfgen explain not-packaged` says more about it
    "#);
    let rendered = dfgen(&["render", "--stdout"]).in_project(&lacking).stdout;
    assert!(rendered.contains("COPY shop /app/shop"), "{rendered}");
    let data = "[tool.setuptools.package-data]\nshop = [\"schema.json\", \"templates/**/*\"]\n";
    insta::assert_snapshot!(findings(&with_data(&format!("{setuptools}{data}"))), @"");
}
