"""Delivery events: stored raw, once each, and applied later."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.channels import Medium
from backend.domain.deliverability import Report
from backend.models import DeliveryEvent, table_of
from backend.providers.base import ProviderEvent
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for

_event = table_of(DeliveryEvent)


class StoredEvent(NamedTuple):
    """An event waiting to be applied."""

    id: int
    provider: str
    word: str
    medium: str
    attempt_id: int | None
    provider_message_id: str | None
    vendor_code: str | None


_STORED = [_event.c[name] for name in StoredEvent._fields]


def store(session: Session, events: Sequence[tuple[ProviderEvent, int | None]]) -> int:
    """Store events with the attempt each names; one seen before is left out. Gives how many are new."""
    if not events:
        return 0
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    received_at = clock.now()
    rows = {
        (event.provider, event.event_key): {
            "provider": event.provider,
            "event_key": event.event_key,
            "word": event.word,
            "medium": event.medium,
            "attempt_id": attempt_id,
            "provider_message_id": event.provider_message_id,
            "vendor_code": event.vendor_code,
            "occurred_at": datetime.fromtimestamp(event.occurred_at_s, UTC),
            "received_at": received_at,
            "payload": event.payload,
        }
        for event, attempt_id in events
    }
    stored = session.execute(insert(_event).on_conflict_do_nothing(), list(rows.values()))
    return max(stored.rowcount, 0)  # pyright: ignore[reportAttributeAccessIssue]


def store_inbound(session: Session, provider: str, medium: Medium, message_id: str, word: str) -> bool:
    """Note that an inbound message was obeyed; False if it had been before. Its sender is not kept."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    now = clock.now()
    row = {
        "provider": provider,
        "event_key": f"{message_id}-inbound"[:200],
        "word": "inbound",
        "medium": medium,
        "occurred_at": now,
        "received_at": now,
        "applied_at": now,
        "payload": word,
    }
    stored = session.execute(insert(_event).values(row).on_conflict_do_nothing().returning(_event.c.id))
    return stored.first() is not None


def take_unapplied(session: Session, limit: int) -> list[StoredEvent]:
    """The oldest events not applied yet, locked for the caller on PostgreSQL."""
    query = select(*_STORED).where(_event.c.applied_at.is_(None)).order_by(_event.c.id).limit(limit)
    if is_postgresql(session):
        query = query.with_for_update(skip_locked=True)
    return [StoredEvent(*row) for row in session.execute(query)]


def has_unapplied(session: Session, received_before: datetime) -> bool:
    """Whether an event has been waiting since."""
    query = select(_event.c.id).where(_event.c.applied_at.is_(None), _event.c.received_at < received_before).limit(1)
    return session.execute(query).first() is not None


_reports = {
    dialect: select(_event.c.attempt_id, _event.c.word, _event.c.vendor_code, _event.c.occurred_at).where(
        among(_event.c.attempt_id, dialect)
    )
    for dialect in DIALECTS
}


def reports_of(session: Session, attempt_ids: Collection[int]) -> dict[int, list[Report]]:
    """Every report stored about each attempt, applied or not."""
    rows = session.execute(_reports[dialect_of(session)], ids_for(session, attempt_ids))
    found: dict[int, list[Report]] = {}
    for attempt_id, word, vendor_code, occurred_at in rows:
        found.setdefault(attempt_id, []).append(Report(word, vendor_code, occurred_at))
    return found


def payloads_of(session: Session, event_ids: Collection[int]) -> list[tuple[int, str]]:
    """What some events said, word for word."""
    rows = session.execute(select(_event.c.id, _event.c.payload).where(_event.c.id.in_(event_ids)))
    return [(id_, payload) for id_, payload in rows]


def assign(session: Session, event_id: int, attempt_id: int) -> None:
    """Note which attempt an event without a reference speaks of."""
    session.execute(update(_event).where(_event.c.id == event_id).values(attempt_id=attempt_id))


_mark_applied = {
    dialect: update(_event)
    .where(among(_event.c.id, dialect))
    .values(applied_at=bindparam("now", type_=_event.c.applied_at.type))
    for dialect in DIALECTS
}


def mark_applied(session: Session, event_ids: Collection[int]) -> None:
    """Note that events have had their effect."""
    session.execute(_mark_applied[dialect_of(session)], {**ids_for(session, event_ids), "now": clock.now()})
