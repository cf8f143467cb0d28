//! Commands of the build whose results an image has: static files of Django, front ends, and those of dfgen.toml.

use serde_json::Value;

use crate::harness::{Project, dfgen, requiring};

const MANAGE: &str = "import os\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"site_config.settings\")\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line()\n";
const WSGI: &str = "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"site_config.settings\")\napplication = get_wsgi_application()\n";

fn site(settings: &str) -> Project {
    let start = "from pathlib import Path\nimport os\nBASE_DIR = Path(__file__).resolve().parent.parent\nINSTALLED_APPS = [\"django.contrib.staticfiles\"]\n";
    requiring(&["django", "gunicorn"])
        .with("manage.py", MANAGE)
        .with("site_config/__init__.py", "")
        .with("site_config/wsgi.py", WSGI)
        .with("site_config/settings.py", &format!("{start}{settings}"))
}

fn plan(project: &Project) -> Value {
    let ran = dfgen(&["plan", "--profile", "core-api", "--format", "json"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.json()
}

/// Each step of the image in a line: what runs, where, with which variables, and what it keeps.
fn steps(project: &Project) -> Vec<String> {
    let plan = plan(project);
    let steps = plan["images"][0]["steps"].as_array().cloned();
    let steps = steps.unwrap_or_default();
    let line = |step: &Value| {
        let step = &step["value"];
        let words = |list: &Value| {
            let words = list.as_array().cloned().unwrap_or_default();
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            words.join(" ")
        };
        let env = step["env"].as_object().cloned().unwrap_or_default();
        let env = env
            .iter()
            .map(|(name, value)| format!(" {name}={}", value.as_str().unwrap_or_default()));
        let env: String = env.collect();
        let (run, keep) = (words(&step["run"]), words(&step["keep"]));
        format!(
            "{}:{env} {run} -> {keep}",
            step["folder"].as_str().unwrap_or_default()
        )
    };
    steps.iter().map(line).collect()
}

/// The findings of a rule, each as its message and what to do.
fn told(project: &Project, rule: &str) -> Vec<String> {
    let plan = plan(project);
    let findings = plan["findings"].as_array().cloned().unwrap_or_default();
    let ours = findings.iter().filter(|finding| finding["rule"] == rule);
    let text = |finding: &Value| {
        let place = &finding["places"][0];
        let helps = finding["helps"].as_array().cloned().unwrap_or_default();
        let helps: Vec<&str> = helps.iter().filter_map(Value::as_str).collect();
        format!(
            "{} ({}:{})\n{}",
            finding["message"].as_str().unwrap_or_default(),
            place["file"].as_str().unwrap_or_default(),
            place["line"],
            helps.join("\n")
        )
    };
    ours.map(text).collect()
}

/// Django serves nothing where `DEBUG` is off.
#[test]
fn files_that_nothing_serves_are_told() {
    let root = "STATIC_ROOT = BASE_DIR / \"staticfiles\"\n";
    let found = told(&site(root), "unserved-files");
    assert!(
        matches!(found.as_slice(), [one] if one.contains("(site_config/settings.py:5)") && one.contains("uv add whitenoise")),
        "{found:?}"
    );
    let middleware =
        format!("{root}MIDDLEWARE = [\"whitenoise.middleware.WhiteNoiseMiddleware\"]\n");
    let urls = "from django.urls import re_path\nfrom django.views.static import serve\nurlpatterns = [re_path(\"^s/(?P<path>.*)$\", serve)]\n";
    for project in [
        site(&middleware),
        site(root).with("site_config/urls.py", urls),
        site(""),
        site(root).with("dfgen.toml", "silence = [\"unserved-files\"]\n"),
    ] {
        assert_eq!(told(&project, "unserved-files"), [""; 0]);
    }
}

const COLLECT: &str = "python -m django collectstatic --noinput";

#[test]
fn static_files_are_collected_where_settings_want_them() {
    let settings = "DJANGO_SETTINGS_MODULE=site_config.settings";
    let cases = [
        (
            "STATIC_ROOT = BASE_DIR / \"staticfiles\"\n",
            "",
            "/app/staticfiles",
        ),
        (
            "STATIC_ROOT = os.path.join(BASE_DIR, \"var\", \"static\")\n",
            "",
            "/app/var/static",
        ),
        ("STATIC_ROOT = \"/srv/static\"\n", "", "/srv/static"),
        (
            "STATIC_ROOT = os.getenv(\"STATIC_ROOT\", \"public\")\n",
            "",
            "/app/public",
        ),
        (
            "STATIC_ROOT = BASE_DIR / \"out\"\nSECRET_KEY = os.environ[\"SECRET_KEY\"]\nWORKERS = int(os.getenv(\"WORKERS\"))\nHOSTS = os.environ.get(\"HOSTS\").split(\",\")\nDSN = os.getenv(\"SENTRY_DSN\")\nLEVEL = os.getenv(\"LEVEL\", \"INFO\")\n",
            " HOSTS=0 SECRET_KEY=0 WORKERS=0",
            "/app/out",
        ),
        (
            "import environ\nROOT = environ.Path(__file__) - 2\nSTATIC_ROOT = str(ROOT(\"collected\"))\n",
            "",
            "/app/collected",
        ),
        (
            "import environ\nROOT = environ.Path(__file__) - 2\nSTATIC_ROOT = ROOT.path(\"var\").path(\"static\")\n",
            "",
            "/app/var/static",
        ),
        // It fails in its own way without one.
        (
            "STATIC_ROOT = BASE_DIR / \"out\"\nif key := os.environ.get(\"SHOP_SECRET_KEY\"):\n    SECRET_KEY = key\nelse:\n    raise SystemExit(1)\n",
            " SHOP_SECRET_KEY=0",
            "/app/out",
        ),
        (
            "STATIC_ROOT = BASE_DIR / \"out\"\nimport dj_database_url\nDATABASES = {\"default\": dj_database_url.parse(os.environ[\"DATABASE_URL\"])}\n",
            " DATABASE_URL=sqlite:////tmp/none.db",
            "/app/out",
        ),
        // A service for some, and files for the others.
        (
            "STATIC_ROOT = BASE_DIR / \"out\"\nif os.getenv(\"S3\"):\n    STORAGES = {\"staticfiles\": {\"BACKEND\": \"storages.backends.s3.S3Storage\"}}\nelse:\n    STORAGES = {\"staticfiles\": {\"BACKEND\": \"whitenoise.storage.CompressedStaticFilesStorage\"}}\n",
            "",
            "/app/out",
        ),
    ];
    for (text, env, folder) in cases {
        let found = steps(&site(text));
        let expected = format!("/app: {settings}{env} {COLLECT} -> {folder}");
        assert_eq!(found, [expected], "{text}");
    }
}

#[test]
fn nothing_is_collected_where_nothing_is_to_be_or_dfgen_toml_says_so() {
    let cases = [
        "DEBUG = False\n",
        "STATIC_ROOT = None\n",
        "STATIC_ROOT = BASE_DIR / \"out\"\nSTATICFILES_STORAGE = \"storages.backends.gcloud.GoogleCloudStorage\"\n",
        "STATIC_ROOT = BASE_DIR / \"out\"\nSTORAGES = {\"staticfiles\": {\"BACKEND\": \"storages.backends.s3.S3Storage\"}}\n",
    ];
    for text in cases {
        let project = site(text);
        assert_eq!(steps(&project), [""; 0], "{text}");
        assert_eq!(told(&project, "uncollected-files"), [""; 0], "{text}");
    }
    let root = "STATIC_ROOT = BASE_DIR / \"out\"\n";
    let off = site(root).with("dfgen.toml", "[profile.core-api]\nbuild-steps = []\n");
    assert_eq!(steps(&off), [""; 0]);
    let unknown = site("STATIC_ROOT = some_function()\n");
    insta::assert_snapshot!(told(&unknown, "uncollected-files").join("\n"), @r#"
    files that the pages of `core-api` are made with are not collected (site_config/settings.py:5)
    say it in dfgen.toml:
    [profile.core-api]
    build-steps = [{ run = ["python -m django collectstatic --noinput"], keep = ["staticfiles"] }]
    "#);
}

/// A packaged site is in the environment, and so is what its settings take from their own place.
#[test]
fn a_packaged_site_has_its_files_beside_it() {
    let site = site("STATIC_ROOT = BASE_DIR / \"staticfiles\"\n");
    let manifest = site.read("pyproject.toml");
    let backend = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n[tool.hatch.build.targets.wheel]\npackages = [\"site_config\"]\n";
    let lock = site
        .read("uv.lock")
        .replace("virtual = \".\"", "editable = \".\"");
    let project = site
        .with("pyproject.toml", &format!("{manifest}{backend}"))
        .with("uv.lock", &lock);
    let found = steps(&project).join("\n");
    assert!(found.contains("site-packages/staticfiles"), "{found}");
}

const VITE: &str =
    "{\"scripts\": {\"build\": \"tsc && vite build\"}, \"devDependencies\": {\"vite\": \"^6\"}}";

fn served(code: &str) -> Project {
    let start = "from fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\napp = FastAPI()\n";
    requiring(&["fastapi", "uvicorn"]).with("main.py", &format!("{start}{code}"))
}

#[test]
fn a_bundler_is_run_by_itself_where_no_script_does_or_one_checks_first() {
    let mount = "app.mount(\"/\", StaticFiles(directory=\"web/dist\", html=True))\n";
    let cases = [
        served("").with("web/package.json", "{\"dependencies\": {\"vite\": \"8\"}}"),
        served("")
            .with("web/package.json", "{\"dependencies\": {\"vite\": \"8\"}}")
            .with("web/bun.lock", "")
            .with("web/vite.config.ts", "export default { plugins: [litestar({ bundleDir: 'public' })] }\n"),
        served("").with("web/package.json", "{\"source\": \"a.html\", \"dependencies\": {\"parcel\": \"2\"}}"),
        served(mount).with(
            "web/package.json",
            "{\"scripts\": {\"build\": \"npm run lint && vitest run && vite build --mode web\"}, \"dependencies\": {\"vite\": \"8\"}}",
        ),
    ];
    let lines = cases.map(|project| {
        let all = told(&project, "front-end").join("\n");
        let (_, lines) = all.split_once("[[").unwrap_or_default();
        let typed = project.with("dfgen.toml", &format!("[[{lines}\n"));
        assert_eq!(told(&typed, "front-end"), [""; 0], "{lines}");
        let run = lines
            .lines()
            .filter(|line| line.starts_with("run") || line.starts_with("keep"));
        run.collect::<Vec<_>>().join("; ")
    });
    insta::assert_snapshot!(lines.join("\n"), @r#"
    run = ["npm install", "npx vite build"]; keep = ["web/dist"]
    run = ["bun install --frozen-lockfile", "bunx vite build"]; keep = ["web/public"]
    run = ["npm install", "npx parcel build"]; keep = ["web/dist"]
    run = ["npm install", "npx vite build --mode web"]; keep = ["web/dist"]
    "#);
}

#[test]
fn a_front_end_that_is_served_and_not_built_is_told_with_the_lines_that_build_it() {
    let mount = "app.mount(\"/\", StaticFiles(directory=\"web/dist\", html=True))\n";
    let cases = [
        served(mount).with("web/package.json", VITE).with("web/package-lock.json", "{}"),
        served("from pathlib import Path\nPAGES = Path(__file__).parent / \"web\" / \"build\"\n")
            .with("web/package.json", "{\"scripts\": {\"build\": \"react-scripts build\"}, \"dependencies\": {\"react-scripts\": \"5\"}}")
            .with("web/yarn.lock", ""),
        // Its configuration says where, in a package of the source.
        served("import pages\n")
            .with("pages/__init__.py", "")
            .with("ui/package.json", VITE)
            .with("ui/vite.config.ts", "export default { build: { outDir: path.resolve(__dirname, \"../pages/static\") } }\n")
            .with("ui/pnpm-lock.yaml", ""),
        // One option of the script, and a file.
        served("app.mount(\"/css\", StaticFiles(directory='assets/css'))\n")
            .with("package.json", "{\"scripts\": {\"build\": \"tailwindcss -i styles/main.css -o assets/css/main.css\"}}")
            .with("tailwind.config.js", "")
            .with("styles/main.css", ""),
        // Below a folder that is served.
        served("app.mount(\"/static\", StaticFiles(directory=\"static\"))\n")
            .with("static/logo.svg", "")
            .with("js/yarn.lock", "")
            .with("js/package.json", "{\"scripts\": {\"build\": \"esbuild app.js --bundle --outdir=../static/js\"}}"),
        // Scripts that call each other, and a file that a configuration names, in a package of the source.
        served("import pages\n")
            .with("pages/__init__.py", "")
            .with("pages/static/logo.svg", "")
            .with("package.json", "{\"scripts\": {\"build\": \"npm run js && npm run css\", \"js\": \"rollup -c\", \"css\": \"postcss -o pages/static/site.css css/site.css\"}, \"devDependencies\": {\"rollup\": \"4\"}}")
            .with("rollup.config.mjs", "export default { output: {\n file: 'pages/static/bundle.js',\n} };\n")
            .with("css/site.css", ""),
        // What the script runs says where, and no other package that could.
        served("from pathlib import Path\nPAGES = Path(__file__).parent / \"ui\" / \"build\"\n")
            .with("ui/package.json", "{\"scripts\": {\"build\": \"vite build\"}, \"dependencies\": {\"tailwindcss\": \"4\", \"vite\": \"8\"}}")
            .with("ui/vite.config.js", "export default {\n  build: {\n    outDir: resolve(__dirname, 'build'),\n  },\n}\n"),
        // Pages link to the packages themselves.
        served("")
            .with("static/package.json", "{\"dependencies\": {\"htmx.org\": \"1\"}}")
            .with("static/package-lock.json", "{}")
            .with("templates/base.html", "<script src=\"/static/node_modules/htmx.org/dist/htmx.js\"></script>\n"),
        // Nobody tells how.
        served("").with("assets/package.json", "{\"dependencies\": {\"esbuild\": \"1\"}}"),
    ];
    let all = cases
        .iter()
        .map(|project| told(project, "front-end").join("\n"));
    let all: Vec<String> = all.collect();
    insta::assert_snapshot!(all.join("\n\n"), @r#"
    `web/dist` is served by `core-api`, and nothing builds it (main.py:4)
    build it with the image: write to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    folder = "web"
    run = ["npm ci", "npm run build"]
    keep = ["web/dist"]

    `web/build` is served by `core-api`, and nothing builds it (main.py:5)
    build it with the image: write to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    folder = "web"
    run = ["yarn install --frozen-lockfile", "yarn run build"]
    keep = ["web/build"]

    `pages/static` is served by `core-api`, and nothing builds it (ui/package.json:1)
    build it with the image: write to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    folder = "ui"
    run = ["npx --yes pnpm install --frozen-lockfile", "npx --yes pnpm run build"]
    keep = ["pages/static"]

    `assets/css/main.css` is served by `core-api`, and nothing builds it (main.py:4)
    build it with the image: write to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    copy = ["package.json", "styles", "tailwind.config.js"]
    run = ["npm install", "npm run build"]
    keep = ["assets/css/main.css"]

    `static/js` is served by `core-api`, and nothing builds it (main.py:4)
    build it with the image: write to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    folder = "js"
    run = ["yarn install --frozen-lockfile", "yarn run build"]
    keep = ["static/js"]

    `pages/static/bundle.js` is served by `core-api`, and nothing builds it (package.json:1)
    build it with the image: write to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    copy = ["css", "package.json", "rollup.config.mjs"]
    run = ["npm install", "npm run build"]
    keep = ["pages/static/bundle.js", "pages/static/site.css"]

    `ui/build` is served by `core-api`, and nothing builds it (main.py:5)
    build it with the image: write to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    folder = "ui"
    run = ["npm install", "npm run build"]
    keep = ["ui/build"]

    pages of `core-api` link to `static/node_modules`, and nothing installs it (templates/base.html:1)
    install them with the image: write to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    folder = "static"
    run = ["npm ci"]
    keep = ["static/node_modules"]

    `assets/package.json` builds pages, and nothing builds them for `core-api` (assets/package.json:1)
    where the application serves them, give that file a script `build` that runs `esbuild` with its files: the lines for dfgen.toml are told then
    "#);
    let lines = "[[profile.core-api.build-steps]]\nimage = \"node:24-slim\"\nfolder = \"web\"\nrun = [\"npm ci\", \"npm run build\"]\nkeep = [\"web/dist\"]\n";
    let [first, ..] = cases;
    let first = first.with("dfgen.toml", lines);
    assert_eq!(told(&first, "front-end"), [""; 0]);
    assert_eq!(
        steps(&first),
        ["/app/web: npm ci npm run build -> web/dist"]
    );
}

#[test]
fn a_front_end_is_nobodys_matter_where_it_is_there_or_not_served() {
    let mount = "app.mount(\"/\", StaticFiles(directory=\"web/dist\", html=True))\n";
    let silent = [
        served("app.mount(\"/\", StaticFiles(directory=\"web/pages\"))\n")
            .with("web/package.json", VITE)
            .with("web/vite.config.js", "outDir: 'pages'")
            .with("web/pages/index.html", "<p>"),
        served("").with("web/package.json", VITE),
        served("# web/dist is served by nginx\n").with("web/package.json", VITE),
        served(mount).with("web/package.json", "{\"scripts\": {\"test\": \"vitest\"}}"),
        served(mount).with("web/package.json", "{"),
        // It has an image of its own.
        served("")
            .with("web/package.json", "{\"dependencies\": {\"next\": \"16\"}}")
            .with("web/Dockerfile", "FROM node\n"),
        served(mount).with("docs/package.json", VITE),
        served("").with(
            "static/package.json",
            "{\"dependencies\": {\"htmx.org\": \"1\"}}",
        ),
        served(mount).with("web/node_modules/a/package.json", VITE),
    ];
    for (index, project) in silent.iter().enumerate() {
        assert_eq!(told(project, "front-end"), [""; 0], "{index}");
    }
}

/// What is wrong in the table is told at its place, all of it at once.
#[test]
fn steps_that_cannot_be() {
    let text = "[profile.core-api]\nbuild-steps = [\n  { run = [\"a\"], keep = [\"b\"], image = \"node:24-slim\" },\n  { run = [\"a\"], keep = [\"/srv/b\"], image = \"node:24-slim\", folder = \"web\", apt = [\"git\"], needs = \"application\" },\n  { run = [\"a\"], keep = [\"b\"], copy = [\"web\"] },\n  { run = [], keep = [] },\n]\n";
    let project = served("").with("dfgen.toml", text);
    let ran = dfgen(&["plan"]).in_project(&project);
    assert_eq!(ran.code, Some(2), "{ran}");
    insta::assert_snapshot!(ran.stderr, @r#"
    error[invalid-value]: `build-steps` names no file that the image needs
     --> dfgen.toml:3:3
      |
    3 |   { run = ["a"], keep = ["b"], image = "node:24-slim" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ it would get the whole project
      |
      = help: say `folder = "web"`, or what it needs: `copy = ["package.json", "package-lock.json", "web"]`

    error[invalid-value]: `build-steps.apt` cannot be said of this step
     --> dfgen.toml:4:84
      |
    4 |   { run = ["a"], keep = ["/srv/b"], image = "node:24-slim", folder = "web", apt = ["git"], needs = "application" },
      |                                                                                    ^^^^^ another image may not be Debian
      |
      = help: let `run` install it there

    error[invalid-value]: `build-steps.needs` says what of this image is there
     --> dfgen.toml:4:3
      |
    4 |   { run = ["a"], keep = ["/srv/b"], image = "node:24-slim", folder = "web", apt = ["git"], needs = "application" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ with `image`, nothing is
      |
      = help: take the key out: another image has nothing of this one

    error[invalid-value]: `/srv/b` is kept from another image
     --> dfgen.toml:4:3
      |
    4 |   { run = ["a"], keep = ["/srv/b"], image = "node:24-slim", folder = "web", apt = ["git"], needs = "application" },
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a path from the project's folder
      |
      = help: keep what lies in the project's folder

    error[invalid-value]: `build-steps.copy` cannot be said of this step
     --> dfgen.toml:5:40
      |
    5 |   { run = ["a"], keep = ["b"], copy = ["web"] },
      |                                        ^^^^^ only another image is given files
      |
      = help: the source is there already: take the key out, or add the path to the profile's own `copy`

    error[invalid-value]: `build-steps.run` is empty
     --> dfgen.toml:6:3
      |
    6 |   { run = [], keep = [] },
      |   ^^^^^^^^^^^^^^^^^^^^^^^ a step that does nothing
      |
      = help: a step runs commands, and what they make is kept: `{ run = ["npm run build"], keep = ["web/dist"] }`

    error[invalid-value]: `build-steps.keep` is empty
     --> dfgen.toml:6:3
      |
    6 |   { run = [], keep = [] },
      |   ^^^^^^^^^^^^^^^^^^^^^^^ a step that does nothing
      |
      = help: a step runs commands, and what they make is kept: `{ run = ["npm run build"], keep = ["web/dist"] }`
    "#);
    let spaced = "[[profile.core-api.build-steps]]\nrun = [\"a\"]\nkeep = [\"b\"]\nimage = \"node:24-slim\"\nfolder = \"my web\"\n";
    let project = served("")
        .with("my web/package.json", VITE)
        .with("dfgen.toml", spaced);
    let ran = dfgen(&["plan"]).in_project(&project);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.starts_with("error[unfit-path]"), "{ran}");
    let text = "[[profile.core-api.build-steps]]\nrun = [\"a\"]\nkeep = [\"b\"]\nimage = \"node:24-slim\"\nfolder = \"web\"\n";
    let project = served("").with("dfgen.toml", text);
    let ran = dfgen(&["plan"]).in_project(&project);
    assert_eq!(ran.code, Some(2), "{ran}");
    insta::assert_snapshot!(ran.stderr, @"
    error[missing-file]: `web` is to be copied for `build-steps`, and is not there
     --> dfgen.toml:1:1
      |
    1 | [[profile.core-api.build-steps]]
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not in the project's folder
      |
      = help: paths are relative to the project's folder
    ");
}

const FASTAPI: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

/// The Debian packages of an image that a browser needs, by how many; and the steps.
fn browser(packages: &[&str], code: &str) -> (Vec<String>, usize) {
    let project = requiring(&[&["fastapi", "uvicorn"], packages].concat())
        .with("main.py", &format!("{FASTAPI}{code}"));
    let plan = plan(&project);
    let debian = plan["images"][0]["apt-runtime"].as_array().cloned();
    let debian = debian.unwrap_or_default();
    let names = debian.iter().filter_map(|need| need["package"].as_str());
    let named = names.filter(|name| name.starts_with("chromium"));
    let named: Vec<String> = named.map(str::to_owned).collect();
    let told = told(&project, "uninstalled-browser");
    let all = [named, steps(&project), told].concat();
    (all, debian.len())
}

#[test]
fn browsers_that_the_source_starts_are_there_and_others_are_told() {
    let playwright =
        "from playwright.sync_api import sync_playwright\nwith sync_playwright() as p:\n";
    let cases: [(&[&str], String); 9] = [
        (
            &["playwright"],
            format!("{playwright}    p.chromium.launch()\n"),
        ),
        (
            &["playwright"],
            format!("{playwright}    p.chromium.launch(headless=False)\n"),
        ),
        (
            &["playwright"],
            format!("{playwright}    p.chromium.connect_over_cdp(\"http://browser:9222\")\n"),
        ),
        (
            &["playwright"],
            format!("{playwright}    p.webkit.launch()\n"),
        ),
        (&["playwright"], String::new()),
        (
            &["crawl4ai", "playwright"],
            "from crawl4ai import AsyncWebCrawler\n".to_owned(),
        ),
        (
            &["selenium"],
            "from selenium import webdriver\nwebdriver.Chrome()\n".to_owned(),
        ),
        (
            &["selenium"],
            "from selenium import webdriver\nwebdriver.Remote(\"http://grid:4444\")\n".to_owned(),
        ),
        (
            &["pyppeteer"],
            "from pyppeteer import launch\nlaunch()\n".to_owned(),
        ),
    ];
    let lines = cases.iter().map(|(packages, code)| {
        let (all, debian) = browser(packages, code);
        let code = code.lines().last().unwrap_or_default().trim();
        format!("{code} # {debian} of Debian\n{}", all.join("\n"))
    });
    let lines: Vec<String> = lines.collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    p.chromium.launch() # 22 of Debian
    /app: playwright install chromium -> /opt/browsers
    p.chromium.launch(headless=False) # 22 of Debian
    /app: playwright install chromium -> /opt/browsers
    p.chromium.connect_over_cdp("http://browser:9222") # 1 of Debian

    p.webkit.launch() # 1 of Debian
    `core-api` starts a browser with `webkit.launch`, and nothing installs that one (main.py:5)
    install it with the image, by commands of your own: `build-steps` in [profile.core-api] of dfgen.toml
     # 1 of Debian

    from crawl4ai import AsyncWebCrawler # 22 of Debian
    /app: playwright install chromium -> /opt/browsers
    webdriver.Chrome() # 2 of Debian
    chromium
    chromium-driver
    webdriver.Remote("http://grid:4444") # 0 of Debian

    launch() # 21 of Debian
    `core-api` starts a browser with `pyppeteer`, and nothing installs that one (main.py:3)
    install it with the image, by commands of your own: `build-steps` in [profile.core-api] of dfgen.toml
    "#);
}

/// `manage.py` is a developer's: what it takes by itself needs what only developers have.
#[test]
fn commands_run_with_the_settings_that_are_served() {
    let variable = |project: &Project| {
        let plan = plan(project);
        plan["images"][0]["env"]["DJANGO_SETTINGS_MODULE"]["value"].clone()
    };
    let database = "DATABASES = {\"default\": {\"ENGINE\": \"django.db.backends.sqlite3\"}}\n";
    assert_eq!(variable(&site(database)), Value::Null);
    let local = MANAGE.replace("site_config.settings", "site_config.local");
    let project = site(database)
        .with("site_config/local.py", "from .settings import *\n")
        .with("manage.py", &local);
    assert_eq!(variable(&project), "site_config.settings");
    let said = "[profile.core-api.env]\nDJANGO_SETTINGS_MODULE = \"site_config.local\"\n";
    assert_eq!(
        variable(&project.with("dfgen.toml", said)),
        "site_config.local"
    );
}

/// No step can keep what is built to a folder of the machine.
#[test]
fn a_front_end_that_is_built_outside_of_the_project_is_told_with_what_to_change() {
    let package = "{\"scripts\": {\"build\": \"npm run css\", \"css\": \"tailwindcss -i src/in.css -o /dist/web/out.css\"}, \"devDependencies\": {\"tailwindcss\": \"4\"}}";
    let project = served("app.mount(\"/static\", StaticFiles(directory=\"/dist\"))\n")
        .with("web/package.json", package)
        .with("web/package-lock.json", "{}");
    insta::assert_snapshot!(told(&project, "front-end").join("\n"), @r#"
    `web/package.json` builds `/dist/web/out.css`, and `core-api` has nothing from there (web/package.json:1)
    write `dist` in place of `/dist` there, "web/dist" where the source names `/dist`, and to dfgen.toml
    [[profile.core-api.build-steps]]
    image = "node:24-slim"
    folder = "web"
    run = ["npm ci", "npm run build"]
    keep = ["web/dist"]
    "#);
}

/// What compose sets while it runs nobody sets while it is built, and no time zone is called `0`.
#[test]
fn what_settings_fail_without_has_a_value_that_fits() {
    let settings = "URL = os.getenv('DATABASE_URL')\nif not URL:\n    raise ValueError('DATABASE_URL')\nTIME_ZONE = os.environ['TIME_ZONE']\n\
                    SECRET_KEY = os.environ['SECRET_KEY']\nSTATIC_ROOT = BASE_DIR / 'static'\n";
    insta::assert_snapshot!(steps(&site(settings)).join("\n"), @"/app: DJANGO_SETTINGS_MODULE=site_config.settings DATABASE_URL=sqlite:////tmp/none.db SECRET_KEY=0 TIME_ZONE=UTC python -m django collectstatic --noinput -> /app/static");
}
