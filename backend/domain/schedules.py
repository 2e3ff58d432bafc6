"""Dates as people enter them, in the organisation's zone, and as they are stored, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.errors import InvalidInputError

LONGEST_GRACE = timedelta(seconds=60)
"""How long, at most, an organisation lets a sending that starts at once be taken back."""


def to_utc(local: str, zone_name: str) -> datetime:
    """Read "YYYY-MM-DDTHH:MM" in a zone.

    An hour that a clock change skips moves forward by the size of the change; an hour that it
    repeats means the first one.

    Raises:
        InvalidInputError: `field="schedule"`; not a date, or an unknown zone.
    """
    try:
        naive = datetime.fromisoformat(local)
        # fold=0 is the first of two, and for a skipped hour uses the offset before the change: both as wanted.
        aware = naive if naive.tzinfo is not None else naive.replace(tzinfo=ZoneInfo(zone_name), fold=0)
        return aware.astimezone(UTC)
    # OverflowError: the first or last day of the calendar. OSError: a zone named like a folder, or too long for a file.
    except (ValueError, OverflowError, ZoneInfoNotFoundError, OSError):
        raise InvalidInputError(code="not_a_date", field="schedule") from None


def to_local(moment: datetime, zone_name: str) -> datetime:
    """The moment on the organisation's clock."""
    return moment.astimezone(ZoneInfo(zone_name))
