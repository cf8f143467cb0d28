//! Paths of which only one of several values can be known, and those that lead above the project, are kept too.

use crate::harness::{Project, requiring};
use crate::writes::{project, told};

/// What is kept or told for each module of the source, below its last line.
fn each<const N: usize>(stores: [&str; N]) -> String {
    let all = stores.map(|store| {
        let last = store.trim_end().lines().last().unwrap_or_default().trim();
        format!("{last}\n    {}\n", told(&project(store, "")).join("\n    "))
    });
    all.concat()
}

#[test]
fn what_is_above_the_project_is_kept() {
    insta::assert_snapshot!(each([
        "from pathlib import Path\nDATA = Path(__file__).parent.parent / 'data'\nDATA.mkdir()\n",
        "from pathlib import Path\nDATA = Path(__file__).parent.parent.parent / 'data'\nDATA.mkdir()\n",
        "import os\nos.makedirs('../data')\n",
        "import os\nos.makedirs(os.path.join(os.path.dirname(__file__), '..', '..', 'app', 'data'))\n",
    ]), @"
    DATA.mkdir()
        data keeps /data (store.py:3 writes there)
    DATA.mkdir()
        data keeps /data (store.py:3 writes there)
    os.makedirs('../data')
        data keeps /data (store.py:2 writes there)
    os.makedirs(os.path.join(os.path.dirname(__file__), '..', '..', 'app', 'data'))
        data keeps /app/data (store.py:2 writes there)
    ");
}

#[test]
fn of_several_values_the_one_that_is_known_counts() {
    insta::assert_snapshot!(each([
        "from pathlib import Path\nclass Store:\n    def __init__(self, folder=None):\n        if folder:\n            self.folder = Path(folder)\n        else:\n            self.folder = Path('state')\n        self.folder.mkdir()\n",
        "import os\ndef save(name):\n    folder = name\n    if not folder:\n        folder = 'out'\n    os.makedirs(folder)\n",
        "import os\npath = 'a'\npath = 'b'\nos.makedirs(path)\n",
        "import os\npath = 'a'\npath = os.path.join(path, 'b')\nos.makedirs(path)\n",
        "import os, sys\nFOLDER = sys.argv[1] if len(sys.argv) > 1 else 'out'\nos.makedirs(FOLDER)\n",
    ]), @"
    self.folder.mkdir()
        state keeps /app/state (store.py:8 writes there)
    os.makedirs(folder)
        out keeps /app/out (store.py:6 writes there)
    os.makedirs(path)
        
    os.makedirs(path)
        
    os.makedirs(FOLDER)
        out keeps /app/out (store.py:3 writes there)
    ");
}

#[test]
fn what_callers_give_and_functions_return_is_followed() {
    insta::assert_snapshot!(each([
        "from pathlib import Path\nimport os\ndef key(folder):\n    path = Path(folder) / '.key'\n    path.write_text('x')\nclass Config:\n    folder: str = os.environ.get('DATA', '.')\n    def __init__(self):\n        key(self.folder)\n",
        "from pathlib import Path\nclass Config:\n    folder: str = '.'\n    name: str = 'models.yaml'\n    def path(self):\n        return Path(self.folder) / self.name\n    def save(self):\n        path = self.path()\n        open(path, 'w')\n",
        "from pathlib import Path\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    base: Path = Path(__file__).parent / 'data'\n    @property\n    def videos(self) -> Path:\n        return self.base / 'videos'\nsettings = Settings()\nsettings.videos.mkdir()\n",
        "import sqlite3\nclass Store:\n    def __init__(self, path='db/x.db'):\n        self.db = sqlite3.connect(path)\nSTORE = Store()\n",
        "import sqlite3\nclass Store:\n    def __init__(self, path):\n        self.path = path\n    def open(self):\n        return sqlite3.connect(self.path)\nSTORE = Store('db/x.db')\n",
        "import os\ndef make(path):\n    os.makedirs(path)\nmake('a')\nmake('b')\n",
        "import os, typer\napp = typer.Typer()\n@app.command()\ndef make(path: str = typer.Option('out')):\n    os.makedirs(path)\n",
    ]), @"
    key(self.folder)
        /app/.key is /var/lib/linked-files/.key (store.py:5 writes there)
    open(path, 'w')
        /app/models.yaml is /var/lib/linked-files/models.yaml (store.py:9 writes there)
    settings.videos.mkdir()
        data keeps /app/data (store.py:9 writes there)
    STORE = Store()
        db keeps /app/db (store.py:4 writes there)
    STORE = Store('db/x.db')
        db keeps /app/db (store.py:6 writes there)
    make('b')
        a keeps /app/a (store.py:3 writes there)
        b keeps /app/b (store.py:3 writes there)
    os.makedirs(path)
        out keeps /app/out (store.py:5 writes there)
    ");
}

#[test]
fn a_name_that_only_running_tells_is_told() {
    insta::assert_snapshot!(each([
        "def save(n):\n    open(f'output_{n}.wav', 'wb')\n",
        "def save(n):\n    open(f'{n}', 'wb')\n",
        "def save(model, content, n):\n    model.file.save(f'page_{n}.png', content)\n    model.file.save('page.png', content, save=True)\n",
    ]), @r#"
    open(f'output_{n}.wav', 'wb')
        `core-api` writes `output_*.wav` beside the source store.py:2
        a volume over its folder would hide the source: move it to `data/output_*.wav`, and keep that: `volumes = ["data"]` in [profile.core-api] of dfgen.toml
    open(f'{n}', 'wb')
        
    model.file.save('page.png', content, save=True)
    "#);
}

/// Settings are found where a package has them, and the ones for production where several do.
#[test]
fn settings_of_django_are_followed_by_what_names_them() {
    let site = |wsgi: &str| -> Project {
        requiring(&["django", "django-storages", "gunicorn"])
            .with("manage.py", "import os\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .with("config/__init__.py", "")
            .with("config/wsgi.py", &format!("import os\nfrom django.core.wsgi import get_wsgi_application\n{wsgi}\napplication = get_wsgi_application()\n"))
            .with("config/settings/base.py", "from pathlib import Path\nBASE = Path(__file__).parent.parent.parent\nINSTALLED_APPS = []\nMEDIA_ROOT = BASE / 'media'\nLOGGING = {'handlers': {'file': {'class': 'logging.handlers.RotatingFileHandler', 'filename': '/var/log/shop/shop.log'}}}\n")
            .with("config/settings/local.py", "from .base import *\nMEDIA_ROOT = BASE / 'local'\n")
            .with("config/settings/production.py", "from .base import *\nSTORAGES = {'default': {'BACKEND': 'django.core.files.storage.FileSystemStorage', 'OPTIONS': {'location': '/srv/files'}}}\n")
    };
    let named = [
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.production')",
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')",
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', os.getenv('DJANGO_SETTINGS_MODULE', 'config.settings.production'))",
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings.production'",
    ];
    let all = named.map(|wsgi| format!("{wsgi}\n    {}\n", told(&site(wsgi)).join("\n    ")));
    insta::assert_snapshot!(all.concat(), @"
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.production')
        srv-files keeps /srv/files (config/settings/production.py:2 writes there)
        var-log-shop keeps /var/log/shop (config/settings/base.py:5 writes there)
        media keeps /app/media (config/settings/base.py:4 writes there)
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')
        srv-files keeps /srv/files (config/settings/production.py:2 writes there)
        var-log-shop keeps /var/log/shop (config/settings/base.py:5 writes there)
        media keeps /app/media (config/settings/base.py:4 writes there)
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', os.getenv('DJANGO_SETTINGS_MODULE', 'config.settings.production'))
        srv-files keeps /srv/files (config/settings/production.py:2 writes there)
        var-log-shop keeps /var/log/shop (config/settings/base.py:5 writes there)
        media keeps /app/media (config/settings/base.py:4 writes there)
    os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings.production'
        srv-files keeps /srv/files (config/settings/production.py:2 writes there)
        var-log-shop keeps /var/log/shop (config/settings/base.py:5 writes there)
        media keeps /app/media (config/settings/base.py:4 writes there)
    ");
    let away = site(named[0])
        .with("config/settings/production.py", "from .base import *\nSTORAGES = {'default': {'BACKEND': 'storages.backends.s3.S3Storage', 'OPTIONS': {'location': 'media'}}}\n")
        .with("config/settings/base.py", "INSTALLED_APPS = []\n");
    assert_eq!(told(&away), [""; 0]);
}

/// Where packages are installed nothing can be written: the source runs from its folder.
#[test]
fn what_is_written_where_the_source_is_lets_it_run_as_source() {
    let virtual_lock = requiring(&["fastapi", "uvicorn"]).read("uv.lock");
    let lock = virtual_lock.replace("virtual", "editable");
    let package = |store: &str| {
        let manifest = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n[build-system]\nrequires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n";
        let project = requiring(&["fastapi", "uvicorn"])
            .with("pyproject.toml", manifest)
            .with("uv.lock", &lock)
            .with("src/shop/__init__.py", "")
            .with(
                "src/shop/main.py",
                "from fastapi import FastAPI\nfrom shop import store\napp = FastAPI()\n",
            )
            .with("src/shop/store.py", store);
        format!("{store}    {}\n", told(&project).join("\n    "))
    };
    let all = [
        package("from pathlib import Path\n(Path(__file__).parents[2] / 'data').mkdir()\n"),
        package("import os\nos.makedirs('data')\n"),
    ];
    insta::assert_snapshot!(all.concat(), @"
    from pathlib import Path
    (Path(__file__).parents[2] / 'data').mkdir()
        data keeps /app/data (src/shop/store.py:2 writes there)
    import os
    os.makedirs('data')
        data keeps /app/data (src/shop/store.py:2 writes there)
    ");
}

/// A command of the package needs the package: then it is told.
#[test]
fn what_a_command_of_the_package_writes_beside_it_is_told() {
    let lock = requiring(&["typer"]).read("uv.lock");
    let lock = lock.replace("virtual", "editable");
    let manifest = "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [\"typer\"]\n[project.scripts]\nshop = \"shop.cli:main\"\n[build-system]\nrequires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n";
    let command = |cli: &str| {
        let project = requiring(&["typer"])
            .with("pyproject.toml", manifest)
            .with("uv.lock", &lock)
            .with("dfgen.toml", "[profile.core-api]\ncommand = [\"shop\"]\n")
            .with("src/shop/__init__.py", "")
            .with("src/shop/cli.py", cli);
        format!("{cli}    {}\n", told(&project).join("\n    "))
    };
    let all = [
        command(
            "from pathlib import Path\nDATA = Path(__file__).parents[2] / 'data'\ndef main():\n    DATA.mkdir()\n",
        ),
        command("import os\ndef main():\n    os.makedirs('data')\n"),
    ];
    insta::assert_snapshot!(all.concat(), @r#"
    from pathlib import Path
    DATA = Path(__file__).parents[2] / 'data'
    def main():
        DATA.mkdir()
        `core-api` writes `data` from where its package is installed src/shop/cli.py:4
        take it from the working folder, as `Path("data")`, and keep that: `volumes = ["data"]` in [profile.core-api] of dfgen.toml
    import os
    def main():
        os.makedirs('data')
        data keeps /app/data (src/shop/cli.py:3 writes there)
    "#);
}

#[test]
fn fields_of_fields_and_attributes_of_parameters_are_followed() {
    let settings = "from pathlib import Path\nfrom pydantic_settings import BaseSettings\nclass Store(BaseSettings):\n    folder: Path = Path(__file__).parent / 'data' / 'files'\nclass Settings(BaseSettings):\n    store: Store = Store()\n";
    let getter = "import os\nfrom dataclasses import dataclass, field\nfrom pathlib import Path\ndef get_env(key, default):\n    return lambda: os.getenv(key) or default\ndef home():\n    return Path('home')\n";
    insta::assert_snapshot!(each([
        &format!("{settings}config = Settings()\nconfig.store.folder.mkdir()\n"),
        &format!("{settings}config = Settings()\ncheck(config)\ndef check(given):\n    given.store.folder.mkdir()\n"),
        &format!("{getter}@dataclass\nclass Store:\n    folder: Path = field(default_factory=get_env('UPLOADS', Path('uploads')))\n    def make(self):\n        path = self.folder.absolute()\n        path.mkdir()\n"),
        &format!("{getter}@dataclass\nclass Store:\n    folder: Path = field(default_factory=home)\n    def make(self):\n        self.folder.mkdir()\n"),
        "import os\nA = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\nB = os.getenv('B', os.path.join(A, 'app', 'b'))\nC = os.getenv('C', os.path.join(B, 'c'))\nD = os.getenv('D', os.path.join(C, 'd'))\nE = os.getenv('E', os.path.join(D, 'e'))\nos.makedirs(E)\n",
    ]), @"
    config.store.folder.mkdir()
        data keeps /app/data (store.py:8 writes there)
    given.store.folder.mkdir()
        data keeps /app/data (store.py:10 writes there)
    path.mkdir()
        uploads keeps /app/uploads (store.py:13 writes there)
    self.folder.mkdir()
        home keeps /app/home (store.py:12 writes there)
    os.makedirs(E)
        b keeps /app/b (store.py:7 writes there)
    ");
}

/// What a framework's own program serves is known where there is one application alone.
#[test]
fn what_a_program_of_a_framework_serves_is_looked_at() {
    let served = |words: &str| {
        let project = requiring(&["litestar"])
            .with("app/__init__.py", "")
            .with("app/server.py", "import os\nfrom litestar import Litestar\nos.makedirs('uploads')\ndef create_app() -> Litestar:\n    return Litestar()\n")
            .with("dfgen.toml", &format!("[profile.core-api]\ncommand = {words}\n"));
        told(&project).join("\n")
    };
    insta::assert_snapshot!(served("[\"litestar\", \"run\"]"), @"uploads keeps /app/uploads (app/server.py:3 writes there)");
    assert_eq!(served("[\"litestar\", \"info\"]"), "");
}
