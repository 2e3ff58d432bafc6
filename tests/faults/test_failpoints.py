"""Processes that kill themselves exactly between two steps: the places where a crash costs something, if anywhere."""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import psutil
import pytest
from sqlalchemy import func, select

from backend.database import reading, unit_of_work
from backend.domain.channels import Channel
from backend.domain.statuses import RecipientStatus
from backend.models import Attempt, Campaign, DeliveryEvent, Recipient
from backend.providers.references import sign_reference
from backend.repositories import credits
from backend.repositories.credits import Balance
from backend.services import runs, validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from backend.simulator.signatures import twilio_signature
from tests.faults.deployment import (
    EMAIL_LANES,
    WINDOW,
    Deployment,
    assert_books,
    assert_invariants,
    counts_of,
    dead_letters,
    facts,
    run_state,
    send_signal,
    watched,
)
from tests.faults.test_killed_processes import prepared_campaign

_PEOPLE = 1_000
_STATUS_PATH = "/webhooks/twilio/status"


def balance() -> Balance:
    with reading() as session:
        return credits.get_balance(session)


# --- A send.


@pytest.mark.parametrize("point", ["after_claim", "before_record", "in_record", "after_record"])
def test_a_worker_that_dies_between_two_steps_of_a_window_sends_nobody_a_second_message(
    deployment: Deployment, point: str
) -> None:
    campaign_id = prepared_campaign(_PEOPLE)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_for_death(deployment.start_failing("worker", at=point, nth=3))
    claimed, handed_over = counts_of(campaign_id)[RecipientStatus.CLAIMED], deployment.accepted()
    assert handed_over < _PEOPLE
    if point != "after_record":
        assert claimed > 0, "it left somebody claimed"

    with watched(campaign_id):
        deployment.start_scheduler()
        deployment.start_worker()
        deployment.wait_until_done(campaign_id)
        # The scheduler asks the provider about them, and settles what the provider took.
        deployment.wait(lambda: _unknown(campaign_id) == _PEOPLE - deployment.accepted(), "what was taken is known")
    unknown = assert_invariants(deployment, campaign_id, recipients=_PEOPLE, kills=1)
    assert unknown == _PEOPLE - deployment.accepted() <= claimed
    if point == "after_claim":
        assert unknown > 0, "nobody knows that they were not sent to"
    assert balance() == Balance(bought=_PEOPLE, charged=_PEOPLE - unknown, reserved=unknown)
    print(f"{point}: {claimed} claimed by the dead worker, {unknown} unknown in the end")

    time.sleep(3)  # upkeep and asking go on
    assert run_state(campaign_id) == "done"
    assert deployment.accepted() == _PEOPLE - unknown, "an unknown one is never sent again by itself"
    assert _unknown(campaign_id) == unknown
    assert dead_letters() == 0


@pytest.mark.parametrize("point", ["after_claim", "before_record"])
def test_a_worker_that_dies_between_two_steps_of_a_window_of_emails_sends_nobody_a_second_one(
    deployment: Deployment, point: str
) -> None:
    people, window = 3_000, 200
    deployment.configure(EMAIL_RATE_PER_S=str(10 * window))  # a grant is a tenth of a second's rate
    campaign_id = prepared_campaign(people, Channel.EMAIL)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_for_death(deployment.start_failing("worker", at=point, nth=3))
    claimed, handed_over = counts_of(campaign_id)[RecipientStatus.CLAIMED], deployment.accepted()
    assert claimed > 0, "it left somebody claimed"
    assert handed_over < people

    with watched(campaign_id):
        deployment.start_scheduler()
        deployment.start_worker()
        deployment.wait_until_done(campaign_id)
        time.sleep(2)  # upkeep and asking go on, but nobody can be asked about an email: only its events tell
    in_flight = EMAIL_LANES * window
    unknown = assert_invariants(deployment, campaign_id, recipients=people, kills=1, in_flight=in_flight)
    assert unknown == claimed, "all whom it had in hand, and nobody else"
    not_sent_to = people - deployment.accepted()
    assert 0 < not_sent_to <= claimed if point == "after_claim" else not_sent_to < claimed
    assert balance() == Balance(bought=people, charged=0, reserved=0)
    assert (run_state(campaign_id), dead_letters()) == ("done", 0)
    print(f"{point}: {claimed} claimed by the dead worker, {not_sent_to} of them were not sent to")


