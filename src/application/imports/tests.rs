//! Small code bases with one import that is missing, or seems to be.

mod optional;

use std::collections::BTreeSet;

use pep508_rs::PackageName;

use super::{Entry, Environment, Start, check, unused};
use crate::application::{Code, Modules};
use crate::project::source_tree::SourceTree;

fn packages(names: &str) -> BTreeSet<PackageName> {
    names
        .split_whitespace()
        .map(|name| PackageName::new(name.to_owned()).unwrap())
        .collect()
}

fn provides(module: &str) -> Option<Vec<PackageName>> {
    let name = match module {
        "torch" => "torch",
        "cv2" => "opencv-python",
        "google.cloud.storage" => "google-cloud-storage",
        "google.cloud.bigquery" => "google-cloud-bigquery",
        "tomli" => "tomli",
        "docker" => "docker",
        "corsheaders" => "django-cors-headers",
        _ => return None,
    };
    Some(vec![PackageName::new(name.to_owned()).unwrap()])
}

fn entry(module: &str, start: Start) -> Entry {
    Entry {
        root: String::new(),
        module: module.to_owned(),
        start,
        function: String::new(),
    }
}

/// `when import <- chain` of each missing import, for Python 3.13 and the entry `shop.main`.
fn missing(installed: &str, files: &[(&str, &str)]) -> Vec<String> {
    missing_in(
        installed,
        files,
        &entry("shop.main", Start::Imported),
        (3, 13),
    )
}

fn missing_in(
    installed: &str,
    files: &[(&str, &str)],
    entry: &Entry,
    python: (u8, u8),
) -> Vec<String> {
    let tree = SourceTree::from_files(files.iter().copied());
    let installed = packages(installed);
    let modules = Modules::new(&tree);
    let code = Code::new(&tree, &modules, "", &installed);
    let environment = Environment {
        python,
        installed: &installed,
        own: &BTreeSet::new(),
        provides: &provides,
    };
    let found = check(&code, std::slice::from_ref(entry), &environment);
    let lines = found.iter().map(|one| {
        let chain: Vec<String> = one.chain.iter().map(|step| step.place.location()).collect();
        let more = if one.elsewhere.is_empty() {
            String::new()
        } else {
            format!(" +{}", one.elsewhere.len())
        };
        format!("{:?} {} <- {}{more}", one.when, one.import, chain.join(" "))
    });
    lines.collect()
}

#[test]
fn an_import_at_module_level_is_found_at_the_end_of_its_chain() {
    let files = [
        ("shop/__init__.py", ""),
        (
            "shop/main.py",
            "import fastapi\nfrom shop.api import ml_routes\n",
        ),
        ("shop/api/__init__.py", ""),
        (
            "shop/api/ml_routes.py",
            "from ..services.embed import embed\n",
        ),
        ("shop/services/__init__.py", ""),
        (
            "shop/services/embed.py",
            "import os\nimport torch.nn as nn\n",
        ),
    ];
    assert_eq!(
        missing("fastapi", &files),
        ["AtStart torch <- shop/main.py:2 shop/api/ml_routes.py:1 shop/services/embed.py:2"]
    );
    assert!(missing("fastapi torch", &files).is_empty());
}

#[test]
fn package_inits_count_and_so_do_submodules_named_by_from_imports() {
    let files = [
        ("shop/__init__.py", "import cv2\n"),
        ("shop/main.py", "from shop import views, VERSION\n"),
        ("shop/views.py", "import torch\n"),
    ];
    assert_eq!(
        missing("", &files),
        [
            "AtStart cv2 <- shop/__init__.py:1",
            "AtStart torch <- shop/main.py:1 shop/views.py:1"
        ]
    );
}

#[test]
fn an_import_inside_a_function_crashes_later_and_so_does_all_behind_it() {
    let files = [
        (
            "shop/main.py",
            "def predict():\n    from shop import ml\n    import cv2\n",
        ),
        ("shop/ml.py", "import torch\n"),
    ];
    assert_eq!(
        missing("", &files),
        [
            "AtCall cv2 <- shop/main.py:3",
            "AtCall torch <- shop/main.py:2 shop/ml.py:1"
        ]
    );
}

