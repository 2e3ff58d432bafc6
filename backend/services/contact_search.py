"""Find the contacts that a campaign is to reach, one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from backend.database import reading
from backend.domain.contact_search import looked_for
from backend.domain.rights import Right
from backend.repositories import contact_search
from backend.repositories.contact_search import FoundContact
from backend.services.acting import ActingUser

MOST_FOUND = 8
_LONGEST = 100
_MOST_IDS = 4_000  # 2,000 chosen and 2,000 excluded


def search_contacts(actor: ActingUser, text: str, without: Collection[int] = ()) -> Sequence[FoundContact]:
    """At most eight contacts found by name, Hebrew name, email or telephone; nothing looked for finds nobody.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    words = looked_for(text[:_LONGEST].replace("\0", ""))
    if not words:
        return []
    with reading() as session:
        return contact_search.find_contacts(session, words, list(without)[:_MOST_IDS], most=MOST_FOUND)


def name_contacts(actor: ActingUser, ids: Collection[int]) -> Sequence[FoundContact]:
    """Those of these contacts that (still) exist, by name.

    Raises:
        ForbiddenError: without the right `campaigns.edit`.
    """
    actor.require(Right.CAMPAIGNS_EDIT)
    if not ids:
        return []
    with reading() as session:
        return contact_search.list_named(session, list(ids)[:_MOST_IDS])
