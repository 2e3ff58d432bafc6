"""Recipients and attempts: freezing, claiming in windows, and writing outcomes in bulk."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, literal, or_, select, update
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.channels import Medium
from backend.domain.statuses import HANDED_OVER, CreditState, Reason, RecipientStatus, RunState
from backend.models import Attempt, Campaign, Contact, OptOut, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for

_recipient = table_of(Recipient)
_attempt = table_of(Attempt)
_campaign = table_of(Campaign)
_contact = table_of(Contact)
_opt_out = table_of(OptOut)
_FREEZE_CHUNK = 5_000


class Claim(NamedTuple):
    """One recipient in our hands: what to send, where, and as which attempt."""

    recipient_id: int
    attempt_id: int
    address: str
    fields: dict[str, str]


class Standing(NamedTuple):
    """A recipient as it stands, for deciding what becomes of it."""

    id: int
    campaign_id: int
    contact_id: int
    status: RecipientStatus
    reason: Reason | None
    medium: Medium | None
    address: str | None
    email: str | None
    mobile_e164: str | None
    segments: int
    credit_state: CreditState
    vendor_code: str | None


class AttemptRow(NamedTuple):
    """An attempt as it stands."""

    id: int
    recipient_id: int
    number: int
    medium: Medium
    provider: str
    status: RecipientStatus
    vendor_code: str | None
    provider_message_id: str | None


_STANDING = [_recipient.c[name] for name in Standing._fields]
_ATTEMPT = [_attempt.c[name] for name in AttemptRow._fields]


def _leased(claim_id: Any) -> tuple[Any, Any]:
    # The second condition lets the database use the partial index on claims.
    return _recipient.c.claim_id == claim_id, _recipient.c.lease_until.is_not(None)


def freeze(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Insert the recipients of a campaign; every row has the same keys."""
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _FREEZE_CHUNK:
            session.execute(insert(_recipient), chunk)
            chunk.clear()
    if chunk:
        session.execute(insert(_recipient), chunk)


def pending_media(session: Session, campaign_id: int) -> list[Medium]:
    """Media that still have pending recipients, one index look-up each."""
    found = []
    for medium in Medium:
        query = select(literal(1)).where(_pending(campaign_id, medium)).limit(1)
        if session.execute(query).first():
            found.append(medium)
    return found


def _pending(campaign_id: int, medium: Medium) -> Any:
    return (
        (_recipient.c.campaign_id == campaign_id)
        & (_recipient.c.medium == medium)
        & (_recipient.c.status == literal("pending", literal_execute=True))
    )


def claim_window(
    session: Session, campaign_id: int, medium: Medium, *, limit: int, claim_id: str, lease_until: datetime
) -> int:
    """Claim up to `limit` pending recipients of a sending campaign; gives how many."""
    window = select(_recipient.c.id).where(_pending(campaign_id, medium)).order_by(_recipient.c.id).limit(limit)
    if is_postgresql(session):
        # Materialised: as a plain sub-query the planner may run it again and claim more than the limit.
        chosen = window.with_for_update(skip_locked=True).cte("chosen").prefix_with("MATERIALIZED")
        window = select(chosen.c.id)
    sending = select(literal(1)).where(
        _campaign.c.id == campaign_id, _campaign.c.run_state == RunState.SENDING, _campaign.c.deleted_at.is_(None)
    )
    claimed = session.execute(
        update(_recipient)
        .where(_recipient.c.id.in_(window), sending.exists())
        .values(
            status=RecipientStatus.CLAIMED,
            claim_id=claim_id,
            lease_until=lease_until,
            attempt_count=_recipient.c.attempt_count + 1,
            updated_at=clock.now(),
        )
    )
    return claimed.rowcount  # pyright: ignore[reportAttributeAccessIssue]


class Obstacle(NamedTuple):
    """Why a claimed recipient may not be sent to after all."""

    recipient_id: int
    reason: Reason


def _obstacles_on(medium: Medium) -> Any:
    problem = _contact.c.email_problem if medium is Medium.EMAIL else _contact.c.mobile_problem
    current = _contact.c.email if medium is Medium.EMAIL else _contact.c.mobile_e164
    opted_out = (_opt_out.c.medium == medium) & (_opt_out.c.address == _recipient.c.address)
    return (
        select(_recipient.c.id, _contact.c.deleted_at, _contact.c.is_deceased, _opt_out.c.address.label("opted_out"))
        .join(_contact, _contact.c.id == _recipient.c.contact_id)
        .outerjoin(_opt_out, opted_out)
        .where(
            *_leased(bindparam("claim")),
            or_(
                _contact.c.deleted_at.is_not(None),
                _contact.c.is_deceased,
                _opt_out.c.address.is_not(None),
                problem.is_not(None) & (current == _recipient.c.address),
            ),
        )
    )


_obstacles = {medium: _obstacles_on(medium) for medium in Medium}


