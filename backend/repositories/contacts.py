"""Contacts: choosing targets, and noting what providers say about an address."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from backend import clock
from backend.domain.channels import Medium
from backend.domain.targeting import Candidate
from backend.models import AddressProblem, Category, Contact, ContactCategory, OptOut, TargetMatch, table_of

_contact = table_of(Contact)
_member = table_of(ContactCategory)
_category = table_of(Category)
_opt_out = table_of(OptOut)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contacts a campaign addresses: everyone, or categories and single contacts, minus exclusions."""

    everyone: bool = False
    match: TargetMatch = TargetMatch.ANY
    category_ids: Collection[int] = ()
    contact_ids: Collection[int] = ()
    excluded_category_ids: Collection[int] = ()
    excluded_contact_ids: Collection[int] = ()


def list_candidates(session: Session, selection: Selection) -> Iterator[Candidate]:
    """Stream the chosen contacts, each once, in the order of their ids."""
    by_email, by_sms, by_whatsapp = (aliased(_opt_out, name=f"out_{medium}") for medium in Medium)
    names = [_contact.c[name] for name in Candidate._fields[1:10]]
    query = (
        select(
            _contact.c.id,
            *names,
            by_email.c.address.is_not(None),
            by_sms.c.address.is_not(None),
            by_whatsapp.c.address.is_not(None),
        )
        .outerjoin(by_email, (by_email.c.medium == Medium.EMAIL) & (by_email.c.address == _contact.c.email))
        .outerjoin(by_sms, (by_sms.c.medium == Medium.SMS) & (by_sms.c.address == _contact.c.mobile_e164))
        .outerjoin(
            by_whatsapp,
            (by_whatsapp.c.medium == Medium.WHATSAPP) & (by_whatsapp.c.address == _contact.c.mobile_e164),
        )
        .where(_contact.c.deleted_at.is_(None), *_chosen(selection))
        .order_by(_contact.c.id)
    )
    for row in session.execute(query.execution_options(yield_per=5_000)):
        yield Candidate(*row)


def _chosen(selection: Selection) -> list[Any]:
    conditions: list[Any] = []
    if not selection.everyone:
        conditions.append(or_(_in_categories(selection), _contact.c.id.in_(selection.contact_ids)))
    if selection.excluded_category_ids:
        conditions.append(_contact.c.id.not_in(_members_of(selection.excluded_category_ids)))
    if selection.excluded_contact_ids:
        conditions.append(_contact.c.id.not_in(selection.excluded_contact_ids))
    return conditions


def _in_categories(selection: Selection) -> Any:
    members = _members_of(selection.category_ids)
    if selection.match is TargetMatch.ALL:
        members = members.group_by(_member.c.contact_id).having(func.count() == len(set(selection.category_ids)))
    return _contact.c.id.in_(members)


def _members_of(category_ids: Collection[int]) -> Any:
    return select(_member.c.contact_id).where(_member.c.category_id.in_(category_ids))


def list_categories(session: Session) -> list[tuple[int, str, str, int]]:
    """Every category by name: id, name, colour, number of contacts that are not deleted."""
    rows = session.execute(
        select(_category.c.id, _category.c.name, _category.c.colour, func.count(_contact.c.id))
        .outerjoin(_member, _member.c.category_id == _category.c.id)
        .outerjoin(_contact, (_contact.c.id == _member.c.contact_id) & _contact.c.deleted_at.is_(None))
        .group_by(_category.c.id, _category.c.name, _category.c.colour)
        .order_by(_category.c.name)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def find_category_ids(session: Session, names: Collection[str]) -> dict[str, int]:
    """Category ids by name, for those that exist."""
    rows = session.execute(select(_category.c.name, _category.c.id).where(_category.c.name.in_(names)))
    return {name: category_id for name, category_id in rows}


def flag_address(session: Session, medium: Medium, addresses: Collection[str], problem: AddressProblem) -> None:
    """Note that addresses cannot be used; a later import or edit that changes the address clears it."""
    if not addresses:
        return
    address, flag = (
        (_contact.c.email, "email_problem") if medium is Medium.EMAIL else (_contact.c.mobile_e164, "mobile_problem")
    )
    session.execute(update(_contact).where(address.in_(addresses)).values({flag: problem, "updated_at": clock.now()}))
