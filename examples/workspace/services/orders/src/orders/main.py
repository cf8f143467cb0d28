"""Adds up the price of an order from the catalog. Keeps no state."""

from typing import Annotated

from fastapi import FastAPI, HTTPException, status
from pydantic import BaseModel, Field

from catalog import UnknownProduct, all_products, find
from money import Money

FREE_SHIPPING_FROM_CENTS = 5000
SHIPPING = Money(490, "EUR")

app = FastAPI(title="orders")


class Line(BaseModel):
    """A product and how many of it."""

    product: str
    quantity: Annotated[int, Field(ge=1, le=1000)]


class Order(BaseModel):
    """What somebody wants to buy."""

    lines: Annotated[list[Line], Field(min_length=1, max_length=100)]


class Price(BaseModel):
    """What the order costs."""

    goods: str
    shipping: str
    total: str


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that the process serves."""
    return {"status": "ok"}


@app.get("/products")
async def products() -> dict[str, str]:
    """List what can be ordered, with its price."""
    return {product.code: str(product.price) for product in all_products().values()}


@app.post("/orders/price")
async def price(order: Order) -> Price:
    """Add up an order, with shipping."""
    try:
        goods = goods_of(order)
    except UnknownProduct as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from error
    shipping = shipping_of(goods)
    return Price(goods=str(goods), shipping=str(shipping), total=str(goods + shipping))


def goods_of(order: Order) -> Money:
    """Return the price of the goods alone."""
    prices = [find(line.product).price * line.quantity for line in order.lines]
    return sum(prices[1:], start=prices[0])


def shipping_of(goods: Money) -> Money:
    """Return what sending the goods costs: nothing for a large order."""
    return SHIPPING * 0 if goods.cents >= FREE_SHIPPING_FROM_CENTS else SHIPPING
