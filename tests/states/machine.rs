//! The machines: how the project is checked out there, and what else lies around.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Stage, git};

/// One machine.
pub(super) struct Machine {
    /// What is special about it.
    pub(super) name: &'static str,
    /// Brings the repository to a new folder below the second one, and says to which.
    pub(super) checkout: fn(&Path, &Path) -> PathBuf,
    /// What is there beside the checkout.
    pub(super) prepare: fn(&mut Stage),
}

/// A clone, and nothing else: no environment at all.
pub(super) const PLAIN: Machine = Machine {
    name: "a clone",
    checkout: clone,
    prepare: |_| {},
};

/// What the answer must not depend on.
pub(super) const OTHERS: &[Machine] = &[
    Machine {
        name: "variables of a network",
        checkout: clone,
        prepare: network,
    },
    Machine {
        name: "uv's settings and cache",
        checkout: clone,
        prepare: uv_home,
    },
    Machine {
        name: "an active environment",
        checkout: clone,
        prepare: virtual_environment,
    },
    Machine {
        name: "a home with settings of Git",
        checkout: clone,
        prepare: git_home,
    },
    Machine {
        name: "another locale and terminal",
        checkout: clone,
        prepare: locale,
    },
    Machine {
        name: "another time zone",
        checkout: clone,
        prepare: |stage| stage.set("TZ", "Pacific/Kiritimati"),
    },
    Machine {
        name: "a pipeline",
        checkout: clone,
        prepare: pipeline,
    },
    Machine {
        name: "--project in full",
        checkout: clone,
        prepare: in_full,
    },
    Machine {
        name: "--project from beside it",
        checkout: clone,
        prepare: from_beside,
    },
    Machine {
        name: "a link to the project",
        checkout: clone,
        prepare: link,
    },
    Machine {
        name: "in a link to the project",
        checkout: clone,
        prepare: in_link,
    },
    Machine {
        name: "a shallow clone",
        checkout: shallow,
        prepare: |_| {},
    },
    Machine {
        name: "a worktree",
        checkout: worktree,
        prepare: |_| {},
    },
    Machine {
        name: "an archive",
        checkout: archive,
        prepare: |_| {},
    },
    Machine {
        name: "a tree that cannot be written",
        checkout: clone,
        prepare: Stage::close,
    },
];

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

fn clone(from: &Path, home: &Path) -> PathBuf {
    let to = home.join("checkout");
    git(from, &["clone", "--quiet", text(from), text(&to)]);
    to
}

fn shallow(from: &Path, home: &Path) -> PathBuf {
    let to = home.join("shallow");
    let url = format!("file://{}", text(from));
    git(from, &["clone", "--quiet", "--depth=1", &url, text(&to)]);
    to
}

fn worktree(from: &Path, home: &Path) -> PathBuf {
    let to = home.join("worktree");
    git(from, &["worktree", "prune"]);
    git(from, &["worktree", "add", "--quiet", "--detach", text(&to)]);
    to
}

fn archive(from: &Path, home: &Path) -> PathBuf {
    let to = home.join("archive-5f3c2a1");
    fs::rename(clone(from, home), &to).expect("a folder can be moved");
    fs::remove_dir_all(to.join(".git")).expect("a clone has it");
    to
}

fn network(stage: &mut Stage) {
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
    ] {
        stage.set(name, "http://proxy.example:3128");
    }
    for name in [
        "UV_DEFAULT_INDEX",
        "UV_INDEX",
        "UV_INDEX_URL",
        "PIP_INDEX_URL",
        "UV_FIND_LINKS",
    ] {
        stage.set(name, "https://index.example/simple");
    }
    for name in [
        "UV_OFFLINE",
        "UV_FROZEN",
        "UV_NO_SOURCES",
        "UV_NO_CACHE",
        "UV_SYSTEM_PYTHON",
    ] {
        stage.set(name, "1");
    }
    stage.set("UV_PYTHON", "3.9");
    stage.set("UV_PRERELEASE", "allow");
    stage.set("UV_EXCLUDE_NEWER", "2020-01-01");
    stage.set("SSL_CERT_FILE", "/etc/ssl/own.pem");
    stage.set("NO_PROXY", "*");
}

