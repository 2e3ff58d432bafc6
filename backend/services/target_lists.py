"""The contacts behind each number of the count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.database import reading
from backend.domain.channels import Medium, media_of
from backend.domain.reach import Obstacle, decide, groups_of, obstacle_on, standing_of
from backend.domain.rights import Right
from backend.repositories import contact_search, contacts
from backend.repositories.contact_search import FoundContact
from backend.services.acting import ActingUser
from backend.services.draft_input import DraftInput, channel_named
from backend.services.selecting import selection_entered

MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class ListedContact:
    """A contact of a group, and what keeps the media of the channel from reaching it."""

    contact: FoundContact
    obstacles: Sequence[tuple[Medium, Obstacle]]


@dataclass(frozen=True, slots=True)
class TargetList:
    """The first fifty contacts of a group, and how many there are."""

    contacts: Sequence[ListedContact]
    total: int


def list_group(actor: ActingUser, draft: DraftInput, group: str) -> TargetList:
    """Who is counted in a group of `backend.domain.reach`; an unknown one has nobody.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    channel, total = channel_named(draft.channel), 0
    standings: dict[int, int] = {}
    with reading() as session:
        chosen = contacts.list_chosen(session, selection_entered(draft))
        for contact_id, standing, repeated in decide(channel, chosen, one_per_household=draft.one_per_household):
            if group in groups_of(channel, standing, repeated):
                total += 1
                if total <= MOST_LISTED:
                    standings[contact_id] = standing
        named = contact_search.list_named(session, standings)
    media = media_of(channel)
    return TargetList([ListedContact(one, _obstacles(standings[one.id], media)) for one in named], total)


def _obstacles(standing: int, media: Sequence[Medium]) -> list[tuple[Medium, Obstacle]]:
    facts = standing_of(standing)
    found = [(medium, obstacle_on(medium, facts)) for medium in media]
    return [(medium, obstacle) for medium, obstacle in found if obstacle]
