"""How a run went so far, and how long it will take: from the minutes of its counters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from backend import clock
from backend.domain.channels import Medium, media_of
from backend.domain.statuses import RecipientStatus, RunState
from backend.domain.timelines import MinuteSums, frame_of, minute_of, points_of, speed_per_s
from backend.domain.tracking import Course, MediumOutcome
from backend.repositories import campaign_minutes
from backend.repositories.campaign_minutes import Bucket

_MEASURED_MIN = 5


def course_of(session: Session, row: Row[Any], counts: Mapping[RecipientStatus, int], *, moves: bool) -> Course:
    """The course of a run that began; `moves`: it is sending, and nothing holds it up. Two statements, or three."""
    if row.started_at is None:
        return Course()
    now, start = clock.now(), minute_of(row.started_at)
    last = campaign_minutes.last_minute(session, row.id)
    frame = frame_of(start, minute_of(now) if row.run_state is RunState.SENDING else max(last or start, start))
    buckets = campaign_minutes.list_buckets(session, row.id, frame)
    before = sum((one.sums for one in buckets if one.number < 0), MinuteSums())
    changes: dict[int, MinuteSums] = {}
    for one in buckets:
        if one.number >= 0:
            changes[one.number] = changes.get(one.number, MinuteSums()) + one.sums
    speed = _speed(session, row.id, now, row.started_at) if moves else None
    waiting = counts[RecipientStatus.PENDING] + counts[RecipientStatus.CLAIMED]
    return Course(
        points=points_of(frame, before, changes.items()) if last is not None else (),
        media=_by_medium(buckets, media_of(row.channel)),
        speed_per_s=speed if waiting else None,
        left_s=math.ceil(waiting / speed) if speed and waiting else None,
    )


def _speed(session: Session, campaign_id: int, now: datetime, begun_at: datetime) -> float | None:
    minutes = campaign_minutes.processed_since(session, campaign_id, minute_of(now) - _MEASURED_MIN)
    return speed_per_s(minutes, now, begun_at)


def _by_medium(buckets: Sequence[Bucket], media: Sequence[Medium]) -> list[MediumOutcome]:
    """What came of the messages on each medium of a cascade; nothing where there is only one."""
    if len(media) < 2:
        return []
    outcomes = []
    for medium in media:
        sums = sum((one.sums for one in buckets if one.medium == medium), MinuteSums())
        delivered = sums.delivered + sums.read
        outcomes.append(MediumOutcome(medium, sums.processed, sums.sent + delivered, delivered, sums.read, sums.failed))
    return outcomes
