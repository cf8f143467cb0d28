"""The light API, with the ML service played by a function."""

import subprocess
import sys

import httpx
import pytest
from fastapi.testclient import TestClient

from shop_api.main import app, scoring_client
from shop_api.scoring import ScoringClient

KETTLE = {"name": "Kettle", "price_cents": 2499, "rating": 4.6, "stock": 80}


def answer_with(response: httpx.Response) -> None:
    """Let the ML service give this response."""
    transport = httpx.MockTransport(lambda _request: response)
    app.dependency_overrides[scoring_client] = lambda: ScoringClient("http://ml", 1.0, transport)


def test_health(api: TestClient) -> None:
    """A service that is up says so."""
    assert api.get("/health").json() == {"status": "ok"}


def test_a_product_is_stored(api: TestClient) -> None:
    """What was posted is listed, with its id."""
    created = api.post("/products", json=KETTLE)
    assert created.status_code == 201
    assert api.get("/products").json() == [{"id": 1, **KETTLE}]


@pytest.mark.parametrize("wrong", [{"name": ""}, {"price_cents": -1}, {"rating": 5.1}])
def test_a_wrong_product_is_refused(api: TestClient, wrong: dict[str, object]) -> None:
    """Nothing that breaks the rules reaches the database."""
    assert api.post("/products", json={**KETTLE, **wrong}).status_code == 422
    assert api.get("/products").json() == []


def test_the_score_comes_from_the_ml_service(api: TestClient) -> None:
    """The API passes the model's answer on."""
    answer_with(httpx.Response(200, json={"score": 0.75}))
    api.post("/products", json=KETTLE)
    assert api.get("/products/1/score").json() == {"product_id": 1, "score": 0.75}


def test_no_product_no_score(api: TestClient) -> None:
    """An unknown id is the caller's mistake."""
    assert api.get("/products/1/score").status_code == 404


@pytest.mark.parametrize(
    "response",
    [httpx.Response(500), httpx.Response(200, text="soon"), httpx.Response(200, json={"score": 7})],
)
def test_a_broken_ml_service_is_not_our_crash(api: TestClient, response: httpx.Response) -> None:
    """The rest of the API lives on when the ML service does not."""
    answer_with(response)
    api.post("/products", json=KETTLE)
    assert api.get("/products/1/score").status_code == 503
    assert api.get("/health").status_code == 200


@pytest.mark.usefixtures("alembic_config")
def test_an_unmigrated_database_is_named() -> None:
    """The message says what to run."""
    with TestClient(app) as client:
        response = client.get("/products")
    assert response.status_code == 503
    assert "alembic upgrade head" in response.json()["detail"]


def test_the_api_does_not_import_the_ml_stack() -> None:
    """Its image has none of these, so an import would only fail there."""
    code = "import shop_api.main, sys; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(shown.stdout.split())
    assert "shop_api.main" in loaded
    assert not loaded & {"shop_api.ml", "onnxruntime", "numpy"}
