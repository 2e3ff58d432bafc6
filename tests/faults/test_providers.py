"""Providers answer wrongly, late, or ask for patience: right outcomes, nobody twice, never faster than allowed."""

from __future__ import annotations

import time

from sqlalchemy import text

from backend.database import reading
from backend.domain.hold_ups import HoldUpCode
from backend.domain.statuses import HANDED_OVER, RecipientStatus
from backend.processes.ports import free_port
from backend.repositories import campaigns
from backend.services import runs, validation
from backend.services.acting import OPERATOR
from tests.faults.deployment import (
    IN_FLIGHT,
    Deployment,
    assert_books,
    assert_invariants,
    counts_of,
    facts,
    hold_up,
    run_state,
)
from tests.faults.relay import relaying
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
    # "sent" is a success already; its "delivered" may still be on the way.
    delivered = "every delivery is reported"
    deployment.wait(lambda: counts_of(campaign_id)[RecipientStatus.DELIVERED] == _PEOPLE, delivered)
    assert facts(campaign_id)["success"] == _PEOPLE
    assert assert_invariants(deployment, campaign_id, recipients=_PEOPLE) == 0


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
    assert 100 < peak <= 200, "and it is used"
    assert assert_invariants(deployment, campaign_id, recipients=1_500) == 0


def test_a_provider_that_throttles_everybody_for_ten_seconds_is_asked_seldom_and_nothing_fails(
    deployment: Deployment,
) -> None:
    campaign_id = _started(deployment, _PEOPLE)
    deployment.script(throttled=True, retry_after_s=0, callbacks="off")
    before = _requests(deployment)
    time.sleep(10)
    throttled = _requests(deployment) - before
    assert hold_up(campaign_id) is HoldUpCode.PROVIDER_BUSY, "the pages say what it waits for"
    deployment.script(callbacks="off")
    took_s = deployment.wait_until_done(campaign_id)
    assert hold_up(campaign_id) is None
    assert 0 < throttled <= 4 * IN_FLIGHT, "of the 10,000 that the rate allows"
    assert assert_invariants(deployment, campaign_id, recipients=_PEOPLE) == 0
    assert counts_of(campaign_id)[RecipientStatus.ACCEPTED] == _PEOPLE, "a 429 is no failure"
    assert _most_attempts(campaign_id) == 1, "and no attempt"
    print(f"{throttled} requests in 10 s, done {took_s:.1f} s after")


def test_a_provider_that_says_when_is_not_asked_before(deployment: Deployment) -> None:
    campaign_id = _started(deployment, _PEOPLE)
    deployment.script(throttled=True, retry_after_s=6, callbacks="off")
    deployment.wait(lambda: deployment.logged("provider_deferred"), "it said so")
    deployment.script(callbacks="off")
    time.sleep(1)  # what was on its way when the first answer came
    before = _requests(deployment)
    time.sleep(4)
    assert _requests(deployment) == before, "nobody asks before the time is over"
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=_PEOPLE) == 0
    assert counts_of(campaign_id)[RecipientStatus.ACCEPTED] == _PEOPLE


def test_a_provider_that_nobody_can_reach_gets_no_storm_and_later_every_message(deployment: Deployment) -> None:
    port = free_port()
    deployment.configure(TWILIO_API_URL=f"http://127.0.0.1:{port}")
    campaign_id = prepared_campaign(_PEOPLE)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.logged("not_connected"), "it was tried")
    time.sleep(8)
    assert run_state(campaign_id) == "sending"
    # A window may be under way just now.
    deployment.wait(lambda: counts_of(campaign_id)[RecipientStatus.PENDING] == _PEOPLE, "nothing was taken or failed")
    assert hold_up(campaign_id) is HoldUpCode.PROVIDER_UNREACHABLE, "the pages say what it waits for"
    tried = _tries(deployment)
    with relaying(port, deployment.simulator.origin):
        took_s = deployment.wait_until_done(campaign_id)
    assert hold_up(campaign_id) is None
    assert 0 < tried <= 4 * IN_FLIGHT, "of the 8,000 that the rate allows"
    assert _most_attempts(campaign_id) == 1, "what was tried in vain is no attempt"
    assert assert_invariants(deployment, campaign_id, recipients=_PEOPLE) == 0
    assert counts_of(campaign_id)[RecipientStatus.ACCEPTED] == _PEOPLE
    print(f"{tried} tries in 8 s, done {took_s:.1f} s after it could be reached")


def test_a_provider_that_goes_away_in_the_middle_leaves_only_windows_in_flight_unknown(deployment: Deployment) -> None:
    port = free_port()
    deployment.configure(TWILIO_API_URL=f"http://127.0.0.1:{port}")
    with relaying(port, deployment.simulator.origin):
        campaign_id = _started(deployment, _PEOPLE)
    time.sleep(5)
    with relaying(port, deployment.simulator.origin):
        deployment.wait_until_done(campaign_id)
    unknown = assert_invariants(deployment, campaign_id, recipients=_PEOPLE, kills=1)
    print(f"{unknown} unknown after the cut")


