"""One page of a campaign's recipients. No page costs more than another, however many there are, but for a search.

In the order of sending each status, or group of them, walks its own part of an index. In the order of the names the
few of a tab are put in order at each reading; of many, the contacts are walked in an index and each is asked for its
recipient, which meets one soon enough where there are many. In the order of the last change only few can be shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    RowMapping,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlmodel import Session

from backend.domain.search import fold, search_words
from backend.domain.tracking import STATUSES_OF, RecipientQuery, RecipientSort, moment_of
from backend.models import Contact, Recipient, table_of
from backend.repositories.id_lists import DIALECTS, among, dialect_of, ids_for
from backend.repositories.standing_at import parts_of, stands_at

_recipient = table_of(Recipient)
_contact = table_of(Contact)

_MARKS = "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"  # accents, niqqud and cantillation
_LOOK_ALIKES = "‘’ʼ׳“”„«»״־‐‑–—"
_PLAIN = "".join(map(fold, _LOOK_ALIKES))
_ROWS = {
    dialect: select(
        _recipient.c.id,
        _recipient.c.contact_id,
        _contact.c.first_name,
        _contact.c.last_name,
        _contact.c.hebrew_first_name,
        _recipient.c.medium,
        _recipient.c.address,
        _recipient.c.status,
        _recipient.c.reason,
        _recipient.c.vendor_code,
        _recipient.c.segments,
        _recipient.c.updated_at,
        _recipient.c.views,
        _recipient.c.clicks,
    )
    .join(_contact, _contact.c.id == _recipient.c.contact_id)
    .where(among(_recipient.c.id, dialect))
    for dialect in DIALECTS
}


def list_page(
    session: Session, campaign_id: int, query: RecipientQuery, *, are_few: bool
) -> tuple[Sequence[RowMapping], bool]:
    """The recipients of one page in their order, and whether there are more in the direction of the walk.

    `are_few`: the tab holds at most `domain.tracking.FEW_NAMES`.
    """
    found = list_ids(session, campaign_id, query, query.page_size + 1, are_few=are_few)
    ids = found[: query.page_size]
    in_order = ids[::-1] if query.before is not None else ids
    return rows_of(session, in_order), len(found) > query.page_size


def rows_of(session: Session, ids: Sequence[int]) -> list[RowMapping]:
    """Recipients in the order of the ids."""
    if not ids:
        return []
    rows = session.execute(_ROWS[dialect_of(session)], ids_for(session, ids)).mappings()
    by_id = {row["id"]: row for row in rows}
    return [by_id[id_] for id_ in ids if id_ in by_id]


def get_row(session: Session, recipient_id: int) -> RowMapping:
    """One recipient as pages have it; the caller knows that it is there."""
    return session.execute(_ROWS[dialect_of(session)], ids_for(session, [recipient_id])).mappings().one()


def list_ids(session: Session, campaign_id: int, query: RecipientQuery, limit: int, *, are_few: bool) -> list[int]:
    """Ids from the cursor on, in the direction of the walk."""
    found = _found(session, query)
    if query.sort is RecipientSort.SENDING:
        asked = _by_id(campaign_id, query, found, limit, dialect_of(session))
    elif query.sort is RecipientSort.UPDATED:
        asked = _by_change(_of_tab(session, campaign_id, query), query, found).limit(limit)
    else:
        place = _place(session, campaign_id, query)
        by_name = _few_by_name if are_few else _many_by_name
        asked = by_name(_of_tab(session, campaign_id, query), query, found, place).limit(limit)
    return list(session.execute(asked).scalars())


def _goes_down(query: RecipientQuery) -> bool:
    """Whether the walk is from the large to the small."""
    return query.descending != (query.before is not None)


def _cursor(query: RecipientQuery) -> int | None:
    return query.before if query.after is None else query.after


def _by_id(
    campaign_id: int, query: RecipientQuery, found: ColumnElement[bool] | None, limit: int, dialect: str
) -> Select[Any]:
    down, cursor, id_ = _goes_down(query), _cursor(query), _recipient.c.id

    def walk(part: ColumnElement[bool]) -> Any:
        branch = select(id_).where(_recipient.c.campaign_id == campaign_id, part)
        if found is not None:
            branch = branch.join(_contact, _contact.c.id == _recipient.c.contact_id).where(found)
        if cursor is not None:
            branch = branch.where(id_ < cursor if down else id_ > cursor)
        return branch.order_by(id_.desc() if down else id_).limit(limit).subquery()

    walks = [walk(part) for part in parts_of(dialect, STATUSES_OF[query.tab])]
    merged = union_all(*(select(each.c.id) for each in walks)).subquery()
    return select(merged.c.id).order_by(merged.c.id.desc() if down else merged.c.id).limit(limit)


def _of_tab(session: Session, campaign_id: int, query: RecipientQuery) -> ColumnElement[bool]:
    return and_(_recipient.c.campaign_id == campaign_id, stands_at(dialect_of(session), *STATUSES_OF[query.tab]))


def _beyond(keys: Sequence[Any], place: Sequence[Any], *, down: bool) -> ColumnElement[bool]:
    """What comes after a place in the order of the keys."""
    given = tuple_(*(literal(value, key.type) for key, value in zip(keys, place, strict=True)))
    return tuple_(*keys) < given if down else tuple_(*keys) > given


def _ordered(asked: Select[Any], keys: Sequence[Any], *, down: bool) -> Select[Any]:
    return asked.order_by(*(key.desc() if down else key for key in keys))


def _by_change(of_tab: ColumnElement[bool], query: RecipientQuery, found: ColumnElement[bool] | None) -> Select[Any]:
    down, cursor = _goes_down(query), _cursor(query)
    keys = (_recipient.c.updated_at, _recipient.c.id)
    asked = select(_recipient.c.id).where(of_tab)
    if found is not None:
        asked = asked.join(_contact, _contact.c.id == _recipient.c.contact_id).where(found)
    if cursor is not None and query.at is not None:
        asked = asked.where(_beyond(keys, (moment_of(query.at), cursor), down=down))
    return _ordered(asked, keys, down=down)


_NAMES = (_contact.c.last_name, _contact.c.first_name, _contact.c.id)


def _place(session: Session, campaign_id: int, query: RecipientQuery) -> Sequence[Any] | None:
    """The names at the cursor; None at the beginning."""
    cursor = _cursor(query)
    if cursor is None:
        return None
    at_cursor = (_recipient.c.id == cursor) & (_recipient.c.campaign_id == campaign_id)
    asked = select(*_NAMES).join(_recipient, _recipient.c.contact_id == _contact.c.id).where(at_cursor)
    return session.execute(asked).one_or_none()


def _few_by_name(
    of_tab: ColumnElement[bool],
    query: RecipientQuery,
    found: ColumnElement[bool] | None,
    place: Sequence[Any] | None,
) -> Select[Any]:
    # Not the bare columns: a planner would take the index of the names for the order, and meet few of these in it.
    last_name, first_name, id_ = _NAMES
    keys = (last_name + "", first_name + "", id_)
    asked = (
        select(_recipient.c.id)
        .join(_contact, _contact.c.id == _recipient.c.contact_id)
        .where(of_tab, *(() if found is None else (found,)))
    )
    if place is not None:
        asked = asked.where(_beyond(keys, place, down=_goes_down(query)))
    return _ordered(asked, keys, down=_goes_down(query))


def _many_by_name(
    of_tab: ColumnElement[bool],
    query: RecipientQuery,
    found: ColumnElement[bool] | None,
    place: Sequence[Any] | None,
) -> Select[Any]:
    # A query for each contact of the walk: as a join, a planner may read all recipients before the first.
    theirs = (
        select(_recipient.c.id)
        .where(of_tab, _recipient.c.contact_id == _contact.c.id)
        .where(*(() if found is None else (found,)))
        .correlate(_contact)
        .scalar_subquery()
    )
    walk = select(theirs.label("id"), *(key.label(f"key{place}") for place, key in enumerate(_NAMES)))
    if place is not None:
        walk = walk.where(_beyond(_NAMES, place, down=_goes_down(query)))
    walked = walk.subquery()
    keys = [walked.c[f"key{place}"] for place in range(len(_NAMES))]
    return _ordered(select(walked.c.id).where(walked.c.id.is_not(None)), keys, down=_goes_down(query))


def _found(session: Session, query: RecipientQuery) -> ColumnElement[bool] | None:
    """Every word somewhere in names, address, code and reason; or the whole of it a number; or one of the hints."""
    words = search_words(query.search)
    if not words:
        return None
    folded = _folding(session)
    told = (
        folded(_contact.c.first_name),
        folded(_contact.c.last_name),
        folded(_contact.c.hebrew_first_name),
        func.coalesce(_recipient.c.address, ""),
        func.coalesce(_recipient.c.vendor_code, ""),
        func.replace(func.coalesce(cast(_recipient.c.reason, String), ""), "_", " "),
    )
    text = told[0]
    for part in told[1:]:
        text = text + literal(" ") + part
    ways: list[ColumnElement[bool]] = []
    number = _number(query.search)
    if number:
        ways.append(_recipient.c.address.contains(number))
    if not number or len(words) == 1:  # the pairs of a written number are in almost every number
        ways.append(and_(*(text.contains(word, autoescape=True) for word in words)))
    if query.reasons:
        ways.append(_recipient.c.reason.in_(query.reasons))
    if query.vendor_codes:
        ways.append(_recipient.c.vendor_code.in_(query.vendor_codes))
    return or_(*ways)


def _number(search: str) -> str:
    """The digits of a phone number however it is written, without the zero of national ones; else nothing."""
    digits = re.sub(r"[\s.()+-]", "", search)
    return digits.lstrip("0") if digits.isascii() and digits.isdigit() and len(digits) > 3 else ""


def _folding(session: Session) -> Any:
    """`domain.search.fold` as a function of the database. Most names are ASCII, and do without what is slow."""
    if dialect_of(session) == "postgresql":
        size, fold_all = func.octet_length, _folded_by_postgresql
    else:
        connection: Any = session.connection().connection.dbapi_connection
        connection.create_function("folded", 1, _fold_name, deterministic=True)
        size, fold_all = lambda column: func.length(cast(column, LargeBinary)), func.folded
    return lambda column: case((func.length(column) == size(column), func.lower(column)), else_=fold_all(column))


@lru_cache(maxsize=100_000)
def _fold_name(name: str) -> str:
    return fold(name)


def _folded_by_postgresql(column: Any) -> Any:
    bare = func.regexp_replace(func.normalize(column, literal_column("NFKD")), _MARKS, "", "g")
    return func.translate(func.lower(bare), _LOOK_ALIKES, _PLAIN)
