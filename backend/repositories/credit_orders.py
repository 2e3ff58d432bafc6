"""Orders of credits and what was reported about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.credit_orders import OPEN_ORDERS, OrderStatus
from backend.models import CreditOrder, LedgerEntry, PaymentReport, table_of

_order = table_of(CreditOrder)
_report = table_of(PaymentReport)
_ledger = table_of(LedgerEntry)
_owes = _order.c.owed_credits > literal_column("0")  # so that the databases can use the partial index on these rows
_COLLECTED_AT_ONCE = 50


def find(session: Session, reference: str) -> CreditOrder | None:
    """An order by its reference."""
    return session.execute(select(CreditOrder).where(_order.c.reference == reference)).scalar_one_or_none()


def lock_reported(session: Session, reference: str, payment_id: str | None) -> CreditOrder | None:
    """The order a report is about, held until the transaction ends: by our reference, or by the provider's payment."""
    which = _order.c.reference == reference if reference else _order.c.payment_id == payment_id
    if not reference and not payment_id:
        return None
    query = select(CreditOrder).where(which).order_by(_order.c.id).limit(1).with_for_update()
    return session.execute(query).scalar_one_or_none()


def lock_owed(session: Session) -> Sequence[CreditOrder]:
    """The oldest orders that owe credits, held until the transaction ends. Before the balance, as any order."""
    query = select(CreditOrder).where(_owes).order_by(_order.c.id).limit(_COLLECTED_AT_ONCE).with_for_update()
    return session.execute(query).scalars().all()


def owed_credits(session: Session) -> int:
    """What all orders owe."""
    return int(session.execute(select(func.coalesce(func.sum(_order.c.owed_credits), 0)).where(_owes)).scalar_one())


def count_movements(session: Session, order_id: int | None) -> int:
    """How often credits moved for an order, which is locked."""
    return session.execute(select(func.count()).where(_ledger.c.order_id == order_id)).scalar_one()


def find_unasked(session: Session, user_id: int | None, credits: int, total_minor: int, since: datetime) -> str | None:
    """Reference of an equal order of this user's that was asked for without an answer: its checkout may exist."""
    query = (
        select(_order.c.reference)
        .where(
            _order.c.user_id.is_not_distinct_from(user_id),
            _order.c.created_at >= since,
            _order.c.asked_at > _order.c.created_at,  # one that is being asked for now belongs to another tab
            _order.c.status == OrderStatus.CREATED,
            _order.c.credits == credits,
            _order.c.total_minor == total_minor,
        )
        .order_by(_order.c.created_at.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()


def count_since(session: Session, user_id: int | None, since: datetime) -> int:
    """How many orders a user made since a moment."""
    which = _order.c.user_id.is_not_distinct_from(user_id), _order.c.created_at >= since
    return session.execute(select(func.count()).where(*which)).scalar_one()


def move(
    session: Session, reference: str, status: OrderStatus, *, among: frozenset[OrderStatus], **values: Any
) -> bool:
    """Compare-and-set of the status; True for the one caller who moves it."""
    changed = session.execute(
        update(_order)
        .where(_order.c.reference == reference, _order.c.status.in_(among))
        .values(status=status, **values)
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def list_open(session: Session, asked_before: datetime, limit: int) -> Sequence[tuple[str, str | None, datetime]]:
    """Reference, checkout and age of open orders that nobody asked about lately, the longest waiting first."""
    rows = session.execute(
        select(_order.c.reference, _order.c.checkout_id, _order.c.created_at)
        .where(_order.c.status.in_(OPEN_ORDERS), _order.c.asked_at < asked_before)
        .order_by(_order.c.asked_at)
        .limit(limit)
    )
    return [(reference, checkout_id, created_at) for reference, checkout_id, created_at in rows]


def touch(session: Session, reference: str) -> None:
    """Note that the provider is being asked about an order."""
    session.execute(update(_order).where(_order.c.reference == reference).values(asked_at=clock.now()))


def next_receipt_number(session: Session) -> int:
    """Call it with the balance locked: whoever comes second sees the first one's number."""
    return int(session.execute(select(func.coalesce(func.max(_order.c.receipt_number), 0))).scalar_one()) + 1


def note_report(session: Session, event_id: str, kind: str) -> bool:
    """Store that a report is dealt with in this transaction; False if it was before."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    row = {"event_id": event_id, "kind": kind, "outcome": "", "created_at": clock.now()}
    stored = session.execute(insert(_report).values(row).on_conflict_do_nothing().returning(_report.c.event_id))
    return stored.first() is not None


def end_report(session: Session, event_id: str, order_id: int | None, outcome: str) -> None:
    """What became of a report."""
    session.execute(update(_report).where(_report.c.event_id == event_id).values(order_id=order_id, outcome=outcome))
