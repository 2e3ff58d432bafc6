"""Choose contacts, and count what validation would make of the choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from backend.domain.channels import Channel, Medium
from backend.domain.statuses import Reason
from backend.domain.targeting import choose_targets
from backend.models import Campaign, TargetRole
from backend.repositories import campaigns, contacts
from backend.repositories.contacts import Selection


@dataclass(frozen=True, slots=True)
class TargetCount:
    """Who a draft would reach now, and who is left out, by reason. `total` counts those without an address too."""

    total: int
    per_medium: Mapping[Medium, int]
    left_out: Mapping[Reason, int]


def count_selection(
    session: Session, channel: Channel, selection: Selection, *, one_per_household: bool
) -> TargetCount:
    """Count what validation would make of a selection."""
    media: Counter[Medium] = Counter()
    left_out: Counter[Reason] = Counter()
    candidates = contacts.list_candidates(session, selection)
    for target in choose_targets(channel, candidates, one_per_household=one_per_household):
        if target.medium:
            media[target.medium] += 1
        elif target.reason:
            left_out[target.reason] += 1
    return TargetCount(counted_targets(media, left_out), media, left_out)


def counted_targets(per_medium: Mapping[Medium, int], left_out: Mapping[Reason, int]) -> int:
    """Whoever is meant to get the message. A missing address can be repaired, so it counts, as a failure."""
    return sum(per_medium.values()) + left_out.get(Reason.NO_ADDRESS, 0)


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
