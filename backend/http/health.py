"""For machines: is it up, is it ready, how does it do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import redis
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from backend.database import reading
from backend.http.requests import is_loopback
from backend.settings import get_settings

_TIMEOUT_S = 2.0


async def healthz(_request: Request) -> Response:
    """200 while the process answers; touches nothing else."""
    return PlainTextResponse("ok")


async def readyz(_request: Request) -> Response:
    """200 when database and Redis answer, otherwise 503 with the names of those that do not."""
    checks = {"database": _ask_database, "redis": _ask_redis}
    answers = await asyncio.gather(*(_answers(check) for check in checks.values()))
    missing = [name for name, is_there in zip(checks, answers, strict=True) if not is_there]
    return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)


async def metrics(request: Request) -> Response:
    """Prometheus text, for this machine only: a collector elsewhere goes through one that runs here."""
    if not is_loopback(request.scope):
        return PlainTextResponse("Not found", 404)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _answers(check: Callable[[], object]) -> bool:
    try:
        await asyncio.wait_for(asyncio.to_thread(check), _TIMEOUT_S + 1)
    except (SQLAlchemyError, redis.RedisError, OSError, TimeoutError):
        return False
    return True


def _ask_database() -> None:
    with reading() as session:
        session.execute(text("SELECT 1"))


def _ask_redis() -> None:
    url = get_settings().redis_url
    if not url:
        raise redis.ConnectionError
    with redis.Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S) as client:
        client.ping()


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
