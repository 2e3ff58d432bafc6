"""Charts of few points, and an honest speed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.statuses import RecipientStatus as Status
from backend.domain.timelines import (
    COLUMNS_OF,
    MOST_POINTS,
    Frame,
    MinuteSums,
    frame_of,
    minute_of,
    moment_of,
    noted_minute,
    points_of,
    speed_per_s,
    sums_of,
)

NOW = datetime(2026, 9, 16, 8, 24, 30, tzinfo=UTC)
MINUTE = minute_of(NOW)
LONG_AGO = NOW - timedelta(days=1)


@pytest.mark.parametrize("span", [0, 1, 19, 58, 59, 60, 500, 1_439, 10_000, 85_000, 600_000, 10**7])
def test_a_chart_has_few_points_and_reaches_both_ends(span: int) -> None:
    frame = frame_of(MINUTE, MINUTE + span)
    points = points_of(frame, MinuteSums(), [])
    assert 2 <= len(points) <= MOST_POINTS
    assert (points[0].at, points[-1].at) == (moment_of(MINUTE), moment_of(MINUTE + span + 1))
    assert [point.at for point in points] == sorted({point.at for point in points})


def test_an_end_before_the_start_is_one_minute() -> None:
    assert frame_of(MINUTE, MINUTE - 5) == Frame(MINUTE, MINUTE, 1)


def test_points_add_up_what_the_cards_count() -> None:
    buckets = [(0, MinuteSums(5, sent=3, delivered=2)), (2, MinuteSums(1, sent=-1, read=1, failed=1))]
    points = points_of(Frame(MINUTE, MINUTE + 2, 1), MinuteSums(failed=4), buckets)
    told = [(point.sent, point.delivered, point.read, point.failed) for point in points]
    assert told == [(0, 0, 0, 4), (5, 2, 0, 4), (5, 2, 0, 4), (5, 3, 1, 5)]


def test_every_status_after_the_hand_over_is_processed() -> None:
    sums = sums_of(dict.fromkeys(Status, 1))
    assert sums == MinuteSums(6, 1, 1, 1, 1)
    assert all(columns[0] == "processed" for columns in COLUMNS_OF.values())


def test_long_after_its_end_a_campaign_is_noted_by_the_hour_and_the_day() -> None:
    assert noted_minute(NOW, None) == MINUTE
    assert noted_minute(NOW, NOW - timedelta(hours=23)) == MINUTE
    assert moment_of(noted_minute(NOW, NOW - timedelta(days=2))) == NOW.replace(minute=0, second=0)
    assert moment_of(noted_minute(NOW, NOW - timedelta(days=40))) == NOW.replace(hour=0, minute=0, second=0)


def test_the_speed_is_that_of_the_last_minutes() -> None:
    steady = [(MINUTE - back, 600) for back in range(1, 4)] + [(MINUTE, 300)]
    assert speed_per_s(steady, NOW, LONG_AGO) == pytest.approx(10)


def test_the_speed_is_measured_since_the_run_stood_still_or_began() -> None:
    assert speed_per_s([(MINUTE - 4, 9_000), (MINUTE - 1, 600), (MINUTE, 300)], NOW, LONG_AGO) == pytest.approx(10)
    assert speed_per_s([(MINUTE, 200)], NOW, NOW - timedelta(seconds=20)) == pytest.approx(10)
    assert speed_per_s([(MINUTE - 1, 600)], NOW, LONG_AGO) == pytest.approx(600 / 90)


@pytest.mark.parametrize(
    ("minutes", "begun_s"),
    [([], 3_600), ([(MINUTE - 2, 600)], 3_600), ([(MINUTE, 0)], 3_600), ([(MINUTE, -3)], 3_600), ([(MINUTE, 50)], 5)],
)
def test_what_cannot_be_measured_is_not_told(minutes: list[tuple[int, int]], begun_s: int) -> None:
    assert speed_per_s(minutes, NOW, NOW - timedelta(seconds=begun_s)) is None
