"""The ML service with its real model. Skipped where the extra `ml` is not installed."""

from collections.abc import Iterator
from importlib.util import find_spec

import httpx
import pytest
from fastapi.testclient import TestClient

from shop_api.schemas import ScoreRequest
from shop_api.scoring import ScoringClient

# Looked for, not imported: `shop_api.ml` sets up what onnxruntime reads when it is imported.
pytestmark = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="needs the extra `ml`")

KETTLE = ScoreRequest(price_cents=2499, rating=4.6, stock=80)


@pytest.fixture
def ml() -> Iterator[TestClient]:
    """Return a client of the running ML service."""
    from shop_api.ml.main import app

    with TestClient(app) as client:
        yield client


def score_of(ml: TestClient, request: ScoreRequest) -> float:
    """Return the score of one product."""
    return float(ml.post("/score", json=request.model_dump()).json()["score"])


def test_health(ml: TestClient) -> None:
    """A service that is up says so."""
    assert ml.get("/health").json() == {"status": "ok"}


def test_the_model_gives_the_known_score(ml: TestClient) -> None:
    """The committed file is the model that `scripts/make_model.py` describes."""
    assert score_of(ml, KETTLE) == pytest.approx(0.882, abs=0.001)


def test_a_higher_price_sells_less(ml: TestClient) -> None:
    """The features arrive in the order that the model expects."""
    dear = KETTLE.model_copy(update={"price_cents": 9999})
    assert score_of(ml, dear) < score_of(ml, KETTLE)


def test_a_wrong_request_is_refused(ml: TestClient) -> None:
    """Nothing outside the model's range reaches it."""
    assert ml.post("/score", json={"price_cents": 1, "rating": 9, "stock": 1}).status_code == 422


@pytest.mark.anyio
@pytest.mark.usefixtures("ml")
async def test_both_services_speak_the_same_json() -> None:
    """The API's client understands the real service."""
    from shop_api.ml.main import app

    transport = httpx.ASGITransport(app)
    async with ScoringClient("http://ml", 1.0, transport) as client:
        assert 0 < (await client.score(KETTLE)).score < 1
