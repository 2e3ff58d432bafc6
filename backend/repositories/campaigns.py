"""Campaign rows: reading one, moving its run, and keeping its counters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, or_, select, update
from sqlmodel import Session, col, delete

from backend import clock
from backend.domain.channels import Channel
from backend.domain.statuses import CampaignStatus, RecipientStatus, RunState, states_that_may_become
from backend.errors import NotFoundError
from backend.models import Campaign, CampaignCategory, CampaignContact, TargetRole, table_of

_campaign = table_of(Campaign)
_REFUSALS_THAT_HALT = 10
_SHARE_THAT_HALTS = 10  # one in ten


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


def set_categories(session: Session, campaign_id: int, category_ids: Collection[int]) -> None:
    """Replace the included categories."""
    session.execute(delete(CampaignCategory).where(col(CampaignCategory.campaign_id) == campaign_id))
    session.add_all(CampaignCategory(campaign_id=campaign_id, category_id=c) for c in sorted(set(category_ids)))


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
    """Compare-and-set of the run state: True for the one caller who made the move."""
    changed = session.execute(
        update(_campaign)
        .where(
            _campaign.c.id == campaign_id,
            _campaign.c.run_state.in_(states_that_may_become(target)),
            _campaign.c.deleted_at.is_(None),
        )
        .values(run_state=target, updated_at=clock.now(), **values)
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def add_counts(session: Session, campaign_id: int, deltas: Mapping[str, int]) -> None:
    """Add to counters, by column name without `_count`."""
    changes = {f"{name}_count": _campaign.c[f"{name}_count"] + delta for name, delta in deltas.items() if delta}
    if changes:
        session.execute(update(_campaign).where(_campaign.c.id == campaign_id).values(**changes))


def touch_drain(session: Session, campaign_id: int) -> RunState | None:
    """Note that a drain works on the campaign; gives the run state."""
    session.execute(update(_campaign).where(_campaign.c.id == campaign_id).values(drain_seen_at=clock.now()))
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
        .values(run_state=RunState.HALTED, halt_code="too_many_refusals", updated_at=clock.now())
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
        .values(run_state=RunState.DONE, finished_at=clock.now())
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def list_due(session: Session, moment: datetime) -> Sequence[tuple[int, datetime]]:
    """Scheduled campaigns whose moment has come, with that moment."""
    rows = session.execute(
        select(_campaign.c.id, _campaign.c.scheduled_at)
        .where(_campaign.c.run_state == RunState.SCHEDULED, _campaign.c.scheduled_at <= moment)
        .where(_campaign.c.deleted_at.is_(None))
        .order_by(_campaign.c.scheduled_at)
    )
    return [(row.id, row.scheduled_at) for row in rows]


def reopen(session: Session, campaign_id: int) -> None:
    """A recipient moved on to its next medium after the end: the run goes on."""
    session.execute(
        update(_campaign)
        .where(_campaign.c.id == campaign_id, _campaign.c.run_state == RunState.DONE)
        .values(run_state=RunState.SENDING, finished_at=None, drain_seen_at=None)
    )


def list_without_drain(session: Session, seen_before: datetime) -> list[int]:
    """Campaigns that should be sending while no drain has been seen since."""
    rows = session.execute(
        select(_campaign.c.id)
        .where(
            _campaign.c.run_state == RunState.SENDING,
            or_(_campaign.c.drain_seen_at.is_(None), _campaign.c.drain_seen_at < seen_before),
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


def set_counts(session: Session, campaign_id: int, counts: Mapping[RecipientStatus, int]) -> None:
    """Overwrite the counters with a recount."""
    session.execute(
        update(_campaign)
        .where(_campaign.c.id == campaign_id)
        .values({f"{status}_count": counts.get(status, 0) for status in RecipientStatus})
    )
