"""The credits of the demonstration: bought early, used by every campaign, 1,250 left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert, update
from sqlmodel import Session

from backend.domain.statuses import CreditState, LedgerKind
from backend.models import CreditBalance, LedgerEntry, table_of

LEFT = 1_250
_LARGE, _SMALL = 5_000, 1_000
_MOVES_AVAILABLE = {
    LedgerKind.PURCHASE: 1,
    LedgerKind.ADJUST: 1,
    LedgerKind.RESERVE: -1,
    LedgerKind.CHARGE: 0,
    LedgerKind.RELEASE: 1,
}
_FIRST_DAYS, _LATEST_DAYS = 62, 4


class Movement(NamedTuple):
    """One entry to be."""

    kind: LedgerKind
    amount: int
    at: datetime
    campaign_id: int | None = None
    note: str = ""


def movements_of(
    campaign_id: int, rows: Sequence[dict[str, Any]], validated_at: datetime, ended_at: datetime
) -> list[Movement]:
    """What the frozen recipients of a campaign reserved, and what became of it."""
    by_state: Counter[CreditState] = Counter()
    for row in rows:
        by_state[row["credit_state"]] += row["segments"]
    entries = [
        Movement(LedgerKind.RESERVE, by_state.total(), validated_at, campaign_id),
        Movement(LedgerKind.CHARGE, by_state[CreditState.CHARGED], ended_at, campaign_id),
        Movement(LedgerKind.RELEASE, by_state[CreditState.RELEASED], ended_at, campaign_id),
    ]
    return [entry for entry in entries if entry.amount]


def write_ledger(session: Session, used: Sequence[Movement], now: datetime) -> None:
    """Write the movements with the purchases that they need, and the balance. The ledger was empty."""
    entries = sorted([*_purchases(used, now), *used], key=lambda entry: entry.at)
    available, rows = 0, []
    for entry in entries:
        available += _MOVES_AVAILABLE[entry.kind] * entry.amount
        rows.append(
            {
                "kind": entry.kind,
                "amount": entry.amount,
                "created_at": entry.at,
                "campaign_id": entry.campaign_id,
                "note": entry.note,
                "available_after": available,
            }
        )
    session.execute(insert(table_of(LedgerEntry)), rows)
    session.execute(update(table_of(CreditBalance)).values(_balance(entries)))


def _balance(entries: Sequence[Movement]) -> dict[str, int]:
    total = Counter[LedgerKind]()
    for entry in entries:
        total[entry.kind] += entry.amount
    return {
        "bought": total[LedgerKind.PURCHASE] + total[LedgerKind.ADJUST],
        "charged": total[LedgerKind.CHARGE],
        "reserved": total[LedgerKind.RESERVE] - total[LedgerKind.CHARGE] - total[LedgerKind.RELEASE],
    }


def _purchases(used: Sequence[Movement], now: datetime) -> list[Movement]:
    """Round packs, and what was left over from before, so that `LEFT` remains."""
    balance = _balance(used)
    first, latest = now - timedelta(days=_FIRST_DAYS), now - timedelta(days=_LATEST_DAYS)
    needed = LEFT + balance["charged"] + balance["reserved"] - _SMALL
    packs, carried_over = divmod(needed, _LARGE)
    bought = [
        Movement(LedgerKind.PURCHASE, _LARGE, first + timedelta(hours=pack), note="5,000 SMS") for pack in range(packs)
    ]
    if carried_over:
        bought.insert(0, Movement(LedgerKind.ADJUST, carried_over, first, note="Balance carried over"))
    return [*bought, Movement(LedgerKind.PURCHASE, _SMALL, latest, note="1,000 SMS")]
