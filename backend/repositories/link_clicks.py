"""How often recipients opened what they were sent."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from backend import clock
from backend.database import is_postgresql
from backend.domain.short_links import ShortLink
from backend.models import LinkClick, table_of

_click = table_of(LinkClick)


def count(session: Session, campaign_id: int, link: ShortLink) -> None:
    """Count one click, in one statement."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    moment = clock.now()
    row = insert(_click).values(
        campaign_id=campaign_id, **link._asdict(), count=1, first_at=moment, last_at=moment
    )  # fmt: skip
    session.execute(
        row.on_conflict_do_update(
            index_elements=list(_click.primary_key), set_={"count": _click.c.count + 1, "last_at": moment}
        )
    )


def totals(session: Session, campaign_id: int) -> dict[tuple[str, int], tuple[int, int]]:
    """By kind and item: how many recipients opened it, and how often it was opened."""
    rows = session.execute(
        select(_click.c.kind, _click.c.item_id, func.count(), func.sum(_click.c.count))
        .where(_click.c.campaign_id == campaign_id)
        .group_by(_click.c.kind, _click.c.item_id)
    )
    return {(kind, item_id): (people, int(clicks)) for kind, item_id, people, clicks in rows}
