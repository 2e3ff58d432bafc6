"""The tabs of `benchmarks.tabs`, in a process of their own: what they do is not the server's work.

Spoken to over a pipe: a number opens that many tabs, "report" gives what has arrived since then, "close" closes all.
Moments are those of `perf_counter`, which is the same clock in every process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.tab import Tab

_AT_ONCE = 10  # browsers do not all load in the same moment
MARK = "Change "


@dataclass
class Report:
    """Of each tab the titles it has been shown, with the moment of each; and how many messages came in all."""

    titles: list[dict[str, float]] = field(default_factory=list)
    deltas: int = 0

    def reader(self) -> Callable[[Any], None]:
        """What notes all that arrives at one more tab."""
        seen: dict[str, float] = {}
        self.titles.append(seen)

        def take(data: Any) -> None:
            now = time.perf_counter()
            self.deltas += 1
            for title in _titles(data):
                seen.setdefault(title, now)

        return take


def _titles(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(MARK):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _titles(item)
    elif isinstance(value, list):
        for item in value:
            yield from _titles(item)


def serve(pipe: Connection, origin: str, cookie: str) -> None:
    """Do what the pipe says until it closes."""
    asyncio.run(_serve(pipe, origin, cookie))


async def _serve(pipe: Connection, origin: str, cookie: str) -> None:
    tabs: list[Tab] = []
    report = Report()
    while True:
        try:
            order = await asyncio.to_thread(pipe.recv)
        except EOFError:
            return
        if isinstance(order, int):
            report = Report()
            tabs = await _open(order, origin, cookie, report)
            pipe.send(len(tabs))
        elif order == "report":
            pipe.send(report)
        else:
            await asyncio.gather(*(tab.close() for tab in tabs))
            pipe.send(0)


async def _open(number: int, origin: str, cookie: str, report: Report) -> list[Tab]:
    tabs = [Tab(origin, cookie, report.reader()) for _ in range(number)]
    for first in range(0, number, _AT_ONCE):
        await asyncio.gather(*(tab.open() for tab in tabs[first : first + _AT_ONCE]))
    return tabs
