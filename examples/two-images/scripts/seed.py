"""Put three products into an empty, migrated database. Does nothing to one that has products."""

import asyncio

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from shop_api.models import Product
from shop_api.settings import Settings


def products() -> list[Product]:
    """Return new, unsaved products."""
    return [
        Product(name="Kettle", price_cents=2499, rating=4.6, stock=80),
        Product(name="Teapot", price_cents=3950, rating=3.9, stock=12),
        Product(name="Samovar", price_cents=18900, rating=4.1, stock=2),
    ]


async def seed(url: str) -> int:
    """Return how many products were added."""
    engine = create_async_engine(url)
    async with AsyncSession(engine) as session, session.begin():
        added = [] if await session.scalar(select(func.count(Product.id))) else products()
        session.add_all(added)
    await engine.dispose()
    return len(added)


if __name__ == "__main__":
    print(f"added {asyncio.run(seed(Settings().database_url))} products")
