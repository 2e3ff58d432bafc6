"""The window that connects WhatsApp: a code to scan, for as long as it is open."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import reflex as rx
from reflex.event import EventSpec

from backend import clock
from backend.domain.tracking import CampaignDetails
from backend.errors import AppError
from backend.services import whatsapp_pairing
from backend.services.acting import ActingUser
from backend.services.qr_codes import qr_svg
from backend.services.sending_by_sms import SmsPlan, find_sms_plan
from backend.services.tracking import campaign_details
from backend.services.whatsapp_pairing import Pairing
from unisoft_ui import bridge
from unisoft_ui.shown import Shown, Values
from unisoft_ui.states.by_sms import BySmsState
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import whatsapp as texts
from unisoft_ui.view_models.addresses import valid_id
from unisoft_ui.view_models.by_sms import sms_button
from unisoft_ui.view_models.pairing import Codes, Scene

_TICK_S = 1.0
_LOOK_EVERY = 2  # ticks
_TRY_AGAIN_EVERY = 5  # ticks
_CONNECTED_FOR_S = 4.0

CONNECT_ID, DISCONNECT_ID = "connect-whatsapp", "disconnect-whatsapp"
"""Of the buttons of a page that open the window, and the question before a disconnection."""


class PairingState(rx.State):
    """`status`: as in `Scene`. `qr` goes into the page and is never kept: whoever has it can pair a phone."""

    is_open: bool = False
    asks_to_disconnect: bool = False
    purpose: str = ""
    goes_on: str = ""
    title: str = ""
    status: str = "starting"
    countdown: str = ""
    left_percent: int = 0
    number: str = ""
    profile_name: str = ""
    qr: str = ""
    by_sms: str = ""
    _campaign_id: int = 0

    @rx.event
    def open(self, campaign_id: int = 0):
        """Show the window; `campaign_id` is the one that waits for the connection, 0 for none."""
        self._campaign_id, self.is_open = valid_id(campaign_id), True
        self.purpose, self.title, self.by_sms, self.status = texts.FROM_ELSEWHERE, "", "", "starting"
        return PairingState.pair(True)

    @rx.event
    def set_open(self, value: bool):
        """Escape and the buttons that close."""
        if value:
            return None
        return self._close()

    @rx.event
    def new_code(self):
        """After the codes ran out, or the phone refused."""
        self.status = "starting"
        return PairingState.pair(True)

    @rx.event
    def send_by_sms(self):
        """Do not wait for the connection: ask about that, in the place of the window."""
        self.is_open = False
        return [PairingState.pair(False), BySmsState.ask(self._campaign_id)]

    @rx.event
    def forget(self):
        """A page appeared: the window of the one before is over."""
        self.is_open, self.asks_to_disconnect = False, False
        return PairingState.pair(False)

    @rx.event
    def ask_to_disconnect(self):
        """Ask first, in the place of the window."""
        self.is_open, self.asks_to_disconnect = False, True
        return PairingState.pair(False)

    @rx.event
    def keep_connected(self, value: bool = False):
        """The question was closed."""
        self.asks_to_disconnect = False
        return self._focus()

    @rx.event(background=True)
    async def disconnect(self):
        """Unlink the phone, once for each question."""
        async with self:
            was_asked, self.asks_to_disconnect = self.asks_to_disconnect, False
            focus = self._focus()
        if not was_asked:
            return []
        try:
            pairing = await bridge.call(self, whatsapp_pairing.disconnect)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is said
            return [bridge.lasting_toast(explained(error)), focus]
        if pairing.state is not whatsapp_pairing.PairingState.FAILED:
            return [bridge.lasting_toast(texts.NOT_DISCONNECTED), focus]
        return [rx.toast.success(texts.DISCONNECTED), focus]

    @rx.event(background=True, supersedes=True)
    async def pair(self, wanted: bool):
        """Look at the pairing until it ends. Asked for anew, or not wanted any more, the one before stops."""
        async with self:
            if wanted is not True or not self.is_open:
                return []
            campaign_id = self._campaign_id
        try:
            await self._describe(campaign_id)
            was_connected_here = await self._follow()
        except Exception as error:  # noqa: BLE001 - whatever it was, the window must not wait for ever
            sentence = explained(error)
            async with self:
                return [bridge.lasting_toast(sentence), *self._close()]
        if not was_connected_here:
            return []
        await asyncio.sleep(_CONNECTED_FOR_S)
        async with self:
            return [*self._close(), rx.toast.success(texts.CONNECTED_TOAST)]

    async def _describe(self, campaign_id: int) -> None:
        """Say for whom the connection is needed, to those who may see the campaign."""
        if not campaign_id:
            return
        try:
            campaign, sms_plan = await bridge.call(self, _waiting, campaign_id)
        except bridge.SessionEndedError:
            raise
        except AppError:
            return
        async with self:
            self.title = campaign.title
            self.goes_on = texts.goes_on(campaign.title)
            self.purpose = texts.waiting(campaign.title, campaign.numbers.pending)
            self.by_sms = sms_button(sms_plan)

    async def _follow(self) -> bool:
        """Show every change until there is none to come; gives whether the phone was connected meanwhile."""
        shown, codes, was_open, tick = Shown(self), Codes(), False, 0
        await shown.show(_values(Scene(), ""))
        pairing, svg = await bridge.call(self, _begin)
        while True:
            scene = codes.scene(pairing, clock.now())
            await shown.show(_values(scene, svg))
            if scene.has_ended:
                return was_open and scene.status == "connected"
            was_open, tick = True, tick + 1
            await asyncio.sleep(_TICK_S)
            if scene.status == "unreachable":
                if tick % _TRY_AGAIN_EVERY == 0:
                    pairing, svg = await bridge.call(self, _begin)
            elif tick % _LOOK_EVERY == 0:
                pairing, svg = await bridge.call(self, _look, pairing, svg)

    def _close(self) -> list[EventSpec]:
        self.is_open = False
        return [PairingState.pair(False), self._focus()]  # pyright: ignore[reportReturnType]

    def _focus(self) -> EventSpec:
        """Back to what opened the window."""
        row = [f"qr-{self._campaign_id}", f"menu-{self._campaign_id}"] if self._campaign_id else []
        return focus_first(*row, CONNECT_ID, DISCONNECT_ID, "account-desktop", "account-phone")


def _waiting(actor: ActingUser, campaign_id: int) -> tuple[CampaignDetails, SmsPlan | None]:
    return campaign_details(actor, campaign_id), find_sms_plan(actor, campaign_id)


def _begin(actor: ActingUser) -> tuple[Pairing, str]:
    pairing = whatsapp_pairing.begin(actor)
    return pairing, qr_svg(pairing.qr_text) if pairing.qr_text else ""


def _look(actor: ActingUser, before: Pairing, svg: str) -> tuple[Pairing, str]:
    """The pairing now, and its picture: drawn anew when the code changed, and kept when there is none any more."""
    pairing = whatsapp_pairing.look(actor)
    changed = pairing.qr_text and pairing.qr_text != before.qr_text
    return pairing, qr_svg(pairing.qr_text) if changed else svg


def _values(scene: Scene, svg: str) -> Values:
    values = Values(**asdict(scene), qr=svg)
    values.kept = {name: value for name, value in values.kept.items() if name != "qr"}
    return values
