"""What a draft must be: storable always, complete when its author says that it is, and again when it is validated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.channels import Channel, Medium, media_of
from backend.domain.personal_fields import unknown_fields
from backend.errors import InvalidInputError
from backend.services.additional_content import LinkInput, check_links

_TEXT_LENGTH = 1_600  # Twilio refuses longer bodies (error 21617)
_HTML_LENGTH = 500_000
_MARKUP = re.compile(r"<(?!img\b)[^>]*>|&nbsp;", re.IGNORECASE)  # an empty paragraph is nothing, a picture is something
_MOST_CHOSEN = 2_000  # contacts one by one, and categories


class Care(StrEnum):
    """How much is asked of a draft. KEPT while it is being written, SAVED by its author, SENDABLE as it is."""

    KEPT = "kept"
    SAVED = "saved"
    SENDABLE = "sendable"


@dataclass(frozen=True, slots=True)
class DraftInput:
    """What the user entered. `scheduled_local` is "YYYY-MM-DDTHH:MM" in the organisation's zone, or None.

    `channel` may be any text: an unknown one is refused with `InvalidInputError(field="channel")`. With a template the
    draft keeps a copy of its own; `template_renewed` takes the template as it is now. `files` are refs, as
    `additional_content.set_content` reads them.
    """

    title: str
    channel: str
    subject: str = ""
    sms_text: str = ""
    whatsapp_text: str = ""
    email_html: str = ""
    template_id: int | None = None
    template_renewed: bool = False
    everyone: bool = False
    match: str = "any"
    category_ids: Sequence[int] = ()
    contact_ids: Sequence[int] = ()
    excluded_category_ids: Sequence[int] = ()
    excluded_contact_ids: Sequence[int] = ()
    one_per_household: bool = False
    scheduled_local: str | None = None
    links: Sequence[LinkInput] = ()
    files: Sequence[str] = ()


def channel_named(name: str) -> Channel:
    """The channel of a code.

    Raises:
        InvalidInputError: `field="channel"`.
    """
    try:
        return Channel(name)
    except ValueError:
        raise InvalidInputError(code="unknown_channel", field="channel") from None


def check(draft: DraftInput, care: Care) -> Channel:
    """Whatever is kept fits and can be sent back to a browser; what is saved has no mistakes; then nothing is missing.

    Texts of media that the channel does not have are not looked at: they are not stored.

    Raises:
        InvalidInputError: `details["field"]` names the field, `code` the reason.
    """
    channel = channel_named(draft.channel)
    _check_storable(draft, channel)
    if care is not Care.KEPT:
        _require(draft.title, "title")
        _check_fields(draft, channel)
        check_links(draft.links)
    if care is Care.SENDABLE:
        _check_nothing_missing(draft, channel)
    return channel


def _check_storable(draft: DraftInput, channel: Channel) -> None:
    _check_line(draft.title, "title", 120)
    for medium in media_of(channel):
        if medium is Medium.EMAIL:
            _check_line(draft.subject, "subject", 200)
        _check_text(*_text_of(draft, medium))
    chosen = (draft.category_ids, draft.contact_ids, draft.excluded_category_ids, draft.excluded_contact_ids)
    if any(len(ids) > _MOST_CHOSEN for ids in chosen):
        raise InvalidInputError(code="too_many_targets", field="targets", most=_MOST_CHOSEN)


def _check_fields(draft: DraftInput, channel: Channel) -> None:
    for medium in media_of(channel):
        email = medium is Medium.EMAIL
        texts = [(draft.subject, "subject")] if email else []
        if not email or draft.template_id is None:
            texts.append(_text_of(draft, medium)[:2])
        for text, field in texts:
            if unknown := unknown_fields(text, email=email):
                raise InvalidInputError(code="unknown_field", field=field, names=", ".join(unknown))


def _check_nothing_missing(draft: DraftInput, channel: Channel) -> None:
    for medium in media_of(channel):
        if medium is Medium.EMAIL and draft.template_id is not None:
            continue
        if medium is Medium.EMAIL:
            _require(draft.subject, "subject")
        text, field, _ = _text_of(draft, medium)
        _require(_MARKUP.sub("", text) if medium is Medium.EMAIL else text, field)
    if not (draft.everyone or draft.category_ids or draft.contact_ids):
        raise InvalidInputError(code="no_targets", field="targets")


def _text_of(draft: DraftInput, medium: Medium) -> tuple[str, str, int]:
    """Text, field and longest."""
    return {
        Medium.SMS: (draft.sms_text, "sms_text", _TEXT_LENGTH),
        Medium.WHATSAPP: (draft.whatsapp_text, "whatsapp_text", _TEXT_LENGTH),
        Medium.EMAIL: (draft.email_html, "email_html", _HTML_LENGTH),
    }[medium]


def _require(text: str, field: str) -> None:
    if not text.strip():
        raise InvalidInputError(code="required", field=field)


def _check_line(text: str, field: str, longest: int) -> None:
    _check_length(text, field, longest)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidInputError(code="control_characters", field=field)


def _check_text(text: str, field: str, longest: int) -> None:
    _check_length(text, field, longest)
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in text):
        raise InvalidInputError(code="control_characters", field=field)


def _check_length(text: str, field: str, longest: int) -> None:
    if len(text) > longest:
        raise InvalidInputError(code="too_long", field=field, longest=longest)
