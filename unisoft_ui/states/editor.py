"""The form that makes a campaign, or opens a draft again.

The browser keeps what is typed: fields have initial values and no others, so no answer of the server can overtake the
typist, and a lost connection loses nothing. The blocks of the form have states of their own; the form is what is saved.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from reflex_base.utils.form import FormData

from backend import clock
from backend.domain.additional_content import NO_CONTENT
from backend.domain.channels import Channel
from backend.domain.editor_options import EditorOptions
from backend.domain.schedules import to_local
from backend.errors import ConflictError
from backend.services.draft_input import Care, DraftInput
from backend.services.drafts import create_campaign, load_content, load_draft, save_campaign
from backend.services.editor_options import load_editor_options
from unisoft_ui import bridge, routes
from unisoft_ui.states.confirmation import ConfirmationState
from unisoft_ui.states.content import ContentState
from unisoft_ui.states.content import show as show_content
from unisoft_ui.states.failures import explained, problem_of, sentence_of_form
from unisoft_ui.states.message import MessageState
from unisoft_ui.states.preview import PreviewState
from unisoft_ui.states.targets import TargetsState
from unisoft_ui.texts import campaigns
from unisoft_ui.texts import editor as texts
from unisoft_ui.view_models.addresses import id_of, place_of
from unisoft_ui.view_models.editor_form import (
    FormValues,
    field_error,
    form_values,
    incomplete,
    read_form,
    read_ids,
    unsaveable,
)
from unisoft_ui.view_models.editor_options import ChannelCard, channel_card

_NEW = DraftInput(title="", channel="")
_NONE = -1  # the id of no campaign
_KEEP, _SAVE, _VALIDATE, _SHOW = "keep", "save", "validate", "show"
_CARES = {_KEEP: Care.KEPT, _SAVE: Care.SAVED, _VALIDATE: Care.SENDABLE}
_TESTS = {"test-beside": "test_address_beside", "test-sheet": "test_address_sheet"}
_BESIDE = frozenset({_SHOW, *_TESTS})
_LOOK_AGAIN_S = 0.05
_LOOKS = 600
_sentence = partial(sentence_of_form, texts.ERROR_CODES)


class EditorState(rx.State):
    """`status`: loading, ready or missing, of the draft that the page calls `place`. `errors` by field; "form" for the
    whole.

    `saving`: one of the two buttons was pressed. `kept`: what the top bar says of the draft ("Draft saved at 10:24").
    """

    status: str = "loading"
    place: str = ""
    form_key: int = 0
    values: FormValues = FormValues()
    channels: list[ChannelCard] = []
    whatsapp_offered: bool = True
    zone: str = ""
    channel: str = ""
    channel_label: str = ""
    scheduled: bool = False
    fallback: str = ""
    errors: dict[str, str] = {}
    missing: str = ""
    saving: bool = False
    kept: str = ""
    kept_badly: bool = False
    conflict: bool = False
    is_new: bool = True

    _campaign_id: int = 0
    _version: int = 0
    _keeping: bool = False

    @rx.event(background=True)
    async def open(self, draft_id: str, place: str | None = None):
        """Begin anew: an empty form for "", or a stored draft. Called when the page appears.

        The page says which: when this arrives, the address the state knows can still be that of the page before.
        `place` is given where the page calls the draft otherwise: it began as a new one.
        """
        wanted = (id_of(draft_id) or _NONE) if draft_id else 0
        async with self:
            self.status, self.place = "loading", place_of(draft_id if place is None else place)
        try:
            draft, version = await bridge.call(self, load_draft, wanted) if wanted else (_NEW, 0)
            options = await bridge.call(self, load_editor_options)
            content = await bridge.call(self, load_content, wanted) if wanted else NO_CONTENT
        except Exception as error:  # noqa: BLE001 - whatever it was, the page says so
            sentence = explained(error, _sentence)
            async with self:
                self.status, self.missing = "missing", sentence
            return None
        async with self:
            self._campaign_id, self._version = wanted, version
            await self._show(draft, options)
            show_content(await self.get_state(ContentState), content)
        return [TargetsState.name_chosen, TargetsState.recount]

    @rx.event
    def close(self):
        """The page was left: the next one that appears begins empty, until it knows what it shows."""
        self.status = "loading"

    @rx.event
    def choose_channel(self, code: str):
        """The channel decides whom the campaign reaches, and with which texts."""
        self._show_channel(code)
        return [TargetsState.channel_chosen(code), MessageState.channel_chosen(code)]

    @rx.event
    def choose_when(self, when: str):
        self.scheduled = when == "date"

    @rx.event(background=True)
    async def save(self, form: FormData[str, Any]):
        """Save the draft; then back to the list, or on to validating it. A second click does nothing."""
        if not isinstance(form, FormData):
            return []
        purpose = _purpose(form)
        async with self:
            if purpose in _BESIDE and self.status == "ready":
                return await self._show_beside(form, purpose)
            if self.status != "ready" or self.saving or (purpose == _KEEP and (self._keeping or self.conflict)):
                return [_refused(form, busy=True)]
            self.saving, self._keeping = purpose != _KEEP or self.saving, purpose == _KEEP or self._keeping
        if purpose == _KEEP:
            return await self._keep(form)
        return await self._save(form, purpose)

    @rx.event(background=True)
    async def keep_mine(self):
        """Somebody else saved meanwhile, and what is written here shall replace it: said by the user."""
        async with self:
            campaign_id = self._campaign_id
        _, version = await bridge.call(self, load_draft, campaign_id)
        async with self:
            self._version, self.conflict, self.errors = version, False, {}
        return rx.call_script("window.draftForm?.send('save')")

    @rx.event
    def take_theirs(self):
        """Open the draft as somebody else saved it."""
        return [rx.call_script("window.draftForm?.forget()"), EditorState.open(str(self._campaign_id), self.place)]

    async def _show_beside(self, form: FormData[str, Any], purpose: str) -> rx.event.EventType:
        preview = await self.get_state(PreviewState)
        preview._take(read_form(form), self._campaign_id)  # noqa: SLF001 - a public method could be called by a browser
        if purpose == _SHOW:
            return PreviewState.render_form
        return PreviewState.send_test(str(form.get(_TESTS[purpose], "")))

    async def _keep(self, form: FormData[str, Any]) -> list[rx.event.EventType]:
        """Save what is being written, quietly; nothing is refused but what cannot be stored."""
        draft = read_form(form)
        stored, problem = False, ""
        if not unsaveable(draft).get("channel"):
            try:
                await self._store(draft, Care.KEPT)
                stored = True
            except ConflictError as error:
                await self._conflicted(error)
                problem = texts.NOT_SAVED
            except Exception as error:  # noqa: BLE001 - whatever it was, the form still has everything
                problem = next(iter(problem_of(error, field_error, _sentence).values()))
        async with self:
            self._keeping = False
            self.kept, self.kept_badly = (self._saved_now() if stored else problem), bool(problem)
            address = routes.campaign_edit(self._campaign_id) if self._campaign_id else ""
        # The preview shows the links and files that are stored.
        return [_accepted(form, address), PreviewState.render_form] if stored else [_refused(form)]

    async def _save(self, form: FormData[str, Any], purpose: str) -> list[rx.event.EventType]:
        await self._until_kept()
        draft = read_form(form)
        errors = incomplete(draft) if purpose == _VALIDATE else unsaveable(draft)
        if not errors:
            try:
                await self._store(draft, _CARES[purpose])
            except ConflictError as error:
                errors = {"form": await self._conflicted(error)}
            except Exception as error:  # noqa: BLE001 - whatever it was, nothing typed is lost
                errors = problem_of(error, field_error, _sentence)
        async with self:
            self.saving, self.errors = False, errors
            if errors:
                return [_refused(form), _focus(next(iter(errors)))]
            campaign_id = self._campaign_id
            self.kept, self.kept_badly = self._saved_now(), False
        accepted = _accepted(form, routes.campaign_edit(campaign_id))
        if purpose == _VALIDATE:
            return [accepted, ConfirmationState.ask(campaign_id)]
        return [accepted, rx.redirect(routes.CAMPAIGNS), rx.toast.success(texts.SAVED)]

    async def _store(self, draft: DraftInput, care: Care) -> None:
        async with self:
            campaign_id, version, opened = self._campaign_id, self._version, self.form_key
        titled = draft if draft.title.strip() else replace(draft, title=texts.UNTITLED)
        if campaign_id:
            version = await bridge.call(self, save_campaign, campaign_id, version, titled, care=care)
        else:
            campaign_id, version = await bridge.call(self, create_campaign, titled, care=care), 1
        async with self:
            if self.form_key == opened:  # another form would write over this draft
                self._campaign_id, self._version = campaign_id, version

    async def _until_kept(self) -> None:
        """What is being kept is stored first: two saves at once would be a conflict with oneself."""
        for _ in range(_LOOKS):
            async with self:
                if not self._keeping:
                    return
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _conflicted(self, error: ConflictError) -> str:
        async with self:
            self.conflict = error.code == "changed_meanwhile"
        return _sentence(error)

    def _saved_now(self) -> str:
        return texts.saved_at(to_local(clock.now(), self.zone).strftime("%H:%M"))

    async def _show(self, draft: DraftInput, options: EditorOptions) -> None:
        self.form_key += 1
        self.values = form_values(draft)
        self.channels = [channel_card(offer) for offer in options.channels]
        self.whatsapp_offered = all(card.offered for card in self.channels if card.code == Channel.WHATSAPP)
        self.zone, self.is_new = options.time_zone, not draft.channel
        self.scheduled = draft.scheduled_local is not None
        self.errors, self.saving, self.conflict, self.status = {}, False, False, "ready"
        self.kept, self.kept_badly, self._keeping = "", False, False
        self._show_channel(draft.channel)
        (await self.get_state(TargetsState))._show(draft, options)  # noqa: SLF001 - of the same form
        (await self.get_state(MessageState))._show(draft)  # noqa: SLF001

    def _show_channel(self, code: str) -> None:
        self.channel = code if isinstance(code, str) and code in set(Channel) else ""
        self.channel_label = campaigns.CHANNELS[Channel(self.channel)] if self.channel else ""
        self.fallback = texts.FALLBACK.get(self.channel, "")


def _purpose(form: FormData[str, Any]) -> str:
    """What the form is sent for: to be kept, saved, validated, shown beside itself, or tried out."""
    purpose = form.get("purpose")
    return purpose if isinstance(purpose, str) and purpose in {*_CARES, *_BESIDE} else _KEEP


def _accepted(form: FormData[str, Any], address: str) -> EventSpec:
    """Tell the page's script that what it sent is stored, and at which of our addresses."""
    return rx.call_script(f"window.draftForm?.accepted('{address}', {_turn(form)})")


def _refused(form: FormData[str, Any], *, busy: bool = False) -> EventSpec:
    return rx.call_script(f"window.draftForm?.refused({_turn(form)}, {str(busy).lower()})")


def _turn(form: FormData[str, Any]) -> int:
    """The number that the script gave to what it sent."""
    turns = read_ids([form.get("turn")])
    return turns[0] if turns else 0


def _focus(name: str) -> EventSpec:
    """Bring the first error into view. `name` is one of ours, never the browser's."""
    field = name if name.isidentifier() else "form"
    return rx.call_script(f"window.draftForm?.show('{field}')")
