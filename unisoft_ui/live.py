"""What changed, for the pages that watch: one Redis subscription a process, fanned out to its tabs.

A signal carries no data and may be lost; the page reads again. Without Redis pages read on their heartbeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator

import redis.asyncio as redis
from redis.exceptions import RedisError

from backend.errors import AppError, NotAnsweringError
from backend.logs import get_logger
from backend.realtime import CREDIT_TOPIC, LIST_TOPIC, REPLIES_TOPIC, WHATSAPP_TOPIC, campaign_topic
from backend.settings import get_settings

__all__ = ["CREDIT_TOPIC", "LIST_TOPIC", "REPLIES_TOPIC", "WHATSAPP_TOPIC", "campaign_topic", "follow", "run"]

log = get_logger(__name__)

_PATTERN = "live:*"
_RETRY_S, _RETRY_AT_MOST_S = 0.1, 5.0
_RETRY_TURN_S = 1.0
# A turn costs the process about half of this for each tab: however many there are, half a core stays free.
_PER_TAB_S = 0.001
_signals = itertools.count(1)
_watching: dict[str, set[_Watch]] = {}


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


async def follow(
    show: Callable[[int], Awaitable[None]], *topics: str, min_interval_s: float = 0.2, heartbeat_s: float = 30.0
) -> None:
    """Call `show` at once, then once a burst of signals, and at least every heartbeat; ends with its handler.

    `show` is given the number of the last signal, 0 when there was none: what is read after the same signal may be
    shared. An `AppError` of it ends the watching (the session is over), unless it says that nobody answers: that one
    is logged once and waited out, as any other error.
    """
    task = asyncio.current_task()
    failing = False
    with _watched(topics) as watch:
        while True:
            try:
                await show(watch.take())
                failing, wait_s = False, max(min_interval_s, _PER_TAB_S * len(_watching[topics[0]]))
            except (NotAnsweringError, RedisError) as error:
                if not failing:
                    log.warning("watch_waits", topics=topics, error=type(error).__name__)
                failing, wait_s = True, _wait_for_another_turn(watch)
            except AppError:
                raise
            except Exception:
                if not failing:
                    log.exception("watch_failed", topics=topics)
                failing, wait_s = True, _wait_for_another_turn(watch)
            if task and task.cancelling():  # the tab has gone, though a library lost its cancellation
                return
            await asyncio.sleep(wait_s)
            # Not `wait_for`: before Python 3.12 it loses a cancellation that comes together with a signal.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(heartbeat_s):
                    await watch.woken.wait()


def _wait_for_another_turn(watch: _Watch) -> float:
    """What could not be shown is still to be; gives for how long to wait."""
    watch.woken.set()
    return _RETRY_TURN_S * (1 + random.random())  # noqa: S311 - spreads the tabs


class _Watch:
    """One tab that waits for signals."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self._signal = 0

    def wake(self, signal: int) -> None:
        self._signal = signal
        self.woken.set()

    def take(self) -> int:
        """The last signal since it was asked for, 0 without one."""
        signal, self._signal = self._signal, 0
        self.woken.clear()
        return signal


@contextlib.contextmanager
def _watched(topics: tuple[str, ...]) -> Iterator[_Watch]:
    watch = _Watch()
    for topic in topics:
        _watching.setdefault(topic, set()).add(watch)
    try:
        yield watch
    finally:
        for topic in topics:
            _watching[topic].discard(watch)
            if not _watching[topic]:
                del _watching[topic]


def _wake(*topics: str) -> None:
    for topic in topics:
        signal = next(_signals)
        for watch in _watching.get(topic, ()):
            watch.wake(signal)
