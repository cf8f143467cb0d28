"""Nothing is lost, whatever is done with an amount."""

import pytest

from money import CurrencyMismatch, Money


@pytest.mark.parametrize(
    ("text", "cents"), [("12.50", 1250), ("12.5", 1250), ("0.07", 7), ("-3", -300), ("1e2", 10000)]
)
def test_an_amount_is_read_exactly(text: str, cents: int) -> None:
    """0.07 is 7 cents, not 7.000000000000001."""
    assert Money.parse(text, "EUR") == Money(cents, "EUR")


@pytest.mark.parametrize("text", ["", "ten", "0.001", "Infinity", "NaN"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Nothing is rounded in silence."""
    with pytest.raises(ValueError, match="is not"):
        Money.parse(text, "EUR")


@pytest.mark.parametrize("cents", [0, 1, 100, 1000, -100])
@pytest.mark.parametrize("parts", [1, 3, 7])
def test_the_parts_add_up(cents: int, parts: int) -> None:
    """Splitting 1.00 in three gives 0.34, 0.33 and 0.33."""
    shares = Money(cents, "EUR").split(parts)
    assert sum(share.cents for share in shares) == cents
    assert max(shares, key=lambda share: share.cents).cents - shares[-1].cents <= 1


def test_no_parts_is_refused() -> None:
    """There is nobody to give the money to."""
    with pytest.raises(ValueError, match="one part at least"):
        Money(100, "EUR").split(0)


def test_currencies_do_not_mix() -> None:
    """One euro and one dollar are not two of anything."""
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


def test_it_reads_well() -> None:
    """The text has two decimals, always."""
    assert str(Money(1250, "EUR") * 2) == "25.00 EUR"
    assert str(Money(-7, "EUR")) == "-0.07 EUR"
