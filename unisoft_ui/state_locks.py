"""The lock of a tab's state goes to the next who wants it, whenever a task that takes it is cancelled.

Reflex 0.10.1 cancels the tasks of a tab when it closes, navigates or reconnects, and those that a newer one supersedes.
One that is cancelled while it waits for Redis to answer leaves its lock behind; one that has just been told that the
lock is free, or has taken it and not yet begun, keeps that to itself. Either way all else the tab does, a click on
"Save draft" among it, hangs until the lock expires: ten seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from contextvars import ContextVar
from typing import Any

from reflex.istate.manager.redis import StateManagerRedis

# Ours only: the lock may have expired and be somebody else's by now.
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"
_take = StateManagerRedis._try_get_lock  # noqa: SLF001 - there is no public way in
_hold = StateManagerRedis._lock  # noqa: SLF001 - as above
_releasing: set[asyncio.Task[Any]] = set()
# The lock that the present task has taken and not begun to hold.
_taken: ContextVar[bytes] = ContextVar("taken", default=b"")


def install() -> None:
    """Make the state manager of this process give its locks back."""
    StateManagerRedis._try_get_lock = _try_get_lock  # noqa: SLF001 - as above
    StateManagerRedis._lock = _lock  # noqa: SLF001 - as above


async def _try_get_lock(manager: StateManagerRedis, lock_key: bytes, lock_id: bytes) -> bool | None:
    taking = asyncio.ensure_future(_take(manager, lock_key, lock_id))
    try:
        is_taken = await asyncio.shield(taking)
    except asyncio.CancelledError:
        _beside(_give_back_when_taken(manager, taking, lock_key, lock_id))
        raise
    _taken.set(lock_id if is_taken else b"")
    return is_taken


@contextlib.asynccontextmanager
async def _lock(manager: StateManagerRedis, token: Any, event_name: str | None = None) -> AsyncIterator[bytes]:
    _taken.set(b"")
    held = b""
    try:
        async with _hold(manager, token, event_name=event_name) as held:
            yield held
    except asyncio.CancelledError:
        lock_key = manager._lock_key(token)  # noqa: SLF001 - as above
        if mine := held or _taken.get():
            _beside(_give_back(manager, lock_key, mine))
        # It may have been this task's turn: whoever is told in vain looks, and waits on.
        manager._notify_next_waiter(lock_key)  # noqa: SLF001 - as above
        raise


async def _give_back_when_taken(
    manager: StateManagerRedis, taking: asyncio.Future[bool | None], lock_key: bytes, lock_id: bytes
) -> None:
    if await taking:
        await _give_back(manager, lock_key, lock_id)


async def _give_back(manager: StateManagerRedis, lock_key: bytes, lock_id: bytes) -> None:
    await manager.redis.eval(_RELEASE, 1, lock_key, lock_id)


def _beside(work: Coroutine[Any, Any, None]) -> None:
    """Run on after the cancelled task has ended; the loop alone would not keep it."""
    task = asyncio.ensure_future(work)
    _releasing.add(task)
    task.add_done_callback(_releasing.discard)
