"""A hundred tabs come and go: nothing of them stays in the web process."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from backend.services import sessions
from tests.integration.counting import PATH, REACHABLE
from tests.integration.web import CAMPAIGNS, Web, installed_web, tab
from tests.makers import make_contacts, make_draft

_TABS, _WAVES = 100, 2
_AT_REST = 15  # the server, its library and the listener for signals
_MIB = 1024 * 1024


@pytest.fixture
def web(redis_server: str, tmp_path: Path) -> Iterator[Web]:
    with installed_web(tmp_path, redis_server) as running:
        make_contacts(3)
        make_draft(title="Watched")
        yield running


def under_way(web: Web, what: str) -> int:
    return httpx.get(f"{web.origin}{PATH}").json()[what]


def lines_held(web: Web) -> int:
    return httpx.get(f"{web.origin}{REACHABLE}").json()["lines"]


async def _open_and_close(web: Web, cookie: str) -> tuple[int, int]:
    """Gives how many tasks there were while all of them watched, and how many lines of the list."""
    async with contextlib.AsyncExitStack() as closing:
        opened = [await closing.enter_async_context(tab(web, cookie, boot=CAMPAIGNS)) for _ in range(_TABS)]
        for page in opened:
            await _until(lambda page=page: "Watched" in page.text, "a tab shows the list")
        return await asyncio.to_thread(under_way, web, "tasks"), await asyncio.to_thread(lines_held, web)


async def _until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 60
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


def test_closed_tabs_leave_no_task_and_no_growing_memory(web: Web) -> None:
    async def waves() -> list[float]:
        cookie, sizes = sessions.open_session(1, stay_signed_in=False)[0], []
        for _ in range(_WAVES):
            tasks, lines = await _open_and_close(web, cookie)
            assert tasks > _TABS, "each open tab is watched over"
            assert lines < _TABS / 2, "tabs hold no list of their own"
            await _until(lambda: under_way(web, "tasks") <= _AT_REST, "every watcher ended with its tab")
            await _until(lambda: under_way(web, "states") == 0, "what closed tabs left is collected")
            sizes.append(psutil.Process(web.process.pid).memory_info().rss / _MIB)
        return sizes

    first, last = asyncio.run(waves())
    # The first wave fills caches and pools; the second may not add what a hundred tabs hold, 20 MiB and more.
    assert last - first < 15, f"{last - first:.1f} MiB more after a second wave of {_TABS} tabs"
