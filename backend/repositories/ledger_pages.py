"""The whole ledger, a page at a time. A page costs the same however long the ledger is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from backend.domain.statuses import LedgerKind
from backend.models import Campaign, CreditOrder, LedgerEntry, User, table_of

_ledger = table_of(LedgerEntry)
_campaign = table_of(Campaign)
_user = table_of(User)
_order = table_of(CreditOrder)


class Entry(NamedTuple):
    """One entry as it was made, in segments. `who` is the email of a user, None for the engine's own."""

    id: int
    at: datetime
    kind: LedgerKind
    amount: int
    available_after: int
    campaign_id: int | None
    campaign_title: str | None
    note: str
    who: str | None


class Where(NamedTuple):
    """What is asked for, in moments and ids."""

    kind: LedgerKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    campaign_id: int = 0


def older(session: Session, where: Where, before: int, limit: int) -> list[Entry]:
    """The newest entries, or those before one; newest first."""
    query = _entries(where).order_by(_ledger.c.id.desc()).limit(limit)
    return _read(session, query.where(_ledger.c.id < before) if before else query)


def newer(session: Session, where: Where, after: int, limit: int) -> list[Entry]:
    """Those next above one; newest first."""
    query = _entries(where).where(_ledger.c.id > after).order_by(_ledger.c.id).limit(limit)
    return _read(session, query)[::-1]


def list_orders(session: Session, limit: int) -> list[CreditOrder]:
    """The last orders that were paid."""
    query = (
        select(CreditOrder)
        .where(_order.c.receipt_number.is_not(None))
        .order_by(_order.c.receipt_number.desc())
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def find_receipt(session: Session, number: int) -> CreditOrder | None:
    """A paid order by the number of its receipt."""
    return session.execute(select(CreditOrder).where(_order.c.receipt_number == number)).scalar_one_or_none()


def campaign_title(session: Session, campaign_id: int) -> str | None:
    """The title of a campaign, a deleted one too: its movements stay."""
    return session.execute(select(_campaign.c.title).where(_campaign.c.id == campaign_id)).scalar_one_or_none()


def _entries(where: Where) -> Any:
    query = (
        select(
            _ledger.c.id,
            _ledger.c.created_at,
            _ledger.c.kind,
            _ledger.c.amount,
            _ledger.c.available_after,
            _ledger.c.campaign_id,
            _campaign.c.title,
            _ledger.c.note,
            _user.c.email,
        )
        .outerjoin(_campaign, _campaign.c.id == _ledger.c.campaign_id)
        .outerjoin(_user, _user.c.id == _ledger.c.user_id)
    )
    if where.kind:
        query = query.where(_ledger.c.kind == where.kind)
    if where.since:
        query = query.where(_ledger.c.created_at >= where.since)
    if where.until:
        query = query.where(_ledger.c.created_at < where.until)
    return query.where(_ledger.c.campaign_id == where.campaign_id) if where.campaign_id else query


def _read(session: Session, query: Any) -> list[Entry]:
    return [Entry(*row)._replace(kind=LedgerKind(row[2])) for row in session.execute(query)]
