//! Variables without which the application ends at once.

use crate::harness::{Project, dfgen, requiring as project};

/// What the finding names, for a module of settings that the application imports.
fn named(packages: &[&str], settings: &str) -> String {
    of(&shop(packages).with("shop/settings.py", settings))
}

fn shop(packages: &[&str]) -> Project {
    project(&[&["fastapi", "uvicorn"], packages].concat())
        .with("shop/__init__.py", "")
        .with(
            "shop/main.py",
            "from fastapi import FastAPI\nfrom shop import settings\napp = FastAPI()\n",
        )
}

fn of(project: &Project) -> String {
    let run = dfgen(&["render", "--stdout"]).in_project(project);
    let told = run.stderr.split("note[required-variable]").nth(1);
    let line = told.and_then(|told| told.lines().find(|line| line.contains("note: `")));
    let line = line.map(|line| line.trim_start_matches(" = note: ").to_owned());
    line.unwrap_or_else(|| format!("nothing ({:?})", run.code))
}

#[test]
fn what_is_read_at_the_import_without_a_value_of_its_own() {
    let environ = "import os\nKEY = os.environ['KEY']\nNAME = os.environ.get('NAME')\nPORT = int(os.environ['NUMBER'])\n\
                   TOKEN = os.getenv('TOKEN')\nif not TOKEN:\n    raise RuntimeError('TOKEN')\nHOME = os.environ['HOME']\n\
                   OTHER = os.getenv('OTHER', 'x')\n";
    insta::assert_snapshot!(named(&[], environ), @"`KEY` (shop/settings.py:2), `NUMBER` (shop/settings.py:4), `TOKEN` (shop/settings.py:5)");
    let wrapped = "import os\ndef need(name):\n    try:\n        return os.environ[name]\n    except KeyError:\n        raise RuntimeError(name)\n\
                   def may(name):\n    return os.environ.get(name)\nKEY = need('KEY')\nNAME = may('NAME')\n";
    insta::assert_snapshot!(named(&[], wrapped), @"`KEY` (shop/settings.py:9)");
    let decouple = "from decouple import config\nKEY = config('KEY')\nDEBUG = config('DEBUG', default=False, cast=bool)\n";
    insta::assert_snapshot!(named(&["python-decouple"], decouple), @"`KEY` (shop/settings.py:2)");
    let environ = "import environ\nenv = environ.Env(DEBUG=(bool, False))\nDEBUG = env('DEBUG')\nKEY = env('KEY')\n";
    insta::assert_snapshot!(named(&["django-environ"], environ), @"`KEY` (shop/settings.py:4)");
}

#[test]
fn what_a_scheme_has_a_value_for() {
    let unpacked = "import environ\nBASE = {'DEBUG': (bool, False)}\nenv = environ.Env(**{**BASE, 'HOST': (str, 'x', 'help')}, CAST=bool)\n\
                    DEBUG = env('DEBUG')\nHOST = env('HOST')\nCAST = env('CAST')\nKEY = env('KEY')\n";
    insta::assert_snapshot!(named(&["django-environ"], unpacked), @"`CAST` (shop/settings.py:6), `KEY` (shop/settings.py:7)");
    let smart = "from smart_env import SmartEnv\nKNOWN = {'DEBUG': (bool, False)}\nenv = SmartEnv(**KNOWN)\nDEBUG = env.bool('DEBUG')\nKEY = env('KEY')\n";
    insta::assert_snapshot!(named(&[], smart), @"`KEY` (shop/settings.py:5)");
}

#[test]
fn fields_of_settings_that_have_a_value() {
    let class = "from typing import Annotated, ClassVar, Optional\nfrom pydantic import AliasChoices, BaseModel, Field\nfrom pydantic_settings import BaseSettings\n\
                 class Mail(BaseModel):\n    host: str\nclass Database(BaseModel):\n    url: str\n    pool: int = 5\n\
                 class Settings(BaseSettings):\n    model_config = {'env_nested_delimiter': '__'}\n    name: ClassVar[str]\n    _own: str\n\
                 \x20   region: Annotated[str, Field(default='eu')]\n    mail: Mail | None = None\n    database: Database\n\
                 \x20   key: str = Field(validation_alias=AliasChoices('KEY', 'SHOP_KEY'))\n";
    let made = format!("{class}settings = Settings()\n");
    insta::assert_snapshot!(named(&["pydantic-settings"], &made), @"`DATABASE__URL` (shop/settings.py:7), `KEY` (shop/settings.py:16)");
    let given = format!("{class}values = {{}}\nsettings = Settings(**values)\n");
    insta::assert_snapshot!(named(&["pydantic-settings"], &given), @"nothing (Some(0))");
}

