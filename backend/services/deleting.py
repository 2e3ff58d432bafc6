"""Delete campaigns, look into the trash, and restore from it. What was sent stays in ledger, audit and history."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.campaign_list import (
    PAGE_SIZES,
    TRASH_DAYS,
    CampaignSelection,
    DeletionSummary,
    Restored,
    TrashPage,
    TrashRow,
    restored_state,
)
from backend.domain.rights import Right
from backend.domain.statuses import RunState
from backend.logs import get_logger
from backend.repositories import audit, campaign_list, file_contents, organisations
from backend.services.acting import ActingUser
from backend.services.runs import finish_cancelling

log = get_logger(__name__)

_BATCH = 100
_ERASE_BATCH = 200
_DAY_S = 86_400
_KINDS = ("drafts", "scheduled", "sending", "finished")
_STOPPED = frozenset({"scheduled", "sending"})


def describe(actor: ActingUser, selection: CampaignSelection) -> DeletionSummary:
    """What deleting a selection would do, as of now; nothing is changed. One statement, whatever the number.

    Raises:
        ForbiddenError: without the right `campaigns.delete`.
    """
    actor.require(Right.CAMPAIGNS_DELETE)
    with reading() as session:
        return _summary(session, selection)


def _summary(session: Session, selection: CampaignSelection) -> DeletionSummary:
    rows = {row.kind: row for row in campaign_list.sum_up(session, campaign_list.selected(session, selection))}
    numbers = {kind: int(row.number) for kind, row in rows.items()}
    return DeletionSummary(
        **numbers,
        left=int(rows["sending"].left) if "sending" in rows else 0,
        stopped=int(rows["sending"].stopped) if "sending" in rows else 0,
        gone=_gone(selection, sum(numbers.values())),
        newest_id=max((row.newest_id for row in rows.values()), default=None),
    )


def _gone(selection: CampaignSelection, found: int) -> int:
    return 0 if selection.all_results else len(selection.ids) - found


def delete(actor: ActingUser, selection: CampaignSelection) -> DeletionSummary:
    """Take a selection off the list, and stop what is being sent; gives what was done.

    Softly: a trash holds them for 30 days. In short transactions, each of which leaves nothing half done: once one
    has committed, none of its campaigns claims a recipient any more. The rest is cancelled and its credits are
    released afterwards; the scheduler goes on with it if this is interrupted. Safe to call twice: what somebody else
    deleted meanwhile is `gone`.

    Raises:
        ForbiddenError: without the right `campaigns.delete`.
    """
    actor.require(Right.CAMPAIGNS_DELETE)
    meant = _up_to_now(selection)
    done: Counter[str] = Counter()
    last_id = 0
    while True:
        with unit_of_work() as session:
            ids = campaign_list.next_ids(session, campaign_list.selected(session, meant), last_id, _BATCH)
            rows = campaign_list.lock_listed(session, ids)
            _delete_batch(session, actor, rows)
        for row in rows:
            done.update(_stop(row))
        if not ids:
            break
        last_id = ids[-1]
    found = sum(done[kind] for kind in _KINDS)
    return DeletionSummary(**done, gone=_gone(selection, found), newest_id=meant.newest_id)


def _stop(row: Row[Any]) -> dict[str, int]:
    """Cancel whoever is still pending in a deleted campaign; gives what it adds to the summary."""
    stopped = finish_cancelling(row.id) if row.kind in _STOPPED else 0
    if row.kind != "sending":
        return {row.kind: 1}
    with reading() as session:
        # Asked now: windows that were being claimed as the deletion committed have left, too.
        return {row.kind: 1, "left": campaign_list.count_left(session, row.id), "stopped": stopped}


def _up_to_now(selection: CampaignSelection) -> CampaignSelection:
    """Campaigns made from now on are not meant, and would keep the batches from ending."""
    if not selection.all_results or selection.newest_id is not None:
        return selection
    with reading() as session:
        return replace(selection, newest_id=_summary(session, selection).newest_id)


def _delete_batch(session: Session, actor: ActingUser, rows: Sequence[Row[Any]]) -> None:
    if not rows:
        return
    campaign_list.hide(session, [row.id for row in rows], clock.now())
    for row in rows:
        _note(session, actor, "delete", row.id, run_state=row.run_state.value, stopped=row.pending_count)
        if row.kind in _STOPPED:
            after_commit(session, partial(realtime.signal_campaign, row.id))
    after_commit(session, realtime.signal_list)
    log.info("campaigns_deleted", campaigns=len(rows))


def list_trash(actor: ActingUser, page: int = 1) -> TrashPage:
    """One page of what can be restored, the last deleted first.

    Raises:
        ForbiddenError: without the right `campaigns.delete`.
    """
    actor.require(Right.CAMPAIGNS_DELETE)
    size, now = PAGE_SIZES[0], clock.now()
    with reading() as session:
        total = campaign_list.count_trash(session, _oldest(now))
        shown = min(max(page, 1), max(-(-total // size), 1))
        found = campaign_list.list_trash(session, _oldest(now), limit=size, offset=(shown - 1) * size)
        acts = campaign_list.latest_deletions(session, [row.id for row in found])
        zone = organisations.get(session).time_zone
    return TrashPage([_trash_row(row, acts.get(row.id), now) for row in found], total, shown, size, zone)


def _oldest(now: datetime) -> datetime:
    return now - timedelta(days=TRASH_DAYS)


def _trash_row(row: Row[Any], act: Row[Any] | None, now: datetime) -> TrashRow:
    left_s = (row.deleted_at - _oldest(now)).total_seconds()
    return TrashRow(
        id=row.id,
        title=row.title,
        channel=row.channel,
        status=row.status,
        run_state=_state_before(act) or row.run_state,
        deleted_at=row.deleted_at,
        deleted_by=act.actor if act else "",
        days_left=int(-(-left_s // _DAY_S)),
    )


def _state_before(act: Row[Any] | None) -> RunState | None:
    state = json.loads(act.details).get("run_state") if act else None
    return RunState(state) if state in set(RunState) else None


def restore(actor: ActingUser, campaign_ids: Collection[int]) -> Restored:
    """Bring campaigns back from the trash. Safe to call twice.

    A draft is a draft again; what was stopped is cancelled, and nothing that had not ended ever starts by itself.

    Raises:
        ForbiddenError: without the right `campaigns.delete`.
        InvalidInputError: `too_many`.
    """
    actor.require(Right.CAMPAIGNS_DELETE)
    asked = tuple(CampaignSelection(ids=campaign_ids).ids)
    restored: list[int] = []
    for start in range(0, len(asked), _BATCH):
        with unit_of_work() as session:
            restored += _restore_batch(session, actor, asked[start : start + _BATCH])
    return Restored(restored, gone=len(asked) - len(restored))


def _restore_batch(session: Session, actor: ActingUser, ids: Sequence[int]) -> list[int]:
    now = clock.now()
    rows = campaign_list.lock_trash(session, ids, _oldest(now))
    by_state: dict[RunState, list[int]] = {}
    for row in rows:
        by_state.setdefault(restored_state(row.run_state), []).append(row.id)
        _note(session, actor, "restore", row.id)
    for state, restored in by_state.items():
        campaign_list.show_again(session, restored, state, now)
    if rows:
        after_commit(session, realtime.signal_list)
    return [row.id for row in rows]


def _note(session: Session, actor: ActingUser, act: str, campaign_id: int, **details: object) -> None:
    audit.record(session, act, "campaign", campaign_id, user_id=actor.id, actor=actor.email, **details)


def erase_old_drafts() -> int:
    """Erase drafts that left the trash; gives how many. Validated campaigns stay, for their history."""
    oldest = _oldest(clock.now())
    with reading() as session:
        ids = campaign_list.list_erasable(session, oldest, _ERASE_BATCH)
    if not ids:
        return 0
    with unit_of_work() as session:
        file_contents.discard_of_campaigns(session, ids)
        erased = campaign_list.erase(session, ids, oldest)
    log.info("drafts_erased", campaigns=erased)
    return erased
