"""The question before those who wait for WhatsApp get the SMS instead, and doing it once."""

from __future__ import annotations

import reflex as rx
from reflex.event import EventSpec

from backend.services.sending_by_sms import find_sms_plan, send_by_sms_now
from unisoft_ui import bridge
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import by_sms as texts
from unisoft_ui.view_models.addresses import valid_id
from unisoft_ui.view_models.by_sms import SmsQuestion, sms_question, sms_refusal


class BySmsState(rx.State):
    """`running`: a second click does nothing; that of a second tab finds that nobody waits any more."""

    is_open: bool = False
    loading: bool = False
    running: bool = False
    error: str = ""
    shown: SmsQuestion = SmsQuestion()
    _campaign_id: int = 0

    @rx.event(background=True)
    async def ask(self, campaign_id: int):
        """Open the question at once, then fill in what it would do."""
        campaign_id = valid_id(campaign_id)
        async with self:
            if not campaign_id or self.running:
                return
            self._campaign_id, self.is_open, self.loading = campaign_id, True, True
            self.error, self.shown = "", SmsQuestion()
        error, shown = "", SmsQuestion()
        try:
            plan = await bridge.call(self, find_sms_plan, campaign_id)
            error, shown = ("", sms_question(plan)) if plan else (texts.NOT_WAITING, shown)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the question must not wait for ever
            error = explained(failure, sms_refusal)
        async with self:
            if self._campaign_id == campaign_id:
                self.error, self.shown, self.loading = error, shown, False

    @rx.event(background=True)
    async def confirm(self):
        """Send them the SMS."""
        async with self:
            if not self.is_open or self.running or self.loading or not self.shown.title:
                return []
            self.running, self.error = True, ""
            campaign_id = self._campaign_id
        try:
            done = await bridge.call(self, send_by_sms_now, campaign_id)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the button comes back
            sentence = explained(failure, sms_refusal)
            async with self:
                self.running, self.error, self.shown = False, sentence, SmsQuestion()
            return []
        async with self:
            self.running, self.is_open = False, False
            return [rx.toast.success(texts.done(done.by_sms)), self._focus()]

    @rx.event
    def set_open(self, value: bool):
        """Escape and the close buttons; while they are being moved the question stays."""
        if value is True or self.running:
            return None
        self.is_open = False
        return self._focus()

    @rx.event
    def forget(self):
        """A page appeared: the question of the one before is over."""
        self.is_open = False

    def _focus(self) -> EventSpec:
        """Back to what asked, or to what is left of it."""
        return focus_first(*(f"{place}-{self._campaign_id}" for place in ("send-by-sms", "qr", "menu")))
