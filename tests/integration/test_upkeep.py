"""What the scheduler finds by itself, from the database alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend import clock, realtime
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, ConnectionState, Medium
from backend.domain.statuses import RecipientStatus, RunState
from backend.errors import ConflictError
from backend.models import Campaign, Recipient
from backend.repositories import campaigns, delivery_events, organisations
from backend.services import campaign_status, proofs, runs, sending, upkeep
from backend.services.acting import OPERATOR, ActingUser
from backend.services.sending import DrainEnd
from backend.simulator.serving import RunningSimulator
from tests.integration.test_delivery import Handed, HeldSender
from tests.integration.test_sending import drain
from tests.makers import connect_whatsapp, leave_waiting, make_contacts, make_draft, make_run

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Campaigns that were asked to be drained."""
    found: list[int] = []
    monkeypatch.setattr(realtime, "_waker", found.append)
    return found


def change(campaign_id: int, **values: object) -> None:
    with unit_of_work() as session:
        found = session.get(Campaign, campaign_id)
        assert found is not None
        for name, value in values.items():
            setattr(found, name, value)


def state(campaign_id: int) -> RunState:
    with reading() as session:
        found = session.get(Campaign, campaign_id)
        assert found is not None
        return found.run_state


def scheduled(minutes_ago: float) -> int:
    make_contacts(2)
    campaign_id = make_run()
    moment = clock.now() - timedelta(minutes=minutes_ago)
    change(campaign_id, run_state=RunState.SCHEDULED, scheduled_at=moment, started_at=None)
    return campaign_id


@pytest.mark.parametrize(
    ("minutes_late", "expected"),
    [(-5, RunState.SCHEDULED), (0.1, RunState.SENDING), (59, RunState.SENDING), (61, RunState.MISSED)],
)
def test_due_campaigns_start_late_ones_wait_for_the_user(
    woken: list[int], minutes_late: float, expected: RunState
) -> None:
    campaign_id = scheduled(minutes_late)
    woken.clear()
    upkeep.start_due_campaigns()
    assert state(campaign_id) is expected
    assert woken == ([campaign_id] if expected is RunState.SENDING else [])


def test_a_deleted_campaign_is_never_due() -> None:
    change(scheduled(1), deleted_at=clock.now())
    assert upkeep.start_due_campaigns() == 0


def test_a_late_start_is_noted() -> None:
    campaign_id = scheduled(30)
    upkeep.start_due_campaigns()
    with reading() as session:
        found = session.get(Campaign, campaign_id)
        assert found is not None
        assert 1790 < found.late_by_s < 1810


def test_a_missed_campaign_goes_when_the_user_says_so(woken: list[int]) -> None:
    campaign_id = scheduled(300)
    upkeep.start_due_campaigns()
    upkeep.start_due_campaigns()
    assert state(campaign_id) is RunState.MISSED
    runs.resume_campaign(OPERATOR, campaign_id)
    assert state(campaign_id) is RunState.SENDING
    assert woken[-1] == campaign_id


def act_after(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]) -> None:
    """Somebody acts between what the scheduler reads by this query and what it does about it."""
    query = getattr(campaigns, name)

    def look_slowly(*args: Any) -> Any:
        found = query(*args)
        act()
        return found

    monkeypatch.setattr(campaigns, name, look_slowly)


@pytest.mark.parametrize("meanwhile", [runs.pause_campaign, runs.cancel_campaign, runs.back_to_draft])
def test_what_somebody_did_while_the_scheduler_was_looking_stays_so(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[ActingUser, int], object]
) -> None:
    campaign_id = scheduled(1)
    act_after(monkeypatch, "list_due", lambda: meanwhile(OPERATOR, campaign_id))
    upkeep.start_due_campaigns()
    assert state(campaign_id) in {RunState.PAUSED, RunState.CANCELLED, RunState.IDLE}


def test_another_date_given_while_the_scheduler_was_looking_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = scheduled(1)
    later = clock.now() + timedelta(hours=1)
    act_after(monkeypatch, "list_due", lambda: change(campaign_id, scheduled_at=later))
    upkeep.start_due_campaigns()
    assert state(campaign_id) is RunState.SCHEDULED


