"""The SMS credit in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from backend.domain.schedules import to_local
from backend.domain.statuses import LedgerKind
from backend.services.credit_view import CreditView, LedgerLine
from unisoft_ui.texts import credit as texts
from unisoft_ui.texts import formats, number

# A charge takes from what was reserved: what is available does not move.
_SIGNS = {LedgerKind.RESERVE: "−", LedgerKind.CHARGE: ""}
_ICONS = {
    LedgerKind.PURCHASE: "plus",
    LedgerKind.RESERVE: "lock",
    LedgerKind.CHARGE: "send",
    LedgerKind.RELEASE: "lock-open",
    LedgerKind.REFUND: "rotate-ccw",
    LedgerKind.ADJUST: "pencil",
}
ICONS = tuple(_ICONS.values())


@dataclass(frozen=True)
class MovementRow:
    """One line of the ledger; `amount` is signed as the available credit moved."""

    id: int
    date: str
    icon: str
    what: str
    note: str
    amount: str
    balance: str


@dataclass(frozen=True)
class HeldRow:
    """Credits that one campaign holds. `id` 0 stands for all others."""

    id: int
    title: str
    amount: str


@dataclass(frozen=True)
class Credit:
    """The window's content. There are no movements for somebody who may not see them."""

    available: str = ""
    reserved: str = ""
    owed: str = ""
    held: list[HeldRow] = field(default_factory=list)
    movements: list[MovementRow] = field(default_factory=list)


def credit(view: CreditView, now: datetime) -> Credit:
    """What the service tells, as it is shown."""
    others = [HeldRow(0, texts.OTHER_CAMPAIGNS, number(view.held_by_others))] if view.held_by_others else []
    return Credit(
        available=number(view.available),
        reserved=texts.RESERVED.format(number=number(view.reserved)) if view.reserved else "",
        owed=texts.owed(view.owed) if view.owed else "",
        held=[*(HeldRow(each.campaign_id, each.title, number(each.segments)) for each in view.held), *others],
        movements=[_movement(line, view.time_zone, now) for line in view.movements or ()],
    )


def icon_of_kind(kind: LedgerKind) -> str:
    """One of `ICONS`."""
    return _ICONS[kind]


def signed(kind: LedgerKind, amount: int) -> str:
    """As the available credit moved: reserving 405 is "−405"."""
    sign = "−" if amount < 0 else _SIGNS.get(kind, "+")
    return f"{sign}{number(abs(amount))}"


def _movement(line: LedgerLine, zone: str, now: datetime) -> MovementRow:
    return MovementRow(
        id=line.id,
        date=formats.short_day(to_local(line.at, zone), to_local(now, zone)),
        icon=icon_of_kind(line.kind),
        what=texts.KINDS[line.kind],
        note=line.campaign_title or line.note,
        amount=signed(line.kind, line.amount),
        balance=number(line.available_after),
    )
