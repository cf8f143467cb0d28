//! One small project in each form that a build backend gives it, and what may lie in its folder beside the source.
//!
//! The image tests build what the tests of the command line look at.

use std::path::Path;
use std::process::Command;

/// A build backend, or none.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    build_system: &'static str,
}

/// The forms of packaging.
pub(crate) const FORMS: [Form; 7] = [
    Form {
        name: "hatchling",
        build_system: "requires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n",
    },
    Form {
        name: "uv_build",
        build_system: "requires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n",
    },
    Form {
        name: "setuptools",
        build_system: "requires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n\n[tool.setuptools.package-data]\nshop = [\"**/*\", \"**/.*\"]\n",
    },
    Form {
        name: "poetry-core",
        build_system: "requires = [\"poetry-core\"]\nbuild-backend = \"poetry.core.masonry.api\"\n",
    },
    Form {
        name: "pdm-backend",
        build_system: "requires = [\"pdm-backend\"]\nbuild-backend = \"pdm.backend\"\n",
    },
    Form {
        name: "flit",
        build_system: "requires = [\"flit_core\"]\nbuild-backend = \"flit_core.buildapi\"\n",
    },
    Form {
        name: "source",
        build_system: "",
    },
];

/// The project's own files, all committed.
const FILES: [(&str, &str); 18] = [
    ("README.md", "# shop\n"),
    ("LICENSE", "MIT\n"),
    (
        "dfgen.toml",
        "[profile.job]\nextends = \"worker\"\ncommand = [\"python\", \"-m\", \"shop\"]\n",
    ),
    (
        ".gitignore",
        "lib/\n*.log\n/src/shop/dump/\n**/notes-*\n!notes-for-all\n/src/shop/private/*\n!/src/shop/private/README\n",
    ),
    (".dockerignore", "README.md\n**/*.local\nuv.lock\n"),
    ("src/shop/__init__.py", "\"\"\"A shop.\"\"\"\n"),
    (
        "src/shop/__main__.py",
        "from importlib.metadata import distributions\nfrom shop import tokens\nfrom shop.lab.tests import blood\nfrom shop.lib import core\n\nprint(tokens.NAME, blood.NAME, core.NAME)\n",
    ),
    ("src/shop/tokens.py", "NAME = 'tokens'\n"),
    ("src/shop/lab/__init__.py", ""),
    ("src/shop/lab/tests/__init__.py", ""),
    ("src/shop/lab/tests/blood.py", "NAME = 'blood'\n"),
    ("src/shop/tests/test_shop.py", "import shop\n"),
    ("src/shop/lib/core.py", "NAME = 'core'\n"),
    ("src/shop/.env.example", "TOKEN=\n"),
    (
        "src/shop/rds-bundle.pem",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    ),
    ("src/shop/.gitignore", "generated/*\n!generated/kept.txt\n"),
    ("src/shop/generated/kept.txt", "kept\n"),
    ("src/shop/private/README", "nothing\n"),
];

