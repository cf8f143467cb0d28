//! Which application is run: by the best evidence, and never another because that one starts.

use crate::harness::{Project, dfgen, requiring};

const FASTAPI: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

/// What an image runs.
fn command(project: &Project, image: &str) -> String {
    let ran = dfgen(&["plan", "--format", "json"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let plan = ran.json();
    let mut images = plan["images"].as_array().expect("a list").iter();
    let found = images.find(|one| one["name"] == image);
    let found = found.unwrap_or_else(|| panic!("no {image} in {plan:#}"));
    let words = found["run"]["command"]["value"].as_array().expect("a list");
    let words = words.iter().filter_map(serde_json::Value::as_str);
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_lies_beside_the_application_never_goes_before_it() {
    let served = "from fastapi import FastAPI\nimport uvicorn\napp = FastAPI()\nif __name__ == '__main__':\n    uvicorn.run(app, port=9000)\n";
    let side = [
        "shop/web_old.py",
        "shop/mock_payments.py",
        "tools/panel.py",
        "deploy/local/echo.py",
        "shop/demo/page.py",
        "oauth_tester.py",
    ];
    for beside in side {
        let project = requiring(&["fastapi", "uvicorn"])
            .with("shop/__init__.py", "")
            .with("shop/web.py", FASTAPI)
            .with(beside, served);
        assert_eq!(
            command(&project, "core-api"),
            "uvicorn shop.web:app --host 0.0.0.0 --port 8000",
            "{beside}"
        );
    }
}

#[test]
fn what_stands_alone_is_run_whatever_it_is_called() {
    let project = requiring(&["fastapi", "uvicorn"]).with("demo/page.py", FASTAPI);
    assert_eq!(
        command(&project, "core-api"),
        "uvicorn demo.page:app --host 0.0.0.0 --port 8000"
    );
}

#[test]
fn a_usual_name_goes_before_an_object_that_is_served() {
    let panel = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run(port=7000)\n";
    let wsgi = "from server import create_app\napp = create_app()\n";
    let server = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n";
    let project = requiring(&["flask", "gunicorn"])
        .with("panel.py", panel)
        .with("wsgi.py", wsgi)
        .with("server.py", server);
    assert!(command(&project, "core-api").contains(" wsgi:app"));
}

#[test]
fn two_of_the_same_rank_are_told_with_the_line_for_each() {
    let project = requiring(&["fastapi", "uvicorn"])
        .with("api/main.py", FASTAPI)
        .with("admin/main.py", FASTAPI);
    let ran = dfgen(&["render"]).in_project(&project);
    insta::assert_snapshot!(ran, @r#"
    exit code: 2
    ----- stderr -----
    error[ambiguous-entry]: the image `core-api` could run 2 things, and dfgen does not guess
     |
     = note: `admin.main:app`: FastAPI (a FastAPI object at module level), in admin/main.py:2
     = note: `api.main:app`: FastAPI (a FastAPI object at module level), in api/main.py:2
     = help: say which, in dfgen.toml:
             [profile.core-api]
             entry = "admin.main:app"
     = help: or:
             [profile.core-api]
             entry = "api.main:app"
    "#);
}

/// `shop` with an extra that brings a heavy package, which the application imports at its start.
fn heavy() -> Project {
    let lock = "version = 1\nrevision = 3\nrequires-python = \">=3.13\"\n\n";
    let package = |name: &str, size: u32| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\nwheels = [{{ url = \"https://files.example/{name}-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = {size} }}]\n\n"
        )
    };
    let packages = [
        package("fastapi", 1000),
        package("torch", 900_000_000),
        package("uvicorn", 1000),
    ];
    let own = "[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"fastapi\" }, { name = \"uvicorn\" }]\n\n[package.optional-dependencies]\nml = [{ name = \"torch\" }]\n\n[package.metadata]\nrequires-dist = [{ name = \"fastapi\" }, { name = \"torch\", marker = \"extra == 'ml'\" }, { name = \"uvicorn\" }]\nprovides-extras = [\"ml\"]\n";
    Project::empty()
        .with(
            "pyproject.toml",
            "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n[project.optional-dependencies]\nml = [\"torch\"]\n",
        )
        .with("uv.lock", &format!("{lock}{}{own}", packages.concat()))
        .with("shop/__init__.py", "")
        .with("shop/main.py", "from fastapi import FastAPI\n\nfrom .score import score\n\napp = FastAPI()\napp.get(\"/score\")(score)\n")
        .with("shop/score.py", "import torch\n\ndef score():\n    return torch.rand(1).item()\n")
        .with("shop/main_backup.py", FASTAPI)
}

#[test]
fn an_application_that_needs_the_ml_stack_has_no_light_image() {
    let ran = dfgen(&["render"]).in_project(&heavy());
    insta::assert_snapshot!(ran, @"
    exit code: 0
    ----- stderr -----
    note[heavy-application]: there is no `core-api`: `shop.main:app` imports `torch` at its start
     --> shop/score.py:1:8
      |
    1 | import torch
      |        ^^^^^ crashes at start
      |
      = note: imported by shop.main (shop/main.py:3) -> shop.score (shop/score.py:1)
      = note: with what brings it, the image has 900 MB more to download
      = help: import it where it is used: the line at shop/score.py:1 into the function that needs `torch`
      = help: or give the routes that need it an application of their own, and take the import at shop/main.py:3 there

    `dfgen explain heavy-application` says more about it

    ml-inference-cpu: extra `ml` brings the ML stack
    wrote docker/compose.yaml
    wrote docker/dfgen.py
    wrote docker/ml-inference-cpu.Dockerfile
    wrote docker/ml-inference-cpu.Dockerfile.dockerignore
    ");
}

#[test]
fn a_light_image_that_is_asked_for_is_refused_and_nothing_is_written() {
    let project = heavy();
    let ran = dfgen(&["render", "--profile", "core-api"]).in_project(&project);
    insta::assert_snapshot!(ran, @r#"
    exit code: 2
    ----- stderr -----
    error[missing-import]: `shop.main:app` imports `torch` at its start, which `core-api` must not have
     --> shop/score.py:1:8
      |
    1 | import torch
      |        ^^^^^ crashes at start
      |
      = note: imported by shop.main (shop/main.py:3) -> shop.score (shop/score.py:1)
      = note: with what brings it, the image has 900 MB more to download
      = help: import it where it is used: the line at shop/score.py:1 into the function that needs `torch`
      = help: or give the routes that need it an application of their own, and take the import at shop/main.py:3 there
      = help: or have it all the same: `silence = ["missing-import"]` there
    "#);
    let said = project.with("dfgen.toml", "[profile.core-api]\nport = 8080\n");
    let ran = dfgen(&["render"]).in_project(&said);
    assert_eq!(ran.code, Some(2), "{ran}");
    let is_written = |project: &Project| {
        project
            .files()
            .iter()
            .any(|file| file.starts_with("docker"))
    };
    assert!(!is_written(&said));
    let silent = "[profile.core-api]\nsilence = [\"missing-import\"]\n";
    let said = said.with("dfgen.toml", silent);
    let ran = dfgen(&["render"]).in_project(&said);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        said.read("docker/core-api.Dockerfile")
            .contains("\"shop.main:app\"")
    );
}

#[test]
fn an_import_in_the_function_that_needs_it_makes_both_images() {
    let score = "def score():\n    import torch\n    return torch.rand(1).item()\n";
    let project = heavy().with("shop/score.py", score);
    let started = "uvicorn shop.main:app --host 0.0.0.0 --port 8000";
    assert_eq!(command(&project, "core-api"), started);
    assert_eq!(command(&project, "ml-inference-cpu"), started);
}

#[test]
fn what_one_application_imports_hides_no_other() {
    let project = requiring(&["fastapi", "uvicorn", "celery", "scikit-learn"])
        .with("app/__init__.py", "")
        .with(
            "app/main.py",
            "from fastapi import FastAPI\nimport sklearn\napp = FastAPI()\n",
        )
        .with(
            "app/jobs.py",
            "from celery import Celery\nqueue = Celery('shop')\n@queue.task\ndef run(): ...\n",
        );
    assert_eq!(
        command(&project, "worker"),
        "celery --app app.jobs:queue worker --loglevel INFO"
    );
}

#[test]
fn a_server_named_by_string_is_of_the_module_beside() {
    let main = "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\nif __name__ == '__main__':\n    uvicorn.run('main:app', port=5000)\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/main.py", main);
    let ran = dfgen(&["plan", "--format", "json"]).in_project(&project);
    assert_eq!(
        ran.json()["findings"].as_array().map(Vec::len),
        Some(0),
        "{ran}"
    );
    assert_eq!(
        command(&project, "core-api"),
        "uvicorn shop.main:app --host 0.0.0.0 --port 5000"
    );
}

#[test]
fn what_names_its_neighbours_is_run_by_its_path() {
    let server = "from aiohttp import web\nfrom prices import table\napp = web.Application()\nif __name__ == '__main__':\n    web.run_app(app, port=8081)\n";
    let project = requiring(&["aiohttp"])
        .with("src/__init__.py", "")
        .with("src/prices.py", "table = {}\n")
        .with("src/server.py", server);
    let ran = dfgen(&["plan", "--format", "json"]).in_project(&project);
    assert_eq!(
        ran.json()["findings"].as_array().map(Vec::len),
        Some(0),
        "{ran}"
    );
    assert_eq!(command(&project, "core-api"), "python src/server.py");
}

#[test]
fn a_module_of_the_same_name_in_a_package_hides_no_missing_import() {
    let main =
        "from fastapi import FastAPI\nimport redis\nfrom .prices import table\napp = FastAPI()\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/prices.py", "table = {}\n")
        .with("shop/redis.py", "")
        .with("shop/main.py", main);
    let ran = dfgen(&["render"]).in_project(&project);
    assert!(
        ran.stderr.contains("`redis` is imported and not in"),
        "{ran}"
    );
}

#[test]
fn what_only_developers_have_is_no_alarm_in_a_branch() {
    let main = "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nif os.environ.get('PANEL'):\n    import debug_toolbar\nif os.environ.get('PRICES'):\n    import pandas\n";
    let project = requiring(&["fastapi", "uvicorn"]).with("main.py", main);
    let lock = project.read("uv.lock");
    let lock = lock.replace(
        "[package.metadata]\n",
        "[package.dev-dependencies]\ndev = [{ name = \"django-debug-toolbar\" }]\n\n[package.metadata]\n",
    );
    let lock = format!(
        "{lock}\n[package.metadata.requires-dev]\ndev = [{{ name = \"django-debug-toolbar\" }}]\n\n[[package]]\nname = \"django-debug-toolbar\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\nwheels = [{{ url = \"https://files.example/django_debug_toolbar-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }}]\n"
    );
    let manifest = project.read("pyproject.toml");
    let manifest = format!("{manifest}[dependency-groups]\ndev = [\"django-debug-toolbar\"]\n");
    let project = project
        .with("uv.lock", &lock)
        .with("pyproject.toml", &manifest);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(!ran.stderr.contains("debug_toolbar"), "{ran}");
    assert!(ran.stderr.contains("`pandas` is imported"), "{ran}");
}

/// `shop` without a server, but for what `parts` of its manifest and lock bring.
fn with_server_in(group: &str) -> Project {
    let project = requiring(&["fastapi"]).with("main.py", FASTAPI);
    let lock = project.read("uv.lock").replace(
        "[package.metadata]\n",
        &format!("[package.dev-dependencies]\n{group} = [{{ name = \"uvicorn\" }}]\n\n[package.metadata]\n"),
    );
    let lock = format!(
        "{lock}\n[package.metadata.requires-dev]\n{group} = [{{ name = \"uvicorn\" }}]\n\n[[package]]\nname = \"uvicorn\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\nwheels = [{{ url = \"https://files.example/uvicorn-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }}]\n"
    );
    let manifest = project.read("pyproject.toml");
    let manifest = format!("{manifest}[dependency-groups]\n{group} = [\"uvicorn\"]\n");
    project
        .with("uv.lock", &lock)
        .with("pyproject.toml", &manifest)
}

#[test]
fn what_is_imported_at_start_is_taken_from_the_one_group_that_has_it() {
    let main = "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\n";
    let project = with_server_in("web").with("main.py", main);
    let ran = dfgen(&["render"]).in_project(&project);
    assert!(
        ran.stderr.contains("; group `web` for what it imports\n"),
        "{ran}"
    );
    let script = "import uvicorn\nif __name__ == '__main__':\n    print(uvicorn)\n";
    let project = with_server_in("web").with("main.py", script);
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stderr
            .contains("; group `web` for its server uvicorn\n"),
        "{ran}"
    );
    assert!(!ran.stderr.contains("missing-import"), "{ran}");
    let said = project.with("dfgen.toml", "[profile.core-api]\ngroups = []\n");
    let ran = dfgen(&["render"]).in_project(&said);
    assert!(ran.stderr.contains("warning[missing-import]"), "{ran}");
}

#[test]
fn a_server_that_one_group_has_is_taken_and_said() {
    let project = with_server_in("prod");
    let ran = dfgen(&["render"]).in_project(&project);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stderr
            .contains("; group `prod` for its server uvicorn\n"),
        "{ran}"
    );
    assert!(
        project
            .read("docker/core-api.Dockerfile")
            .contains("--group prod")
    );
}

/// None of the tools beside it: the group is there for those who work on the project.
#[test]
fn a_server_among_the_tools_of_developers_is_taken_alone() {
    let plain = with_server_in("dev");
    let with_tool = |text: String| {
        text.replace(
            "dev = [{ name = \"uvicorn\" }]",
            "dev = [{ name = \"pytest\" }, { name = \"uvicorn\" }]",
        )
        .replace("dev = [\"uvicorn\"]", "dev = [\"pytest\", \"uvicorn\"]")
    };
    let tool = "\n[[package]]\nname = \"pytest\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.org/simple\" }\nwheels = [{ url = \"https://files.example/pytest-1.0-py3-none-any.whl\", hash = \"sha256:00\", size = 1000 }]\n";
    let lock = with_tool(plain.read("uv.lock")) + tool;
    let manifest = with_tool(plain.read("pyproject.toml"));
    let project = plain
        .with("uv.lock", &lock)
        .with("pyproject.toml", &manifest);
    let ran = dfgen(&["render"]).in_project(&project);
    insta::assert_snapshot!(ran, @"
    exit code: 0
    ----- stderr -----
    core-api: the project needs no ML stack; group `dev` for its server uvicorn, without the tools beside it
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    ");
    let text = project.read("docker/core-api.Dockerfile");
    assert!(text.contains("--prune pytest"), "{text}");
}

#[test]
fn a_line_for_developers_tells_equals_apart_and_no_more() {
    let two = || {
        requiring(&["fastapi", "uvicorn"])
            .with("api/main.py", FASTAPI)
            .with("admin/main.py", FASTAPI)
    };
    for file in ["README.md", "Makefile", "justfile"] {
        let project = two().with(file, "dev:\n\tuvicorn api.main:app --reload\n");
        assert_eq!(
            command(&project, "core-api"),
            "uvicorn api.main:app --host 0.0.0.0 --port 8000",
            "{file}"
        );
    }
    let both = two().with(
        "README.md",
        "uvicorn api.main:app\nuvicorn admin.main:app\n",
    );
    let ran = dfgen(&["render"]).in_project(&both);
    assert!(ran.stderr.contains("error[ambiguous-entry]"), "{ran}");
    let other = two()
        .with("api/side.py", FASTAPI)
        .with("README.md", "uvicorn api.side:app\n");
    let ran = dfgen(&["render"]).in_project(&other);
    assert!(ran.stderr.contains("error[ambiguous-entry]"), "{ran}");
}

#[test]
fn what_a_program_listens_on_is_where_its_object_is_served() {
    let app = "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()\n";
    let run = "import uvicorn\nfrom shop.web import create_app\nif __name__ == '__main__':\n    app = create_app()\n    uvicorn.run(app, port=9100)\n";
    let project = requiring(&["fastapi", "uvicorn"])
        .with("shop/__init__.py", "")
        .with("shop/web.py", app)
        .with("run.py", run);
    assert!(command(&project, "core-api").ends_with("--port 9100 --factory"));
}

#[test]
fn a_site_whose_settings_lie_above_manage_is_started_from_there() {
    let manage = "import os, sys\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.conf.settings')\n    from django.core.management import execute_from_command_line\n    execute_from_command_line(sys.argv)\n";
    let wsgi =
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n";
    let project = requiring(&["django", "gunicorn"])
        .with("src/shop/__init__.py", "")
        .with("src/shop/manage.py", manage)
        .with("src/shop/conf/__init__.py", "")
        .with("src/shop/conf/settings.py", "INSTALLED_APPS = []\n")
        .with("src/shop/wsgi.py", wsgi);
    assert!(command(&project, "core-api").contains(" shop.wsgi:application"));
}

/// Two pages of Gradio, of which the package installs one as the command `shop`.
fn pages() -> Project {
    let page = "import gradio as gr\nwith gr.Blocks() as demo:\n    gr.Markdown('a')\n";
    let run = "if __name__ == '__main__':\n    demo.queue().launch()\n";
    requiring(&["gradio"]).with("apps/other.py", &format!("{page}{run}"))
}

#[test]
fn what_a_chain_of_calls_serves_is_the_object_that_it_begins_with() {
    assert_eq!(command(&pages(), "core-api"), "python apps/other.py");
}

#[test]
fn of_equals_the_one_that_other_files_of_the_project_name_is_run() {
    let main = "import gradio as gr\ndef main():\n    with gr.Blocks() as demo:\n        gr.Markdown('a')\n    demo.queue().launch()\n";
    let scripts = "[project.scripts]\nopen-shop = \"apps.main_page:main\"\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n[tool.hatch.build.targets.wheel]\npackages = [\"apps\"]\n";
    let project = pages()
        .with("apps/__init__.py", "")
        .with("apps/main_page.py", main);
    let (manifest, lock) = (project.read("pyproject.toml"), project.read("uv.lock"));
    let lock = lock.replace("{ virtual = \".\" }", "{ editable = \".\" }");
    let project = project
        .with("pyproject.toml", &format!("{manifest}{scripts}"))
        .with("uv.lock", &lock);
    // The command that the package installs, where all are made with one library.
    assert_eq!(command(&project, "core-api"), "open-shop");
    // One of several Dockerfiles starts the other.
    let project = project
        .with(
            "containers/gpu.Dockerfile",
            "FROM python:3.13-slim\nCMD [\"python\", \"apps/other.py\"]\n",
        )
        .with(
            "docker/Dockerfile.tools",
            "FROM python:3.13-slim\nCMD [\"python\", \"-V\"]\n",
        )
        .with(
            "docker/Dockerfile.web",
            "FROM python:3.13-slim\nCMD [\"python\", \"apps/other.py\"]\n",
        );
    assert_eq!(command(&project, "core-api"), "python apps/other.py");
}

/// The routes of its application are methods of a class that Ray deploys: no other server can run them.
#[test]
fn what_ray_deploys_is_started_by_the_program_that_deploys_it() {
    let api = "from fastapi import FastAPI\nfrom ray import serve\napp = FastAPI()\n@serve.deployment\n@serve.ingress(app)\nclass Api:\n    @app.get('/')\n    def root(self):\n        return {}\ngateway = Api.bind()\n";
    let deploy = "from ray import serve\nfrom api import gateway\ndef main():\n    serve.run(gateway, blocking=True)\nif __name__ == '__main__':\n    main()\n";
    let project = requiring(&["fastapi", "ray", "uvicorn"])
        .with("api.py", api)
        .with("deploy.py", deploy);
    assert_eq!(command(&project, "core-api"), "python -m deploy");
    // Another file starts it.
    let project = project.with(
        "start.py",
        "from deploy import main\nif __name__ == '__main__':\n    main()\n",
    );
    assert_eq!(command(&project, "core-api"), "python -m start");
    let project = requiring(&["fastapi", "ray", "uvicorn"]).with("api.py", api);
    let ran = dfgen(&["render"]).in_project(&project);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("error[no-command]"),
        "{ran}"
    );
}