def find_obstacles(session: Session, claim_id: str, medium: Medium) -> list[Obstacle]:
    """Claimed recipients who opted out, died, were deleted, or whose address turned bad since freezing."""
    rows = session.execute(_obstacles[medium], {"claim": claim_id})
    return [Obstacle(row.id, _reason_of(row)) for row in rows]


def _reason_of(row: Any) -> Reason:
    if row.deleted_at is not None:
        return Reason.DELETED
    if row.is_deceased:
        return Reason.DECEASED
    return Reason.OPTED_OUT if row.opted_out is not None else Reason.NO_ADDRESS


_open_attempts = insert(_attempt).from_select(
    ["recipient_id", "campaign_id", "number", "medium", "provider", "status", "claim_id", "claimed_at"],
    select(
        _recipient.c.id,
        _recipient.c.campaign_id,
        _recipient.c.attempt_count,
        _recipient.c.medium,
        bindparam("provider", type_=_attempt.c.provider.type),
        _recipient.c.status,
        _recipient.c.claim_id,
        bindparam("now", type_=_attempt.c.claimed_at.type),
    )
    .where(*_leased(bindparam("claim")))
    .order_by(_recipient.c.id),
)
_opened = (
    select(_recipient.c.id, _attempt.c.id, _recipient.c.address, _recipient.c.fields)
    .join(_attempt, _attempt.c.recipient_id == _recipient.c.id)
    .where(_attempt.c.claim_id == bindparam("claim"))
    .order_by(_attempt.c.id)
)


def open_attempts(session: Session, claim_id: str, provider: str) -> list[Claim]:
    """Write an attempt for every recipient still claimed under `claim_id`, and give what to send."""
    session.execute(_open_attempts, {"claim": claim_id, "provider": provider, "now": clock.now()})
    rows = session.execute(_opened, {"claim": claim_id})
    return [Claim(r[0], r[1], r[2], json.loads(r[3]) if r[3] != "{}" else {}) for r in rows]


_standings = {
    dialect: select(*_STANDING).where(among(_recipient.c.id, dialect)).order_by(_recipient.c.id) for dialect in DIALECTS
}
_standings["postgresql"] = _standings["postgresql"].with_for_update()
_attempts = {
    dialect: select(*_ATTEMPT).where(among(_attempt.c.recipient_id, dialect)).order_by(_attempt.c.id)
    for dialect in DIALECTS
}


def lock_standings(session: Session, recipient_ids: Collection[int]) -> list[Standing]:
    """Recipients by id, locked until the end of the transaction, in an order every caller shares."""
    rows = session.execute(_standings[dialect_of(session)], ids_for(session, recipient_ids))
    return [Standing(*row) for row in rows]


def attempts_of(session: Session, recipient_ids: Collection[int]) -> dict[int, list[AttemptRow]]:
    """Attempts by recipient, oldest first."""
    found: dict[int, list[AttemptRow]] = {}
    for row in session.execute(_attempts[dialect_of(session)], ids_for(session, recipient_ids)):
        found.setdefault(row.recipient_id, []).append(AttemptRow(*row))
    return found


def find_attempts(
    session: Session, attempt_ids: Collection[int], messages: Collection[tuple[str, str]]
) -> list[AttemptRow]:
    """Attempts by id, or by (provider, provider message id)."""
    by_message = [
        (_attempt.c.provider == provider) & (_attempt.c.provider_message_id == message_id)
        for provider, message_id in messages
    ]
    query = select(*_ATTEMPT).where(or_(_attempt.c.id.in_(attempt_ids), *by_message))
    return [AttemptRow(*row) for row in session.execute(query)]


_write_attempt = (
    update(_attempt)
    .where(_attempt.c.id == bindparam("row_id"))
    .values(
        status=bindparam("new_status"),
        vendor_code=bindparam("new_vendor_code"),
        provider_message_id=func.coalesce(bindparam("new_message_id"), _attempt.c.provider_message_id),
        answered_at=func.coalesce(_attempt.c.answered_at, bindparam("now", type_=_attempt.c.answered_at.type)),
    )
)


class AttemptChange(NamedTuple):
    """What an answer or a report makes of an attempt."""

    id: int
    status: RecipientStatus
    vendor_code: str | None
    provider_message_id: str | None


def write_attempts(session: Session, changes: Sequence[AttemptChange]) -> None:
    """Write outcomes of attempts; a message id that is None leaves the stored one."""
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


_unanswered = (
    select(
        _attempt.c.id.label("attempt_id"),
        _attempt.c.recipient_id,
        _attempt.c.medium,
        _attempt.c.provider,
        _recipient.c.address,
        _attempt.c.claimed_at,
        _recipient.c.fields,
        _campaign.c.sms_text,
        _campaign.c.whatsapp_text,
    )
    .join(_recipient, _recipient.c.id == _attempt.c.recipient_id)
    .join(_campaign, _campaign.c.id == _attempt.c.campaign_id)
    .where(_attempt.c.provider_message_id.is_(None), _recipient.c.address.is_not(None))
)
_is_unknown = _attempt.c.status == literal("unknown", literal_execute=True)


