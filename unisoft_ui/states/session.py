"""The frame around every page: who is signed in, and the SMS credit."""

from __future__ import annotations

import functools

import reflex as rx

from backend import clock
from backend.domain.rights import Right, Role
from backend.services.credit_view import CreditView, credit_overview
from backend.services.frames import PageFrame, page_frame
from backend.services.low_credit import put_notice_aside
from backend.services.whatsapp_overview import may_see_whatsapp
from backend.settings import get_settings
from unisoft_ui import bridge, live
from unisoft_ui.states import shop
from unisoft_ui.texts import credit as credit_texts
from unisoft_ui.texts import en, initials, number, simulated_sentence
from unisoft_ui.view_models.credits import Credit, HeldRow, MovementRow, credit

_frames: bridge.Shared[PageFrame] = bridge.Shared()
_credits: bridge.Shared[CreditView] = bridge.Shared()


class ShellState(rx.State):
    """Small on purpose: every page carries it."""

    user_name: str = ""
    user_initials: str = ""
    role: str = ""
    organisation: str = ""
    organisation_initials: str = ""
    city: str = ""
    credit: str = ""
    low_credit: str = ""
    low_notice: bool = False
    may_see_ledger: bool = False
    may_edit_settings: bool = False
    may_see_whatsapp: bool = False
    whatsapp_connected: bool = True  # what is usual does not appear late
    may_edit_templates: bool = True  # what most may do does not appear late
    simulated: str = ""
    credit_open: bool = False
    credit_reserved: str = ""
    credit_owed: str = ""
    held: list[HeldRow] = []
    movements: list[MovementRow] = []

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Keep the frame true while the page is open."""
        last: tuple[PageFrame, bool, bool, bool] | None = None
        session = bridge.session_hash(self)

        async def turn(signal: int) -> None:
            nonlocal last
            actor = await bridge.watching_user(session)
            frame = await _frames.get(signal, actor, functools.partial(bridge.in_thread, page_frame, actor))
            rights = actor.may(Right.SETTINGS_EDIT), actor.may(Right.TEMPLATES_EDIT), may_see_whatsapp(actor)
            shown = frame, *rights
            if shown != last:
                async with self:
                    self._show_frame(frame)
                    self.may_edit_settings, self.may_edit_templates, self.may_see_whatsapp = rights
                last = shown

        await live.follow(turn, live.CREDIT_TOPIC, live.WHATSAPP_TOPIC, min_interval_s=1.0)

    @rx.event(background=True, supersedes=True)
    async def set_credit_open(self, value: bool):
        """Show balance, packs and movements, and keep them true; or hide them, which ends the watching."""
        if value is not True:
            async with self:
                self.credit_open = False
            return
        async with self:
            shop.begin(await self.get_state(shop.ShopState))
        last: CreditView | None = None
        session = bridge.session_hash(self)

        async def turn(signal: int) -> None:
            nonlocal last
            actor = await bridge.watching_user(session)
            view = await _credits.get(signal, actor, functools.partial(bridge.in_thread, credit_overview, actor))
            if view != last:
                async with self:
                    self._show_credit(credit(view, clock.now()))
                    shop.show(await self.get_state(shop.ShopState), view)
                    self.credit_open = True
                last = view

        await live.follow(turn, live.CREDIT_TOPIC, min_interval_s=1.0)

    @rx.event(background=True)
    async def put_low_notice_aside(self):
        """Until the credit falls below the threshold again."""
        await bridge.call(self, put_notice_aside)
        async with self:
            self.low_notice = False

    def _show_frame(self, frame: PageFrame) -> None:
        self.user_name = frame.user_name
        self.user_initials = initials(frame.user_name)
        self.role = en.ROLES[Role(frame.role)]
        self.organisation = frame.organisation
        self.organisation_initials = initials(frame.organisation)
        self.city = frame.city
        self.credit = "" if frame.available_credit is None else number(frame.available_credit)
        self.low_credit = credit_texts.low(frame.low_below) if frame.low_below else ""
        self.low_notice = frame.low_notice
        self.may_see_ledger = frame.may_see_ledger
        self.whatsapp_connected = frame.whatsapp_connected
        self.simulated = simulated_sentence(get_settings().simulated_providers)

    def _show_credit(self, shown: Credit) -> None:
        self.credit = shown.available
        self.credit_reserved = shown.reserved
        self.credit_owed = shown.owed
        self.held = shown.held
        self.movements = shown.movements
