"""A migrated database of its own for each test, and the API on top of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient

ROOT = Path(__file__).parent.parent


@pytest.fixture
def alembic_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Return the project's Alembic settings, with an empty database behind them."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/test.db")
    return Config(ROOT / "alembic.ini")


@pytest.fixture
def api(alembic_config: Config) -> Iterator[TestClient]:
    """Return a client of the running API, its database migrated the way production's is."""
    from shop_api.main import app

    command.upgrade(alembic_config, "head")
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
