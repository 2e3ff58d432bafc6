"""What a submitted form says, as a draft. Every value comes from outside: nothing is taken for granted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reflex_base.utils.form import FormData

from backend.domain.channels import Channel, Medium, media_of
from backend.errors import InvalidInputError
from backend.services.additional_content import LinkInput
from backend.services.draft_input import DraftInput
from unisoft_ui.texts import editor as texts
from unisoft_ui.texts import error_sentence

_MAX_IDS = 2_001  # one more than may be chosen, so that too many is told and not cut
_MOST_ROWS = 100
_LONGEST_ROW = 3_000
_LONGEST = 600_000  # characters; the service has the limit of each field


@dataclass(frozen=True)
class FormValues:
    """What the fields of the frame hold when the form opens; the blocks have their own."""

    title: str = ""
    channel: str = ""
    is_scheduled: bool = False
    scheduled_local: str = ""


def form_values(draft: DraftInput) -> FormValues:
    """A stored draft, as the fields show it."""
    return FormValues(
        title=draft.title,
        channel=draft.channel,
        is_scheduled=draft.scheduled_local is not None,
        scheduled_local=draft.scheduled_local or "",
    )


def read_form(form: FormData[str, Any]) -> DraftInput:
    """The draft a form describes. A date that was chosen and not given is ""."""
    by_template = _text(form, "email_by") == "template"
    template_ids = read_ids([_text(form, "template_id")]) if by_template else ()
    return DraftInput(
        title=_text(form, "title"),
        channel=_text(form, "channel"),
        subject=_text(form, "subject"),
        sms_text=_text(form, "sms_text"),
        whatsapp_text=_text(form, "whatsapp_text"),
        email_html="" if by_template else _text(form, "email_html"),
        template_id=template_ids[0] if template_ids else None,
        template_renewed=bool(template_ids) and _text(form, "template_renewed") == "yes",
        everyone=_text(form, "targets") == "everyone",
        match="all" if _text(form, "match") == "all" else "any",
        category_ids=read_ids(form.getlist("category")),
        contact_ids=read_ids(form.getlist("contact")),
        excluded_category_ids=read_ids(form.getlist("excluded_category")),
        excluded_contact_ids=read_ids(form.getlist("excluded_contact")),
        one_per_household="one_per_household" in form,
        scheduled_local=_text(form, "scheduled_local") if _text(form, "when") == "date" else None,
        links=_links(form),
        files=tuple(_texts(form, "file")),
    )


def read_ids(values: Any) -> tuple[int, ...]:
    """The ids among what was sent, each once."""
    given = values if isinstance(values, list | tuple) else []
    digits = [v for v in given[:_MAX_IDS] if isinstance(v, str) and v.isascii() and v.isdigit() and len(v) < 10]
    return tuple(dict.fromkeys(map(int, digits)))


def incomplete(draft: DraftInput) -> dict[str, str]:
    """Every field that is needed for sending and empty, with its sentence, in the order of the form.

    The service names one thing at a time, and has the last word.
    """
    media = media_of(Channel(draft.channel)) if draft.channel in set(Channel) else ()
    own_body = Medium.EMAIL in media and draft.template_id is None
    needed = {
        **_needed_to_save(draft),
        "targets": draft.everyone or draft.category_ids or draft.contact_ids,
        **({"whatsapp_text": draft.whatsapp_text} if Medium.WHATSAPP in media else {}),
        **({"sms_text": draft.sms_text} if Medium.SMS in media else {}),
        **({"subject": draft.subject, "email_html": draft.email_html} if own_body else {}),
        "schedule": draft.scheduled_local is None or draft.scheduled_local,
    }
    return _empty(needed)


def unsaveable(draft: DraftInput) -> dict[str, str]:
    """The same for what even a draft needs."""
    return _empty(_needed_to_save(draft))


def _needed_to_save(draft: DraftInput) -> dict[str, str]:
    return {"title": draft.title, "channel": draft.channel}


def field_error(error: InvalidInputError) -> tuple[str, str]:
    """The field an error belongs to, "" for none, and its sentence."""
    field = str(error.details.get("field", ""))
    sentence = texts.ERRORS.get((error.code, field)) or texts.ERROR_CODES.get(error.code)
    return field, sentence.format_map(error.details) if sentence else error_sentence(error)


def _links(form: FormData[str, Any]) -> tuple[LinkInput, ...]:
    pairs = zip(_texts(form, "link_url"), _texts(form, "link_title"), strict=False)
    return tuple(LinkInput(url, title) for url, title in pairs)


def _texts(form: FormData[str, Any], name: str) -> list[str]:
    given = form.getlist(name)[:_MOST_ROWS]
    return [value[:_LONGEST_ROW] if isinstance(value, str) else "" for value in given]


def _empty(needed: Mapping[str, Any]) -> dict[str, str]:
    empty = [name for name, value in needed.items() if not (value.strip() if isinstance(value, str) else value)]
    return {name: texts.ERRORS["required", name] for name in empty}


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return value[:_LONGEST] if isinstance(value, str) else ""
