"""The chosen categories and contacts, and those that can be chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from backend.domain.editor_options import CategoryChoice
from backend.domain.search import fold
from backend.services.contact_search import FoundContact
from unisoft_ui.texts import initials, number
from unisoft_ui.texts import targets as texts

CATEGORY, CONTACT = "category", "contact"
FIELDS = (CATEGORY, CONTACT, "excluded")
_MOST_CATEGORIES = 50


@dataclass(frozen=True)
class Token:
    """A chosen category or contact. `input` names what the form sends; `spoken` names the button that removes it."""

    kind: str
    id: str
    input: str
    name: str
    count: str
    initials: str
    spoken: str


@dataclass(frozen=True)
class Hit:
    """What the search found."""

    kind: str
    id: str
    name: str
    detail: str
    initials: str


def category_token(choice: CategoryChoice, field: str) -> Token:
    name = choice.name
    return Token(
        CATEGORY, str(choice.id), _input(field, CATEGORY), name, number(choice.contact_count), "", texts.remove(name)
    )


def contact_token(contact_id: int, name: str, field: str) -> Token:
    return Token(
        CONTACT, str(contact_id), _input(field, CONTACT), name, "", initials(name) if name else "", texts.remove(name)
    )


def unnamed_token(contact_id: int, field: str) -> Token:
    """A contact whose name is being read."""
    return contact_token(contact_id, texts.LOADING_NAME, field)


def contact_name(contact: FoundContact) -> str:
    """Its name, or what else it has."""
    name = f"{contact.first_name} {contact.last_name}".strip() or contact.hebrew_first_name
    return name or contact.email or contact.mobile_e164 or texts.NAMELESS


def category_hits(choices: Iterable[CategoryChoice], text: str, without: Collection[int]) -> list[Hit]:
    """Categories whose name holds what was typed."""
    looked_for = fold(text.strip())
    found = [one for one in choices if one.id not in without and looked_for in fold(one.name)]
    return [Hit(CATEGORY, str(one.id), one.name, number(one.contact_count), "") for one in found[:_MOST_CATEGORIES]]


def contact_hit(contact: FoundContact) -> Hit:
    name = contact_name(contact)
    known = [part for part in (contact.hebrew_first_name, contact.email, contact.mobile_e164) if part and part != name]
    return Hit(CONTACT, str(contact.id), name, " · ".join(known), initials(name))


def _input(field: str, kind: str) -> str:
    return f"excluded_{kind}" if field == "excluded" else kind
