"""Turn a campaign's content into what a provider takes."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import css_inline
import inscriptis
import nh3
from inscriptis.model.config import ParserConfig

from backend.domain.channels import Medium
from backend.domain.personal_fields import (
    ALIASES,
    CONTACT_FIELDS,
    UNSUBSCRIBE,
    fields_in,
    render_text,
    replace_fields,
)
from backend.models import Campaign, Organisation, Template
from backend.providers.base import Batch, EmailContent, OutboundMessage
from backend.providers.references import sign_reference
from backend.repositories.recipients import Claim
from backend.services.unsubscribing import unsubscribe_url
from backend.settings import Settings

_FRAME = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><style>
body {{ margin: 0; background: #f4f5f8; }}
.sheet {{ max-width: 600px; margin: 0 auto; padding: 32px 24px; background: #ffffff; color: #1c2024;
 font-family: Inter, 'Segoe UI', Helvetica, Arial, sans-serif; font-size: 16px; line-height: 24px; }}
.foot {{ max-width: 600px; margin: 0 auto; padding: 16px 24px; color: #60646c;
 font-family: Inter, 'Segoe UI', Helvetica, Arial, sans-serif; font-size: 12px; line-height: 16px; }}
.foot a {{ color: #60646c; }}
</style></head><body>
<div class="sheet" dir="auto">{body}</div><div class="foot" dir="auto">{foot}</div></body></html>"""
_FOOT = '{organisation} · <a href="{{{{mailing_unsubscribe}}}}">{words}</a>'
_UNSUBSCRIBE_WORDS = {
    "fr": "Se désabonner de ces messages",
    "en": "Unsubscribe from these messages",
    "he": "הסרה מרשימת התפוצה",
}
_WITH_LINKS = ParserConfig(display_links=True)  # in a text part a link is nothing without its address
_TAGS = nh3.ALLOWED_TAGS | {"center", "font"}


@dataclass(frozen=True, slots=True)
class Content:
    """A campaign's message, ready to be filled in for each recipient."""

    sms_text: str
    whatsapp_text: str
    email: EmailContent | None
    email_fields: Sequence[str]


def clean_html(source: str) -> str:
    """What an author may send: no scripts, no handlers, no styles that hide or move things."""
    return nh3.clean(source, tags=_TAGS, url_schemes={"http", "https", "mailto", "tel"}, link_rel=None)


def prepare(campaign: Campaign, template: Template | None, organisation: Organisation) -> Content:
    """Build the content once for a whole run."""
    body = campaign.email_html or (template.html if template else "")
    subject = campaign.subject or (template.subject if template else "") or campaign.title
    email = _email(subject, body, organisation) if body else None
    return Content(campaign.sms_text, campaign.whatsapp_text, email, _fields_of(email))


def _email(subject: str, body: str, organisation: Organisation) -> EmailContent:
    language = organisation.language if organisation.language in _UNSUBSCRIBE_WORDS else "en"
    linked, foot = _linked(body), html.escape(organisation.name)
    # An author who placed the field in the text has decided where the link goes. What was cleaned away does not count.
    if UNSUBSCRIBE not in fields_in(linked):
        foot = _FOOT.format(organisation=foot, words=_UNSUBSCRIBE_WORDS[language])
    page = _inlined(_FRAME.format(language=language, body=linked, foot=foot))
    return EmailContent(
        subject=_one_line(replace_fields(subject, _in_text)),
        html=replace_fields(page, _in_html),
        text=replace_fields(inscriptis.get_text(page, _WITH_LINKS).strip(), _in_text),
    )


@lru_cache(maxsize=8)
def _inlined(page: str) -> str:
    return css_inline.inline(page, load_remote_stylesheets=False, keep_style_tags=False)


def _linked(body: str) -> str:
    """Cleaned HTML percent-encodes the braces of a field inside an address: put them back."""
    cleaned = clean_html(body)
    for name in (*CONTACT_FIELDS, *ALIASES, UNSUBSCRIBE):
        cleaned = cleaned.replace(f"%7B%7B{name}%7D%7D", f"{{{{{name}}}}}")
    return cleaned


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
        return Batch([_email_message(settings, content, claim, key) for claim in claims], content.email)
    text = content.sms_text if medium is Medium.SMS else content.whatsapp_text
    fixed = "{{" not in text
    return Batch(
        [
            OutboundMessage(
                sign_reference(claim.attempt_id, key),
                claim.address,
                text if fixed else render_text(text, claim.fields),
            )
            for claim in claims
        ]
    )


def _email_message(settings: Settings, content: Content, claim: Claim, key: str) -> OutboundMessage:
    link = unsubscribe_url(settings, claim.recipient_id)
    values: Mapping[str, str] = {**claim.fields, UNSUBSCRIBE: link}
    substitutions: dict[str, str] = {}
    for name in content.email_fields:
        value = values.get(name, "")
        substitutions[_in_html(name)] = html.escape(value)
        substitutions[_in_text(name)] = value
    return OutboundMessage(
        sign_reference(claim.attempt_id, key),
        claim.address,
        substitutions=substitutions,
        headers={"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
