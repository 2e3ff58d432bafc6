"""Delivery events: stored raw, once each, and applied later."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Integer,
    String,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.channels import Medium
from backend.domain.deliverability import Report
from backend.models import Attempt, DeliveryEvent, WaitingEvent, table_of
from backend.providers.base import ProviderEvent
from backend.repositories.id_lists import DIALECTS, among, among_locked, dialect_of, ids_for
from backend.repositories.storable_texts import storable

_event = table_of(DeliveryEvent)
_waiting = table_of(WaitingEvent)
_attempt = table_of(Attempt)


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


_OF_ALL = ("provider", "medium")
_GIVEN = ("event_key", "word", "attempt_id", "provider_message_id", "vendor_code", "occurred_at", "payload")
_KEY, _WORD, _ID, _CODE = 200, 32, 200, 64  # characters that the columns hold


def _store(dialect: str) -> Any:
    """One statement for any number of rows of one provider and medium, which come as one JSON list of lists, or of
    objects on PostgreSQL.
    """
    rows = bindparam("rows", type_=String)
    if dialect == "postgresql":
        # Objects: each is read once. Elements of a list would be looked for one by one.
        columns = [column(name, _event.c[name].type) for name in _GIVEN]
        given: Any = func.json_to_recordset(cast(rows, JSON)).table_valued(*columns, name="given")
        given = given.render_derived(with_types=True)
        values: list[Any] = [given.c[name] for name in _GIVEN]
        into: Any = postgresql.insert(_event)
    else:
        row = func.json_each(rows).table_valued("value").c.value
        values = [func.json_extract(row, f"$[{number}]") for number in range(len(_GIVEN))]
        into = sqlite.insert(_event)
    alike = [bindparam(name, type_=_event.c[name].type) for name in (*_OF_ALL, "received_at")]
    # Without a condition SQLite takes what follows for that of a join.
    chosen = select(*values, *alike).where(literal_column("true"))
    stored = into.from_select([*_GIVEN, *_OF_ALL, "received_at"], chosen).on_conflict_do_nothing()
    return _with_waiting(stored) if dialect == "postgresql" else stored


def _with_waiting(stored: Any) -> Any:
    """Whatever is stored waits to be applied."""
    new = stored.returning(_event.c.id).cte("stored")
    waiting = insert(_waiting).from_select(["event_id"], select(new.c.id))
    return waiting.execution_options(preserve_rowcount=True)  # for an insert it is not kept otherwise


_store_all = {dialect: _store(dialect) for dialect in DIALECTS}
_last_id = select(func.coalesce(func.max(_event.c.id), 0))
# SQLite inserts into one table at a time. It has one writer, so what is newer than the last one is ours.
_note_waiting = insert(_waiting).from_select(
    ["event_id"], select(_event.c.id).where(_event.c.id > bindparam("last_id", type_=_event.c.id.type))
)


def store(session: Session, events: Sequence[tuple[ProviderEvent, int | None]]) -> int:
    """Store events with the attempt each names; one seen before is left out. Gives how many are new."""
    dialect, rows = dialect_of(session), dict[tuple[str, Medium], dict[str, Any]]()
    for event, attempt_id in events:
        alike = rows.setdefault((event.provider, event.medium), {})
        alike[event.event_key] = _row(event, attempt_id, dialect)
    return sum(_store_alike(session, *kind, list(alike.values())) for kind, alike in rows.items())


def _store_alike(session: Session, provider: str, medium: Medium, rows: list[Any]) -> int:
    dialect = dialect_of(session)
    given = {"rows": json.dumps(rows), "provider": provider, "medium": medium, "received_at": clock.now()}
    if dialect == "postgresql":
        return _rows_of(session.execute(_store_all[dialect], given))
    last_id = session.execute(_last_id).scalar_one()
    session.execute(_store_all[dialect], given)
    return _rows_of(session.execute(_note_waiting, {"last_id": last_id}))


def _rows_of(result: Any) -> int:
    return max(result.rowcount, 0)


def _row(event: ProviderEvent, attempt_id: int | None, dialect: str) -> list[object] | dict[str, object]:
    """The event as its database takes it: one odd text would make its whole batch come back for a day."""
    key, word, message_id, code = event.event_key, event.word, event.provider_message_id, event.vendor_code
    if not (_fits(key, _KEY) and _fits(word, _WORD) and _fits(message_id, _ID) and _fits(code, _CODE)):
        key, word, message_id, code = (
            storable(key, _KEY),
            storable(word, _WORD),
            _cut(message_id, _ID),
            _cut(code, _CODE),
        )
    payload = event.payload if _is_plain(event.payload) else storable(event.payload)
    moment = _written(event.occurred_at_s)
    if dialect != "postgresql":
        moment = moment[:26]  # SQLite keeps no zone
    row = [key, word, attempt_id, message_id, code, moment, payload]
    return dict(zip(_GIVEN, row, strict=True)) if dialect == "postgresql" else row


def _is_plain(text: str) -> bool:
    return text.isascii() and "\0" not in text


def _fits(text: str | None, longest: int) -> bool:
    return text is None or (len(text) <= longest and _is_plain(text))


def _cut(text: str | None, longest: int) -> str | None:
    return None if text is None else storable(text, longest)


@lru_cache(maxsize=256)  # many come in one second, and it is in seconds that vendors tell
def _written(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).isoformat(" ", "microseconds")


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
        "payload": word,
    }
    stored = session.execute(insert(_event).values(row).on_conflict_do_nothing().returning(_event.c.id))
    return stored.first() is not None


def _take(dialect: str) -> Any:
    oldest = select(_waiting.c.event_id).order_by(_waiting.c.event_id).limit(bindparam("most", type_=Integer))
    return delete(_waiting).where(among_locked(_waiting.c.event_id, oldest, dialect)).returning(_waiting.c.event_id)


_take_oldest = {dialect: _take(dialect) for dialect in DIALECTS}
# In a statement of its own: as one with the other, PostgreSQL may read all reports to find these.
_taken = {dialect: select(*_STORED).where(among(_event.c.id, dialect)).order_by(_event.c.id) for dialect in DIALECTS}


def take_waiting(session: Session, limit: int) -> list[StoredEvent]:
    """The oldest events not applied yet, which wait no longer: whoever takes them has to apply them."""
    dialect = dialect_of(session)
    ids = session.execute(_take_oldest[dialect], {"most": limit}).scalars().all()
    if not ids:
        return []
    return [StoredEvent(*row) for row in session.execute(_taken[dialect], ids_for(session, ids)).all()]


def has_waiting(session: Session, received_before: datetime) -> bool:
    """Whether an event has been waiting since."""
    oldest = select(func.min(_waiting.c.event_id)).scalar_subquery()
    received_at = session.execute(select(_event.c.received_at).where(_event.c.id == oldest)).scalar()
    return received_at is not None and received_at < received_before


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


_early = (
    select(_event.c.id, _attempt.c.id)
    .join(
        _attempt,
        (_attempt.c.provider == _event.c.provider) & (_attempt.c.provider_message_id == _event.c.provider_message_id),
    )
    .where(
        _event.c.attempt_id.is_(None),
        _event.c.provider_message_id.is_not(None),
        _event.c.received_at >= bindparam("since", type_=_event.c.received_at.type),
    )
    .order_by(_event.c.id)
    .limit(bindparam("most", type_=Integer))
)
_adopt = update(_event).where(_event.c.id == bindparam("event_id")).values(attempt_id=bindparam("of_attempt"))


def has_early(session: Session, since: datetime) -> bool:
    """Whether a report of nobody, received since then, brings an id that has become known meanwhile."""
    return session.execute(_early, {"since": since, "most": 1}).first() is not None


def adopt_early(session: Session, since: datetime, limit: int) -> int:
    """Give such reports their attempts, and let them wait to be applied, again if they were; gives how many."""
    attempt_of = {event_id: id_ for event_id, id_ in session.execute(_early, {"since": since, "most": limit})}
    of_nobody = _lock_of_nobody(session, attempt_of) if attempt_of else []
    if of_nobody:
        session.execute(_adopt, [{"event_id": id_, "of_attempt": attempt_of[id_]} for id_ in of_nobody])
        into = (postgresql.insert if is_postgresql(session) else sqlite.insert)(_waiting)
        session.execute(into.values([{"event_id": id_} for id_ in of_nobody]).on_conflict_do_nothing())
    return len(of_nobody)


def _lock_of_nobody(session: Session, event_ids: Collection[int]) -> list[int]:
    """Those of the reports that still have no attempt, once whoever is applying one of them has ended.

    What is being applied is first: its row among the waiting is locked, and gone when that ends. Without this a report
    could have its effect twice. SQLite has one writer.
    """
    waiting = select(_waiting.c.event_id).where(_waiting.c.event_id.in_(event_ids)).order_by(_waiting.c.event_id)
    session.execute(waiting.with_for_update()).all()
    of_nobody = select(_event.c.id).where(_event.c.id.in_(event_ids), _event.c.attempt_id.is_(None))
    return list(session.execute(of_nobody.order_by(_event.c.id).with_for_update()).scalars())
