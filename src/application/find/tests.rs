//! One small project for each framework and idiom: what is found, how sure, with which facts.

mod jobs;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::find;
use crate::application::candidate::{Candidate, Choice, choose};
use crate::application::{Code, ManifestFacts, Modules};
use crate::project::source_tree::SourceTree;

fn candidates(closure: &str, files: &[(&str, &str)]) -> Vec<Candidate> {
    let tree = SourceTree::from_files(files.iter().copied());
    let closure: BTreeSet<_> = closure
        .split_whitespace()
        .map(|name| pep508_rs::PackageName::new(name.to_owned()).unwrap())
        .collect();
    let manifest = tree.text("pyproject.toml");
    let empty = || crate::diagnostic::SourceFile::new("pyproject.toml", "");
    let facts = ManifestFacts::parse(manifest.unwrap_or_else(empty));
    let modules = Modules::new(&tree);
    let code = Code::new(&tree, &modules, "", &closure);
    find(&code, &facts, &closure)
}

/// One line a candidate: kind, library, import string, certainty, then the facts it has.
fn found(closure: &str, files: &[(&str, &str)]) -> Vec<String> {
    candidates(closure, files).iter().map(line).collect()
}

fn line(one: &Candidate) -> String {
    let kind = format!("{:?}", one.kind).to_lowercase();
    let factory = if one.is_factory() { "()" } else { "" };
    let name = one.framework.name();
    let mut line = format!(
        "{kind} {name} {}{factory} {}",
        one.import_string(),
        one.confidence.word()
    );
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            write!(line, " {key}={value}").unwrap();
        }
    };
    add("root", Some(one.root.clone()));
    add(
        "health",
        one.health.as_ref().map(|health| health.route.clone()),
    );
    add(
        "port",
        one.port.as_ref().map(|port| port.number.to_string()),
    );
    add(
        "env",
        one.port.as_ref().and_then(|port| port.variable.clone()),
    );
    add("settings", one.settings.clone());
    add("files", Some(one.files.join(",")));
    add("extra", Some(one.extra.join(",")));
    line
}

#[test]
fn a_fastapi_object_with_health_behind_two_routers_and_settings() {
    let files = [
        ("src/shop/__init__.py", ""),
        (
            "src/shop/main.py",
            "from fastapi import FastAPI\nfrom shop.api import api_router\nfrom shop.config import settings\napp = FastAPI()\napp.include_router(api_router, prefix=settings.API_V1_STR)\n",
        ),
        (
            "src/shop/config.py",
            "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    API_V1_STR: str = '/api/v1'\nsettings = Settings()\n",
        ),
        (
            "src/shop/api/__init__.py",
            "from fastapi import APIRouter\nfrom shop.api import utils\napi_router = APIRouter()\napi_router.include_router(utils.router)\n",
        ),
        (
            "src/shop/api/utils.py",
            "from fastapi import APIRouter\nrouter = APIRouter(prefix='/utils')\n@router.get('/health-check/')\nasync def check(): return True\n",
        ),
        (
            "tests/test_main.py",
            "from fastapi import FastAPI\napp = FastAPI()\n",
        ),
    ];
    assert_eq!(
        found("fastapi uvicorn", &files),
        ["asgi FastAPI shop.main:app likely root=src health=/api/v1/utils/health-check/"]
    );
    assert!(
        found("flask", &files).is_empty(),
        "the library is not in the closure"
    );
}

#[test]
fn a_fastapi_factory_and_the_call_that_serves_it() {
    let main = "import os\nimport uvicorn\nfrom fastapi import FastAPI\n\ndef create_app() -> FastAPI:\n    app = FastAPI()\n    @app.get('/healthz')\n    def healthz(): ...\n    return app\n\nif __name__ == '__main__':\n    uvicorn.run('shop.main:create_app', factory=True, port=int(os.getenv('PORT', '8080')))\n";
    let files = [("shop/__init__.py", ""), ("shop/main.py", main)];
    assert_eq!(
        found("fastapi uvicorn", &files),
        ["asgi FastAPI shop.main:create_app() certain health=/healthz port=8080 env=PORT"]
    );
}

