"""The contacts behind a number, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.services.target_lists import ListedContact, TargetList
from unisoft_ui.texts import targets as texts
from unisoft_ui.view_models.target_tokens import contact_name


@dataclass(frozen=True)
class TargetRow:
    """A contact: who, at what addresses, and what is in the way."""

    key: str
    name: str
    address: str
    why: str


@dataclass(frozen=True)
class TargetListView:
    """What the dialog shows."""

    title: str = ""
    rows: list[TargetRow] = field(default_factory=list)
    more: str = ""


def target_list(title: str, found: TargetList) -> TargetListView:
    rest = found.total - len(found.contacts)
    rows = [_row(one, title) for one in found.contacts]
    return TargetListView(texts.listed(title, found.total), rows, texts.more(rest) if rest > 0 else "")


def _row(listed: ListedContact, title: str) -> TargetRow:
    contact = listed.contact
    addresses = [address for address in (contact.email, contact.mobile_e164) if address]
    reasons = [texts.OBSTACLES[medium][obstacle] for medium, obstacle in listed.obstacles]
    return TargetRow(
        key=str(contact.id),
        name=contact_name(contact),
        address=" · ".join(addresses) or texts.NO_ADDRESS_SHOWN,
        why=" · ".join(dict.fromkeys(reasons)) or title,
    )
