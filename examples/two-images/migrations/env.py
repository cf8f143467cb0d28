"""How Alembic reaches the database: with the API's own settings and its async drivers."""

import asyncio
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shop_api.models import Base
from shop_api.settings import Settings


def run_offline(url: str) -> None:
    """Print the SQL (`alembic upgrade head --sql`) without connecting."""
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_on(connection: Connection) -> None:
    """Run the migrations inside one transaction."""
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_online(url: str) -> None:
    """Connect, migrate, disconnect."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run_on)
    await engine.dispose()


if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

database_url = Settings().database_url
if context.is_offline_mode():
    run_offline(database_url)
else:
    asyncio.run(run_online(database_url))
