"""Embeds texts."""

import sentence_transformers
import torch
import transformers
from fastapi import FastAPI

app = FastAPI(title="rank-api ml")


@app.get("/health")
async def health() -> dict[str, str]:
    """The versions, and whether a GPU is there."""
    return {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "sentence_transformers": sentence_transformers.__version__,
        "cuda": str(torch.cuda.is_available()),
    }
