"""Who of a played run followed its links, and when: some of those who read it, soon after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from backend.domain.channels import Medium
from backend.domain.reactions import ClickedKind
from backend.domain.statuses import RecipientStatus as Status

_SHARE_OF_READERS = 0.35
_SHARE_BY_PHONE = 0.15  # an SMS tells nobody that it was read
_WITHIN_MIN = 15  # on average


@dataclass(slots=True)
class PlayedClicks:
    """Rows of `clicked_link`, which add up to those of `link_click` in `by_contact`: nobody follows two links."""

    totals: list[dict[str, Any]] = field(default_factory=list)
    by_contact: dict[int, dict[str, Any]] = field(default_factory=dict)


def play_clicks(
    rng: Random, campaign_id: int, rows: Sequence[dict[str, Any]], link_ids: Sequence[int], now: datetime
) -> PlayedClicks:
    """Have some recipients click, and note in every row how often."""
    played = PlayedClicks()
    for row in rows:
        row["clicks"] = 0
        if link_ids and rng.random() < _share(row):
            played.by_contact[row["contact_id"]] = _click(rng, campaign_id, row, rng.choice(link_ids), now)
    people, clicks = Counter[int](), Counter[int]()
    for click in played.by_contact.values():
        people[click["item_id"]] += 1
        clicks[click["item_id"]] += click["count"]
    same = {"campaign_id": campaign_id, "kind": ClickedKind.LINK, "url": "", "sha256": ""}
    played.totals = [{**same, "item_id": id_, "people": people[id_], "clicks": clicks[id_]} for id_ in sorted(people)]
    return played


def _share(row: dict[str, Any]) -> float:
    if row["status"] is Status.READ:
        return _SHARE_OF_READERS
    return _SHARE_BY_PHONE if row["status"] is Status.DELIVERED and row["medium"] is Medium.SMS else 0


def _click(rng: Random, campaign_id: int, row: dict[str, Any], link_id: int, now: datetime) -> dict[str, Any]:
    row["clicks"] = rng.choice((1, 1, 1, 2, 3))
    first = row["updated_at"] + timedelta(minutes=rng.expovariate(1 / _WITHIN_MIN))
    last = first + timedelta(minutes=rng.randint(1, 90)) if row["clicks"] > 1 else first
    return {
        "campaign_id": campaign_id,
        "kind": ClickedKind.LINK,
        "item_id": link_id,
        "count": row["clicks"],
        "first_at": min(first, now),
        "last_at": min(last, now),
    }
