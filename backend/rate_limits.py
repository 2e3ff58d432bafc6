"""One rate a medium, shared by every worker: a schedule kept in Redis.

Each grant moves the moment of the next one by its size over the rate (GCRA), and waits for its own.
Time is the Redis server's, so workers on several machines agree; if it is set back, the schedule moves with it. The
gateway's phone number has a pace of its own: never quite regular, and no more than so many messages a day, test
messages among them.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from datetime import date
from typing import NamedTuple

import redis.asyncio as redis
from redis import Redis

from backend.domain.channels import Medium
from backend.logs import get_logger
from backend.settings import Settings

log = get_logger(__name__)

_GRANT_S = 0.1  # a grant is at most this much of a second's rate, ...
_HEADROOM = 0.9  # ... and the schedule runs this much slower, so that no second exceeds the rate
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_AT_ONCE, _UNBOUNDED = 1_000, 1_000_000  # without a pause
_GRANTED, _USED_UP = 1, 2
_NOT_COUNTED = -1
_PARTS = 50  # of a second, in which what leaves is counted
_LATE_PARTS = 2  # within which what was counted may leave without being counted anew

_DAY_KEPT_S = 172_800

# Begins both scripts. A server whose clock was set back has looked at a later time before: what is to come moves back
# with the clock, and is as far off as it was. Nobody waits for the old time to come round again.
_NOW = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local set_back = tonumber(redis.call('GET', KEYS[3]) or '0') - now
if set_back > 0 then
  for i = 1, 2 do
    local at = tonumber(redis.call('GET', KEYS[i]) or '0')
    if at > 0 then redis.call('SET', KEYS[i], string.format('%.6f', at - set_back), 'KEEPTTL') end
  end
end
redis.call('SET', KEYS[3], string.format('%.6f', now))
"""

# Answers 0: the turn is too far off; 1: granted; 2: nothing is left of the day. With a cap of 0 the day is only
# counted, below 0 not even that.
_TAKE = (
    _NOW
    + """
local size, cap = tonumber(ARGV[1]), tonumber(ARGV[5])
if cap > 0 then
  size = math.min(size, cap - tonumber(redis.call('GET', KEYS[4]) or '0'))
  if size <= 0 then return {2, '0', 0} end
end
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(redis.call('GET', KEYS[2]) or '0'))
local wait = math.max(free - now, 0)
if wait > tonumber(ARGV[4]) then return {0, tostring(wait), 0} end
local next = math.max(free, now) + size * tonumber(ARGV[2]) + tonumber(ARGV[3])
redis.call('SET', KEYS[1], string.format('%.6f', next), 'PX', 120000)
if cap >= 0 then
  redis.call('INCRBY', KEYS[4], size)
  redis.call('EXPIRE', KEYS[4], tonumber(ARGV[6]))
end
return {1, tostring(wait), size}
"""
)

# Answers how long the last second has no room for so many, or 0 and the part of it in which they are counted now. What
# they were counted as before no longer counts. The second is looked at in parts, and a little more than one of it.
_LEAVE = """
local t = redis.call('TIME')
local parts, look_back = tonumber(ARGV[3]), tonumber(ARGV[3]) + tonumber(ARGV[4])
local now = (t[1] + t[2] / 1000000) * parts
local part, left = math.floor(now), 0
local before = tonumber(redis.call('HGET', KEYS[1], ARGV[5]) or '0')
if before > 0 then
  redis.call('HINCRBY', KEYS[1], ARGV[5], -math.min(before, tonumber(ARGV[6])))
end
local oldest = part
local counted = redis.call('HGETALL', KEYS[1])
for i = 1, #counted, 2 do
  local at, number = tonumber(counted[i]), tonumber(counted[i + 1])
  if at > part or at < part - look_back or number == 0 then
    redis.call('HDEL', KEYS[1], counted[i])
  else
    left, oldest = left + number, math.min(oldest, at)
  end
end
if left > 0 and left + tonumber(ARGV[1]) > tonumber(ARGV[2]) then
  return {tostring((oldest + look_back + 1 - now) / parts), 0}
end
redis.call('HINCRBY', KEYS[1], string.format('%.0f', part), ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2000)
return {'0', part}
"""

# Windows that are turned away together are one reason to wait: only the first of them makes the pause longer.
_PAUSE = (
    _NOW
    + """
local seconds = tonumber(ARGV[1])
local held = tonumber(redis.call('GET', KEYS[2]) or '0') - now
if seconds < 0 and held > 0 then return tostring(held) end
local n = redis.call('INCR', KEYS[4])
redis.call('PEXPIRE', KEYS[4], 120000)
if seconds < 0 then seconds = math.min(tonumber(ARGV[2]) * 2 ^ (n - 1), tonumber(ARGV[3])) end
seconds = seconds * (1 + tonumber(ARGV[4]) / 4)
local until_s = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), now + seconds)
redis.call('SET', KEYS[2], string.format('%.6f', until_s), 'PX', math.ceil((until_s - now) * 1000) + 1000)
return tostring(seconds)
"""
)


class _Pace(NamedTuple):
    """`most`: the most in one grant; `each_s`: from one message to the next, more or less by up to `jitter_s`.

    `a_second`: the most that leave within one, however late their turns come. `daily_cap`: the most of a day; 0: they
    are only counted; None: not even that.
    """

    most: int
    each_s: float
    a_second: int
    jitter_s: float = 0.0
    daily_cap: int | None = None


