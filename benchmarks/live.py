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

import socketio
from sqlalchemy import update

from backend import realtime
from backend.database import after_commit, unit_of_work
from backend.models import Campaign, table_of
from backend.settings import get_settings
from benchmarks.campaigns import add_contacts, sms_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import pages_are_built, sign_in, stage

CHANGES, RUNS = 40, 3
_PATH = "/app/messages/campagnes"
_PATIENCE_S = 10


class Tab:
    """A browser tab that shows the list, as far as the server can tell."""

    def __init__(self, origin: str, cookie: str) -> None:
        self._origin, self._cookie = origin, cookie
        self._client = socketio.AsyncClient(reconnection=False)
        self._client.on("event", self._on_event, namespace="/_event")
        self._text = ""
        self._at = 0.0
        self._changed = asyncio.Event()

    async def open(self) -> None:
        token = uuid.uuid4()
        await self._client.connect(
            f"{self._origin}?token={token}",
            headers={"Cookie": self._cookie, "Origin": self._origin},
            socketio_path="/_event",
            namespaces=["/_event"],
            transports=["websocket"],
        )
        await self._emit("reflex___state____state.hydrate")
        await self._emit("reflex___state____state.reflex___state____on_load_internal_state.on_load_internal")

    async def _emit(self, name: str) -> None:
        router = {"pathname": _PATH, "asPath": _PATH, "query": {}}
        await self._client.emit("event", {"name": name, "payload": {}, "router_data": router}, namespace="/_event")

    async def wait_for(self, text: str) -> float:
        """The moment (`perf_counter`) at which a text has arrived."""
        async with asyncio.timeout(_PATIENCE_S):
            while text not in self._text:
                self._changed.clear()
                await self._changed.wait()
        return self._at

    def _on_event(self, data: Any) -> None:
        self._at = time.perf_counter()
        self._text = data if isinstance(data, str) else json.dumps(data)
        self._changed.set()

    async def close(self) -> None:
        await self._client.disconnect()


def _change(campaign_id: int, title: str) -> float:
    """Rename a campaign; gives the moment of the commit."""
    stamps: list[float] = []
    with unit_of_work() as session:
        campaign = table_of(Campaign)
        session.execute(update(campaign).where(campaign.c.id == campaign_id).values(title=title))
        after_commit(session, lambda: stamps.append(time.perf_counter()))
        after_commit(session, realtime.signal_list)
    return stamps[0]


async def _run(tab: Tab, campaign_id: int) -> list[float]:
    times: list[float] = []
    for _ in range(CHANGES):
        await asyncio.sleep(random.uniform(0.4, 0.7))
        title = f"Change {uuid.uuid4().hex}"
        waiting = asyncio.create_task(tab.wait_for(title))
        committed = await asyncio.to_thread(_change, campaign_id, title)
        times.append((await waiting - committed) * 1000)
    return times


async def _measure(web_port: int) -> list[list[float]]:
    campaign_id = sms_campaign()
    tab = Tab(get_settings().origin, sign_in(web_port))
    await tab.open()
    await asyncio.sleep(2)
    try:
        return [await _run(tab, campaign_id) for _ in range(RUNS)]
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
