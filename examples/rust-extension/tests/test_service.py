"""The service from outside."""

import pytest
from fastapi.testclient import TestClient

from nearby.main import app

client = TestClient(app)


def test_health() -> None:
    """A service that is up says so."""
    assert client.get("/health").json() == {"status": "ok"}


def test_the_neighbours_of_berlin() -> None:
    """The table, the index and the route agree."""
    found = client.get("/nearby", params={"latitude": 52.5, "longitude": 13.4}).json()
    assert [neighbour["name"] for neighbour in found] == ["Berlin", "Prague", "Copenhagen"]
    assert found[0]["km"] == pytest.approx(2.2, abs=0.1)


@pytest.mark.parametrize("wrong", [{"latitude": 91}, {"limit": 0}, {"longitude": "east"}])
def test_a_wrong_question_is_refused(wrong: dict[str, int | str]) -> None:
    """The caller learns what is wrong before Rust does."""
    params = {"latitude": 0, "longitude": 0, "limit": 1, **wrong}
    assert client.get("/nearby", params=params).status_code == 422