def test_a_worker_that_freezes_before_it_sends_and_wakes_after_its_lease_sends_nobody_a_second_message(
    deployment: Deployment,
) -> None:
    campaign_id = prepared_campaign(WINDOW)  # PostgreSQL would keep the rows of another window locked for it
    validation.validate_campaign(OPERATOR, campaign_id)
    frozen = deployment.start_failing("worker", at="before_compose", fail_with="stop")
    deployment.wait(lambda: psutil.Process(frozen.pid).status() == psutil.STATUS_STOPPED, "it is frozen")
    assert counts_of(campaign_id)[RecipientStatus.CLAIMED] == WINDOW
    deployment.start_scheduler()
    deployment.start_worker()
    deployment.wait(lambda: _unknown(campaign_id) == WINDOW, "its claims ran out")
    deployment.wait(lambda: deployment.logged("unknown_asked"), "the provider is asked")
    assert (_unknown(campaign_id), deployment.accepted()) == (WINDOW, 0), "that it knows of nobody proves nothing"

    send_signal(frozen, signal.SIGCONT)
    deployment.wait(lambda: deployment.logged("lease_lost"), "it sees that its lease is gone")
    deployment.wait(lambda: counts_of(campaign_id)[RecipientStatus.ACCEPTED] == WINDOW, "they get their message")
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=WINDOW) == 0
    assert balance() == Balance(bought=WINDOW, charged=WINDOW, reserved=0)
    assert dead_letters() == 0


def _unknown(campaign_id: int) -> int:
    return counts_of(campaign_id)[RecipientStatus.UNKNOWN]


def test_a_worker_that_dies_before_it_acknowledges_its_wake_up_costs_nobody_anything(deployment: Deployment) -> None:
    people = 2 * WINDOW
    campaign_id = prepared_campaign(people)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_for_death(deployment.start_failing("worker", at="before_ack"))
    deployment.start_worker()
    deployment.start_scheduler()
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=people, kills=1) <= people - deployment.accepted()
    assert dead_letters() == 0


# --- A confirmation.


@pytest.mark.parametrize("point", ["before_status", "before_reserve", "before_freeze", "after_freeze", "before_commit"])
def test_a_confirmation_that_dies_before_its_commit_has_not_happened(deployment: Deployment, point: str) -> None:
    people = 200
    campaign_id = prepared_campaign(people)
    deployment.start_scheduler()
    deployment.start_worker()
    deployment.wait_for_death(deployment.start_failing("validate", str(campaign_id), at=point))
    assert (facts(campaign_id)["status"], run_state(campaign_id)) == ("INIT", "idle")
    assert _recipients() == 0
    assert balance() == Balance(bought=people, charged=0, reserved=0)
    time.sleep(2)  # the scheduler looks for lost work
    assert deployment.accepted() == 0

    validation.validate_campaign(OPERATOR, campaign_id)  # the user tries again
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=people) == 0
    assert balance() == Balance(bought=people, charged=people, reserved=0)


@pytest.mark.parametrize("point", ["before_signal", "before_wake_up"])
def test_a_confirmation_that_dies_after_its_commit_runs_although_nobody_was_woken(
    deployment: Deployment, point: str
) -> None:
    people = 200
    campaign_id = prepared_campaign(people)
    deployment.start_scheduler()
    deployment.start_worker()
    deployment.wait_for_death(deployment.start_failing("validate", str(campaign_id), at=point))
    assert (facts(campaign_id)["status"], _recipients()) == ("VALIDATE", people)
    took_s = deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=people) == 0
    assert balance() == Balance(bought=people, charged=people, reserved=0)
    print(f"{point}: done {took_s:.1f} s later")


def _recipients() -> int:
    with reading() as session:
        return session.execute(select(func.count()).select_from(Recipient)).scalar_one()


# --- A report.


@pytest.mark.parametrize(("point", "stored"), [("before_store", 0), ("after_store", 1)])
def test_a_report_whose_answer_was_lost_with_the_web_process_counts_once_when_it_is_repeated(
    deployment: Deployment, point: str, stored: int
) -> None:
    campaign_id = prepared_campaign(1)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    _let_an_hour_pass()
    web = deployment.start_failing("web", at=point)
    with pytest.raises(httpx.TransportError):
        report_delivered()
    deployment.wait_for_death(web)
    assert stored_reports() == stored

    deployment.start_web()
    assert [report_delivered() for _ in range(3)] == [204, 204, 204]
    deployment.wait(lambda: facts(campaign_id)["success"] == 1, "the report takes effect")
    assert stored_reports() == 1
    assert run_state(campaign_id) == "done"
    assert_invariants(deployment, campaign_id, recipients=1)
    assert balance() == Balance(bought=1, charged=1, reserved=0)


