"""Processes are killed, frozen or stopped in the middle of a run; the simulator is the judge."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import time

import pytest
from sqlalchemy import text

from backend.database import get_engine
from backend.domain.channels import Channel
from backend.domain.statuses import RecipientStatus
from backend.services import validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.faults.deployment import (
    EMAIL_LANES,
    WINDOW,
    Deployment,
    Process,
    assert_invariants,
    counts_of,
    run_state,
    send_signal,
    watched,
)
from tests.makers import buy_credits, make_contacts, make_draft

# FAULTS=long: the same with more of everything.
_LONG = os.environ.get("FAULTS") == "long"
_RESUMED_WITHIN_S = 10
_RECIPIENTS, _KILLS = (20_000, 20) if _LONG else (5_000, 6)


def prepared_campaign(recipients: int, channel: Channel = Channel.SMS) -> int:
    make_contacts(recipients)
    buy_credits(recipients)
    return make_draft(channel)


def _goes_on(deployment: Deployment, campaign_id: int, before: int) -> bool:
    """Also where so few were left that the others sent them before anybody could look."""
    return deployment.accepted() > before + WINDOW or run_state(campaign_id) == "done"


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_killed_at_random_moments_lose_nobody_and_send_nothing_twice(
    deployment: Deployment, workers: int
) -> None:
    dice, resumed_s = random.Random(f"kills {workers}"), []
    campaign_id = prepared_campaign(_RECIPIENTS)
    deployment.start_scheduler()
    deployment.start_workers(workers)
    validation.validate_campaign(OPERATOR, campaign_id)

    with watched(campaign_id):
        for kill in range(_KILLS):
            moment = int(_RECIPIENTS * (kill + dice.uniform(0.1, 0.9)) / (_KILLS + 1))
            deployment.wait(lambda moment=moment: deployment.accepted() >= moment, f"{moment} are handed over", 90)
            deployment.kill(dice.choice(deployment.workers))
            before = deployment.accepted()
            deployment.start_worker()
            took_s = deployment.wait(
                lambda seen=before: _goes_on(deployment, campaign_id, seen), "it goes on", _RESUMED_WITHIN_S
            )
            resumed_s.append(took_s)
        deployment.wait_until_done(campaign_id)

    unknown = assert_invariants(deployment, campaign_id, recipients=_RECIPIENTS, kills=_KILLS)
    print(f"{workers} workers: {unknown} unknown, resumed after {[round(s, 1) for s in resumed_s]} s")


def test_workers_killed_at_random_moments_of_a_run_by_email_send_nothing_twice(deployment: Deployment) -> None:
    """Nobody can be asked about an email: whom the dead worker had in hand stays unknown until it is reported about."""
    people, kills, window = 3_000, 3, 50
    deployment.configure(EMAIL_RATE_PER_S=str(10 * window))  # a grant is a tenth of a second's rate
    dice, campaign_id = random.Random("kills by email"), prepared_campaign(people, Channel.EMAIL)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    for kill in range(kills):
        moment = int(people * (kill + dice.uniform(0.1, 0.9)) / (kills + 1))
        deployment.wait(lambda moment=moment: deployment.accepted() >= moment, f"{moment} are handed over")
        deployment.kill(deployment.workers[0])
        assert run_state(campaign_id) == "sending", "a run with people missing is not done"
        deployment.start_worker()
    deployment.wait_until_done(campaign_id)
    in_flight = EMAIL_LANES * window
    unknown = assert_invariants(deployment, campaign_id, recipients=people, kills=kills, in_flight=in_flight)
    print(f"{unknown} unknown after {kills} kills")


def test_a_killed_scheduler_is_not_missed_by_the_run_and_takes_up_its_work_again(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(2_000)
    scheduler, worker = deployment.start_scheduler(), deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        deployment.wait(lambda: deployment.accepted() > 300, "some are handed over")
        deployment.kill(scheduler)
        deployment.kill(worker)
        deployment.start_worker()
        time.sleep(get_settings().claim_lease_s + 1)
        deployment.start_scheduler()
        deployment.wait_until_done(campaign_id)
    assert_invariants(deployment, campaign_id, recipients=2_000, kills=1)


def test_a_second_scheduler_takes_over_when_the_first_is_killed(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(300)
    first = deployment.start_scheduler()
    deployment.wait(lambda: deployment.logged("scheduler_started") == 1, "the first one works")
    deployment.start_scheduler()
    deployment.start_worker()
    time.sleep(2)
    assert deployment.logged("scheduler_started") == 1, "one at a time"
    deployment.kill_redis()  # nobody hears the wake-up, so only a scheduler can start the run
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        deployment.kill(first)
        deployment.start_redis(empty=True)
        deployment.wait_until_done(campaign_id)
    assert deployment.logged("scheduler_started") == 2
    assert_invariants(deployment, campaign_id, recipients=300)


def test_everything_killed_at_once_goes_on_by_itself_when_it_is_started_again(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(3_000)
    scheduler = deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        deployment.wait(lambda: deployment.accepted() > 800, "some are handed over")
        deployment.kill_redis()
        for process in [scheduler, *deployment.workers]:
            deployment.kill(process)
        deployment.start_redis()
        deployment.start_scheduler()
        deployment.start_workers(2)
        deployment.wait_until_done(campaign_id)
    assert_invariants(deployment, campaign_id, recipients=3_000, kills=1)


def test_a_worker_frozen_beyond_its_lease_sends_nobody_a_second_message(deployment: Deployment) -> None:
    deployment.script(slow_rate=1, slow_s=1, callbacks="off")  # something is always in flight
    campaign_id = prepared_campaign(3_000)
    deployment.start_scheduler()
    frozen = deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 300, "some are handed over")
    deployment.wait(lambda: _frozen_in_flight(frozen, campaign_id), "it is frozen with claims in hand")
    deployment.script(callbacks="off")
    deployment.start_worker()
    # They may be known again at once, because the provider is asked about them.
    deployment.wait(lambda: deployment.logged("claims_expired"), "its claims ran out", 3 * get_settings().claim_lease_s)
    send_signal(frozen, signal.SIGCONT)
    deployment.wait_until_done(campaign_id)
    time.sleep(2)  # what it still had in hand
    assert_invariants(deployment, campaign_id, recipients=3_000, kills=1)


def _frozen_in_flight(worker: Process, campaign_id: int) -> bool:
    """Freeze it between two transactions, with claims: frozen inside one it would keep everybody from writing."""
    send_signal(worker, signal.SIGSTOP)
    time.sleep(0.1)
    if counts_of(campaign_id)[RecipientStatus.CLAIMED] and not _writer_is_blocked():
        return True
    send_signal(worker, signal.SIGCONT)
    return False


def _writer_is_blocked() -> bool:
    if get_engine().dialect.name != "sqlite":
        with get_engine().connect() as connection:
            idle = "application_name = 'unisoft' AND state LIKE 'idle in transaction%'"
            return connection.execute(text(f"SELECT 1 FROM pg_stat_activity WHERE {idle}")).first() is not None
    with contextlib.closing(sqlite3.connect(get_settings().data_dir / "unisoft.db", timeout=0)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def test_a_stopped_worker_leaves_nothing_claimed_and_nothing_unknown(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(3_000)
    deployment.start_scheduler()
    worker = deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 500, "some are handed over")
    assert deployment.stop(worker) == 0
    counts = counts_of(campaign_id)
    assert counts[RecipientStatus.CLAIMED] == counts[RecipientStatus.UNKNOWN] == 0
    assert counts[RecipientStatus.PENDING] > 0, "it was stopped in the middle"
    deployment.start_worker()
    deployment.wait_until_done(campaign_id)
    assert_invariants(deployment, campaign_id, recipients=3_000)
