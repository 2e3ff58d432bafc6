"""Two web processes on one database and one Redis: a tab may meet either, and sees what the other committed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from backend.database import get_engine, reading
from backend.domain.rights import Role
from backend.domain.statuses import RunState
from backend.models import AuditEntry, Campaign, table_of
from backend.repositories import credits
from backend.services import proofs, runs, sessions, users
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_worker_killed import process
from tests.integration.web import ADMIN, CAMPAIGNS, Tab, Web, running_web, tab
from tests.makers import buy_credits, make_contacts, make_draft, make_run
from unisoft_ui import routes

RUNS = "reflex___state____state.unisoft_ui___states___runs____runs_state"
CONFIRMATION = "reflex___state____state.unisoft_ui___states___confirmation____confirmation_state"
PAGE = "0123456789abcdef" * 2
_CLICKS = ("pause", "resume")
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


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # nothing here asks it
@pytest.mark.parametrize("back_at", [0, 1])
def test_a_page_that_is_back_before_its_broken_line_was_noticed_goes_on_and_a_copy_begins_anew(
    webs: tuple[Web, Web], back_at: int
) -> None:
    campaign_id, token, cookie = make_run(), str(uuid.uuid4()), signed_in()
    at = functools.partial(tab, cookie=cookie, boot=CAMPAIGNS, token=token)

    async def come_back() -> None:
        async with at(webs[0], page=PAGE) as lost:
            await lost.settle()
            await lost.send(f"{RUNS}.ask_cancel", {"campaign_id": campaign_id})
            await lost.settle()
            async with at(webs[back_at], page=PAGE[::-1]) as copy:
                await copy.settle()
                assert copy.new_tokens, "a copy of the tab has a state of its own"
            async with at(webs[back_at], page=PAGE) as page:
                await page.settle()
                assert not page.new_tokens
                await lost.socket.disconnect()  # noticed at last
                await page.send(f"{RUNS}.cancel")
                assert await shows(page, "cancelled")

    asyncio.run(come_back())
    assert run_state(campaign_id) is RunState.CANCELLED


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # a locked row holds up one command
def test_a_dialog_whose_command_died_with_its_process_can_be_used_at_the_other(webs: tuple[Web, Web]) -> None:
    buy_credits(10)
    campaign_id, token, cookie = make_draft(), str(uuid.uuid4()), signed_in()

    async def confirm_and_die() -> None:
        async with tab(webs[0], cookie, boot=CAMPAIGNS, token=token, page=PAGE) as page:
            await page.send(f"{CONFIRMATION}.ask", {"campaign_id": campaign_id})
            await page.settle()
            with get_engine().connect() as other:
                other.execute(text("SELECT id FROM campaign FOR UPDATE"))
                await page.send(f"{CONFIRMATION}.confirm")
                assert await shows(page, '"running_rx_state_": true')
                await page.settle()
                webs[0].process.kill()
                await asyncio.to_thread(webs[0].process.wait, 10)

    async def confirm_again() -> None:
        async with tab(webs[1], cookie, boot=CAMPAIGNS, token=token, page=PAGE) as page:
            await page.settle()
            said = [changes for delta in page.deltas for state, changes in delta.items() if state == CONFIRMATION]
            runs = [changes["running_rx_state_"] for changes in said if "running_rx_state_" in changes]
            assert runs == [True, False], "it was running, and nobody is at it any more"
            await page.send(f"{CONFIRMATION}.ask", {"campaign_id": campaign_id})
            await page.settle()
            await page.send(f"{CONFIRMATION}.confirm")
            await page.settle(quiet_s=1)

    asyncio.run(confirm_and_die())
    assert run_state(campaign_id) is RunState.IDLE
    asyncio.run(confirm_again())
    assert run_state(campaign_id) is RunState.SENDING


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # what several processes are for
def test_what_a_worker_does_reaches_the_tabs_on_both_processes(
    simulator: RunningSimulator, webs: tuple[Web, Web]
) -> None:
    campaign_id = make_run()
    page = routes.campaign_detail(campaign_id)
    runs.pause_campaign(OPERATOR, campaign_id)

    async def resume_and_watch() -> None:
        async with tab(webs[0], signed_in(), boot=page) as acting, tab(webs[1], signed_in(), boot=page) as watching:
            for one in (acting, watching):
                assert await shows(one, "0 of 3")
                await one.settle()
                one.frames.clear()
            await acting.send(f"{RUNS}.resume", {"campaign_id": campaign_id}, page)
            for one in (acting, watching):
                assert await shows(one, "3 of 3")

    with process("worker"):
        asyncio.run(resume_and_watch())
    assert run_state(campaign_id) is RunState.DONE
    assert simulator.control("GET", "counts")["total"] == 3


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # two transactions at once
def test_two_people_who_steer_through_two_processes_end_in_one_state_and_cancel_once(webs: tuple[Web, Web]) -> None:
    campaign_id, dice = make_run(), random.Random(23)
    told = {"campaign_id": campaign_id}

    async def click() -> None:
        async with tab(webs[0], signed_in(), boot=CAMPAIGNS) as one, tab(webs[1], signed_in(), boot=CAMPAIGNS) as other:
            pages = [one, other]
            for page in pages:
                await page.settle()
            for _ in range(12):
                await asyncio.gather(*(page.send(f"{RUNS}.{dice.choice(_CLICKS)}", told) for page in pages))
            await asyncio.gather(*(page.send(f"{RUNS}.ask_cancel", told) for page in pages))
            for page in pages:
                await page.settle()
            last = [("pause", told), ("cancel", None), ("resume", told)]
            await asyncio.gather(*(page.send(f"{RUNS}.{verb}", given) for verb, given in last for page in pages))
            for page in pages:
                await page.settle()

    asyncio.run(click())
    assert run_state(campaign_id) is RunState.CANCELLED
    assert all("event_crashed" not in web.log() for web in webs)
    with reading() as session:
        acts = session.execute(select(table_of(AuditEntry).c.action)).scalars().all()
        assert credits.get_balance(session).reserved == 0
    assert acts.count("cancel") == 1
    assert acts.count("pause") > 1, "the clicks took effect"
    assert proofs.recount(repair=False) == []
    assert proofs.audit_credits() == []
