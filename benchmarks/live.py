"""`python -m benchmarks.live`: milliseconds from a commit to the change arriving in an open list of campaigns.

Commit → signal on Redis → the web process reads the ten rows again → websocket. The browser's own work is not in it.
Changes come one at a time, so the page's limit of four updates a second does not slow them.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
import uuid
from typing import Any

from backend.settings import get_settings
from benchmarks.campaigns import add_contacts, rename, sms_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import pages_are_built, sign_in, stage
from benchmarks.tab import Tab

CHANGES, RUNS = 40, 3
_PATIENCE_S = 10


class Reader:
    """What arrived at a tab, and when."""

    def __init__(self) -> None:
        self._text = ""
        self._at = 0.0
        self._changed = asyncio.Event()

    def take(self, data: Any) -> None:
        self._at = time.perf_counter()
        self._text = data if isinstance(data, str) else json.dumps(data)
        self._changed.set()

    async def wait_for(self, text: str) -> float:
        """The moment (`perf_counter`) at which a text has arrived."""
        async with asyncio.timeout(_PATIENCE_S):
            while text not in self._text:
                self._changed.clear()
                await self._changed.wait()
        return self._at


async def _run(reader: Reader, campaign_id: int) -> list[float]:
    times: list[float] = []
    for _ in range(CHANGES):
        await asyncio.sleep(random.uniform(0.4, 0.7))
        title = f"Change {uuid.uuid4().hex}"
        waiting = asyncio.create_task(reader.wait_for(title))
        committed = await asyncio.to_thread(rename, campaign_id, title)
        times.append((await waiting - committed) * 1000)
    return times


async def _measure(web_port: int) -> list[list[float]]:
    campaign_id = sms_campaign()
    reader = Reader()
    tab = Tab(get_settings().origin, sign_in(web_port), reader.take)
    await tab.open()
    await asyncio.sleep(2)
    try:
        return [await _run(reader, campaign_id) for _ in range(RUNS)]
    finally:
        await tab.close()


def main() -> int:
    if not pages_are_built():
        print("The pages are not built: run `python -m unisoft_ui.build` first")
        return 1
    with stage() as running:
        running.start_web()
        add_contacts(20)
        runs = asyncio.run(_measure(running.web_port))
    show(
        f"Live: {CHANGES} single changes, from the commit to the websocket",
        [
            Figure("median", "ms", [statistics.median(run) for run in runs], digits=1),
            Figure("95th of 100", "ms", [statistics.quantiles(run, n=20)[-1] for run in runs], digits=1),
        ],
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