def list_to_ask(
    session: Session,
    providers: Collection[str],
    *,
    claimed_between: tuple[datetime, datetime],
    asked_before: datetime,
    limit: int,
) -> list[Unanswered]:
    """Unknown attempts that hold their recipient up, those never asked about first."""
    query = (
        _unanswered.where(
            _is_unknown,
            _attempt.c.provider.in_(providers),
            _attempt.c.claimed_at.between(*claimed_between),
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
    unknown = _unanswered.where(_is_unknown, _recipient.c.address.in_(addresses))
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


def delete_attempts(session: Session, attempt_ids: Collection[int]) -> None:
    """Forget attempts that never left: the provider certainly took nothing."""
    if attempt_ids:
        session.execute(delete(_attempt).where(_attempt.c.id.in_(attempt_ids)))


_write_alike = {
    dialect: update(_recipient)
    .where(among(_recipient.c.id, dialect))
    .values(
        status=bindparam("new_status"),
        reason=bindparam("new_reason"),
        medium=bindparam("new_medium"),
        credit_state=bindparam("new_credit_state"),
        vendor_code=bindparam("new_vendor_code"),
        lease_until=None,
        updated_at=bindparam("now"),
    )
    for dialect in DIALECTS
}
_write_moved = {
    dialect: statement.values(address=bindparam("new_address")) for dialect, statement in _write_alike.items()
}


def write_standings(session: Session, changes: Iterable[Standing]) -> None:
    """Write recipients in bulk: one statement for all that end alike."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for new in changes:
        address = new.address if new.status is RecipientStatus.PENDING else None
        key = (new.status, new.reason, new.medium, new.credit_state, new.vendor_code, address)
        alike.setdefault(key, []).append(new.id)
    for (status, reason, medium, credit_state, vendor_code, address), ids in alike.items():
        values = {
            **ids_for(session, ids),
            "new_status": status,
            "new_reason": reason,
            "new_medium": medium,
            "new_credit_state": credit_state,
            "new_vendor_code": vendor_code,
            "now": clock.now(),
        }
        if address is None:
            session.execute(_write_alike[dialect_of(session)], values)
        else:  # pending, perhaps on another medium
            session.execute(_write_moved[dialect_of(session)], {**values, "new_address": address})


def addresses_taken(session: Session, campaign_id: int, addresses: Collection[str]) -> set[str]:
    """Those addresses that another recipient of the campaign holds."""
    if not addresses:
        return set()
    rows = session.execute(
        select(_recipient.c.address).where(
            _recipient.c.campaign_id == campaign_id,
            _recipient.c.address.in_(addresses),
            _recipient.c.status != RecipientStatus.SKIPPED,
        )
    )
    return set(rows.scalars())


def list_stale_claims(session: Session, moment: datetime, limit: int) -> list[int]:
    """Claimed recipients whose lease has run out."""
    rows = session.execute(
        select(_recipient.c.id)
        .where(_recipient.c.lease_until.is_not(None), _recipient.c.lease_until < moment)
        .order_by(_recipient.c.id)
        .limit(limit)
    )
    return list(rows.scalars())


def list_idle_reservations(session: Session, finished_before: datetime, limit: int) -> list[int]:
    """Recipients of ended runs whose message left without needing the SMS that is reserved for them."""
    rows = session.execute(
        select(_recipient.c.id)
        .join(_campaign, _campaign.c.id == _recipient.c.campaign_id)
        .where(
            _campaign.c.run_state == RunState.DONE,
            _campaign.c.finished_at < finished_before,
            _recipient.c.credit_state == literal("reserved", literal_execute=True),
            _recipient.c.status.in_(HANDED_OVER),
        )
        .limit(limit)
    )
    return list(rows.scalars())


def list_pending_ids(session: Session, campaign_id: int, limit: int) -> list[int]:
    """Some pending recipients of a campaign."""
    rows = session.execute(
        select(_recipient.c.id)
        .where(_recipient.c.campaign_id == campaign_id, _recipient.c.status == RecipientStatus.PENDING)
        .limit(limit)
    )
    return list(rows.scalars())


def count_by_status(session: Session, campaign_id: int) -> dict[RecipientStatus, int]:
    """Count the recipients themselves."""
    rows = session.execute(
        select(_recipient.c.status, func.count())
        .where(_recipient.c.campaign_id == campaign_id)
        .group_by(_recipient.c.status)
    )
    counts: Mapping[RecipientStatus, int] = {status: number for status, number in rows}
    return {status: counts.get(status, 0) for status in RecipientStatus}


def delete_of_campaign(session: Session, campaign_id: int) -> None:
    """Remove the frozen recipients of a campaign that goes back to draft: nothing of it has left."""
    session.execute(delete(_recipient).where(_recipient.c.campaign_id == campaign_id))
