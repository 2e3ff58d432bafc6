"""What the scheduler does every few seconds, from the database alone. Each step is safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.channels import ConnectionState
from backend.domain.statuses import HANDED_OVER, CreditState, RecipientStatus, RunState
from backend.logs import get_logger
from backend.repositories import attempts, audit, campaigns, claims, delivery_events, organisations, recipients
from backend.repositories.attempts import AttemptChange
from backend.services import delivery, file_contents, payments, refunding, sessions, settling
from backend.services.deleting import erase_old_drafts
from backend.services.early_reports import adopt_early_reports
from backend.services.runs import finish_cancelling
from backend.services.samples import settle_lost_samples

log = get_logger(__name__)

_DRAIN_SILENCE = timedelta(seconds=5)
_WOKEN_IN_VAIN = timedelta(seconds=1.5)
_WORKERS_BUSY = timedelta(minutes=5)
"""A run that has waited this long for its turn has still met workers at work."""

_EVENT_WAIT_S = 2
_EVENT_BATCHES = 25
_STALE_BATCH = 200
_HOLD_H = 24


def run_upkeep() -> None:
    """One round. A step that fails is logged and does not keep the others from running."""
    steps: list[Callable[[], object]] = [
        start_due_campaigns,
        miss_unseen_campaigns,
        expire_stale_claims,
        finish_cancelled,
        wake_forgotten_campaigns,
        adopt_early_reports,
        apply_waiting_events,
        release_ended_reservations,
        sessions.purge_expired,
        erase_old_drafts,
        settle_lost_samples,
        file_contents.sweep,
        payments.ask_about_open_orders,
        refunding.refund_unbilled,
        payments.collect_owed,
    ]
    for step in steps:
        try:
            step()
        except Exception:
            log.exception("upkeep_step_failed", step=step.__name__)


def start_due_campaigns() -> int:
    """Start campaigns whose date has come; one that is later than the tolerance is `missed`."""
    moment = clock.now()
    with reading() as session:
        due = campaigns.list_due(session, moment)
        tolerance_s = organisations.get(session).late_tolerance_min * 60
    for campaign_id, due_at in due:
        late_s = int((moment - due_at).total_seconds())
        if late_s > tolerance_s:
            _start_due(campaign_id, due_at, RunState.MISSED, late_by_s=late_s)
        else:
            _start_due(campaign_id, due_at, RunState.SENDING, late_by_s=late_s, started_at=moment)
    return len(due)


def _start_due(campaign_id: int, due_at: datetime, target: RunState, **values: object) -> None:
    with unit_of_work() as session:
        if campaigns.start_due(session, campaign_id, due_at, target, **values):
            _tell_of_move(session, campaign_id, target)


def _tell_of_move(session: Session, campaign_id: int, target: RunState) -> None:
    log.info("run_moved", campaign_id=campaign_id, run_state=target.value)
    after_commit(session, lambda: realtime.signal_campaign(campaign_id))
    if target is RunState.SENDING:
        after_commit(session, lambda: realtime.wake_campaign(campaign_id))


def miss_unseen_campaigns() -> int:
    """Runs that began at their date and met no worker until it was too late are `missed`."""
    with unit_of_work() as session:
        return miss_unseen(session)


def miss_unseen(session: Session, campaign_id: int | None = None) -> int:
    """The same, for a worker that comes back to one of them before the scheduler looks."""
    tolerance = timedelta(minutes=organisations.get(session).late_tolerance_min)
    missed = campaigns.miss_unseen(session, clock.now() - max(tolerance, _WORKERS_BUSY), campaign_id)
    for topic in missed:
        _tell_of_move(session, topic, RunState.MISSED)
    return len(missed)


def expire_stale_claims() -> int:
    """Turn claims whose lease ran out into `unknown`: their messages may have left."""
    with unit_of_work() as session:
        ids = claims.list_stale_claims(session, clock.now(), _STALE_BATCH)
        standings = recipients.lock_standings(session, ids)
        stale = [standing for standing in standings if standing.status is RecipientStatus.CLAIMED]
        history = attempts.of_recipients(session, [standing.id for standing in stale])
        changes = [
            AttemptChange(found[-1].id, RecipientStatus.UNKNOWN, settling.LEASE_EXPIRED, None)
            for found in history.values()
            if found[-1].status is RecipientStatus.CLAIMED
        ]
        books = settling.Books()
        settling.settle(session, stale, history, changes, books)
        settling.close_books(session, books)
    if stale:
        log.warning("claims_expired", recipients=len(stale))
    return len(stale)


def finish_cancelled() -> int:
    """Go on with cancellations that were interrupted."""
    with reading() as session:
        ids = campaigns.list_cancelled_with_pending(session)
    return sum(finish_cancelling(campaign_id) for campaign_id in ids)


def wake_forgotten_campaigns() -> int:
    """Wake every sending campaign that no drain has worked on lately, or end it when nothing is left."""
    with unit_of_work() as session:
        forgotten = campaigns.list_without_drain(session, clock.now(), _DRAIN_SILENCE, _WOKEN_IN_VAIN)
        for campaign_id in forgotten:
            if campaigns.finish_if_done(session, campaign_id):
                after_commit(session, lambda topic=campaign_id: realtime.signal_campaign(topic))
            else:
                campaigns.touch_drain(session, campaign_id)
                after_commit(session, lambda topic=campaign_id: realtime.wake_campaign(topic))
    return len(forgotten)


def apply_waiting_events() -> int:
    """Apply reports whose wake-up was lost."""
    with reading() as session:
        waiting = delivery_events.has_waiting(session, clock.now() - timedelta(seconds=_EVENT_WAIT_S))
    applied = 0
    for _ in range(_EVENT_BATCHES if waiting else 0):
        batch = delivery.apply_events()
        applied += batch
        if batch < delivery.APPLY_BATCH:
            break
    return applied


def release_ended_reservations() -> int:
    """Give back what runs that ended a day ago still hold for an SMS that was never needed.

    Unknown outcomes keep their credits: their SMS may have been taken.
    """
    with reading() as session:
        ids = recipients.list_idle_reservations(session, clock.now() - timedelta(hours=_HOLD_H), _STALE_BATCH)
    if not ids:
        return 0
    with unit_of_work() as session:
        standings = recipients.lock_standings(session, ids)
        books = settling.Books()
        for standing in standings:
            if standing.credit_state is CreditState.RESERVED and standing.status in HANDED_OVER:
                released = standing._replace(credit_state=CreditState.RELEASED)
                settling.write_changes(session, standing.campaign_id, [(standing, released)], books)
        settling.close_books(session, books)
    return len(ids)


def note_whatsapp_state(state: ConnectionState) -> None:
    """Store what the gateway says; a connection that is back lets the waiting runs go on."""
    with unit_of_work() as session:
        if organisations.set_whatsapp_state(session, state, clock.now()):
            log.info("whatsapp_state", state=state.value)
            audit.record(session, state.value, "whatsapp_state", None, user_id=None, actor="gateway")
            after_commit(session, realtime.signal_list)
            after_commit(session, realtime.signal_whatsapp)
    if state is not ConnectionState.CONNECTED:
        return
    with reading() as session:
        waiting = campaigns.list_in_state(session, RunState.WAITING_CONNECTION)
    for campaign_id in waiting:
        with unit_of_work() as session:
            if campaigns.wait_no_longer(session, campaign_id):
                _tell_of_move(session, campaign_id, RunState.SENDING)
