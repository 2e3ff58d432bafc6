"""What changed, for the pages that watch: one Redis subscription a process, fanned out to its tabs.

A signal carries no data and may be lost; the page reads again. Without Redis pages read on their heartbeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator

import redis.asyncio as redis
from redis.exceptions import RedisError

from backend.logs import get_logger
from backend.realtime import CREDIT_TOPIC, LIST_TOPIC, campaign_topic
from backend.settings import get_settings

__all__ = ["CREDIT_TOPIC", "LIST_TOPIC", "campaign_topic", "changes", "run"]

log = get_logger(__name__)

_PATTERN = "live:*"
_RETRY_S, _RETRY_AT_MOST_S = 0.1, 5.0
_watching: dict[str, set[asyncio.Event]] = {}


async def run() -> None:
    """Lifespan task: listen as long as the process lives, and again after every loss."""
    url = get_settings().redis_url
    if not url:
        log.warning("live_without_redis")
        return
    delay_s = _RETRY_S
    while True:
        try:
            async with (
                redis.from_url(url, health_check_interval=15, socket_keepalive=True) as client,
                client.pubsub() as subscription,
            ):
                await subscription.psubscribe(_PATTERN)
                delay_s = _RETRY_S
                _wake(*_watching)  # anything may have been missed
                async for message in subscription.listen():
                    if message["type"] == "pmessage":
                        _wake(message["channel"].decode())
        except (RedisError, OSError) as error:
            log.warning("live_lost_redis", error=type(error).__name__)
            await asyncio.sleep(delay_s * (1 + random.random()))  # noqa: S311 - spreads reconnects
            delay_s = min(delay_s * 2, _RETRY_AT_MOST_S)


async def changes(*topics: str, min_interval_s: float = 0.25, heartbeat_s: float = 30.0) -> AsyncIterator[bool]:
    """Yield at once, then once a burst of signals, and at least every heartbeat.

    The value says whether a signal came. Loop over it in a background handler; it ends with the handler.
    """
    with _watched(topics) as woken:
        yield True
        while True:
            try:
                await asyncio.wait_for(woken.wait(), heartbeat_s)
            except TimeoutError:
                yield False
                continue
            woken.clear()
            yield True
            await asyncio.sleep(min_interval_s)


@contextlib.contextmanager
def _watched(topics: tuple[str, ...]) -> Iterator[asyncio.Event]:
    woken = asyncio.Event()
    for topic in topics:
        _watching.setdefault(topic, set()).add(woken)
    try:
        yield woken
    finally:
        for topic in topics:
            _watching[topic].discard(woken)
            if not _watching[topic]:
                del _watching[topic]


def _wake(*topics: str) -> None:
    for topic in topics:
        for woken in _watching.get(topic, ()):
            woken.set()