/// Names of secrets and of what only lies there: none of it is in a clean checkout.
pub(crate) const PLANTED: [&str; 74] = [
    ".env",
    ".env.local",
    ".env.production",
    ".envrc",
    "prod.env",
    ".netrc",
    "_netrc",
    ".pypirc",
    ".aws/credentials",
    ".azure/accessTokens.json",
    ".ssh/id_rsa",
    ".ssh/config",
    "id_rsa",
    "id_ed25519",
    ".docker/config.json",
    ".dockercfg",
    ".kube/config",
    "kubeconfig",
    ".gnupg/secring.gpg",
    ".config/gcloud/credentials.db",
    ".config/gh/hosts.yml",
    "service-account.json",
    "my-service-account-1.json",
    "credentials.json",
    "client_secret_1.json",
    "shop-firebase-adminsdk-x.json",
    "server.pem",
    "server.key",
    "AuthKey.p8",
    "store.p12",
    "store.pfx",
    "store.jks",
    "store.keystore",
    "vault.kdbx",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".npmrc",
    "pip.conf",
    ".vault-token",
    ".vault_pass",
    "terraform.tfstate",
    "prod.tfvars",
    ".secrets.toml",
    "secrets.yaml",
    ".streamlit/secrets.toml",
    ".kaggle/kaggle.json",
    ".huggingface/token",
    ".databrickscfg",
    ".s3cfg",
    "rclone.conf",
    ".bash_history",
    ".python_history",
    "db.sqlite3",
    "db.sqlite3-wal",
    "shop.db",
    "dump.rdb",
    "prod.dump",
    "backup.sql.gz",
    ".venv/lib/x.py",
    "venv/pyvenv.cfg",
    "node_modules/x/index.js",
    "__pycache__/x.pyc",
    ".mypy_cache/x.json",
    ".pytest_cache/x",
    ".ruff_cache/x",
    "htmlcov/index.html",
    ".coverage",
    ".idea/workspace.xml",
    ".vscode/launch.json",
    ".DS_Store",
    "x.swp",
    ".tox/x.py",
];

/// What only the project's own ignore files know, from its root.
const IGNORED: [&str; 8] = [
    "src/shop/run.log",
    "src/shop/dump/all.txt",
    "src/shop/notes-mine",
    "src/shop/lib/old.py",
    "src/shop/private/key.txt",
    "src/shop/generated/table.py",
    "src/shop/lab/settings.local",
    "src/shop/lab/tests/run.log",
];

/// Writes a project, committed.
pub(crate) fn write(form: &Form, folder: &Path) {
    let system = match form.build_system {
        "" => String::new(),
        text => format!("\n[build-system]\n{text}"),
    };
    let readme = if system.is_empty() {
        ""
    } else {
        "readme = \"README.md\"\n"
    };
    let manifest = format!(
        "[project]\nname = \"shop\"\nversion = \"1.0\"\ndescription = \"A shop\"\n{readme}requires-python = \">=3.13\"\n{system}"
    );
    let source = if system.is_empty() {
        "virtual"
    } else {
        "editable"
    };
    let lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n[[package]]\nname = \"shop\"\nversion = \"1.0\"\nsource = {{ {source} = \".\" }}\n"
    );
    put(folder, "pyproject.toml", &manifest);
    put(folder, "uv.lock", &lock);
    for (path, text) in FILES {
        put(folder, path, text);
    }
    commit(folder);
}

/// Makes a folder a repository that tracks all that is in it.
pub(crate) fn commit(folder: &Path) {
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
    git(folder, &["add", "--all", "--force"]);
    git(folder, &["commit", "--quiet", "--message=All of it"]);
}

/// Puts what no image may have at three depths, each with these words in it, and returns the paths.
pub(crate) fn plant(folder: &Path, depths: [&str; 3], words: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for depth in depths {
        paths.extend(PLANTED.map(|name| format!("{depth}{name}")));
    }
    if folder.join("src/shop/private").is_dir() {
        paths.extend(IGNORED.map(str::to_owned));
    }
    for path in &paths {
        put(folder, path, words);
    }
    paths
}

/// A clean checkout of what is committed.
pub(crate) fn clone(from: &Path, to: &Path) {
    let from = from.to_str().expect("a plain path");
    git(to, &["clone", "--quiet", from, "."]);
}

/// Runs Git without anybody's settings.
pub(crate) fn git(folder: &Path, words: &[&str]) -> String {
    let names = [
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    ];
    let output = Command::new("git")
        .args(["-c", "protocol.file.allow=always"])
        .args(words)
        .current_dir(folder)
        .envs(names.map(|name| (name, "tests")))
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
        ])
        .output()
        .expect("the program `git` is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {words:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn put(folder: &Path, path: &str, text: &str) {
    let place = folder.join(path);
    std::fs::create_dir_all(place.parent().expect("a file is in a folder"))
        .expect("a folder can be made");
    std::fs::write(place, text).expect("a file can be written");
}
