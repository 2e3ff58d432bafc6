"""A database that was restored from an older copy sends nothing until an operator confirms it.

The copy may hold runs whose messages have left since it was taken. So the scheduler lets the epoch in the database
grow in every round and then tells witnesses outside of it: one that knows a later epoch gives the copy away. What
escapes is a copy of the last round (`SCHEDULER_INTERVAL_S`), or of a time when no scheduler worked.
"""

from __future__ import annotations

import secrets

from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.rights import Right
from backend.domain.statuses import RunState
from backend.logs import get_logger
from backend.repositories import audit, campaigns, installations
from backend.repositories.installations import RESTORED_COPY, HeldRun
from backend.services import witnesses
from backend.services.acting import ActingUser
from backend.services.witnesses import Testimony
from backend.settings import get_settings

log = get_logger(__name__)


def keep_watch() -> None:
    """The scheduler's part of a round, before anything is woken. Safe to repeat."""
    if hold_if_restored(absence_counts=True):
        return
    with unit_of_work() as session:
        mark = installations.advance(session)
    witnesses.tell(get_settings(), mark)


def hold_if_restored(*, absence_counts: bool = False) -> bool:
    """Hold every run that would send by itself if this database is an older copy; whether it is one.

    Args:
        absence_counts: a database that sends although nobody outside has heard of it is a copy on a new machine.
            For the scheduler to judge: a worker's machine may have no witness of its own.
    """
    testimony = witnesses.hear(get_settings())  # first, because the database learns of an epoch before they do
    with reading() as session:
        if not _is_restored(session, testimony, absence_counts=absence_counts):
            return False
        ids = installations.list_runs_to_hold(session)
    for campaign_id in ids:
        _hold(campaign_id)
    return True


def _is_restored(session: Session, testimony: Testimony, *, absence_counts: bool) -> bool:
    mark = installations.get(session)
    witnessed = testimony.epoch_of(mark.lineage)
    if witnessed is not None and witnessed > mark.epoch:
        return True
    if witnessed is not None and not testimony.is_copied:
        return False
    is_new = mark.epoch == 0 and not testimony.marks
    may_judge = absence_counts or testimony.is_copied
    return may_judge and not is_new and installations.has_active_runs(session, clock.now())


def _hold(campaign_id: int) -> None:
    with unit_of_work() as session:
        if not campaigns.move_run(session, campaign_id, RunState.HELD, halt_code=RESTORED_COPY):
            return
        audit.record(session, "hold", "campaign", campaign_id, user_id=None, actor="unisoft", reason=RESTORED_COPY)
        after_commit(session, lambda: realtime.signal_campaign(campaign_id))
    log.critical("run_held", campaign_id=campaign_id, reason=RESTORED_COPY, remedy="unisoft confirm-restore")


def find_held(actor: ActingUser) -> list[HeldRun] | None:
    """The runs held because this database is an older copy; None if it is not one. Holds what is not held yet."""
    actor.require(Right.CAMPAIGNS_SEND)
    is_restored = hold_if_restored(absence_counts=True)
    with reading() as session:
        held = installations.list_held(session)
    return held if is_restored or held else None


def confirm_restore(actor: ActingUser) -> None:
    """Accept this database as it is: what was held is paused, for people to resume or cancel one by one.

    Its line of history begins anew, so that the copy is noticed again should it be restored once more.
    """
    actor.require(Right.CAMPAIGNS_SEND)
    with unit_of_work() as session:
        before = installations.get(session)
        mark = installations.begin_lineage(session, secrets.token_hex(16))
        ids = [run.id for run in installations.list_held(session)]
        for campaign_id in ids:
            campaigns.move_run(session, campaign_id, RunState.PAUSED, halt_code=None)
            audit.record(session, "pause", "campaign", campaign_id, user_id=actor.id, actor=actor.email)
            after_commit(session, lambda topic=campaign_id: realtime.signal_campaign(topic))
        audit.record(
            session, "confirm_restore", "installation", 1, user_id=actor.id, actor=actor.email,
            epoch=before.epoch, campaigns=ids,
        )  # fmt: skip
    witnesses.tell(get_settings(), mark)
    log.warning("restore_confirmed", epoch=before.epoch, campaigns=len(ids))
