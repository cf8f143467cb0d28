"""The migrations and the settings that lead to them."""

import pytest
from alembic import command
from alembic.config import Config

from shop_api.settings import Settings


def test_the_migrations_make_the_tables_of_the_models(alembic_config: Config) -> None:
    """A model that was changed without a migration fails here."""
    command.upgrade(alembic_config, "head")
    command.check(alembic_config)


def test_the_migrations_can_go_back(alembic_config: Config) -> None:
    """Each step has a way down."""
    command.upgrade(alembic_config, "head")
    command.downgrade(alembic_config, "base")
    command.upgrade(alembic_config, "head")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_a_postgresql_url_means_asyncpg(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """The URL that a PostgreSQL service hands out works as it is."""
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://shop@db/shop")
    assert Settings().database_url == "postgresql+asyncpg://shop@db/shop"
