//! What is sent to Docker of all that is unusual: lists of what is sent, data with the names of rubbish, links, what
//! only a build names.

#![expect(clippy::unwrap_used, reason = "what cannot be read ends the test")]

use std::os::unix::fs::symlink;

use crate::context::sent_by_list;
use crate::forms::git;
use crate::harness::{Project, dfgen, requiring};

const MANIFEST: &str =
    "[project]\nname = \"shop\"\nversion = \"1.0\"\nrequires-python = \">=3.13\"\n";
const JOB: &str =
    "[profile.job]\nextends = \"worker\"\ncommand = [\"python\", \"-m\", \"app.main\"]\n";

fn lock(source: &str) -> String {
    format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n[[package]]\nname = \"shop\"\nversion = \"1.0\"\nsource = {{ {source} = \".\" }}\n"
    )
}

/// A project that runs from source, with these files.
fn source(main: &str, files: &[(&str, &str)]) -> Project {
    let project = Project::empty()
        .with("pyproject.toml", MANIFEST)
        .with("uv.lock", &lock("virtual"))
        .with("dfgen.toml", JOB)
        .with("app/__init__.py", "")
        .with("app/main.py", main);
    let with = |project: Project, (path, text): &(&str, &str)| project.with(path, text);
    files.iter().fold(project, with)
}

/// A project that is built, with this build system.
fn package(build: &str, files: &[(&str, &str)]) -> Project {
    let project = source("", files)
        .with("pyproject.toml", &format!("{MANIFEST}{build}"))
        .with("uv.lock", &lock("editable"))
        .with(
            "dfgen.toml",
            "[profile.job]\nextends = \"worker\"\ncommand = [\"python\", \"-m\", \"shop\"]\n",
        );
    std::fs::remove_dir_all(project.path().join("app")).unwrap();
    project
        .with("shop/__init__.py", "")
        .with("shop/__main__.py", "")
}

/// Commits all of it, renders, and returns what is sent, with what was said.
fn rendered(project: &Project) -> (Vec<String>, String) {
    git(project.path(), &["init", "--quiet"]);
    git(project.path(), &["add", "--all"]);
    git(project.path(), &["commit", "--quiet", "--message=All"]);
    rendered_again(project)
}

fn rendered_again(project: &Project) -> (Vec<String>, String) {
    let rendered = dfgen(&["render", "--force", "--profile", "job"]).in_project(project);
    assert_eq!(rendered.code, Some(0), "{rendered}");
    let sent = sent_by_list(project.path(), "docker/job.Dockerfile.dockerignore");
    let said = rendered.stderr.split("`dfgen explain").next().unwrap();
    (sent.into_keys().collect(), said.trim_end().to_owned())
}

fn of_app(paths: &[String]) -> Vec<&str> {
    let paths = paths.iter().filter_map(|path| path.strip_prefix("app/"));
    paths.collect()
}

#[test]
fn a_list_of_what_is_sent_is_gone_by_line_by_line() {
    for (list, expected) in [
        ("*\n!app/*.py\n", "__init__.py main.py"),
        (
            "*\n!app\n",
            "__init__.py data/keep.json data/raw.csv main.py priv.txt sub/x.py",
        ),
        (
            "*\n!app\napp/data/*\n!app/data/keep.json\n",
            "__init__.py data/keep.json main.py priv.txt sub/x.py",
        ),
        ("*\n!app/\napp/*\n!app/*.py\n", "__init__.py main.py"),
        (
            "**\n!**/*.py\n!pyproject.toml\n",
            "__init__.py main.py sub/x.py",
        ),
        (
            "**\n!app/*.py\n!app/sub/**\n",
            "__init__.py main.py sub/x.py",
        ),
        ("/*\n!/app/\n/app/*\n!/app/*.py\n", "__init__.py main.py"),
        (
            "app\n!app/main.py\n!app/__init__.py\n",
            "__init__.py main.py",
        ),
        (
            "**.txt\n**.csv\n",
            "__init__.py data/keep.json main.py sub/x.py",
        ),
        (
            "app/../app/priv.txt\napp/**.csv\n",
            "__init__.py data/keep.json data/raw.csv main.py sub/x.py",
        ),
        (
            "\u{feff}app/priv.txt\n",
            "__init__.py data/keep.json data/raw.csv main.py sub/x.py",
        ),
    ] {
        let project = source(
            "",
            &[
                ("app/priv.txt", "x"),
                ("app/data/keep.json", "x"),
                ("app/data/raw.csv", "x"),
                ("app/sub/x.py", "x"),
                ("other/secret.txt", "x"),
                (".dockerignore", list),
            ],
        );
        let (sent, _) = rendered(&project);
        assert_eq!(of_app(&sent).join(" "), expected, "{list}");
        for path in ["pyproject.toml", "uv.lock"] {
            assert!(sent.iter().any(|sent| sent == path), "{list}: {path}");
        }
        assert!(
            !sent.iter().any(|path| path.starts_with("other/")),
            "{list}"
        );
    }
}

