"""Create a draft, and save it again: nothing is sent, nothing is reserved."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import inscriptis
from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.channels import Channel, Medium, media_of
from backend.domain.personal_fields import unknown_fields
from backend.domain.rights import Right
from backend.domain.schedules import to_local, to_utc
from backend.domain.search import fold
from backend.domain.statuses import CampaignStatus
from backend.errors import ConflictError, InvalidInputError
from backend.models import Campaign, Organisation, Template
from backend.repositories import audit, campaigns, contacts, organisations
from backend.repositories.contacts import Selection
from backend.services.acting import ActingUser
from backend.services.selecting import count_selection

_PREVIEW_LENGTH = 300
_SEARCH_LENGTH = 400  # folding makes several characters of some: "…" becomes "..."
_TEXT_LENGTH = 1_600  # Twilio refuses longer bodies (error 21617)
_HTML_LENGTH = 500_000


@dataclass(frozen=True, slots=True)
class DraftInput:
    """What the user entered. `scheduled_local` is "YYYY-MM-DDTHH:MM" in the organisation's zone, or None.

    `channel` may be any text: an unknown one is refused with `InvalidInputError(field="channel")`.
    """

    title: str
    channel: str
    subject: str = ""
    sms_text: str = ""
    whatsapp_text: str = ""
    email_html: str = ""
    template_id: int | None = None
    everyone: bool = False
    category_ids: Sequence[int] = ()
    one_per_household: bool = False
    scheduled_local: str | None = None


def channel_named(name: str) -> Channel:
    """The channel of a code.

    Raises:
        InvalidInputError: `field="channel"`.
    """
    try:
        return Channel(name)
    except ValueError:
        raise InvalidInputError(code="unknown_channel", field="channel") from None


def create_campaign(actor: ActingUser, draft: DraftInput) -> int:
    """Save a new draft and count its targets; gives its id.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
        InvalidInputError: `details["field"]` names the field, `code` the reason.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    channel = _check(draft)
    targets_count = _count(channel, draft)
    with unit_of_work() as session:
        campaign = Campaign(title=draft.title.strip(), channel=channel, created_by_id=actor.id)
        _fill(session, campaign, draft)
        session.add(campaign)
        session.flush()
        _set_targets(session, campaign, draft, targets_count)
        audit.record(session, "create", "campaign", campaign.id, user_id=actor.id, actor=actor.email)
        after_commit(session, realtime.signal_list)
        return campaign.id or 0


def save_campaign(actor: ActingUser, campaign_id: int, version: int, draft: DraftInput) -> int:
    """Save a draft again, counting its targets anew; gives the new version.

    Raises:
        ConflictError: somebody saved or validated it since `version` was read.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    channel = _check(draft)
    targets_count = _count(channel, draft)
    with unit_of_work() as session:
        # Locked before its version is compared: a save or a validation at the same moment waits, and sees ours.
        session.get(Campaign, campaign_id, with_for_update=True)
        campaign = campaigns.get(session, campaign_id)
        if campaign.status is not CampaignStatus.INIT:
            raise ConflictError(code="already_validated")
        if campaign.version != version:
            raise ConflictError(code="changed_meanwhile")
        campaign.channel = channel
        campaign.version += 1
        campaign.updated_at = clock.now()
        _fill(session, campaign, draft)
        _set_targets(session, campaign, draft, targets_count)
        audit.record(session, "save", "campaign", campaign.id, user_id=actor.id, actor=actor.email)
        after_commit(session, realtime.signal_list)
        return campaign.version


def load_draft(actor: ActingUser, campaign_id: int) -> tuple[DraftInput, int]:
    """What was entered for a draft, and its version.

    Raises:
        NotFoundError: there is no such campaign.
        ConflictError: it is validated, and can no longer be modified.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        if campaign.status is not CampaignStatus.INIT:
            raise ConflictError(code="already_validated")
        return _entered(session, campaign), campaign.version


def _entered(session: Session, campaign: Campaign) -> DraftInput:
    zone = organisations.get(session).time_zone
    at = campaign.scheduled_at
    return DraftInput(
        title=campaign.title,
        channel=campaign.channel,
        subject=campaign.subject,
        sms_text=campaign.sms_text,
        whatsapp_text=campaign.whatsapp_text,
        email_html=campaign.email_html,
        template_id=campaign.template_id,
        everyone=campaign.targets_everyone,
        category_ids=tuple(campaigns.category_ids(session, campaign.id or 0)),
        one_per_household=campaign.one_per_household,
        scheduled_local=to_local(at, zone).strftime("%Y-%m-%dT%H:%M") if at else None,
    )


