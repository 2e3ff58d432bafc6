"""Signals on Redis: progress for the pages that watch, and wake-ups for the workers.

A signal carries no data and may be lost: the truth is in the database, where pages read it again
and the scheduler finds what was not woken.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import lru_cache

import redis

from backend.logs import get_logger
from backend.settings import get_settings

log = get_logger(__name__)

LIST_TOPIC = "live:campaigns"
CREDIT_TOPIC = "live:credit"
WHATSAPP_TOPIC = "live:whatsapp"
REPLIES_TOPIC = "live:replies"
_MIN_INTERVAL_S = 0.2
_TIMEOUT_S = 2.0


def campaign_topic(campaign_id: int) -> str:
    """The topic of one campaign's progress."""
    return f"live:campaign:{campaign_id}"


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)


class _Throttle:
    """At most one signal a topic and interval, and always a last one after a burst."""

    def __init__(self, send: Callable[[str, str], None]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}
        self._waiting: set[str] = set()

    def signal(self, topic: str) -> None:
        url = get_settings().redis_url
        if not url:
            return
        with self._lock:
            wait_s = self._last.get(topic, -_MIN_INTERVAL_S) + _MIN_INTERVAL_S - time.monotonic()
            wait_s = min(wait_s, _MIN_INTERVAL_S)  # a clock that was set back holds nobody up
            if wait_s > 0:
                if topic not in self._waiting:
                    self._waiting.add(topic)
                    # Not a daemon: a short process waits at its end until the last signal has left.
                    threading.Timer(wait_s, self._later, (url, topic)).start()
                return
            self._last[topic] = time.monotonic()
        self._send(url, topic)

    def _later(self, url: str, topic: str) -> None:
        with self._lock:
            self._waiting.discard(topic)
            self._last[topic] = time.monotonic()
        self._send(url, topic)


def _publish(url: str, topic: str) -> None:
    try:
        _client(url).publish(topic, b"")
    except redis.RedisError as error:
        log.warning("signal_not_sent", topic=topic, error=type(error).__name__)


_throttle = _Throttle(_publish)


def signal_campaign(campaign_id: int) -> None:
    """Tell the pages that watch this campaign, and the list, that it changed."""
    _throttle.signal(campaign_topic(campaign_id))
    _throttle.signal(LIST_TOPIC)


def signal_list() -> None:
    """Tell the pages that show the list that campaigns came, went or changed."""
    _throttle.signal(LIST_TOPIC)


def signal_credit() -> None:
    """Tell every page that the available credit changed."""
    _throttle.signal(CREDIT_TOPIC)


def signal_replies() -> None:
    """Tell the pages that show what somebody answered that something came."""
    _throttle.signal(REPLIES_TOPIC)


def signal_whatsapp() -> None:
    """Tell every page that WhatsApp was connected, or is not any more."""
    _throttle.signal(WHATSAPP_TOPIC)


_waker: Callable[[int], None] | None = None


def set_waker(wake: Callable[[int], None]) -> None:
    """Install what enqueues a drain. `actors` does it, so that services need not know dramatiq."""
    global _waker  # noqa: PLW0603 - one waker a process
    _waker = wake


def wake_campaign(campaign_id: int) -> None:
    """Ask the workers to drain a campaign. Without a waker the scheduler finds it within seconds."""
    if _waker is not None:
        _waker(campaign_id)
