"""The service from outside."""

import pytest
from fastapi.testclient import TestClient

from quotes.main import app

client = TestClient(app)


def test_health() -> None:
    """A service that is up says so."""
    assert client.get("/health").json() == {"status": "ok"}


def test_the_instalments_add_up() -> None:
    """The odd cents go to the first months."""
    response = client.post("/quotes", json={"amount": "100.01", "months": 3})
    assert response.json() == {"instalments": ["33.34 EUR", "33.34 EUR", "33.33 EUR"]}


@pytest.mark.parametrize(
    "wrong", [{"amount": "a lot"}, {"amount": "-1"}, {"months": 0}, {"currency": "JPY"}]
)
def test_a_wrong_request_is_refused(wrong: dict[str, object]) -> None:
    """No quote for what nobody can pay."""
    response = client.post("/quotes", json={"amount": "10.00", "months": 2, **wrong})
    assert response.status_code == 422
