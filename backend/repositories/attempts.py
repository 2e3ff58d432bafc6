"""Attempts: what was handed to a provider for a recipient, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, delete, func, literal_column, or_, select, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from backend import clock
from backend.domain.channels import Medium
from backend.domain.statuses import RecipientStatus
from backend.models import Attempt, Campaign, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for

_recipient = table_of(Recipient)
_attempt = table_of(Attempt)
_campaign = table_of(Campaign)
# Both, and the second a literal: each database has its own condition for the index of these rows.
_is_unknown = _attempt.c.is_unknown & (_attempt.c.status == literal_column("'unknown'"))
_earlier = aliased(_attempt, name="earlier")


class AttemptRow(NamedTuple):
    """An attempt as it stands. `sent_to`: where, if its recipient has been tried anew since."""

    id: int
    recipient_id: int
    number: int
    medium: Medium
    provider: str
    status: RecipientStatus
    vendor_code: str | None
    provider_message_id: str | None
    sent_to: str | None = None
    assumed_at: datetime | None = None


_ATTEMPT = [_attempt.c[name] for name in AttemptRow._fields]


_attempts = {
    dialect: select(*_ATTEMPT).where(among(_attempt.c.recipient_id, dialect)).order_by(_attempt.c.id)
    for dialect in DIALECTS
}


def of_recipients(session: Session, recipient_ids: Collection[int]) -> dict[int, list[AttemptRow]]:
    """Attempts by recipient, oldest first."""
    found: dict[int, list[AttemptRow]] = {}
    for row in session.execute(_attempts[dialect_of(session)], ids_for(session, recipient_ids)):
        found.setdefault(row.recipient_id, []).append(AttemptRow(*row))
    return found


def find(session: Session, attempt_ids: Collection[int], messages: Collection[tuple[str, str]]) -> list[AttemptRow]:
    """Attempts by id, or by (provider, provider message id)."""
    message = tuple_(_attempt.c.provider, _attempt.c.provider_message_id)
    # Not one condition a message: SQLite takes no more than a thousand.
    query = select(*_ATTEMPT).where(or_(_attempt.c.id.in_(attempt_ids), message.in_(list(messages))))
    return [AttemptRow(*row) for row in session.execute(query)]


_ended_as = func.coalesce(bindparam("new_ended_as", type_=_attempt.c.ended_as.type), _attempt.c.ended_as)
_write_attempt = (
    update(_attempt)
    .where(_attempt.c.id == bindparam("row_id"))
    .values(
        status=bindparam("new_status"),
        vendor_code=bindparam("new_vendor_code"),
        provider_message_id=func.coalesce(bindparam("new_message_id"), _attempt.c.provider_message_id),
        answered_at=func.coalesce(_attempt.c.answered_at, bindparam("now", type_=_attempt.c.answered_at.type)),
        ended_as=_ended_as,
        unjudged_since=case(
            (
                _ended_as.is_not(None) & _attempt.c.refunded_at.is_(None),
                bindparam("failed_at", type_=_attempt.c.unjudged_since.type),
            )
        ),
    )
)
_CAME_TO_NOTHING = (RecipientStatus.FAILED, RecipientStatus.SKIPPED)


class AttemptChange(NamedTuple):
    """What an answer or a report makes of an attempt. `ended_as`: as `deliverability.end_of`; None leaves it."""

    id: int
    status: RecipientStatus
    vendor_code: str | None
    provider_message_id: str | None
    ended_as: str | None = None


def write(session: Session, changes: Sequence[AttemptChange]) -> None:
    """Write outcomes of attempts; a message id that is None leaves the stored one.

    An SMS that was taken and came to nothing waits from now on to be judged whether its credits are given back.
    """
    if not changes:
        return
    now = clock.now()
    session.execute(
        _write_attempt,
        [
            {
                "row_id": change.id,
                "new_status": change.status,
                "new_vendor_code": change.vendor_code,
                "new_message_id": change.provider_message_id,
                "now": now,
                "new_ended_as": change.ended_as,
                "failed_at": now if change.status in _CAME_TO_NOTHING else None,
            }
            for change in changes
        ],
    )


class Unanswered(NamedTuple):
    """An attempt without an answer, and what its message said: `fields` filled into one of the texts."""

    attempt_id: int
    recipient_id: int
    medium: Medium
    provider: str
    address: str
    claimed_at: datetime
    fields: dict[str, str]
    sms_text: str
    whatsapp_text: str


_sent_to = func.coalesce(_attempt.c.sent_to, _recipient.c.address)
_unanswered = (
    select(
        _attempt.c.id.label("attempt_id"),
        _attempt.c.recipient_id,
        _attempt.c.medium,
        _attempt.c.provider,
        _sent_to.label("address"),
        _attempt.c.claimed_at,
        _recipient.c.fields,
        _campaign.c.sms_text,
        _campaign.c.whatsapp_text,
    )
    .join(_recipient, _recipient.c.id == _attempt.c.recipient_id)
    .join(_campaign, _campaign.c.id == _attempt.c.campaign_id)
    .where(_attempt.c.provider_message_id.is_(None), _sent_to.is_not(None))
)


def list_to_ask(
    session: Session,
    providers: Collection[str],
    *,
    claimed_between: tuple[datetime, datetime],
    asked_before: datetime,
    limit: int,
) -> list[Unanswered]:
    """Unknown attempts that hold their recipient up, those never asked about first.

    Where somebody wanted to know again, the first of the two moments is that one.
    """
    earliest, latest = claimed_between
    query = (
        _unanswered.where(
            _is_unknown,
            _attempt.c.provider.in_(providers),
            _attempt.c.claimed_at <= latest,
            or_(_attempt.c.claimed_at >= earliest, _attempt.c.ask_since >= earliest),
            or_(_attempt.c.asked_at.is_(None), _attempt.c.asked_at < asked_before),
            _recipient.c.status == RecipientStatus.UNKNOWN,
            _recipient.c.medium == _attempt.c.medium,
        )
        .order_by(_attempt.c.asked_at.is_not(None), _attempt.c.asked_at, _attempt.c.id)
        .limit(limit)
    )
    return [_read_unanswered(row) for row in session.execute(query).mappings()]


def list_unanswered(session: Session, addresses: Collection[str]) -> list[Unanswered]:
    """Every attempt to those addresses whose message may exist without our knowing its id, also those under way."""
    unknown = _unanswered.where(_is_unknown, _sent_to.in_(addresses))
    under_way = _unanswered.where(
        _recipient.c.lease_until.is_not(None),
        _recipient.c.address.in_(addresses),
        _attempt.c.status == RecipientStatus.CLAIMED,
    )
    return [_read_unanswered(row) for query in (unknown, under_way) for row in session.execute(query).mappings()]


def _read_unanswered(row: Any) -> Unanswered:
    return Unanswered(**{**row, "fields": json.loads(row["fields"])})


def note_asked(session: Session, attempt_ids: Collection[int]) -> None:
    """Remember that the provider was asked just now."""
    session.execute(update(_attempt).where(_attempt.c.id.in_(attempt_ids)).values(asked_at=clock.now()))


def keep_addresses(session: Session, recipient_ids: Collection[int]) -> None:
    """Write down where the attempts of recipients went, whose addresses are about to become others."""
    mine = _recipient.c.id == _attempt.c.recipient_id
    by_phone = func.coalesce(_recipient.c.mobile_e164, _recipient.c.address)
    went_to = select(case((_attempt.c.medium == Medium.EMAIL, _recipient.c.email), else_=by_phone)).where(mine)
    statement = (
        update(_attempt)
        .where(among(_attempt.c.recipient_id, dialect_of(session)), _attempt.c.sent_to.is_(None))
        .values(sent_to=went_to.scalar_subquery())
    )
    session.execute(statement, ids_for(session, recipient_ids))


_keep_charge = (
    update(_attempt)
    .where(
        _attempt.c.recipient_id == bindparam("of_recipient"),
        _attempt.c.number
        == select(func.max(_earlier.c.number))
        .where(_earlier.c.recipient_id == bindparam("of_recipient"), _earlier.c.medium == Medium.SMS)
        .scalar_subquery(),
    )
    .values(charged=bindparam("parts"))
)


def keep_charges(session: Session, charges: Mapping[int, int]) -> None:
    """Write down what the last SMS of each of these recipients was charged, which are about to be tried anew."""
    rows = [{"of_recipient": recipient_id, "parts": parts} for recipient_id, parts in charges.items() if parts]
    if rows:
        session.connection().execute(_keep_charge, rows)


def assume_delivered(session: Session, attempt_ids: Collection[int]) -> None:
    """Note that somebody takes these unknown attempts for delivered, as of now."""
    statement = update(_attempt).where(among(_attempt.c.id, dialect_of(session)), _is_unknown)
    session.execute(statement.values(assumed_at=clock.now()), ids_for(session, attempt_ids))


def want_asked(session: Session, attempt_ids: Collection[int]) -> None:
    """Have the provider asked about these unknown attempts before all others, also about those it was given up for."""
    statement = update(_attempt).where(among(_attempt.c.id, dialect_of(session)), _is_unknown)
    session.execute(statement.values(asked_at=None, ask_since=clock.now()), ids_for(session, attempt_ids))


def delete_all(session: Session, attempt_ids: Collection[int]) -> None:
    """Forget attempts that never left: the provider certainly took nothing."""
    if attempt_ids:
        session.execute(delete(_attempt).where(_attempt.c.id.in_(attempt_ids)))
