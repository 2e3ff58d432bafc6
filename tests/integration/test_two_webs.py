"""Two web processes on one database and one Redis: a tab may meet either, and sees what the other committed."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.database import reading
from backend.domain.rights import Role
from backend.domain.statuses import RunState
from backend.models import Campaign
from backend.services import sessions, users
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.integration.web import ADMIN, CAMPAIGNS, Tab, Web, running_web, tab
from tests.makers import make_contacts, make_run

RUNS = "reflex___state____state.unisoft_ui___states___runs____runs_state"
_SOON_S = 25  # a page reads by itself every 30 s: what comes sooner was signalled


@pytest.fixture
def webs(database: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Web, Web]]:
    del database
    monkeypatch.setenv("REDIS_URL", redis_url)
    get_settings.cache_clear()
    users.create_user(OPERATOR, email=ADMIN[0], password=ADMIN[1], role=Role.ADMINISTRATOR)
    make_contacts(3)
    with contextlib.ExitStack() as stack:
        folders = [tmp_path / name for name in ("one", "two")]
        for folder in folders:
            folder.mkdir()
        first, second = (stack.enter_context(running_web(folder)) for folder in folders)
        yield first, second


def signed_in() -> str:
    return sessions.open_session(1, stay_signed_in=False)[0]


def run_state(campaign_id: int) -> RunState:
    with reading() as session:
        campaign = session.get(Campaign, campaign_id)
        assert campaign is not None
        return campaign.run_state


async def shows(page: Tab, words: str) -> bool:
    until = time.monotonic() + _SOON_S
    while words not in page.text:
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.02)
    return True


def test_a_change_made_through_one_process_reaches_a_tab_on_the_other(webs: tuple[Web, Web]) -> None:
    campaign_id = make_run()

    async def pause_and_watch() -> None:
        async with (
            tab(webs[0], signed_in(), boot=CAMPAIGNS) as acting,
            tab(webs[1], signed_in(), boot=CAMPAIGNS) as watching,
        ):
            await acting.settle()
            await watching.settle()
            watching.frames.clear()
            await acting.send(f"{RUNS}.pause", {"campaign_id": campaign_id})
            assert await shows(watching, "paused")
            await watching.settle()
            watching.frames.clear()
            await acting.send(f"{RUNS}.resume", {"campaign_id": campaign_id})
            assert await shows(watching, "sending")

    asyncio.run(pause_and_watch())
    assert run_state(campaign_id) is RunState.SENDING


def test_a_tab_goes_on_at_the_other_process_where_it_was(webs: tuple[Web, Web]) -> None:
    campaign_id, token, cookie = make_run(), str(uuid.uuid4()), signed_in()

    async def ask_here_answer_there() -> None:
        async with tab(webs[0], cookie, boot=CAMPAIGNS, token=token) as page:
            await page.settle()
            await page.send(f"{RUNS}.ask_cancel", {"campaign_id": campaign_id})
            await page.settle()
        await asyncio.to_thread(webs[0].stop)
        async with tab(webs[1], cookie, token=token) as page:
            await page.send(f"{RUNS}.cancel")
            await page.settle()

    asyncio.run(ask_here_answer_there())
    assert run_state(campaign_id) is RunState.CANCELLED, "what was asked about is kept in Redis, not in a process"
