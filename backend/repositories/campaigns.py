"""Campaign rows: reading one, moving its run, and keeping its counters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, func, insert, literal, null, or_, select, update
from sqlmodel import Session, col, delete

from backend import clock
from backend.domain.channels import Channel, Medium
from backend.domain.hold_ups import HoldUpCode
from backend.domain.statuses import (
    HANDED_OVER,
    UNANSWERED,
    CampaignStatus,
    RecipientStatus,
    RunState,
    states_that_may_become,
)
from backend.domain.timelines import noted_minute
from backend.errors import NotFoundError
from backend.models import (
    Campaign,
    CampaignCategory,
    CampaignContact,
    CampaignFile,
    CampaignLink,
    Contact,
    TargetRole,
    table_of,
)
from backend.repositories import campaign_minutes
from backend.repositories.campaign_minutes import MediumChanges

_campaign = table_of(Campaign)
_contact = table_of(Contact)
_REFUSALS_THAT_HALT = 10
_SHARE_THAT_HALTS = 10  # one in ten
_NOT_HELD_UP: dict[str, Any] = {"held_up_code": None, "held_up_since": None, "held_up_medium": None}


def get(session: Session, campaign_id: int) -> Campaign:
    """A campaign that is not deleted.

    Raises:
        NotFoundError: there is none.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.deleted_at is not None:
        raise NotFoundError(f"There is no campaign {campaign_id}", what="campaign", id=campaign_id)
    return campaign


class RunFacts(NamedTuple):
    """What settling needs to know of a run. `goes_on` is False once it was cancelled or deleted."""

    channel: Channel
    goes_on: bool


def runs_of(session: Session, campaign_ids: Collection[int]) -> dict[int, RunFacts]:
    """The runs of some campaigns, in the order of their ids; what was erased is left out."""
    rows = session.execute(
        select(_campaign.c.id, _campaign.c.channel, _campaign.c.run_state, _campaign.c.deleted_at)
        .where(_campaign.c.id.in_(campaign_ids))
        .order_by(_campaign.c.id)
    )
    return {
        row.id: RunFacts(row.channel, row.run_state is not RunState.CANCELLED and row.deleted_at is None)
        for row in rows
    }


def set_categories(
    session: Session, campaign_id: int, included: Collection[int], excluded: Collection[int] = ()
) -> None:
    """Replace the categories among the targets and those taken out of them. Whatever is both is taken out."""
    session.execute(delete(CampaignCategory).where(col(CampaignCategory.campaign_id) == campaign_id))
    session.add_all(
        CampaignCategory(campaign_id=campaign_id, category_id=category_id, role=role)
        for category_id, role in _roles(included, excluded)
    )


def set_contacts(session: Session, campaign_id: int, included: Collection[int], excluded: Collection[int]) -> None:
    """Replace the single contacts, as `set_categories`. Contacts that are not there (any more) are left out."""
    session.execute(delete(CampaignContact).where(col(CampaignContact.campaign_id) == campaign_id))
    roles = dict(_roles(included, excluded))
    known = session.execute(select(_contact.c.id).where(_contact.c.id.in_(roles))).scalars()
    session.add_all(
        CampaignContact(campaign_id=campaign_id, contact_id=contact_id, role=roles[contact_id]) for contact_id in known
    )


def _roles(included: Collection[int], excluded: Collection[int]) -> list[tuple[int, TargetRole]]:
    roles = dict.fromkeys(included, TargetRole.INCLUDE) | dict.fromkeys(excluded, TargetRole.EXCLUDE)
    return sorted(roles.items())


def category_ids(session: Session, campaign_id: int, role: TargetRole = TargetRole.INCLUDE) -> list[int]:
    """Categories of a role, by id."""
    rows = session.execute(
        select(CampaignCategory.category_id)  # pyright: ignore[reportCallIssue, reportArgumentType]
        .where(col(CampaignCategory.campaign_id) == campaign_id, col(CampaignCategory.role) == role)
        .order_by(col(CampaignCategory.category_id))
    )
    return list(rows.scalars())


def contact_ids(session: Session, campaign_id: int, role: TargetRole) -> list[int]:
    """Single contacts of a role, by id."""
    rows = session.execute(
        select(CampaignContact.contact_id).where(  # pyright: ignore[reportCallIssue, reportArgumentType]
            col(CampaignContact.campaign_id) == campaign_id, col(CampaignContact.role) == role
        )
    )
    return list(rows.scalars())


