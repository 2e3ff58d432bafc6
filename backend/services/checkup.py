"""Look at an installation and say what works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis
from alembic.migration import MigrationContext
from sqlalchemy.exc import SQLAlchemyError

from backend.database import get_engine
from backend.domain.channels import Medium
from backend.providers import configured_media, vendor_of
from backend.services.dead_letters import QUEUE, count_lately
from backend.services.installing import newest_version
from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    ok: bool
    sentence: str


def examine(settings: Settings) -> list[Finding]:
    """Every finding; nothing is changed, no message is sent."""
    return [_database(), *_redis_and_queue(settings), *_media(settings)]


def _database() -> Finding:
    def look() -> str:
        with get_engine().connect() as connection:
            version = MigrationContext.configure(connection).get_current_revision()
        if version != newest_version():
            msg = f"at version {version or 'none'}, {newest_version()} is needed: run `unisoft migrate`"
            raise LookupError(msg)
        return f"{get_engine().dialect.name}, version {version}"

    return _finding("database", look)


def _redis_and_queue(settings: Settings) -> list[Finding]:
    found = _redis(settings)
    return [found, _wake_ups(settings)] if found.ok else [found]


def _wake_ups(settings: Settings) -> Finding:
    def look() -> str:
        number = count_lately(settings)
        if number:
            msg = f"{number} of the last 24 hours in the queue {QUEUE} were of no use to a worker: its log says why"
            raise LookupError(msg)
        return "none given up in the last 24 hours"

    return _finding("wake-ups", look)


def _redis(settings: Settings) -> Finding:
    def look() -> str:
        if not settings.redis_url:
            msg = "REDIS_URL is not set, and `unisoft run` is not running"
            raise LookupError(msg)
        client = redis.Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
        return f"version {client.info('server')['redis_version']}"  # pyright: ignore[reportIndexIssue]

    return _finding("redis", look)


def _finding(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, ok=True, sentence=look())
    except (SQLAlchemyError, redis.RedisError, LookupError) as error:
        return Finding(subject, ok=False, sentence=str(error).splitlines()[0])


def _media(settings: Settings) -> Iterator[Finding]:
    configured = configured_media(settings)
    for medium in Medium:
        vendor = vendor_of(settings, medium)
        where = "simulated on this machine" if settings.is_simulated(vendor) else f"through {vendor}"
        # An association may do without a medium: its channels are then not offered.
        yield Finding(medium, ok=True, sentence=where if medium in configured else "not configured")