fn uv_home(stage: &mut Stage) {
    let settings = "python-preference = \"system\"\nno-build = true\n[[index]]\nurl = \"https://index.example/simple\"\ndefault = true\n";
    stage.write("home/.config/uv/uv.toml", settings);
    stage.write("home/.config/uv/.python-version", "3.9\n");
    stage.write("home/.python-version", "3.9\n");
    stage.write(
        "home/.cache/uv/wheels-v5/pypi/torch/torch-2.9.0.dist-info/METADATA",
        "Name: torch\n",
    );
    stage.write(
        "home/.local/share/uv/python/cpython-3.9.18-linux-x86_64-gnu/bin/python3.9",
        "",
    );
    let home = text(&stage.home.join("home")).to_owned();
    stage.set("UV_CACHE_DIR", format!("{home}/.cache/uv"));
    stage.set("XDG_CONFIG_HOME", format!("{home}/.config"));
    stage.set("XDG_CACHE_HOME", format!("{home}/.cache"));
    stage.set("UV_CONFIG_FILE", format!("{home}/.config/uv/uv.toml"));
    stage.set("HOME", home);
}

fn virtual_environment(stage: &mut Stage) {
    let root = stage.root.clone();
    for folder in [".venv", "env"] {
        let file = |path: &str| root.join(folder).join(path);
        stage.write(
            file("pyvenv.cfg"),
            "home = /usr/bin\nversion_info = 3.9.18\n",
        );
        stage.write(file(".gitignore"), "*\n");
        let site = "lib/python3.9/site-packages";
        stage.write(
            file(&format!("{site}/fastapi/__init__.py")),
            "app = FastAPI()\n",
        );
        stage.write(
            file(&format!("{site}/fastapi-1.0.dist-info/METADATA")),
            "Name: fastapi\n",
        );
        stage.write(file("bin/uvicorn"), "#!/usr/bin/python\n");
    }
    stage.write(root.join("__pycache__/main.cpython-39.pyc"), "\0");
    stage.write(root.join(".pytest_cache/CACHEDIR.TAG"), "Signature\n");
    stage.write(root.join(".ruff_cache/.gitignore"), "*\n");
    stage.set("VIRTUAL_ENV", text(&root.join(".venv")));
    stage.set("UV_PROJECT_ENVIRONMENT", text(&root.join(".venv")));
    stage.set("CONDA_PREFIX", "/opt/conda");
    stage.set("PYTHONPATH", text(&root.join("lib")));
    stage.set("PATH", text(&root.join(".venv/bin")));
}

fn git_home(stage: &mut Stage) {
    let home = text(&stage.home.join("home")).to_owned();
    let settings = format!("[core]\n\tautocrlf = true\n\texcludesFile = {home}/ignored\n");
    stage.write("home/.gitconfig", &settings);
    stage.write("home/ignored", "*.py\n*.toml\n*.lock\n");
    stage.write("home/.config/git/ignore", "*.py\n");
    stage.write("home/.dockerignore", "*\n");
    stage.write(
        "home/.netrc",
        "machine index.example login me password secret\n",
    );
    stage.write("home/.docker/config.json", "{\"auths\": {}}\n");
    stage.set("HOME", home);
    stage.set("USER", "somebody");
    stage.set("GIT_DIR", "/nowhere");
}

fn locale(stage: &mut Stage) {
    for name in ["LC_ALL", "LANG", "LANGUAGE", "LC_COLLATE", "LC_NUMERIC"] {
        stage.set(name, "tr_TR.UTF-8");
    }
    stage.set("COLUMNS", "40");
    stage.set("TERM", "xterm-256color");
    stage.set("CLICOLOR_FORCE", "1");
    stage.set("FORCE_COLOR", "1");
}

fn pipeline(stage: &mut Stage) {
    for name in ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "DOCKER_BUILDKIT"] {
        stage.set(name, "true");
    }
    stage.set("COMPOSE_PROJECT_NAME", "another");
    stage.set("DOCKER_DEFAULT_PLATFORM", "linux/arm64");
    stage.set("DOCKER_HOST", "tcp://builder.example:2375");
    stage.set("SOURCE_DATE_EPOCH", "1");
    stage.set("PORT", "9999");
    stage.set("TMPDIR", "/nowhere");
    stage.set("RUST_LOG", "trace");
    stage.set("RUST_BACKTRACE", "1");
}

fn in_full(stage: &mut Stage) {
    stage.project = text(&stage.root).to_owned();
    stage.current = "/".into();
}

fn from_beside(stage: &mut Stage) {
    let below = stage.root.strip_prefix(&stage.home).expect("it lies there");
    stage.project = format!("../{}/", text(below));
    stage.current = stage.home.join("beside");
    fs::create_dir(&stage.current).expect("a folder can be made");
}

fn link(stage: &mut Stage) {
    linked(stage);
    "link".clone_into(&mut stage.project);
    stage.current.clone_from(&stage.home);
}

fn in_link(stage: &mut Stage) {
    linked(stage);
    stage.current = stage.home.join("link");
    stage.set("PWD", text(&stage.home.join("link")));
}

fn linked(stage: &Stage) {
    let link = stage.home.join("link");
    std::os::unix::fs::symlink(&stage.root, link).expect("a link can be made");
}
