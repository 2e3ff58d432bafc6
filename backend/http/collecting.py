"""Collect webhook reports while more keep coming, for some milliseconds, and store them together.

One transaction a report makes a third of the throughput. Each caller is answered only after the
commit that holds its reports, so a crash before it makes the provider send them again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from backend.logs import brief, get_logger
from backend.providers.base import ProviderEvent

log = get_logger(__name__)

_LOOK_S = 0.0005
_LOOKS = 16
_ANNOUNCE_S = 0.05
_LARGEST = 1_000
_MOST_WAITING = 20_000


class TooManyWaitingError(Exception):
    """More reports wait than we care to hold: the provider shall come again."""


class EventCollector:
    """Groups reports into transactions. Lives inside one running event loop."""

    def __init__(self, store: Callable[[Sequence[ProviderEvent]], int], stored: Callable[[], None]) -> None:
        self._store, self._stored = store, stored
        self._waiting: list[tuple[Sequence[ProviderEvent], asyncio.Future[None]]] = []
        self._count = 0
        self._task: asyncio.Task[None] | None = None
        self._is_unannounced, self._announced_at = False, 0.0

    async def add(self, events: Sequence[ProviderEvent]) -> None:
        """Store events; returns after their commit.

        Raises:
            TooManyWaitingError: nothing was taken.
        """
        if self._count + len(events) > _MOST_WAITING:
            raise TooManyWaitingError
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        self._count += len(events)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._waiting:
            await self._gather()
            group = self._next_group()
            try:
                await asyncio.to_thread(self._store, [event for events, _ in group for event in events])
            except Exception as error:  # noqa: BLE001 - every caller hears of it
                _tell(group, error)
            else:
                _tell(group, None)
                self._is_unannounced = True
            # In a flood now and then is enough, and always at its end.
            if not self._waiting or time.monotonic() - self._announced_at > _ANNOUNCE_S:
                await self._announce()

    async def _gather(self) -> None:
        """Wait for more as long as more keeps coming."""
        for _ in range(_LOOKS):
            before = self._count
            await asyncio.sleep(_LOOK_S)
            if self._count == before or self._count >= _LARGEST:
                return

    async def _announce(self) -> None:
        if not self._is_unannounced:
            return
        self._is_unannounced, self._announced_at = False, time.monotonic()
        try:
            await asyncio.to_thread(self._stored)
        except Exception as error:  # noqa: BLE001 - a lost wake-up must not keep the others waiting
            log.warning("wake_up_not_sent", error=brief(error))

    def _next_group(self) -> list[tuple[Sequence[ProviderEvent], asyncio.Future[None]]]:
        size, number = 0, 0
        while number < len(self._waiting) and (number == 0 or size + len(self._waiting[number][0]) <= _LARGEST):
            size += len(self._waiting[number][0])
            number += 1
        group, self._waiting = self._waiting[:number], self._waiting[number:]
        self._count -= size
        return group


def _tell(group: Sequence[tuple[object, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in group:
        if done.done():  # its caller has gone
            continue
        if error:
            done.set_exception(error)
        else:
            done.set_result(None)
