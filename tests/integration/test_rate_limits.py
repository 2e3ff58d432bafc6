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
