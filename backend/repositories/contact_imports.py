"""Contacts by the thousand: find them by address, write them, and put them into categories and households."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Table as SqlTable
from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.contact_search import searched_text
from backend.models import Category, Contact, ContactCategory, Household, table_of

_contact = table_of(Contact)
_category = table_of(Category)
_household = table_of(Household)
_member = table_of(ContactCategory)

IMPORTED = (
    "first_name", "last_name", "hebrew_first_name", "email", "email_problem", "mobile_e164", "mobile_problem",
    "language", "birth_date", "is_deceased", "household_id",
)  # fmt: skip
_SEARCHED = ("first_name", "last_name", "hebrew_first_name", "email", "mobile_e164")
_WRITTEN = (*IMPORTED, "updated_at", "search_text")
_SHOWN = [_contact.c[name] for name in ("id", *IMPORTED)]


def find_by_address(session: Session, emails: Collection[str], mobiles: Collection[str]) -> list[dict[str, Any]]:
    """Contacts that are not deleted and have one of these addresses, oldest first: `id` and `IMPORTED`."""
    rows = session.execute(
        select(*_SHOWN)
        .where(_contact.c.deleted_at.is_(None))
        .where(or_(_contact.c.email.in_(emails), _contact.c.mobile_e164.in_(mobiles)))
        .order_by(_contact.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def insert_contacts(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write new contacts, all with the same keys; gives their ids in the same order."""
    written = {"created_at": clock.now(), "updated_at": clock.now()}
    return insert_returning_ids(session, _contact, [{**row, **written, "search_text": _searched(row)} for row in rows])


def insert_returning_ids(session: Session, table: SqlTable, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write rows, all with the same keys; gives their ids in the same order."""
    if not rows:
        return []
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session.execute(statement, rows).scalars())


_write = (
    update(_contact)
    .where(_contact.c.id == bindparam("row_id"))
    .values({name: bindparam(f"new_{name}", type_=_contact.c[name].type) for name in _WRITTEN})
)


def update_contacts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite `IMPORTED` of contacts by `id`."""
    if rows:
        now = clock.now()
        session.execute(
            _write,
            [
                {
                    "row_id": row["id"],
                    "new_updated_at": now,
                    "new_search_text": _searched(row),
                    **{f"new_{name}": row[name] for name in IMPORTED},
                }
                for row in rows
            ],
        )


def _searched(row: Mapping[str, Any]) -> str:
    return searched_text(*(row.get(name) or "" for name in _SEARCHED))


def ensure_categories(session: Session, names: Collection[str]) -> dict[str, int]:
    """Ids of categories by name; those that do not exist are made."""
    return _ensure(session, _category, names, colour="slate")


def ensure_households(session: Session, names: Collection[str]) -> dict[str, int]:
    """Ids of households by name, the oldest of those alike; those that do not exist are made."""
    return _ensure(session, _household, names)


def _ensure(session: Session, table: SqlTable, names: Collection[str], **values: object) -> dict[str, int]:
    if not names:
        return {}
    found = select(table.c.name, func.min(table.c.id)).where(table.c.name.in_(names)).group_by(table.c.name)
    known = {name: row_id for name, row_id in session.execute(found)}
    missing = sorted(set(names) - known.keys())
    ids = insert_returning_ids(session, table, [{"name": name, **values} for name in missing])
    return known | dict(zip(missing, ids, strict=True))


def memberships(session: Session, contact_ids: Collection[int]) -> set[tuple[int, int]]:
    """Who is in what, as (category id, contact id)."""
    if not contact_ids:
        return set()
    rows = session.execute(
        select(_member.c.category_id, _member.c.contact_id).where(_member.c.contact_id.in_(contact_ids))
    )
    return {(category_id, contact_id) for category_id, contact_id in rows}


def add_members(session: Session, pairs: Collection[tuple[int, int]]) -> None:
    """Put contacts into categories, as (category id, contact id); who is in already stays."""
    if pairs:
        insert_new = (postgresql.insert if is_postgresql(session) else sqlite.insert)(_member)
        rows = [{"category_id": category_id, "contact_id": contact_id} for category_id, contact_id in sorted(pairs)]
        session.execute(insert_new.on_conflict_do_nothing(), rows)