def _check(draft: DraftInput) -> Channel:
    channel = channel_named(draft.channel)
    _check_line(draft.title, "title", 120, required=True)
    media = media_of(channel)
    for medium, text, field in (
        (Medium.SMS, draft.sms_text, "sms_text"),
        (Medium.WHATSAPP, draft.whatsapp_text, "whatsapp_text"),
    ):
        if medium in media:
            _check_text(text, field, _TEXT_LENGTH, email=False)
    if Medium.EMAIL in media:
        _check_line(draft.subject, "subject", 200, required=draft.template_id is None)
        _check_fields(draft.subject, "subject", email=True)
        if draft.template_id is None:
            _check_text(draft.email_html, "email_html", _HTML_LENGTH, email=True)
    if not draft.everyone and not draft.category_ids:
        raise InvalidInputError(code="no_targets", field="targets")
    return channel


def _check_line(text: str, field: str, longest: int, *, required: bool) -> None:
    if required and not text.strip():
        raise InvalidInputError(code="required", field=field)
    if len(text) > longest:
        raise InvalidInputError(code="too_long", field=field, longest=longest)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidInputError(code="control_characters", field=field)


def _check_text(text: str, field: str, longest: int, *, email: bool) -> None:
    if not text.strip():
        raise InvalidInputError(code="required", field=field)
    if len(text) > longest:
        raise InvalidInputError(code="too_long", field=field, longest=longest)
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in text):
        raise InvalidInputError(code="control_characters", field=field)
    _check_fields(text, field, email=email)


def _check_fields(text: str, field: str, *, email: bool) -> None:
    unknown = unknown_fields(text, email=email)
    if unknown:
        raise InvalidInputError(code="unknown_field", field=field, names=", ".join(unknown))


def _fill(session: Session, campaign: Campaign, draft: DraftInput) -> None:
    organisation = organisations.get(session)
    media = media_of(campaign.channel)
    campaign.title = draft.title.strip()
    campaign.subject = draft.subject.strip() if Medium.EMAIL in media else ""
    campaign.search_text = fold(f"{campaign.title} {campaign.subject}")[:_SEARCH_LENGTH]
    campaign.sms_text = _normal(draft.sms_text) if Medium.SMS in media else ""
    campaign.whatsapp_text = _normal(draft.whatsapp_text) if Medium.WHATSAPP in media else ""
    campaign.template_id = _template_id(session, draft) if Medium.EMAIL in media else None
    campaign.email_html = draft.email_html if Medium.EMAIL in media and campaign.template_id is None else ""
    campaign.targets_everyone = draft.everyone
    campaign.one_per_household = draft.one_per_household
    campaign.scheduled_at = _future(draft.scheduled_local, organisation)
    campaign.schedule_zone = organisation.time_zone if campaign.scheduled_at else ""
    campaign.preview = _preview(campaign)


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _template_id(session: Session, draft: DraftInput) -> int | None:
    if draft.template_id is None:
        return None
    template = session.get(Template, draft.template_id)
    if template is None or template.deleted_at is not None:
        raise InvalidInputError(code="unknown_template", field="template_id")
    return template.id


def _future(local: str | None, organisation: Organisation) -> datetime | None:
    if not local:
        return None
    moment = to_utc(local, organisation.time_zone)
    if moment <= clock.now():
        raise InvalidInputError(code="in_the_past", field="schedule")
    return moment


def _preview(campaign: Campaign) -> str:
    text = campaign.sms_text or campaign.whatsapp_text or inscriptis.get_text(campaign.email_html or "")
    return " ".join(text.split())[:_PREVIEW_LENGTH]


def _selection(draft: DraftInput) -> Selection:
    return Selection(everyone=draft.everyone, category_ids=() if draft.everyone else tuple(draft.category_ids))


def _count(channel: Channel, draft: DraftInput) -> int:
    """Counted before the transaction begins: it reads every chosen contact, and nobody should wait for it."""
    with reading() as session:
        counted = count_selection(session, channel, _selection(draft), one_per_household=draft.one_per_household)
        return counted.total


def _set_targets(session: Session, campaign: Campaign, draft: DraftInput, targets_count: int) -> None:
    chosen = _selection(draft).category_ids
    known = {category_id for category_id, *_ in contacts.list_categories(session)}
    if not known.issuperset(chosen):
        raise InvalidInputError(code="unknown_category", field="targets")
    campaigns.set_categories(session, campaign.id or 0, chosen)
    campaign.targets_count = targets_count
