"""One recipient of a campaign: what happened, what was answered, the message prepared for it, and the contact's
other messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from backend.database import reading
from backend.domain.additional_content import with_lines
from backend.domain.channels import Channel, Medium, media_of
from backend.domain.deliverability import is_click
from backend.domain.personal_fields import UNSUBSCRIBE, render_text
from backend.domain.recipient_history import OtherMessage, OtherMessages, RecipientHistory, steps_of
from backend.domain.refusals import meaning_on
from backend.domain.rights import Right, Role
from backend.domain.statuses import RecipientStatus
from backend.errors import ForbiddenError
from backend.models import Campaign, Template
from backend.repositories import inbound_messages, organisations, recipient_pages
from backend.repositories import recipient_history as history
from backend.services import reactions
from backend.services.acting import ActingUser
from backend.services.additional_content import content_of
from backend.services.attaching import extras_of
from backend.services.composing import fill_email, prepare
from backend.services.previewing import NOBODY
from backend.services.public_addresses import recipient_url
from backend.services.tracking import recipient_row
from backend.settings import get_settings

MOST_REPORTS = 200
OTHERS_SHOWN = 10
REPLIES_SHOWN = 10
LONGEST_RAW = 8_000
_MOST_ATTEMPTS = 50
_SECRET = re.compile(r"token|secret|password|signature|authorization|api_?key|^attempt$", re.IGNORECASE)
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class PreparedMessage:
    """What one recipient is sent: `text` on a phone, `subject` and `html` (a page of its own) by email.

    All are "" where the campaign has nothing for that medium; `medium` is None where there is none.
    """

    medium: Medium | None
    text: str = ""
    subject: str = ""
    html: str = ""
    organisation: str = ""


def recipient_history(actor: ActingUser, campaign_id: int, recipient_id: int) -> RecipientHistory:
    """Who, where, every step of it, and what the contact answered. Up to ten statements, none of which grows with the
    campaign.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: that campaign has no such recipient, is not there, or was deleted.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        found = history.find(session, campaign_id, recipient_id)
        row = recipient_row(recipient_pages.get_row(session, recipient_id))
        attempts = history.attempts_of(session, recipient_id, _MOST_ATTEMPTS)
        reports, counted = history.reports_of(session, [attempt.id for attempt in attempts], MOST_REPORTS)
        clicks = [report.id for report in reports if is_click(report.provider, report.word)]
        clicked = reactions.clicked_addresses(session, clicks) if clicks else {}
        openings = history.openings_of(session, campaign_id, recipient_id)
        replies = inbound_messages.list_newest(session, *history.numbers_of(session, recipient_id), REPLIES_SHOWN + 1)
        zone = organisations.get(session).time_zone
    return RecipientHistory(
        campaign_id,
        row,
        steps_of(row, found.validated_at or row.updated_at, attempts, reports, openings, found.first_attempt, clicked),
        max(counted - len(reports), 0),
        zone,
        may_see_raw=actor.role is Role.ADMINISTRATOR,
        replies=replies[:REPLIES_SHOWN],
        has_older_replies=len(replies) > REPLIES_SHOWN,
    )


def raw_event(actor: ActingUser, campaign_id: int, recipient_id: int, event_id: int) -> str:
    """A report as the provider sent it: indented JSON, at most 8,000 characters, secrets and our references hidden.

    Raises:
        ForbiddenError: anybody but an administrator.
        NotFoundError: nothing with that id was reported about that recipient of that campaign.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    if actor.role is not Role.ADMINISTRATOR:
        raise ForbiddenError(right=Role.ADMINISTRATOR.value)
    with reading() as session:
        history.find(session, campaign_id, recipient_id)
        payload = history.payload_of(session, campaign_id, recipient_id, event_id)
    return readable_raw(payload)


def readable_raw(payload: str) -> str:
    """A stored payload, to be read by people; what is no JSON stays as it is."""
    try:
        told = json.dumps(_without_secrets(json.loads(payload)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        told = payload
    return told if len(told) <= LONGEST_RAW else told[:LONGEST_RAW] + _HIDDEN


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {name: _HIDDEN if _SECRET.search(str(name)) else _without_secrets(item) for name, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def prepared_message(actor: ActingUser, campaign_id: int, recipient_id: int) -> PreparedMessage:
    """The message with the fields frozen for this recipient, on the medium that carries it now.

    Rendered by what renders it when it is sent, but for links: those of nobody, whose opening counts for nobody.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: as `recipient_history`.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    settings = get_settings()
    with reading() as session:
        found = history.find(session, campaign_id, recipient_id)
        medium = recipient_pages.get_row(session, recipient_id)["medium"] or _likely(found.channel)
        organisation = organisations.get(session)
        campaign, template = _content(session, campaign_id)
        content = prepare(campaign, template, organisation, extras_of(settings, content_of(session, campaign_id)))
    values = _fields(found.fields)
    if medium is Medium.EMAIL:
        if content.email is None:
            return PreparedMessage(medium, organisation=organisation.name)
        email = fill_email(content.email, {**values, UNSUBSCRIBE: f"{settings.origin}/u/test"})
        return PreparedMessage(medium, subject=email.subject, html=email.html, organisation=organisation.name)
    text = content.sms_text if medium is Medium.SMS else content.whatsapp_text
    if not text:
        return PreparedMessage(medium, organisation=organisation.name)
    own = with_lines(
        medium,
        render_text(text, values),
        content.additional,
        lambda kind, item_id: recipient_url(settings, kind, item_id, NOBODY),
    )
    return PreparedMessage(medium, own, organisation=organisation.name)


def _content(session: Session, campaign_id: int) -> tuple[Campaign, Template | None]:
    campaign = session.get_one(Campaign, campaign_id)
    return campaign, session.get(Template, campaign.template_id) if campaign.template_id else None


def _likely(channel: Channel) -> Medium:
    """The medium for whom has no address: the first choice of the channel."""
    return media_of(channel)[0]


def _fields(stored: str) -> Mapping[str, str]:
    """The frozen fields; none when they cannot be read, as then nothing was sent either."""
    try:
        fields = json.loads(stored)
    except ValueError:
        return {}
    if not isinstance(fields, dict):
        return {}
    return {name: value for name, value in fields.items() if isinstance(name, str) and isinstance(value, str)}


def other_messages(actor: ActingUser, campaign_id: int, recipient_id: int, before: int | None = None) -> OtherMessages:
    """The contact's other messages, newest first, ten at a time.

    `before`: a cursor that was given. Those of deleted campaigns are among them.

    Raises:
        ForbiddenError: without the right `campaigns.view`.
        NotFoundError: as `recipient_history`.
    """
    actor.require(Right.CAMPAIGNS_VIEW)
    with reading() as session:
        history.find(session, campaign_id, recipient_id)
        contact_id = recipient_pages.get_row(session, recipient_id)["contact_id"]
        rows = history.other_messages(session, recipient_id, contact_id, before=before, limit=OTHERS_SHOWN + 1)
        zone = organisations.get(session).time_zone
    shown = [_other(dict(row)) for row in rows[:OTHERS_SHOWN]]
    return OtherMessages(shown, shown[-1].recipient_id if len(rows) > OTHERS_SHOWN else None, zone)


def _other(row: dict[str, Any]) -> OtherMessage:
    was_refused = row["status"] in {RecipientStatus.FAILED, RecipientStatus.SKIPPED}
    meaning = meaning_on(row["medium"], row["vendor_code"]) if was_refused else None
    row["is_deleted"] = bool(row["is_deleted"])
    return OtherMessage(**row, meaning=meaning)