def test_a_pause_is_not_undone_by_a_connection_that_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    make_contacts(1)
    connect_whatsapp()
    campaign_id = leave_waiting(make_run(Channel.WHATSAPP))
    act_after(monkeypatch, "list_in_state", lambda: runs.pause_campaign(OPERATOR, campaign_id))
    upkeep.note_whatsapp_state(ConnectionState.CONNECTED)
    assert state(campaign_id) is RunState.PAUSED


class TestNoWorkerAtTheMoment:
    """The scheduler began the run in time, and no worker was there."""

    @pytest.fixture
    def begun(self) -> int:
        campaign_id = scheduled(0.1)
        upkeep.start_due_campaigns()
        return campaign_id

    @pytest.fixture
    def later(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
        now = clock.now

        def move(minutes: float) -> None:
            monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=minutes))

        return move

    @pytest.mark.parametrize("minutes", [10, 59])
    def test_it_is_sent_late_within_the_tolerance(
        self, simulator: RunningSimulator, begun: int, later: Callable[[float], None], minutes: float
    ) -> None:
        later(minutes)
        assert upkeep.miss_unseen_campaigns() == 0
        drain(begun)
        assert (state(begun), simulator.control("GET", "counts")["total"]) == (RunState.DONE, 2)

    @pytest.mark.parametrize("who_looks_first", ["a worker", "the scheduler"])
    def test_beyond_it_the_user_is_asked(
        self, simulator: RunningSimulator, begun: int, later: Callable[[float], None], who_looks_first: str
    ) -> None:
        later(61)
        if who_looks_first == "the scheduler":
            assert upkeep.miss_unseen_campaigns() == 1
        assert drain(begun) is DrainEnd.STOPPED
        assert (state(begun), simulator.control("GET", "counts")["total"]) == (RunState.MISSED, 0)
        assert upkeep.miss_unseen_campaigns() == 0

        runs.resume_campaign(OPERATOR, begun)
        drain(begun)
        assert (state(begun), simulator.control("GET", "counts")["total"]) == (RunState.DONE, 2)

    def test_what_has_begun_to_leave_goes_on_however_late(
        self, simulator: RunningSimulator, begun: int, later: Callable[[float], None]
    ) -> None:
        run = sending._begin(begun, lambda: False, 8)
        assert run is not None
        assert len(sending._claim(run, HeldSender(Medium.SMS), 1).claims) == 1
        later(61)
        drain(begun)
        assert state(begun) is RunState.SENDING, "the claim is in flight"
        assert simulator.control("GET", "counts")["total"] == 1

    def test_a_pause_does_not_count(
        self, simulator: RunningSimulator, begun: int, later: Callable[[float], None]
    ) -> None:
        runs.pause_campaign(OPERATOR, begun)
        later(200)
        runs.resume_campaign(OPERATOR, begun)
        drain(begun)
        assert (state(begun), simulator.control("GET", "counts")["total"]) == (RunState.DONE, 2)

    def test_busy_workers_are_no_reason_where_nothing_may_be_late(
        self, simulator: RunningSimulator, begun: int, later: Callable[[float], None]
    ) -> None:
        with unit_of_work() as session:
            organisations.get(session).late_tolerance_min = 0
        later(4)
        drain(begun)
        assert (state(begun), simulator.control("GET", "counts")["total"]) == (RunState.DONE, 2)

    def test_a_run_without_a_date_has_no_moment_to_miss(
        self, simulator: RunningSimulator, later: Callable[[float], None]
    ) -> None:
        make_contacts(2)
        campaign_id = make_run()
        later(600)
        assert upkeep.miss_unseen_campaigns() == 0
        drain(campaign_id)
        assert (state(campaign_id), simulator.control("GET", "counts")["total"]) == (RunState.DONE, 2)


def test_claims_whose_lease_ran_out_become_unknown_and_end_the_run() -> None:
    handed = Handed(contacts=3)
    with unit_of_work() as session:
        for claim in handed.claims[:2]:
            row = session.get(Recipient, claim.recipient_id)
            assert row is not None
            row.lease_until = clock.now() - timedelta(seconds=1)
    assert upkeep.expire_stale_claims() == 2
    assert [handed.recipient(i).status for i in range(3)] == [
        RecipientStatus.UNKNOWN,
        RecipientStatus.UNKNOWN,
        RecipientStatus.CLAIMED,
    ]
    assert proofs.recount(handed.campaign_id) == []
    assert proofs.audit_credits() == []
    assert upkeep.expire_stale_claims() == 0


