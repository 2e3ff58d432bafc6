"""Delivery events: stored raw, once each, and applied later."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, String, bindparam, cast, func, literal_column, select, update
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


_TOLD = ("provider", "event_key", "word", "medium", "attempt_id", "provider_message_id", "vendor_code", "occurred_at")
_LONGEST = (200, 32, 200, 64)  # event_key, word, provider_message_id, vendor_code: what the columns hold


def _store(dialect: str) -> Any:
    """One statement for any number of rows, which come as one JSON list of lists."""
    names = (*_TOLD, "payload", "received_at")
    rows = bindparam("rows", type_=String)
    if dialect == "postgresql":
        row = func.json_array_elements(cast(rows, JSON)).table_valued("value", name="given").c.value
        values: list[Any] = [
            cast(row.op("->>")(literal_column(str(number))), _event.c[name].type)
            for number, name in enumerate(names[:-1])
        ]
        insert: Any = postgresql.insert(_event)
    else:
        row = func.json_each(rows).table_valued("value").c.value
        values = [func.json_extract(row, f"$[{number}]") for number in range(len(names) - 1)]
        insert = sqlite.insert(_event)
    received_at = bindparam("received_at", type_=_event.c.received_at.type)
    # Without a condition SQLite takes what follows for that of a join.
    chosen = select(*values, received_at).where(literal_column("true"))
    return insert.from_select(names, chosen).on_conflict_do_nothing()


_store_all = {dialect: _store(dialect) for dialect in DIALECTS}


def store(session: Session, events: Sequence[tuple[ProviderEvent, int | None]]) -> int:
    """Store events with the attempt each names; one seen before is left out. Gives how many are new."""
    if not events:
        return 0
    dialect = dialect_of(session)
    rows = {
        (event.provider, event.event_key): _row(event, attempt_id, with_zone=dialect == "postgresql")
        for event, attempt_id in events
    }
    given = {"rows": json.dumps(list(rows.values())), "received_at": clock.now()}
    stored = session.execute(_store_all[dialect], given)
    return max(stored.rowcount, 0)  # pyright: ignore[reportAttributeAccessIssue]


def _row(event: ProviderEvent, attempt_id: int | None, *, with_zone: bool) -> list[str | int | None]:
    """The event as its database takes it: one odd text would make its whole batch come back for a day."""
    texts = (event.event_key, event.word, event.provider_message_id, event.vendor_code)
    if not _is_plain("".join(filter(None, texts))) or any(map(_is_longer, texts, _LONGEST)):
        texts = map(_storable, texts, _LONGEST)
    key, word, message_id, code = texts
    payload = event.payload if _is_plain(event.payload) else _storable(event.payload)
    occurred_at = datetime.fromtimestamp(event.occurred_at_s, UTC).isoformat(" ", "microseconds")
    moment = occurred_at if with_zone else occurred_at[:26]  # SQLite keeps none
    return [event.provider, key, word, event.medium, attempt_id, message_id, code, moment, payload]


def _is_plain(text: str) -> bool:
    return text.isascii() and "\0" not in text


def _is_longer(text: str | None, longest: int) -> bool:
    return text is not None and len(text) > longest


def _storable(text: str | None, longest: int | None = None) -> str | None:
    # Half an emoji has no UTF-8, and PostgreSQL keeps no NUL.
    return None if text is None else text[:longest].encode(errors="replace").decode().replace("\0", "")


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
    return [StoredEvent(*row) for row in session.execute(query).all()]


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
