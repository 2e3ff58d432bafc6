"""Clocks that jump, and moments that a clock change moves: nothing twice, nothing too early."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from backend import clock, realtime
from backend.database import reading, unit_of_work
from backend.domain import schedules
from backend.domain.channels import Medium
from backend.domain.statuses import RecipientStatus as Status
from backend.domain.statuses import RunState
from backend.models import Campaign
from backend.repositories import campaigns, organisations
from backend.services import drafts, proofs, sending, upkeep, validation
from backend.services.acting import OPERATOR
from backend.settings import get_settings
from backend.simulator.serving import RunningSimulator
from tests.integration.test_delivery import Handed, HeldSender, report
from tests.makers import buy_credits, make_contacts, make_draft, make_run

pytestmark = pytest.mark.usefixtures("database")

_HOUR_S = 3600
JUMPS = pytest.mark.parametrize("jump_s", [_HOUR_S, -_HOUR_S], ids=["an hour on", "an hour back"])


class Clock:
    """The wall clock of the product, which a test can set."""

    def __init__(self) -> None:
        self._now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        return self._now()

    def jump(self, seconds: float) -> None:
        before = self._now
        self._now = lambda: before() + timedelta(seconds=seconds)

    def set(self, moment: str) -> None:
        stopped = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        self._now = lambda: stopped


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Clock:
    set_by_tests = Clock()
    monkeypatch.setattr(clock, "now", set_by_tests.now)
    return set_by_tests


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Campaigns that were asked to be drained."""
    found: list[int] = []
    monkeypatch.setattr(realtime, "_waker", found.append)
    return found


def campaign(campaign_id: int) -> Campaign:
    with reading() as session:
        return campaigns.get(session, campaign_id)


def drain(campaign_id: int) -> None:
    asyncio.run(sending.drain(campaign_id, stopping=lambda: False, slice_s=8))


# --- Jumps while something is under way.


@JUMPS
def test_a_jump_while_a_window_is_in_flight_sends_nobody_a_second_message(
    wall: Clock, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, jump_s: int
) -> None:
    make_contacts(150)
    campaign_id, compose, jumped = make_run(), sending.compose, []

    def jump_after_the_claim(*arguments: Any) -> Any:
        if not jumped:
            jumped.append(wall.jump(jump_s))
            upkeep.run_upkeep()
        return compose(*arguments)

    monkeypatch.setattr(sending, "compose", jump_after_the_claim)
    drain(campaign_id)
    upkeep.run_upkeep()
    drain(campaign_id)

    counts = simulator.control("GET", "counts")
    assert (counts["total"], counts["by_address_max"]) == (150, 1)
    assert campaign(campaign_id).accepted_count == 150, "answers that come after the lease ran out are believed"
    assert campaign(campaign_id).run_state is RunState.DONE
    assert proofs.recount(campaign_id, repair=False) == []
    assert proofs.audit_credits() == []


@JUMPS
def test_a_claim_without_an_answer_is_never_pending_again_whatever_the_clock_does(wall: Clock, jump_s: int) -> None:
    handed = Handed(contacts=2)
    for jump in (jump_s, -2 * jump_s, 3 * jump_s):
        wall.jump(jump)
        upkeep.run_upkeep()
        drain(handed.campaign_id)
        assert {handed.recipient(i).status for i in range(2)} <= {Status.CLAIMED, Status.UNKNOWN}
    wall.jump(3 * _HOUR_S)
    upkeep.run_upkeep()
    assert [handed.recipient(i).status for i in range(2)] == [Status.UNKNOWN] * 2
    assert [handed.recipient(i).attempt_count for i in range(2)] == [1, 1]
    assert campaign(handed.campaign_id).run_state is RunState.DONE


def test_a_clock_that_was_set_back_does_not_let_a_lease_run_out_early(wall: Clock) -> None:
    handed = Handed()
    wall.jump(-_HOUR_S)
    assert upkeep.expire_stale_claims() == 0
    handed.answer()
    report(handed.event("delivered"))
    assert handed.recipient().status is Status.DELIVERED


def test_the_time_a_worker_has_left_to_send_in_does_not_follow_the_wall_clock(wall: Clock) -> None:
    make_contacts(3)
    campaign_id, moments = make_run(), []
    for jump_s in (0, _HOUR_S, -2 * _HOUR_S):
        wall.jump(jump_s)
        run = sending._begin(campaign_id, lambda: False, 8)
        assert run is not None
        window = sending._claim(run, HeldSender(Medium.SMS), 1)
        assert len(window.claims) == 1
        moments.append(window.send_before)
    assert max(moments) - min(moments) < 60
    settings = get_settings()
    assert moments[-1] <= time.monotonic() + settings.claim_lease_s - settings.provider_timeout_s


def test_a_lost_wake_up_is_found_soon_after_the_clock_was_set_back(wall: Clock, woken: list[int]) -> None:
    make_contacts(1)
    campaign_id = make_run()
    upkeep.wake_forgotten_campaigns()
    wall.jump(-_HOUR_S)
    woken.clear()
    wall.jump(60)
    upkeep.wake_forgotten_campaigns()
    assert woken == [campaign_id]


