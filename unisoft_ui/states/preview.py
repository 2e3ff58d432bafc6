"""The message as a contact will see it, beside the form; and one to try it out."""

from __future__ import annotations

import reflex as rx

from backend.domain.channels import Medium
from backend.services.draft_input import DraftInput
from backend.services.previewing import preview_draft
from backend.services.samples import last_addresses, send_sample
from unisoft_ui import bridge
from unisoft_ui.states.failures import explained
from unisoft_ui.states.focus import focus_first
from unisoft_ui.texts import preview as texts
from unisoft_ui.view_models.addresses import valid_id
from unisoft_ui.view_models.preview import (
    Choice,
    Shown,
    contact_choices,
    medium_choices,
    outcome_sentence,
    sample_problem,
    shown,
)

_WIDTHS = ("phone", "desktop")


class PreviewState(rx.State):
    """What is shown of the form as it was sent last. Only the medium that is looked at goes to the browser."""

    media: list[Choice] = []
    medium: str = ""
    contacts: list[Choice] = []
    contact_id: str = ""
    shown: Shown = Shown()
    width: str = "phone"
    address: str = ""
    address_key: int = 0
    testing: bool = False
    result: str = ""
    result_is_good: bool = False
    is_open: bool = False

    _draft: DraftInput | None = None
    _campaign_id: int = 0
    _addresses: dict[str, str] = {}

    @rx.event(background=True)
    async def begin(self):
        """A form appeared: nothing is shown yet; where this user's tests went last."""
        async with self:  # at once: the form may be there before the addresses are
            self._draft, self.media, self.medium, self.contacts, self.contact_id = None, [], "", [], ""
            self.shown, self.result, self.testing, self.is_open = Shown(), "", False, False
        known = await bridge.call(self, last_addresses)
        async with self:
            self._addresses = {medium.value: address for medium, address in known.items()}

    @rx.event(background=True, supersedes=True)
    async def render_form(self):
        """Show the form as it was sent last."""
        async with self:
            draft, medium, campaign_id = self._draft, self.medium, self._campaign_id
            contact_id = int(self.contact_id or 0)
        if draft is None or not medium:
            return
        try:
            preview = await bridge.call(self, preview_draft, draft, campaign_id, contact_id)
        except Exception as error:  # noqa: BLE001 - what is wrong with the form is said beside its fields
            sentence = explained(error, lambda _: texts.UNREADABLE)
            async with self:
                self.shown = Shown(empty=sentence)
            return
        async with self:
            self.contacts = contact_choices(preview.contacts)
            self.contact_id = str(preview.shown_for.id) if preview.shown_for else ""
            self.shown = shown(preview, Medium(medium))

    @rx.event
    def choose_medium(self, code: str):
        if any(choice.code == code for choice in self.media):
            self._look_at(code)
        return PreviewState.render_form

    @rx.event
    def choose_contact(self, contact_id: str):
        known = isinstance(contact_id, str) and any(choice.code == contact_id for choice in self.contacts)
        self.contact_id = contact_id if known else ""
        return PreviewState.render_form

    @rx.event
    def step(self, forward: bool):
        """The next contact, or the one before; after the last comes the first."""
        codes = [choice.code for choice in self.contacts]
        if not codes:
            return None
        at = codes.index(self.contact_id) if self.contact_id in codes else 0
        self.contact_id = codes[(at + (1 if forward is True else -1)) % len(codes)]
        return PreviewState.render_form

    @rx.event
    def choose_width(self, width: str):
        self.width = width if width in _WIDTHS else "phone"

    @rx.event
    def set_open(self, value: bool):
        """The sheet of small screens; closed, the focus goes back to its button."""
        self.is_open = value is True
        return None if self.is_open else focus_first("open-preview")

    @rx.event(background=True)
    async def send_test(self, address: str):
        """Send what the form holds to an address. A second click does nothing."""
        async with self:
            if self.testing or self._draft is None:
                return
            self.testing, self.result = True, ""
            draft, medium, campaign_id = self._draft, self.medium, self._campaign_id
            contact_id = int(self.contact_id or 0)
        given = address[:300] if isinstance(address, str) else ""
        try:
            outcome = await bridge.call(self, send_sample, draft, medium, given, campaign_id, contact_id)
            sentence, is_good = outcome_sentence(outcome)
        except Exception as error:  # noqa: BLE001 - whatever it was, the button comes back
            sentence, is_good = explained(error, sample_problem), False
        async with self:
            self.testing, self.result, self.result_is_good = False, sentence, is_good
            if is_good:
                self._addresses = {**self._addresses, medium: given}

    def _take(self, draft: DraftInput, campaign_id: int) -> None:
        """The form as it stands now."""
        self._draft, self._campaign_id = draft, valid_id(campaign_id)
        self.media = medium_choices(draft.channel)
        if not any(choice.code == self.medium for choice in self.media):
            self._look_at(self.media[0].code if self.media else "")

    def _look_at(self, code: str) -> None:
        self.medium, self.result = code, ""
        self.address = self._addresses.get(code, "")
        self.address_key += 1
