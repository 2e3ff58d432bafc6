"""The credit ledger as people read it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session

from backend.domain.statuses import LedgerKind
from backend.models import Campaign, LedgerEntry, table_of

_ledger = table_of(LedgerEntry)
_campaign = table_of(Campaign)


class LedgerLine(NamedTuple):
    """Entries of one kind for one campaign together, or one entry without a campaign. In segments."""

    id: int
    at: datetime
    kind: LedgerKind
    amount: int
    campaign_title: str | None
    note: str


def latest(session: Session, limit: int) -> list[LedgerLine]:
    """The newest lines first. A run charges in many small entries: they are added up by campaign."""
    group = func.coalesce(_ledger.c.campaign_id, -_ledger.c.id)
    lines = (
        select(
            func.max(_ledger.c.id).label("id"),
            func.max(_ledger.c.created_at).label("at"),
            _ledger.c.kind,
            func.sum(_ledger.c.amount).label("amount"),
            func.max(_ledger.c.campaign_id).label("campaign_id"),
            func.max(_ledger.c.note).label("note"),
        )
        .group_by(group, _ledger.c.kind)
        .order_by(func.max(_ledger.c.id).desc())
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(lines.c.id, lines.c.at, lines.c.kind, lines.c.amount, _campaign.c.title, lines.c.note)
        .outerjoin(_campaign, _campaign.c.id == lines.c.campaign_id)
        .order_by(lines.c.id.desc())
    )
    return [LedgerLine(i, at, LedgerKind(kind), int(amount), title, note) for i, at, kind, amount, title, note in rows]