#[test]
fn the_worst_chain_is_told_and_the_others_are_counted() {
    let files = [
        (
            "shop/main.py",
            "def later():\n    import torch\nimport shop.ml\n",
        ),
        ("shop/ml.py", "import torch\n"),
    ];
    assert_eq!(
        missing("", &files),
        ["AtStart torch <- shop/main.py:3 shop/ml.py:1 +1"]
    );
}

#[test]
fn guarded_imports_are_told_apart() {
    let guarded = [
        "try:\n    import torch\nexcept ImportError:\n    torch = None\n",
        "try:\n    import torch\nexcept (ModuleNotFoundError, OSError):\n    pass\n",
        "try:\n    import torch\nexcept:\n    pass\n",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import torch\n",
        "from .x import HAS_TORCH\nif HAS_TORCH:\n    import torch\n",
        "from transformers.utils import is_torch_available\nif is_torch_available():\n    import torch\n",
        "try:\n    from .ml import x\nexcept ImportError:\n    x = None\n",
    ];
    for text in guarded {
        let files = [
            ("shop/main.py", text),
            ("shop/ml.py", "import torch\n"),
            ("shop/__init__.py", ""),
        ];
        let found = missing("transformers", &files);
        assert!(
            found.len() == 1 && found[0].starts_with("Guarded torch"),
            "{text}{found:?}"
        );
    }
}

#[test]
fn imports_that_never_run_are_no_finding() {
    let never = [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n",
        "import typing as t\nif t.TYPE_CHECKING:\n    import torch\nelse:\n    torch = None\n",
        "import sys\nif sys.platform == 'win32':\n    import torch\n",
        "import sys\nif sys.platform.startswith('win'):\n    import torch\n",
        "from .compat import is_windows\nif is_windows:\n    import torch\n",
        "import sys\nif sys.version_info < (3, 11):\n    import tomli as tomllib\nelse:\n    import tomllib\n",
        "try:\n    import tomllib\nexcept ModuleNotFoundError:\n    import tomli as tomllib\n",
        "import importlib.util\nif importlib.util.find_spec('torch') is not None:\n    import torch\n",
        "import importlib.util\nHAVE = importlib.util.find_spec('torch') is not None\nif HAVE:\n    import torch\n",
        "if __name__ == '__main__':\n    import torch\n",
    ];
    for text in never {
        assert!(missing("", &[("shop/main.py", text)]).is_empty(), "{text}");
    }
}

#[test]
fn a_flag_set_beside_a_failed_import_guards_what_it_tests() {
    let text = "try:\n    import torch\n    OK = True\nexcept ImportError:\n    OK = False\nif OK:\n    import cv2\n    from shop import ml\nelse:\n    import docker\n";
    let files = [("shop/main.py", text), ("shop/ml.py", "import torch\n")];
    assert_eq!(
        missing("", &files),
        [
            "AtStart docker <- shop/main.py:10",
            "Guarded torch <- shop/main.py:2"
        ]
    );
    assert_eq!(
        missing("torch docker", &files),
        ["AtStart cv2 <- shop/main.py:7"]
    );
}

#[test]
fn a_handler_that_raises_or_imports_something_missing_guards_nothing() {
    let raises = "try:\n    import torch\nexcept ImportError as e:\n    raise RuntimeError('pip install shop[ml]') from e\n";
    assert_eq!(
        missing("", &[("shop/main.py", raises)]),
        ["AtStart torch <- shop/main.py:2"]
    );
    let fallback = "try:\n    import torch\nexcept ImportError:\n    import cv2 as torch\n";
    assert_eq!(
        missing("", &[("shop/main.py", fallback)]),
        [
            "AtStart cv2 <- shop/main.py:4",
            "Guarded torch <- shop/main.py:2"
        ]
    );
    assert_eq!(missing("torch", &[("shop/main.py", fallback)]), [""; 0]);
}

