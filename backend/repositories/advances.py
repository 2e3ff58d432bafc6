"""The plain case of a report, in bulk: a message that got further, the only one its recipient was sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select, update
from sqlmodel import Session

from backend import clock
from backend.domain.channels import Medium
from backend.domain.statuses import CreditState, RecipientStatus
from backend.models import Attempt, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for
from backend.repositories.message_ids import given_message_ids, message_ids_for

_recipient = table_of(Recipient)
_attempt = table_of(Attempt)


class Reported(NamedTuple):
    """An attempt that reports speak of, with its recipient.

    `is_alone`: the recipient has had no other attempt, and stands where this one does.
    """

    attempt_id: int
    provider: str
    medium: Medium
    status: RecipientStatus
    has_message_id: bool
    recipient_id: int
    campaign_id: int
    credit_state: CreditState
    segments: int
    is_alone: bool


_is_alone = (
    (_recipient.c.status == _attempt.c.status)
    & (_recipient.c.attempt_count == literal_column("1"))
    & (_recipient.c.first_attempt == literal_column("1"))
    & (_recipient.c.medium == _attempt.c.medium)
    & _recipient.c.reason.is_(None)
)
_reported = {
    dialect: select(
        _attempt.c.id,
        _attempt.c.provider,
        _attempt.c.medium,
        _attempt.c.status,
        _attempt.c.provider_message_id.is_not(None),
        _recipient.c.id,
        _recipient.c.campaign_id,
        _recipient.c.credit_state,
        _recipient.c.segments,
        _is_alone,
    )
    .join(_recipient, _recipient.c.id == _attempt.c.recipient_id)
    .where(among(_attempt.c.id, dialect))
    .order_by(_recipient.c.id)
    for dialect in DIALECTS
}
# The attempts as well: a row that somebody held is read again when it is let go, and only those locked are.
_reported["postgresql"] = _reported["postgresql"].with_for_update(of=[_recipient, _attempt])


def lock_reported(session: Session, attempt_ids: Collection[int]) -> list[Reported]:
    """Attempts with their recipients, locked until the end of the transaction in the order that all share."""
    rows = session.execute(_reported[dialect_of(session)], ids_for(session, attempt_ids))
    return [Reported(*row) for row in rows.all()]  # at once: SQLite would let other threads run between any two


_outcome = {
    "status": bindparam("new_status", type_=_attempt.c.status.type),
    "vendor_code": None,
    "answered_at": func.coalesce(_attempt.c.answered_at, bindparam("now", type_=_attempt.c.answered_at.type)),
}
_write_attempts = {
    dialect: update(_attempt).where(among(_attempt.c.id, dialect)).values(**_outcome) for dialect in DIALECTS
}


def write_attempts(session: Session, attempt_ids: Collection[int], status: RecipientStatus) -> None:
    """Note how far these attempts got."""
    given = {**ids_for(session, attempt_ids), "new_status": status, "now": clock.now()}
    session.execute(_write_attempts[dialect_of(session)], given)


def _write_message_ids(dialect: str) -> Any:
    given = given_message_ids(dialect)
    return (
        update(_attempt)
        .where(_attempt.c.id == given.c.id, _attempt.c.provider_message_id.is_(None))
        .values(provider_message_id=given.c.message_id)
    )


_message_ids = {dialect: _write_message_ids(dialect) for dialect in DIALECTS}


def write_message_ids(session: Session, message_ids: Mapping[int, str]) -> None:
    """Note the provider's ids of messages whose answers did not tell them, or have not yet."""
    if message_ids:
        session.execute(_message_ids[dialect_of(session)], message_ids_for(session, message_ids))


@lru_cache(maxsize=16)
def _write_recipients(dialect: str, *, with_credits: bool, with_lease: bool, with_views: bool) -> Any:
    values: dict[str, Any] = {
        "status": bindparam("new_status", type_=_recipient.c.status.type),
        "vendor_code": None,
        "updated_at": bindparam("now", type_=_recipient.c.updated_at.type),
    }
    if with_credits:
        values["credit_state"] = bindparam("new_credit_state", type_=_recipient.c.credit_state.type)
    if with_lease:
        values["lease_until"] = None
    if with_views:
        values["views"] = _recipient.c.views + bindparam("more_views", type_=_recipient.c.views.type)
    return update(_recipient).where(among(_recipient.c.id, dialect)).values(**values)


def write_recipients(
    session: Session,
    recipient_ids: Collection[int],
    status: RecipientStatus,
    credit_state: CreditState | None,
    *,
    was_claimed: bool,
    more_views: int,
) -> None:
    """Note what that makes of their recipients. What stays is not written, nor are its indexes: credits when None."""
    given = {**ids_for(session, recipient_ids), "new_status": status, "now": clock.now()}
    if credit_state is not None:
        given["new_credit_state"] = credit_state
    if more_views:
        given["more_views"] = more_views
    statement = _write_recipients(
        dialect_of(session),
        with_credits=credit_state is not None,
        with_lease=was_claimed,
        with_views=more_views > 0,
    )
    session.execute(statement, given)
