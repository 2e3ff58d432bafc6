"""Steer a run: pause, resume, cancel, take it back to draft, and what the scheduler does to it."""

from __future__ import annotations

from typing import NamedTuple

from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.rights import Right
from backend.domain.schedules import LONGEST_GRACE
from backend.domain.statuses import (
    HANDED_OVER,
    UNANSWERED,
    CampaignStatus,
    LedgerKind,
    RecipientStatus,
    RunState,
)
from backend.errors import ConflictError
from backend.models import Campaign
from backend.repositories import audit, campaign_minutes, campaigns, credits, recipients
from backend.services import settling
from backend.services.acting import ActingUser

_CANCEL_BATCH = 500
# A forbidden moment (held) ends by itself, and what has ended stays so.
_RESUMABLE = {RunState.PAUSED, RunState.HALTED, RunState.MISSED, RunState.WAITING_CONNECTION}


def pause_campaign(actor: ActingUser, campaign_id: int) -> None:
    """Stop handing over after the windows in flight. Safe to call twice.

    Raises:
        ConflictError: the run has ended, or has not begun.
    """
    _steer(actor, campaign_id, "pause", RunState.PAUSED)


def resume_campaign(actor: ActingUser, campaign_id: int) -> None:
    """Go on with a paused, halted, missed or waiting run; back to its date if that is still to come.

    Raises:
        ConflictError: a draft, or a run that has ended or is held.
    """
    actor.require(Right.CAMPAIGNS_SEND)
    with unit_of_work() as session:
        campaign = campaigns.get(session, campaign_id)
        if campaign.run_state is RunState.SENDING:
            return
        if campaign.run_state not in _RESUMABLE:
            raise ConflictError(code="cannot_resume", run_state=campaign.run_state.value)
        waits = campaign.scheduled_at is not None and campaign.scheduled_at > clock.now()
        target = RunState.SCHEDULED if waits and campaign.started_at is None else RunState.SENDING
        _move(session, actor, campaign_id, "resume", target, **_fresh_start(target, campaign))


def _fresh_start(target: RunState, campaign: Campaign) -> dict[str, object]:
    if target is RunState.SCHEDULED:
        return {}
    # The share of refusals that halts a run is counted anew: going on is a decision of the user.
    values: dict[str, object] = {"halt_code": None, "refused_count": 0, "handed_over_count": 0, "drain_seen_at": None}
    if campaign.started_at:
        return values
    moment = clock.now()
    late_s = int((moment - campaign.scheduled_at).total_seconds()) if campaign.scheduled_at else 0
    return {**values, "started_at": moment, "late_by_s": max(late_s, 0)}


class Cancellation(NamedTuple):
    """What cancelling would do: so many messages have left, or are leaving, and so many recipients are stopped."""

    left: int
    stopped: int


def describe_cancelling(actor: ActingUser, campaign_id: int) -> Cancellation:
    """What cancelling a run would do, as of now; nothing is changed."""
    actor.require(Right.CAMPAIGNS_SEND)
    with reading() as session:
        campaigns.get(session, campaign_id)
        counts = campaigns.stored_counts(session, campaign_id)
    left = sum(counts[status] for status in HANDED_OVER | UNANSWERED)
    return Cancellation(left, counts[RecipientStatus.PENDING])


def cancel_campaign(actor: ActingUser, campaign_id: int) -> int:
    """End a run for good; gives how many recipients were stopped. What left cannot be recalled."""
    _steer(actor, campaign_id, "cancel", RunState.CANCELLED)
    return finish_cancelling(campaign_id)


def finish_cancelling(campaign_id: int) -> int:
    """Cancel what is still pending, in short transactions. Safe to interrupt: the scheduler calls it again."""
    total = 0
    while True:
        with unit_of_work() as session:
            ids = recipients.list_pending_ids(session, campaign_id, _CANCEL_BATCH)
            total += settling.cancel_pending(session, campaign_id, ids)
        if len(ids) < _CANCEL_BATCH:
            return total


def back_to_draft(actor: ActingUser, campaign_id: int) -> None:
    """Unschedule a campaign of which nothing has been claimed; its credits are released.

    Raises:
        ConflictError: it is not waiting for its date, or something has left.
    """
    actor.require(Right.CAMPAIGNS_SEND)
    with unit_of_work() as session:
        campaign = campaigns.get(session, campaign_id)
        if campaign.started_at is not None or not campaigns.move_run(
            session,
            campaign_id,
            RunState.IDLE,
            status=CampaignStatus.INIT,
            version=campaign.version + 1,
            validated_at=None,
            validated_by_id=None,
            **_unplanned(campaign),
        ):
            raise ConflictError(code="too_late")
        held = credits.recipient_reservations(session).get(campaign_id, 0)
        recipients.delete_of_campaign(session, campaign_id)
        campaigns.set_counts(session, campaign_id, {})
        campaign_minutes.forget(session, campaign_id)
        credits.move(session, LedgerKind.RELEASE, held, campaign_id=campaign_id, user_id=actor.id)
        audit.record(session, "back_to_draft", "campaign", campaign_id, user_id=actor.id, actor=actor.email)
        after_commit(session, lambda: realtime.signal_campaign(campaign_id))
        after_commit(session, realtime.signal_credit)


def _unplanned(campaign: Campaign) -> dict[str, object]:
    """The moment at which an undo grace ends is no date that anybody chose."""
    if campaign.scheduled_at is None or campaign.validated_at is None:
        return {}
    is_grace = campaign.scheduled_at - campaign.validated_at <= LONGEST_GRACE
    return {"scheduled_at": None, "schedule_zone": ""} if is_grace else {}


def _steer(actor: ActingUser, campaign_id: int, verb: str, target: RunState) -> None:
    actor.require(Right.CAMPAIGNS_SEND)
    with unit_of_work() as session:
        if campaigns.get(session, campaign_id).run_state is target:
            return
        try:
            _move(session, actor, campaign_id, verb, target)
        except ConflictError:  # somebody else may have asked for the same in this moment
            if campaigns.run_state_of(session, campaign_id) is not target:
                raise


def _move(session: Session, actor: ActingUser, campaign_id: int, verb: str, target: RunState, **values: object) -> None:
    if not campaigns.move_run(session, campaign_id, target, **values):
        raise ConflictError(code="run_has_ended", verb=verb)
    audit.record(session, verb, "campaign", campaign_id, user_id=actor.id, actor=actor.email)
    after_commit(session, lambda: realtime.signal_campaign(campaign_id))
    if target is RunState.SENDING:
        after_commit(session, lambda: realtime.wake_campaign(campaign_id))
