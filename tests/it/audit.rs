//! `dfgen audit`: each rule on a Dockerfile that has its fault and on one that only looks like it; forms of output; what is
//! silenced; what is mended.

use std::collections::BTreeSet;

use crate::harness::{Project, Ran, dfgen, requiring};

/// A rule, a Dockerfile with its fault in the line that says `# here` behind it or before it, and one without.
struct Case {
    rule: &'static str,
    found: &'static str,
    lines: &'static [usize],
    not: &'static str,
}

const fn case(
    rule: &'static str,
    found: &'static str,
    lines: &'static [usize],
    not: &'static str,
) -> Case {
    Case {
        rule,
        found,
        lines,
        not,
    }
}

const CASES: [Case; 40] = [
    case(
        "root-user",
        "FROM python:3.13-slim\nRUN useradd app\nCMD [\"a\"]\n",
        &[1],
        "FROM acme/base:1\nCMD [\"a\"]\n",
    ),
    case(
        "single-stage",
        "FROM python:3.13-slim\nRUN uv sync --locked --no-dev\n",
        &[1],
        "FROM python:3.13-slim AS b\nRUN uv sync --locked --no-dev\nFROM python:3.13-slim\nCOPY --from=b /app /app\n",
    ),
    case(
        "ships-uv",
        "FROM python:3.13-slim\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/\n",
        &[2],
        "FROM python:3.13-slim AS b\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/\nRUN python -m pip install x\nFROM python:3.13-slim\nCOPY --from=b /root/.local /root/.local\n",
    ),
    case(
        "unpinned-uv",
        "FROM ghcr.io/astral-sh/uv:python3.13-bookworm-slim AS b\nRUN curl -LsSf https://astral.sh/uv/install.sh | sh\nRUN pip install uv\nFROM python:3.13\nCOPY --from=b /x /x\n",
        &[1, 2, 3],
        "FROM ghcr.io/astral-sh/uv:0.9-python3.13-bookworm-slim AS b\nADD https://astral.sh/uv/0.9.1/install.sh /i.sh\nRUN pip install uv==0.9.1\nFROM python:3.13\nCOPY --from=b /x /x\n",
    ),
    case(
        "development-group",
        "FROM python:3.13\nRUN uv sync --locked --all-groups\nRUN uv sync --locked --extra test\n",
        &[2, 3],
        "FROM python:3.13\nRUN uv sync --locked\nRUN uv sync --locked --extra ml\n",
    ),
    case(
        "unlocked-install",
        "FROM python:3.13\nRUN uv sync\nRUN pip install .\nRUN uv pip install -r pyproject.toml\n",
        &[2, 3, 4],
        "FROM python:3.13\nENV UV_FROZEN=1\nRUN uv sync\nRUN pip install --upgrade pip\nRUN pip install --no-deps .\n",
    ),
    case(
        "install-beside-lock",
        "FROM python:3.13\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nRUN uv pip install torch\n",
        &[3, 4],
        "FROM python:3.13\nCOPY other/requirements.txt .\nRUN pip install -r requirements.txt\nRUN uv export -o r.txt && uv pip install -r r.txt\nRUN pip install -U pip\n",
    ),
    case(
        "hidden-failure",
        "FROM python:3.13\nRUN pip install x || true\nRUN pip install x; echo done\nRUN find / -name y -delete 2>/dev/null || true\n",
        &[2, 3, 4],
        "FROM python:3.13\nRUN grep x y || true\nRUN set -e; pip install x; echo done\nRUN if true; then pip install x; fi\n",
    ),
    case(
        "development-server",
        "FROM python:3.13\nCMD [\"uvicorn\", \"a:app\", \"--reload\"]\n",
        &[2],
        "FROM python:3.13\nCMD [\"uvicorn\", \"a:app\"]\n",
    ),
    case(
        "runner-command",
        "FROM python:3.13\nENTRYPOINT [\"uv\", \"run\", \"a\"]\nCMD [\"--help\"]\n",
        &[2],
        "FROM python:3.13\nRUN uv run manage.py collectstatic\nCMD [\"a\"]\n",
    ),
    case(
        "shell-command",
        "FROM python:3.13\nCMD gunicorn a\n",
        &[2],
        "FROM python:3.13\nCMD [\"gunicorn\", \"a\"]\n",
    ),
    case(
        "compilers-shipped",
        "FROM python:3.13\nRUN apt-get update && apt-get install -y \\\n    gcc \\\n    libpq5 \\\n    libpq-dev\n",
        &[3, 5],
        "FROM python:3.13 AS b\nRUN apt-get install -y gcc\nFROM python:3.13\nARG TOOLS=\"gcc make\"\nRUN apt-get install -y $TOOLS && make && apt-get purge -y $TOOLS\nRUN apt-get install -y python3-venv libpq5\nCOPY --from=b /x /x\n",
    ),
    case(
        "copies-system-folder",
        "FROM python:3.13 AS b\nRUN x\nFROM python:3.13\nCOPY --from=b /usr/local /usr/local\nCOPY --from=b /root/.cache /root/.cache\n",
        &[4, 5],
        "FROM python:3.13 AS b\nRUN pip install --user x\nFROM python:3.13\nCOPY --from=b /root/.local /root/.local\nCOPY --from=b /usr/local/bin/x /usr/local/bin/x\n",
    ),
    case(
        "package-lists-left",
        "FROM python:3.13\nRUN apt-get update && apt-get install -y libpq5\n",
        &[2],
        "FROM python:3.13\nRUN apt-get update && apt-get install -y libpq5 && rm --recursive --force /var/lib/apt/lists/*\nRUN --mount=type=cache,target=/var/lib/apt apt-get update\n",
    ),
    case(
        "install-cache-left",
        "FROM python:3.13\nRUN uv sync --locked\n",
        &[2],
        "FROM python:3.13\nRUN uv sync --locked --no-cache\nRUN --mount=type=cache,target=/root/.cache pip install x\nRUN pip install x && rm -rf /root/.cache\nRUN pip install -U pip\n",
    ),
    case(
        "no-cache-mount",
        "FROM python:3.13 AS b\nRUN uv sync --locked\nFROM python:3.13\nCOPY --from=b /app /app\nRUN pip install --no-cache-dir x\n",
        &[2, 5],
        "FROM python:3.13 AS b\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --locked\nFROM python:3.13\nCOPY --from=b /app /app\n",
    ),
    case(
        "missed-cache-mount",
        "FROM python:3.13 AS b\nRUN --mount=type=cache,target=/root/.cache/pip uv sync --locked --no-cache\nUSER app\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --locked\nRUN --mount=type=cache,target=/home/app/.cache/uv uv sync --locked --no-cache\nFROM python:3.13\nCOPY --from=b /a /a\n",
        &[4, 5],
        "FROM python:3.13 AS b\nENV UV_CACHE_DIR=/cache\nRUN --mount=type=cache,target=/cache uv sync --locked\nRUN --mount=type=cache,target=/root/.cache/pip pip install x\nFROM python:3.13\nCOPY --from=b /a /a\n",
    ),
    case(
        "copies-everything",
        "FROM python:3.13\nCOPY . .\n",
        &[2],
        "FROM python:3.13 AS b\nWORKDIR /app\nCOPY . .\nRUN make\nFROM python:3.13\nCOPY --from=b /app/.venv /app/.venv\n",
    ),
    case(
        "tests-shipped",
        "FROM python:3.13\nCOPY tests /app/tests\n",
        &[2],
        "FROM python:3.13\nCOPY src /app/tests\n",
    ),
    case(
        "late-removal",
        "FROM python:3.13\nRUN git clone https://x.example/y /tmp/y\nRUN cd /tmp/y && make && rm -rf /tmp/y\nCOPY lib /app/lib\nRUN find /app -name '*.so' -exec strip {} +\n",
        &[3, 5],
        "FROM python:3.13\nRUN git clone https://x.example/y /tmp/y && make -C /tmp/y && rm -rf /tmp/y\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\nRUN rm -rf /root/.cache\n",
    ),
    case(
        "recursive-chown",
        "FROM python:3.13\nWORKDIR /app\nCOPY src src\nRUN chown -R app:app /app\nRUN chown app:app -R src\n",
        &[4, 5],
        "FROM python:3.13\nWORKDIR /app\nRUN mkdir -p /app/data && chown -R app /app/data\nCOPY src /srv\nRUN chown app /app\n",
    ),
    case(
        "environment-with-source",
        "FROM python:3.13 AS b\nWORKDIR /app\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --locked --no-install-project\nCOPY . .\nFROM python:3.13\nCOPY --from=b /app /app\n",
        &[7],
        "FROM python:3.13 AS b\nWORKDIR /app\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --locked --no-install-project\nFROM python:3.13\nCOPY --from=b /app /app\nCOPY src /app/src\n",
    ),
    case(
        "source-before-dependencies",
        "FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked\n",
        &[3],
        "FROM python:3.13\nWORKDIR /app\nCOPY pyproject.toml uv.lock README.md ./\nRUN uv sync --locked --no-install-project\nCOPY . .\nRUN uv sync --locked\n",
    ),
    case(
        "moved-environment",
        "FROM python:3.13 AS b\nWORKDIR /build\nRUN uv sync --locked\nFROM python:3.13\nCOPY --from=b /build/.venv /venv\n",
        &[5],
        "FROM python:3.13 AS b\nWORKDIR /app\nRUN uv sync --locked\nFROM python:3.13-slim\nCOPY --from=b /app/.venv /app/.venv\n",
    ),
    case(
        "editable-without-source",
        "FROM python:3.13 AS b\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked\nFROM python:3.13\nCOPY --from=b /app/.venv /app/.venv\n",
        &[6],
        "FROM python:3.13 AS b\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked\nFROM python:3.13\nCOPY --from=b /app/.venv /app/.venv\nCOPY src /app/src\n",
    ),
    case(
        "no-bytecode",
        "FROM python:3.13\nRUN uv sync --locked\nUSER 1000\n",
        &[2],
        "FROM python:3.13\nENV UV_COMPILE_BYTECODE=1\nRUN uv sync --locked\nUSER 1000\n",
    ),
    case(
        "unpinned-base",
        "FROM python:3-slim AS b\nFROM debian\nCOPY --from=b /a /a\n",
        &[1, 2],
        "ARG V=3.13\nFROM python:${V}-slim AS b\nFROM debian:trixie-slim\nCOPY --from=b /a /a\nCOPY --from=sources /b /b\n",
    ),
    case(
        "cuda-base",
        "FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04\nRUN uv sync --locked\n",
        &[1],
        "FROM nvidia/cuda:12.8.1-base-ubuntu24.04\nRUN uv sync --locked\n",
    ),
    case(
        "secret-in-environment",
        "FROM python:3.13\nARG API_TOKEN\nENV API_TOKEN=$API_TOKEN\nENV DB_PASSWORD=hunter2secret\nCOPY .env /app/.env\n",
        &[2, 4, 5],
        "FROM python:3.13\nARG VERSION\nENV VERSION=$VERSION\nRUN --mount=type=secret,id=token cat /run/secrets/token\nENV DB_PASSWORD=\nCOPY .env.example /app/\n",
    ),
    case(
        "debug-environment",
        "FROM python:3.13\nENV DEBUG=1\n",
        &[2],
        "FROM python:3.13\nENV DEBUG=0\n",
    ),
    case(
        "full-base",
        "FROM python:3.13\n",
        &[1],
        "FROM python:3.13 AS b\nFROM python:3.13-slim\nCOPY --from=b /a /a\n",
    ),
    case(
        "missing-health-tool",
        "FROM python:3.13-slim\nHEALTHCHECK CMD curl -f http://localhost:8000/ || exit 1\n",
        &[2],
        "FROM python:3.13-slim\nRUN apt-get update && apt-get install -y curl\nHEALTHCHECK CMD curl -f http://localhost:8000/ || exit 1\n",
    ),
    case(
        "recommended-packages",
        "FROM python:3.13-slim\nRUN apt-get install -y ffmpeg\n",
        &[2],
        "FROM python:3.13-slim\nRUN apt-get install -y --no-install-recommends ffmpeg && apt-get update\n",
    ),
    case(
        "ignored-pip-variable",
        "FROM python:3.13-slim\nENV PIP_NO_CACHE_DIR=1\nRUN uv sync --locked\n",
        &[2],
        "FROM python:3.13-slim\nENV PIP_NO_CACHE_DIR=1\nRUN pip install uv==0.9 && uv sync --locked\n",
    ),
    case(
        "nailed-platform",
        "FROM --platform=linux/amd64 python:3.13-slim\n",
        &[1],
        "FROM --platform=$BUILDPLATFORM node:24 AS b\nFROM python:3.13-slim\nCOPY --from=b /a /a\n",
    ),
    case(
        "unneeded-library",
        "FROM python:3.13-slim\nRUN apt-get install -y libgl1 libpq5\n",
        &[2],
        "FROM python:3.13-slim\nRUN apt-get install -y libpq5\n",
    ),
    case(
        "unused-user",
        "FROM python:3.13-slim\nRUN useradd app\n",
        &[2],
        "FROM python:3.13-slim\nRUN useradd app\nUSER app\n",
    ),
    case(
        "library-path",
        "FROM python:3.13-slim\nENV LD_LIBRARY_PATH=/usr/local/cuda/lib64\n",
        &[2],
        "FROM python:3.13-slim\nENV LD_LIBRARY_PATH=/opt/acme/lib\n",
    ),
    case(
        "foreign-cache",
        "FROM python:3.13-slim\nENV HF_HOME=/root/.cache/huggingface\nUSER app\n",
        &[2],
        "FROM python:3.13-slim\nENV HF_HOME=/root/.cache/huggingface\n",
    ),
    case(
        "needed-file-ignored",
        "FROM python:3.13\nCOPY uv.lock pyproject.toml ./\n",
        &[],
        "FROM python:3.13\nCOPY uv.lock pyproject.toml ./\n",
    ),
];

