"""The frame around every page: who is signed in, and the SMS credit."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from backend.domain.rights import Role
from backend.repositories.ledger import LedgerLine
from backend.services.credit_view import CreditView, credit_overview
from backend.services.frames import PageFrame, page_frame
from backend.settings import get_settings
from unisoft_ui import bridge, live
from unisoft_ui.texts import en, initials, number


@dataclass(frozen=True)
class MovementRow:
    """One line of the ledger, in words."""

    id: int
    date: str
    what: str
    note: str
    amount: str


class ShellState(rx.State):
    """Small on purpose: every page carries it."""

    user_name: str = ""
    user_initials: str = ""
    role: str = ""
    organisation: str = ""
    organisation_initials: str = ""
    city: str = ""
    credit: str = ""
    may_see_ledger: bool = False
    simulated: bool = False
    credit_open: bool = False
    credit_reserved: str = ""
    credit_charged: str = ""
    credit_bought: str = ""
    movements: list[MovementRow] = []

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Keep the frame true while the page is open."""
        async for _ in live.changes(live.CREDIT_TOPIC, min_interval_s=1.0):
            frame = await bridge.call(self, page_frame)
            async with self:
                self._show_frame(frame)

    @rx.event
    async def open_credit(self):
        """Show the balance and the last movements."""
        view = await bridge.call(self, credit_overview)
        self._show_credit(view)
        self.credit_open = True

    @rx.event
    def set_credit_open(self, value: bool):
        self.credit_open = bool(value)

    def _show_frame(self, frame: PageFrame) -> None:
        self.user_name = frame.user_name
        self.user_initials = initials(frame.user_name)
        self.role = en.ROLES[Role(frame.role)]
        self.organisation = frame.organisation
        self.organisation_initials = initials(frame.organisation)
        self.city = frame.city
        self.credit = "" if frame.available_credit is None else number(frame.available_credit)
        self.may_see_ledger = frame.may_see_ledger
        self.simulated = bool(get_settings().simulated_providers)

    def _show_credit(self, view: CreditView) -> None:
        self.credit = number(view.available)
        self.credit_reserved = number(view.reserved)
        self.credit_charged = number(view.charged)
        self.credit_bought = number(view.bought)
        self.movements = [_movement(line) for line in view.movements]


_TAKES = {"reserve"}
_NEUTRAL = {"charge"}


def _movement(line: LedgerLine) -> MovementRow:
    kind = line.kind.value
    sign = "−" if kind in _TAKES else "" if kind in _NEUTRAL else "+"
    amount = number(abs(line.amount))
    return MovementRow(
        id=line.id,
        date=f"{line.at:%-d %b %Y}",
        what=en.LEDGER_KINDS[line.kind],
        note=line.campaign_title or line.note,
        amount=f"{'−' if line.amount < 0 else sign}{amount}",
    )
