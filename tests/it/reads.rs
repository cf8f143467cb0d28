//! What the source reads by its path is in the image where it looks for it; what is not there is told.

use crate::harness::{Project, dfgen, requiring};

const WHEEL: &str =
    "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";

/// A package `shop` below `src` that is built, with folders of data around it.
fn packaged(code: &str) -> Project {
    let project = requiring(&["fastapi", "uvicorn"]);
    let manifest = format!("{}\n{WHEEL}", project.read("pyproject.toml"));
    let lock = project
        .read("uv.lock")
        .replace("{ virtual = \".\" }", "{ editable = \".\" }");
    let app = format!(
        "import os\nfrom pathlib import Path\nfrom fastapi import FastAPI\napp = FastAPI()\nROOT = Path(__file__).parents[2]\n{code}\n"
    );
    project
        .with("pyproject.toml", &manifest)
        .with("uv.lock", &lock)
        .with("src/shop/__init__.py", "")
        .with("src/shop/main.py", &app)
        .with("src/shop/prompts/first.txt", "a")
        .with("texts/index.md", "a")
        .with("texts/more.md", "a")
        .with("settings/base.yaml", "a: 1")
        .with("samples/one.csv", "a,b")
        .with("prices.csv", "a,b")
}

/// How the application gets into its image, what lies in /app beside it, and what is said.
fn told(project: &Project) -> String {
    let ran = dfgen(&["render"]).in_project(project);
    assert_eq!(ran.code, Some(0), "{ran}");
    let plan = dfgen(&["plan", "--format", "json"]).in_project(project);
    let app = &plan.json()["images"][0]["app"];
    let form = match app["form"]["value"].as_str() {
        Some(form) => form.to_owned(),
        None => "source".to_owned(),
    };
    let files = app["files"].as_array().cloned().unwrap_or_default();
    let files: Vec<&str> = files
        .iter()
        .filter_map(|file| file["path"].as_str())
        .collect();
    let is_ours = |line: &&str| {
        ["warning[", "note[", "not in it", "it lacks", "= help"]
            .iter()
            .any(|word| line.contains(word))
    };
    let said: Vec<&str> = ran.stderr.lines().filter(is_ours).map(str::trim).collect();
    format!("  {form}: {}\n  {}\n", files.join(" "), said.join("\n  "))
}

#[test]
fn what_a_built_package_reads_from_outside_comes_along() {
    let cases = [
        "pass",
        "TEXT = (ROOT / \"texts\" / \"index.md\").read_text()",
        "TEXT = open(\"settings/base.yaml\").read()",
        "TEXT = open(os.path.join(\"settings\", \"base.yaml\")).read()",
        "def price():\n    return load(\"prices.csv\")",
        "def text(name):\n    return (ROOT / \"texts\" / name).read_text()",
        "TEXT = (Path(__file__).parent / \"prompts\" / \"first.txt\").read_text()",
        "open(\"out/report.csv\", \"w\")",
    ];
    let all = cases.map(|code| format!("{code}\n{}", told(&packaged(code))));
    insta::assert_snapshot!(all.concat(), @r#"
    pass
      package: 
      core-api: not in it, as no path in its source leads there: settings/, texts/; `copy` takes them
    TEXT = (ROOT / "texts" / "index.md").read_text()
      source: src texts
      warning[not-packaged]: the built package would lack files that `core-api` needs
      = note: it lacks `texts/index.md`: it lies outside of the package, and is looked for from where the source is
      = help: have it inside the package, and find it with `importlib.resources`
      core-api: not in it, as no path in its source leads there: settings/; `copy` takes them
    TEXT = open("settings/base.yaml").read()
      package: settings
      core-api: not in it, as no path in its source leads there: texts/; `copy` takes them
    TEXT = open(os.path.join("settings", "base.yaml")).read()
      package: settings
      core-api: not in it, as no path in its source leads there: texts/; `copy` takes them
    def price():
        return load("prices.csv")
      package: prices.csv
      core-api: not in it, as no path in its source leads there: settings/, texts/; `copy` takes them
    def text(name):
        return (ROOT / "texts" / name).read_text()
      source: src texts
      warning[not-packaged]: the built package would lack files that `core-api` needs
      = note: it lacks `texts`: it lies outside of the package, and is looked for from where the source is
      = help: have it inside the package, and find it with `importlib.resources`
      core-api: not in it, as no path in its source leads there: settings/; `copy` takes them
    TEXT = (Path(__file__).parent / "prompts" / "first.txt").read_text()
      package: 
      core-api: not in it, as no path in its source leads there: settings/, texts/; `copy` takes them
    open("out/report.csv", "w")
      package: 
      core-api: not in it, as no path in its source leads there: settings/, texts/; `copy` takes them
    "#);
}

#[test]
fn a_served_folder_that_is_not_there_is_told() {
    let app = |line: &str, settings: &str| {
        let main = format!(
            "import os\nfrom fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\nfrom fastapi.templating import Jinja2Templates\napp = FastAPI()\n{line}\n"
        );
        let project = requiring(&["fastapi", "uvicorn"])
            .with("main.py", &main)
            .with("dfgen.toml", settings)
            .with("pages/index.html", "a");
        format!("{line}\n{}", told(&project))
    };
    let served = "app.mount(\"/\", StaticFiles(directory=\"site/out\"))";
    let all = [
        app(served, ""),
        app(
            served,
            "[profile.core-api]\nsilence = [\"missing-folder\"]\n",
        ),
        app("PAGES = Jinja2Templates(\"views\")", ""),
        app("PAGES = Jinja2Templates(\"pages\")", ""),
        app(
            "app.mount(\"/\", StaticFiles(directory=\"site/out\", check_dir=False))",
            "",
        ),
        app(
            "app.mount(\"/\", StaticFiles(directory=os.getenv(\"SITE\", \"site/out\")))",
            "",
        ),
        app("app.mount(\"/\", StaticFiles(packages=[\"shop\"]))", ""),
    ];
    insta::assert_snapshot!(all.concat(), @r#"
    app.mount("/", StaticFiles(directory="site/out"))
      source: main.py pages
      warning[missing-folder]: `core-api` reads the folder `site/out`, and it is not there
      = help: where a command makes it, in dfgen.toml: `build-steps = [{ run = ["COMMAND"], keep = ["site/out"] }]` in [profile.core-api]
      = help: where it is made before the image is built: `copy = ["site/out"]` there
    app.mount("/", StaticFiles(directory="site/out"))
      source: main.py pages
      
    PAGES = Jinja2Templates("views")
      source: main.py pages
      warning[missing-folder]: `core-api` reads the folder `views`, and it is not there
      = help: where a command makes it, in dfgen.toml: `build-steps = [{ run = ["COMMAND"], keep = ["views"] }]` in [profile.core-api]
      = help: where it is made before the image is built: `copy = ["views"]` there
    PAGES = Jinja2Templates("pages")
      source: main.py pages
      
    app.mount("/", StaticFiles(directory="site/out", check_dir=False))
      source: main.py pages
      
    app.mount("/", StaticFiles(directory=os.getenv("SITE", "site/out")))
      source: main.py pages
      
    app.mount("/", StaticFiles(packages=["shop"]))
      source: main.py pages
    "#);
}
