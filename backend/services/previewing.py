"""What a draft, as entered, looks like to one contact: rendered by what renders it when it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice

from sqlmodel import Session

from backend.database import reading
from backend.domain.additional_content import NO_CONTENT, AdditionalContent, with_lines
from backend.domain.channels import Channel, Medium
from backend.domain.personal_fields import UNSUBSCRIBE, render_text, values_for
from backend.domain.rights import Right
from backend.domain.targeting import Candidate
from backend.errors import InvalidInputError
from backend.models import Campaign, Contact, Template
from backend.providers.base import EmailContent
from backend.repositories import contacts, organisations
from backend.services.acting import ActingUser
from backend.services.additional_content import content_of
from backend.services.attaching import extras_of
from backend.services.composing import Content, clean_html, fill_email, prepare
from backend.services.draft_input import Care, DraftInput, check
from backend.services.public_addresses import recipient_url
from backend.services.selecting import selection_entered
from backend.settings import get_settings

_MOST_CONTACTS = 50
NOBODY = 0
"""The recipient of short links that were made for no campaign."""


@dataclass(frozen=True, slots=True)
class PreviewContact:
    """Somebody to show the message for."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """One contact's message on every medium; "" and None where there is none. `content`: what is stored with it."""

    sms: str
    whatsapp: str
    email: EmailContent | None
    content: AdditionalContent = NO_CONTENT

    def text_of(self, medium: Medium) -> str:
        """The words of a medium."""
        if medium is Medium.EMAIL:
            return self.email.text if self.email else ""
        return self.sms if medium is Medium.SMS else self.whatsapp


@dataclass(frozen=True, slots=True)
class Preview:
    """`contacts`: whom it can be shown for, at most fifty of its targets. `shown_for` is one of them, or nobody."""

    rendered: Rendered
    contacts: list[PreviewContact]
    shown_for: PreviewContact | None
    organisation: str


def preview_draft(actor: ActingUser, draft: DraftInput, campaign_id: int = 0, contact_id: int = 0) -> Preview:
    """Render a draft as it stands in the form. `contact_id` 0 or one that is not there: the first of the targets.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
        InvalidInputError: it cannot be stored as it is.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    check(draft, Care.KEPT)
    with reading() as session:
        shown = _some_targets(session, draft)
        chosen = next((one for one in shown if one.id == contact_id), shown[0] if shown else None)
        organisation = organisations.get(session).name
    rendered = render_draft(draft, campaign_id=campaign_id, contact_id=chosen.id if chosen else 0)
    return Preview(rendered, shown, chosen, organisation)


def render_draft(draft: DraftInput, *, campaign_id: int = 0, contact_id: int = 0, mark: str = "") -> Rendered:
    """The message of a draft for one contact; without one its personal fields are empty. `mark` goes before it."""
    with reading() as session:
        campaign, template = _as_campaign(session, draft, campaign_id)
        extras = extras_of(get_settings(), content_of(session, campaign_id))
        content = prepare(campaign, template, organisations.get(session), extras)
        values = _values(session, contact_id)
    email = fill_email(content.email, values) if content.email else None
    return Rendered(
        sms=_text(Medium.SMS, content, content.sms_text, values, mark),
        whatsapp=_text(Medium.WHATSAPP, content, content.whatsapp_text, values, mark),
        email=replace(email, subject=mark + email.subject) if email else None,
        content=content.additional,
    )


def _text(medium: Medium, content: Content, text: str, values: Mapping[str, str], mark: str) -> str:
    """With the short links of nobody: they lead where the others do."""
    if not text:
        return ""
    settings = get_settings()
    return with_lines(
        medium,
        mark + render_text(text, values),
        content.additional,
        lambda kind, item_id: recipient_url(settings, kind, item_id, NOBODY),
    )


def _some_targets(session: Session, draft: DraftInput) -> list[PreviewContact]:
    chosen = selection_entered(draft)
    nobody = not (chosen.everyone or chosen.category_ids or chosen.contact_ids)
    selection = replace(chosen, everyone=True) if nobody else chosen
    candidates = contacts.list_candidates(session, selection)
    return [PreviewContact(c.contact_id, _name(c), c.email or "") for c in islice(candidates, _MOST_CONTACTS)]


def _name(candidate: Candidate) -> str:
    return f"{candidate.first_name} {candidate.last_name}".strip() or candidate.email or candidate.mobile_e164 or ""


def _as_campaign(session: Session, draft: DraftInput, campaign_id: int) -> tuple[Campaign, Template | None]:
    """The draft as validation would find it; it is not stored."""
    template = session.get(Template, draft.template_id) if draft.template_id else None
    if template is not None and template.deleted_at is not None:
        raise InvalidInputError(code="unknown_template", field="template_id")
    body = clean_html(draft.email_html) if draft.email_html else ""
    if template is not None:
        body = _own_copy(session, draft, campaign_id) or template.html
    campaign = Campaign(
        title=draft.title,
        channel=Channel(draft.channel),
        subject=draft.subject,
        sms_text=draft.sms_text,
        whatsapp_text=draft.whatsapp_text,
        email_html=body,
        template_id=template.id if template else None,
    )
    return campaign, template


def _own_copy(session: Session, draft: DraftInput, campaign_id: int) -> str:
    stored = session.get(Campaign, campaign_id) if campaign_id and not draft.template_renewed else None
    return stored.email_html if stored is not None and stored.template_id == draft.template_id else ""


def _values(session: Session, contact_id: int) -> Mapping[str, str]:
    contact = session.get(Contact, contact_id) if contact_id else None
    fields = values_for(contact.first_name, contact.last_name, contact.hebrew_first_name) if contact else {}
    return {**fields, UNSUBSCRIBE: f"{get_settings().origin}/u/test"}
