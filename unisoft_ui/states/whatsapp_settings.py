"""The page that tells how WhatsApp stands."""

from __future__ import annotations

import reflex as rx

from backend.domain.channels import ConnectionState
from backend.services.whatsapp_overview import (
    WhatsAppAccount,
    WhatsAppOverview,
    messages_today,
    whatsapp_account,
    whatsapp_overview,
)
from unisoft_ui import bridge, live
from unisoft_ui.states.failures import explained
from unisoft_ui.view_models.whatsapp_settings import WhatsAppShown, whatsapp_shown

_NOBODY = WhatsAppAccount()
_COUNT_EVERY_S = 10.0  # of the messages of today no signal comes


class WhatsAppSettingsState(rx.State):
    """`status`: loading, ready or error."""

    status: str = "loading"
    error: str = ""
    shown: WhatsAppShown = WhatsAppShown()

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Keep the page true while it is open. Who is connected is asked once for each connection."""
        known: WhatsAppOverview | None = None
        account = _NOBODY

        async def turn(_signal: int) -> None:
            nonlocal known, account
            overview = await bridge.call(self, whatsapp_overview)
            today = await bridge.call(self, messages_today)
            if overview != known:
                known, account = overview, _NOBODY
            await self._show(overview, account, today)
            if overview.state is ConnectionState.CONNECTED and account == _NOBODY:
                # The gateway may take seconds: what the database knows is shown before it answers.
                account = await bridge.call(self, whatsapp_account)
                await self._show(overview, account, today)

        try:
            await live.follow(turn, live.WHATSAPP_TOPIC, min_interval_s=0.5, heartbeat_s=_COUNT_EVERY_S)
        except Exception as failure:  # noqa: BLE001 - such as a right that is missing
            sentence = explained(failure)
            async with self:
                self.shown, self.status, self.error = WhatsAppShown(), "error", sentence

    async def _show(self, overview: WhatsAppOverview, account: WhatsAppAccount, today: int | None) -> None:
        shown = whatsapp_shown(overview, account, today)
        async with self:
            if (self.shown, self.status) != (shown, "ready"):
                self.shown, self.status, self.error = shown, "ready", ""
