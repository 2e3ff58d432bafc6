"""The plain case of an answer, in bulk: a first attempt that the provider took before anything else happened to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, select, update
from sqlmodel import Session

from backend import clock
from backend.domain.statuses import CreditState, RecipientStatus
from backend.models import Attempt, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for
from backend.repositories.message_ids import given_message_ids, message_ids_for

_recipient = table_of(Recipient)
_attempt = table_of(Attempt)
_CLAIMED = literal_column("'claimed'")


class Answered(NamedTuple):
    """An attempt that an answer came for. Untouched: its recipient's first, and nothing happened since its claim."""

    attempt_id: int
    recipient_id: int
    credit_state: CreditState
    segments: int
    is_untouched: bool


_is_untouched = (
    (_attempt.c.status == _CLAIMED)
    & (_recipient.c.status == _CLAIMED)
    & (_recipient.c.attempt_count == literal_column("1"))
)
_answered = {
    dialect: select(_attempt.c.id, _recipient.c.id, _recipient.c.credit_state, _recipient.c.segments, _is_untouched)
    .join(_recipient, _recipient.c.id == _attempt.c.recipient_id)
    .where(among(_attempt.c.id, dialect))
    .order_by(_recipient.c.id)
    for dialect in DIALECTS
}
_answered["postgresql"] = _answered["postgresql"].with_for_update(of=_recipient)


def lock_answered(session: Session, attempt_ids: Collection[int]) -> list[Answered]:
    """Attempts with their recipients, which are locked until the end of the transaction in the order that all share."""
    rows = session.execute(_answered[dialect_of(session)], ids_for(session, attempt_ids))
    return [Answered(*row) for row in rows]


def _write(dialect: str) -> Any:
    given = given_message_ids(dialect)
    return (
        update(_attempt)
        .where(_attempt.c.id == given.c.id)
        .values(
            status=RecipientStatus.ACCEPTED,
            provider_message_id=given.c.message_id,
            answered_at=bindparam("now", type_=_attempt.c.answered_at.type),
        )
    )


_write_accepted = {dialect: _write(dialect) for dialect in DIALECTS}


def write_accepted(session: Session, message_ids: Mapping[int, str | None]) -> None:
    """Note that the provider took these attempts, each under its id for the message."""
    given = {**message_ids_for(session, message_ids), "now": clock.now()}
    session.execute(_write_accepted[dialect_of(session)], given)


_write_recipients = {
    dialect: update(_recipient)
    .where(among(_recipient.c.id, dialect))
    .values(
        status=RecipientStatus.ACCEPTED,
        credit_state=bindparam("new_credit_state"),
        lease_until=None,
        updated_at=bindparam("now"),
    )
    for dialect in DIALECTS
}


def write_recipients(session: Session, recipient_ids: Collection[int], credit_state: CreditState) -> None:
    """Note what that makes of their recipients; what cannot have changed is not written, nor are its indexes."""
    given = {**ids_for(session, recipient_ids), "new_credit_state": credit_state, "now": clock.now()}
    session.execute(_write_recipients[dialect_of(session)], given)