#[test]
fn a_factory_that_a_module_calls_is_not_a_second_candidate() {
    let files = [
        (
            "shop/__init__.py",
            "from flask import Flask\nfrom .views import bp\ndef create_app(config=None):\n    app = Flask(__name__)\n    app.register_blueprint(bp, url_prefix='/internal')\n    return app\n",
        ),
        (
            "shop/views.py",
            "from flask import Blueprint\nbp = Blueprint('x', __name__, url_prefix='/unused')\n@bp.route('/ping', methods=['GET'])\ndef ping(): return ''\n@bp.route('/health', methods=['POST'])\ndef posted(): return ''\n",
        ),
        (
            "wsgi.py",
            "from shop import create_app\napp = create_app()\nif __name__ == '__main__':\n    app.run(port=5001, debug=True)\n",
        ),
    ];
    assert_eq!(
        found("flask gunicorn", &files),
        ["wsgi Flask wsgi:app certain health=/internal/ping port=5001"]
    );
}

#[test]
fn two_applications_are_both_listed_and_never_chosen_between() {
    let app = "from fastapi import FastAPI\napp = FastAPI()\n";
    let files = [("api/main.py", app), ("admin/main.py", app)];
    let all = candidates("fastapi", &files);
    assert!(
        matches!(choose(&all, |one| one.kind.serves()), Choice::Several(both) if both.len() == 2)
    );
    let named = (
        "pyproject.toml",
        "[tool.fastapi]\nentrypoint = 'api.main:app'\n",
    );
    let all = candidates("fastapi", &[files[0], files[1], named]);
    let Choice::One(one) = choose(&all, |one| one.kind.serves()) else {
        panic!("the manifest says which");
    };
    assert_eq!(one.import_string(), "api.main:app");
}

#[test]
fn a_mounted_application_gives_way_to_the_one_around_it() {
    let main = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\nadmin = FastAPI()\n@admin.get('/health')\ndef h(): ...\napp = FastAPI()\napp.mount('/admin', admin)\napp = CORSMiddleware(app=app)\n";
    assert_eq!(
        found("fastapi", &[("main.py", main)]),
        [
            "asgi FastAPI main:app likely health=/admin/health",
            "asgi FastAPI main:admin possible"
        ]
    );
}

#[test]
fn a_subclass_and_a_wrapper_are_applications_too() {
    let files = [
        (
            "shop/base.py",
            "from fastapi import FastAPI\nclass Shop(FastAPI):\n    pass\n",
        ),
        (
            "shop/app.py",
            "from .base import Shop\nimport socketio\ninner = Shop()\nsio = socketio.AsyncServer()\napp = socketio.ASGIApp(sio, inner)\n",
        ),
    ];
    assert_eq!(
        found("fastapi python-socketio", &files),
        [
            "asgi python-socketio shop.app:app likely",
            "asgi FastAPI shop.app:inner possible"
        ]
    );
}

#[test]
fn starlette_routes_in_lists_and_mounts() {
    let main = "from starlette.applications import Starlette\nfrom starlette.routing import Mount, Route\nfrom .views import inner\nroutes = [Route('/', home), Mount('/api', routes=[Route('/livez', live)]), Mount('/x', routes=inner)]\napp = Starlette(debug=False, routes=routes)\n";
    let views = "from starlette.routing import Route\ninner = [Route('/health', health)]\n";
    assert_eq!(
        found(
            "starlette",
            &[("shop/main.py", main), ("shop/views.py", views)]
        ),
        ["asgi Starlette shop.main:app likely health=/x/health"]
    );
}

