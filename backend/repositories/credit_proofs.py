"""What the audit asks of the credits. Each question is one statement: it sees one moment, and holds nobody up."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ScalarSelect, Select, and_, bindparam, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session

from backend.domain.channels import Medium
from backend.domain.statuses import HANDED_OVER, CreditState, LedgerKind, RecipientStatus
from backend.models import Attempt, CreditOrder, LedgerEntry, Recipient, table_of

_ledger = table_of(LedgerEntry)
_order = table_of(CreditOrder)
_recipient = table_of(Recipient)
_attempt = table_of(Attempt)
_retried = aliased(_recipient, name="retried")

_MOVES_AVAILABLE = case(
    (_ledger.c.kind == LedgerKind.RESERVE, -_ledger.c.amount),
    (_ledger.c.kind == LedgerKind.CHARGE, 0),
    else_=_ledger.c.amount,
)


class Wrong(NamedTuple):
    """A row whose number is not what the others make of it."""

    id: int
    stored: int
    counted: int


class Charges(NamedTuple):
    """What one campaign was charged, in segments, by each of those who know. Refunded charges are charges, too.

    `by_attempts`: of those recipients that have an SMS which the provider took, and of the tries before by their own
    attempts. `not_charged`: messages that were taken without their credits having been charged.
    `refunded_by_recipients` is what they say of their current tries, and of those before by their attempts;
    `refunded_by_attempts` by the attempts that were given back, whatever their recipients say.
    """

    by_ledger: int
    by_recipients: int
    by_attempts: int
    not_charged: int
    refunded_by_ledger: int
    refunded_by_recipients: int
    refunded_by_attempts: int


def wrong_entries(session: Session, limit: int) -> list[Wrong]:
    """Entries whose balance is not that of the entry before and their own amount, the oldest first."""
    before = func.coalesce(func.lag(_ledger.c.available_after).over(order_by=_ledger.c.id), 0)
    each = select(_ledger.c.id, _ledger.c.available_after, (before + _MOVES_AVAILABLE).label("counted")).subquery()
    return _wrong(session, select(each).where(each.c.available_after != each.c.counted), limit)


def repeated_keys(session: Session, limit: int) -> list[Wrong]:
    """Entries whose key other entries have as well; how many have it. The database's own index forbids it."""
    number = func.count()
    each = (
        select(func.min(_ledger.c.id).label("id"), number.label("stored"), func.min(1).label("counted"))
        .where(_ledger.c.idempotency_key.is_not(None))
        .group_by(_ledger.c.idempotency_key)
        .having(number > 1)
        .subquery()
    )
    return _wrong(session, select(each), limit)


def wrong_orders(session: Session, limit: int) -> list[Wrong]:
    """Orders whose movements are not what they brought, less what was taken back; their movements come first."""
    moved = (
        select(_ledger.c.order_id, func.sum(_ledger.c.amount).label("amount"))
        .where(_ledger.c.order_id.is_not(None))
        .group_by(_ledger.c.order_id)
        .subquery()
    )
    brought = case((_order.c.paid_at.is_not(None), _order.c.credits - _order.c.returned_credits), else_=0)
    each = (
        select(_order.c.id, func.coalesce(moved.c.amount, 0).label("stored"), brought.label("counted"))
        .outerjoin(moved, moved.c.order_id == _order.c.id)
        .subquery()
    )
    return _wrong(session, select(each).where(each.c.stored != each.c.counted), limit)


def _wrong(session: Session, query: Select[tuple[int, int, int]], limit: int) -> list[Wrong]:
    rows = session.execute(query.order_by("id").limit(limit))
    return [Wrong(id_, int(stored), int(counted)) for id_, stored, counted in rows]


def ledger_campaigns(session: Session) -> list[int]:
    """Campaigns that moved credits, by the ledger."""
    query = select(_ledger.c.campaign_id).where(_ledger.c.campaign_id.is_not(None)).distinct()
    return sorted(session.execute(query).scalars())


_CAMPAIGN = bindparam("of_campaign")
_CHARGED = _recipient.c.credit_state.in_([CreditState.CHARGED, CreditState.REFUNDED])
_WAS_TAKEN = exists().where(
    _attempt.c.recipient_id == _recipient.c.id,
    _attempt.c.number >= _recipient.c.first_attempt,
    _attempt.c.medium == Medium.SMS,
    # As `cascade.was_taken` has it, and what somebody assumes to be delivered.
    or_(
        _attempt.c.status.in_(HANDED_OVER),
        _attempt.c.provider_message_id.is_not(None),
        and_(_attempt.c.status == RecipientStatus.UNKNOWN, _attempt.c.assumed_at.is_not(None)),
    ),
)
# What was given back at an end stays given back, whatever is reported after it.
_CAN_BE_CHARGED = _recipient.c.credit_state.in_([CreditState.NONE, CreditState.RESERVED]) & (_recipient.c.segments > 0)


def _entered(kind: LedgerKind) -> ScalarSelect[int]:
    amount = func.coalesce(func.sum(_ledger.c.amount), 0)
    return select(amount).where(_ledger.c.campaign_id == _CAMPAIGN, _ledger.c.kind == kind).scalar_subquery()


_tries_before = (
    select(func.coalesce(func.sum(_attempt.c.charged), 0))
    .join(_retried, _retried.c.id == _attempt.c.recipient_id)
    .where(_retried.c.campaign_id == _CAMPAIGN, _retried.c.segments_before > 0)
    .where(_attempt.c.number < _retried.c.first_attempt)
)
_was_before = _attempt.c.number < _retried.c.first_attempt
_given_back = (
    select(
        func.coalesce(func.sum(case((_was_before, _attempt.c.charged), else_=0)), 0).label("before"),
        func.coalesce(func.sum(case((_was_before, 0), else_=_retried.c.segments)), 0).label("current"),
    )
    .join_from(_retried, _attempt, _attempt.c.recipient_id == _retried.c.id)
    .where(_retried.c.campaign_id == _CAMPAIGN, _attempt.c.refunded_at.is_not(None))
    .subquery()
)
_sums = [
    func.sum(case((_CHARGED, _recipient.c.segments), else_=0) + _recipient.c.segments_before),
    func.sum(case((_CHARGED & _WAS_TAKEN, _recipient.c.segments), else_=0)),
    func.sum(case((_CAN_BE_CHARGED & _WAS_TAKEN, _recipient.c.segments), else_=0)),
    func.sum(case((_recipient.c.credit_state == CreditState.REFUNDED, _recipient.c.segments), else_=0)),
    func.max(_given_back.c.before),
    func.max(_given_back.c.current),
]
_charges = (
    select(
        _entered(LedgerKind.CHARGE),
        _entered(LedgerKind.REFUND),
        _tries_before.scalar_subquery(),
        *(func.coalesce(each, 0) for each in _sums),
    )
    .join_from(_recipient, _given_back, literal(value=True))  # one row beside each: their largest is it
    .where(_recipient.c.campaign_id == _CAMPAIGN)
)


def charges_of(session: Session, campaign_id: int) -> Charges:
    """What one campaign was charged, by its entries, its recipients and its attempts."""
    row = session.execute(_charges, {"of_campaign": campaign_id}).one()
    charged, refunded, before, by_recipients, now, not_charged, refunded_now, back_before, back_now = map(int, row)
    return Charges(
        by_ledger=charged,
        by_recipients=by_recipients,
        by_attempts=before + now,
        not_charged=not_charged,
        refunded_by_ledger=refunded,
        refunded_by_recipients=back_before + refunded_now,
        refunded_by_attempts=back_before + back_now,
    )
