"""A bounded queue of things that are due at a moment."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar("Item")


class DueQueue(Generic[Item]):
    """Hands items out when they are due, earliest first. For one event loop."""

    def __init__(self, most: int) -> None:
        self._heap: list[tuple[float, int, Item]] = []
        self._most = most
        self._order = itertools.count()
        self._earlier = asyncio.Event()
        self._turn = asyncio.Lock()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, item: Item, delay_s: float) -> None:
        """Add an item; it is dropped, and counted, when the queue is full."""
        if len(self._heap) >= self._most:
            self.dropped += 1
            return
        entry = (time.monotonic() + delay_s, next(self._order), item)
        heapq.heappush(self._heap, entry)
        if self._heap[0] is entry:
            self._earlier.set()

    async def pop(self) -> Item:
        """The next item, once it is due."""
        async with self._turn:  # one waits for the moment, the others for their turn
            while (item := self.pop_due()) is None:
                self._earlier.clear()
                wait_s = self._heap[0][0] - time.monotonic() if self._heap else None
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._earlier.wait(), wait_s)
            return item

    def pop_due(self) -> Item | None:
        """An item that is due by now, or None."""
        if self._heap and self._heap[0][0] <= time.monotonic():
            return heapq.heappop(self._heap)[2]
        return None

    def clear(self) -> None:
        """Forget everything that waits."""
        self._heap.clear()
