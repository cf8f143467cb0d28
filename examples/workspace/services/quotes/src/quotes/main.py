"""Splits an amount into monthly instalments. Keeps no state."""

from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, status
from pydantic import BaseModel, Field

from money import Money

app = FastAPI(title="quotes")


class QuoteRequest(BaseModel):
    """What is to be paid, and in how many months."""

    amount: str
    currency: Literal["EUR", "USD"] = "EUR"
    months: Annotated[int, Field(ge=1, le=60)]


class Quote(BaseModel):
    """One instalment a month; together they are the amount, to the cent."""

    instalments: list[str]


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that the process serves."""
    return {"status": "ok"}


@app.post("/quotes")
async def quote(request: QuoteRequest) -> Quote:
    """Split an amount."""
    amount = amount_of(request)
    return Quote(instalments=[str(part) for part in amount.split(request.months)])


def amount_of(request: QuoteRequest) -> Money:
    """Return the amount, or refuse the request."""
    try:
        amount = Money.parse(request.amount, request.currency)
    except ValueError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(error)) from error
    if amount.cents <= 0:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "the amount is not positive")
    return amount
