"""The service from outside."""

import pytest
from fastapi.testclient import TestClient

from orders.main import app

client = TestClient(app)


def order(**quantities: int) -> dict[str, object]:
    """Return the JSON of an order."""
    lines = [{"product": code, "quantity": count} for code, count in quantities.items()]
    return {"lines": lines}


def test_health() -> None:
    """A service that is up says so."""
    assert client.get("/health").json() == {"status": "ok"}


def test_the_products_have_prices() -> None:
    """The catalog of the library is served."""
    assert client.get("/products").json()["teapot"] == "39.50 EUR"


@pytest.mark.parametrize(
    ("wanted", "total"),
    [(order(teapot=1), "44.40 EUR"), (order(kettle=2, teapot=1), "89.48 EUR")],
    ids=["small: with shipping", "large: without"],
)
def test_an_order_adds_up(wanted: dict[str, object], total: str) -> None:
    """Goods and shipping come to the total."""
    assert client.post("/orders/price", json=wanted).json()["total"] == total


def test_an_unknown_product_is_named() -> None:
    """The caller learns which line is wrong."""
    response = client.post("/orders/price", json=order(spoon=1))
    assert response.status_code == 404
    assert response.json() == {"detail": "no product `spoon`"}


def test_an_empty_order_is_refused() -> None:
    """Nothing costs nothing, but it is no order."""
    assert client.post("/orders/price", json=order()).status_code == 422
