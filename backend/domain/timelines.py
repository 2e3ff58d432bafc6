"""How the counters of a campaign went, minute by minute; and how fast it goes now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from backend.domain.statuses import RecipientStatus as Status

MOST_POINTS = 60
"""How many points a chart has at most."""

_MINUTE_S, _HOUR, _DAY = 60, 60, 1440
_WIDTHS = (1, 2, 5, 10, 15, 30, _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY)
_BY_THE_HOUR_AFTER, _BY_THE_DAY_AFTER = timedelta(days=1), timedelta(days=30)
_MEASURED_MIN = 5
_MEASURED_AT_LEAST_S = 10

COLUMNS_OF: Mapping[Status, tuple[str, ...]] = {
    Status.ACCEPTED: ("processed",),
    Status.UNKNOWN: ("processed",),
    Status.SENT: ("processed", "sent"),
    Status.DELIVERED: ("processed", "delivered"),
    Status.READ: ("processed", "read"),
    Status.FAILED: ("processed", "failed"),
}
"""The columns of a minute that a recipient of this status is counted in; none before it is handed over."""

COLUMNS = ("processed", "sent", "delivered", "read", "failed")


class MinuteSums(NamedTuple):
    """Recipients by how far they got, each in one of the last four; `processed` as on the list."""

    processed: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0

    def __add__(self, other: tuple[int, ...]) -> MinuteSums:  # pyright: ignore[reportIncompatibleMethodOverride]
        return MinuteSums(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Point:
    """The numbers of a campaign at a moment, as its cards count them: `sent` holds the delivered, and they the read."""

    at: datetime
    sent: int
    delivered: int
    read: int
    failed: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart is drawn of: minutes from `start` on, in buckets of `width_min`, until `end`."""

    start: int
    end: int
    width_min: int


def minute_of(moment: datetime) -> int:
    """Minutes since 1970."""
    return int(moment.timestamp()) // _MINUTE_S


def moment_of(minute: int) -> datetime:
    """When a minute began."""
    return datetime.fromtimestamp(minute * _MINUTE_S, UTC)


def noted_minute(moment: datetime, finished_at: datetime | None) -> int:
    """The minute under which a change is noted.

    A day after its end, what still comes in for a campaign is noted by the hour, and after a month by the day, so that
    a chart never reads much.
    """
    minute = minute_of(moment)
    since = moment - finished_at if finished_at else timedelta(0)
    if since > _BY_THE_DAY_AFTER:
        return minute - minute % _DAY
    return minute - minute % _HOUR if since > _BY_THE_HOUR_AFTER else minute


def sums_of(counts: Mapping[Status, int]) -> MinuteSums:
    """What the minutes of a campaign with these counters add up to."""
    return MinuteSums(
        *(
            sum(counts.get(status, 0) for status, columns in COLUMNS_OF.items() if column in columns)
            for column in COLUMNS
        )
    )


def frame_of(start: int, end: int) -> Frame:
    """Few buckets of a round width that hold both minutes, so that a chart has at most `MOST_POINTS`."""
    span = max(end - start, 0) + 1
    room = MOST_POINTS - 1
    width = next((width for width in _WIDTHS if -(-span // width) <= room), -(-span // (room * _DAY)) * _DAY)
    return Frame(start, max(end, start), width)


def points_of(frame: Frame, before: MinuteSums, buckets: Iterable[tuple[int, MinuteSums]]) -> list[Point]:
    """The chart: where it began, and the sums after each bucket until the last minute.

    `before`: what had been counted when the first bucket began. `buckets`: changes by number; some may be missing.
    """
    changes = dict(buckets)
    total, points = before, [_point(frame.start, before)]
    for number in range((frame.end - frame.start) // frame.width_min + 1):
        total += changes.get(number, MinuteSums())
        points.append(_point(min(frame.start + (number + 1) * frame.width_min, frame.end + 1), total))
    return points


def _point(minute: int, sums: MinuteSums) -> Point:
    delivered = sums.delivered + sums.read
    return Point(moment_of(minute), sums.sent + delivered, delivered, sums.read, sums.failed)


def speed_per_s(minutes: Sequence[tuple[int, int]], now: datetime, begun_at: datetime) -> float | None:
    """Recipients processed a second, of late; None while there is too little to measure.

    `minutes`: of the last ones, with how many were processed in each. Measured since the last minute in which nothing
    happened, for then the run stood still, but not longer than five minutes back.
    """
    processed = {minute: number for minute, number in minutes if number > 0}
    current = minute_of(now)
    first = current if current in processed else current - 1  # this minute may have only just begun
    if first not in processed:
        return None
    while first - 1 in processed and first - 1 > current - _MEASURED_MIN:
        first -= 1
    since = max(moment_of(first), begun_at)
    elapsed_s = (now - since).total_seconds()
    if elapsed_s < _MEASURED_AT_LEAST_S:
        return None
    return sum(number for minute, number in processed.items() if minute >= first) / elapsed_s