#[test]
fn what_a_list_takes_from_the_source_is_said() {
    let main = "from pathlib import Path\nHELP = (Path(__file__).parent / 'help.md').read_text()\n";
    let project = source(
        main,
        &[("app/help.md", "x"), (".dockerignore", "**/*.md\n")],
    );
    insta::assert_snapshot!(rendered(&project).1, @r#"
    warning[ignored-file]: the source names `app/help.md`, which `.dockerignore` leaves out: the image lacks it
     |
     = help: add to the end of .dockerignore
             !app/help.md
     = help: take it as it lies there when the image is built:
             [profile.job]
             copy = ["app/help.md"]
    "#);
    let local = source(
        main,
        &[
            ("app/help.md", "x"),
            (".gitignore", ".dockerignore\n"),
            (".dockerignore", "**/*.md\n"),
        ],
    );
    let (sent, said) = rendered(&local);
    assert!(of_app(&sent).contains(&"help.md"));
    insta::assert_snapshot!(said, @"
    warning[stray-file]: Git ignores `.dockerignore`: no other checkout has it, so nothing goes by it
     |
     = help: have Git track it: `git add --force .dockerignore`
    ");
}

#[test]
fn tracked_data_that_the_source_names_comes_in_whatever_it_is_called() {
    let main = "import sqlite3\nfrom pathlib import Path\nHERE = Path(__file__).parent\nsqlite3.connect(HERE / 'data' / 'words.db')\nHERE / 'data/test/a.csv'\nopen(HERE / 'i18n/credentials.json')\n";
    let project = source(
        main,
        &[
            ("app/data/words.db", "x"),
            ("app/data/other.db", "x"),
            ("app/data/test/a.csv", "x"),
            ("app/plugins/test/__init__.py", "X = 1\n"),
            ("app/lab/tests/test_it.py", "def test_it(): pass\n"),
            ("app/lab/tests/a.csv", "x"),
            ("app/i18n/credentials.json", "{}"),
        ],
    );
    let (sent, said) = rendered(&project);
    assert_eq!(
        of_app(&sent).join(" "),
        "__init__.py data/test/a.csv data/words.db main.py plugins/test/__init__.py"
    );
    insta::assert_snapshot!(said, @r#"
    warning[ignored-file]: the source names `app/i18n/credentials.json`, which is named like a secret, so the image lacks it
     |
     = help: where it is none, take it:
             [profile.job]
             copy = ["app/i18n/credentials.json"]
    "#);
    // A database of this checkout alone is not the project's.
    let project = source(
        main,
        &[(".gitignore", "*.db\n"), ("app/data/words.db", "x")],
    );
    assert!(!of_app(&rendered(&project).0).contains(&"data/words.db"));
}

#[test]
fn what_links_lead_to_comes_along() {
    let project = source(
        "",
        &[
            ("shared/x.json", "x"),
            ("deep/y.json", "y"),
            ("other/z", "z"),
        ],
    );
    symlink("../shared", project.path().join("app/data")).unwrap();
    symlink("../deep/y.json", project.path().join("shared/y.json")).unwrap();
    symlink("/etc/hostname", project.path().join("app/host")).unwrap();
    let (sent, said) = rendered(&project);
    for path in [
        "app/data/x.json",
        "shared/x.json",
        "shared/y.json",
        "deep/y.json",
    ] {
        let is_sent = sent.iter().any(|sent| sent == path);
        assert_eq!(is_sent, path != "app/data/x.json", "{path}");
    }
    assert!(!sent.iter().any(|path| path.starts_with("other/")));
    insta::assert_snapshot!(said, @"
    warning[not-copied]: `app/host` is a link, and what it leads to is not in the image
     |
     = note: Docker copies links as they are, and nothing from outside the project's folder
     = help: put what it leads to in its place, or into the project's folder, tracked by Git
    ");
}

#[test]
fn what_a_build_names_comes_in() {
    let licences = [("LICENSES/MIT.txt", "x"), ("LICENSES/old/x.md", "x")];
    for (build, files, expected) in [
        (
            "license-files = [\"LICENSES/*.txt\"]\n[build-system]\nrequires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n[tool.uv.build-backend]\nmodule-root = \"\"\n[tool.uv.build-backend.data]\ndata = \"assets\"\n",
            [
                licences.as_slice(),
                &[("assets/a.txt", "x"), (".dockerignore", "LICENSES\n")],
            ]
            .concat(),
            vec!["LICENSES/MIT.txt", "assets/a.txt"],
        ),
        (
            "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n[tool.setuptools]\npackages = [\"shop\"]\n",
            vec![
                (
                    "setup.py",
                    "from setuptools import setup\nsetup(long_description=(HERE / 'CHANGES.txt').read_text())\nopen('shop/_version.py', 'w')\n",
                ),
                (
                    "setup.cfg",
                    "[metadata]\nlong_description = file: NEWS.rst, MORE.rst\n",
                ),
                ("CHANGES.txt", "x"),
                ("NEWS.rst", "x"),
                ("MORE.rst", "x"),
                ("notes.txt", "x"),
            ],
            vec!["CHANGES.txt", "MORE.rst", "NEWS.rst"],
        ),
        (
            "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n[tool.hatch.build.hooks.custom]\n",
            vec![
                ("hatch_build.py", "open('tools/gen.txt')\n"),
                ("tools/gen.txt", "x"),
                ("tools/other.txt", "x"),
            ],
            vec!["hatch_build.py", "tools/gen.txt"],
        ),
    ] {
        let (sent, _) = rendered(&package(build, &files));
        for path in expected {
            assert!(sent.iter().any(|sent| sent == path), "{path}: {sent:?}");
        }
        for path in ["LICENSES/old/x.md", "notes.txt", "tools/other.txt"] {
            assert!(!sent.iter().any(|sent| sent == path), "{path}");
        }
    }
}

#[test]
fn what_a_build_takes_and_git_ignores_is_said() {
    let build = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n[tool.hatch.build.targets.wheel]\npackages = [\"shop\"]\nartifacts = [\"shop/gen/*.json\"]\n[tool.hatch.build.targets.wheel.force-include]\n\"front/out\" = \"shop/static\"\n";
    let project = package(build, &[(".gitignore", "gen/\nout/\n")])
        .with("shop/gen/a.json", "{}")
        .with("front/out/index.html", "x");
    insta::assert_snapshot!(rendered(&project).1, @r#"
    warning[ignored-file]: the source names `shop/gen/a.json`, which is ignored: the image lacks it
     |
     = help: take it as it lies there when the image is built:
             [profile.job]
             copy = ["shop/gen/a.json"]
     = help: have Git track it: `git add --force shop/gen/a.json`

    warning[ignored-file]: the build takes `front/out/index.html`, which Git ignores: a clean checkout lacks it
     |
     = help: have the step that makes it run before `docker build`
     = help: have Git track it: `git add --force front/out/index.html`
    "#);
}

/// Names that were not known, in any case, and what tools leave beside them.
#[test]
fn what_is_secret_or_rubbish_by_name_stays_out_in_any_case() {
    let names = [
        ".ENV",
        "ID_RSA",
        "Server.KEY",
        "Secrets.json",
        "id_rsa.bak",
        "id_rsa_deploy",
        "deploy_rsa",
        "key.pem.bak",
        ".netrc.bak",
        "env.local",
        "env.production",
        "token.json",
        "token.pickle",
        "gha-creds-abc.json",
        ".dev.vars",
        "dump.sql",
        "backup.sql",
        "prod.sql.bz2",
        "db.sqlite.bak",
        "app.duckdb",
        "data.mdb",
        "credentials.yml",
        "credentials.toml",
        ".condarc",
        ".aws-sam/x",
        ".chalice/deployed",
        ".serverless/x",
        ".vagrant/x",
        "core.1234",
        ".gem/credentials",
        ".m2/settings.xml",
        ".oci/config",
        "credentials.tfrc.json",
        ".databricks/token-cache.json",
        ".snowflake/config.toml",
        ".password-store/x.gpg",
        ".secrets/db.txt",
        ".node_repl_history",
        ".lesshst",
        ".viminfo",
        "x.orig",
        "x.rej",
        ".#x",
        "#x#",
        "nohup.out",
        "mlruns/0/meta",
        "wandb/latest-run",
        "celerybeat-schedule",
        ".cursor/mcp.json",
        ".claude/settings.local.json",
        ".aider.chat.history.md",
        ".dmypy.json",
    ];
    let project = source(
        "",
        &[
            ("app/wandb_rsa/__init__.py", ""),
            ("app/hook/wandb/__init__.py", ""),
        ],
    );
    let (before, _) = rendered(&project);
    let planted = ["app/", "app/s/", "app/s/t/u/"]
        .iter()
        .flat_map(|folder| names.map(|name| format!("{folder}{name}")));
    let project = planted.fold(project, |project, path| project.with(&path, "x"));
    let (after, _) = rendered_again(&project);
    assert_eq!(after, before);
    assert!(
        of_app(&after).contains(&"hook/wandb/__init__.py")
            && of_app(&after).contains(&"wandb_rsa/__init__.py")
    );
}

#[test]
fn what_only_sounds_like_data_is_no_finding() {
    let main = "REPOSITORY = '.git'\nCACHE = '.mypy_cache'\nPACKAGE = '__init__.py'\nREADME = 'README.md'\n";
    let files = [
        (".dockerignore", "tests/\n"),
        ("tests/__init__.py", ""),
        ("tests/data/README.md", ""),
        (".mypy_cache/3.13/x.json", "{}"),
    ];
    let said = rendered(&source(main, &files)).1;
    assert!(!said.contains("ignored-file"), "{said}");
}

/// A media type finds every file, a readme is called as many others are, and Git knows of a linked folder only the link.
#[cfg(unix)]
#[test]
fn what_nothing_reads_is_not_said() {
    let code = "from fastapi import FastAPI\nfrom services.shop_api import prices\napp = FastAPI()\nHEADERS = {'Accept': '*/*'}\nFILES = ['README.md']\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("main.py", code)
        .with("README.md", "")
        .with("docs/README.md", "")
        .with(".githooks/commit-msg", "")
        .with(".github/workflows/README.md", "")
        .with(".dockerignore", "README.md\n.githooks\n.github\ndocs\n")
        .with(
            ".gitignore",
            "__init__.py\n!services/shop-api/**/__init__.py\n",
        )
        .with("services/shop-api/__init__.py", "")
        .with("services/shop-api/prices.py", "");
    symlink("shop-api", project.path().join("services/shop_api")).unwrap();
    git(project.path(), &["init", "--quiet"]);
    git(project.path(), &["add", "--all"]);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(!ran.stderr.contains("ignored-file"), "{ran}");
}

#[test]
fn what_a_library_looks_for_by_itself_comes_along_at_its_place() {
    let theme = "[theme]\nbase = \"dark\"\n";
    let files = [
        (".streamlit/config.toml", theme),
        (".streamlit/secrets.toml", "key = \"x\"\n"),
        ("version.json", "{}\n"),
        ("chainlit.md", "# Hello\n"),
    ];
    let project = source("import streamlit, dockerflow\n", &files);
    let mut lines = lock("virtual");
    lines.push_str("dependencies = [{ name = \"dockerflow\" }, { name = \"streamlit\" }]\n");
    for name in ["dockerflow", "streamlit"] {
        lines.push_str(&format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\nwheels = [{{ url = \"https://files.pythonhosted.org/{name}-1.0-py3-none-any.whl\", hash = \"sha256:{}\", size = 1000 }}]\n",
            "0".repeat(64)
        ));
    }
    let project = project.with("uv.lock", &lines).with(
        "pyproject.toml",
        &format!("{MANIFEST}dependencies = [\"dockerflow\", \"streamlit\"]\n"),
    );
    let (sent, _) = rendered(&project);
    for path in [".streamlit/config.toml", "version.json"] {
        assert!(sent.iter().any(|one| one == path), "{path}: {sent:?}");
    }
    // A secret, and a file of a library that is not installed.
    for path in [".streamlit/secrets.toml", "chainlit.md"] {
        assert!(!sent.iter().any(|one| one == path), "{path}: {sent:?}");
    }
    let dockerfile = std::fs::read_to_string(project.path().join("docker/job.Dockerfile")).unwrap();
    assert!(
        dockerfile.contains("COPY .streamlit/config.toml /app/.streamlit/\n"),
        "{dockerfile}"
    );
}

#[test]
fn a_package_that_runs_as_source_still_knows_its_own_version() {
    let build = "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n[tool.setuptools]\npackages = [\"shop\"]\n";
    let dockerfile = |main: &str| {
        let files = [("extra/__init__.py", ""), ("shop/__main__.py", main)];
        let project = package(build, &files).with("shop/__main__.py", main);
        rendered(&project);
        std::fs::read_to_string(project.path().join("docker/job.Dockerfile")).unwrap()
    };
    let asking = "import extra\nfrom importlib.metadata import version\nprint(version(\"shop\"))\n";
    let lines = dockerfile(asking);
    assert!(lines.contains("finish --metadata shop==1.0"), "{lines}");
    // Nobody asks; it is installed.
    let lines = dockerfile("import extra\n");
    assert!(!lines.contains("--metadata"), "{lines}");
    let lines = dockerfile("from importlib.metadata import version\n");
    assert!(!lines.contains("--metadata"), "{lines}");
}
