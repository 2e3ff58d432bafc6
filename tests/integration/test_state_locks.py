from __future__ import annotations

import asyncio
import time
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
import redis.asyncio as redis
from reflex.istate.manager.redis import StateManagerRedis

from unisoft_ui import state_locks

_ATTEMPTS = 150
_EXPIRES_S = 10
_CHECKS = 200  # of 10 ms: locks expire after 10 s only


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_lock", "_try_get_lock"):
        monkeypatch.setattr(StateManagerRedis, name, getattr(state_locks, name))


def test_a_cancelled_task_leaves_no_lock(redis_url: str) -> None:
    assert asyncio.run(_locks_left(redis_url)) == []


async def _locks_left(redis_url: str) -> list[Any]:
    """Locks that stay after tasks were cancelled at every moment of taking, holding and giving back."""
    async with redis.from_url(redis_url) as client:
        manager = StateManagerRedis(redis=client)
        try:
            for attempt in range(_ATTEMPTS):
                task = asyncio.create_task(_hold_briefly(manager))
                await asyncio.sleep(attempt * 0.00002)
                task.cancel()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            left = await client.keys("*_lock")
            for _ in range(_CHECKS):
                if not left:
                    break
                await asyncio.sleep(0.01)
                left = await client.keys("*_lock")
            return left
        finally:
            await manager.close()


async def _hold_briefly(manager: StateManagerRedis) -> None:
    key = uuid.uuid4().hex
    token = SimpleNamespace(lock_key=key)
    async with manager._lock(token):  # pyright: ignore[reportArgumentType]
        await asyncio.sleep(0.0005)


def test_a_cancelled_task_leaves_those_behind_it_waiting_for_nobody(redis_url: str) -> None:
    assert asyncio.run(_longest_wait_s(redis_url)) < _EXPIRES_S / 2


async def _longest_wait_s(redis_url: str) -> float:
    """How long anybody waits for one lock that many want, while others who want it are cancelled at every moment."""
    async with redis.from_url(redis_url) as client:
        manager, token = StateManagerRedis(redis=client), SimpleNamespace(lock_key=uuid.uuid4().hex)
        waited_s: list[float] = []

        async def want() -> None:
            began = time.monotonic()
            async with manager._lock(token):  # pyright: ignore[reportArgumentType]
                waited_s.append(time.monotonic() - began)
                await asyncio.sleep(0.0005)

        try:
            await want()  # its messages are heard from now on
            for attempt in range(_ATTEMPTS):
                tasks = [asyncio.create_task(want()) for _ in range(4)]
                await asyncio.sleep(attempt * 0.00005)
                for task in tasks[:3]:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                if waited_s[-1] > _EXPIRES_S / 2:
                    break
            return max(waited_s)
        finally:
            await manager.close()
