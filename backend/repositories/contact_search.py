"""Contacts by what they are called, and by their ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import case, select
from sqlmodel import Session

from backend.models import Contact, table_of

_contact = table_of(Contact)


class FoundContact(NamedTuple):
    """A contact, and how it can be told from others of its name."""

    id: int
    first_name: str
    last_name: str
    hebrew_first_name: str
    email: str | None
    mobile_e164: str | None


_FOUND = [_contact.c[name] for name in FoundContact._fields]


def find_contacts(
    session: Session, words: Collection[str], without: Collection[int], *, most: int
) -> list[FoundContact]:
    """Contacts whose `search_text` holds every word, by name; those that begin with the first word before the others.

    Reads every text once: 100,000 are a few hundredths of a second, and no index finds two letters faster.
    """
    text = _contact.c.search_text
    begins = case((text.startswith(next(iter(words)), autoescape=True), 0), else_=1)
    query = (
        select(*_FOUND)
        .where(_contact.c.deleted_at.is_(None), *(text.contains(word, autoescape=True) for word in words))
        .where(_contact.c.id.not_in(without))
        .order_by(begins, _contact.c.last_name, _contact.c.first_name, _contact.c.id)
        .limit(most)
    )
    return [FoundContact(*row) for row in session.execute(query)]


def list_named(session: Session, ids: Collection[int]) -> list[FoundContact]:
    """Those of these contacts that are not deleted, by name."""
    query = select(*_FOUND).where(_contact.c.deleted_at.is_(None), _contact.c.id.in_(ids))
    rows = session.execute(query.order_by(_contact.c.last_name, _contact.c.first_name, _contact.c.id))
    return [FoundContact(*row) for row in rows]
