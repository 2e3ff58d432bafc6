"""The database is locked by somebody else, cuts every connection, goes away, or ends a transaction."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from backend.database import get_engine, unit_of_work
from backend.domain.statuses import RecipientStatus
from backend.services import validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.faults.deployment import (
    Deployment,
    assert_invariants,
    counts_of,
    run_state,
    running_deployment,
    signed_in,
    until_shown,
)
from tests.faults.test_killed_processes import prepared_campaign
from tests.integration.postgres import PostgresServer, running_postgres
from tests.integration.web import CAMPAIGNS, Tab, Web, tab
from tests.makers import make_contacts, make_run
from unisoft_ui import routes

_IN_FLIGHT_S = 2  # what was claimed before is handed over within this
_A_PAGE_WITHIN_S, _READERS_WAIT_S = 2, 2
_SHOWN_WITHIN_S = 40
_STATES = "reflex___state____state.unisoft_ui___states___"
_LIST = f"{_STATES}campaigns____campaigns_state"
_DETAILS = f"{_STATES}details____details_state"


@pytest.mark.parametrize("hold_s", [10, 20])
def test_nothing_leaves_while_the_database_is_locked_for_longer_than_a_lease(
    deployment: Deployment, hold_s: int
) -> None:
    campaign_id = prepared_campaign(3_000)
    web = deployment.pages_of(deployment.start_web())
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 500, "some are handed over")
    cookie = signed_in()
    with _locked_database():
        until = time.monotonic() + hold_s
        time.sleep(_IN_FLIGHT_S)
        before = deployment.accepted()
        lists_s, details_s = asyncio.run(_look_until(until, web, cookie, campaign_id))
        assert deployment.accepted() == before, "nobody is sent to without a committed claim"
    assert max(lists_s) < _A_PAGE_WITHIN_S, "who only looks does not wait for writers"
    assert max(details_s) < _READERS_WAIT_S + _A_PAGE_WITHIN_S, "and for a locked table not for long"
    took_s = deployment.wait_until_done(campaign_id)
    _wait_until_answers_are_recorded(deployment, campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=3_000) == 0
    print(f"done {took_s:.1f} s after the lock; slowest list {max(lists_s):.2f} s, slowest page {max(details_s):.2f} s")


def test_a_click_on_a_locked_database_takes_effect_afterwards_and_holds_no_other_tab_up(
    deployment: Deployment,
) -> None:
    make_contacts(3)
    campaign_id = make_run()  # no worker: it stays as it is
    web = deployment.pages_of(deployment.start_web())
    cookie = signed_in()

    async def click_and_look() -> list[float]:
        async with tab(web, cookie, boot=CAMPAIGNS) as page:
            await _shown(page, _LIST)
            page.frames.clear()
            with _locked_database(everything=True):
                await page.send(f"{_STATES}runs____runs_state.pause", {"campaign_id": campaign_id})
                looks_s = [await _look(web, cookie, CAMPAIGNS, _LIST) for _ in range(5)]
                assert "toast" not in page.text, "nothing is said to have happened yet"
            await until_shown(page, "paused")
            return looks_s

    assert max(asyncio.run(click_and_look())) < _A_PAGE_WITHIN_S
    assert run_state(campaign_id) == "paused"


@pytest.mark.parametrize("deployment", ["postgresql"], indirect=True)  # SQLite has no connections to cut
def test_cut_connections_leave_at_most_the_windows_in_flight_unknown(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(4_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    cuts = 0
    for moment in (600, 1_700, 2_800):
        deployment.wait(lambda moment=moment: deployment.accepted() > moment, f"{moment} are handed over")
        with get_engine().connect() as connection:
            query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'unisoft'"
            cut = connection.execute(text(f"{query} AND pid <> pg_backend_pid()")).scalar_one()
        assert cut > 1
        cuts += 1
    deployment.wait_until_done(campaign_id)
    unknown = assert_invariants(deployment, campaign_id, recipients=4_000, kills=cuts)
    print(f"{unknown} unknown after {cuts} cuts")


def test_a_postgresql_that_crashes_twice_and_stays_away_once_loses_nobody(
    crashing: tuple[Deployment, PostgresServer],
) -> None:
    deployment, server = crashing
    deployment.script(slow_rate=1, slow_s=0.3, callbacks="off")  # something is always in flight
    campaign_id = prepared_campaign(4_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    resumed_s = []
    for moment, away_s in ((600, 0), (2_000, 8)):
        deployment.wait(lambda moment=moment: deployment.accepted() > moment, f"{moment} are handed over")
        server.crash()
        time.sleep(min(away_s, _IN_FLIGHT_S))
        before = deployment.accepted()
        time.sleep(max(away_s - _IN_FLIGHT_S, 0))
        assert not away_s or deployment.accepted() == before, "nobody is sent to without a committed claim"
        server.start()
        before = deployment.accepted()
        resumed_s.append(deployment.wait(lambda before=before: deployment.accepted() > before, "it goes on by itself"))
    deployment.wait_until_done(campaign_id)
    unknown = assert_invariants(deployment, campaign_id, recipients=4_000, kills=2)
    assert deployment.logged("recording_again") > 0, "answers that had come were kept for it"
    print(f"{unknown} unknown after two crashes, resumed after {[round(s, 1) for s in resumed_s]} s")


@pytest.mark.parametrize("deployment", ["postgresql"], indirect=True)  # SQLite has one writer and no deadlocks
def test_transactions_that_postgresql_ends_for_a_deadlock_lose_nobody(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(4_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    ours = 0
    for moment in (400, 1_000, 1_600, 2_200):
        deployment.wait(lambda moment=moment: deployment.accepted() > moment, f"{moment} are handed over")
        ours += _lock_in_the_wrong_order(campaign_id)
    deployment.wait_until_done(campaign_id)
    with get_engine().connect() as connection:
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        deadlocks = connection.execute(text(query)).scalar_one()
    assert deadlocks > ours, "transactions of the engine were ended"
    _wait_until_answers_are_recorded(deployment, campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=4_000) == 0
    print(f"{deadlocks} deadlocks, {ours} of them ours")


@pytest.fixture
def crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Deployment, PostgresServer]]:
    """A deployment with a PostgreSQL of its own."""
    with (
        running_postgres(durable=True) as server,
        running_deployment(tmp_path, server.url, monkeypatch) as deployment,
    ):
        yield deployment, server


@contextlib.contextmanager
def _locked_database(*, everything: bool = False) -> Iterator[None]:
    """Nobody else can write: another program holds SQLite's file, or PostgreSQL's table of recipients.

    `everything`: on PostgreSQL the campaigns as well, which may still be read.
    """
    url = make_url(get_settings().sql_url)
    if url.get_backend_name() == "sqlite":
        with contextlib.closing(sqlite3.connect(str(url.database), isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        return
    with unit_of_work() as session:
        session.execute(text("LOCK TABLE recipient IN ACCESS EXCLUSIVE MODE"))
        if everything:
            session.execute(text("LOCK TABLE campaign IN EXCLUSIVE MODE"))
        yield


async def _look_until(until: float, web: Web, cookie: str, campaign_id: int) -> tuple[list[float], list[float]]:
    """Open the list and the page of the campaign until then, as browsers do; how long each took to show something."""
    lists_s: list[float] = []
    details_s: list[float] = []
    while time.monotonic() < until:
        lists_s.append(await _look(web, cookie, CAMPAIGNS, _LIST))
        details_s.append(await _look(web, cookie, routes.campaign_detail(campaign_id), _DETAILS))
        await asyncio.sleep(0.25)
    return lists_s, details_s


async def _look(web: Web, cookie: str, path: str, state: str) -> float:
    began = time.monotonic()
    async with tab(web, cookie, boot=path) as page:
        await _shown(page, state)
    return time.monotonic() - began


async def _shown(page: Tab, state: str) -> None:
    """Wait until a page shows what it is for, or the sentence that says why it cannot."""
    deadline = time.monotonic() + _SHOWN_WITHIN_S
    while not {"ready", "error"} & {delta.get(state, {}).get("status_rx_state_") for delta in page.deltas}:
        assert time.monotonic() < deadline, page.text[-2_000:]
        await asyncio.sleep(0.01)


def _wait_until_answers_are_recorded(deployment: Deployment, campaign_id: int) -> None:
    """A claim may be given up before its late answer is written, which puts it right."""
    deployment.wait(lambda: not counts_of(campaign_id)[RecipientStatus.UNKNOWN], "every answer is recorded", 30)


def _lock_in_the_wrong_order(campaign_id: int) -> bool:
    """Campaign first and recipients second, the engine's order reversed; whether this transaction was ended for it."""
    try:
        with unit_of_work() as session:
            # Whoever looks for a deadlock first is ended: a transaction of the engine.
            session.execute(text("SET LOCAL deadlock_timeout = '3s'"))
            session.execute(text("SELECT 1 FROM campaign WHERE id = :id FOR UPDATE"), {"id": campaign_id})
            time.sleep(0.3)  # time for a window to lock its recipients and wait for the campaign
            session.execute(text("SELECT id FROM recipient WHERE campaign_id = :id FOR UPDATE"), {"id": campaign_id})
    except OperationalError as error:
        assert isinstance(error.orig, DeadlockDetected), error  # noqa: PT017 - any other is a fault of the test
        return True
    return False
