"""What somebody could do about a campaign: its failed recipients, its lost answers, and the one that is looked at."""

from __future__ import annotations

import functools

import reflex as rx

from backend.errors import AppError
from backend.services.acting import ActingUser
from backend.services.attention import ask_again, assume_delivered
from backend.services.recipient_actions import RecipientActions, recipient_actions_for
from backend.services.retrying import RetryOverview, retry_overview
from unisoft_ui import bridge, live
from unisoft_ui.shown import Shown, Values
from unisoft_ui.states.failures import explained, reference_of
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import retry as texts
from unisoft_ui.view_models.addresses import id_of, place_of, valid_id
from unisoft_ui.view_models.retry import Actions, Attention, actions, attention, button, refusal

ASSUME_ID = "assume-delivered"
_NOTHING = Values(retry_label="", panel=Attention(), actions=Actions())
_overviews: bridge.Shared[RetryOverview] = bridge.Shared()


class AttentionState(rx.State):
    """`place`: the campaign that all this is about, as the address had it. `retry_label`: of the button in the bar,
    empty without anybody to try again. `assume_id`: the recipient that the question before assuming is about, 0 for
    all. `running`: a second click does nothing.
    """

    place: str = ""
    retry_label: str = ""
    panel: Attention = Attention()
    actions: Actions = Actions()
    is_assuming: bool = False
    running: bool = False
    error: str = ""
    _assume_id: int = 0

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Keep true what can be done about the campaign, and the recipient, that the address names."""
        shown, session = Shown(self), bridge.session_hash(self)
        async with self:
            parameters = self.router.url.query_parameters
            campaign_id, recipient_id = id_of(parameters.get("id", "")), id_of(parameters.get("recipient", ""))
            self._show_place(place_of(parameters.get("id")))

        async def turn(signal: int) -> None:
            await shown.show(await _values(session, campaign_id, recipient_id, signal))

        await live.follow(turn, live.campaign_topic(campaign_id), min_interval_s=2.0)

    @rx.event(background=True)
    async def ask_again(self, recipient_id: int = 0):
        """Have the provider asked what became of the messages, or of the one."""
        async with self:
            campaign_id = self._campaign_id()
        try:
            done = await bridge.call(self, ask_again, campaign_id, valid_id(recipient_id) or None)
        except Exception as failure:  # noqa: BLE001 - whatever it was, it is said
            return bridge.lasting_toast(explained(failure, refusal))
        say = rx.toast.success if done.asked else rx.toast.info
        return say(texts.asked(done.asked, done.only_reports))

    @rx.event
    def ask_assume(self, recipient_id: int = 0):
        """Ask before messages are taken for delivered."""
        self._assume_id, self.is_assuming, self.running, self.error = valid_id(recipient_id), True, False, ""

    @rx.event(background=True)
    async def assume(self):
        """Take what was asked about for delivered."""
        async with self:
            if not self.is_assuming or self.running:
                return []
            self.running, self.error = True, ""
            campaign_id, recipient_id = self._campaign_id(), self._assume_id
        try:
            done = await bridge.call(self, assume_delivered, campaign_id, recipient_id or None)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the button comes back
            sentence = explained(failure, refusal)
            async with self:
                self.running, self.error = False, sentence
            return []
        async with self:
            self.running, self.is_assuming = False, False
        return [rx.toast.success(texts.assumed(done)), focus_first()]

    @rx.event
    def set_assuming(self, value: bool):
        """Escape and the close buttons."""
        if value is True or self.running:
            return None
        self.is_assuming = False
        return focus_first(f"{ASSUME_ID}-{self._assume_id}" if self._assume_id else ASSUME_ID)

    @rx.event
    def forget(self):
        """A page appeared: the question of the one before is over."""
        self.is_assuming = False

    def _show_place(self, place: str) -> None:
        """Nothing of another campaign stays."""
        if place != self.place:
            self.place, self.retry_label, self.panel, self.actions = place, "", Attention(), Actions()

    def _campaign_id(self) -> int:
        return id_of(self.router.url.query_parameters.get("id", ""))


async def _values(session_hash: str, campaign_id: int, recipient_id: int, signal: int) -> Values:
    """What can be done; nothing where that cannot be read: the page itself says why.

    Raises:
        SessionEndedError: nobody is signed in any more.
    """
    try:
        actor = await bridge.watching_user(session_hash)
        read = functools.partial(bridge.in_thread, retry_overview, actor, campaign_id)
        overview = await _overviews.get(signal, (actor.role, actor.rights, campaign_id), read)
        found = await _about(actor, campaign_id, recipient_id) if recipient_id else None
    except bridge.SessionEndedError:
        raise
    except AppError:
        return _NOTHING
    except Exception as error:  # noqa: BLE001 - the page is there without it
        reference_of("retry_overview_failed", error)
        return _NOTHING
    return Values(
        retry_label=button(overview), panel=attention(overview), actions=actions(found) if found else Actions()
    )


async def _about(actor: ActingUser, campaign_id: int, recipient_id: int) -> RecipientActions:
    return await bridge.in_thread(recipient_actions_for, actor, campaign_id, recipient_id)
