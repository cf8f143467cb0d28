"""The API's side of the ML service: HTTP and JSON, no model and no array."""

from types import TracebackType
from typing import Self

import httpx
from pydantic import ValidationError

from shop_api.schemas import Score, ScoreRequest


class ScoringUnavailable(Exception):
    """The ML service gave no score: down, slow, or not speaking our JSON."""


class ScoringClient:
    """Asks the ML service at `base_url`. Open it once and share it: it keeps connections alive."""

    def __init__(
        self,
        base_url: str,
        timeout_seconds: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take a `transport` to talk to something other than the network, as the tests do."""
        self._http = httpx.AsyncClient(
            base_url=base_url, timeout=timeout_seconds, transport=transport
        )

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._http.__aexit__(kind, error, traceback)

    async def score(self, request: ScoreRequest) -> Score:
        """Return the model's answer, or raise `ScoringUnavailable`."""
        try:
            response = await self._http.post("/score", json=request.model_dump())
            response.raise_for_status()
            return Score.model_validate_json(response.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise ScoringUnavailable("the ML service gave no score") from error
