"""What a submitted form says, as a draft. Every value comes from outside: nothing is taken for granted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reflex_base.utils.form import FormData

from backend.domain.channels import Channel, Medium, media_of
from backend.domain.email_body import html_to_text, text_to_html
from backend.errors import InvalidInputError
from backend.services.drafts import DraftInput
from unisoft_ui.texts import editor as texts
from unisoft_ui.texts import error_sentence

_MAX_CATEGORIES = 1_000
_LONGEST_BYTES = 400_000  # of plain text; the service has the limit of each field


@dataclass(frozen=True)
class FormValues:
    """What the fields hold when the form opens. `email_is_foreign`: the body is not plain text and stays."""

    title: str = ""
    channel: str = ""
    everyone: bool = False
    one_per_household: bool = False
    subject: str = ""
    sms_text: str = ""
    whatsapp_text: str = ""
    email_text: str = ""
    email_is_foreign: bool = False
    is_scheduled: bool = False
    scheduled_local: str = ""


def form_values(draft: DraftInput) -> FormValues:
    """A stored draft, as the fields show it."""
    text = html_to_text(draft.email_html) if draft.template_id is None else None
    return FormValues(
        title=draft.title,
        channel=draft.channel,
        everyone=draft.everyone,
        one_per_household=draft.one_per_household,
        subject=draft.subject,
        sms_text=draft.sms_text,
        whatsapp_text=draft.whatsapp_text,
        email_text=text or "",
        email_is_foreign=text is None,
        is_scheduled=draft.scheduled_local is not None,
        scheduled_local=draft.scheduled_local or "",
    )


def read_form(form: FormData[str, Any], kept: DraftInput | None = None) -> DraftInput:
    """The draft a form describes; what the form has no field for comes from `kept`, the stored draft.

    A date that was chosen and not given is "".
    """
    body = {"email_html": text_to_html(_text(form, "email_text")), "template_id": None}
    return replace(
        kept or DraftInput(title="", channel=""),
        title=_text(form, "title"),
        channel=_text(form, "channel"),
        subject=_text(form, "subject"),
        sms_text=_text(form, "sms_text"),
        whatsapp_text=_text(form, "whatsapp_text"),
        everyone=_text(form, "targets") == "everyone",
        category_ids=read_ids(form.getlist("category")),
        one_per_household="one_per_household" in form,
        scheduled_local=_text(form, "scheduled_local") if _text(form, "when") == "date" else None,
        **(body if "email_text" in form else {}),
    )


def read_ids(values: Any) -> tuple[int, ...]:
    """The ids among what was sent, each once."""
    given = values if isinstance(values, list | tuple) else []
    digits = [v for v in given[:_MAX_CATEGORIES] if isinstance(v, str) and v.isascii() and v.isdigit() and len(v) < 10]
    return tuple(dict.fromkeys(map(int, digits)))


def incomplete(draft: DraftInput) -> dict[str, str]:
    """Every field that is needed and empty, with its sentence, in the order of the form.

    The service names one thing at a time, and has the last word.
    """
    media = media_of(Channel(draft.channel)) if draft.channel in set(Channel) else ()
    own_body = Medium.EMAIL in media and draft.template_id is None
    needed = {
        "title": draft.title,
        "channel": draft.channel,
        "targets": draft.everyone or draft.category_ids,
        **({"whatsapp_text": draft.whatsapp_text} if Medium.WHATSAPP in media else {}),
        **({"sms_text": draft.sms_text} if Medium.SMS in media else {}),
        **({"subject": draft.subject, "email_html": draft.email_html} if own_body else {}),
        "schedule": draft.scheduled_local is None or draft.scheduled_local,
    }
    empty = [name for name, value in needed.items() if not (value.strip() if isinstance(value, str) else value)]
    return {name: texts.ERRORS["required", name] for name in empty}


def field_error(error: InvalidInputError) -> tuple[str, str]:
    """The field an error belongs to, "" for none, and its sentence."""
    field = str(error.details.get("field", ""))
    sentence = texts.ERRORS.get((error.code, field)) or texts.ERROR_CODES.get(error.code)
    return field, sentence.format_map(error.details) if sentence else error_sentence(error)


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return value[:_LONGEST_BYTES] if isinstance(value, str) else ""
