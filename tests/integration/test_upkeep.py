"""What the scheduler finds by itself, from the database alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend import clock, realtime
from backend.database import reading, unit_of_work
from backend.domain.statuses import RecipientStatus, RunState
from backend.errors import ConflictError
from backend.models import Campaign, Recipient
from backend.repositories import campaigns, delivery_events
from backend.services import campaign_status, proofs, runs, upkeep
from backend.services.acting import OPERATOR
from tests.integration.test_delivery import Handed
from tests.makers import make_contacts, make_draft, make_run

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
