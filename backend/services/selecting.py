"""Choose contacts, and count what validation would make of the choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from backend.domain.channels import Channel, Medium
from backend.domain.reach import count_groups, first_on, left_out_for
from backend.domain.statuses import Reason
from backend.models import Campaign, TargetMatch, TargetRole
from backend.repositories import campaigns, contacts
from backend.repositories.contacts import Selection
from backend.services.draft_input import DraftInput


@dataclass(frozen=True, slots=True)
class TargetCount:
    """Who a draft would reach now, and who is left out, by reason. `total` counts those without an address too.

    `groups`: every number there is, see `backend.domain.reach`.
    """

    total: int
    per_medium: Mapping[Medium, int]
    left_out: Mapping[Reason, int]
    groups: Mapping[str, int] = field(default_factory=dict)


def count_selection(
    session: Session, channel: Channel, selection: Selection, *, one_per_household: bool
) -> TargetCount:
    """Count what validation would make of a selection."""
    chosen = contacts.list_chosen(session, selection)
    groups = count_groups(channel, chosen, one_per_household=one_per_household)
    media = {medium: groups[first_on(medium)] for medium in Medium if first_on(medium) in groups}
    left_out = {reason: groups[left_out_for(reason)] for reason in Reason if left_out_for(reason) in groups}
    return TargetCount(counted_targets(media, left_out), media, left_out, groups)


def counted_targets(per_medium: Mapping[Medium, int], left_out: Mapping[Reason, int]) -> int:
    """Whoever is meant to get the message. A missing address can be repaired, so it counts, as a failure."""
    return sum(per_medium.values()) + left_out.get(Reason.NO_ADDRESS, 0)


def selection_entered(draft: DraftInput) -> Selection:
    """The selection of a draft as it is stored: everyone needs no categories, and what is excluded is not chosen."""
    excluded_categories, excluded_contacts = set(draft.excluded_category_ids), set(draft.excluded_contact_ids)
    categories = () if draft.everyone else draft.category_ids
    chosen = () if draft.everyone else draft.contact_ids
    return Selection(
        everyone=draft.everyone,
        match=TargetMatch.ALL if draft.match == TargetMatch.ALL else TargetMatch.ANY,
        category_ids=tuple(one for one in categories if one not in excluded_categories),
        contact_ids=tuple(one for one in chosen if one not in excluded_contacts),
        excluded_category_ids=tuple(draft.excluded_category_ids),
        excluded_contact_ids=tuple(draft.excluded_contact_ids),
    )


def selection_of(session: Session, campaign: Campaign) -> Selection:
    """The stored selection of a campaign."""
    campaign_id = campaign.id or 0
    return Selection(
        everyone=campaign.targets_everyone,
        match=campaign.target_match,
        category_ids=campaigns.category_ids(session, campaign_id),
        contact_ids=campaigns.contact_ids(session, campaign_id, TargetRole.INCLUDE),
        excluded_category_ids=campaigns.category_ids(session, campaign_id, TargetRole.EXCLUDE),
        excluded_contact_ids=campaigns.contact_ids(session, campaign_id, TargetRole.EXCLUDE),
    )
