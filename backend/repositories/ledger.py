"""The credit ledger as people read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import case, func, or_, select
from sqlmodel import Session

from backend.domain.statuses import CreditState, LedgerKind
from backend.models import Campaign, LedgerEntry, Recipient, table_of

_ledger = table_of(LedgerEntry)
_campaign = table_of(Campaign)
_recipient = table_of(Recipient)

_LOOKED_AT = 5_000
"""Entries among which the newest lines are sought: a run writes one for every window it hands over."""

_HOLDS = case(
    (_ledger.c.kind == LedgerKind.RESERVE, _ledger.c.amount),
    (_ledger.c.kind.in_([LedgerKind.CHARGE, LedgerKind.RELEASE]), -_ledger.c.amount),
    else_=0,
)


class LedgerLine(NamedTuple):
    """Entries of one kind for one campaign together, or one entry without a campaign. In segments.

    `id`, `at` and `available_after` are those of the last entry.
    """

    id: int
    at: datetime
    kind: LedgerKind
    amount: int
    campaign_title: str | None
    note: str
    available_after: int = 0


class Reservation(NamedTuple):
    """Segments that a campaign still holds."""

    campaign_id: int
    title: str
    segments: int


def latest(session: Session, limit: int) -> list[LedgerLine]:
    """The newest lines first. A run charges in many small entries: they are added up by campaign."""
    newest = _newest_lines(session, limit)
    lines = [line for line, _ in newest]
    belongs = or_(
        _ledger.c.campaign_id.in_([line for line in lines if line > 0]),
        _ledger.c.id.in_([-line for line in lines if line < 0]),
    )
    rows = session.execute(
        select(
            _line_of(_ledger),
            func.max(_ledger.c.id),
            func.max(_ledger.c.created_at),
            _ledger.c.kind,
            func.sum(_ledger.c.amount),
            func.max(_campaign.c.title),
            func.max(_ledger.c.note),
        )
        .outerjoin(_campaign, _campaign.c.id == _ledger.c.campaign_id)
        .where(belongs)
        .group_by(_line_of(_ledger), _ledger.c.kind)
    )
    found = {
        (line, LedgerKind(kind)): LedgerLine(entry_id, at, LedgerKind(kind), int(amount), title, note)
        for line, entry_id, at, kind, amount, title, note in rows
    }
    after = _available_after(session, [line.id for line in found.values()])
    return [found[key]._replace(available_after=after[found[key].id]) for key in newest]


def _available_after(session: Session, entry_ids: list[int]) -> dict[int, int]:
    rows = session.execute(select(_ledger.c.id, _ledger.c.available_after).where(_ledger.c.id.in_(entry_ids)))
    return {entry_id: available for entry_id, available in rows}


def newest_id(session: Session) -> int:
    """The newest entry; 0 when there is none."""
    return session.execute(select(func.coalesce(func.max(_ledger.c.id), 0))).scalar_one()


def newest_id_above(session: Session, available: int) -> int:
    """The newest entry after which at least so many credits were available; 0 if there never were."""
    query = select(_ledger.c.id).where(_ledger.c.available_after >= available).order_by(_ledger.c.id.desc()).limit(1)
    return session.execute(query).scalar() or 0


def held_by_campaigns(session: Session, limit: int) -> list[Reservation]:
    """The campaigns that hold credits, those that hold most first."""
    holding = select(_recipient.c.campaign_id).where(_recipient.c.credit_state == CreditState.RESERVED).distinct()
    held = func.sum(_HOLDS)
    rows = session.execute(
        select(_campaign.c.id, _campaign.c.title, held)
        .join(_ledger, _ledger.c.campaign_id == _campaign.c.id)
        .where(_campaign.c.id.in_(holding))
        .group_by(_campaign.c.id, _campaign.c.title)
        .having(held > 0)
        .order_by(held.desc(), _campaign.c.id.desc())
        .limit(limit)
    )
    return [Reservation(campaign_id, title, int(segments)) for campaign_id, title, segments in rows]


def _newest_lines(session: Session, limit: int) -> list[tuple[int, LedgerKind]]:
    """Which lines have the newest entries."""
    entries = (
        select(_ledger.c.id, _ledger.c.campaign_id, _ledger.c.kind)
        .order_by(_ledger.c.id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    line = _line_of(entries)
    rows = session.execute(
        select(line, entries.c.kind).group_by(line, entries.c.kind).order_by(func.max(entries.c.id).desc()).limit(limit)
    )
    return [(number, LedgerKind(kind)) for number, kind in rows]


def _line_of(entries: Any) -> Any:
    """What the entries of one line share, besides their kind: the campaign, or less than nothing without one."""
    return func.coalesce(entries.c.campaign_id, -entries.c.id)