def test_answers_without_a_sid_or_with_somebody_elses_are_unknown_and_end_nothing(deployment: Deployment) -> None:
    deployment.script(missing_sid_rate=0.02, bad_json_rate=0.02, duplicate_sid_rate=0.02, callbacks="off")
    campaign_id = prepared_campaign(_PEOPLE)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    counts, verdict = counts_of(campaign_id), deployment.verdict()
    assert (verdict["total"], verdict["by_address_max"]) == (_PEOPLE, 1)
    assert deployment.logged("message_id_repeated") > 0
    # Some may have been asked about already, and then they are settled.
    assert sum(counts[status] for status in HANDED_OVER) + counts[RecipientStatus.UNKNOWN] == _PEOPLE, counts
    assert deployment.logged("Traceback") == 0
    assert_books()


def test_every_fault_at_once_loses_nobody_and_sends_nobody_two(deployment: Deployment) -> None:
    before = {"reject_rate": 0.02, "throttle_rate": 0.02, "error_before_rate": 0.02, "reset_before_rate": 0.02}
    after = {"accepted_then_500_rate": 0.02, "reset_after_rate": 0.02, "half_answer_rate": 0.02, "bad_json_rate": 0.02}
    deployment.script(**before, **after, silent_rate=0.005, slow_rate=0.02, slow_s=1, callbacks="off")
    campaign_id = prepared_campaign(_PEOPLE)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    counts, verdict = counts_of(campaign_id), deployment.verdict()
    taken, unknown = sum(counts[status] for status in HANDED_OVER), counts[RecipientStatus.UNKNOWN]
    assert verdict["by_address_max"] == 1
    assert taken <= verdict["total"] <= taken + unknown
    assert taken + unknown + counts[RecipientStatus.FAILED] == _PEOPLE, counts
    assert 0 < counts[RecipientStatus.FAILED] < _PEOPLE * 0.05
    assert deployment.logged("Traceback") == 0
    assert_books()


def test_credentials_that_expire_halt_the_run_and_everybody_else_waits_for_the_repair(deployment: Deployment) -> None:
    campaign_id = _started(deployment, _PEOPLE)
    deployment.script(unauthorized=True, callbacks="off")
    deployment.wait(lambda: run_state(campaign_id) == "halted", "the run is halted", 20)
    assert _halt_code(campaign_id) == "20003"
    deployment.wait(lambda: not counts_of(campaign_id)[RecipientStatus.CLAIMED], "windows in flight are back")
    counts = counts_of(campaign_id)
    assert counts[RecipientStatus.PENDING] == _PEOPLE - deployment.accepted() > 0
    time.sleep(2)
    assert run_state(campaign_id) == "halted", "it does not go on by itself"
    deployment.script(callbacks="off")
    runs.resume_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=_PEOPLE) == 0
    assert counts_of(campaign_id)[RecipientStatus.ACCEPTED] == _PEOPLE


def test_too_many_numbers_refused_as_invalid_halt_the_run(deployment: Deployment) -> None:
    deployment.script(reject_rate=0.3, callbacks="off")
    campaign_id = prepared_campaign(_PEOPLE)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: run_state(campaign_id) == "halted", "the run is halted", 30)
    assert _halt_code(campaign_id) == "too_many_refusals"
    deployment.wait(lambda: not counts_of(campaign_id)[RecipientStatus.CLAIMED], "windows in flight are recorded")
    counts = counts_of(campaign_id)
    assert 10 <= counts[RecipientStatus.FAILED] <= IN_FLIGHT, "few are lost to it"
    deployment.script(callbacks="off")
    runs.resume_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=_PEOPLE) == 0
    assert counts_of(campaign_id)[RecipientStatus.FAILED] == counts[RecipientStatus.FAILED]


def _started(deployment: Deployment, recipients: int) -> int:
    """A run of which some are handed over."""
    campaign_id = prepared_campaign(recipients)
    deployment.start_scheduler()
    deployment.start_worker()
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > recipients / 5, "some are handed over")
    return campaign_id


def _halt_code(campaign_id: int) -> str | None:
    with reading() as session:
        return campaigns.get(session, campaign_id).halt_code


def _requests(deployment: Deployment) -> int:
    return deployment.verdict()["requests"]["sms"]


def _tries(deployment: Deployment) -> int:
    """Of messages that were put back; no attempt is left of them."""
    return sum(int(number) for number in deployment.found_in_logs(r"provider_deferred .*\bmessages=(\d+)"))


def _most_attempts(campaign_id: int) -> int:
    query = text("SELECT max(attempt_count) FROM recipient WHERE campaign_id = :id")
    with reading() as session:
        return session.execute(query, {"id": campaign_id}).scalar_one()
