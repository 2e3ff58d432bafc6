"""Providers answer wrongly, late, or ask for patience: right outcomes, nobody twice, never faster than allowed."""

from __future__ import annotations

import time

from backend.domain.statuses import HANDED_OVER, RecipientStatus
from backend.services import validation
from backend.services.acting import OPERATOR
from tests.faults.deployment import Deployment, assert_books, assert_invariants, counts_of, facts
from tests.faults.test_killed_processes import prepared_campaign

_PEOPLE = 2_000
_LOST_ANSWERS = {"accepted_then_500_rate": 0.05, "silent_rate": 0.01}


def test_lost_answers_are_unknown_and_never_sent_again(deployment: Deployment) -> None:
    deployment.script(**_LOST_ANSWERS, callbacks="off")
    campaign_id = prepared_campaign(_PEOPLE)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)

    counts, verdict = counts_of(campaign_id), deployment.verdict()
    assert verdict["total"] == _PEOPLE
    assert verdict["by_address_max"] == 1
    # Some may have been asked about already.
    assert 0 < counts[RecipientStatus.UNKNOWN] < _PEOPLE * 0.08, counts
    # Some were asked about meanwhile, and stand further on than accepted.
    assert sum(counts.values()) - counts[RecipientStatus.UNKNOWN] == sum(counts[one] for one in HANDED_OVER)
    assert_books()


def test_reports_settle_every_lost_answer(deployment: Deployment) -> None:
    deployment.script(
        **_LOST_ANSWERS,
        callbacks="on",
        callback_delay_s=[0.0, 3.0],
        callback_duplicate_rate=0.3,
        callback_shuffle=True,
        callback_first_rate=0.1,
    )
    campaign_id = prepared_campaign(_PEOPLE)
    deployment.start_web()
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    deployment.wait(lambda: facts(campaign_id)["success"] == _PEOPLE, "every outcome is reported")
    assert assert_invariants(deployment, campaign_id, recipients=_PEOPLE) == 0
    assert counts_of(campaign_id)[RecipientStatus.DELIVERED] == _PEOPLE


def test_a_provider_that_asks_for_patience_gets_it_and_everybody_their_message(deployment: Deployment) -> None:
    deployment.script(throttle_rate=0.02, retry_after_s=2, callbacks="off")
    campaign_id = prepared_campaign(1_000)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=1_000) == 0
    assert counts_of(campaign_id)[RecipientStatus.ACCEPTED] == 1_000, "a 429 is no failure"
    assert deployment.logged("provider_deferred") > 0
    assert deployment.logged("run_halted") == 0


def test_slow_answers_hold_nobody_up_for_ever(deployment: Deployment) -> None:
    deployment.script(slow_rate=0.2, slow_s=2, callbacks="off")
    campaign_id = prepared_campaign(600)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=600) == 0


def test_a_provider_that_cuts_every_connection_gets_nobody_a_second_message(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(1_500)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 300, "some are handed over")
    deployment.script(reset_before_rate=1, callbacks="off")
    time.sleep(2)
    deployment.script(callbacks="off")
    deployment.wait_until_done(campaign_id)
    verdict, counts = deployment.verdict(), counts_of(campaign_id)
    assert verdict["by_address_max"] == 1
    assert counts[RecipientStatus.PENDING] == counts[RecipientStatus.CLAIMED] == 0
    assert counts[RecipientStatus.ACCEPTED] == verdict["total"]
    assert_books()


def test_no_second_is_faster_than_the_rate_however_many_workers_there_are(deployment: Deployment) -> None:
    deployment.configure(SMS_RATE_PER_S="200")
    campaign_id = prepared_campaign(1_500)
    deployment.start_scheduler()
    deployment.start_workers(3)
    validation.validate_campaign(OPERATOR, campaign_id)
    took_s = deployment.wait_until_done(campaign_id)
    peak = deployment.verdict()["requests_per_second"]["sms"]
    print(f"{1_500 / took_s:.0f}/s on average, {peak} in the busiest second")
    assert peak <= 200
    assert took_s < 1_500 / 200 * 2, "and not much slower"
    assert assert_invariants(deployment, campaign_id, recipients=1_500) == 0
