"""Several people steer one run at once, and one run starts behind another."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import cast

import pytest
import redis

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.statuses import RecipientStatus
from backend.errors import ConflictError
from backend.models import Campaign
from backend.repositories import campaigns, credits, organisations
from backend.services import runs, validation
from backend.services.acting import OPERATOR, ActingUser
from backend.settings import get_settings
from tests.faults.deployment import IN_FLIGHT, ROOT, Deployment, assert_books, assert_invariants, counts_of, run_state
from tests.faults.test_killed_processes import prepared_campaign
from tests.makers import buy_credits, make_category, make_contacts, make_draft

# FAULTS=long: a small campaign behind 50,000 recipients.
_BIG = 17_000 if os.environ.get("FAULTS") == "long" else 7_000
_A_FEW_SECONDS = 10
_VALIDATE = """
import sys, time
from backend.errors import ConflictError
from backend.services import validation
from backend.services.acting import OPERATOR
time.sleep(max(float(sys.argv[2]) - time.time(), 0))
try:
    validation.validate_campaign(OPERATOR, int(sys.argv[1]))
    print("validated")
except ConflictError as error:
    print(error.code)
"""


def test_four_processes_that_validate_at_once_start_one_run(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(1_000)
    buy_credits(5_000)  # enough for all four: the state decides, not the credits
    command = [sys.executable, "-c", _VALIDATE, str(campaign_id), str(time.time() + 6)]
    tries = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [one.communicate(timeout=60)[0].split() for one in tries]
    assert sum(answer == ["validated"] for answer in answers) == 1, answers
    assert all(answer in (["validated"], ["changed_meanwhile"], ["already_validated"]) for answer in answers), answers
    deployment.start_scheduler()
    deployment.start_worker()
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=1_000) == 0


def test_pausing_and_resuming_at_random_moments_changes_nothing_but_the_time(deployment: Deployment) -> None:
    dice, campaign_id = random.Random(7), prepared_campaign(3_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    paused = 0
    while run_state(campaign_id) != "done":
        time.sleep(dice.uniform(0, 0.5))
        if _try_to(runs.pause_campaign, campaign_id):
            paused += 1
            runs.pause_campaign(OPERATOR, campaign_id)  # a double click
            time.sleep(dice.uniform(0, 0.3))
        _try_to(runs.resume_campaign, campaign_id)
        assert paused < 200, "it never ends"
    assert paused > 3
    assert assert_invariants(deployment, campaign_id, recipients=3_000) == 0
    assert counts_of(campaign_id)[RecipientStatus.ACCEPTED] == 3_000


def _try_to(act: Callable[[ActingUser, int], object], campaign_id: int) -> bool:
    try:
        act(OPERATOR, campaign_id)
    except ConflictError:
        return False
    return True


def test_two_operators_who_click_at_random_end_in_one_state_and_nothing_leaves_after_the_cancel(
    deployment: Deployment,
) -> None:
    deployment.configure(SMS_RATE_PER_S="300")
    campaign_id = prepared_campaign(6_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 0, "some are handed over")
    with ThreadPoolExecutor(2) as operators:
        clicks = list(operators.map(lambda seed: _click_at_random(campaign_id, random.Random(seed)), (1, 2)))
    _try_to(runs.resume_campaign, campaign_id)
    before = deployment.accepted()
    deployment.wait(lambda: deployment.accepted() > before, "it goes on")

    with ThreadPoolExecutor(2) as operators:
        cancelled = list(operators.map(lambda _: _try_to(runs.cancel_campaign, campaign_id), range(2)))
    at_cancel = deployment.accepted()
    deployment.wait(lambda: counts_of(campaign_id)[RecipientStatus.CLAIMED] == 0, "windows in flight are recorded")
    stopped_at = deployment.accepted()
    _try_to(runs.resume_campaign, campaign_id)
    time.sleep(3)

    print(f"{sum(clicks)} of 50 clicks took effect; {stopped_at - at_cancel} handed over after the cancel")
    assert any(cancelled)
    assert deployment.accepted() == stopped_at
    assert stopped_at - at_cancel <= IN_FLIGHT * 2, "the windows in flight of two workers"
    counts = counts_of(campaign_id)
    assert counts[RecipientStatus.CANCELLED] == 6_000 - stopped_at > 0
    assert run_state(campaign_id) == "cancelled"
    assert assert_invariants(deployment, campaign_id, recipients=6_000) == 0
    with reading() as session:
        assert credits.get_balance(session) == (6_000, stopped_at, 0), "released once"


def _click_at_random(campaign_id: int, dice: random.Random) -> int:
    """25 clicks of one operator, some of them double; gives how many took effect."""
    done = 0
    for _ in range(25):
        act = dice.choice([runs.pause_campaign, runs.resume_campaign])
        done += _try_to(act, campaign_id)
        if dice.random() < 0.3:
            _try_to(act, campaign_id)
        time.sleep(dice.uniform(0, 0.15))
    return done


@pytest.mark.parametrize(("tolerance_min", "state"), [(60, "done"), (0, "missed")])
def test_a_scheduler_that_was_down_at_the_moment_starts_late_or_asks(
    deployment: Deployment, tolerance_min: int, state: str
) -> None:
    campaign_id = prepared_campaign(200)
    with unit_of_work() as session:
        organisations.get(session).late_tolerance_min = tolerance_min
        draft = session.get(Campaign, campaign_id)
        assert draft is not None
        draft.scheduled_at = clock.now() + timedelta(seconds=2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.start_worker()
    time.sleep(4)  # its moment passes
    assert deployment.accepted() == 0
    deployment.start_scheduler()
    deployment.wait(lambda: run_state(campaign_id) == state, f"the run is {state}")
    with reading() as session:
        assert campaigns.get(session, campaign_id).late_by_s >= 1
    if state == "missed":
        time.sleep(2)
        assert deployment.accepted() == 0, "nothing is sent before somebody says so"
        runs.resume_campaign(OPERATOR, campaign_id)
        deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=200) == 0


def test_a_paused_run_sends_nothing_after_the_windows_in_flight(deployment: Deployment) -> None:
    campaign_id = prepared_campaign(3_000)
    deployment.start_scheduler()
    deployment.start_workers(2)
    validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 500, "some are handed over")
    runs.pause_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: counts_of(campaign_id)[RecipientStatus.CLAIMED] == 0, "windows in flight are recorded")
    stopped_at = deployment.accepted()
    time.sleep(3)
    assert deployment.accepted() == stopped_at < 3_000
    runs.resume_campaign(OPERATOR, campaign_id)
    deployment.wait_until_done(campaign_id)
    assert assert_invariants(deployment, campaign_id, recipients=3_000) == 0


def test_a_run_cancelled_at_any_moment_releases_what_was_not_sent(deployment: Deployment) -> None:
    dice, first, campaign_ids = random.Random(11), 0, []
    deployment.start_scheduler()
    deployment.start_workers(2)
    buy_credits(20_000)
    for number in range(5):
        category_id = make_category(f"Group {number}")
        make_contacts(800, first=first, category_id=category_id)
        first += 800
        campaign_id = make_draft(everyone=False, category_ids=(category_id,))
        campaign_ids.append(campaign_id)
        before = deployment.accepted()
        validation.validate_campaign(OPERATOR, campaign_id)
        moment = before + dice.randrange(0, 600)
        deployment.wait(lambda moment=moment: deployment.accepted() >= moment, f"{moment} are handed over")
        runs.cancel_campaign(OPERATOR, campaign_id)
        runs.cancel_campaign(OPERATOR, campaign_id)
        deployment.wait(lambda one=campaign_id: counts_of(one)[RecipientStatus.CLAIMED] == 0, "windows are recorded")
    time.sleep(1)
    assert {run_state(one) for one in campaign_ids} == {"cancelled"}
    assert assert_invariants(deployment, *campaign_ids, recipients=4_000) == 0
    cancelled = sum(counts_of(one)[RecipientStatus.CANCELLED] for one in campaign_ids)
    assert cancelled == 4_000 - deployment.accepted() > 0
    assert_books()


def test_a_small_campaign_does_not_wait_for_the_big_ones_before_it(deployment: Deployment) -> None:
    deployment.configure(SMS_RATE_PER_S="500")
    big = [campaign_to(f"Big {number}", _BIG, first=number * _BIG) for number in range(3)]
    small = campaign_to("Small", 20, first=60_000)
    buy_credits(60_000)
    deployment.start_scheduler()
    deployment.start_worker()
    for campaign_id in big:
        validation.validate_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: deployment.accepted() > 500, "the big ones are under way")
    began = time.monotonic()
    validation.validate_campaign(OPERATOR, small)
    deployment.wait_until_done(small)
    took_s = time.monotonic() - began
    print(f"20 recipients behind {3 * _BIG:,}: {took_s:.1f} s, {deployment.accepted()} handed over by then")
    assert took_s < _A_FEW_SECONDS
    assert [run_state(one) for one in big] == ["sending"] * 3, "it did not wait for them"
    for campaign_id in big:
        runs.cancel_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: all(counts_of(one)[RecipientStatus.CLAIMED] == 0 for one in big), "windows are recorded")
    assert assert_invariants(deployment, *big, small, recipients=3 * _BIG + 20) == 0


def test_many_campaigns_take_turns_and_their_wake_ups_do_not_pile_up(deployment: Deployment) -> None:
    deployment.configure(SMS_RATE_PER_S="300")
    many = [campaign_to(f"Group {number}", 2_000, first=number * 2_000) for number in range(12)]
    small = campaign_to("Small", 20, first=50_000)
    buy_credits(30_000)
    deployment.start_scheduler()
    deployment.start_worker()
    for campaign_id in many:
        validation.validate_campaign(OPERATOR, campaign_id)
    time.sleep(22)  # the scheduler has wondered about each of them twice
    deployment.wait(lambda: _share_fairly(many), "all of them got further, and none much further than another", 20)
    began = time.monotonic()
    validation.validate_campaign(OPERATOR, small)
    with redis.Redis.from_url(get_settings().redis_url) as client:
        assert cast("int", client.llen("unisoft-wake:unisoft")) <= 2 * len([*many, small])
    deployment.wait_until_done(small)
    took_s = time.monotonic() - began
    print(f"20 recipients behind 12 campaigns: {took_s:.1f} s")
    assert [run_state(one) for one in many] == ["sending"] * len(many)
    for campaign_id in many:
        runs.cancel_campaign(OPERATOR, campaign_id)
    deployment.wait(lambda: all(counts_of(one)[RecipientStatus.CLAIMED] == 0 for one in many), "windows are recorded")
    assert assert_invariants(deployment, *many, small, recipients=24_020) == 0


def _share_fairly(campaign_ids: Sequence[int]) -> bool:
    accepted = [counts_of(one)[RecipientStatus.ACCEPTED] for one in campaign_ids]
    return min(accepted) > max(accepted) / 3


def campaign_to(name: str, number: int, *, first: int) -> int:
    category_id = make_category(name)
    make_contacts(number, first=first, category_id=category_id)
    return make_draft(everyone=False, category_ids=(category_id,))