/// A project that locks torch, is built, and has a `.dockerignore`.
fn shop() -> Project {
    let manifest = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nreadme = \"README.md\"\nrequires-python = \">=3.13\"\ndependencies = [\"torch\"]\n[project.optional-dependencies]\nml = []\ntest = []\n[dependency-groups]\nlint = [\"ruff\"]\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";
    requiring(&["nvidia-cudnn-cu12", "opencv-python-headless", "torch"])
        .with("pyproject.toml", manifest)
        .with(".dockerignore", ".git\n.venv\n")
}

fn audit(project: &Project, arguments: &[&str]) -> Ran {
    dfgen(&[&["audit"], arguments].concat()).in_project(project)
}

/// The lines at which a rule is found.
fn lines(project: Project, dockerfile: &str, rule: &str) -> Vec<usize> {
    let run = audit(
        &project.with("Dockerfile", dockerfile),
        &["--format", "json"],
    );
    let json = run.json();
    let findings = json["files"][0]["findings"]
        .as_array()
        .expect("findings")
        .clone();
    let own = findings.iter().filter(|finding| finding["rule"] == rule);
    let lines: BTreeSet<usize> = own
        .filter_map(|finding| finding["line"].as_u64()?.try_into().ok())
        .collect();
    lines.into_iter().collect()
}