#[test]
fn litestar_handlers_controllers_and_routers() {
    let main = "from litestar import Litestar, Router, get\nfrom litestar.controller import Controller\nclass Health(Controller):\n    path = '/ops'\n    @get('/ready')\n    async def ready(self) -> str: ...\n@get('/ping')\nasync def ping() -> str: ...\nrouter = Router(path='/api', route_handlers=[ping, Health])\napp = Litestar(route_handlers=[router])\n";
    assert_eq!(
        found("litestar", &[("main.py", main)]),
        ["asgi Litestar main:app likely health=/api/ops/ready"]
    );
}

#[test]
fn django_prefers_the_interface_that_its_server_speaks() {
    let files = [
        (
            "backend/manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.dev')\n",
        ),
        ("backend/config/__init__.py", ""),
        (
            "backend/config/asgi.py",
            "import os\nfrom django.core.asgi import get_asgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.prod')\napplication = get_asgi_application()\n",
        ),
        (
            "backend/config/wsgi.py",
            "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
        ),
        (
            "backend/config/settings/prod.py",
            "ROOT_URLCONF = 'config.urls'\n",
        ),
        (
            "backend/config/urls.py",
            "from django.urls import include, path\nurlpatterns = [path('api/', include('shop.urls')), path('ht/', include('health_check.urls'))]\n",
        ),
        ("backend/shop/__init__.py", ""),
        (
            "backend/shop/urls.py",
            "from django.urls import path\nurlpatterns = [path('healthz/', ok)]\n",
        ),
    ];
    assert_eq!(
        found("django gunicorn", &files),
        [
            "wsgi Django config.wsgi:application likely root=backend health=/api/healthz/ settings=config.settings.dev",
            "asgi Django config.asgi:application possible root=backend health=/api/healthz/ settings=config.settings.prod",
            "migration Django manage likely root=backend settings=config.settings.dev files=backend/manage.py",
        ]
    );
    assert!(
        found("django uvicorn", &files)[0]
            .starts_with("asgi Django config.asgi:application likely")
    );
}

#[test]
fn a_lone_wsgi_site_is_likely_whatever_servers_are_installed() {
    let wsgi =
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n";
    assert_eq!(
        found("django uvicorn", &[("config/wsgi.py", wsgi)]),
        ["wsgi Django config.wsgi:application likely"]
    );
}

#[test]
fn an_application_made_for_a_worker_leaves_its_factory_alone() {
    let files = [
        (
            "shop/app.py",
            "from flask import Flask\ndef create_app():\n    return Flask('shop')\n",
        ),
        (
            "shop/tasks.py",
            "from celery import Celery\nfrom shop.app import create_app\nflask_app = create_app()\ncelery = Celery('shop')\n",
        ),
    ];
    assert_eq!(
        found("flask celery", &files),
        [
            "wsgi Flask shop.app:create_app() likely",
            "wsgi Flask shop.tasks:flask_app possible",
            "worker Celery shop.tasks:celery likely",
        ]
    );
}

#[test]
fn aiohttp_quart_sanic_and_dash() {
    let aiohttp = "from aiohttp import web\nroutes = web.RouteTableDef()\n@routes.get('/health')\nasync def health(r): ...\ndef init() -> web.Application:\n    app = web.Application()\n    app.add_routes(routes)\n    return app\nif __name__ == '__main__':\n    web.run_app(init(), port=9000)\n";
    assert_eq!(
        found("aiohttp", &[("shop/server.py", aiohttp)]),
        ["server aiohttp shop.server certain health=/health port=9000"]
    );
    let quart =
        "from quart import Quart\napp = Quart(__name__)\n@app.route('/up')\nasync def up(): ...\n";
    assert_eq!(
        found("quart", &[("main.py", quart)]),
        ["asgi Quart main:app likely health=/up"]
    );
    let dash = "from dash import Dash\napp = Dash(__name__)\nserver = app.server\nif __name__ == '__main__':\n    app.run(debug=True)\n";
    assert_eq!(
        found("dash", &[("app.py", dash)]),
        ["wsgi Dash app:server certain"]
    );
}

