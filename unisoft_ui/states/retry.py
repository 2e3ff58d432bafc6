"""The dialog that tries again: what it would do by each way, and doing it once."""

from __future__ import annotations

import reflex as rx

from backend.services.attention import retry_unknown, summarise_unknown
from backend.services.retrying import retry_failed, summarise_retry
from unisoft_ui import bridge
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import retry as texts
from unisoft_ui.view_models.addresses import id_of, valid_id
from unisoft_ui.view_models.retry import OWN_WAY, Plan, plans, read_way, refusal

BUTTON_ID, SEND_AGAIN_ID = "retry-failed", "send-again"


class RetryState(rx.State):
    """`plan` is the chosen one of `plans`. `running`: a second click does nothing. `_recipient_id` 0: all of them."""

    is_open: bool = False
    loading: bool = False
    running: bool = False
    is_unknown: bool = False
    error: str = ""
    plans: list[Plan] = []
    plan: Plan = Plan()
    asked: int = 0
    _campaign_id: int = 0
    _recipient_id: int = 0

    @rx.event
    def ask(self, recipient_id: int = 0, way: str = OWN_WAY):
        """Ask before the failed recipients of this page's campaign, or the one, are tried again."""
        return self._ask(recipient_id, way, is_unknown=False)

    @rx.event
    def ask_unknown(self, recipient_id: int = 0):
        """Ask before those whose answer was lost, or the one, are sent to again."""
        return self._ask(recipient_id, OWN_WAY, is_unknown=True)

    @rx.event(background=True)
    async def compute(self, wanted: str):
        """Fill in what it would do; `wanted` is the way that was asked for."""
        async with self:
            campaign_id, recipient_id, asked = self._campaign_id, self._recipient_id or None, self.asked
            is_unknown, is_open = self.is_unknown, self.is_open
        if not is_open:
            return
        error, found = "", []
        try:
            summarise = summarise_unknown if is_unknown else summarise_retry
            found = plans(await bridge.call(self, summarise, campaign_id, recipient_id), is_unknown=is_unknown)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the dialog must not wait for ever
            error = explained(failure, refusal)
        async with self:
            if self.asked == asked:
                self.plans, self.error, self.loading = found, error, False
                self._choose(wanted)

    @rx.event
    def choose_way(self, way: str):
        """Another medium, or the channel's own order again."""
        if not self.running:
            self._choose(way)

    @rx.event(background=True)
    async def confirm(self):
        """Try them again."""
        async with self:
            if not self.is_open or self.running or self.loading or self.plan.blocked or not self.plans:
                return []
            self.running, self.error = True, ""
            campaign_id, recipient_id = self._campaign_id, self._recipient_id or None
            way, act, asked = read_way(self.plan.way), retry_unknown if self.is_unknown else retry_failed, self.asked
        try:
            done = await bridge.call(self, act, campaign_id, way, recipient_id)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the button comes back
            sentence = explained(failure, refusal)
            async with self:
                if self.asked == asked:
                    self.running, self.error = False, sentence
            return []
        async with self:
            if self.asked == asked:
                self.running, self.is_open = False, False
        return [rx.toast.success(texts.retried(done.recipients)), focus_first(f"recipient-{recipient_id}")]

    @rx.event
    def set_open(self, value: bool):
        """Escape and the close buttons; while they are being restarted the dialog stays."""
        if value is True or self.running:
            return None
        self.is_open = False
        place = SEND_AGAIN_ID if self.is_unknown else BUTTON_ID
        return focus_first(f"{place}-{self._recipient_id}" if self._recipient_id else place)

    @rx.event
    def forget(self):
        """A page appeared: the question of the one before is over."""
        self.is_open = False

    def _ask(self, recipient_id: int, way: str, *, is_unknown: bool) -> rx.event.EventSpec | None:
        self._campaign_id = id_of(self.router.url.query_parameters.get("id", ""))
        self._recipient_id = valid_id(recipient_id)
        if self.running or (recipient_id and not self._recipient_id):
            return None
        self.is_open, self.loading, self.is_unknown, self.error = True, True, is_unknown, ""
        self.plans, self.plan = [], Plan()
        self.asked += 1
        return RetryState.compute(way if isinstance(way, str) else OWN_WAY)  # pyright: ignore[reportReturnType]

    def _choose(self, way: str) -> None:
        self.plan = next((plan for plan in self.plans if plan.way == way), self.plans[0] if self.plans else Plan())