#[test]
fn a_branch_that_settings_decide_about_is_a_case_of_its_own() {
    let text = "from shop.conf import settings\nif settings.ml:\n    import torch\n";
    assert_eq!(
        missing(
            "",
            &[("shop/main.py", text), ("shop/conf.py", "settings = 1\n")]
        ),
        ["InBranch torch <- shop/main.py:3"]
    );
}

#[test]
fn python_versions_decide_about_the_standard_library() {
    let files = [("shop/main.py", "import cgi\n")];
    let start = entry("shop.main", Start::Imported);
    assert!(missing_in("", &files, &start, (3, 12)).is_empty());
    assert_eq!(
        missing_in("", &files, &start, (3, 13)),
        ["AtStart cgi <- shop/main.py:1"]
    );
    let minor = [(
        "shop/main.py",
        "import sys\nif sys.version_info[:2] >= (3, 14):\n    import torch\n",
    )];
    assert!(missing_in("", &minor, &start, (3, 13)).is_empty());
    assert_eq!(missing_in("", &minor, &start, (3, 14)).len(), 1);
}

#[test]
fn namespace_packages_are_told_apart_by_their_longest_name() {
    let files = [(
        "shop/main.py",
        "from google.cloud import storage, bigquery\nimport google.cloud.storage\n",
    )];
    assert_eq!(
        missing("google-cloud-storage", &files),
        ["AtStart google.cloud.bigquery <- shop/main.py:1"]
    );
}

#[test]
fn a_folder_without_init_gives_way_to_an_installed_package() {
    let files = [
        ("shop/main.py", "import docker\nimport deploy.one\n"),
        ("docker/build.py", ""),
        ("deploy/one.py", "import cv2\n"),
    ];
    assert_eq!(
        missing("", &files),
        [
            "AtStart cv2 <- shop/main.py:2 deploy/one.py:1",
            "AtStart docker <- shop/main.py:1"
        ]
    );
}

#[test]
fn what_runs_under_the_main_guard_counts_for_a_module_that_is_run() {
    let files = [
        ("shop/__init__.py", ""),
        (
            "shop/__main__.py",
            "if __name__ == '__main__':\n    from shop.cli import main\n",
        ),
        (
            "shop/cli.py",
            "import torch\nif __name__ == '__main__':\n    import cv2\n",
        ),
    ];
    assert_eq!(
        missing_in("", &files, &entry("shop", Start::Run), (3, 13)),
        ["AtStart torch <- shop/__main__.py:2 shop/cli.py:1"]
    );
}

#[test]
fn django_is_followed_through_its_settings() {
    let files = [
        (
            "config/wsgi.py",
            "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\napplication = get_wsgi_application()\n",
        ),
        (
            "config/settings.py",
            "INSTALLED_APPS = ['django.contrib.admin', 'corsheaders', 'shop.apps.ShopConfig']\nROOT_URLCONF = 'config.urls'\n",
        ),
        (
            "config/urls.py",
            "from django.urls import include, path\nurlpatterns = [path('', include('shop.urls'))]\n",
        ),
        ("shop/__init__.py", ""),
        ("shop/apps.py", ""),
        ("shop/urls.py", "import torch\n"),
    ];
    let start = entry("config.wsgi", Start::Imported);
    assert_eq!(
        missing_in("django", &files, &start, (3, 13)),
        [
            "AtStart corsheaders <- config/wsgi.py:3 config/settings.py:1",
            "AtStart torch <- config/wsgi.py:3 config/settings.py:2 config/urls.py:2 shop/urls.py:1",
        ]
    );
}

#[test]
fn compiled_and_generated_modules_of_the_project_are_no_finding() {
    let files = [
        ("shop/__init__.py", ""),
        (
            "shop/main.py",
            "from shop._core import fast\nfrom . import _version\nfrom .gen import x\nimport shop.other\n",
        ),
    ];
    assert!(missing("", &files).is_empty());
}

#[test]
fn circular_imports_and_lazy_imports_end() {
    let files = [
        (
            "shop/main.py",
            "from shop import a\nimport importlib\nimportlib.import_module('cv2')\nlazy import torch\n",
        ),
        ("shop/a.py", "from shop import b\n"),
        ("shop/b.py", "from shop import a, main\n"),
    ];
    assert_eq!(
        missing("", &files),
        [
            "AtStart cv2 <- shop/main.py:3",
            "AtCall torch <- shop/main.py:4"
        ]
    );
}