#[test]
fn an_application_made_on_the_spot_is_run_as_its_module() {
    let main = "import uvicorn\nfrom fastapi import FastAPI\ndef main():\n    app = FastAPI()\n    uvicorn.run(app, port=7000)\nif __name__ == '__main__':\n    main()\n";
    assert_eq!(
        found("fastapi uvicorn", &[("shop/serve.py", main)]),
        ["server FastAPI shop.serve likely port=7000"]
    );
}

#[test]
fn ports_come_from_options_arguments_and_constants() {
    let typer = "import typer\nimport uvicorn\ndef serve(port: int = typer.Option(8123, '--port')):\n    uvicorn.run('main:app', port=port)\n";
    let argparse = "import argparse\nimport uvicorn\nparser = argparse.ArgumentParser()\nparser.add_argument('--port', type=int, default=8124)\nargs = parser.parse_args()\nuvicorn.run('main:app', port=args.port)\n";
    let click = "import click\nimport uvicorn\n@click.command()\n@click.option('--http-port', default=8125)\ndef serve(http_port):\n    uvicorn.run('main:app', port=http_port)\n";
    let app = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    for (text, port) in [(typer, 8123), (argparse, 8124), (click, 8125)] {
        let all = candidates("fastapi uvicorn", &[app, ("cli.py", text)]);
        assert_eq!(all[0].port.as_ref().map(|port| port.number), Some(port));
    }
}

#[test]
fn grpc_streamlit_gradio_bentoml_and_mcp_servers() {
    let grpc = "import grpc\ndef serve():\n    server = grpc.server(pool)\n    health_pb2_grpc.add_HealthServicer_to_server(h, server)\n    server.add_insecure_port('[::]:50051')\nif __name__ == '__main__':\n    serve()\n";
    assert_eq!(
        found("grpcio", &[("shop/server.py", grpc)]),
        ["server gRPC shop.server likely health=grpc.health.v1.Health port=50051"]
    );
    let pages = [
        (
            "ui/app.py",
            "import streamlit as st\nfrom ui.parts import header\nst.set_page_config()\nheader()\n",
        ),
        (
            "ui/parts.py",
            "import streamlit as st\ndef header():\n    st.title('x')\n",
        ),
        ("ui/pages/one.py", "import streamlit as st\nst.write('x')\n"),
        (".streamlit/config.toml", "[server]\nport = 8600\n"),
    ];
    assert_eq!(
        found("streamlit", &pages),
        ["server Streamlit ui/app.py likely port=8600"]
    );
    let gradio =
        "import gradio as gr\nwith gr.Blocks() as demo:\n    pass\ndemo.launch(server_port=7860)\n";
    assert_eq!(
        found("gradio", &[("demo.py", gradio)]),
        ["server Gradio demo possible port=7860"]
    );
    let bento =
        "import bentoml\n@bentoml.service(resources={'cpu': '2'})\nclass Summary:\n    pass\n";
    assert_eq!(
        found("bentoml", &[("service.py", bento)]),
        ["server BentoML service:Summary likely"]
    );
    let mcp = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nif __name__ == '__main__':\n    mcp.run(transport='streamable-http')\n";
    assert_eq!(
        found("mcp", &[("srv.py", mcp)]),
        ["server MCP srv certain port=8000"]
    );
}

#[test]
fn commands_and_packages_that_can_be_run() {
    let files = [
        (
            "pyproject.toml",
            "[project]\nname = 'shop'\n[project.scripts]\nshop = 'shop.cli:main'\n",
        ),
        ("src/shop/__init__.py", ""),
        (
            "src/shop/__main__.py",
            "from shop.cli import main\nmain()\n",
        ),
        ("src/shop/cli.py", "def main(): ...\n"),
    ];
    assert_eq!(
        found("", &files),
        [
            "script Python shop likely root=src",
            "script Python shop possible root=src"
        ]
    );
}

