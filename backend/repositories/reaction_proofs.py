"""Views and clicks counted again from what was reported and followed. One statement each: it sees one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, or_, select, update
from sqlmodel import Session

from backend.domain.reactions import ClickedKind
from backend.domain.short_links import NOBODY
from backend.domain.vendors import VOCABULARIES
from backend.models import Attempt, ClickedLink, DeliveryEvent, LinkClick, Recipient, WaitingEvent, table_of

_recipient = table_of(Recipient)
_attempt = table_of(Attempt)
_event = table_of(DeliveryEvent)
_waiting = table_of(WaitingEvent)
_click = table_of(LinkClick)
_clicked = table_of(ClickedLink)


class Drifted(NamedTuple):
    """A row whose two numbers are not what they add up to: views and clicks, or people and clicks."""

    id: int
    stored: tuple[int, int]
    counted: tuple[int, int]


def recipients(session: Session, campaign_id: int) -> list[Drifted]:
    """Recipients whose views are not those reported, or whose clicks not those of all they clicked."""
    of_provider = _event.c.provider + ""  # not the bare column, whose index a planner may read through for each attempt
    words = {name: vocabulary.view_words for name, vocabulary in VOCABULARIES.items()}
    viewed = or_(*(and_(_event.c.provider == name, _event.c.word.in_(its)) for name, its in words.items()))
    views = (
        select(_attempt.c.recipient_id, func.count().label("number"))
        .join(_event, (_event.c.attempt_id == _attempt.c.id) & (of_provider == _attempt.c.provider))
        .join(_recipient, _recipient.c.id == _attempt.c.recipient_id)
        .where(_recipient.c.campaign_id == campaign_id, ~exists().where(_waiting.c.event_id == _event.c.id), viewed)
        .group_by(_attempt.c.recipient_id)
        .subquery()
    )
    clicks = (
        select(_click.c.recipient_id, func.sum(_click.c.count).label("number"))
        .where(_click.c.campaign_id == campaign_id)
        .group_by(_click.c.recipient_id)
        .subquery()
    )
    counted = func.coalesce(views.c.number, 0), func.coalesce(clicks.c.number, 0)
    rows = session.execute(
        select(_recipient.c.id, _recipient.c.views, _recipient.c.clicks, *counted)
        .outerjoin(views, views.c.recipient_id == _recipient.c.id)
        .outerjoin(clicks, clicks.c.recipient_id == _recipient.c.id)
        .where(
            _recipient.c.campaign_id == campaign_id,
            or_(_recipient.c.views != counted[0], _recipient.c.clicks != counted[1]),
        )
        .order_by(_recipient.c.id)
    )
    return [_read(row) for row in rows]


def links(session: Session, campaign_id: int) -> list[Drifted]:
    """Totals that are not what the clicks of recipients add up to."""
    of_item = or_(
        and_(_clicked.c.kind != ClickedKind.ADDRESS, _click.c.item_id == _clicked.c.item_id),
        and_(_clicked.c.kind == ClickedKind.ADDRESS, _click.c.item_id == _clicked.c.id),
    )
    counted = func.count(_click.c.recipient_id), func.coalesce(func.sum(_click.c.count), 0)
    rows = session.execute(
        select(_clicked.c.id, _clicked.c.people, _clicked.c.clicks, *counted)
        .outerjoin(
            _click,
            and_(
                _click.c.campaign_id == _clicked.c.campaign_id,
                _click.c.kind == _clicked.c.kind,
                _click.c.recipient_id != NOBODY,
                of_item,
            ),
        )
        .where(_clicked.c.campaign_id == campaign_id)
        .group_by(_clicked.c.id, _clicked.c.people, _clicked.c.clicks)
        .having(or_(_clicked.c.people != counted[0], _clicked.c.clicks != counted[1]))
        .order_by(_clicked.c.id)
    )
    return [_read(row) for row in rows]


def _read(row: Any) -> Drifted:
    id_, first, second, counted_first, counted_second = row
    return Drifted(id_, (first, second), (int(counted_first), int(counted_second)))


def lock_links(session: Session, ids: Sequence[int]) -> None:
    """Keep totals as they are until the end of the transaction."""
    session.execute(select(_clicked.c.id).where(_clicked.c.id.in_(ids)).order_by(_clicked.c.id).with_for_update())


_set_recipient = (
    update(_recipient)
    .where(_recipient.c.id == bindparam("row_id"))
    .values(views=bindparam("first"), clicks=bindparam("second"))
)
_set_link = (
    update(_clicked)
    .where(_clicked.c.id == bindparam("row_id"))
    .values(people=bindparam("first"), clicks=bindparam("second"))
)


def set_recipients(session: Session, drifted: Sequence[Drifted]) -> None:
    """Set views and clicks right."""
    _set(session, _set_recipient, drifted)


def set_links(session: Session, drifted: Sequence[Drifted]) -> None:
    """Set people and clicks right."""
    _set(session, _set_link, drifted)


def _set(session: Session, statement: Any, drifted: Sequence[Drifted]) -> None:
    rows = [{"row_id": one.id, "first": one.counted[0], "second": one.counted[1]} for one in drifted]
    if rows:
        session.execute(statement, rows)
