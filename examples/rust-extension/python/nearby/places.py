"""The places, from a table that ships inside the package, and the index over them."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from nearby._native import Index


@dataclass(frozen=True, slots=True)
class Place:
    """A place and where it is, in degrees."""

    name: str
    latitude: float
    longitude: float


class Places:
    """Places that can be searched by distance."""

    def __init__(self, places: list[Place]) -> None:
        """Hand the positions to Rust, once."""
        self._places = places
        self._index = Index([(place.latitude, place.longitude) for place in places])

    @classmethod
    @cache
    def load(cls) -> "Places":
        """Read the table that ships with the package."""
        text = (files("nearby") / "places.csv").read_text("utf-8")
        return cls(
            [
                Place(row["name"], float(row["latitude"]), float(row["longitude"]))
                for row in csv.DictReader(text.splitlines())
            ]
        )

    def nearest(self, latitude: float, longitude: float, limit: int) -> list[tuple[Place, float]]:
        """Return up to `limit` places with their distance in kilometres, nearest first."""
        found = self._index.nearest(latitude, longitude, limit)
        return [(self._places[index], km) for index, km in found]
