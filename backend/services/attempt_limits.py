"""How often a password may be tried. Counted in Redis for all processes, in this one when Redis is away."""

from __future__ import annotations

import hashlib
import math
import time
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from backend.logs import get_logger
from backend.settings import get_settings

log = get_logger(__name__)

_REDIS_TIMEOUT_S = 2


class AttemptLimits:
    """Counts attempts by key. Never fails open: without Redis this process counts alone."""

    def __init__(self, redis_url: str) -> None:
        self._here = FixedWindowRateLimiter(MemoryStorage())
        self._shared = FixedWindowRateLimiter(_redis_storage(redis_url)) if redis_url else None

    def take(self, limit: RateLimitItem, *key: str) -> int | None:
        """Count one attempt; gives the seconds to wait when there were too many, otherwise None."""
        hashed = hashlib.sha256("\0".join(key).encode()).hexdigest()  # keys are people's addresses
        if self._shared is not None:
            try:
                return _take(self._shared, limit, hashed)
            except StorageError as error:
                log.warning("attempt_limits_without_redis", error=type(error.storage_error).__name__)
        return _take(self._here, limit, hashed)


def _take(strategy: FixedWindowRateLimiter, limit: RateLimitItem, key: str) -> int | None:
    if strategy.hit(limit, key):
        return None
    return max(1, math.ceil(strategy.get_window_stats(limit, key).reset_time - time.time()))


def _redis_storage(url: str):  # noqa: ANN202 - the library's return type is a union over async storages
    return storage_from_string(
        url, wrap_exceptions=True, socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S
    )


@lru_cache(maxsize=1)
def attempt_limits() -> AttemptLimits:
    """The counters of this process."""
    return AttemptLimits(get_settings().redis_url)


PER_ACCOUNT = parse("10 per 15 minutes")
PER_ADDRESS = parse("60 per 15 minutes")  # a whole office may share one address
