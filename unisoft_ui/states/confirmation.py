"""The dialog that validates a campaign: what it would do, and doing it once."""

from __future__ import annotations

import reflex as rx
from reflex.event import EventSpec
from reflex_components_sonner.toast import ToastAction

from backend import clock
from backend.services.validation import ValidationSummary, summarise, validate_campaign
from unisoft_ui import bridge, routes
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.states.runs import RunsState
from unisoft_ui.texts import confirmation as texts
from unisoft_ui.texts import number
from unisoft_ui.view_models.addresses import valid_id
from unisoft_ui.view_models.confirmation import Confirmation, confirmation, done_sentence, is_typed, refusal


class ConfirmationState(rx.State):
    """`running` while the campaign is being validated: a second click, or a second tab's, does nothing."""

    is_open: bool = False
    _campaign_id: int = 0
    loading: bool = False
    running: bool = False
    error: str = ""
    shown: Confirmation = Confirmation()
    _typed: str = ""
    _total: int = 0

    @rx.event(background=True)
    async def ask(self, campaign_id: int):
        """Open the dialog at once, then fill in what validating would do."""
        if not valid_id(campaign_id):
            return
        async with self:
            self._campaign_id, self.is_open, self.loading = campaign_id, True, True
            self.error, self.running, self.shown, self._typed = "", False, Confirmation(), ""
        await self._compute(campaign_id)

    @rx.event(background=True)
    async def confirm(self, send_now: bool = False):
        """Validate and send."""
        async with self:
            if not self.is_open or self.running or self.loading:
                return []
            if self.shown.typed_label and not is_typed(self._typed, self._total):
                self.error = texts.TYPED_WRONG.format(total=number(self._total))
                return [rx.set_focus("typed-total")]
            self.running, self.error = True, ""
            campaign_id = self._campaign_id
        return await self._validate(campaign_id, send_now=send_now is True)

    @rx.event
    def set_typed(self, text: str):
        """The number of recipients, as somebody types it."""
        self._typed = text[:20] if isinstance(text, str) else ""

    @rx.event
    def set_open(self, value: bool):
        """Escape and the close buttons; while it is being validated the dialog stays."""
        if value or self.running:
            return None
        self.is_open = False
        return self._focus_back()

    @rx.event
    def forget(self):
        """A page appeared: whatever was being asked on the one before is over."""
        self.is_open = False

    @rx.event
    def change_date(self):
        """Leave the dialog for the form, where the date is."""
        self.is_open = False
        at_list = self.router.url.path == routes.CAMPAIGNS
        return rx.redirect(routes.campaign_edit(self._campaign_id)) if at_list else None

    def _focus_back(self) -> EventSpec:
        """To the button that asked: that of the row, or one of the form's two."""
        return focus_first(f"validate-{self._campaign_id}", "validate-desktop", "validate-phone")

    async def _compute(self, campaign_id: int) -> None:
        error, shown, total = "", Confirmation(), 0
        try:
            summary = await bridge.call(self, summarise, campaign_id)
            shown, total = confirmation(summary, clock.now()), summary.total
        except Exception as failure:  # noqa: BLE001 - whatever it was, the dialog must not wait for ever
            error = explained(failure, refusal)
        async with self:
            if self._campaign_id == campaign_id:
                self.shown, self.error, self.loading, self._total = shown, error, False, total

    async def _validate(self, campaign_id: int, *, send_now: bool) -> list[EventSpec]:
        try:
            summary = await bridge.call(self, validate_campaign, campaign_id, send_now=send_now)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the button comes back
            sentence = explained(failure, refusal)
            async with self:
                if self._campaign_id == campaign_id:
                    self.running, self.error = False, sentence
            return []
        async with self:
            if self._campaign_id == campaign_id:
                self.running, self.is_open = False, False
            elsewhere = self.router.url.path != routes.CAMPAIGNS
        toast = _toast(summary, send_now=send_now)
        return [rx.redirect(routes.CAMPAIGNS), toast] if elsewhere else [toast, focus_first()]


def _toast(summary: ValidationSummary, *, send_now: bool) -> EventSpec:
    sentence = done_sentence(summary, send_now=send_now)
    if not summary.grace_s or (summary.scheduled_at is not None and not send_now):
        return rx.toast.success(sentence)
    undo = ToastAction(texts.UNDO, RunsState.back_to_draft(summary.campaign_id))
    return rx.toast.success(sentence, action=undo, duration=summary.grace_s * 1_000)