#[test]
fn fields_of_settings_that_are_made() {
    let class = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    model_config = {'env_prefix': 'SHOP_'}\n    key: str\n    region: str = 'eu'\n    given: str\n";
    let made = format!("{class}settings = Settings(given='x')\n");
    insta::assert_snapshot!(named(&["pydantic-settings"], &made), @"`SHOP_KEY` (shop/settings.py:4)");
    insta::assert_snapshot!(named(&["pydantic-settings"], class), @"nothing (Some(0))");
}

#[test]
fn what_may_not_be_read_is_not_told() {
    let settings = "import os\ntry:\n    A = os.environ['A']\nexcept KeyError:\n    A = ''\nif os.getenv('B_ON'):\n    B = os.environ['B']\n\
                    def c():\n    return os.environ['C']\nD = os.environ['D'] if A else ''\nE = os.environ.get('E') or 'e'\n\
                    os.environ['F'] = 'f'\nF = os.environ['F']\nif __name__ == '__main__':\n    print(os.environ['G'])\n";
    insta::assert_snapshot!(named(&[], settings), @"nothing (Some(0))");
    let caught = "import os\nfrom contextlib import suppress\nwith suppress(KeyError):\n    A = os.environ['A']\nB = (\n    os.environ['B']\n    if 'B' in os.environ\n    else ''\n)\n\
                  C = int(os.getenv('C') or\n    3)\nD = os.environ.get('D', '')\n";
    insta::assert_snapshot!(named(&[], caught), @"nothing (Some(0))");
    let unreached = shop(&[])
        .with("shop/settings.py", "")
        .with("shop/other.py", "import os\nKEY = os.environ['KEY']\n");
    insta::assert_snapshot!(of(&unreached), @"nothing (Some(0))");
    let set = shop(&[])
        .with("shop/settings.py", "import os\nKEY = os.environ['KEY']\n")
        .with("dfgen.toml", "[profile.core-api.env]\nKEY = \"x\"\n");
    insta::assert_snapshot!(of(&set), @"nothing (Some(0))");
}