#[test]
fn a_backend_folder_is_the_root_when_its_imports_say_so() {
    let files = [
        ("backend/app/__init__.py", ""),
        (
            "backend/app/main.py",
            "from fastapi import FastAPI\nfrom app.core import x\napp = FastAPI()\n",
        ),
        ("backend/app/core.py", "x = 1\n"),
    ];
    assert_eq!(
        found("fastapi", &files),
        ["asgi FastAPI app.main:app likely root=backend"]
    );
    let flat = [
        (
            "app/main.py",
            "from fastapi import FastAPI\nfrom db import x\napp = FastAPI()\n",
        ),
        ("app/db.py", "x = 1\n"),
    ];
    assert_eq!(
        found("fastapi", &flat),
        ["asgi FastAPI main:app likely root=app"]
    );
}

#[test]
fn the_path_of_an_added_route_is_told_from_its_name_method_and_handler() {
    for (closure, library, made, call, health) in [
        (
            "flask",
            "from flask import Flask",
            "Flask(__name__)",
            "app.add_url_rule('/up', 'health', view)",
            "/up",
        ),
        (
            "aiohttp",
            "from aiohttp import web",
            "web.Application()",
            "app.router.add_route('GET', '/ready', view)",
            "/ready",
        ),
        (
            "sanic",
            "from sanic import Sanic",
            "Sanic('shop')",
            "app.add_route(view, '/live')",
            "/live",
        ),
        (
            "falcon",
            "import falcon",
            "falcon.App()",
            "app.add_route('/ping', View())",
            "/ping",
        ),
    ] {
        let text =
            format!("{library}\napp = {made}\n{call}\nif __name__ == '__main__':\n    main()\n");
        let found = found(closure, &[("app.py", &text)]);
        assert!(found[0].contains(&format!("health={health}")), "{found:?}");
    }
    let pyramid = "from pyramid.config import Configurator\ndef make():\n    config = Configurator()\n    config.add_route('health', '/alive')\n    config.add_route('status', 'internal')\n    return config.make_wsgi_app()\napp = make()\n";
    assert_eq!(
        found("pyramid waitress", &[("app.py", pyramid)]),
        ["wsgi Pyramid app:app likely health=/alive"]
    );
}

#[test]
fn broken_files_and_routes_that_ask_for_a_login_are_left_alone() {
    let main = "from fastapi import FastAPI, Depends\napp = FastAPI()\n@app.get('/health', dependencies=[Depends(auth)])\ndef h(): ...\n@app.get('/items/{id}/status')\ndef s(): ...\ndef broken(:\n";
    assert_eq!(
        found("fastapi", &[("main.py", main)]),
        ["asgi FastAPI main:app likely"]
    );
}

#[test]
fn a_port_that_a_class_of_settings_keeps() {
    let listens = "config = Config()\napp = web.Application()\nif __name__ == '__main__':\n    web.run_app(app, port=int(config.PORT))\n";
    let table = "class Config:\n    _DEFAULTS = {'HOST': '0.0.0.0', 'PORT': '8081'}\n    def __init__(self):\n        for name, value in self._DEFAULTS.items():\n            setattr(self, name, os.environ.get(name, value))\n";
    let own = "class Config:\n    def __init__(self):\n        self.PORT = int(os.getenv('SHOP_PORT', '8081'))\n";
    let two = "class Other:\n    def __init__(self):\n        self.PORT = 1\nclass Config:\n    def __init__(self):\n        self.PORT = 8081\n";
    let port = |class: &str| {
        let main = format!("import os\nfrom aiohttp import web\n{class}{listens}");
        found("aiohttp", &[("main.py", &main)]).join(" ")
    };
    assert_eq!(
        port(table),
        "server aiohttp main certain port=8081 env=PORT"
    );
    assert_eq!(
        port(own),
        "server aiohttp main certain port=8081 env=SHOP_PORT"
    );
    assert_eq!(port(two), "server aiohttp main certain");
}
