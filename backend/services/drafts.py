"""Create a draft, and save it again: nothing is sent, nothing is reserved."""

from __future__ import annotations

from datetime import datetime

import inscriptis
from sqlmodel import Session

from backend import clock, realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.additional_content import AdditionalContent
from backend.domain.channels import Channel, Medium, media_of
from backend.domain.rights import Right
from backend.domain.schedules import to_local, to_utc
from backend.domain.search import fold
from backend.domain.statuses import CampaignStatus
from backend.errors import ConflictError, InvalidInputError
from backend.models import Campaign, Organisation, TargetMatch, TargetRole, Template
from backend.repositories import audit, campaigns, contacts, organisations
from backend.services.acting import ActingUser
from backend.services.additional_content import LinkInput, content_of, is_link, set_content
from backend.services.composing import clean_html
from backend.services.draft_input import Care, DraftInput, check
from backend.services.selecting import count_selection, selection_entered

_PREVIEW_LENGTH = 300
_SEARCH_LENGTH = 400  # folding makes several characters of some: "…" becomes "..."


def create_campaign(actor: ActingUser, draft: DraftInput, *, care: Care = Care.SENDABLE) -> int:
    """Save a new draft and count its targets; gives its id.

    `care` says how much is asked of it: most, unless somebody is still writing.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
        InvalidInputError: `details["field"]` names the field, `code` the reason.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    channel = check(draft, care)
    targets_count = _count(channel, draft)
    with unit_of_work() as session:
        campaign = Campaign(title=draft.title.strip(), channel=channel, created_by_id=actor.id)
        _fill(session, campaign, draft, care=care)
        session.add(campaign)
        session.flush()
        _set_targets(session, campaign, draft, targets_count)
        _set_content(session, actor, campaign, draft, care)
        audit.record(session, "create", "campaign", campaign.id, user_id=actor.id, actor=actor.email)
        after_commit(session, realtime.signal_list)
        return campaign.id or 0


def save_campaign(
    actor: ActingUser, campaign_id: int, version: int, draft: DraftInput, *, care: Care = Care.SENDABLE
) -> int:
    """Save a draft again, counting its targets anew; gives the new version. `care` as for `create_campaign`.

    Raises:
        ConflictError: somebody saved or validated it since `version` was read.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    channel = check(draft, care)
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
        _fill(session, campaign, draft, care=care)
        _set_targets(session, campaign, draft, targets_count)
        _set_content(session, actor, campaign, draft, care)
        audit.record(session, "save", "campaign", campaign.id, user_id=actor.id, actor=actor.email)
        after_commit(session, realtime.signal_list)
        return campaign.version


def load_content(actor: ActingUser, campaign_id: int) -> AdditionalContent:
    """The links and files of a draft; none for a campaign that is not there."""
    actor.require(Right.CAMPAIGNS_EDIT)
    with reading() as session:
        return content_of(session, campaign_id)


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
        return entered(session, campaign), campaign.version


def entered(session: Session, campaign: Campaign) -> DraftInput:
    """A stored draft as its author entered it."""
    campaign_id, at = campaign.id or 0, campaign.scheduled_at
    content = content_of(session, campaign_id)
    zone = organisations.get(session).time_zone
    return DraftInput(
        title=campaign.title,
        channel=campaign.channel,
        subject=campaign.subject,
        sms_text=campaign.sms_text,
        whatsapp_text=campaign.whatsapp_text,
        email_html="" if campaign.template_id else campaign.email_html,
        template_id=campaign.template_id,
        everyone=campaign.targets_everyone,
        match=campaign.target_match,
        category_ids=tuple(campaigns.category_ids(session, campaign_id)),
        contact_ids=tuple(campaigns.contact_ids(session, campaign_id, TargetRole.INCLUDE)),
        excluded_category_ids=tuple(campaigns.category_ids(session, campaign_id, TargetRole.EXCLUDE)),
        excluded_contact_ids=tuple(campaigns.contact_ids(session, campaign_id, TargetRole.EXCLUDE)),
        one_per_household=campaign.one_per_household,
        scheduled_local=to_local(at, zone).strftime("%Y-%m-%dT%H:%M") if at else None,
        links=tuple(LinkInput(link.url, link.title) for link in content.links),
        files=tuple(file.ref for file in content.files),
    )


