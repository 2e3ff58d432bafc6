"""What of a campaign recipients opened, each of them and all together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.reactions import MOST_ADDRESSES, OTHER_ADDRESSES, Clicked, ClickedKind, Reaction
from backend.domain.short_links import NOBODY
from backend.models import ClickedLink, LinkClick, table_of

_click = table_of(LinkClick)
_clicked = table_of(ClickedLink)


class ClickTotal(NamedTuple):
    """How many people opened something of a campaign, and how often it was opened."""

    clicked: Clicked
    people: int
    clicks: int


def count(session: Session, campaign_id: int, clicks: Mapping[Reaction, int]) -> None:
    """Count clicks of recipients, who are locked, and add them to the totals. Seven statements at most."""
    ids = _ids_of(session, campaign_id, {reaction.clicked for reaction in clicks})
    by_row: dict[tuple[Clicked, int], int] = {}
    for reaction, number in clicks.items():
        # An address beyond the limit is among the others.
        clicked = reaction.clicked if reaction.clicked in ids else OTHER_ADDRESSES
        key = clicked, reaction.recipient_id
        by_row[key] = by_row.get(key, 0) + number
    new = _add(session, campaign_id, {(_item(clicked, ids), who): number for (clicked, who), number in by_row.items()})
    totals: dict[int, tuple[int, int]] = {}
    for (clicked, who), number in by_row.items():
        if who != NOBODY:
            people, all_clicks = totals.get(ids[clicked], (0, 0))
            totals[ids[clicked]] = people + ((_item(clicked, ids), who) in new), all_clicks + number
    _add_totals(session, totals)


_Item = tuple[ClickedKind, int]


def _item(clicked: Clicked, ids: Mapping[Clicked, int]) -> _Item:
    return clicked.kind, ids[clicked] if clicked.kind is ClickedKind.ADDRESS else clicked.item_id


def _ids_of(session: Session, campaign_id: int, wanted: Collection[Clicked]) -> dict[Clicked, int]:
    """The rows of the totals, made where they are missing; addresses beyond the limit have none, but the others do."""
    ids = _find(session, campaign_id, wanted)
    missing = sorted(set(wanted) - ids.keys())
    addresses = [clicked for clicked in missing if clicked.kind is ClickedKind.ADDRESS]
    over = set(addresses[_room(session, campaign_id) :]) if addresses else set()
    made = [clicked for clicked in missing if clicked not in over]
    made += [OTHER_ADDRESSES] if over and OTHER_ADDRESSES not in ids else []
    if not made:
        return ids
    rows = [
        {"campaign_id": campaign_id, **clicked._asdict(), "sha256": clicked.sha256, "people": 0, "clicks": 0}
        for clicked in made
    ]
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    session.execute(insert(_clicked).on_conflict_do_nothing(), rows)
    return _find(session, campaign_id, wanted)


def _find(session: Session, campaign_id: int, wanted: Collection[Clicked]) -> dict[Clicked, int]:
    """Those that are there, and the row of all other addresses."""
    items = {clicked.item_id for clicked in wanted if clicked.item_id}
    hashes = {clicked.sha256 for clicked in wanted if clicked.url}
    rows = session.execute(
        select(_clicked.c.kind, _clicked.c.item_id, _clicked.c.url, _clicked.c.id).where(
            _clicked.c.campaign_id == campaign_id,
            or_(
                (_clicked.c.kind != ClickedKind.ADDRESS) & _clicked.c.item_id.in_(items),
                (_clicked.c.kind == ClickedKind.ADDRESS) & _clicked.c.sha256.in_({*hashes, ""}),
            ),
        )
    )
    return {Clicked(kind, item_id, url): id_ for kind, item_id, url, id_ in rows}


def _room(session: Session, campaign_id: int) -> int:
    """For how many addresses there is still room."""
    addresses = (_clicked.c.campaign_id == campaign_id, _clicked.c.kind == ClickedKind.ADDRESS)
    counted = session.execute(select(func.count()).select_from(_clicked).where(*addresses)).scalar_one()
    return max(MOST_ADDRESSES - counted, 0)


def _add(session: Session, campaign_id: int, numbers: Mapping[tuple[_Item, int], int]) -> set[tuple[_Item, int]]:
    """Add to the clicks of recipients on items; gives those of them that are the first."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    moment = clock.now()
    rows = [
        {"campaign_id": campaign_id, "kind": kind, "item_id": item_id, "recipient_id": who, "count": number,
         "first_at": moment, "last_at": moment}
        for ((kind, item_id), who), number in sorted(numbers.items())
    ]  # fmt: skip
    row = insert(_click)
    added = row.on_conflict_do_update(
        index_elements=list(_click.primary_key),
        set_={"count": _click.c.count + row.excluded.count, "last_at": row.excluded.last_at},
    ).returning(_click.c.kind, _click.c.item_id, _click.c.recipient_id, _click.c.count)
    found = session.execute(added, rows)
    return {((kind, item_id), who) for kind, item_id, who, number in found if number == numbers[(kind, item_id), who]}


_add_total = (
    update(_clicked)
    .where(_clicked.c.id == bindparam("row_id"))
    .values(people=_clicked.c.people + bindparam("more_people"), clicks=_clicked.c.clicks + bindparam("more_clicks"))
)


def _add_totals(session: Session, totals: Mapping[int, tuple[int, int]]) -> None:
    # In the order of their ids, as whoever else counts clicks of this campaign locks them.
    rows = [{"row_id": id_, "more_people": p, "more_clicks": c} for id_, (p, c) in sorted(totals.items())]
    if rows:
        session.execute(_add_total, rows)


def totals(session: Session, campaign_id: int, limit: int) -> list[ClickTotal]:
    """What was opened of a campaign, by most people first."""
    query = (
        select(_clicked.c.kind, _clicked.c.item_id, _clicked.c.url, _clicked.c.people, _clicked.c.clicks)
        .where(_clicked.c.campaign_id == campaign_id, _clicked.c.clicks > 0)
        .order_by(_clicked.c.people.desc(), _clicked.c.clicks.desc(), _clicked.c.id)
        .limit(limit)
    )
    return [
        ClickTotal(Clicked(kind, item_id, url), *numbers) for kind, item_id, url, *numbers in session.execute(query)
    ]
