"""One rate a medium, shared by every worker: a schedule kept in Redis.

Each grant moves the moment of the next one by its size over the rate (GCRA), and waits for its own.
Time is the Redis server's, so workers on several machines agree.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import redis.asyncio as redis

from backend.domain.channels import Medium
from backend.logs import get_logger
from backend.settings import Settings

log = get_logger(__name__)

_GRANT_S = 0.1  # a grant is at most this much of a second's rate, ...
_HEADROOM = 0.9  # ... and the schedule runs this much slower, so that no second exceeds the rate
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0

_TAKE = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(redis.call('GET', KEYS[2]) or '0'))
local wait = math.max(free - now, 0)
if wait > tonumber(ARGV[3]) then return {0, tostring(wait)} end
local next = math.max(free, now) + tonumber(ARGV[1]) / tonumber(ARGV[2])
redis.call('SET', KEYS[1], string.format('%.6f', next), 'PX', 120000)
return {1, tostring(wait)}
"""

# Windows that are turned away together are one reason to wait: only the first of them makes the pause longer.
_PAUSE = """
local t = redis.call('TIME')
local seconds = tonumber(ARGV[1])
local held = tonumber(redis.call('GET', KEYS[1]) or '0') - (t[1] + t[2] / 1000000)
if seconds < 0 and held > 0 then return tostring(held) end
local n = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], 120000)
if seconds < 0 then seconds = math.min(tonumber(ARGV[2]) * 2 ^ (n - 1), tonumber(ARGV[3])) end
seconds = seconds * (1 + tonumber(ARGV[4]) / 4)
local until_s = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), t[1] + t[2] / 1000000 + seconds)
redis.call('SET', KEYS[1], string.format('%.6f', until_s), 'PX', math.ceil(seconds * 1000) + 1000)
return tostring(seconds)
"""


class RateLimit:
    """The rate of one medium. Lives inside one running event loop."""

    def __init__(self, settings: Settings, medium: Medium) -> None:
        self._rate = {
            Medium.EMAIL: settings.email_rate_per_s,
            Medium.SMS: settings.sms_rate_per_s,
            Medium.WHATSAPP: settings.whatsapp_rate_per_s,
        }[medium]
        self._client = redis.Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5)
        self._take = self._client.register_script(_TAKE)
        self._pause = self._client.register_script(_PAUSE)
        self._next, self._until, self._count = (f"rate:{medium}:{part}" for part in ("next", "until", "pauses"))

    async def take(self, wanted: int, patience_s: float) -> int:
        """Wait for a turn and give how many messages may go now; 0 if the turn is further off than `patience_s`.

        Raises:
            redis.RedisError: Redis cannot be asked; nothing may be sent then.
        """
        size = min(wanted, max(int(self._rate * _GRANT_S), 1))
        granted, wait_s = await self._take(
            keys=[self._next, self._until], args=[size, self._rate * _HEADROOM, patience_s]
        )
        await asyncio.sleep(float(wait_s) if granted else min(float(wait_s), patience_s))
        return size if granted else 0

    async def pause(self, seconds: float | None) -> float:
        """Hold everybody back: for `seconds` if the provider said so, else longer at every call. With jitter.

        Without Redis nobody gets a turn anyway, so neither this nor `recover` fails for that: a drain that
        ended with an error would cut off the windows that its other lanes have in flight.
        """
        try:
            pause_s = await self._pause(
                keys=[self._until, self._count],
                args=[-1 if seconds is None else seconds, _FIRST_PAUSE_S, _LONGEST_PAUSE_S, random.random()],  # noqa: S311
            )
        except redis.RedisError as error:
            log.warning("pause_not_shared", error=type(error).__name__)
            return _FIRST_PAUSE_S if seconds is None else seconds
        return float(pause_s)

    async def recover(self) -> None:
        """The provider takes messages again: the next pause is short again."""
        with suppress(redis.RedisError):
            await self._client.delete(self._count)

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._client.aclose()
