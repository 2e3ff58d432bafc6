"""When the recipients of a played run came to their outcomes: most read within an hour, some much later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from backend.domain.statuses import RecipientStatus as Status
from backend.domain.timelines import COLUMNS, COLUMNS_OF, minute_of
from backend.models import NO_MEDIUM

_READ_WITHIN_MIN = 40  # on average


def spread_readings(rng: Random, rows: Sequence[dict[str, Any]], now: datetime) -> dict[int, datetime]:
    """Have those who read do so later, in place; gives when their message had been delivered, by contact."""
    delivered_at: dict[int, datetime] = {}
    for row in rows:
        if row["status"] is Status.READ:
            delivered_at[row["contact_id"]] = row["updated_at"]
            later = row["updated_at"] + timedelta(minutes=rng.expovariate(1 / _READ_WITHIN_MIN))
            row["updated_at"] = max(min(later, now), row["updated_at"])
    return delivered_at


def minutes_of(
    campaign_id: int, rows: Sequence[dict[str, Any]], delivered_at: dict[int, datetime], validated_at: datetime
) -> list[dict[str, Any]]:
    """The minutes of a campaign; they add up to its counters."""
    changes: dict[tuple[int, str], Counter[str]] = {}

    def note(moment: datetime, medium: str | None, status: Status, number: int = 1) -> None:
        columns = changes.setdefault((minute_of(moment), medium or NO_MEDIUM), Counter())
        for column in COLUMNS_OF.get(status, ()):
            columns[column] += number

    for row in rows:
        status, moment = row["status"], row["updated_at"]
        if moment == validated_at:  # failed before anything was sent
            moment -= timedelta(minutes=1)
        if status is Status.READ:
            note(delivered_at[row["contact_id"]], row["medium"], Status.DELIVERED)
            note(moment, row["medium"], Status.DELIVERED, -1)
        note(moment, row["medium"], status)
    return [
        {"campaign_id": campaign_id, "minute": minute, "medium": medium, **{name: columns[name] for name in COLUMNS}}
        for (minute, medium), columns in sorted(changes.items())
        if any(columns.values())
    ]