def _pace(settings: Settings, medium: Medium) -> _Pace:
    if medium is Medium.WHATSAPP and settings.has_whatsapp_gateway:
        each_s = settings.whatsapp_gateway_pause_s
        most = max(int(_GRANT_S / each_s), 1) if each_s else _AT_ONCE
        jitter_s, cap = settings.whatsapp_gateway_jitter_s, settings.whatsapp_gateway_daily_cap
        return _Pace(most, each_s, max(int(1 / each_s), 1) if each_s else _UNBOUNDED, jitter_s, cap)
    rate = {
        Medium.EMAIL: settings.email_rate_per_s,
        Medium.SMS: settings.sms_rate_per_s,
        Medium.WHATSAPP: settings.whatsapp_rate_per_s,
    }[medium]
    return _Pace(max(int(rate * _GRANT_S), 1), 1 / (rate * _HEADROOM), max(int(rate), 1))


class Departure(NamedTuple):
    """Messages that are counted as leaving: how many, in which part of the time, and when that was asked for.

    `counted_at`: monotonic seconds.
    """

    number: int
    part: int
    counted_at: float

    def is_on_time(self) -> bool:
        """Whether they may still leave as they are counted."""
        return time.monotonic() - self.counted_at < _LATE_PARTS / _PARTS


class RateLimit:
    """The rate of one medium. Lives inside one running event loop.

    `day`: whose count the grants are in, where there is one a day; None for what is no message.
    """

    def __init__(self, settings: Settings, medium: Medium, day: date | None = None) -> None:
        self._pace = _pace(settings, medium)
        cap = self._pace.daily_cap if day else None
        self._cap = _NOT_COUNTED if cap is None else cap
        self._client = redis.Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5)
        self._take = self._client.register_script(_TAKE)
        self._leave = self._client.register_script(_LEAVE)
        self._pause = self._client.register_script(_PAUSE)
        self._moments = [f"rate:{medium}:{part}" for part in ("next", "until", "seen")]
        self._count, self._left = f"rate:{medium}:pauses", f"rate:{medium}:left"
        self._day = _day_key(medium, day)
        self.is_used_up = False
        """Whether the last turn was refused because nothing is left of the day."""

    @property
    def largest_turn(self) -> int:
        """How many messages a turn has at most."""
        return self._pace.most

    async def take(self, wanted: int, patience_s: float) -> int:
        """Wait for a turn and give how many messages may go now; 0 if the turn is further off than `patience_s`.

        Raises:
            redis.RedisError: Redis cannot be asked; nothing may be sent then.
        """
        pace = self._pace
        jitter_s = random.uniform(-pace.jitter_s, pace.jitter_s)  # noqa: S311 - no secret
        answer, wait_s, size = await self._take(
            keys=[*self._moments, self._day],
            args=[min(wanted, pace.most), pace.each_s, jitter_s, patience_s, self._cap, _DAY_KEPT_S],
        )
        self.is_used_up = answer == _USED_UP
        await asyncio.sleep(float(wait_s) if answer == _GRANTED else min(float(wait_s), patience_s))
        return int(size)

    async def leave(self, number: int, patience_s: float, before: Departure | None = None) -> Departure | None:
        """Count messages that leave now, as soon as the last second has room for them; None if that is further off.

        Between its turn and this moment a window can be held up, by a machine with other work, and would leave together
        with those of later turns. It is counted before it is claimed, for who waits with claims in hand makes unknown
        what never left if it dies; and once more, in place of `before`, if claiming took long. Then it has its room
        already, unless that took more than a second.

        Raises:
            redis.RedisError: Redis cannot be asked; nothing may be sent then.
        """
        ends_at = time.monotonic() + patience_s
        while True:
            asked_at = time.monotonic()
            wait_s, part = await self._leave(
                keys=[self._left],
                args=[
                    number,
                    self._pace.a_second,
                    _PARTS,
                    _LATE_PARTS,
                    before.part if before else 0,
                    before.number if before else 0,
                ],
            )
            if part:
                return Departure(number, int(part), asked_at)
            before = None
            if time.monotonic() + float(wait_s) > ends_at:
                return None
            await asyncio.sleep(float(wait_s))

    async def give_back(self, number: int) -> None:
        """Take messages that never left out of the count of the day."""
        if self._cap != _NOT_COUNTED and number > 0:
            with suppress(redis.RedisError):  # the day has fewer then
                await self._client.decrby(self._day, number)

    async def pause(self, seconds: float | None) -> float:
        """Hold everybody back: for `seconds` if the provider said so, else longer at every call. With jitter.

        Without Redis nobody gets a turn anyway, so neither this nor `recover` fails for that: a drain that
        ended with an error would cut off the windows that its other lanes have in flight.
        """
        try:
            pause_s = await self._pause(
                keys=[*self._moments, self._count],
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


def used_of_day(settings: Settings, medium: Medium, day: date) -> int | None:
    """How many grants of a day were taken, where they are counted; None when Redis cannot be asked."""
    try:
        with Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
            return max(int(client.get(_day_key(medium, day)) or 0), 0)  # pyright: ignore[reportArgumentType]
    except redis.RedisError as error:
        log.warning("day_not_read", error=type(error).__name__)
        return None


def _day_key(medium: Medium, day: date | None) -> str:
    return f"rate:{medium}:day:{day or ''}"
