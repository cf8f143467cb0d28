"""The service: where am I, and what is near?"""

from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel

from nearby.places import Places

app = FastAPI(title="nearby")

# At import: the service does not start without its extension and its table.
places = Places.load()


class Neighbour(BaseModel):
    """A place and how far away it is."""

    name: str
    km: float


@app.get("/health")
async def health() -> dict[str, str]:
    """Say that the process serves."""
    return {"status": "ok"}


@app.get("/nearby")
async def nearby(
    latitude: Annotated[float, Query(ge=-90, le=90)],
    longitude: Annotated[float, Query(ge=-180, le=180)],
    limit: Annotated[int, Query(ge=1, le=100)] = 3,
) -> list[Neighbour]:
    """List the nearest places, nearest first."""
    found = places.nearest(latitude, longitude, limit)
    return [Neighbour(name=place.name, km=round(km, 1)) for place, km in found]
