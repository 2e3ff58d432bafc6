"""The plain case of an answer, in bulk: a first attempt that the provider took before anything else happened to it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select, update
from sqlmodel import Session

from backend import clock
from backend.domain.statuses import CreditState, RecipientStatus
from backend.models import Attempt, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for
from backend.repositories.message_ids import given_message_ids, message_ids_for

_recipient = table_of(Recipient)
_attempt = table_of(Attempt)
_CLAIMED = literal_column("'claimed'")


class Taken(NamedTuple):
    """Attempts that the provider took, with their recipients, whose credits stand alike; `segments` of all of them."""

    credit_state: CreditState
    segments: int
    attempt_ids: list[int]
    recipient_ids: list[int]


_is_untouched = (
    (_attempt.c.status == _CLAIMED)
    & (_recipient.c.status == _CLAIMED)
    & (_recipient.c.attempt_count == literal_column("1"))
)


def _answered(dialect: str) -> Any:
    """Those among `taken` that nothing happened to, put together by the database: a row each would have to be made."""
    columns = [
        _attempt.c.id.label("attempt_id"),
        _recipient.c.id.label("recipient_id"),
        _recipient.c.credit_state,
        _recipient.c.segments,
        _is_untouched.label("is_untouched"),
    ]
    each = select(*columns).join(_recipient, _recipient.c.id == _attempt.c.recipient_id)
    each = each.where(among(_attempt.c.id, dialect)).order_by(_recipient.c.id)
    if dialect == "postgresql":
        locked: Any = each.with_for_update(of=_recipient).cte("locked").prefix_with("MATERIALIZED")
        together = func.array_agg
    else:  # SQLite has one writer
        locked, together = each.subquery("locked"), func.json_group_array
    is_plain = locked.c.is_untouched & among(locked.c.attempt_id, dialect, "taken")
    ids = together(locked.c.attempt_id), together(locked.c.recipient_id)
    alike = select(locked.c.credit_state, func.sum(locked.c.segments), *ids).where(is_plain)
    return alike.group_by(locked.c.credit_state)


_taken = {dialect: _answered(dialect) for dialect in DIALECTS}


def lock_answered(session: Session, attempt_ids: Collection[int], taken_ids: Collection[int]) -> list[Taken]:
    """Lock the recipients of attempts until the end of the transaction, in the order that all share.

    Gives the plain ones of those taken: a recipient's first attempt, and nothing happened since its claim.
    """
    given = {**ids_for(session, attempt_ids), **ids_for(session, taken_ids, "taken")}
    found = session.execute(_taken[dialect_of(session)], given)
    return [Taken(state, int(segments), _listed(ids), _listed(owners)) for state, segments, ids, owners in found]


def _listed(ids: str | list[int]) -> list[int]:
    return json.loads(ids) if isinstance(ids, str) else ids


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
