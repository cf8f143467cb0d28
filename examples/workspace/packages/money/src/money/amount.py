"""`Money`: an integer of cents and a currency; no floats anywhere."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency that has cents, such as EUR or USD."""

    cents: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read `"12.50"`. Refuses what is finer than a cent, as rounding it would lose money."""
        try:
            cents = Decimal(text).scaleb(2)
        except ArithmeticError as error:
            raise ValueError(f"`{text}` is not an amount") from error
        if not cents.is_finite() or cents != int(cents):
            raise ValueError(f"`{text}` is not a whole number of cents")
        return cls(int(cents), currency)

    def __add__(self, other: Self) -> Self:
        """Add an amount of the same currency."""
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added")
        return type(self)(self.cents + other.cents, self.currency)

    def __mul__(self, quantity: int) -> Self:
        """Multiply by a count."""
        return type(self)(self.cents * quantity, self.currency)

    def split(self, parts: int) -> list[Self]:
        """Return `parts` amounts that differ by a cent at most and add up to this one."""
        if parts < 1:
            raise ValueError("an amount is split into one part at least")
        share, left_over = divmod(self.cents, parts)
        return [
            type(self)(share + (1 if part < left_over else 0), self.currency)
            for part in range(parts)
        ]

    def __str__(self) -> str:
        """Return `12.50 EUR`."""
        return f"{Decimal(self.cents).scaleb(-2):.2f} {self.currency}"
