"""What the API reads from its environment."""

from pydantic import Field, HttpUrl, field_validator
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """Each field is an environment variable of the same name, in capitals."""

    # /tmp is the one place that stays writable when the root file system is read-only.
    database_url: str = "sqlite+aiosqlite:////tmp/shop.db"
    ml_inference_url: HttpUrl = HttpUrl("http://localhost:8001")
    ml_timeout_seconds: float = Field(default=5.0, gt=0)

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        """Accept the URL that PostgreSQL's own tools use, which names no Python driver."""
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                return "postgresql+asyncpg://" + url.removeprefix(scheme)
        return url
