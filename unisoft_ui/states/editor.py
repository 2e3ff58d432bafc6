"""The form that makes a campaign, or opens a draft again.

The browser keeps what is typed: fields have initial values and no others, so no answer of the server can overtake the
typist, and a lost connection loses nothing. What is chosen is known here as well, to count whom it reaches.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from reflex_base.utils.form import FormData

from backend.domain.channels import Channel, Medium, media_of
from backend.domain.editor_options import EditorOptions
from backend.errors import AppError, InvalidInputError
from backend.services.drafts import DraftInput, create_campaign, load_draft, save_campaign
from backend.services.editor_options import load_editor_options
from backend.services.targets import count_targets
from unisoft_ui import bridge, routes
from unisoft_ui.states.confirmation import ConfirmationState
from unisoft_ui.states.failures import explained
from unisoft_ui.texts import editor as texts
from unisoft_ui.view_models.addresses import id_of
from unisoft_ui.view_models.editor_form import FormValues, field_error, form_values, incomplete, read_form, read_ids
from unisoft_ui.view_models.editor_options import CategoryChip, ChannelCard, category_chip, channel_card
from unisoft_ui.view_models.reach import Reach, reach
from unisoft_ui.view_models.sms_meter import SmsMeter, sms_meter

_PAUSE_IN_CHOOSING_S = 0.25
_LONGEST_TEXT = 10_000
_NEW = DraftInput(title="", channel="")
_NONE = -1  # the id of no campaign


class EditorState(rx.State):
    """`status`: loading, ready or missing. `errors` by field; "form" for the whole."""

    status: str = "loading"
    form_key: int = 0
    values: FormValues = FormValues()
    channels: list[ChannelCard] = []
    categories: list[CategoryChip] = []
    zone: str = ""
    channel: str = ""
    everyone: bool = False
    scheduled: bool = False
    needs_email: bool = False
    needs_sms: bool = False
    needs_whatsapp: bool = False
    fallback: str = ""
    reach: Reach = Reach()
    counting: bool = False
    meter: SmsMeter = SmsMeter()
    errors: dict[str, str] = {}
    missing: str = ""
    saving: bool = False

    _campaign_id: int = 0
    _version: int = 0
    _chosen: list[int] = []
    _one_per_household: bool = False
    _validate_after: bool = False

    @rx.event(background=True)
    async def open(self, draft_id: str):
        """Begin anew: an empty form for "", or a stored draft. Called when the page appears.

        The page says which: when this arrives, the address the state knows can still be that of the page before.
        """
        wanted = (id_of(draft_id) or _NONE) if draft_id else 0
        async with self:
            # A form that is this one already stays: somebody may be typing into it.
            if wanted != self._campaign_id:
                self.status = "loading"
        try:
            draft, version = await bridge.call(self, load_draft, wanted) if wanted else (_NEW, 0)
            options = await bridge.call(self, load_editor_options)
        except Exception as error:  # noqa: BLE001 - whatever it was, the page says so
            sentence = explained(error, _conflict)
            async with self:
                self.status, self.missing = "missing", sentence
            return None
        async with self:
            self._campaign_id, self._version = wanted, version
            self._show(draft, options)
        return EditorState.recount

    @rx.event
    def choose_channel(self, code: str):
        self._show_channel(code)
        return EditorState.recount

    @rx.event
    def choose_targets(self, who: str):
        self.everyone = who == "everyone"
        return EditorState.recount

    @rx.event
    def toggle_category(self, category_id: str, chosen: bool):
        """Tick or untick a category."""
        ids = set(read_ids([category_id]))
        kept = [known for known in self._chosen if known not in ids]
        self._chosen = [*kept, *ids] if chosen is True else kept
        return EditorState.recount

    @rx.event
    def toggle_household(self, chosen: bool):
        self._one_per_household = chosen is True
        return EditorState.recount

    @rx.event
    def choose_when(self, when: str):
        self.scheduled = when == "date"

    @rx.event
    def measure_sms(self, text: str):
        """Count segments while the text is written."""
        given = text[:_LONGEST_TEXT] if isinstance(text, str) else ""
        self.meter = sms_meter(given.encode(errors="ignore").decode())  # half a character cannot be sent back

    @rx.event(background=True, supersedes=True)
    async def recount(self):
        """Count whom the choice reaches; a newer choice cancels an older count."""
        async with self:
            draft = replace(
                _NEW,
                channel=self.channel,
                everyone=self.everyone,
                category_ids=tuple(self._chosen),
                one_per_household=self._one_per_household,
            )
            if hint := _hint(draft):
                self.reach, self.counting = Reach(hint=hint), False
                return
            self.counting = True
        await asyncio.sleep(_PAUSE_IN_CHOOSING_S)
        count = await bridge.call(self, count_targets, draft)
        async with self:
            self.reach, self.counting = reach(Channel(draft.channel), count), False

    @rx.event
    def then_validate(self, wanted: bool):
        """Which of the two buttons is about to send the form."""
        self._validate_after = wanted is True

    @rx.event(background=True)
    async def save(self, form: FormData[str, Any]):
        """Save the draft; then back to the list, or on to validating it. A second click does nothing."""
        async with self:
            if self.saving or self.status != "ready":
                return []
            self.saving, self.errors = True, {}
            campaign_id, version = self._campaign_id, self._version
        try:
            draft = await _described(self, form, campaign_id)
            errors = incomplete(draft)
            if not errors:
                campaign_id, version = await _store(self, draft, campaign_id, version)
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing typed is lost
            errors = _problem(error)
        if errors:
            async with self:
                self.saving, self.errors = False, errors
            return [_focus(next(iter(errors)))]
        async with self:
            self.saving, self._campaign_id, self._version = False, campaign_id, version
            if self._validate_after:
                return [ConfirmationState.ask(campaign_id)]
            self.status = "loading"
        return [rx.redirect(routes.CAMPAIGNS), rx.toast.success(texts.SAVED)]

    def _show(self, draft: DraftInput, options: EditorOptions) -> None:
        shown = {
            "values": form_values(draft),
            "channels": [channel_card(offer) for offer in options.channels],
            "categories": [category_chip(choice, draft.category_ids) for choice in options.categories],
        }
        if self.status != "ready" or any(getattr(self, name) != value for name, value in shown.items()):
            self.form_key += 1
        for name, value in shown.items():
            setattr(self, name, value)
        self.zone = options.time_zone
        self._chosen, self._one_per_household = list(draft.category_ids), draft.one_per_household
        self.everyone, self.scheduled = draft.everyone, draft.scheduled_local is not None
        self.meter = sms_meter(draft.sms_text)
        self.errors, self.saving, self.status = {}, False, "ready"
        self._show_channel(draft.channel)

    def _show_channel(self, code: str) -> None:
        known = isinstance(code, str) and code in set(Channel)
        media = media_of(Channel(code)) if known else ()
        self.channel = code if known else ""
        self.needs_email, self.needs_sms = Medium.EMAIL in media, Medium.SMS in media
        self.needs_whatsapp = Medium.WHATSAPP in media
        self.fallback = texts.FALLBACK.get(self.channel, "")


async def _described(state: rx.State, form: FormData[str, Any], campaign_id: int) -> DraftInput:
    """The draft of a form. The fields are not all there is to a stored one: the rest of it stays."""
    if not campaign_id:
        return read_form(form)
    stored, _ = await bridge.call(state, load_draft, campaign_id)
    return read_form(form, stored)


async def _store(state: rx.State, draft: DraftInput, campaign_id: int, version: int) -> tuple[int, int]:
    """Create or save; gives id and version."""
    if not campaign_id:
        return await bridge.call(state, create_campaign, draft), 1
    return campaign_id, await bridge.call(state, save_campaign, campaign_id, version, draft)


def _hint(draft: DraftInput) -> str:
    if not draft.channel:
        return texts.CHOOSE_CHANNEL
    return "" if draft.everyone or draft.category_ids else texts.CHOOSE_TARGETS


def _problem(error: Exception) -> dict[str, str]:
    """The field an error belongs to, or "form", and its sentence."""
    if isinstance(error, InvalidInputError):
        name, sentence = field_error(error)
        return {name or "form": sentence}
    return {"form": explained(error, _conflict)}


def _conflict(error: AppError) -> str:
    return texts.ERROR_CODES.get(error.code) or explained(error)


def _focus(name: str) -> EventSpec:
    """Bring the first error into view. `name` is one of ours, never the browser's."""
    field = name if name.isidentifier() else "form"
    return rx.call_script(f"document.querySelector('[data-error-for={field}]')?.focus()")
