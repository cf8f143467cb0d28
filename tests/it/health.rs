//! What a health check asks, where the application answers only to some hosts.

use crate::harness::{Project, dfgen, requiring};

/// The check of the first image, and why it is what it is.
fn check(project: &Project) -> String {
    let run = dfgen(&["plan", "--format", "json"]).in_project(project);
    if run.code != Some(0) {
        return run.to_string();
    }
    let plan = run.json();
    let health = &plan["images"][0]["run"]["health"];
    let (value, because) = (&health["value"], &health["because"]);
    format!(
        "{} {} {} {} {} ({because})\n",
        value["kind"], value["path"], value["host"], value["any-host"], value["protected"]
    )
}

fn fastapi(middleware: &str) -> String {
    let app = format!(
        "import os\nfrom fastapi import FastAPI\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\nHOSTS = [\"shop.example\"]\napp = FastAPI()\n{middleware}\n@app.get(\"/health\")\ndef health(): ...\n"
    );
    let project = requiring(&["fastapi", "starlette", "uvicorn"]).with("main.py", &app);
    format!("{middleware}\n{}", check(&project))
}

#[test]
fn hosts_of_a_middleware() {
    let all = [
        "",
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=[\"shop.example\", \"*.shop.example\"])",
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=[\"*.shop.example\"])",
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)",
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=[\"shop.example\", \"localhost\"])",
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=[\"shop.example\", \"127.0.0.1\"])",
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=[\"*\"])",
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=os.environ[\"HOSTS\"].split(\",\"))",
        "app.add_middleware(TrustedHostMiddleware, allowed_hosts=[\"shop.example\", os.environ[\"HOST\"]])",
    ];
    insta::assert_snapshot!(all.map(fastapi).concat(), @r#"

    "http" "/health" null false false ("main.py:7")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example", "*.shop.example"])
    "http" "/health" "shop.example" false false ("main.py:7; asked as shop.example, which main.py:6 allows")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*.shop.example"])
    "http" "/health" "www.shop.example" false false ("main.py:7; asked as www.shop.example, which main.py:6 allows")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    "http" "/health" "shop.example" false false ("main.py:7; asked as shop.example, which main.py:6 allows")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example", "localhost"])
    "http" "/health" "localhost" false false ("main.py:7; asked as localhost, which main.py:6 allows")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example", "127.0.0.1"])
    "http" "/health" null false false ("main.py:7")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*"])
    "http" "/health" null false false ("main.py:7")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=os.environ["HOSTS"].split(","))
    "http" "/health" null true false ("main.py:7; a host that main.py:6 refuses is well, too")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example", os.environ["HOST"]])
    "http" "/health" "shop.example" false false ("main.py:7; asked as shop.example, which main.py:6 allows")
    "#);
}

#[test]
fn hosts_of_django() {
    let site = |settings: &str| {
        let project = requiring(&["django", "gunicorn"])
            .with("manage.py", "import os\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"site_config.settings\")\n")
            .with("site_config/__init__.py", "")
            .with("site_config/settings.py", &format!("import os\nROOT_URLCONF = \"site_config.urls\"\n{settings}\n"))
            .with("site_config/urls.py", "from django.urls import path\nfrom site_config import views\nurlpatterns = [path(\"health/\", views.health)]\n")
            .with("site_config/views.py", "def health(request): ...\n")
            .with("site_config/wsgi.py", "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"site_config.settings\")\napplication = get_wsgi_application()\n");
        format!("{settings}\n{}", check(&project))
    };
    let all = [
        "ALLOWED_HOSTS = [\"shop.example\"]",
        "ALLOWED_HOSTS = [\".shop.example\"]",
        "ALLOWED_HOSTS = [\"*\"]",
        "ALLOWED_HOSTS = []",
        "ALLOWED_HOSTS = os.environ.get(\"HOSTS\", \"\").split(\",\")",
    ];
    insta::assert_snapshot!(all.map(site).concat(), @r#"
    ALLOWED_HOSTS = ["shop.example"]
    "http" "/health/" "shop.example" false false ("site_config/urls.py:3; asked as shop.example, which site_config/settings.py:3 allows")
    ALLOWED_HOSTS = [".shop.example"]
    "http" "/health/" "www.shop.example" false false ("site_config/urls.py:3; asked as www.shop.example, which site_config/settings.py:3 allows")
    ALLOWED_HOSTS = ["*"]
    "http" "/health/" null false false ("site_config/urls.py:3")
    ALLOWED_HOSTS = []
    "http" "/health/" null false false ("site_config/urls.py:3")
    ALLOWED_HOSTS = os.environ.get("HOSTS", "").split(",")
    "http" "/health/" null true false ("site_config/urls.py:3; a host that site_config/settings.py:3 refuses is well, too")
    "#);
}

#[test]
fn routes_that_are_not_for_everybody() {
    let app = |lines: &str| {
        let app = format!(
            "from typing import Annotated\nfrom fastapi import APIRouter, Depends, FastAPI, Security\nfrom shop.auth import AuthMiddleware, current_user, session, verify_token\n{lines}\n"
        );
        let project = requiring(&["fastapi", "uvicorn"])
            .with("main.py", &app)
            .with("shop/__init__.py", "")
            .with("shop/auth.py", "def current_user(): ...\n");
        format!("{lines}\n{}", check(&project))
    };
    let all = [
        "app = FastAPI()\n@app.get(\"/health\", dependencies=[Depends(verify_token)])\ndef health(): ...",
        "app = FastAPI()\n@app.get(\"/health\")\ndef health(user=Depends(current_user)): ...",
        "app = FastAPI()\n@app.get(\"/health\")\ndef health(user: Annotated[str, Security(current_user)]): ...",
        "app = FastAPI()\n@app.get(\"/health\")\ndef health(db=Depends(session)): ...",
        "app = FastAPI(dependencies=[Depends(verify_token)])\n@app.get(\"/health\")\ndef health(): ...",
        "app = FastAPI()\napp.add_middleware(AuthMiddleware)\n@app.get(\"/health\")\ndef health(): ...",
        "app = FastAPI()\nrouter = APIRouter()\n@router.get(\"/health\")\ndef health(): ...\napp.include_router(router, dependencies=[Depends(verify_token)])",
        "app = FastAPI()\n@app.get(\"/health\", dependencies=[Depends(verify_token)])\ndef health(): ...\n@app.get(\"/ready\")\ndef ready(): ...",
    ];
    insta::assert_snapshot!(all.map(app).concat(), @r#"
    app = FastAPI()
    @app.get("/health", dependencies=[Depends(verify_token)])
    def health(): ...
    "http" "/health" null false true ("main.py:5; it asks who somebody is, so 401 and 403 are well, too")
    app = FastAPI()
    @app.get("/health")
    def health(user=Depends(current_user)): ...
    "http" "/health" null false true ("main.py:5; it asks who somebody is, so 401 and 403 are well, too")
    app = FastAPI()
    @app.get("/health")
    def health(user: Annotated[str, Security(current_user)]): ...
    "http" "/health" null false true ("main.py:5; it asks who somebody is, so 401 and 403 are well, too")
    app = FastAPI()
    @app.get("/health")
    def health(db=Depends(session)): ...
    "http" "/health" null false false ("main.py:5")
    app = FastAPI(dependencies=[Depends(verify_token)])
    @app.get("/health")
    def health(): ...
    "http" "/health" null false true ("main.py:5; it asks who somebody is, so 401 and 403 are well, too")
    app = FastAPI()
    app.add_middleware(AuthMiddleware)
    @app.get("/health")
    def health(): ...
    "http" "/health" null false true ("main.py:6; it asks who somebody is, so 401 and 403 are well, too")
    app = FastAPI()
    router = APIRouter()
    @router.get("/health")
    def health(): ...
    app.include_router(router, dependencies=[Depends(verify_token)])
    "http" "/health" null false true ("main.py:6; it asks who somebody is, so 401 and 403 are well, too")
    app = FastAPI()
    @app.get("/health", dependencies=[Depends(verify_token)])
    def health(): ...
    @app.get("/ready")
    def ready(): ...
    "http" "/ready" null false false ("main.py:7")
    "#);
}

#[test]
fn a_route_of_flask_that_asks_for_a_login_and_a_said_path() {
    let flask = "from flask import Flask\nfrom flask_login import login_required\napp = Flask(__name__)\n@app.get(\"/\")\ndef root(): ...\n@app.get(\"/ready\")\n@login_required\ndef ready(): ...\n@app.get(\"/live\")\ndef live(): ...\n";
    let project = requiring(&["flask", "flask-login", "gunicorn"]).with("main.py", flask);
    let found = check(&project);
    let said = project.with("dfgen.toml", "[profile.core-api]\nhealth = \"/ready\"\n");
    insta::assert_snapshot!(format!("{found}{}", check(&said)), @r#"
    "http" "/live" null false false ("main.py:9")
    "http" "/ready" null false true ("dfgen.toml:2; it asks who somebody is, so 401 and 403 are well, too")
    "#);
    let ran = dfgen(&["render", "--stdout"]).in_project(&said);
    assert!(
        ran.stdout
            .contains("status not in (*range(400), 401, 403))"),
        "{ran}"
    );
}

/// A stand-in for a service that the application asks has routes of its own.
#[test]
fn the_route_is_the_applications_own() {
    let stand_in = "from flask import Flask\ndef create_stub():\n    app = Flask(__name__)\n    @app.route(\"/health\")\n    def health():\n        return \"\"\n    return app\n";
    let own = "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    @app.route(\"/healthcheck\")\n    def health():\n        return \"\"\n    return app\n";
    let project = requiring(&["flask", "gunicorn"])
        .with("shop/__init__.py", own)
        .with("stubs/__init__.py", stand_in)
        .with(
            "wsgi.py",
            "from shop import create_app\napp = create_app()\n",
        );
    insta::assert_snapshot!(check(&project), @r#""http" "/healthcheck" null false false ("shop/__init__.py:4")"#);
}

/// FastAPI answers 422 where a value of the query is missing.
#[test]
fn a_route_that_needs_more_than_its_path_is_none() {
    let of = |handler: &str| {
        let app = format!(
            "from uuid import UUID\nfrom fastapi import FastAPI, Depends\napp = FastAPI()\n@app.get(\"/daily/status\")\n{handler}\n"
        );
        check(&requiring(&["fastapi", "uvicorn"]).with("main.py", &app))
    };
    assert!(!of("def status(user_id: UUID): ...").contains("/daily/status"));
    assert!(of("def status(day: int = 1): ...").contains("/daily/status"));
    assert!(of("def status(store: Store = Depends(store)): ...").contains("/daily/status"));
}
