"""The shared rate without its Redis."""

from __future__ import annotations

import asyncio

import pytest
import redis

from backend.domain.channels import Medium
from backend.processes.ports import free_port
from backend.rate_limits import RateLimit
from backend.settings import load_settings


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
