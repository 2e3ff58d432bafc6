"""One recipient, beside the list. The address bar says whose, so that going back closes it."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend import clock
from backend.errors import AppError, NotFoundError
from backend.services.recipient_history import (
    other_messages,
    prepared_message,
    raw_event,
    recipient_history,
)
from unisoft_ui import bridge, live, routes
from unisoft_ui.shown import Shown, Values
from unisoft_ui.states.failures import reference_of
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import campaigns, error_sentence
from unisoft_ui.view_models.addresses import id_of, place_of, valid_id
from unisoft_ui.view_models.recipient import (
    MessageShown,
    OtherLine,
    RecipientShown,
    ReplyLine,
    message_shown,
    other_lines,
    recipient_shown,
    reply_lines,
)
from unisoft_ui.view_models.recipient_addresses import read_recipients_address, recipients_address
from unisoft_ui.view_models.recipients import button_id

_MOST_OTHERS = 200


class RecipientState(rx.State):
    """`status`: loading, ready, missing or error, of the recipient that `place` names, as the address had it.
    `next_others` is the cursor of the contact's older messages, -1 at the end. Only one raw event is open at a time.
    """

    is_open: bool = False
    place: str = ""
    status: str = "loading"
    shown: RecipientShown = RecipientShown()
    message: MessageShown = MessageShown()
    replies: list[ReplyLine] = []
    older_replies: bool = False
    others: list[OtherLine] = []
    next_others: int = -1
    raw_id: int = 0
    raw_text: str = ""
    error: str = ""
    reference: str = ""
    _campaign_id: int = 0
    _recipient_id: int = 0

    @rx.event(background=True, supersedes=True)
    async def watch(self):
        """Show the recipient the address names, and keep it true while it is open; without one, show none."""
        shown, session = Shown(self), bridge.session_hash(self)
        async with self:
            parameters = self.router.url.query_parameters
            self.place = place_of(parameters.get("recipient"))
            campaign_id, recipient_id = id_of(parameters.get("id", "")), id_of(self.place)
            self._show_place(campaign_id, recipient_id)
        if not recipient_id:
            return
        await self._fill(session, campaign_id, recipient_id)

        async def turn(signal: int) -> None:
            del signal  # who looks at one recipient looks alone
            await shown.show(await _values(session, campaign_id, recipient_id))

        await live.follow(turn, live.campaign_topic(campaign_id), live.REPLIES_TOPIC, min_interval_s=1.0)

    async def _fill(self, session: str, campaign_id: int, recipient_id: int) -> None:
        """All of it for the first time: what comes later are steps and replies only."""
        values = await _values(session, campaign_id, recipient_id)
        around = await _around(session, campaign_id, recipient_id) if values.kept["status"] == "ready" else {}
        async with self:
            for name, value in {**around, **values.kept}.items():
                setattr(self, name, value)

    @rx.event
    def open(self, recipient_id: int):
        """Open one of the list. Nothing is read yet: the address leads to it."""
        return self._go(valid_id(recipient_id)) if valid_id(recipient_id) else None

    @rx.event
    def set_open(self, value: bool):
        """Closed, the focus goes back to the row; and the browser's history does not lead into it again."""
        if value is True or not self.is_open:
            return None
        self.is_open = False
        gone = self._go(0, replace=True)
        return [*([gone] if gone else []), focus_first(button_id(self._recipient_id))]

    @rx.event
    def retry(self):
        """Read again after an error."""
        self.status = "loading"
        return RecipientState.watch

    @rx.event(background=True)
    async def toggle_raw(self, event_id: int):
        """Show what the provider sent, or hide it again. The service refuses whoever is no administrator."""
        async with self:
            wanted = valid_id(event_id)
            if not wanted or wanted == self.raw_id:
                self.raw_id, self.raw_text = 0, ""
                return
            campaign_id, recipient_id = self._campaign_id, self._recipient_id
        text = await bridge.call(self, raw_event, campaign_id, recipient_id, wanted)
        async with self:
            if self._recipient_id == recipient_id:
                self.raw_id, self.raw_text = wanted, text

    @rx.event(background=True)
    async def show_more_others(self):
        """The next of the contact's messages. A second click brings the same ones, which are not added twice."""
        async with self:
            campaign_id, recipient_id, before = self._campaign_id, self._recipient_id, self.next_others
            room = _MOST_OTHERS - len(self.others)
        if before < 0 or room <= 0:
            return
        found = await bridge.call(self, other_messages, campaign_id, recipient_id, before)
        following = -1 if found.next_before is None else found.next_before
        async with self:
            if self._recipient_id == recipient_id and self.next_others == before:
                self.others = [*self.others, *other_lines(found, clock.now())]
                self.next_others = following if len(self.others) < _MOST_OTHERS else -1

    def _go(self, recipient_id: int, *, replace: bool = False) -> EventSpec | None:
        if self.router.url.path != routes.CAMPAIGN_DETAIL:
            return None
        parameters = self.router.url.query_parameters
        query = read_recipients_address(parameters)
        return rx.redirect(recipients_address(id_of(parameters.get("id", "")), query, recipient_id), replace=replace)

    def _show_place(self, campaign_id: int, recipient_id: int) -> None:
        self.is_open = recipient_id > 0
        if (campaign_id, recipient_id) != (self._campaign_id, self._recipient_id) and recipient_id:
            self._campaign_id, self._recipient_id, self.status = campaign_id, recipient_id, "loading"
            self.shown, self.message, self.others, self.next_others = RecipientShown(), MessageShown(), [], -1
            self.replies, self.older_replies = [], False
            self.raw_id, self.raw_text = 0, ""


async def _around(session_hash: str, campaign_id: int, recipient_id: int) -> dict[str, Any]:
    """What does not change while one looks: the message, and the first of the contact's others.

    Raises:
        SessionEndedError: nobody is signed in any more.
    """
    try:
        actor = await bridge.watching_user(session_hash)
        message = await bridge.in_thread(prepared_message, actor, campaign_id, recipient_id)
        others = await bridge.in_thread(other_messages, actor, campaign_id, recipient_id)
    except bridge.SessionEndedError:
        raise
    except Exception as error:  # noqa: BLE001 - the history is there without them
        reference = campaigns.error_reference(reference_of("recipient_message_failed", error))
        return {"message": MessageShown(empty=f"{campaigns.ERROR_TEXT} {reference}")}
    return {
        "message": message_shown(message),
        "others": other_lines(others, clock.now()),
        "next_others": -1 if others.next_before is None else others.next_before,
    }


async def _values(session_hash: str, campaign_id: int, recipient_id: int) -> Values:
    """The recipient, or the sentence and the reference of what kept it from being read.

    Raises:
        SessionEndedError: nobody is signed in any more.
    """
    try:
        actor = await bridge.watching_user(session_hash)
        history = await bridge.in_thread(recipient_history, actor, campaign_id, recipient_id)
        now = clock.now()
        return Values(
            status="ready",
            shown=recipient_shown(history, now),
            replies=reply_lines(history.replies, history.time_zone, now),
            older_replies=history.has_older_replies,
        )
    except bridge.SessionEndedError:
        raise
    except NotFoundError:
        return Values(status="missing")
    except AppError as error:
        return Values(status="error", error=error_sentence(error), reference="")
    except Exception as error:  # noqa: BLE001 - whatever it was, the page says so
        reference = campaigns.error_reference(reference_of("recipient_failed", error))
        return Values(status="error", error=campaigns.ERROR_TEXT, reference=reference)
