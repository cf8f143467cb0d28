"""Amounts of money that never lose a cent."""

from money.amount import CurrencyMismatch, Money

__all__ = ["CurrencyMismatch", "Money"]
