"""The shared rate without its Redis."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from typing import cast

import pytest
import redis

from backend.domain.channels import Medium
from backend.processes.ports import free_port
from backend.rate_limits import RateLimit
from backend.settings import Settings, load_settings


def test_without_redis_nobody_gets_a_turn_and_a_drain_in_flight_is_not_cut_off() -> None:
    async def use() -> tuple[float, float]:
        limit = RateLimit(settings, Medium.SMS)
        try:
            with pytest.raises(redis.RedisError):
                await limit.take(64, 1)
            await limit.recover()
            return await limit.pause(7), await limit.pause(None)
        finally:
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    assert asyncio.run(use()) == (7, 1)


def test_windows_turned_away_together_make_one_pause_and_the_next_wave_a_longer_one(redis_url: str) -> None:
    async def use() -> list[float]:
        limit = RateLimit(settings, Medium.SMS)
        client = redis.Redis.from_url(redis_url)
        try:
            first = [await limit.pause(None) for _ in range(4)]
            client.delete("rate:sms:until")  # it is over
            return [*first, await limit.pause(None)]
        finally:
            client.close()
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url)
    *together, later = asyncio.run(use())
    assert all(0 < pause_s <= 1.25 for pause_s in together), together
    assert 2 <= later <= 2.5


def test_a_short_pause_does_not_end_a_longer_one(redis_url: str) -> None:
    async def use() -> tuple[int, float]:
        limit = RateLimit(settings, Medium.SMS)
        client = redis.Redis.from_url(redis_url)
        try:
            await limit.pause(3_600)
            await limit.pause(1)
            return cast("int", client.pttl("rate:sms:until")), await limit.pause(None)
        finally:
            client.close()
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url)
    kept_ms, held_s = asyncio.run(use())
    assert kept_ms >= 3_600_000
    assert held_s > 3_590


def set_back(client: redis.Redis, seconds: float) -> None:
    """What lies in a Redis whose clock is set back: moments that are too late by so much."""
    for part in ("next", "until", "seen"):
        kept = client.get(f"rate:sms:{part}")
        if kept is not None:
            client.set(f"rate:sms:{part}", float(kept) + seconds)  # pyright: ignore[reportArgumentType]


def test_a_clock_that_is_set_back_holds_nobody_up(redis_url: str) -> None:
    async def use() -> list[int]:
        limit = RateLimit(settings, Medium.SMS)
        client = redis.Redis.from_url(redis_url)
        try:
            await limit.take(10, 1)
            await limit.pause(0.2)
            set_back(client, 3_600)
            return [await limit.take(10, 1) for _ in range(3)]
        finally:
            client.close()
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url, sms_rate_per_s=100)
    assert asyncio.run(use()) == [10, 10, 10]


def test_a_pause_that_the_provider_asked_for_outlasts_a_clock_that_is_set_back(redis_url: str) -> None:
    async def use() -> tuple[int, float]:
        limit = RateLimit(settings, Medium.SMS)
        client = redis.Redis.from_url(redis_url)
        try:
            asked_s = await limit.pause(600)
            set_back(client, 3_600)
            return await limit.take(10, 0.01), asked_s - await limit.pause(None)
        finally:
            client.close()
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url)
    granted, passed_s = asyncio.run(use())
    assert granted == 0
    assert 0 <= passed_s < 10, "neither shorter nor an hour longer"


def test_turns_that_all_come_late_make_no_second_too_full(redis_url: str) -> None:
    async def use() -> tuple[list[bool], float]:
        limit = RateLimit(settings, Medium.SMS)
        try:
            began = time.monotonic()
            at_once = [await limit.leave(10, 0) is not None for _ in range(12)]
            assert await limit.leave(10, 5)
            return at_once, time.monotonic() - began
        finally:
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url, sms_rate_per_s=100)
    at_once, passed_s = asyncio.run(use())
    assert at_once == [True] * 10 + [False] * 2, "a second has room for ten times ten"
    assert 0.9 < passed_s < 3, "the next leave when it is over"


def test_a_window_whose_claim_took_long_takes_its_room_along_and_nobody_elses(redis_url: str) -> None:
    async def use() -> list[bool]:
        limit = RateLimit(settings, Medium.SMS)
        try:
            windows = [await limit.leave(50, 0) for _ in range(2)]
            late = windows[0]
            assert late
            await asyncio.sleep(0.1)
            again = await limit.leave(40, 0, late)
            room = [again, *[await limit.leave(size, 0) for size in (11, 10, 1)]]
            return [late.is_on_time(), *[one is not None for one in room]]
        finally:
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url, sms_rate_per_s=100)
    assert asyncio.run(use()) == [False, True, False, True, False], "what it does not need itself is free for others"


def test_a_window_whose_room_is_forgotten_waits_like_any_other(redis_url: str) -> None:
    async def use() -> bool:
        limit = RateLimit(settings, Medium.SMS)
        client = redis.Redis.from_url(redis_url)
        try:
            late = await limit.leave(100, 0)
            client.delete("rate:sms:left")
            assert late
            await asyncio.sleep(0.1)
            assert await limit.leave(60, 0)
            return await limit.leave(100, 0, late) is not None
        finally:
            client.close()
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url, sms_rate_per_s=100)
    assert not asyncio.run(use())


def test_what_left_before_a_clock_was_set_back_holds_nobody_up(redis_url: str) -> None:
    async def use() -> bool:
        limit = RateLimit(settings, Medium.SMS)
        client = redis.Redis.from_url(redis_url)
        try:
            client.hset("rate:sms:left", str(int((time.time() + 3_600) * 50)), "100")
            return await limit.leave(10, 0) is not None
        finally:
            client.close()
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url, sms_rate_per_s=100)
    assert asyncio.run(use())


def test_one_message_leaves_however_slow_the_rate_is(redis_url: str) -> None:
    async def use() -> list[bool]:
        limit = RateLimit(settings, Medium.SMS)
        try:
            return [await limit.leave(1, 0) is not None for _ in range(2)]
        finally:
            await limit.aclose()

    settings = load_settings(_env_file=None, redis_url=redis_url, sms_rate_per_s=0.5)
    assert asyncio.run(use()) == [True, False]


def gateway_settings(redis_url: str, **values: object) -> Settings:
    return load_settings(
        _env_file=None,
        redis_url=redis_url,
        whatsapp_gateway_url="http://127.0.0.1:9",
        whatsapp_gateway_key="key",
        whatsapp_gateway_hmac_key="its key",
        **values,
    )


def test_a_phone_sends_one_message_at_a_time_and_no_more_than_its_day_has(redis_url: str) -> None:
    async def use() -> list[object]:
        today = RateLimit(settings, Medium.WHATSAPP, date(2026, 9, 16))
        elsewhere = RateLimit(settings, Medium.WHATSAPP, date(2026, 9, 16))
        tomorrow = RateLimit(settings, Medium.WHATSAPP, date(2026, 9, 17))
        questions = RateLimit(settings, Medium.WHATSAPP)
        try:
            first = [await today.take(8, 1), await elsewhere.take(8, 1), await today.take(8, 0.01)]
            full = today.is_used_up
            await elsewhere.give_back(1)
            again = await today.take(8, 1)
            return [first, full, again, today.is_used_up, await tomorrow.take(8, 1), await questions.take(8, 1)]
        finally:
            for limit in (today, elsewhere, tomorrow, questions):
                await limit.aclose()

    settings = gateway_settings(
        redis_url, whatsapp_gateway_pause_s=0.1, whatsapp_gateway_jitter_s=0.05, whatsapp_gateway_daily_cap=2
    )
    assert asyncio.run(use()) == [[1, 1, 0], True, 1, False, 1, 1]


def test_the_next_message_of_a_phone_is_never_quite_on_time(redis_url: str) -> None:
    async def use() -> list[float]:
        moments: list[float] = []
        limit = RateLimit(settings, Medium.WHATSAPP)
        client = redis.Redis.from_url(redis_url)
        try:
            for _ in range(20):
                client.delete("rate:whatsapp:next")
                seconds, microseconds = client.time()  # pyright: ignore[reportGeneralTypeIssues]
                assert await limit.take(1, 0) == 1
                free = float(client.get("rate:whatsapp:next") or 0)  # pyright: ignore[reportArgumentType]
                moments.append(free - seconds - microseconds / 1_000_000)
        finally:
            client.close()
            await limit.aclose()
        return moments

    settings = gateway_settings(redis_url, whatsapp_gateway_pause_s=30, whatsapp_gateway_jitter_s=10)
    waits = asyncio.run(use())
    assert min(waits) >= 20
    assert max(waits) - min(waits) > 1
    assert sum(1 for wait in waits if wait <= 41) > 15, "30 s, more or less by 10"
