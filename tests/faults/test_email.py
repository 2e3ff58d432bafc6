"""Emails leave a thousand to a request: one bad address, one lost answer, and the rate of two media at once."""

from __future__ import annotations

import time

from sqlalchemy import update

from backend.database import unit_of_work
from backend.domain.channels import Channel
from backend.domain.statuses import HANDED_OVER, RecipientStatus
from backend.models import Contact
from backend.services import validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from tests.faults.deployment import Deployment, assert_books, assert_invariants, counts_of, facts
from tests.makers import buy_credits, make_contacts, make_draft

_BATCH = 1_000
_ONE_REQUEST = {"EMAIL_RATE_PER_S": "10000"}  # a grant is a tenth of a second's rate: a whole batch


def test_one_bad_address_among_a_thousand_is_refused_alone(deployment: Deployment) -> None:
    deployment.configure(**_ONE_REQUEST)
    people = make_contacts(_BATCH)
    _set_address(people[400], "invalid+1@example.org")  # the simulated provider refuses the whole request for it
    _set_address(people[700], "ruth3@example.org")  # somebody has it already
    campaign_id = make_draft(Channel.EMAIL)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)

    counts, verdict = counts_of(campaign_id), deployment.verdict()
    assert counts[RecipientStatus.FAILED] == 1, counts
    assert counts[RecipientStatus.SKIPPED] == 1, counts
    assert counts[RecipientStatus.ACCEPTED] == verdict["total"] == _BATCH - 2
    assert (verdict["by_address_max"], verdict["requests"]["email"]) == (1, 2)
    assert_invariants(deployment, campaign_id, recipients=_BATCH)


def test_a_batch_whose_answer_never_comes_is_not_sent_again_and_its_events_settle_it(deployment: Deployment) -> None:
    deployment.configure(**_ONE_REQUEST)
    deployment.script(silent_rate=1, callbacks="hold")
    make_contacts(_BATCH)
    campaign_id = make_draft(Channel.EMAIL)
    deployment.start_web()
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    took_s = deployment.wait_until_done(campaign_id)
    assert took_s < 4 * get_settings().provider_timeout_s, "nobody waits for it longer than the time-out"
    assert counts_of(campaign_id)[RecipientStatus.UNKNOWN] == _BATCH

    time.sleep(get_settings().claim_lease_s + 2)
    verdict = deployment.verdict()
    assert (verdict["total"], verdict["requests"]["email"]) == (_BATCH, 1), "it is not sent again"
    deployment.simulator.control("POST", "release")
    deployment.wait(lambda: facts(campaign_id)["success"] == _BATCH, "the events settle everybody")
    assert assert_invariants(deployment, campaign_id, recipients=_BATCH) == 0


def test_faults_of_whole_batches_lose_nobody(deployment: Deployment) -> None:
    deployment.configure(EMAIL_RATE_PER_S="500")  # 50 to a request: many requests, so every fault comes
    before = {"throttle_rate": 0.1, "error_before_rate": 0.05, "reset_before_rate": 0.05}
    after = {"accepted_then_500_rate": 0.05, "half_answer_rate": 0.05, "reset_after_rate": 0.05}
    deployment.script(**before, **after, missing_sid_rate=0.05, silent_rate=0.03, callbacks="off")
    make_contacts(3_000)
    campaign_id = make_draft(Channel.EMAIL)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    counts, verdict = counts_of(campaign_id), deployment.verdict()
    taken, unknown = sum(counts[status] for status in HANDED_OVER), counts[RecipientStatus.UNKNOWN]
    assert verdict["by_address_max"] == 1
    assert taken + unknown == 3_000, counts
    assert taken <= verdict["total"] <= taken + unknown
    assert unknown > 0
    assert deployment.logged("Traceback") == 0
    assert_books()


def test_two_media_keep_each_to_its_own_rate(deployment: Deployment) -> None:
    deployment.configure(SMS_RATE_PER_S="200", EMAIL_RATE_PER_S="300")
    make_contacts(1_500)
    buy_credits(1_500)
    sms, email = make_draft(Channel.SMS), make_draft(Channel.EMAIL)
    deployment.start_scheduler()
    deployment.start_workers(2)
    for campaign_id in (sms, email):
        validation.validate_campaign(OPERATOR, campaign_id)
    for campaign_id in (sms, email):
        deployment.wait_until_done(campaign_id)
    peaks = deployment.verdict()["messages_per_second"]
    print(f"busiest seconds: {peaks}")
    assert peaks["sms"] <= 200
    assert peaks["email"] <= 300
    assert assert_invariants(deployment, sms, email, recipients=3_000) == 0


def _set_address(contact_id: int, address: str) -> None:
    with unit_of_work() as session:
        session.execute(update(Contact).where(Contact.id == contact_id).values(email=address))  # pyright: ignore[reportArgumentType]
