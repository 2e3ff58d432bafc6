"""The frame around every page: who is signed in, and the SMS credit."""

from __future__ import annotations

import reflex as rx

from backend.domain.rights import Role
from backend.services.credit_view import CreditView, credit_overview
from backend.services.frames import PageFrame, page_frame
from backend.settings import get_settings
from unisoft_ui import bridge, live
from unisoft_ui.texts import en, initials, number, simulated_sentence
from unisoft_ui.view_models.credits import MovementRow, movement_row


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
    simulated: str = ""
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
    async def set_credit_open(self, value: bool):
        """Show the balance and the last movements as of now, or hide them."""
        if value:
            self._show_credit(await bridge.call(self, credit_overview))
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
        self.simulated = simulated_sentence(get_settings().simulated_providers)

    def _show_credit(self, view: CreditView) -> None:
        self.credit = number(view.available)
        self.credit_reserved = number(view.reserved)
        self.credit_charged = number(view.charged)
        self.credit_bought = number(view.bought)
        self.movements = [movement_row(line) for line in view.movements]