#[test]
fn each_rule_finds_its_fault_and_nothing_else() {
    for case in CASES {
        let found = lines(shop(), case.found, case.rule);
        assert_eq!(found, case.lines, "{}: {}", case.rule, case.found);
        let not = lines(shop(), case.not, case.rule);
        assert_eq!(not, [0; 0], "{}: {}", case.rule, case.not);
    }
}

#[test]
fn each_fault_has_its_case() {
    let listed = dfgen(&["explain"]).in_project(&Project::empty()).stdout;
    let chapter = listed
        .split("\n\n")
        .find(|chapter| chapter.starts_with("Faults"));
    let names = chapter.expect("faults").lines().skip(1);
    let names: BTreeSet<&str> = names
        .filter_map(|row| row.trim().split("  ").next())
        .collect();
    let cases = CASES
        .iter()
        .map(|case| case.rule)
        .chain(["no-dockerignore"]);
    assert_eq!(names, cases.collect());
}

#[test]
fn the_context_is_looked_at() {
    let whole = "FROM python:3.13\nCOPY . .\n";
    let bare = || shop().without(".dockerignore");
    assert_eq!(lines(bare(), whole, "no-dockerignore"), [2]);
    assert_eq!(lines(shop(), whole, "no-dockerignore"), [0; 0]);
    let allowed = || shop().with(".dockerignore", "*\n!src\n");
    assert_eq!(lines(allowed(), whole, "copies-everything"), [0; 0]);
    let taken = "FROM python:3.13\nCOPY pyproject.toml uv.lock ./\n";
    let lost = || shop().with(".dockerignore", "*.lock\n");
    assert_eq!(lines(lost(), taken, "needed-file-ignored"), [2]);
    let readme = "FROM python:3.13\nCOPY . .\nRUN uv sync --locked\n";
    let lost = || shop().with(".dockerignore", "*.md\n");
    assert_eq!(lines(lost(), readme, "needed-file-ignored"), [2]);
    let back = || shop().with(".dockerignore", "*.md\n!README.md\n");
    assert_eq!(lines(back(), readme, "needed-file-ignored"), [0; 0]);
}

