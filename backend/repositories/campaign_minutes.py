"""The minutes of a campaign: written wherever its counters are, and summed up for its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend.domain.channels import Medium
from backend.domain.statuses import RecipientStatus
from backend.domain.timelines import COLUMNS, COLUMNS_OF, Frame, MinuteSums
from backend.models import NO_MEDIUM, CampaignMinute, table_of
from backend.repositories.id_lists import dialect_of

_minute = table_of(CampaignMinute)
_SUMS = [func.coalesce(func.sum(_minute.c[name]), 0) for name in COLUMNS]

MediumChanges = Mapping[tuple[Medium | None, RecipientStatus], int]
"""By how much the recipients of a status on a medium changed in number."""


def _upsert(dialect: str) -> Any:
    row = (postgresql if dialect == "postgresql" else sqlite).insert(_minute)
    return row.on_conflict_do_update(
        index_elements=list(_minute.primary_key),
        set_={name: _minute.c[name] + row.excluded[name] for name in COLUMNS},
    )


_UPSERT = {dialect: _upsert(dialect) for dialect in ("sqlite", "postgresql")}


def add(session: Session, campaign_id: int, minute: int, changes: Mapping[str, Mapping[str, int]]) -> None:
    """Add to the columns of a minute, by medium. One statement."""
    rows = [
        {"campaign_id": campaign_id, "minute": minute, "medium": medium, **{n: columns.get(n, 0) for n in COLUMNS}}
        for medium, columns in sorted(changes.items())
        if any(columns.values())
    ]
    if rows:
        session.execute(_UPSERT[dialect_of(session)], rows if len(rows) > 1 else rows[0])


def split(deltas: Mapping[str, int], by_medium: MediumChanges = MappingProxyType({})) -> dict[str, Counter[str]]:
    """Changes of counters as columns by medium; what is not known by medium is counted under none."""
    split: dict[str, Counter[str]] = {NO_MEDIUM: Counter()}
    for status, columns in COLUMNS_OF.items():
        split[NO_MEDIUM].update(dict.fromkeys(columns, deltas.get(status, 0)))
    for (medium, status), number in by_medium.items():
        for column in COLUMNS_OF.get(status, ()):
            split.setdefault(medium or NO_MEDIUM, Counter())[column] += number
            split[NO_MEDIUM][column] -= number
    return split


def forget(session: Session, campaign_id: int) -> None:
    """Remove the minutes of a campaign whose counters begin anew."""
    session.execute(delete(_minute).where(_minute.c.campaign_id == campaign_id))


def sums_by_medium(session: Session, campaign_id: int) -> dict[str, MinuteSums]:
    """All minutes of a campaign, added up."""
    rows = session.execute(
        select(_minute.c.medium, *_SUMS).where(_minute.c.campaign_id == campaign_id).group_by(_minute.c.medium)
    )
    return {medium: MinuteSums(*map(int, sums)) for medium, *sums in rows}


def last_minute(session: Session, campaign_id: int) -> int | None:
    """The last minute in which something changed."""
    return session.execute(select(func.max(_minute.c.minute)).where(_minute.c.campaign_id == campaign_id)).scalar_one()


class Bucket(NamedTuple):
    """Changes of one bucket of a frame on one medium; number -1 holds everything before the frame."""

    number: int
    medium: str
    sums: MinuteSums


def list_buckets(session: Session, campaign_id: int, frame: Frame) -> list[Bucket]:
    """All minutes of a campaign, added up by bucket and medium."""
    after_start = _minute.c.minute - frame.start
    number = case((after_start < 0, -1), else_=after_start // frame.width_min).label("number")
    rows = session.execute(
        select(number, _minute.c.medium, *_SUMS)
        .where(_minute.c.campaign_id == campaign_id)
        .group_by(number, _minute.c.medium)
    )
    return [Bucket(int(number), medium, MinuteSums(*map(int, sums))) for number, medium, *sums in rows]


def processed_since(session: Session, campaign_id: int, minute: int) -> list[tuple[int, int]]:
    """Minutes from one on, with how many recipients were processed in each."""
    rows = session.execute(
        select(_minute.c.minute, func.sum(_minute.c.processed))
        .where(_minute.c.campaign_id == campaign_id, _minute.c.minute >= minute)
        .group_by(_minute.c.minute)
    )
    return [(minute, int(processed)) for minute, processed in rows]
