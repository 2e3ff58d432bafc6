"""Claiming: a window of pending recipients taken in hand, and an attempt opened for each."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, func, insert, literal, or_, select, update
from sqlmodel import Session

from backend import clock
from backend.domain.channels import Medium
from backend.domain.statuses import Reason, RecipientStatus, RunState
from backend.models import Attempt, Campaign, Contact, OptOut, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, among_locked, dialect_of, ids_for
from backend.repositories.standing_at import is_pending

_recipient = table_of(Recipient)
_attempt = table_of(Attempt)
_campaign = table_of(Campaign)
_contact = table_of(Contact)
_opt_out = table_of(OptOut)


class Claimed(NamedTuple):
    """A recipient as its claim found it; `fields` as they are stored."""

    id: int
    address: str
    fields: str


class Claim(NamedTuple):
    """One recipient in our hands: what to send, where, and as which attempt."""

    recipient_id: int
    attempt_id: int
    address: str
    fields: dict[str, str] | None
    """None when they cannot be read: then nobody knows what to send."""


def count_pending(session: Session, campaign_id: int, at_most: int) -> dict[Medium, int]:
    """How many are pending by each medium that has any, counted up to `at_most`."""
    found = {}
    for medium in Medium:
        some = select(literal(1)).where(_pending(campaign_id, medium, dialect_of(session))).limit(at_most).subquery()
        if number := session.execute(select(func.count()).select_from(some)).scalar_one():
            found[medium] = number
    return found


def _pending(campaign_id: int, medium: Medium, dialect: str) -> Any:
    return (_recipient.c.campaign_id == campaign_id) & (_recipient.c.medium == medium) & is_pending(dialect)


def _claim_statement(dialect: str) -> Any:
    window = (
        select(_recipient.c.id)
        .where(
            _recipient.c.campaign_id == bindparam("campaign"),
            _recipient.c.medium == bindparam("through", type_=_recipient.c.medium.type),
            is_pending(dialect),
        )
        .order_by(_recipient.c.id)
        .limit(bindparam("size", type_=Integer))
    )
    sending = select(_campaign.c.id).where(
        _campaign.c.id == bindparam("campaign"),
        _campaign.c.run_state == RunState.SENDING,
        _campaign.c.deleted_at.is_(None),
    )
    return (
        update(_recipient)
        .where(among_locked(_recipient.c.id, window, dialect), sending.exists())
        .values(
            status=RecipientStatus.CLAIMED,
            lease_until=bindparam("until", type_=_recipient.c.lease_until.type),
            attempt_count=_recipient.c.attempt_count + 1,
            updated_at=bindparam("now", type_=_recipient.c.updated_at.type),
        )
        .returning(_recipient.c.id, _recipient.c.address, _recipient.c.fields)
    )


_claim_window = {dialect: _claim_statement(dialect) for dialect in DIALECTS}


def claim_window(
    session: Session, campaign_id: int, medium: Medium, *, limit: int, lease_until: datetime
) -> list[Claimed]:
    """Claim up to `limit` pending recipients of a sending campaign, the oldest first."""
    rows = session.execute(
        _claim_window[dialect_of(session)],
        {"campaign": campaign_id, "through": medium, "size": limit, "until": lease_until, "now": clock.now()},
    )
    return sorted(map(Claimed._make, rows.all()))


class Obstacle(NamedTuple):
    """Why a claimed recipient may not be sent to after all."""

    recipient_id: int
    reason: Reason


def _obstacles_on(medium: Medium, dialect: str) -> Any:
    problem = _contact.c.email_problem if medium is Medium.EMAIL else _contact.c.mobile_problem
    current = _contact.c.email if medium is Medium.EMAIL else _contact.c.mobile_e164
    opted_out = (_opt_out.c.medium == medium) & (_opt_out.c.address == _recipient.c.address)
    return (
        select(_recipient.c.id, _contact.c.deleted_at, _contact.c.is_deceased, _opt_out.c.address.label("opted_out"))
        .join(_contact, _contact.c.id == _recipient.c.contact_id)
        .outerjoin(_opt_out, opted_out)
        .where(
            among(_recipient.c.id, dialect),
            or_(
                _contact.c.deleted_at.is_not(None),
                _contact.c.is_deceased,
                _opt_out.c.address.is_not(None),
                problem.is_not(None) & (current == _recipient.c.address),
            ),
        )
    )


_obstacles = {(medium, dialect): _obstacles_on(medium, dialect) for medium in Medium for dialect in DIALECTS}


def find_obstacles(session: Session, recipient_ids: Collection[int], medium: Medium) -> list[Obstacle]:
    """Recipients who opted out, died, were deleted, or whose address turned bad since freezing."""
    rows = session.execute(_obstacles[medium, dialect_of(session)], ids_for(session, recipient_ids))
    return [Obstacle(row.id, _reason_of(row)) for row in rows]


def _reason_of(row: Any) -> Reason:
    if row.deleted_at is not None:
        return Reason.DELETED
    if row.is_deceased:
        return Reason.DECEASED
    return Reason.OPTED_OUT if row.opted_out is not None else Reason.NO_ADDRESS


def _open_statement(dialect: str) -> Any:
    claimed = (
        select(
            _recipient.c.id,
            _recipient.c.campaign_id,
            _recipient.c.attempt_count,
            _recipient.c.medium,
            bindparam("provider", type_=_attempt.c.provider.type),
            _recipient.c.status,
            bindparam("now", type_=_attempt.c.claimed_at.type),
        )
        .where(among(_recipient.c.id, dialect))
        .order_by(_recipient.c.id)
    )
    names = ["recipient_id", "campaign_id", "number", "medium", "provider", "status", "claimed_at"]
    return insert(_attempt).from_select(names, claimed).returning(_attempt.c.recipient_id, _attempt.c.id)


_open_attempts = {dialect: _open_statement(dialect) for dialect in DIALECTS}


def open_attempts(session: Session, claimed: Sequence[Claimed], provider: str) -> dict[int, int]:
    """Write an attempt for each of these recipients; gives their ids by recipient."""
    given = {**ids_for(session, [row.id for row in claimed]), "provider": provider, "now": clock.now()}
    rows = session.execute(_open_attempts[dialect_of(session)], given).all()
    return {recipient_id: attempt_id for recipient_id, attempt_id in rows}


def read_claims(claimed: Sequence[Claimed], attempt_ids: Mapping[int, int]) -> list[Claim]:
    """What to send. Nothing of it needs the transaction that claimed them, and others wait for its end."""
    return [
        Claim(row.id, attempt_ids[row.id], row.address, _checked(fields))
        for row, fields in zip(claimed, _read_fields(claimed), strict=True)
    ]


def _read_fields(claimed: Sequence[Claimed]) -> list[object]:
    try:  # one parse for the whole window, unless something in it cannot be read
        fields = json.loads(f"[{','.join(row.fields for row in claimed)}]")
    except ValueError:
        fields = []
    return fields if len(fields) == len(claimed) else [_read_json(row.fields) for row in claimed]


def _read_json(stored: str) -> object:
    try:
        return json.loads(stored)
    except ValueError:
        return None


def _checked(fields: object) -> dict[str, str] | None:
    return fields if isinstance(fields, dict) and set(map(type, fields.values())) <= {str} else None


def list_stale_claims(session: Session, moment: datetime, limit: int) -> list[int]:
    """Claimed recipients whose lease has run out."""
    rows = session.execute(
        select(_recipient.c.id)
        .where(_recipient.c.lease_until.is_not(None), _recipient.c.lease_until < moment)
        .order_by(_recipient.c.id)
        .limit(limit)
    )
    return list(rows.scalars())
