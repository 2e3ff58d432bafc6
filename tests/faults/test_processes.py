"""Signals, copies of wake-ups, messages of another version: what happens to processes and to what they say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from sqlalchemy import NullPool, create_engine, text

from backend.database import dispose_engine, get_engine
from backend.domain.rights import Role
from backend.domain.statuses import RecipientStatus
from backend.services import sessions, users, validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.faults.deployment import (
    Deployment,
    Process,
    assert_invariants,
    counts_of,
    dead_letters,
    enqueue,
    facts,
    family_of,
    queue_length,
    run_state,
    send_signal,
    watched,
)
from tests.faults.test_killed_processes import prepared_campaign
from tests.integration.web import ADMIN, Web, tab
from unisoft_ui import routes

_GONE_WITHIN_S = 10
_SHOWN_WITHIN_S = 30


# --- Signals.


def _to_the_parent(product: Process) -> None:
    send_signal(product, signal.SIGTERM)


def _to_everybody(product: Process) -> None:
    """As a service manager or a closed terminal does it; the parent hears it last."""
    for process in reversed(family_of(product)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)


def _twice(product: Process) -> None:
    _to_everybody(product)
    time.sleep(0.2)
    _to_everybody(product)


@pytest.mark.parametrize("stop", [_to_the_parent, _to_everybody, _twice])
def test_a_stopped_product_leaves_nothing_claimed_and_no_process_behind(
    deployment: Deployment, stop: Callable[[Process], None]
) -> None:
    people = 3_000
    campaign_id = prepared_campaign(people)
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        product = deployment.start_product()
        deployment.wait(lambda: deployment.accepted() > 300, "some are handed over")
        family = family_of(product)
        assert len(family) >= 4, "supervisor, web, worker and scheduler"
        took_s = _seconds_until_gone(deployment, product, family, stop)
        assert took_s < _GONE_WITHIN_S
        counts = counts_of(campaign_id)
        assert counts[RecipientStatus.CLAIMED] == counts[RecipientStatus.UNKNOWN] == 0, counts
        assert counts[RecipientStatus.PENDING] > 0, "it was stopped in the middle"
        assert sum(counts.values()) - counts[RecipientStatus.PENDING] == deployment.accepted()
        assert dead_letters() == 0
        print(f"gone after {took_s:.1f} s")

        deployment.start_product()
        deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=people) == 0


def _seconds_until_gone(
    deployment: Deployment, product: Process, family: list[psutil.Process], stop: Callable[[Process], None]
) -> float:
    began = time.monotonic()
    assert deployment.end(product, lambda: stop(product)) == 0
    _, alive = psutil.wait_procs(family, _GONE_WITHIN_S)
    assert alive == []
    return time.monotonic() - began


@pytest.mark.parametrize("pause_s", [0.0, 0.05, 0.5])
def test_a_worker_that_is_asked_to_stop_twice_still_finishes_its_windows(
    deployment: Deployment, pause_s: float
) -> None:
    deployment.script(slow_rate=0.1, slow_s=1.5, callbacks="off")
    campaign_id = prepared_campaign(2_000)
    worker = deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 200, "some are handed over")

    def stop() -> None:
        send_signal(worker, signal.SIGTERM)
        time.sleep(pause_s)
        send_signal(worker, signal.SIGTERM)

    began = time.monotonic()
    assert deployment.end(worker, stop) == 0
    assert time.monotonic() - began < _GONE_WITHIN_S
    counts = counts_of(campaign_id)
    assert counts[RecipientStatus.CLAIMED] == counts[RecipientStatus.UNKNOWN] == 0, counts
    assert counts[RecipientStatus.PENDING] > 0, "it was stopped in the middle"
    assert dead_letters() == 0
    deployment.script(callbacks="off")
    deployment.start_scheduler()
    deployment.start_worker()
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=2_000) == 0


# --- Kills.


def test_a_killed_web_process_changes_nothing_and_stops_nothing(deployment: Deployment) -> None:
    people = 2_000
    campaign_id, cookie = prepared_campaign(people), _signed_in()
    web = deployment.start_web()
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        deployment.wait(lambda: deployment.accepted() > 300, "some are handed over")
        before = _page_of(campaign_id, web, cookie)
        deployment.kill(web)
        gone_through = deployment.accepted()
        deployment.wait(lambda: deployment.accepted() > gone_through + 200, "it goes on without a web process")
        web = deployment.start_web()
        deployment.wait_until_done(campaign_id)
        after = _page_of(campaign_id, web, cookie)
        deployment.kill(web)
        assert _page_of(campaign_id, deployment.start_web(), cookie) == after
    assert (before["state"]["label"], after["state"]["label"]) == ("Sending", "Done")
    assert 0 < _processed(before) < _processed(after) == people
    assert assert_invariants(deployment, campaign_id, recipients=people) == 0


def _signed_in() -> str:
    """The cookie of somebody who may see everything."""
    user = users.create_user(OPERATOR, email=ADMIN[0], password=ADMIN[1], role=Role.ADMINISTRATOR)
    return sessions.open_session(user.id, stay_signed_in=False)[0]


def _page_of(campaign_id: int, process: Process, cookie: str) -> dict[str, Any]:
    """State and numbers of a campaign as a tab shows them that is opened now."""
    web = Web(get_settings().origin, Path(os.devnull), {}, process)

    async def look() -> dict[str, Any]:
        until = time.monotonic() + _SHOWN_WITHIN_S
        async with tab(web, cookie, boot=routes.campaign_detail(campaign_id)) as page:
            while time.monotonic() < until:
                for shown in page.values("shown"):
                    if isinstance(shown, dict) and shown.get("id") == campaign_id:
                        return {name: shown[name] for name in ("state", "processed", "cards")}
                await asyncio.sleep(0.02)
        raise AssertionError(f"the page does not show it: {page.text}")

    return asyncio.run(look())


def _processed(page: dict[str, Any]) -> int:
    """Of "1,250 of 2,000" the first number."""
    return int(page["processed"].split()[0].replace(",", ""))


def test_what_is_shown_never_goes_backwards_while_workers_and_the_web_process_are_killed(
    deployment: Deployment,
) -> None:
    dice, people, kills = random.Random(33), 2_500, 3
    deployment.script(callbacks="on", callback_delay_s=[0.0, 1.0], callback_shuffle=True)
    campaign_id = prepared_campaign(people)
    web = deployment.start_web()
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        for kill in range(kills):
            moment = int(people * (kill + dice.uniform(0.1, 0.9)) / (kills + 1))
            deployment.wait(lambda moment=moment: deployment.accepted() >= moment, f"{moment} are handed over")
            deployment.kill(dice.choice(deployment.workers))
            deployment.kill(web)
            deployment.start_worker()
            web = deployment.start_web()
        deployment.wait_until_done(campaign_id)
        deployment.wait(lambda: _reported(deployment, campaign_id), "every report that could be posted takes effect")
    unknown = assert_invariants(deployment, campaign_id, recipients=people, kills=kills)
    print(f"{unknown} unknown after {kills} kills")


def _reported(deployment: Deployment, campaign_id: int) -> bool:
    """A provider gives a report up in the end: on a slow machine the web process is away for longer than that."""
    reports = deployment.verdict()["reports"]
    under_way = reports["waiting"] + reports["posting"]
    return not under_way and facts(campaign_id)["success"] >= deployment.accepted() - reports["failed"]


# --- Wake-ups.


@pytest.mark.parametrize("slots", [1, 8])
def test_copies_of_a_wake_up_on_two_workers_claim_nobody_twice(deployment: Deployment, slots: int) -> None:
    """One slot: the second drain ends at once. Eight: more drains at once than are ever asked for."""
    people = 6_000
    campaign_id = prepared_campaign(people)
    _validate_without_wake_ups(campaign_id)
    for copy in range(40):
        enqueue("campaign.drain", campaign_id, copy % slots, "")
    deployment.start_workers(2)
    with watched(campaign_id):
        deployment.wait(lambda: queue_length() <= 2 * slots, "the copies are gone", 30)
        if slots == 1:
            assert run_state(campaign_id) == "sending", "and did nothing"
        deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=people) == 0
    assert dead_letters() == 0


@pytest.mark.parametrize("usable", [(0,), (0, "", "something new")], ids=["before tickets", "newer"])
def test_wake_ups_of_other_versions_stop_nobody_and_are_used_where_possible(
    deployment: Deployment, usable: tuple[object, ...]
) -> None:
    """No scheduler helps: only the usable one can start the run."""
    campaign_id = prepared_campaign(500)
    _validate_without_wake_ups(campaign_id)
    enqueue("campaign.drain", campaign_id)
    enqueue("campaign.drain", campaign_id, 0, priority="high")
    enqueue("campaign.start", campaign_id)
    enqueue("campaign.drain", 4711, 0)
    enqueue("campaign.drain", "not a number", None)
    enqueue("delivery.apply", "an argument")
    worker = deployment.start_worker()
    deployment.wait(lambda: queue_length() == 0, "the worker has looked at all of them")
    assert deployment.accepted() == 0
    assert deployment.logged("ActorNotFound") > 0, "it says what it could not use"
    enqueue("campaign.drain", campaign_id, *usable)
    deployment.wait_until_done(campaign_id)
    assert deployment.stop(worker) == 0
    assert dead_letters() == 1, "put aside: only what names no actor of ours"
    assert assert_invariants(deployment, campaign_id, recipients=500) == 0


@pytest.mark.parametrize("nonsense", [b"not json", b"{}"])
def test_a_message_that_nobody_can_read_stops_nobody(deployment: Deployment, nonsense: bytes) -> None:
    campaign_id = prepared_campaign(300)
    validation.validate_campaign(OPERATOR, campaign_id)
    with redis.Redis.from_url(get_settings().redis_url) as client:
        client.hset("unisoft-wake:unisoft.msgs", "unreadable", nonsense)  # pyright: ignore[reportArgumentType]
        client.lpush("unisoft-wake:unisoft", "unreadable")
    deployment.start_worker()
    deployment.start_scheduler()
    # It costs the wake-ups that were fetched with it: their slots wait until the tickets run out.
    took_s = deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=300) == 0
    print(f"done after {took_s:.1f} s")


def _validate_without_wake_ups(campaign_id: int) -> None:
    validation.validate_campaign(OPERATOR, campaign_id)
    with redis.Redis.from_url(get_settings().redis_url) as client:
        client.flushall()


# --- Infrastructure.


@pytest.mark.parametrize("deployment", ["postgresql"], indirect=True)  # SQLite's file does not go away
def test_a_database_that_is_away_for_eight_seconds_leaves_no_message_given_up(deployment: Deployment) -> None:
    people = 3_000
    campaign_id = prepared_campaign(people)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        deployment.wait(lambda: deployment.accepted() > 500, "some are handed over")
        with _database_away():
            time.sleep(8)
            gone_through = deployment.accepted()
            time.sleep(1)
            assert deployment.accepted() == gone_through, "nobody is sent to without a committed claim"
        assert dead_letters() == 0
        took_s = deployment.wait_until_done(campaign_id)
    unknown = assert_invariants(deployment, campaign_id, recipients=people, kills=2)
    print(f"done {took_s:.1f} s after the database was back, {unknown} unknown")
    assert dead_letters() == 0


@contextlib.contextmanager
def _database_away() -> Iterator[None]:
    """Nobody may connect, and whoever was connected is cut off."""
    url = get_engine().url
    dispose_engine()
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    cut = text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :name")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'))
        try:
            assert connection.execute(cut, {"name": url.database}).scalar_one() > 1
            yield
        finally:
            connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'))
