//! What the source writes beside itself is told, with the line that keeps it; what it does not write is not.

use crate::harness::{Project, dfgen, requiring};

const APP: &str = "from fastapi import FastAPI\nimport store\napp = FastAPI()\n";

pub(crate) fn project(store: &str, settings: &str) -> Project {
    requiring(&["fastapi", "uvicorn", "loguru", "django", "platformdirs"])
        .with("main.py", APP)
        .with("store.py", store)
        .with("dfgen.toml", settings)
}

/// The findings about writing of the first image, a line for each word of it: message, places, notes, helps.
pub(crate) fn told(project: &Project) -> Vec<String> {
    let ran = dfgen(&["plan", "--profile", "core-api", "--format", "json"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let plan = ran.json();
    let findings = plan["findings"].as_array().cloned().unwrap_or_default();
    let run = &plan["images"][0]["run"];
    let decided = |key: &str, by: &str| -> Vec<String> {
        let values = run[key].as_array().cloned().unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let values = values
            .iter()
            .map(|one| (&one["value"], text(&one["because"])));
        let found = values.filter(|(_, because)| because.contains(by));
        let lines = found.map(|(value, because)| match key {
            "links" => format!(
                "{} is {} ({because})",
                text(&value["path"]),
                text(&value["target"])
            ),
            _ => format!(
                "{} keeps {} ({because})",
                text(&value["name"]),
                text(&value["folder"])
            ),
        });
        lines.collect()
    };
    let kept = [decided("volumes", "writes there"), decided("links", "")].concat();
    let ours = findings
        .iter()
        .filter(|finding| finding["rule"] == "writes-to-image");
    let words = |finding: &serde_json::Value, key: &str| -> Vec<String> {
        let words = finding[key].as_array().cloned().unwrap_or_default();
        words
            .iter()
            .map(|word| word.as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let lines = ours.flat_map(|finding| {
        let place = &finding["places"][0];
        let message = finding["message"].as_str().unwrap_or_default();
        let message = message
            .strip_suffix(", and the image is read-only: only /tmp and volumes can be written");
        let message = message.expect("it says why");
        let place = format!(
            "{} {}:{}",
            message,
            place["file"].as_str().unwrap_or_default(),
            place["line"]
        );
        [
            vec![place],
            words(finding, "notes"),
            words(finding, "helps"),
        ]
        .concat()
    });
    kept.into_iter().chain(lines).collect()
}

#[test]
fn what_is_written_is_kept_or_told() {
    let cases = [
        "from pathlib import Path\nLOGS = Path(__file__).parent / \"logs\"\nLOGS.mkdir(exist_ok=True)\n",
        "import os\nos.makedirs(\"./data/cache\", exist_ok=True)\n",
        "import os\nif not os.path.exists(\"out\"):\n    os.mkdir(\"out\")\n",
        "import logging\nlogging.basicConfig(filename=\"logs/app.log\")\n",
        "import logging.handlers\nHANDLER = logging.handlers.RotatingFileHandler(filename=\"logs/app.log\")\n",
        "from logging import FileHandler\nimport os.path\nHERE = os.path.dirname(os.path.abspath(__file__))\nHANDLER = FileHandler(os.path.join(HERE, \"logs\", \"app.log\"))\n",
        "import logging.config\nLOGGING = {\"handlers\": {\"file\": {\"class\": \"logging.FileHandler\", \"filename\": \"logs/a.log\"}}}\nlogging.config.dictConfig(LOGGING)\n",
        "from loguru import logger\nlogger.add(\"logs/{time}.log\")\n",
        "from sqlalchemy import create_engine\nURL = \"sqlite:///./notes.db\"\nengine = create_engine(URL)\n",
        "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(\"sqlite+aiosqlite:///db/notes.db\")\n",
        "import sqlite3\nfrom pathlib import Path\nBASE = Path(__file__).resolve().parents[0]\nDB = sqlite3.connect(str(BASE / \"state\" / \"notes.db\"))\n",
        "import chromadb\nclient = chromadb.PersistentClient()\n",
        "import faiss\ndef save(index):\n    faiss.write_index(index, \"index/main.faiss\")\n",
        "import duckdb\nDB = duckdb.connect(\"warehouse/x.duckdb\")\n",
        "import lancedb\nDB = lancedb.connect(uri=\"lance\")\n",
        "import shelve\nDB = shelve.open(\"state/shelf\")\n",
        "import os\nUPLOADS = \"uploads\"\nasync def save(file, name):\n    path = os.path.join(UPLOADS, name)\n    with open(path, \"wb\") as out:\n        out.write(await file.read())\n",
        "from pathlib import Path\ndef save(name):\n    path = Path(\"reports\") / f\"{name}.txt\"\n    path.write_text(\"x\")\n",
        "from pathlib import Path\nclass Store:\n    def __init__(self):\n        self.folder = Path(\"state\")\n    def save(self):\n        (self.folder / \"a.json\").write_text(\"{}\")\n",
        "def save(text, day):\n    with open(f\"out/{day}.txt\", mode=\"a\") as out:\n        out.write(text)\n",
        "import shutil\ndef save(path):\n    shutil.copy(path, \"kept/last.bin\")\n",
        "import os\nfrom pathlib import Path\nDATA = Path(os.getenv(\"DATA_DIR\", \"data\"))\nDATA.mkdir(parents=True)\n",
        "import os\nFILE = os.environ.get(\"STATE_FILE\") or \"state.json\"\ndef save():\n    open(FILE, \"w\").write(\"x\")\n",
        "def save(frame):\n    frame.to_csv(\"exports/all.csv\")\n    frame.to_csv(\"exports/all.csv\")\n    open(\"exports/a\", \"w\")\n    open(\"exports/b\", \"w\")\n    open(\"exports/c\", \"w\")\n    open(\"exports/d\", \"w\")\n    open(\"exports/e\", \"w\")\n",
        "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent\nMEDIA_ROOT = BASE_DIR / \"media\"\nDATABASES = {\"default\": {\"ENGINE\": \"django.db.backends.sqlite3\", \"NAME\": BASE_DIR / \"db.sqlite3\"}}\n",
        "import os\nif os.getenv(\"DB\") == \"postgres\":\n    db = {\"ENGINE\": \"django.db.backends.postgresql\", \"NAME\": \"a\"}\nelse:\n    db = {\"ENGINE\": \"django.db.backends.sqlite3\", \"NAME\": os.path.join(\"data\", \"db.sqlite3\")}\nDATABASES = {\"default\": db}\n",
        "import os\nMEDIA_ROOT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(\"x/y\"))), \"media\")\n",
        "open(\"/app/var/x\", \"w\")\n",
        "def save(path=\"data/x\"):\n    open(path, \"w\").write(\"x\")\nsave()\n",
        "import os\nos.makedirs(\"/var/lib/shop\")\n",
        "from sqlalchemy import create_engine\nengine = create_engine(\"sqlite:////data/notes.db\")\n",
        "MEDIA_ROOT = \"/var/media\"\n",
        "open(\"/var/x.log\", \"a\")\n",
        "from pathlib import Path\n(Path.home() / \".shop\").mkdir()\n",
        "import os\nos.makedirs(os.path.join(os.environ[\"HOME\"], \"shop\"))\n",
        "import os\nos.makedirs(os.path.expanduser(\"~/.shop\"))\n",
        "from platformdirs import user_data_dir\nfrom pathlib import Path\nPath(user_data_dir(\"shop\")).mkdir()\n",
        "from pathlib import Path\nfrom pydantic_settings import BaseSettings\nclass Saved(BaseSettings):\n    saved: str = \"./data\"\nclass Settings(Saved):\n    pass\nsettings = Settings()\nPath(settings.saved).mkdir()\n",
    ];
    let all = cases.map(|store| {
        let lines = told(&project(store, ""));
        assert!(!lines.is_empty(), "{store}");
        let last = store.trim_end().lines().last().unwrap_or_default().trim();
        format!("{last}\n    {}\n", lines.join("\n    "))
    });
    insta::assert_snapshot!(all.concat(), @r#"
    LOGS.mkdir(exist_ok=True)
        logs keeps /app/logs (store.py:3 writes there)
    os.makedirs("./data/cache", exist_ok=True)
        data keeps /app/data (store.py:2 writes there)
    os.mkdir("out")
        out keeps /app/out (store.py:3 writes there)
    logging.basicConfig(filename="logs/app.log")
        logs keeps /app/logs (store.py:2 writes there)
    HANDLER = logging.handlers.RotatingFileHandler(filename="logs/app.log")
        logs keeps /app/logs (store.py:2 writes there)
    HANDLER = FileHandler(os.path.join(HERE, "logs", "app.log"))
        logs keeps /app/logs (store.py:4 writes there)
    logging.config.dictConfig(LOGGING)
        logs keeps /app/logs (store.py:3 writes there)
    logger.add("logs/{time}.log")
        logs keeps /app/logs (store.py:2 writes there)
    engine = create_engine(URL)
        /app/notes.db is /var/lib/linked-files/notes.db (store.py:3 writes there)
    engine = create_async_engine("sqlite+aiosqlite:///db/notes.db")
        db keeps /app/db (store.py:2 writes there)
    DB = sqlite3.connect(str(BASE / "state" / "notes.db"))
        state keeps /app/state (store.py:4 writes there)
    client = chromadb.PersistentClient()
        chroma keeps /app/chroma (store.py:2 writes there)
    faiss.write_index(index, "index/main.faiss")
        index keeps /app/index (store.py:3 writes there)
    DB = duckdb.connect("warehouse/x.duckdb")
        warehouse keeps /app/warehouse (store.py:2 writes there)
    DB = lancedb.connect(uri="lance")
        lance keeps /app/lance (store.py:2 writes there)
    DB = shelve.open("state/shelf")
        state keeps /app/state (store.py:2 writes there)
    out.write(await file.read())
        uploads keeps /app/uploads (store.py:5 writes there)
    path.write_text("x")
        reports keeps /app/reports (store.py:4 writes there)
    (self.folder / "a.json").write_text("{}")
        state keeps /app/state (store.py:6 writes there)
    out.write(text)
        out keeps /app/out (store.py:2 writes there)
    shutil.copy(path, "kept/last.bin")
        kept keeps /app/kept (store.py:3 writes there)
    DATA.mkdir(parents=True)
        data keeps /app/data (store.py:4 writes there)
    open(FILE, "w").write("x")
        /app/state.json is /var/lib/linked-files/state.json (store.py:4 writes there)
    open("exports/e", "w")
        exports keeps /app/exports (store.py:2 writes there)
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
        media keeps /app/media (store.py:3 writes there)
        /app/db.sqlite3 is /var/lib/linked-files/db.sqlite3 (store.py:4 writes there)
    DATABASES = {"default": db}
        data keeps /app/data (store.py:6 writes there)
    MEDIA_ROOT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath("x/y"))), "media")
        media keeps /app/media (store.py:2 writes there)
    open("/app/var/x", "w")
        var keeps /app/var (store.py:1 writes there)
    save()
        data keeps /app/data (store.py:2 writes there)
    os.makedirs("/var/lib/shop")
        var-lib-shop keeps /var/lib/shop (store.py:2 writes there)
    engine = create_engine("sqlite:////data/notes.db")
        data keeps /data (store.py:2 writes there)
    MEDIA_ROOT = "/var/media"
        var-media keeps /var/media (store.py:1 writes there)
    open("/var/x.log", "a")
        `core-api` writes `/var/x.log` store.py:1
        a volume over its folder would hide what the image has: move it to `data/x.log`, and keep that: `volumes = ["data"]` in [profile.core-api] of dfgen.toml
    (Path.home() / ".shop").mkdir()
        home keeps /var/lib/home (store.py:2 writes there, below the user's home)
    os.makedirs(os.path.join(os.environ["HOME"], "shop"))
        home keeps /var/lib/home (store.py:2 writes there, below the user's home)
    os.makedirs(os.path.expanduser("~/.shop"))
        home keeps /var/lib/home (store.py:2 writes there, below the user's home)
    Path(user_data_dir("shop")).mkdir()
        home keeps /var/lib/home (store.py:3 writes there, below the user's home)
    Path(settings.saved).mkdir()
        data keeps /app/data (store.py:8 writes there)
    "#);
}

#[test]
fn nothing_is_told_of_what_is_not_written_there() {
    let cases = [
        "DATA = open(\"data/x.json\").read()\n",
        "DATA = open(\"data/x.json\", \"rb\").read()\n",
        "def read(path):\n    return open(path)\n",
        "def save(path):\n    open(path, \"w\").write(\"x\")\n",
        "def save(path=\"data/x\"):\n    open(path, \"w\").write(\"x\")\n",
        "def save(path=\"data/x\"):\n    open(path, \"w\").write(\"x\")\nsave(given())\n",
        "import os\nopen(os.environ[\"TARGET\"], \"w\")\n",
        "import os\nopen(os.getenv(\"TARGET\"), \"w\")\n",
        "open(\"/tmp/x\", \"w\")\n",
        "from pathlib import Path\nTMP = Path(\"/tmp\") / \"x\"\nTMP.mkdir()\n",
        "import tempfile\nfrom pathlib import Path\nFOLDER = Path(tempfile.mkdtemp())\n(FOLDER / \"x\").write_text(\"x\")\n",
        "import tempfile\nwith tempfile.TemporaryDirectory() as folder:\n    open(folder + \"/x\", \"w\")\n",
        "import io\nOUT = io.BytesIO()\nOUT.write(b\"x\")\n",
        "import logging, sys\nlogging.basicConfig(stream=sys.stderr)\n",
        "import sys\nfrom loguru import logger\nlogger.add(sys.stderr)\n",
        "import os\nos.makedirs(\"/dev/shm/shop\")\n",
        "from pathlib import Path\n(Path.home() / \".cache\" / \"shop\").mkdir()\n",
        "open(\"~shop/x\", \"w\")\n",
        "import sqlite3\nDB = sqlite3.connect(\":memory:\")\n",
        "from sqlalchemy import create_engine\nengine = create_engine(\"sqlite://\")\n",
        "from sqlalchemy import create_engine\nengine = create_engine(\"postgresql://localhost/shop\")\n",
        "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(os.getenv(\"DATABASE_URL\", \"sqlite:///./notes.db\"))\n",
        "import duckdb\nDB = duckdb.connect()\n",
        "import duckdb\nDB = duckdb.connect(\"x.duckdb\", read_only=True)\n",
        "import chromadb\nclient = chromadb.PersistentClient(path=\"/tmp/chroma\")\n",
        "import lancedb\nDB = lancedb.connect(\"s3://bucket/lance\")\n",
        "if __name__ == \"__main__\":\n    open(\"data/x\", \"w\")\n",
        "def main():\n    open(\"data/x\", \"w\")\nif __name__ == \"__main__\":\n    main()\n",
        "import sys\nif sys.platform == \"win32\":\n    open(\"data/x\", \"w\")\n",
        "from pathlib import Path\nPath(\"static\").mkdir(exist_ok=True)\n",
        "def save(frame, folder):\n    frame.to_csv(f\"{folder}/x.csv\")\n    frame.to_csv()\n",
        "for path in paths():\n    path.mkdir()\n",
        "FOLDER = \"data\"\nFOLDER = \"/tmp/data\"\nopen(FOLDER + \"/x\", \"w\")\n",
        "MEDIA_ROOT = \"media\"\nSTORAGES = {\"default\": {\"BACKEND\": \"storages.backends.s3.S3Storage\"}}\n",
        "def open(path, mode):\n    return path\nopen(\"data/x\", \"w\")\n",
    ];
    for store in cases {
        let project = project(store, "").with("static/site.css", "");
        assert_eq!(told(&project), [""; 0], "{store}");
    }
}

const WRITES: &str = "open(\"data/x\", \"w\")\n";

#[test]
fn what_the_profile_keeps_or_sets_is_not_told() {
    let folder = |settings: &str| {
        told(&project(
            WRITES,
            &format!("[profile.core-api]\n{settings}\n"),
        ))
    };
    for kept in [
        "volumes = [\"data\"]",
        "volumes = [\"./data/\"]",
        "volumes = [\"/app/data\"]",
        "model-cache = \"/app/data\"",
        "development = true",
    ] {
        assert_eq!(folder(kept), [""; 0], "{kept}");
    }
    assert_eq!(
        folder("volumes = [\"uploads\"]"),
        ["data keeps /app/data (store.py:1 writes there)"]
    );
    // An empty list is none.
    insta::assert_snapshot!(folder("volumes = []").join("\n"), @r#"
    `core-api` writes to `data` store.py:1
    keep it: `volumes = ["data"]` in [profile.core-api] of dfgen.toml
    "#);
    assert_eq!(
        folder("volumes = []\nsilence = [\"writes-to-image\"]"),
        [""; 0]
    );
    let store = "import os\nopen(os.getenv(\"DATA\", \"data\") + \"/x\", \"w\")\n";
    assert!(!told(&project(store, "")).is_empty());
    let set = "[profile.core-api]\nenv = { DATA = \"/tmp\" }\n";
    assert_eq!(told(&project(store, set)), [""; 0]);
}

#[test]
fn only_what_the_image_runs_is_looked_at() {
    let project = project("", "")
        .with("tests/test_store.py", WRITES)
        .with("scripts/fill.py", WRITES)
        .with("train.py", WRITES);
    assert_eq!(told(&project), [""; 0]);
    let project = project
        .with("train.py", WRITES)
        .with("store.py", "import train\n");
    assert_eq!(
        told(&project),
        ["data keeps /app/data (train.py:1 writes there)"]
    );
}

#[test]
fn of_django_what_its_settings_name_is_looked_at() {
    let project = requiring(&["django", "gunicorn"])
        .with("config/__init__.py", "")
        .with("config/settings.py", "INSTALLED_APPS = [\"shop\"]\n")
        .with("config/wsgi.py", "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"config.settings\")\napplication = get_wsgi_application()\n")
        .with("shop/__init__.py", "")
        .with("shop/models.py", WRITES)
        .with("shop/tests_by_hand.py", "open(\"results/x\", \"w\")\n");
    assert_eq!(
        told(&project),
        ["data keeps /app/data (shop/models.py:1 writes there)"]
    );
}

#[test]
fn settings_and_folders_with_code_are_followed() {
    let settings = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    upload_dir: str = \"uploads\"\n    state: str = \"state.json\"\nsettings = Settings()\n";
    let store = "import os\nfrom shop.config import settings\nos.makedirs(settings.upload_dir)\nopen(settings.state, \"w\")\nopen(\"shop/cache/x\", \"w\")\nopen(\"shop/x\", \"w\")\n";
    let project = project(store, "")
        .with("shop/__init__.py", "")
        .with("shop/config.py", settings);
    insta::assert_snapshot!(told(&project).join("\n"), @"
    shop-cache keeps /app/shop/cache (store.py:5 writes there)
    uploads keeps /app/uploads (store.py:3 writes there)
    /app/shop/x is /var/lib/linked-files/shop-x (store.py:6 writes there)
    /app/state.json is /var/lib/linked-files/state.json (store.py:4 writes there)
    ");
}

#[test]
fn folders_that_the_settings_of_flask_name_are_looked_at() {
    let flask = |settings: &str, code: &str| {
        let main = format!(
            "import os\nfrom flask import Flask, current_app, request\napp = Flask(__name__)\n{settings}\n@app.post(\"/files\")\ndef put():\n    file = request.files[\"file\"]\n    {code}\n    return \"\"\n"
        );
        let project = requiring(&["flask", "flask-session", "gunicorn"]).with("main.py", &main);
        format!("{settings}\n    {}\n", told(&project).join("\n    "))
    };
    let save = "file.save(os.path.join(app.config[\"FILES\"], file.filename))";
    let all = [
        flask("app.config[\"UPLOAD_FOLDER\"] = \"uploads\"", "pass"),
        flask(
            "app.config.update(UPLOAD_FOLDER=os.path.join(app.root_path, \"uploads\"))",
            "pass",
        ),
        flask(
            "app.config.from_mapping({\"UPLOAD_FOLDER\": \"var/uploads\"})",
            "pass",
        ),
        flask(
            "class Config:\n    UPLOAD_FOLDER = os.path.join(os.path.dirname(__file__), \"uploads\")\napp.config.from_object(Config)",
            "pass",
        ),
        flask("app.config[\"SESSION_FILE_DIR\"] = \"sessions\"", "pass"),
        flask("app.config[\"FILES\"] = \"files\"", save),
        flask(
            "app.config[\"FILES\"] = os.environ.get(\"FILES\", \"files\")",
            "os.makedirs(current_app.config.get(\"FILES\"))",
        ),
        flask("app.config[\"FILES\"] = \"/tmp/files\"", save),
        flask(
            "app.config[\"FILES\"] = \"files\"\napp.config[\"FILES\"] = \"/data\"",
            save,
        ),
        flask("FILES = \"files\"", "pass"),
        flask("os.makedirs(app.instance_path, exist_ok=True)", "pass"),
    ];
    insta::assert_snapshot!(all.concat(), @r#"
    app.config["UPLOAD_FOLDER"] = "uploads"
        uploads keeps /app/uploads (main.py:4 writes there)
    app.config.update(UPLOAD_FOLDER=os.path.join(app.root_path, "uploads"))
        uploads keeps /app/uploads (main.py:4 writes there)
    app.config.from_mapping({"UPLOAD_FOLDER": "var/uploads"})
        var keeps /app/var (main.py:4 writes there)
    class Config:
        UPLOAD_FOLDER = os.path.join(os.path.dirname(__file__), "uploads")
    app.config.from_object(Config)
        uploads keeps /app/uploads (main.py:5 writes there)
    app.config["SESSION_FILE_DIR"] = "sessions"
        sessions keeps /app/sessions (main.py:4 writes there)
    app.config["FILES"] = "files"
        files keeps /app/files (main.py:8 writes there)
    app.config["FILES"] = os.environ.get("FILES", "files")
        files keeps /app/files (main.py:8 writes there)
    app.config["FILES"] = "/tmp/files"
        
    app.config["FILES"] = "files"
    app.config["FILES"] = "/data"
        
    FILES = "files"
        
    os.makedirs(app.instance_path, exist_ok=True)
        instance keeps /app/instance (main.py:4 writes there)
    "#);
}

/// What the source has there would not be seen to change any more, or is no file of its own.
#[test]
fn what_the_source_has_itself_is_told() {
    let store = "open(\"data/x\", \"w\")\nopen(\"state.json\", \"w\")\nopen(\"new.json\", \"w\")\n";
    let with = |files: &[&str]| {
        let project = project(store, "");
        let project = files
            .iter()
            .fold(project, |project, file| project.with(file, "x\n"));
        format!("{files:?}\n    {}\n", told(&project).join("\n    "))
    };
    let all = [
        with(&["data/.gitkeep"]),
        with(&["data/seed.csv", "state.json"]),
    ];
    insta::assert_snapshot!(all.concat(), @r#"
    ["data/.gitkeep"]
        data keeps /app/data (store.py:1 writes there)
        /app/new.json is /var/lib/linked-files/new.json (store.py:3 writes there)
        /app/state.json is /var/lib/linked-files/state.json (store.py:2 writes there)
    ["data/seed.csv", "state.json"]
        /app/new.json is /var/lib/linked-files/new.json (store.py:3 writes there)
        `core-api` writes to `data` store.py:1
        keep it: `volumes = ["data"]` in [profile.core-api] of dfgen.toml
        `core-api` writes `state.json` beside the source store.py:2
        a volume over its folder would hide the source: move it to `data/state.json`, and keep that: `volumes = ["data"]` in [profile.core-api] of dfgen.toml
    "#);
}

/// The file of a database gives way to the address of a service, where a variable says it and compose sets that.
#[test]
fn a_database_that_a_variable_replaces_is_not_written() {
    let settings = "import os\nimport dj_database_url\nDATABASES = {\"default\": {\"ENGINE\": \"django.db.backends.sqlite3\", \"NAME\": \"shop.sqlite3\"}}\n";
    let replaced = [
        "if \"DATABASE_URL\" in os.environ:\n    DATABASES[\"default\"] = dj_database_url.config(conn_max_age=600)\n",
        "DATABASES[\"default\"].update(dj_database_url.config())\n",
        "address = dj_database_url.config()\nDATABASES[\"default\"].update(address)\n",
    ];
    let with = |more: &str| {
        let project = requiring(&["dj-database-url", "django", "fastapi", "psycopg", "uvicorn"])
            .with("main.py", APP)
            .with("store.py", &format!("{settings}{more}"));
        told(&project)
    };
    assert_eq!(with("").len(), 1, "{:?}", with(""));
    for more in replaced {
        assert_eq!(with(more), [""; 0], "{more}");
    }
}
