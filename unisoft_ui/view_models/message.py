"""What the fields of the message open with, and how far it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape

from backend.domain.channels import Medium
from backend.domain.personal_fields import unknown_fields
from backend.services.draft_input import DraftInput
from backend.services.template_choices import TemplateChoice
from unisoft_ui.texts import message as texts
from unisoft_ui.texts import number

LONGEST_TEXT = 1_600
_PHONE_SUBJECT = 50  # what the mail programs of common phones show of a subject in portrait
_MARKUP = re.compile(r"<(?!img\b)[^>]*>|&nbsp;", re.IGNORECASE)
_FIELD_OF = {Medium.SMS: "sms_text", Medium.WHATSAPP: "whatsapp_text", Medium.EMAIL: "email_html"}


@dataclass(frozen=True)
class MessageValues:
    """`template_id` is text, as a form sends it; "" for an email that is written here."""

    subject: str = ""
    sms_text: str = ""
    whatsapp_text: str = ""
    email_html: str = ""
    template_id: str = ""


@dataclass(frozen=True)
class MessageProgress:
    """`done` by medium; `summary` stands in the head of the block. `problems` by field, while it is written."""

    summary: str = texts.NOT_WRITTEN
    is_done: bool = False
    done: dict[str, bool] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TemplateLine:
    """A template to choose. `id` is text, as a form sends it."""

    id: str
    name: str
    subject: str
    note: str


def message_values(draft: DraftInput) -> MessageValues:
    """A stored draft, as the fields show it."""
    return MessageValues(
        subject=draft.subject,
        sms_text=draft.sms_text,
        whatsapp_text=draft.whatsapp_text,
        email_html=draft.email_html,
        template_id=str(draft.template_id or ""),
    )


def template_line(choice: TemplateChoice) -> TemplateLine:
    note = texts.TEMPLATE_DELETED if choice.is_deleted else ""
    return TemplateLine(str(choice.id), choice.name, choice.subject or texts.NO_SUBJECT, note)


def words_of(html: str) -> str:
    """What of an email's HTML counts as written: its words and pictures."""
    return unescape(_MARKUP.sub(" ", html)).strip()


def progress(media: Sequence[Medium], written: Mapping[str, str], *, by_template: bool) -> MessageProgress:
    """How far the texts are. `written` are words by the names of the form, with the `template_id`."""
    problems = {name: problem for name in written if (problem := _problem(name, written[name]))}
    if by_template:
        problems.pop("email_html", None)
    done = [medium for medium in media if _is_done(medium, written, problems, by_template=by_template)]
    return MessageProgress(
        summary=texts.ready(done) if done else texts.NOT_WRITTEN,
        is_done=bool(media) and len(done) == len(media),
        done={medium.value: medium in done for medium in media},
        problems=problems,
    )


def subject_hint(subject: str) -> str:
    """As "47 characters, shown in full on phones"."""
    return texts.subject_length(len(subject.strip()), _PHONE_SUBJECT)


def text_length(text: str) -> str:
    """As "119 of 1,600 characters"."""
    return texts.units(len(text), LONGEST_TEXT)


def _problem(name: str, text: str) -> str:
    if unknown := unknown_fields(text, email=name in {"subject", "email_html"}):
        return texts.UNKNOWN_FIELD.format(names=", ".join(unknown))
    if name in {"sms_text", "whatsapp_text"} and len(text) > LONGEST_TEXT:
        return texts.TOO_LONG.format(longest=number(LONGEST_TEXT))
    return ""


def _is_done(medium: Medium, written: Mapping[str, str], problems: Mapping[str, str], *, by_template: bool) -> bool:
    needed = [_FIELD_OF[medium]]
    if medium is Medium.EMAIL:
        needed = ["template_id"] if by_template else ["subject", "email_html"]
    concerned = {*needed, "subject"} if medium is Medium.EMAIL else needed
    return all(written.get(name, "").strip() for name in needed) and not any(name in problems for name in concerned)
