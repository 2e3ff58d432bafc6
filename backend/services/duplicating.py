"""Make a new draft of a campaign that is there already."""

from __future__ import annotations

from sqlmodel import Session

from backend import realtime
from backend.database import after_commit, reading, unit_of_work
from backend.domain.rights import Right
from backend.domain.search import fold
from backend.models import Campaign, Template
from backend.repositories import audit, campaigns
from backend.services.acting import ActingUser
from backend.services.selecting import count_selection, selection_of

_TITLE_LENGTH = 120
_SEARCH_LENGTH = 400
_COPIED = (
    "channel",
    "subject",
    "sms_text",
    "whatsapp_text",
    "email_html",
    "template_id",
    "preview",
    "targets_everyone",
    "target_match",
    "one_per_household",
)


def duplicate_campaign(actor: ActingUser, campaign_id: int, *, title: str = "Copy of {title}") -> int:
    """Save a new draft with the content, targets, links and files of a campaign, but no date; gives its id.

    Its targets are counted now. A template that was deleted meanwhile is copied into the draft. `title`: what the
    draft is called, in which `{title}` stands for the old title; cut where it is too long.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
        NotFoundError: there is no such campaign, or it is deleted.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    targets_count = _count_targets(campaign_id)
    with unit_of_work() as session:
        original = campaigns.get(session, campaign_id)
        copy = Campaign(
            **{name: getattr(original, name) for name in _COPIED},
            title=title.replace("{title}", original.title)[:_TITLE_LENGTH].strip(),
            targets_count=targets_count,
            created_by_id=actor.id,
        )
        _keep_template(session, copy)
        copy.search_text = fold(f"{copy.title} {copy.subject}")[:_SEARCH_LENGTH]
        session.add(copy)
        session.flush()
        copy_id = copy.id or 0
        campaigns.copy_belongings(session, campaign_id, copy_id)
        audit.record(
            session, "duplicate", "campaign", copy_id, user_id=actor.id, actor=actor.email, original=campaign_id
        )
        after_commit(session, realtime.signal_list)
        return copy_id


def _count_targets(campaign_id: int) -> int:
    """Counted before the transaction begins: it reads every chosen contact, and nobody should wait for it."""
    with reading() as session:
        campaign = campaigns.get(session, campaign_id)
        selection = selection_of(session, campaign)
        counted = count_selection(session, campaign.channel, selection, one_per_household=campaign.one_per_household)
        return counted.total


def _keep_template(session: Session, copy: Campaign) -> None:
    template = session.get(Template, copy.template_id) if copy.template_id else None
    if template is not None and template.deleted_at is not None:
        copy.template_id, copy.email_html = None, copy.email_html or template.html
