"""The file that ships with the package is whole."""

import pytest

from catalog import UnknownProduct, all_products, find
from money import Money


def test_a_price_is_exact() -> None:
    """The price is what the file says, to the cent."""
    assert find("teapot").price == Money(3950, "EUR")


def test_every_product_has_a_name_and_a_price() -> None:
    """Nobody sells a nameless thing for nothing."""
    assert all(p.name and p.price.cents > 0 for p in all_products().values())


def test_an_unknown_product_is_named() -> None:
    """The message says what was looked for."""
    with pytest.raises(UnknownProduct, match="`spoon`"):
        find("spoon")
