"""SMS that were taken and came to nothing: which wait to be judged whether their credits are given back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from backend import clock
from backend.domain.statuses import CreditState
from backend.models import Attempt, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for

_attempt = table_of(Attempt)
_recipient = table_of(Recipient)
_is_silent = _attempt.c.unjudged_since <= bindparam("silent_since", type_=_attempt.c.unjudged_since.type)


class Unjudged(NamedTuple):
    """An attempt to be judged by how it ended. `charged`: what its try was, if its recipient was tried anew since."""

    id: int
    recipient_id: int
    number: int
    ended_as: str | None
    charged: int | None


_UNJUDGED = [_attempt.c[name] for name in Unjudged._fields]
_oldest = select(_attempt.c.id, _attempt.c.recipient_id).where(_is_silent).order_by(_attempt.c.unjudged_since)
_still_unjudged = {
    dialect: select(*_UNJUDGED).where(among(_attempt.c.id, dialect), _is_silent).order_by(_attempt.c.id)
    for dialect in DIALECTS
}


def list_silent(session: Session, silent_since: datetime, limit: int) -> dict[int, int]:
    """Attempts that nothing was reported about since, each with its recipient, those that wait longest first."""
    rows = session.execute(_oldest.limit(limit), {"silent_since": silent_since})
    return {attempt_id: recipient_id for attempt_id, recipient_id in rows}


def still_silent(session: Session, attempt_ids: Collection[int], silent_since: datetime) -> list[Unjudged]:
    """Those that still are, once their recipients are locked: whoever writes an attempt locks its recipient first."""
    given = {**ids_for(session, attempt_ids), "silent_since": silent_since}
    return [Unjudged(*row) for row in session.execute(_still_unjudged[dialect_of(session)], given)]


def note_judged(session: Session, attempt_ids: Collection[int]) -> None:
    """Judge them no more, unless something else is reported about them."""
    statement = update(_attempt).where(among(_attempt.c.id, dialect_of(session))).values(unjudged_since=None)
    session.execute(statement, ids_for(session, attempt_ids))


def note_refunded(session: Session, attempt_ids: Collection[int]) -> None:
    """Note that the credits of these attempts were given back, now and for good."""
    mine = among(_attempt.c.id, dialect_of(session))
    statement = update(_attempt).where(mine, _attempt.c.refunded_at.is_(None)).values(refunded_at=clock.now())
    session.execute(statement, ids_for(session, attempt_ids))


def write_recipients(session: Session, recipient_ids: Collection[int]) -> None:
    """Note at recipients, who are locked, that the credits of their current try were given back."""
    mine = among(_recipient.c.id, dialect_of(session))
    statement = update(_recipient).where(mine, _recipient.c.credit_state == CreditState.CHARGED)
    session.execute(statement.values(credit_state=CreditState.REFUNDED), ids_for(session, recipient_ids))
