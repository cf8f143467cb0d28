"""The API. It needs no ML package."""

from fastapi import FastAPI

app = FastAPI(title="rank-api")


@app.get("/health")
async def health() -> dict[str, str]:
    """Answers as soon as the process serves."""
    return {"status": "ok"}