# --- Dates.


def scheduled(local: str, zone: str) -> int:
    with unit_of_work() as session:
        organisations.get(session).time_zone = zone
    make_contacts(2)
    buy_credits(10)
    campaign_id = make_draft(scheduled_local=local)
    validation.validate_campaign(OPERATOR, campaign_id)
    return campaign_id


def test_a_clock_that_jumps_to_and_fro_starts_a_campaign_once(wall: Clock, woken: list[int]) -> None:
    wall.set("2027-01-10T08:00")
    campaign_id = scheduled("2027-01-11T10:00", "Europe/Paris")  # 09:00 UTC
    upkeep.start_due_campaigns()
    wall.jump(_HOUR_S)
    upkeep.start_due_campaigns()
    assert campaign(campaign_id).run_state is RunState.SCHEDULED
    assert woken == []

    wall.set("2027-01-11T09:00")
    upkeep.start_due_campaigns()
    started_at = campaign(campaign_id).started_at
    for moment in ("2027-01-11T08:00", "2027-01-11T08:59", "2027-01-11T09:00", "2027-01-11T10:00"):
        wall.set(moment)
        upkeep.start_due_campaigns()
    assert woken == [campaign_id]
    assert (campaign(campaign_id).run_state, campaign(campaign_id).started_at) == (RunState.SENDING, started_at)


@pytest.mark.parametrize(
    ("local", "zone", "last_no", "first_yes"),
    [
        ("2027-03-28T02:30", "Europe/Paris", "2027-03-28T01:29:59", "2027-03-28T01:30"),  # skipped: 03:30 summer time
        ("2027-10-31T02:30", "Europe/Paris", "2027-10-31T00:29:59", "2027-10-31T00:30"),  # twice: the first
        ("2027-10-31T01:30", "Europe/London", "2027-10-31T00:29:59", "2027-10-31T00:30"),
        ("2027-10-31T01:30", "Asia/Jerusalem", "2027-10-30T22:29:59", "2027-10-30T22:30"),
        ("2027-03-26T02:30", "Asia/Jerusalem", "2027-03-26T00:29:59", "2027-03-26T00:30"),
    ],
)
def test_at_a_clock_change_a_campaign_starts_once_at_the_documented_instant(
    wall: Clock, woken: list[int], local: str, zone: str, last_no: str, first_yes: str
) -> None:
    wall.set("2027-01-01T08:00")
    campaign_id = scheduled(local, zone)
    wall.set(last_no)
    upkeep.start_due_campaigns()
    assert woken == []
    for _ in range(2):
        wall.set(first_yes)
        upkeep.start_due_campaigns()
        wall.jump(_HOUR_S)  # the same local time a second time
        upkeep.start_due_campaigns()
    assert woken == [campaign_id]
    assert campaign(campaign_id).late_by_s == 0


def test_another_zone_of_the_organisation_does_not_move_what_was_scheduled(wall: Clock, woken: list[int]) -> None:
    wall.set("2027-01-10T08:00")
    campaign_id = scheduled("2027-01-11T10:00", "Europe/Paris")
    draft_id = make_draft(scheduled_local="2027-01-11T10:00")
    with unit_of_work() as session:
        organisations.get(session).time_zone = "Asia/Jerusalem"
    entered, version = drafts.load_draft(OPERATOR, draft_id)
    assert entered.scheduled_local == "2027-01-11T11:00", "the same instant on the new clock"
    drafts.save_campaign(OPERATOR, draft_id, version, entered)
    at_nine = datetime(2027, 1, 11, 9, tzinfo=UTC)
    assert [campaign(one).scheduled_at for one in (campaign_id, draft_id)] == [at_nine] * 2
    wall.set("2027-01-11T08:59:59")
    upkeep.start_due_campaigns()
    assert woken == []
    wall.set("2027-01-11T09:00")
    upkeep.start_due_campaigns()
    assert woken == [campaign_id]


def test_a_clock_change_that_a_country_gives_up_does_not_move_what_was_scheduled(
    wall: Clock, woken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database of time zones is updated between the validation and the moment: no summer time any more."""
    wall.set("2027-01-10T08:00")
    campaign_id = scheduled("2027-07-11T10:00", "Europe/Paris")
    at_eight = datetime(2027, 7, 11, 8, tzinfo=UTC)
    assert campaign(campaign_id).scheduled_at == at_eight
    monkeypatch.setattr(schedules, "ZoneInfo", lambda _name: timezone(timedelta(hours=1)))
    assert schedules.to_local(at_eight, "Europe/Paris").hour == 9, "the same instant on the new clock"
    wall.set("2027-07-11T07:59:59")
    upkeep.start_due_campaigns()
    assert (campaign(campaign_id).scheduled_at, woken) == (at_eight, [])
    wall.set("2027-07-11T08:00")
    upkeep.start_due_campaigns()
    assert woken == [campaign_id]
    wall.jump(_HOUR_S)  # ten o'clock as the new rules have it
    upkeep.start_due_campaigns()
    assert woken == [campaign_id]
    assert campaign(campaign_id).late_by_s == 0
