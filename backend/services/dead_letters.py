"""Wake-ups that no worker could use. Nothing is lost with one, as the scheduler wakes again; but something is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from backend import clock
from backend.logs import get_logger
from backend.settings import Settings

log = get_logger(__name__)

NAMESPACE = "unisoft-wake"
QUEUE = "unisoft"
# Where dramatiq keeps them, by the moment that each was given up (ms); for a week.
_KEY = f"{NAMESPACE}:{QUEUE}.XQ"
_TIMEOUT_S = 2.0


def count_lately(settings: Settings) -> int:
    """How many were given up in the last 24 hours.

    Raises:
        redis.RedisError: Redis cannot be asked.
    """
    since = clock.now() - timedelta(days=1)
    return cast("int", _client(settings.redis_url).zcount(_KEY, since.timestamp() * 1000, "+inf"))


@dataclass(slots=True)
class DeadLetterWatch:
    """One for the life of a scheduler: it tells of new ones, once."""

    _known: int = field(default=0, init=False)

    def look(self, settings: Settings) -> None:
        """Log that there are more than there were."""
        if not settings.redis_url:
            return
        try:
            number = cast("int", _client(settings.redis_url).zcard(_KEY))
        except redis.RedisError:
            return  # whoever needs Redis says so
        if number > self._known:
            log.warning("dead_letters", queue=QUEUE, number=number, more=number - self._known)
        self._known = number


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0)
    )