def test_a_claim_whose_lease_still_runs_is_left_alone() -> None:
    handed = Handed()
    with unit_of_work() as session:
        row = session.get(Recipient, handed.claims[0].recipient_id)
        assert row is not None
        row.lease_until = clock.now() + timedelta(seconds=30)
    assert upkeep.expire_stale_claims() == 0
    assert handed.recipient().status is RecipientStatus.CLAIMED


def test_a_lost_wake_up_is_found(woken: list[int]) -> None:
    make_contacts(2)
    campaign_id = make_run()
    woken.clear()
    assert upkeep.wake_forgotten_campaigns() == 1
    assert woken == [campaign_id]
    assert upkeep.wake_forgotten_campaigns() == 0, "a drain that was just asked for gets its time"
    change(campaign_id, drain_seen_at=clock.now() - timedelta(seconds=60))
    assert upkeep.wake_forgotten_campaigns() == 1


@pytest.mark.parametrize(("worked_s_ago", "woken_again"), [(2, 0), (60, 1)])
def test_a_wake_up_that_no_worker_could_follow_is_repeated_in_the_next_round(
    woken: list[int], worked_s_ago: float, woken_again: int
) -> None:
    make_contacts(2)
    campaign_id, now = make_run(), clock.now()
    worked_at = now - timedelta(seconds=worked_s_ago)
    change(campaign_id, drain_seen_at=now - timedelta(seconds=2), worker_seen_at=worked_at)
    woken.clear()
    assert upkeep.wake_forgotten_campaigns() == len(woken) == woken_again


def test_a_run_that_went_out_at_once_and_met_no_worker_is_woken_again(
    woken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(2)
    campaign_id = make_run()
    woken.clear()
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(seconds=60))
    change(campaign_id, drain_seen_at=clock.now() - timedelta(seconds=2))
    assert upkeep.wake_forgotten_campaigns() == 1
    assert woken == [campaign_id]


def test_a_run_with_nothing_left_is_ended() -> None:
    handed = Handed()
    handed.answer()
    change(handed.campaign_id, run_state=RunState.SENDING, finished_at=None, drain_seen_at=None)
    upkeep.wake_forgotten_campaigns()
    assert state(handed.campaign_id) is RunState.DONE


def test_an_interrupted_cancellation_is_finished() -> None:
    make_contacts(7)
    campaign_id = make_run()
    with unit_of_work() as session:
        assert campaigns.move_run(session, campaign_id, RunState.CANCELLED)
    assert upkeep.finish_cancelled() == 7
    assert campaign_status.status_of(OPERATOR, campaign_id)["cancelled"] == 7
    assert proofs.audit_credits() == []


def test_reports_whose_wake_up_was_lost_are_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    handed = Handed()
    handed.answer()
    with unit_of_work() as session:
        delivery_events.store(session, [(handed.event("delivered"), handed.claims[0].attempt_id)])
    monkeypatch.setattr(upkeep, "_EVENT_WAIT_S", 0)
    assert upkeep.apply_waiting_events() == 1
    assert handed.recipient().status is RecipientStatus.DELIVERED


def test_a_failing_step_does_not_keep_the_others_from_running(
    woken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_contacts(1)
    campaign_id = make_run()
    woken.clear()

    def broken() -> None:
        raise RuntimeError("broken")

    broken.__name__ = "start_due_campaigns"
    monkeypatch.setattr(upkeep, "start_due_campaigns", broken)
    upkeep.run_upkeep()
    assert woken == [campaign_id]


@pytest.mark.parametrize("run_state", [RunState.DONE, RunState.CANCELLED, RunState.HELD])
def test_what_has_ended_or_is_held_is_not_resumed(run_state: RunState) -> None:
    make_contacts(1)
    campaign_id = make_run()
    change(campaign_id, run_state=run_state)
    with pytest.raises(ConflictError):
        runs.resume_campaign(OPERATOR, campaign_id)


def test_a_draft_is_not_resumed() -> None:
    make_contacts(1)
    with pytest.raises(ConflictError):
        runs.resume_campaign(OPERATOR, make_draft())