def _fill(session: Session, campaign: Campaign, draft: DraftInput, *, care: Care) -> None:
    organisation = organisations.get(session)
    media = media_of(campaign.channel)
    campaign.title = draft.title.strip()
    campaign.subject = draft.subject.strip() if Medium.EMAIL in media else ""
    campaign.search_text = fold(f"{campaign.title} {campaign.subject}")[:_SEARCH_LENGTH]
    campaign.sms_text = _normal(draft.sms_text) if Medium.SMS in media else ""
    campaign.whatsapp_text = _normal(draft.whatsapp_text) if Medium.WHATSAPP in media else ""
    _fill_email(session, campaign, draft if Medium.EMAIL in media else DraftInput(title="", channel=""))
    campaign.targets_everyone = draft.everyone
    campaign.target_match = TargetMatch.ALL if draft.match == TargetMatch.ALL else TargetMatch.ANY
    campaign.one_per_household = draft.one_per_household
    campaign.scheduled_at = _moment(draft.scheduled_local, organisation, care=care)
    campaign.schedule_zone = organisation.time_zone if campaign.scheduled_at else ""
    campaign.preview = _preview(campaign)


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _fill_email(session: Session, campaign: Campaign, draft: DraftInput) -> None:
    """A draft with a template keeps a copy of its own: whoever changes the template later changes no campaign."""
    if draft.template_id is None:
        campaign.template_id, campaign.email_html = None, clean_html(draft.email_html) if draft.email_html else ""
        return
    if campaign.template_id == draft.template_id and campaign.email_html and not draft.template_renewed:
        return
    template = session.get(Template, draft.template_id)
    if template is None or template.deleted_at is not None:
        raise InvalidInputError(code="unknown_template", field="template_id")
    campaign.template_id, campaign.email_html = template.id, template.html
    campaign.subject = campaign.subject or template.subject


def _moment(local: str | None, organisation: Organisation, *, care: Care) -> datetime | None:
    if not local:
        return None
    moment = to_utc(local, organisation.time_zone)
    if care is not Care.KEPT and moment <= clock.now():
        raise InvalidInputError(code="in_the_past", field="schedule")
    return moment


def _preview(campaign: Campaign) -> str:
    text = campaign.sms_text or campaign.whatsapp_text or inscriptis.get_text(campaign.email_html or "")
    return " ".join(text.split())[:_PREVIEW_LENGTH]


def _count(channel: Channel, draft: DraftInput) -> int:
    """Counted before the transaction begins: it reads every chosen contact, and nobody should wait for it."""
    with reading() as session:
        selection = selection_entered(draft)
        return count_selection(session, channel, selection, one_per_household=draft.one_per_household).total


def _set_targets(session: Session, campaign: Campaign, draft: DraftInput, targets_count: int) -> None:
    campaign_id, chosen = campaign.id or 0, selection_entered(draft)
    known = {category_id for category_id, *_ in contacts.list_categories(session)}
    if not known.issuperset([*chosen.category_ids, *chosen.excluded_category_ids]):
        raise InvalidInputError(code="unknown_category", field="targets")
    campaigns.set_categories(session, campaign_id, chosen.category_ids, chosen.excluded_category_ids)
    campaigns.set_contacts(session, campaign_id, chosen.contact_ids, chosen.excluded_contact_ids)
    campaign.targets_count = targets_count


def _set_content(session: Session, actor: ActingUser, campaign: Campaign, draft: DraftInput, care: Care) -> None:
    links = [link for link in draft.links if is_link(link)] if care is Care.KEPT else draft.links
    set_content(session, actor, campaign.id or 0, links, draft.files, media_of(campaign.channel))
