"""Test messages: noting one before it leaves, and its answer after."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlmodel import Session

from backend.domain.channels import Medium
from backend.domain.statuses import SampleStatus
from backend.models import SampleSend, table_of

_sample = table_of(SampleSend)


class LostSample(NamedTuple):
    """A test message whose answer nobody wrote down."""

    id: int
    segments: int
    user_id: int | None


def count_since(session: Session, user_id: int | None, moment: datetime) -> int:
    """How many test messages a user has sent since a moment."""
    query = select(func.count()).where(_sample.c.user_id.is_not_distinct_from(user_id), _sample.c.created_at >= moment)
    return session.execute(query).scalar_one()


def last_address(session: Session, user_id: int | None, medium: Medium) -> str | None:
    """Where the user sent the last test message of a medium."""
    query = (
        select(_sample.c.address)
        .where(_sample.c.user_id.is_not_distinct_from(user_id), _sample.c.medium == medium)
        .order_by(_sample.c.created_at.desc(), _sample.c.id.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()


def settle(session: Session, sample_id: int, status: SampleStatus, vendor_code: str | None) -> bool:
    """Compare-and-set: True for the one caller who writes the answer down."""
    values: dict[str, Any] = {"status": status, "vendor_code": vendor_code}
    changed = session.execute(
        update(_sample).where(_sample.c.id == sample_id, _sample.c.status == SampleStatus.CLAIMED).values(values)
    )
    return changed.rowcount == 1  # pyright: ignore[reportAttributeAccessIssue]


def list_lost(session: Session, before: datetime) -> list[LostSample]:
    """Test messages without an answer that were noted before a moment."""
    rows = session.execute(
        select(_sample.c.id, _sample.c.segments, _sample.c.user_id)
        .where(_sample.c.status == SampleStatus.CLAIMED, _sample.c.created_at < before)
        .limit(100)
    )
    return [LostSample(*row) for row in rows]