#[test]
fn requirements_that_nothing_imports_are_told_with_where_they_are_used() {
    let files = [
        (
            "shop/main.py",
            "import fastapi\nDSN = 'postgresql+asyncpg://x'\nimport yaml\n",
        ),
        ("shop/report.py", "import pandas\n"),
        ("tests/test_x.py", "import faker\n"),
    ];
    let tree = SourceTree::from_files(files);
    let installed = packages("fastapi uvicorn asyncpg pandas faker pyyaml aiosqlite");
    let modules = Modules::new(&tree);
    let code = Code::new(&tree, &modules, "", &installed);
    let environment = Environment {
        python: (3, 13),
        installed: &installed,
        own: &BTreeSet::new(),
        provides: &provides,
    };
    let found = unused(
        &code,
        &[entry("shop.main", Start::Imported)],
        &environment,
        &installed,
    );
    let lines: Vec<(String, Option<String>)> = found
        .iter()
        .map(|one| {
            (
                one.package.to_string(),
                one.imported_elsewhere
                    .as_ref()
                    .map(crate::diagnostic::Place::location),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("aiosqlite".to_owned(), None),
            ("faker".to_owned(), None),
            ("pandas".to_owned(), Some("shop/report.py:1".to_owned())),
            ("uvicorn".to_owned(), None),
        ]
    );
}

#[test]
fn functions_that_the_import_calls_import_at_start() {
    let files = [
        (
            "shop/main.py",
            "from shop.setup import prepare\ndef load():\n    import torch\ndef later():\n    import cv2\nload()\nprepare()\n",
        ),
        (
            "shop/setup.py",
            "def prepare():\n    inner()\ndef inner():\n    import docker\n",
        ),
    ];
    assert_eq!(
        missing("", &files),
        [
            "AtStart docker <- shop/main.py:1 shop/setup.py:4",
            "AtStart torch <- shop/main.py:3",
            "AtCall cv2 <- shop/main.py:5"
        ]
    );
}

#[test]
fn a_call_in_a_branch_or_of_a_method_is_not_told_as_at_start() {
    let files = [(
        "shop/main.py",
        "import os\nclass A:\n    def load(self):\n        import torch\ndef load():\n    import cv2\ndef maybe():\n    import docker\nload()\nif os.environ.get('X'):\n    maybe()\n",
    )];
    assert_eq!(
        missing("", &files),
        [
            "InBranch docker <- shop/main.py:8",
            "AtCall cv2 <- shop/main.py:6",
            "AtCall torch <- shop/main.py:4"
        ]
    );
}

#[test]
fn a_factory_is_called_at_start() {
    let files = [(
        "shop/main.py",
        "def create_app():\n    import torch\ndef other():\n    import cv2\n",
    )];
    let entry = Entry {
        function: "create_app".to_owned(),
        ..entry("shop.main", Start::Imported)
    };
    assert_eq!(
        missing_in("", &files, &entry, (3, 13)),
        [
            "AtStart torch <- shop/main.py:2",
            "AtCall cv2 <- shop/main.py:4"
        ]
    );
}

#[test]
fn lists_of_applications_in_settings_use_what_they_name() {
    let tree = SourceTree::from_files([
        ("shop/main.py", "import os\n"),
        (
            "shop/settings.py",
            "LOCAL_APPS = ['corsheaders']\nINSTALLED_APPS = LOCAL_APPS + ['docker']\n",
        ),
    ]);
    let installed = packages("django-cors-headers docker tomli");
    let environment = Environment {
        python: (3, 13),
        installed: &installed,
        own: &BTreeSet::new(),
        provides: &provides,
    };
    let modules = Modules::new(&tree);
    let code = Code::new(&tree, &modules, "", &installed);
    let entries = [entry("shop.main", Start::Imported)];
    let found = unused(&code, &entries, &environment, &installed);
    let names: Vec<&str> = found.iter().map(|one| one.package.as_ref()).collect();
    assert_eq!(names, ["tomli"]);
}