const WRITTEN: &str = "# syntax=docker/dockerfile:1\nFROM python:3.13-slim-trixie\nCOPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /bin/\nRUN apt-get update && \\\n    apt-get install -y --no-install-recommends gcc libpq-dev\nWORKDIR /app\nCOPY pyproject.toml uv.lock ./\n# the packages\nRUN uv sync   # all of them\nCOPY src src\nCMD uvicorn shop:app --host 0.0.0.0\n";

#[test]
fn a_report_is_a_plan_of_few_lines() {
    let project = shop().with("Dockerfile", WRITTEN);
    insta::assert_snapshot!(audit(&project, &[]), @r#"
    exit code: 1
    ----- stdout -----
    Dockerfile: 9 faults
      4  package-lists-left  leaves apt's package lists in a layer, 18 MB to 40 MB; instead end the same `RUN` with `&& rm -rf /var/lib/apt/lists/*`
      9  install-cache-left  what was downloaded stays in the layer, unpacked or packed once more; instead `RUN --mount=type=cache,target=/root/.cache ..`, or `--no-cache` (uv), `--no-cache-dir` (pip)
      9  unlocked-install  installs without holding to uv.lock; instead `uv sync --locked --no-dev`
      11  shell-command  starts through a shell, which does not pass signals on; instead the command as a list: `CMD ["program", "argument"]`; in a script, `exec` before the last one
      2  root-user  runs as root; instead `RUN useradd --system --uid 10001 app` and, as the last of its kind, `USER 10001:10001`
      3  ships-uv  uv is in the image, and nothing runs it, 39 MB to 60 MB; instead install in a build stage and copy the environment alone; or `RUN --mount=from=ghcr.io/astral-sh/uv:0.13.9,source=/uv,target=/bin/uv uv sync --locked --no-dev`
      5  compilers-shipped  a compiler or headers in the image, 192 MB to 213 MB; instead install it in a build stage, and here only the library that is loaded: `libpq5`, not `libpq-dev`
      2  single-stage  builds and runs in one stage, so that all build tools ship; instead `FROM .. AS build`, install there; then `FROM python:3.13-slim` and `COPY --from=build /app /app`

    1 file, 9 faults: today: 4 lines, -18 MB to -40 MB; this week: 5 lines, -231 MB to -273 MB; `dfgen explain RULE` says why
    "#);
    let drawn = audit(&project, &["--verbose", "Dockerfile"]);
    assert!(drawn.stdout.contains("= help: "), "{drawn}");
    assert!(
        audit(&project, &["--format", "markdown"])
            .stdout
            .contains("| 5 | compilers-shipped |")
    );
    let annotations = audit(&project, &["--format", "github"]);
    assert!(
        annotations
            .stdout
            .contains("::warning file=Dockerfile,line=5,"),
        "{annotations}"
    );
    assert_eq!(audit(&project, &["--fail-on", "error"]).code, Some(0));
    assert_eq!(audit(&project, &["--fail-on", "never"]).code, Some(0));
}

#[test]
fn sarif_names_rules_and_places() {
    let project = shop().with("Dockerfile", WRITTEN);
    let run = audit(&project, &["--format", "sarif"]);
    let json = run.json();
    assert_eq!(json["version"], "2.1.0");
    let run = &json["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let at = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        assert_eq!(rules[at]["id"], result["ruleId"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64() >= Some(1) && region["endColumn"].as_u64() >= Some(1));
    }
}

#[test]
fn what_can_be_proved_is_mended_and_nothing_else_is_touched() {
    let project = shop()
        .with("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [\"torch\"]\n[dependency-groups]\ndev = [\"ruff\"]\n")
        .with("Dockerfile", WRITTEN);
    let before = project.read("Dockerfile");
    insta::assert_snapshot!(audit(&project, &["--diff"]).stdout, @r#"
    --- Dockerfile
    +++ Dockerfile (mended)
    @@ -2,10 +2,11 @@
     FROM python:3.13-slim-trixie
     COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /bin/
     RUN apt-get update && \
    -    apt-get install -y --no-install-recommends gcc libpq-dev
    +    apt-get install -y --no-install-recommends gcc libpq-dev \
    +    && rm -rf /var/lib/apt/lists/*
     WORKDIR /app
     COPY pyproject.toml uv.lock ./
     # the packages
    -RUN uv sync   # all of them
    +RUN uv sync --locked --no-dev   # all of them
     COPY src src
    -CMD uvicorn shop:app --host 0.0.0.0
    +CMD ["uvicorn", "shop:app", "--host", "0.0.0.0"]
    "#);
    assert_eq!(project.read("Dockerfile"), before);
    audit(&project, &["--fix"]);
    let after = audit(&project, &["--format", "json"]).json();
    let findings = after["files"][0]["findings"]
        .as_array()
        .expect("findings")
        .clone();
    for rule in [
        "unlocked-install",
        "development-group",
        "package-lists-left",
        "shell-command",
    ] {
        assert!(
            findings.iter().all(|finding| finding["rule"] != rule),
            "{rule}"
        );
    }
    assert!(
        project
            .read("Dockerfile")
            .contains("# the packages\nRUN uv sync --locked --no-dev   # all of them\n")
    );
    assert_eq!(audit(&project, &["--diff"]).stdout, "");
}

#[test]
fn what_cannot_be_proved_is_left() {
    for text in [
        "FROM python:3.13\nRUN uv sync\n",
        "FROM python:3.13\nRUN apt-get update; apt-get install -y libpq5\n",
        "FROM python:3.13\nRUN apt-get update && apt-get install -y libpq5 | tee /log\n",
        "FROM python:3.13\nRUN if true; then apt-get update; fi\n",
        "FROM python:3.13\nCMD a && b\n",
        "FROM python:3.13\nCMD a --port $PORT\n",
        "FROM python:3.13\nENTRYPOINT [\"x\"]\nCMD a b\n",
        "FROM python:3.13\nCMD exec a\n",
        "FROM acme/base:1\nCMD a b\n",
        "FROM python:3.13\nRUN apt-get update\nRUN apt-get install -y libpq5\n",
    ] {
        let project = shop().with("Dockerfile", text);
        assert_eq!(audit(&project, &["--diff"]).stdout, "", "{text}");
    }
}

#[test]
fn what_a_person_has_decided_is_not_told() {
    let text = "FROM python:3.13\n# dfgen: ignore=copies-everything,tests-shipped all of it is needed\nCOPY . .\nCOPY . /other\n";
    assert_eq!(lines(shop(), text, "copies-everything"), [4]);
    let text = "# dfgen: ignore=copies-everything\nFROM python:3.13\nCOPY . .\nCOPY . /other\n";
    assert_eq!(lines(shop(), text, "copies-everything"), [0; 0]);
    let settings = shop().with("dfgen.toml", "silence = [\"copies-everything\"]\n");
    assert_eq!(
        lines(
            settings,
            "FROM python:3.13\nCOPY . .\n",
            "copies-everything"
        ),
        [0; 0]
    );
    let unknown = shop().with(
        "Dockerfile",
        "FROM python:3.13\n# dfgen: ignore=copy-everything\nCOPY . .\n",
    );
    let run = audit(&unknown, &[]);
    assert!(
        run.stderr.contains("did you mean `copies-everything`"),
        "{run}"
    );
}

#[test]
fn an_image_for_developers_may_have_tools() {
    let text = "FROM python:3.13\nRUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*\n";
    let project = shop().with("Dockerfile.dev", text);
    let run = audit(&project, &[]);
    assert_eq!(run.code, Some(0), "{run}");
}

#[test]
fn each_image_of_a_file_is_judged() {
    let text = "FROM python:3.13 AS base\nFROM base AS cpu\nRUN pip install a\nCMD [\"a\"]\nFROM base AS gpu\nRUN pip install b\nCMD [\"b\"]\n";
    assert_eq!(lines(shop(), text, "install-beside-lock"), [3, 6]);
}

#[test]
fn files_are_named_found_and_refused() {
    let text = "FROM python:3.13\n";
    let project = shop()
        .with("a/Dockerfile", text)
        .with("b/api.Dockerfile", text)
        .with("node_modules/x/Dockerfile", text);
    let files = |arguments: &[&str]| {
        let json = audit(&project, &[arguments, &["--format", "json"]].concat()).json();
        let files = json["files"].as_array().expect("files").clone();
        files
            .iter()
            .map(|file| file["file"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(files(&[]), ["a/Dockerfile", "b/api.Dockerfile"]);
    assert_eq!(files(&["b"]), ["b/api.Dockerfile"]);
    assert_eq!(files(&["*/Dockerfile"]), ["a/Dockerfile"]);
    let missing = audit(&project, &["c"]);
    assert_eq!(missing.code, Some(2), "{missing}");
    let broken = shop().with("Dockerfile", "FRM x\n");
    assert_eq!(audit(&broken, &[]).code, Some(2));
}

#[test]
fn dfgens_own_files_have_no_fault() {
    let examples = crate::harness::repository().join("examples");
    let run =
        dfgen(&["audit", "--fail-on", "note", &examples.to_string_lossy()]).in_project(&shop());
    assert_eq!(run.code, Some(0), "{run}");
}

/// What BuildKit reads, as seen with `docker build --check` of Docker 28.5.
const ODD: [&str; 14] = [
    "FROM a AS b\r\nRUN x \\\r\n  && y\r\nCMD [\"a\"]\r\n",
    "FROM a\nCMD ['a', \"b\"]\nENTRYPOINT [ \"x\" , ]\n",
    "FROM a\nMAINTAINER me@x\nLABEL a=b c=\"d e\"\nLABEL old style value\n",
    "FROM a\nRUN x \\\n",
    "FROM a\nCOPY <<A <<B /dir/\none\nA\ntwo\nB\nRUN <<-EOT bash -ex\n\tx\n\tEOT\nRUN <<'S' <<T\na\nS\nb\nT\n",
    "\u{feff}from a as b\nrun x\n",
    "FROM a\nRUN x && \\\n# comment\n\n  y && \\\n  # other\n  z\n",
    "FROM a\nONBUILD COPY . /x\nONBUILD RUN <<E\nx\nE\nSTOPSIGNAL SIGTERM\nSHELL [\"/bin/bash\", \"-c\"]\n",
    "FROM a\nENV A=1 \\\n    B=\"x y\" \\\n    # why\n    C=\\ z\nENV OLD some value here\nARG A B=2 C\nEXPOSE 80 90/udp 100-110\n",
    "FROM a\nHEALTHCHECK --start-interval=1s CMD x || exit 1\nHEALTHCHECK NONE\nVOLUME /a\nUSER ${U:-1000}:${G:-1000}\nWORKDIR \"/a b\"\n",
    "FROM a\nCOPY [\"a b\", \"c\", \"/d e/\"]\nCOPY --chmod=u=rX,go= --link a /b\nCMD []\nCMD \n",
    "ARG A=1\nARG B=${A}\nFROM --platform=$BUILDPLATFORM x:${B} AS y\nFROM ${UNSET:-z}\n",
    "# escape=`\nFROM a\nRUN dir `\n  x\nCOPY a c:\\\n",
    "FROM a\nRUN cat > /x <<\"E O\"\nx\nE O\nRUN python3 <<EOF && echo ok\nprint('<<X')\nEOF\nRUN echo $((1<<2)) && cat <<< 'x'\n",
];

#[test]
fn what_docker_reads_is_read() {
    for text in ODD {
        let run = audit(&shop().with("Dockerfile", text), &["--fail-on", "never"]);
        assert_eq!(run.code, Some(0), "{text}\n{run}");
    }
}