_OWNED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (CampaignCategory, ("category_id", "role")),
    (CampaignContact, ("contact_id", "role")),
    (CampaignLink, ("url", "title", "position")),
    (CampaignFile, ("kind", "name", "content_type", "size_bytes", "sha256", "position")),
)


def lock(session: Session, campaign_id: int, *, shared: bool = False) -> None:
    """Keep a campaign as it is until the end of the transaction; `shared`: others may do the same."""
    row = select(_campaign.c.id).where(_campaign.c.id == campaign_id)
    session.execute(row.with_for_update(read=shared))


def copy_belongings(session: Session, from_id: int, to_id: int) -> None:
    """Give a campaign the targets, links and files of another; the content of a file is stored once."""
    lock(session, from_id, shared=True)  # files that somebody is dropping would lose their content with him
    for model, names in _OWNED:
        table = table_of(model)
        copied = select(literal(to_id), *(table.c[name] for name in names)).where(table.c.campaign_id == from_id)
        session.execute(insert(table).from_select(["campaign_id", *names], copied))


def validate_draft(session: Session, campaign_id: int, version: int, values: Mapping[str, Any]) -> bool:
    """Turn exactly this version of a draft into a validated campaign; False if it is not that any more."""
    changed = session.execute(
        update(_campaign)
        .where(
            _campaign.c.id == campaign_id,
            _campaign.c.status == CampaignStatus.INIT,
            _campaign.c.version == version,
            _campaign.c.deleted_at.is_(None),
        )
        .values(status=CampaignStatus.VALIDATE, version=version + 1, updated_at=clock.now(), **values)
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def move_run(session: Session, campaign_id: int, target: RunState, **values: Any) -> bool:
    """Compare-and-set of the run state: True for the one caller who made the move. Nothing holds it up any more."""
    return _move_run(session, campaign_id, states_that_may_become(target), target, values)


def wait_no_longer(session: Session, campaign_id: int) -> bool:
    """As `move_run` to sending, from waiting for the connection and from nothing else."""
    return _move_run(session, campaign_id, {RunState.WAITING_CONNECTION}, RunState.SENDING, {})


def _move_run(
    session: Session,
    campaign_id: int,
    before: Collection[RunState],
    target: RunState,
    values: Mapping[str, Any],
    *conditions: ColumnElement[bool],
) -> bool:
    moment = clock.now()
    seen = {"worker_seen_at": moment} if target is RunState.SENDING else {}
    changed = session.execute(
        update(_campaign)
        .where(
            _campaign.c.id == campaign_id,
            _campaign.c.run_state.in_(before),
            _campaign.c.deleted_at.is_(None),
            *conditions,
        )
        .values({"run_state": target, "updated_at": moment, **seen, **_NOT_HELD_UP, **values})
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


@lru_cache(maxsize=256)
def _add_counts(names: tuple[str, ...], *, answered: bool) -> Any:
    changes: dict[str, Any] = {
        f"{name}_count": _campaign.c[f"{name}_count"] + bindparam(f"more_{name}") for name in names
    }
    if answered:
        medium = _campaign.c.held_up_medium
        by_it = medium == bindparam("answered", type_=medium.type)
        changes |= {name: case((by_it, null()), else_=_campaign.c[name]) for name in _NOT_HELD_UP}
    changed = update(_campaign).where(_campaign.c.id == bindparam("row_id")).values(**changes)
    return changed.returning(_campaign.c.finished_at)


def add_counts(
    session: Session,
    campaign_id: int,
    deltas: Mapping[str, int],
    answered: Medium | None = None,
    by_medium: MediumChanges = MappingProxyType({}),
) -> None:
    """Add to counters, by column name without `_count`, and note the change under the present minute.

    The provider of `answered` holds the run up no longer. `by_medium`: how the changes divide among the media. What
    it leaves out is noted under none; what changed its medium only is in no delta.
    """
    changes = {str(name): delta for name, delta in deltas.items() if delta}
    if not changes and not any(by_medium.values()):
        return
    values: dict[str, Any] = {f"more_{name}": delta for name, delta in (changes or {"accepted": 0}).items()}
    statement = _add_counts(tuple(sorted(changes or ("accepted",))), answered=answered is not None)
    if answered:
        values["answered"] = answered
    found = session.execute(statement, {"row_id": campaign_id, **values}).first()
    if found:  # else it was erased
        minute = noted_minute(clock.now(), found.finished_at)
        campaign_minutes.add(session, campaign_id, minute, campaign_minutes.split(changes, by_medium))


def hold_up(session: Session, campaign_id: int, medium: Medium, code: HoldUpCode) -> bool:
    """Note that a medium's provider takes nothing; whether that is news. Of two providers the first one counts."""
    code_now, since, held_medium = (_campaign.c[name] for name in _NOT_HELD_UP)
    changed = session.execute(
        update(_campaign)
        .where(
            _campaign.c.id == campaign_id,
            _campaign.c.run_state == RunState.SENDING,
            or_(code_now.is_(None), and_(held_medium == medium, code_now != code)),
        )
        .values(
            held_up_code=code,
            held_up_since=func.coalesce(since, literal(clock.now(), type_=since.type)),
            held_up_medium=medium,
        )
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


class Signs(NamedTuple):
    """What a sending run shows of itself. `seen_at`: when a worker was at it last, or it was made to send."""

    id: int
    seen_at: datetime
    held_up_code: str | None
    held_up_since: datetime | None
    held_up_medium: Medium | None


def list_waiting(session: Session, campaign_ids: Collection[int]) -> list[Signs]:
    """Of these campaigns those that are sending and have somebody to send to."""
    names = ("id", "worker_seen_at", *_NOT_HELD_UP)
    rows = session.execute(
        select(*(_campaign.c[name] for name in names)).where(
            _campaign.c.id.in_(campaign_ids),
            _campaign.c.run_state == RunState.SENDING,
            _campaign.c.pending_count > 0,
            _campaign.c.worker_seen_at.is_not(None),
        )
    )
    return [Signs(*row) for row in rows]


def last_seen_worker(session: Session) -> datetime | None:
    """When a worker was last at any run that is still sending."""
    seen_at = func.max(_campaign.c.worker_seen_at)
    sending = (_campaign.c.run_state == RunState.SENDING, _campaign.c.deleted_at.is_(None))
    return session.execute(select(seen_at).where(*sending)).scalar_one()


def touch_drain(session: Session, campaign_id: int) -> RunState | None:
    """Note that a drain of the campaign was woken or begins; gives the run state."""
    session.execute(update(_campaign).where(_campaign.c.id == campaign_id).values(drain_seen_at=clock.now()))
    return run_state_of(session, campaign_id)


def note_worker(session: Session, campaign_id: int) -> None:
    """Note that a worker was at the run. Not before it has got through: one that fails each time is no work."""
    session.execute(update(_campaign).where(_campaign.c.id == campaign_id).values(worker_seen_at=clock.now()))


def run_state_of(session: Session, campaign_id: int) -> RunState | None:
    """The run state as the database has it now."""
    return session.execute(select(_campaign.c.run_state).where(_campaign.c.id == campaign_id)).scalar_one_or_none()


def halt_if_refused(session: Session, campaign_id: int) -> bool:
    """Halt a run when at least 10 and more than 10 % of the handed-over messages were refused as invalid."""
    changed = session.execute(
        update(_campaign)
        .where(
            _campaign.c.id == campaign_id,
            _campaign.c.run_state == RunState.SENDING,
            _campaign.c.refused_count >= _REFUSALS_THAT_HALT,
            _campaign.c.refused_count * _SHARE_THAT_HALTS > _campaign.c.handed_over_count,
        )
        .values(run_state=RunState.HALTED, halt_code="too_many_refusals", updated_at=clock.now(), **_NOT_HELD_UP)
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def finish_if_done(session: Session, campaign_id: int) -> bool:
    """End a run when nothing is pending or in flight any more."""
    changed = session.execute(
        update(_campaign)
        .where(
            _campaign.c.id == campaign_id,
            _campaign.c.run_state == RunState.SENDING,
            _campaign.c.pending_count == 0,
            _campaign.c.claimed_count == 0,
        )
        .values(run_state=RunState.DONE, finished_at=clock.now(), **_NOT_HELD_UP)
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def start_due(session: Session, campaign_id: int, due_at: datetime, target: RunState, **values: object) -> bool:
    """As `move_run`, of a run that still waits for this very moment: somebody may just have paused it or moved it."""
    return _move_run(session, campaign_id, {RunState.SCHEDULED}, target, values, _campaign.c.scheduled_at == due_at)


def miss_unseen(session: Session, since: datetime, campaign_id: int | None = None) -> list[int]:
    """Turn runs that began at their date into missed ones, if nothing has left and no worker came to them since then.

    Only `campaign_id`, where it is given. Gives which they were.
    """
    moment = clock.now()
    changed = session.execute(
        update(_campaign)
        .where(
            _campaign.c.run_state == RunState.SENDING,
            _campaign.c.scheduled_at.is_not(None),
            _campaign.c.worker_seen_at < since,
            _campaign.c.handed_over_count == 0,
            *(_campaign.c[f"{status}_count"] == 0 for status in HANDED_OVER | UNANSWERED),
            *([] if campaign_id is None else [_campaign.c.id == campaign_id]),
        )
        .values(run_state=RunState.MISSED, started_at=None, updated_at=moment, **_NOT_HELD_UP)
        .returning(_campaign.c.id)
    )
    return list(changed.scalars())


def list_due(session: Session, moment: datetime) -> Sequence[tuple[int, datetime]]:
    """Scheduled campaigns whose moment has come, with that moment."""
    rows = session.execute(
        select(_campaign.c.id, _campaign.c.scheduled_at)
        .where(_campaign.c.run_state == RunState.SCHEDULED, _campaign.c.scheduled_at <= moment)
        .where(_campaign.c.deleted_at.is_(None))
        .order_by(_campaign.c.scheduled_at)
    )
    return [(row.id, row.scheduled_at) for row in rows]


def reopen(session: Session, campaign_id: int, *, counts_anew: bool = False) -> None:
    """Somebody is pending again after the end: the run goes on.

    `counts_anew`: going on is a decision of the user, and so is the share of refusals that halts the run.
    """
    anew = {"refused_count": 0, "handed_over_count": 0} if counts_anew else {}
    session.execute(
        update(_campaign)
        .where(_campaign.c.id == campaign_id, _campaign.c.run_state == RunState.DONE, _campaign.c.deleted_at.is_(None))
        .values(run_state=RunState.SENDING, finished_at=None, drain_seen_at=None, worker_seen_at=clock.now(), **anew)
    )


def list_without_drain(session: Session, moment: datetime, silence: timedelta, in_vain: timedelta) -> list[int]:
    """Campaigns that should be sending while no drain has been seen for so long, or only by a clock that was ahead.

    `in_vain`: the patience with a wake-up after which no worker has got through, as it may have met a dead one's lock.
    """
    unseen = _campaign.c.worker_seen_at < moment - silence
    rows = session.execute(
        select(_campaign.c.id)
        .where(
            _campaign.c.run_state == RunState.SENDING,
            _campaign.c.deleted_at.is_(None),
            or_(
                _campaign.c.drain_seen_at.is_(None),
                _campaign.c.drain_seen_at < moment - silence,
                _campaign.c.drain_seen_at > moment + silence,
                and_(_campaign.c.drain_seen_at < moment - in_vain, unseen),
            ),
        )
        .order_by(_campaign.c.id)
    )
    return list(rows.scalars())


def list_in_state(session: Session, state: RunState) -> list[int]:
    """Campaigns in a run state."""
    return list(session.execute(select(_campaign.c.id).where(_campaign.c.run_state == state)).scalars())


def list_cancelled_with_pending(session: Session) -> list[int]:
    """Cancelled or deleted campaigns whose pending recipients have not all been cancelled yet."""
    ended = or_(_campaign.c.run_state == RunState.CANCELLED, _campaign.c.deleted_at.is_not(None))
    rows = session.execute(select(_campaign.c.id).where(and_(ended, _campaign.c.pending_count > 0)))
    return list(rows.scalars())


def list_validated(session: Session, campaign_id: int | None = None) -> list[int]:
    """Every validated campaign, or just the one, deleted ones included."""
    query = select(_campaign.c.id).where(_campaign.c.status == CampaignStatus.VALIDATE).order_by(_campaign.c.id)
    if campaign_id is not None:
        query = query.where(_campaign.c.id == campaign_id)
    return list(session.execute(query).scalars())


def stored_counts(session: Session, campaign_id: int) -> dict[RecipientStatus, int]:
    """The counters on the campaign row."""
    columns = [_campaign.c[f"{status}_count"] for status in RecipientStatus]
    row = session.execute(select(*columns).where(_campaign.c.id == campaign_id)).one()
    return dict(zip(RecipientStatus, row, strict=True))


def stored_clicked(session: Session, campaign_id: int) -> int:
    """How many recipients clicked, on the campaign row."""
    return session.execute(select(_campaign.c.clicked_count).where(_campaign.c.id == campaign_id)).scalar_one()


def set_counts(session: Session, campaign_id: int, counts: Mapping[RecipientStatus, int], *, clicked: int = 0) -> None:
    """Overwrite the counters with a recount."""
    session.execute(
        update(_campaign)
        .where(_campaign.c.id == campaign_id)
        .values({f"{status}_count": counts.get(status, 0) for status in RecipientStatus} | {"clicked_count": clicked})
    )
