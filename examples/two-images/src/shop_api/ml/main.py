"""The ML service: one model behind one route. No database, no state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request

from shop_api.ml.model import ScoreModel
from shop_api.schemas import Health, Score, ScoreRequest


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the model before the first request, so that `/health` answers only when it can score."""
    app.state.model = ScoreModel.load()
    yield


app = FastAPI(title="shop-api ml", lifespan=lifespan)


@app.get("/health")
async def health() -> Health:
    """Say that the model is loaded and the process serves."""
    return Health()


# Not `async`: inference holds the CPU, so it runs in a thread and the event loop stays free.
@app.post("/score")
def score(body: ScoreRequest, request: Request) -> Score:
    """Run the model on one product."""
    model: ScoreModel = request.app.state.model
    return Score(score=model.score(body))
