"""The database is locked by somebody else, cuts every connection, goes away, or ends a transaction."""

from __future__ import annotations

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
from backend.domain.campaign_list import CampaignQuery
from backend.domain.statuses import RecipientStatus
from backend.services import validation
from backend.services.acting import OPERATOR
from backend.services.campaign_list import list_campaigns
from backend.settings import get_settings
from tests.faults.deployment import Deployment, assert_invariants, counts_of, facts, running_deployment
from tests.faults.test_killed_processes import prepared_campaign
from tests.integration.postgres import PostgresServer, running_postgres

_IN_FLIGHT_S = 2  # what was claimed before is handed over within this
_A_PAGE_WITHIN_S = 2


@pytest.mark.parametrize("hold_s", [10, 20])
def test_nothing_leaves_while_the_database_is_locked_for_longer_than_a_lease(
    deployment: Deployment, hold_s: int
) -> None:
    campaign_id = prepared_campaign(3_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 500, "some are handed over")
    with _locked_database():
        until = time.monotonic() + hold_s
        time.sleep(_IN_FLIGHT_S)
        before = deployment.accepted()
        slowest_s = _slowest_page_s(campaign_id, until)
        assert deployment.accepted() == before, "nobody is sent to without a committed claim"
    assert slowest_s < _A_PAGE_WITHIN_S, "who only looks does not wait for writers"
    took_s = deployment.wait_until_done(campaign_id)
    _wait_until_answers_are_recorded(deployment, campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=3_000) == 0
    print(f"done {took_s:.1f} s after the lock; the slowest page took {slowest_s * 1000:.0f} ms")


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
def _locked_database() -> Iterator[None]:
    """Nobody else can write: another program holds SQLite's file, or PostgreSQL's table of recipients."""
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
        yield


def _slowest_page_s(campaign_id: int, until: float) -> float:
    """Look at the list and at the campaign until then, as browsers do."""
    slowest_s = 0.0
    while time.monotonic() < until:
        began = time.monotonic()
        assert list_campaigns(OPERATOR, CampaignQuery()).total == 1
        assert facts(campaign_id)["run_state"] == "sending"
        slowest_s = max(slowest_s, time.monotonic() - began)
        time.sleep(0.25)
    return slowest_s


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
