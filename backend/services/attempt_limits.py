"""How often a password may be tried, and a number asked about in vain.

Counted in Redis for all processes, in this one when Redis is away.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from backend.logs import get_logger
from backend.settings import get_settings

log = get_logger(__name__)

PER_ACCOUNT = parse("10 per 15 minutes")
PER_ADDRESS = parse("60 per 15 minutes")  # a whole office may share one address
_REDIS_TIMEOUT_S = 2

T = TypeVar("T")


class AttemptLimits:
    """Counts by key. Never fails open: without Redis this process counts alone."""

    def __init__(self, redis_url: str) -> None:
        self._here = FixedWindowRateLimiter(MemoryStorage())
        self._shared = FixedWindowRateLimiter(_redis_storage(redis_url)) if redis_url else None

    def take(self, limit: RateLimitItem, *key: str) -> int | None:
        """Count one attempt; gives the seconds to wait when there were too many, otherwise None."""
        return self._ask(lambda strategy: _wait_s(strategy, limit, key, allowed=strategy.hit(limit, _hashed(key))))

    def peek(self, limit: RateLimitItem, *key: str) -> int | None:
        """As `take`, without counting."""
        return self._ask(lambda strategy: _wait_s(strategy, limit, key, allowed=strategy.test(limit, _hashed(key))))

    def forget(self, limit: RateLimitItem, *key: str) -> None:
        """Start counting anew."""
        self._ask(lambda strategy: strategy.clear(limit, _hashed(key)))

    def _ask(self, question: Callable[[FixedWindowRateLimiter], T]) -> T:
        if self._shared is not None:
            try:
                return question(self._shared)
            except StorageError as error:
                log.warning("attempt_limits_without_redis", error=type(error.storage_error).__name__)
        return question(self._here)


def _wait_s(
    strategy: FixedWindowRateLimiter, limit: RateLimitItem, key: tuple[str, ...], *, allowed: bool
) -> int | None:
    if allowed:
        return None
    return max(1, math.ceil(strategy.get_window_stats(limit, _hashed(key)).reset_time - time.time()))


def _hashed(key: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(key).encode()).hexdigest()  # keys are people's addresses


def _redis_storage(url: str) -> RedisStorage:
    return RedisStorage(
        url, wrap_exceptions=True, socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S
    )


@lru_cache(maxsize=1)
def attempt_limits() -> AttemptLimits:
    """The counters of this process."""
    return AttemptLimits(get_settings().redis_url)
