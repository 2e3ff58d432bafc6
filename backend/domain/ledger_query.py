"""Which part of the credit ledger is asked for. Whatever does not fit is left out, as in an address somebody wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

from backend.domain.statuses import LedgerKind

_IDS_END = 2**31


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """`since` and `until` are days of the organisation, both included. `before` and `after` are ids of entries: the
    page of older ones below it, or of newer ones above it; neither is the newest page.
    """

    kind: LedgerKind | None = None
    since: date | None = None
    until: date | None = None
    campaign_id: int = 0
    before: int = 0
    after: int = 0

    @classmethod
    def read(
        cls, *, kind: str = "", since: str = "", until: str = "", campaign: str = "", before: str = "", after: str = ""
    ) -> Self:
        """From the words of an address."""
        return cls(
            kind=LedgerKind(kind) if kind in set(LedgerKind) else None,
            since=_day(since),
            until=_day(until),
            campaign_id=_id(campaign),
            before=_id(before),
            after=_id(after),
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.kind or self.since or self.until or self.campaign_id)


def _id(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0
    return number if number < _IDS_END else 0


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return found if found and 1900 < found.year < 9000 else None