def _let_an_hour_pass() -> None:
    """Its message was sent, and the run done, an hour earlier than they were."""
    hour = timedelta(hours=1)
    with unit_of_work() as session:
        campaign, attempt = (
            session.execute(select(Campaign)).scalar_one(),
            session.execute(select(Attempt)).scalar_one(),
        )
        assert campaign.started_at
        assert campaign.finished_at
        assert attempt.answered_at
        campaign.started_at, campaign.finished_at = campaign.started_at - hour, campaign.finished_at - hour
        attempt.claimed_at, attempt.answered_at = attempt.claimed_at - hour, attempt.answered_at - hour


def report_delivered() -> int:
    """Post the report of the only message, as Twilio would; gives the HTTP status."""
    with reading() as session:
        attempt = session.execute(select(Attempt)).scalar_one()
    settings = get_settings()
    url = f"{settings.origin}{_STATUS_PATH}?attempt={sign_reference(attempt.id or 0, settings.signing_key)}"
    fields = {
        "AccountSid": settings.twilio_account_sid,
        "MessageSid": attempt.provider_message_id or "",
        "MessageStatus": "delivered",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": twilio_signature(settings.twilio_auth_token, url, fields),
    }
    return httpx.post(url, content=urlencode(fields), headers=headers).status_code


def stored_reports() -> int:
    with reading() as session:
        return session.execute(select(func.count()).select_from(DeliveryEvent)).scalar_one()


def test_a_web_process_that_dies_twice_in_a_flood_of_reports_loses_none(deployment: Deployment) -> None:
    people = 600
    deployment.script(callbacks="on", callback_delay_s=[0.0, 1.0], callback_duplicate_rate=0.2, callback_shuffle=True)
    campaign_id = prepared_campaign(people)
    dying = deployment.start_failing("web", at="after_store", nth=5)
    validation.validate_campaign(OPERATOR, campaign_id)
    with watched(campaign_id):
        deployment.start_worker()
        deployment.wait_for_death(dying)
        dying = deployment.start_failing("web", at="before_store", nth=5)
        deployment.wait_for_death(dying)
        deployment.start_web()
        deployment.start_scheduler()
        deployment.wait(lambda: counts_of(campaign_id)[RecipientStatus.DELIVERED] == people, "everything is delivered")
    assert deployment.verdict()["reports"]["failed"] == 0
    assert assert_invariants(deployment, campaign_id, recipients=people) == 0
    assert balance() == Balance(bought=people, charged=people, reserved=0)


# --- An error instead of a death.


def test_a_drain_that_meets_a_broken_database_gives_nothing_up(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(300)
    failing = deployment.start_failing("worker", at="before_drain", nth=6, fail_with="error")
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.start_scheduler()
    deployment.wait_until_done(campaign_id)
    assert deployment.logged("drain_interrupted") >= 2, "drains failed"
    assert dead_letters() == 0
    assert assert_invariants(deployment, campaign_id, recipients=300) == 0
    assert deployment.stop(failing) == 0


def test_a_drain_that_meets_a_defect_of_ours_gives_nothing_up(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(300)
    failing = deployment.start_failing("worker", at="before_drain", nth=2, fail_with="defect")
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.start_scheduler()
    deployment.wait_until_done(campaign_id)
    assert deployment.logged("drain_failed") == 2
    assert deployment.logged("RuntimeError: nobody thought of this") == 2, "with what it was"
    assert dead_letters() == 0
    assert assert_invariants(deployment, campaign_id, recipients=300) == 0
    assert deployment.stop(failing) == 0


def test_a_cancellation_after_a_death_releases_whom_nobody_will_send_to(deployment: Deployment) -> None:
    """What the dead worker held stays unknown: its credits are neither spent nor given back."""
    campaign_id = prepared_campaign(_PEOPLE)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_for_death(deployment.start_failing("worker", at="after_claim", nth=3))
    runs.cancel_campaign(OPERATOR, campaign_id)
    deployment.start_scheduler()
    deployment.wait(lambda: counts_of(campaign_id)[RecipientStatus.CLAIMED] == 0, "its claims ran out")
    deployment.wait(lambda: _handed_over(campaign_id) == deployment.accepted(), "what was taken is known")
    counts = counts_of(campaign_id)
    unknown, taken = counts[RecipientStatus.UNKNOWN], deployment.accepted()
    assert unknown > 0
    assert counts[RecipientStatus.CANCELLED] == _PEOPLE - unknown - taken
    assert balance() == Balance(bought=_PEOPLE, charged=taken, reserved=unknown)
    assert_books()


def _handed_over(campaign_id: int) -> int:
    counts = counts_of(campaign_id)
    outside = (RecipientStatus.UNKNOWN, RecipientStatus.CANCELLED, RecipientStatus.PENDING, RecipientStatus.CLAIMED)
    return sum(counts.values()) - sum(counts[status] for status in outside)
