"""Contacts: choosing targets, and noting what providers say about an address."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from backend import clock
from backend.domain.channels import Medium
from backend.domain.reach import ADDRESS_STATES, WEIGHTS, ChosenContact
from backend.domain.targeting import Candidate
from backend.models import AddressProblem, Category, Contact, ContactCategory, OptOut, TargetMatch, table_of

_contact = table_of(Contact)
_member = table_of(ContactCategory)
_category = table_of(Category)
_opted_out_by = {medium: aliased(table_of(OptOut), name=f"out_{medium}") for medium in Medium}
_OPTED_OUT = [opt_out.c.address.is_not(None) for opt_out in _opted_out_by.values()]

# Reading a batch is one call of the driver, during which no other thread of the process runs.
_BATCH = 1_000


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
    names = [_contact.c[name] for name in Candidate._fields[1:10]]
    query = _with_opt_outs(select(_contact.c.id, *names, *_OPTED_OUT)).where(*_included(selection))
    if excluded := _excluded(selection):
        query = query.where(~or_(*excluded))
    for row in session.execute(query.execution_options(yield_per=_BATCH)):
        yield Candidate(*row)


def list_chosen(session: Session, selection: Selection) -> Iterator[ChosenContact]:
    """The same contacts and the excluded ones, in the same order, in rows that cost little: all that counting needs."""
    contact = _contact.c
    query = select(contact.id, _standing(selection), contact.email, contact.mobile_e164, contact.household_id)
    for row in session.execute(_with_opt_outs(query).where(*_included(selection)).execution_options(yield_per=_BATCH)):
        yield cast("ChosenContact", row)  # a row is a tuple: making another one of each would take as long as reading


def shared_addresses(session: Session) -> set[str]:
    """Emails and mobiles that more than one contact has, deleted ones among them: their indexes alone say so."""
    found = set[str]()
    for address in (_contact.c.email, _contact.c.mobile_e164):
        query = select(address).where(address.is_not(None)).group_by(address).having(func.count() > 1)
        found.update(session.execute(query.execution_options(yield_per=_BATCH)).scalars())
    return found


def _with_opt_outs(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    for medium, opt_out in _opted_out_by.items():
        address = _contact.c.email if medium is Medium.EMAIL else _contact.c.mobile_e164
        query = query.outerjoin(opt_out, (opt_out.c.medium == medium) & (opt_out.c.address == address))
    return query.order_by(_contact.c.id)


def _standing(selection: Selection) -> ColumnElement[int]:
    """See `backend.domain.reach`."""
    excluded = _excluded(selection)
    flags = {
        "is_deceased": _contact.c.is_deceased,
        **{f"{medium}_opted_out": out for medium, out in zip(_opted_out_by, _OPTED_OUT, strict=True)},
        **({"is_excluded": or_(*excluded)} if excluded else {}),
    }
    facts = [case((flag, WEIGHTS[name]), else_=0) for name, flag in flags.items()]
    email = _address_state(_contact.c.email, _contact.c.email_problem) * WEIGHTS["email"]
    mobile = _address_state(_contact.c.mobile_e164, _contact.c.mobile_problem) * WEIGHTS["mobile"]
    return sum(facts, email + mobile)


def _address_state(address: Any, problem: Any) -> ColumnElement[int]:
    there = and_(address.is_not(None), address != "")
    problems = [(problem == known, ADDRESS_STATES.index(known)) for known in AddressProblem]
    return case(*problems, (there, ADDRESS_STATES.index("usable")), else_=ADDRESS_STATES.index("missing"))


def _included(selection: Selection) -> list[Any]:
    there = _contact.c.deleted_at.is_(None)
    if selection.everyone:
        return [there]
    return [there, or_(_in_categories(selection), _contact.c.id.in_(selection.contact_ids))]


def _excluded(selection: Selection) -> list[Any]:
    conditions: list[Any] = []
    if selection.excluded_category_ids:
        conditions.append(_contact.c.id.in_(_members_of(selection.excluded_category_ids)))
    if selection.excluded_contact_ids:
        conditions.append(_contact.c.id.in_(selection.excluded_contact_ids))
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


def find_only_holder(session: Session, mobile_e164: str) -> int | None:
    """The one contact with this number; None when nobody has it, or several do."""
    query = select(_contact.c.id).where(_contact.c.mobile_e164 == mobile_e164, _contact.c.deleted_at.is_(None)).limit(2)
    found = list(session.execute(query).scalars())
    return found[0] if len(found) == 1 else None
