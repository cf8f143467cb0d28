"""The light API: products in a database, scores from the ML service."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, status
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from shop_api.models import Product
from shop_api.schemas import Health, NewProduct, ProductOut, ProductScore, ScoreRequest
from shop_api.scoring import ScoringClient, ScoringUnavailable
from shop_api.settings import Settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what every request shares, and close it when the service stops."""
    settings = Settings()
    engine = create_async_engine(settings.database_url, pool_pre_ping=True)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    ml_url = str(settings.ml_inference_url)
    async with ScoringClient(ml_url, settings.ml_timeout_seconds) as scoring:
        app.state.scoring = scoring
        yield
    await engine.dispose()


app = FastAPI(title="shop-api", lifespan=lifespan)


async def open_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Give each request a session of its own."""
    async with request.app.state.sessions() as session:
        yield session


def scoring_client(request: Request) -> ScoringClient:
    """Return the client that `lifespan` opened."""
    client: ScoringClient = request.app.state.scoring
    return client


Session = Annotated[AsyncSession, Depends(open_session)]
Scoring = Annotated[ScoringClient, Depends(scoring_client)]


@app.exception_handler(OperationalError)
@app.exception_handler(ProgrammingError)
@app.exception_handler(ConnectionError)
async def database_not_ready(_request: Request, _error: Exception) -> JSONResponse:
    """Answer 503, as a caller may try again, when the database or its tables are missing."""
    detail = "the database is not ready: is it up, and did `alembic upgrade head` run?"
    return JSONResponse({"detail": detail}, status.HTTP_503_SERVICE_UNAVAILABLE)


@app.get("/health")
async def health() -> Health:
    """Say that the process serves. Asks no database: restarting us does not cure one."""
    return Health()


@app.get("/products", response_model=list[ProductOut])
async def list_products(session: Session) -> Sequence[Product]:
    """List every product, oldest first."""
    return (await session.scalars(select(Product).order_by(Product.id))).all()


@app.post("/products", response_model=ProductOut, status_code=status.HTTP_201_CREATED)
async def add_product(new: NewProduct, session: Session) -> Product:
    """Store a product."""
    product = Product(**new.model_dump())
    session.add(product)
    await session.commit()
    return product


@app.get("/products/{product_id}/score")
async def score_product(product_id: int, session: Session, scoring: Scoring) -> ProductScore:
    """Ask the ML service how likely the product is to sell this week."""
    product = await session.get(Product, product_id)
    if product is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"no product {product_id}")
    try:
        answer = await scoring.score(ScoreRequest.model_validate(product))
    except ScoringUnavailable as error:
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, str(error)) from error
    return ProductScore(product_id=product_id, score=answer.score)
