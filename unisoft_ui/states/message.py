"""The texts of the campaign that is being written."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import reflex as rx

from backend.domain.channels import Channel, Medium, media_of
from backend.services.additional_content import LinkInput
from backend.services.draft_input import DraftInput
from backend.services.senders import load_senders
from backend.services.sms_cost import sms_cost
from backend.services.template_choices import list_choices, template_preview
from backend.services.whatsapp_overview import whatsapp_account
from unisoft_ui import bridge
from unisoft_ui.states.content import ContentState
from unisoft_ui.states.targets import TargetsState
from unisoft_ui.view_models.editor_form import read_ids
from unisoft_ui.view_models.message import (
    MessageProgress,
    MessageValues,
    TemplateLine,
    message_values,
    progress,
    subject_hint,
    template_line,
    text_length,
    words_of,
)
from unisoft_ui.view_models.phone_numbers import readable
from unisoft_ui.view_models.sms_costs import CostBox, cost_box
from unisoft_ui.view_models.sms_meter import SmsMeter, sms_meter

_LONGEST_TEXT = 10_000
_PAUSE_IN_WRITING_S = 0.3
_TABS = (Medium.WHATSAPP, Medium.SMS, Medium.EMAIL)
_PICTURE = "picture"  # stands for the words of an email that has none


class MessageState(rx.State):
    """`values` are what the fields open with; what is typed later the browser keeps, and tells here to be measured."""

    values: MessageValues = MessageValues()
    media: list[str] = []
    tab: str = ""
    progress: MessageProgress = MessageProgress()
    has_text: dict[str, bool] = {}
    meter: SmsMeter = SmsMeter()
    cost: CostBox = CostBox()
    counting: bool = False
    length_hint: str = subject_hint("")
    whatsapp_length: str = text_length("")
    sender: str = ""
    whatsapp_number: str = ""

    by_template: bool = False
    templates: list[TemplateLine] = []
    templates_known: bool = False
    template_id: str = ""
    template_renewed: bool = False
    template_html: str = ""

    _written: dict[str, str] = {}
    _longest: dict[str, str] | None = None

    @rx.event
    def channel_chosen(self, code: str):
        """The channel decides which texts are needed."""
        self._show_channel(code)
        self._measure()

    @rx.event
    def choose_tab(self, medium: str):
        if medium in self.media:
            self.tab = medium

    @rx.event
    def write_sms(self, text: str):
        """Measure while the text is written, and count what it costs when the typist pauses."""
        self._write("sms_text", text)
        self.meter = sms_meter(self._written["sms_text"], self._longest)
        return MessageState.count_cost

    @rx.event
    def write_whatsapp(self, text: str):
        self._write("whatsapp_text", text)
        self.whatsapp_length = text_length(self._written["whatsapp_text"])

    @rx.event
    def write_subject(self, text: str):
        self._write("subject", text)
        self.length_hint = subject_hint(self._written["subject"])

    @rx.event
    def write_email(self, text: str, has_picture: bool):
        """The words of the email, without their looks."""
        self._write("email_html", text if isinstance(text, str) and text.strip() else _PICTURE * (has_picture is True))

    @rx.event(background=True, supersedes=True)
    async def count_cost(self):
        """Count what the SMS cost, for the text as written and the targets as chosen."""
        async with self:
            draft = await self._draft()
            if not _is_countable(draft):
                self.cost, self.counting, self._longest = CostBox(), False, None
                self.meter = sms_meter(draft.sms_text)
                return
            self.counting = True
        await asyncio.sleep(_PAUSE_IN_WRITING_S)
        cost = await bridge.call(self, sms_cost, draft)
        async with self:
            self.cost, self.counting, self._longest = cost_box(cost), False, dict(cost.longest)
            self.meter = sms_meter(self._written.get("sms_text", ""), self._longest)

    @rx.event(background=True)
    async def opened(self):
        """Read what the form shows beside the draft: who sends it, and the templates where one is chosen."""
        senders = await bridge.call(self, load_senders)
        async with self:
            self.sender = senders.email
            by_template = self.by_template
        return MessageState.load_templates if by_template else None

    @rx.event(background=True, supersedes=True)
    async def name_account(self):
        """Say as whom WhatsApp is connected. Called when the form shows that it is."""
        async with self:
            self.whatsapp_number = ""
        account = await bridge.call(self, whatsapp_account)
        async with self:
            self.whatsapp_number = readable(account.number)

    @rx.event
    def choose_way(self, way: str):
        """Write the email, or take a template."""
        self.by_template = way == "template"
        self._measure()
        return MessageState.load_templates if self.by_template else None

    @rx.event(background=True, supersedes=True)
    async def load_templates(self):
        """Read the templates to choose from, and show the chosen one."""
        async with self:
            chosen = read_ids([self.template_id])
        choices = await bridge.call(self, list_choices, chosen[0] if chosen else None)
        html = await bridge.call(self, template_preview, chosen[0]) if chosen else ""
        async with self:
            self.templates, self.templates_known = [template_line(choice) for choice in choices], True
            self.template_html = html

    @rx.event(background=True, supersedes=True)
    async def choose_template(self, template_id: str):
        """Take a template as it is now. Its subject is taken where none is written."""
        ids = read_ids([template_id])
        if not ids:
            return None
        html = await bridge.call(self, template_preview, ids[0])
        async with self:
            self.template_id, self.template_renewed, self.template_html = str(ids[0]), True, html
            self._measure()
        chosen = [each.subject for each in await bridge.call(self, list_choices, ids[0]) if each.id == ids[0]]
        subject = json.dumps(chosen[0] if chosen else "")
        return rx.call_script(f"window.messageForm.fillEmpty('subject', {subject})")

    @rx.event
    def renew_template(self):
        self.template_renewed = True

    def _show(self, draft: DraftInput) -> None:
        """A draft was opened."""
        self.values = message_values(draft)
        self.by_template, self.template_id = draft.template_id is not None, self.values.template_id
        self.templates, self.templates_known, self.template_renewed, self.template_html = [], False, False, ""
        self._written = {
            "subject": draft.subject,
            "sms_text": draft.sms_text,
            "whatsapp_text": draft.whatsapp_text,
            "email_html": words_of(draft.email_html),
        }
        self._longest, self.cost, self.counting = None, CostBox(), False
        self.meter = sms_meter(draft.sms_text)
        self.length_hint, self.whatsapp_length = subject_hint(draft.subject), text_length(draft.whatsapp_text)
        self._show_channel(draft.channel)
        self._measure()

    async def _draft(self) -> DraftInput:
        """The targets as chosen, with the SMS as written and what goes with it: the one place where they meet."""
        targets = (await self.get_state(TargetsState))._entered()  # noqa: SLF001 - of the same form
        content = await self.get_state(ContentState)
        return replace(
            targets,
            sms_text=self._written.get("sms_text", ""),
            links=tuple(LinkInput(line.url, line.title) for line in content.links),
            files=tuple(line.ref for line in content.files),
        )

    def _write(self, name: str, text: str) -> None:
        given = text[:_LONGEST_TEXT] if isinstance(text, str) else ""
        # Half a character, as a cut pair of them, cannot be sent back.
        self._written = {**self._written, name: given.encode(errors="ignore").decode()}
        self._measure()

    def _measure(self) -> None:
        written = {**self._written, "template_id": self.template_id}
        self.has_text = {name: bool(text.strip()) and text != _PICTURE for name, text in self._written.items()}
        self.progress = progress([Medium(code) for code in self.media], written, by_template=self.by_template)

    def _show_channel(self, code: str) -> None:
        media = media_of(Channel(code)) if isinstance(code, str) and code in set(Channel) else ()
        self.media = [medium.value for medium in _TABS if medium in media]
        if self.tab not in self.media:
            self.tab = self.media[0] if self.media else ""


def _is_countable(draft: DraftInput) -> bool:
    if draft.channel not in set(Channel) or Medium.SMS not in media_of(Channel(draft.channel)):
        return False
    return bool(draft.everyone or draft.category_ids or draft.contact_ids)
