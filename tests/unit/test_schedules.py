from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.schedules import to_local, to_utc
from backend.errors import InvalidInputError

PARIS, JERUSALEM = "Europe/Paris", "Asia/Jerusalem"


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        ("2026-01-15T09:00", PARIS, "2026-01-15T08:00"),
        ("2026-07-15T09:00", PARIS, "2026-07-15T07:00"),
        ("2026-01-15T09:00", JERUSALEM, "2026-01-15T07:00"),
        ("2026-07-15T09:00", JERUSALEM, "2026-07-15T06:00"),
        ("2026-07-15T09:00", "UTC", "2026-07-15T09:00"),
        ("2026-01-01T00:30", PARIS, "2025-12-31T23:30"),
    ],
)
def test_a_local_moment_is_stored_in_utc(local: str, zone: str, utc: str) -> None:
    moment = to_utc(local, zone)
    assert moment == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("local", "zone", "shown"),
    [
        ("2026-03-29T01:59", PARIS, "2026-03-29 01:59 +0100"),
        ("2026-03-29T02:00", PARIS, "2026-03-29 03:00 +0200"),
        ("2026-03-29T02:30", PARIS, "2026-03-29 03:30 +0200"),
        ("2026-03-29T03:00", PARIS, "2026-03-29 03:00 +0200"),
        ("2026-03-27T02:30", JERUSALEM, "2026-03-27 03:30 +0300"),
    ],
)
def test_an_hour_that_does_not_exist_moves_forward(local: str, zone: str, shown: str) -> None:
    assert to_local(to_utc(local, zone), zone).strftime("%Y-%m-%d %H:%M %z") == shown


@pytest.mark.parametrize(
    ("local", "zone", "offset_h"),
    [
        ("2026-10-25T01:59", PARIS, 2),
        ("2026-10-25T02:30", PARIS, 2),
        ("2026-10-25T03:00", PARIS, 1),
        ("2026-10-25T01:30", JERUSALEM, 3),
        ("2026-10-25T02:00", JERUSALEM, 2),
    ],
)
def test_an_hour_that_exists_twice_means_the_first(local: str, zone: str, offset_h: int) -> None:
    shown = to_local(to_utc(local, zone), zone)
    assert shown.strftime("%Y-%m-%dT%H:%M") == local
    assert shown.utcoffset() == timedelta(hours=offset_h)


@pytest.mark.parametrize(
    "local", ["2026-07-15T07:00+00:00", "2026-07-15T07:00Z", "2026-07-15T09:00+02:00", "2026-07-15T02:00-05:00"]
)
def test_a_given_offset_beats_the_zone(local: str) -> None:
    assert to_utc(local, JERUSALEM) == datetime(2026, 7, 15, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/Atall", "Europe", "../../etc/passwd", "/etc/passwd", "a\0b", "é", "x" * 5_000]
)
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        to_utc("2026-07-15T09:00", zone)
    assert (caught.value.code, caught.value.details["field"]) == ("not_a_date", "schedule")


@pytest.mark.parametrize(
    "local",
    [
        "",
        "tomorrow",
        "09:00",
        "2026-02-30T09:00",
        "2026-07-15T24:01",
        "15/07/2026 09:00",
        "2026-07-15T09:00+25:00",
        "2026-07-15T09:00 Europe/Paris",
        # The first day there is: in UTC it would be the one before.
        "0001-01-01T00:00",
        "0001-01-01T00:00+05:00",
        "9999-12-31T23:00-05:00",
    ],
)
def test_what_is_no_moment_is_refused(local: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        to_utc(local, PARIS)
    assert (caught.value.code, caught.value.details["field"]) == ("not_a_date", "schedule")


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2037, 1, 1)),  # noqa: DTZ001 - as people enter it
    st.sampled_from([PARIS, JERUSALEM, "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_what_was_entered_is_shown_again_unless_it_does_not_exist(entered: datetime, zone: str) -> None:
    entered = entered.replace(second=0, microsecond=0, fold=0)
    shown = to_local(to_utc(entered.strftime("%Y-%m-%dT%H:%M"), zone), zone)
    # A skipped hour has another offset before the change than after it: it shows up that much later.
    before, after = (entered.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    assert shown.replace(tzinfo=None) - entered == max(after - before, timedelta())


@given(st.text(max_size=30), st.text(max_size=30))
def test_anything_else_is_refused_in_one_way(local: str, zone: str) -> None:
    with contextlib.suppress(InvalidInputError):
        assert to_utc(local, zone).tzinfo is UTC
