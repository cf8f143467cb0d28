"""The JSON that both services speak. Imports nothing that only one of them needs."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Cents = Annotated[int, Field(ge=0, le=100_000_000)]
Rating = Annotated[float, Field(ge=0, le=5)]
Stock = Annotated[int, Field(ge=0, le=1_000_000)]


class NewProduct(BaseModel):
    """A product as a client sends it."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    price_cents: Cents
    rating: Rating = 0.0
    stock: Stock = 0


class ProductOut(NewProduct):
    """A product as the shop knows it."""

    model_config = ConfigDict(from_attributes=True)

    id: int


class ScoreRequest(BaseModel):
    """What the model looks at."""

    model_config = ConfigDict(from_attributes=True)

    price_cents: Cents
    rating: Rating
    stock: Stock


class Score(BaseModel):
    """How likely the product is to sell this week."""

    score: Annotated[float, Field(ge=0, le=1)]


class ProductScore(Score):
    """A score with the product that it belongs to."""

    product_id: int


class Health(BaseModel):
    """The answer of a service that is up."""

    status: str = "ok"
