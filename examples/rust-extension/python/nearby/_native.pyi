from collections.abc import Sequence
from typing import final

@final
class Index:
    """A fixed list of positions that can be searched by distance."""

    def __new__(cls, positions: Sequence[tuple[float, float]]) -> Index:
        """Take pairs of latitude and longitude, in degrees."""

    def nearest(self, latitude: float, longitude: float, limit: int) -> list[tuple[int, float]]:
        """Return up to `limit` pairs of index and distance in kilometres, nearest first."""

    def __len__(self) -> int: ...
