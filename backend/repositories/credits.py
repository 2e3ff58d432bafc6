"""The credit ledger and its balance row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.statuses import CreditState, LedgerKind
from backend.models import CreditBalance, LedgerEntry, Recipient, table_of

_balance = table_of(CreditBalance)
_ledger = table_of(LedgerEntry)
_recipient = table_of(Recipient)

_EFFECT: dict[LedgerKind, dict[str, int]] = {
    LedgerKind.PURCHASE: {"bought": 1},
    LedgerKind.ADJUST: {"bought": 1},
    LedgerKind.RESERVE: {"reserved": 1},
    LedgerKind.CHARGE: {"reserved": -1, "charged": 1},
    LedgerKind.RELEASE: {"reserved": -1},
    LedgerKind.REFUND: {"charged": -1},
}

_MOVE = {
    kind: update(_balance).values(
        {name: _balance.c[name] + sign * bindparam("amount") for name, sign in effect.items()}
    )
    for kind, effect in _EFFECT.items()
}
_AVAILABLE_NOW = select(_balance.c.bought - _balance.c.charged - _balance.c.reserved).scalar_subquery()
_enter = insert(_ledger).values(available_after=_AVAILABLE_NOW)


class Balance(NamedTuple):
    """Sums of the ledger, in segments."""

    bought: int
    charged: int
    reserved: int

    @property
    def available(self) -> int:
        return self.bought - self.charged - self.reserved


def get_balance(session: Session) -> Balance:
    """The balance row."""
    row = session.execute(select(_balance.c.bought, _balance.c.charged, _balance.c.reserved)).one_or_none()
    return Balance(*row) if row else Balance(0, 0, 0)


def move(
    session: Session,
    kind: LedgerKind,
    amount: int,
    *,
    campaign_id: int | None = None,
    user_id: int | None = None,
    note: str = "",
) -> None:
    """Append a movement and update the balance. Nothing happens for an amount of 0.

    The database refuses what would make the balance negative (`IntegrityError`).
    """
    if amount == 0:
        return
    session.execute(_MOVE[kind], {"amount": amount})
    entry = {"kind": kind, "amount": amount, "campaign_id": campaign_id, "user_id": user_id, "note": note}
    session.execute(_enter, {**entry, "created_at": clock.now()})


def lock(session: Session) -> Balance:
    """Hold the balance until the transaction ends; nothing moves meanwhile."""
    session.execute(update(_balance).values(reserved=_balance.c.reserved))
    return get_balance(session)


def move_once(
    session: Session,
    key: str,
    kind: LedgerKind,
    amount: int,
    *,
    user_id: int | None = None,
    note: str = "",
    order_id: int | None = None,
) -> bool:
    """As `move`, unless a movement with this key has been made: then False, and nothing changes. Locks the balance."""
    if amount == 0:
        return False
    lock(session)
    insert_new = postgresql.insert if is_postgresql(session) else sqlite.insert
    entry = {"kind": kind, "amount": amount, "user_id": user_id, "note": note, "order_id": order_id}
    values = {**entry, "idempotency_key": key, "created_at": clock.now()}
    entered = session.execute(insert_new(_ledger).values(values).on_conflict_do_nothing().returning(_ledger.c.id))
    if entered.first() is None:
        return False
    session.execute(_MOVE[kind], {"amount": amount})
    session.execute(update(_ledger).where(_ledger.c.idempotency_key == key).values(available_after=_AVAILABLE_NOW))
    return True


def reserve(session: Session, amount: int, *, campaign_id: int | None, user_id: int | None, note: str = "") -> bool:
    """Reserve credits, usually for a campaign, if that many are available; False, and nothing done, if not."""
    available = _balance.c.bought - _balance.c.charged - _balance.c.reserved
    locked = session.execute(update(_balance).where(available >= amount).values(reserved=_balance.c.reserved))
    if locked.rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]
        return False
    move(session, LedgerKind.RESERVE, amount, campaign_id=campaign_id, user_id=user_id, note=note)
    return True


def balance_of_ledger(session: Session) -> Balance:
    """What the entries add up to."""
    rows = session.execute(select(_ledger.c.kind, func.sum(_ledger.c.amount)).group_by(_ledger.c.kind)).all()
    return _sum_up({LedgerKind(kind): int(amount) for kind, amount in rows})


def campaign_reservations(session: Session) -> dict[int, int]:
    """Credits each campaign still holds, by the ledger; campaigns that hold none are left out."""
    rows = session.execute(
        select(_ledger.c.campaign_id, _ledger.c.kind, func.sum(_ledger.c.amount))
        .where(_ledger.c.campaign_id.is_not(None))
        .group_by(_ledger.c.campaign_id, _ledger.c.kind)
    ).all()
    amounts: dict[int, dict[LedgerKind, int]] = {}
    for campaign_id, kind, amount in rows:
        amounts.setdefault(campaign_id, {})[LedgerKind(kind)] = int(amount)
    held = {campaign_id: _sum_up(kinds).reserved for campaign_id, kinds in amounts.items()}
    return {campaign_id: amount for campaign_id, amount in held.items() if amount}


def recipient_reservations(session: Session) -> dict[int, int]:
    """Credits each campaign still holds, by its recipients."""
    return _credits_by_campaign(session, CreditState.RESERVED)


def _credits_by_campaign(session: Session, state: CreditState) -> dict[int, int]:
    rows = session.execute(
        select(_recipient.c.campaign_id, func.sum(_recipient.c.segments))
        .where(_recipient.c.credit_state == state)
        .group_by(_recipient.c.campaign_id)
    ).all()
    return {campaign_id: int(amount) for campaign_id, amount in rows if amount}


def _sum_up(amounts: Mapping[LedgerKind, int]) -> Balance:
    totals = {"bought": 0, "charged": 0, "reserved": 0}
    for kind, amount in amounts.items():
        for name, sign in _EFFECT[kind].items():
            totals[name] += sign * amount
    return Balance(**totals)