#[test]
fn it_is_told_once_with_where_to_write_it() {
    let project = shop(&[]).with(
        "shop/settings.py",
        "import os\nKEY = os.environ['KEY']\nTOKEN = os.environ['TOKEN']\n",
    );
    insta::assert_snapshot!(dfgen(&["render"]).in_project(&project).stderr, @"
    note[required-variable]: 2 variables have to be set, or the application does not start
     |
     = note: `KEY` (shop/settings.py:2), `TOKEN` (shop/settings.py:3)
     = note: the source has no value of its own for them, and no file of dfgen's sets them
     = help: write them to `.env` in the project's folder, a line `NAME=value` each: the compose file hands it to every service, and no image has it

    `dfgen explain required-variable` says more about it

    core-api: the project needs no ML stack
    wrote docker/compose.yaml
    wrote docker/core-api.Dockerfile
    wrote docker/core-api.Dockerfile.dockerignore
    wrote docker/dfgen.py
    ");
}

#[test]
fn fields_that_may_be_nothing_and_paths_that_are_not_there() {
    let pydantic = |package: &str, fields: &str| {
        let text = format!(
            "from typing import Optional\nfrom pathlib import Path\nfrom pydantic import DirectoryPath, Field, FilePath\nfrom {package} import BaseSettings\nAPP = 'Shop'\nPREFIX = f'{{APP.upper()}}_'\n\
             class Settings(BaseSettings):\n{fields}    class Config:\n        env_prefix = PREFIX\nsettings = Settings()\n"
        );
        let packages = ["pydantic", "pydantic-settings"];
        of(&shop(&packages)
            .with("shop/settings.py", &text)
            .with("here.yaml", "x\n"))
    };
    let optional = "    pages: Optional[str]\n    key: str\n";
    insta::assert_snapshot!(pydantic("pydantic", optional), @"`SHOP_KEY` (shop/settings.py:9)");
    insta::assert_snapshot!(pydantic("pydantic_settings", optional), @"`SHOP_KEY` (shop/settings.py:9), `SHOP_PAGES` (shop/settings.py:8)");
    let paths = "    there: FilePath = Path('here.yaml')\n    file: FilePath = Field(Path('config.yaml'), env={f'{PREFIX}CONFIG', 'OTHER'})\n    free: Path = Path('none')\n";
    insta::assert_snapshot!(pydantic("pydantic", paths), @"`SHOP_CONFIG` (shop/settings.py:9)");
}

/// Django ends without its key, and without settings where their package has none itself.
#[test]
fn what_django_does_not_start_without() {
    let site = |settings: &[(&str, &str)]| {
        let project = project(&["django", "gunicorn"])
            .with("config/__init__.py", "")
            .with("config/wsgi.py", "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\napplication = get_wsgi_application()\n");
        let files = settings.iter();
        of(&files.fold(project, |project, (path, text)| project.with(path, text)))
    };
    let key = "import os\nINSTALLED_APPS = []\nSECRET_KEY = os.environ.get('KEY')\n";
    let other = "import os\nINSTALLED_APPS = []\nSECRET_KEY = os.environ.get('KEY', 'x')\n";
    insta::assert_snapshot!(site(&[("config/settings.py", key)]), @"`KEY` (config/settings.py:3)");
    insta::assert_snapshot!(site(&[("config/settings.py", other)]), @"nothing (Some(0))");
    let one = [
        ("config/settings/production.py", key),
        ("config/settings/dev.py", other),
    ];
    insta::assert_snapshot!(site(&one), @"`KEY` (config/settings/production.py:3)");
    let two = [
        ("config/settings/production.py", other),
        ("config/settings/live.py", other),
    ];
    insta::assert_snapshot!(site(&two), @"`DJANGO_SETTINGS_MODULE` (config/wsgi.py:4)");
}

/// What fails without a value fails however it is asked for later.
#[test]
fn what_is_asked_for_after_it_is_read() {
    let environ = "import environ\nenv = environ.Env()\nDEBUG = env.bool('DEBUG')\nif DEBUG:\n    print(1)\nMAIL = env.email_url('MAIL_URL')\n\
                   OTHER = env.email_url()\nSEARCH = env.search_url(default='')\nMODE = env.tuple('MODE', default=())\n";
    insta::assert_snapshot!(named(&["django-environ"], environ), @"`DEBUG` (shop/settings.py:3), `EMAIL_URL` (shop/settings.py:7), `MAIL_URL` (shop/settings.py:6)");
}

/// The function that a command runs, or the file itself, counts up to where it may end.
#[test]
fn what_the_function_that_is_started_reads() {
    let command = |file: &str| {
        let lock = project(&["discord-py"]).read("uv.lock");
        of(&project(&["discord-py"])
            .with("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"0.1.0\"\nrequires-python = \">=3.13\"\ndependencies = [\"discord-py\"]\n[project.scripts]\nshop = \"shop.bot:main\"\n[build-system]\nrequires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n")
            .with("uv.lock", &lock.replace("virtual", "editable"))
            .with("src/shop/__init__.py", "")
            .with("src/shop/bot.py", file))
    };
    let read = "import os\ndef other():\n    return os.environ['OTHER']\ndef main():\n    if 'TOKEN' not in os.environ:\n        raise RuntimeError('TOKEN')\n    token = os.environ['TOKEN']\n    print(token)\n";
    insta::assert_snapshot!(command(read), @"`TOKEN` (src/shop/bot.py:7)");
    let ended = read.replace(
        "    token =",
        "    if os.path.exists('x'):\n        return\n    token =",
    );
    insta::assert_snapshot!(command(&ended), @"nothing (Some(0))");
    let caught = read.replace(
        "    token = os.environ['TOKEN']",
        "    try:\n        token = os.environ['TOKEN']\n    except KeyError:\n        token = ''",
    );
    insta::assert_snapshot!(command(&caught), @"nothing (Some(0))");
}

/// A configuration of Flask's that is a file is no module that anything imports.
#[test]
fn what_a_file_of_settings_reads() {
    let flask = |made: &str| {
        of(&project(&["flask", "gunicorn", "python-decouple"])
            .with("shop/__init__.py", "")
            .with("shop/main.py", made)
            .with(
                "shop/settings.py",
                "from decouple import config\nKEY = config('KEY')\n",
            ))
    };
    insta::assert_snapshot!(flask("from flask import Flask\napp = Flask(__name__)\napp.config.from_pyfile('settings.py')\n"), @"`KEY` (shop/settings.py:2)");
    insta::assert_snapshot!(flask("from pathlib import Path\nfrom flask import Flask\nsettings = Path('.') / 'settings.py'\ndef create(config):\n    app = Flask(__name__)\n    app.config.from_pyfile(str(config))\n    return app\napp = create(config=settings)\n"), @"`KEY` (shop/settings.py:2)");
    insta::assert_snapshot!(flask("from flask import Flask\napp = Flask(__name__)\nopen('settings.py')\n"), @"nothing (Some(0))");
}

/// Settings that are not there are told where they are named, unless the profile names others.
#[test]
fn settings_of_django_that_are_not_there() {
    let site = |profile: &str| {
        let project = project(&["django", "gunicorn"])
            .with("config/__init__.py", "")
            .with("config/settings/__init__.py", "")
            .with("config/settings/base.py", "INSTALLED_APPS = []\nSECRET_KEY = 'x'\n")
            .with("config/settings/production.py.example", "from .base import *\n")
            .with("config/wsgi.py", "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.production')\napplication = get_wsgi_application()\n")
            .with("dfgen.toml", profile);
        let run = dfgen(&["render", "--stdout"]).in_project(&project);
        let told = run.stderr.split("warning[unknown-entry]: ").nth(1);
        told.map(|told| told.split("\n\n").next().unwrap_or_default().to_owned())
    };
    insta::assert_snapshot!(site("[profile.core-api]\n").unwrap_or_default(), @r#"
    `config.settings.production` has the settings, and the source has no such module
     --> config/wsgi.py:3:1
      |
    3 | os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.production')
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the settings
      |
      = note: `config/settings/production.py.example` is there, and is no module
      = help: bring the file here, where no `.gitignore` leaves it out, or let `DJANGO_SETTINGS_MODULE` in [profile.core-api.env] of dfgen.toml name settings that are there
    "#);
    let said = "[profile.core-api.env]\nDJANGO_SETTINGS_MODULE = \"config.settings.base\"\n";
    assert_eq!(site(said), None);
}

#[test]
fn addresses_of_this_machine_that_nothing_sets() {
    let told = |settings: &str| {
        let run = dfgen(&["render", "--stdout"])
            .in_project(&shop(&["redis"]).with("shop/settings.py", settings));
        let told = run.stderr.split("note[local-address]").nth(1);
        let line = told.and_then(|told| told.lines().find(|line| line.contains("note: `")));
        let line = line.map(|line| line.trim_start_matches(" = note: ").to_owned());
        line.unwrap_or_else(|| format!("nothing ({:?})", run.code))
    };
    let others = "import os\nMODELS = os.getenv('OLLAMA_URL', 'http://localhost:11434')\nSTORE = os.getenv('MILVUS_HOST', 'localhost')\n\
                  PORT = os.getenv('MILVUS_PORT', '19530')\nKAFKA = os.getenv('KAFKA_BROKERS', 'user:hush@127.0.0.1:9092')\n";
    insta::assert_snapshot!(told(others), @"`KAFKA_BROKERS` is `127.0.0.1:9092` (shop/settings.py:5), `MILVUS_HOST` is `localhost` (shop/settings.py:3), `OLLAMA_URL` is `localhost:11434` (shop/settings.py:2)");
    let own = "import os\nHOST = os.getenv('HOST', 'localhost')\nAPI = os.getenv('API_HOST', '127.0.0.1')\nURL = os.getenv('BASE_URL', 'http://localhost:8000')\n\
               PAGE = os.getenv('PAGE_URL', 'http://localhost:5173')\nCORS = os.getenv('CORS_ORIGINS', 'http://localhost:8080')\n\
               REDIS = os.getenv('REDIS_URL', 'redis://localhost:6379')\nFAR = os.getenv('FAR_URL', 'https://far.example')\n";
    insta::assert_snapshot!(told(own), @"nothing (Some(0))");
}

/// `X if os.environ.get("X") else None`, over several lines, too.
#[test]
fn what_is_read_only_where_it_is_there_is_not_needed() {
    let settings = "import os\nKEY = os.environ['KEY']\nNUMBER = (\n    int(os.environ.get('NUMBER'))\n    if os.environ.get('NUMBER')\n    else None\n)\n";
    insta::assert_snapshot!(named(&[], settings), @"`KEY` (shop/settings.py:2)");
}
