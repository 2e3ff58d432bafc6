"""The credit ledger in words."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.statuses import LedgerKind
from backend.services.credit_view import LedgerLine
from unisoft_ui.texts import en, number

# A charge takes from what was reserved: what is available does not move.
_SIGNS = {LedgerKind.RESERVE: "−", LedgerKind.CHARGE: ""}


@dataclass(frozen=True)
class MovementRow:
    """One line of the ledger; `amount` is signed as the available credit moved."""

    id: int
    date: str
    what: str
    note: str
    amount: str


def movement_row(line: LedgerLine) -> MovementRow:
    sign = "−" if line.amount < 0 else _SIGNS.get(line.kind, "+")
    return MovementRow(
        id=line.id,
        date=f"{line.at:%-d %b %Y}",
        what=en.LEDGER_KINDS[line.kind],
        note=line.campaign_title or line.note,
        amount=f"{sign}{number(abs(line.amount))}",
    )
