"""Turn a campaign's content into what a provider takes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import inscriptis
from inscriptis.model.config import ParserConfig

from backend.domain.additional_content import NO_CONTENT, AdditionalContent, with_lines
from backend.domain.channels import Medium
from backend.domain.personal_fields import CONTACT_FIELDS, UNSUBSCRIBE, render_text, replace_fields
from backend.domain.short_links import ItemKind
from backend.models import Campaign, Organisation, Template
from backend.providers.base import Batch, EmailContent, OutboundMessage
from backend.providers.references import sign_reference
from backend.repositories.claims import Claim
from backend.services.attaching import NO_EXTRAS, Extras
from backend.services.email_cleaning import clean_html, is_document
from backend.services.email_frames import framed
from backend.services.public_addresses import recipient_url
from backend.services.unsubscribing import unsubscribe_urls
from backend.settings import Settings

__all__ = ["Content", "clean_html", "compose", "prepare"]

_BLANK_LINES = re.compile(r"\n{3,}")
_WITH_LINKS = ParserConfig(display_links=True)  # in a text part a link is nothing without its address
_EXTRAS = "%%additional-content%%"


@dataclass(frozen=True, slots=True)
class Content:
    """A campaign's message, ready to be filled in for each recipient."""

    sms_text: str
    whatsapp_text: str
    email: EmailContent | None
    email_fields: Sequence[str]
    additional: AdditionalContent = NO_CONTENT


def prepare(
    campaign: Campaign, template: Template | None, organisation: Organisation, extras: Extras = NO_EXTRAS
) -> Content:
    """Build the content once for a whole run."""
    body = campaign.email_html or (template.html if template else "")
    subject = campaign.subject or (template.subject if template else "") or campaign.title
    with_layout = template is not None or campaign.template_id is not None or is_document(body)
    below = _EXTRAS if extras.html else ""
    email = _email(subject, framed(body, organisation, with_layout=with_layout, below=below), extras) if body else None
    return Content(campaign.sms_text, campaign.whatsapp_text, email, _fields_of(email), extras.content)


def _email(subject: str, page: str, extras: Extras) -> EmailContent:
    return EmailContent(
        subject=_one_line(replace_fields(subject, _in_text)),
        # Last: what stands in a title is no field.
        html=replace_fields(page, _in_html).replace(_EXTRAS, extras.html),
        text=replace_fields(_plain(page), _in_text).replace(_EXTRAS, extras.text),
    )


def _plain(page: str) -> str:
    """The text part. Tables that lay out a page leave wide gaps in it, which say nothing."""
    lines = [line.rstrip() for line in inscriptis.get_text(page, _WITH_LINKS).strip().split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines))


def _in_html(name: str) -> str:
    return f"%%h:{name}%%"


def _in_text(name: str) -> str:
    return f"%%t:{name}%%"


def _fields_of(email: EmailContent | None) -> list[str]:
    if email is None:
        return []
    everything = email.subject + email.html + email.text
    return [n for n in (*CONTACT_FIELDS, UNSUBSCRIBE) if _in_html(n) in everything or _in_text(n) in everything]


def compose(settings: Settings, content: Content, medium: Medium, claims: Sequence[Claim]) -> Batch:
    """The messages of one window, in the order of the claims."""
    key = settings.signing_key
    if medium is Medium.EMAIL:
        write = _email_writer(settings, content, key)
        return Batch([write(claim) for claim in claims], content.email)
    text = content.sms_text if medium is Medium.SMS else content.whatsapp_text
    fixed = "{{" not in text

    def written(claim: Claim) -> str:
        own = text if fixed else render_text(text, claim.fields or {})
        return with_lines(medium, own, content.additional, partial(_short_url, settings, claim.recipient_id))

    return Batch([OutboundMessage(sign_reference(c.attempt_id, key), c.address, written(c)) for c in claims])


def _short_url(settings: Settings, recipient_id: int, kind: ItemKind, item_id: int) -> str:
    return recipient_url(settings, kind, item_id, recipient_id)


def _email_writer(settings: Settings, content: Content, key: str) -> Callable[[Claim], OutboundMessage]:
    """What all emails of a window share is looked up once: writing them is a seventh of what sending them costs."""
    link_of = unsubscribe_urls(settings)
    fields = [(name, _in_html(name), _in_text(name)) for name in content.email_fields if name != UNSUBSCRIBE]
    places = [_in_html(UNSUBSCRIBE), _in_text(UNSUBSCRIBE)] if UNSUBSCRIBE in content.email_fields else []

    def write(claim: Claim) -> OutboundMessage:
        link, values = link_of(claim.recipient_id), claim.fields or {}
        substitutions = dict.fromkeys(places, link)
        for name, in_html, in_text in fields:
            value = values.get(name, "")
            substitutions[in_html] = value if value.isalpha() else html.escape(value)
            substitutions[in_text] = value
        return OutboundMessage(
            sign_reference(claim.attempt_id, key),
            claim.address,
            substitutions=substitutions,
            headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        )

    return write


def fill_email(email: EmailContent, values: Mapping[str, str]) -> EmailContent:
    """The email of one person, as the provider's substitutions make it."""
    subject, page, text = email.subject, email.html, email.text
    for name in (*CONTACT_FIELDS, UNSUBSCRIBE):
        value = values.get(name, "")
        page = page.replace(_in_html(name), html.escape(value))
        subject, text = subject.replace(_in_text(name), value), text.replace(_in_text(name), value)
    return replace(email, subject=subject, html=page, text=text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
