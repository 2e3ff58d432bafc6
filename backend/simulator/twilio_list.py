"""The list of messages that Twilio shows when asked: whatever was accepted, also when the answer hid it.

Unlike the judge it holds each text and sender, so only the last fifty thousand messages are kept.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

from backend.simulator.judge import Judge
from backend.simulator.twilio_messages import resource, sid_of

_KEPT = 50_000
_DEFAULT_PAGE, _LARGEST_PAGE = 50, 1_000
_QUEUED = {"queued", "accepted"}


@dataclass(frozen=True, slots=True)
class _Taken:
    index: int
    created_s: float
    fields: Mapping[str, str]


class TwilioList:
    """Messages by their `To`, oldest first."""

    def __init__(self, account: str, judge: Judge) -> None:
        self._account = account
        self._judge = judge
        self._run = judge.run
        self._order: deque[_Taken] = deque()
        self._by_to: dict[str, deque[_Taken]] = {}

    def add(self, index: int, fields: Mapping[str, str]) -> None:
        """Keep one accepted message; an index of -1 is one the judge had no room for."""
        self._follow_run()
        if index < 0:
            return
        shown = {name: fields[name] for name in ("To", "From", "MessagingServiceSid", "Body") if name in fields}
        taken = _Taken(index, time.time(), shown)
        self._order.append(taken)
        self._by_to.setdefault(shown["To"], deque()).append(taken)
        if len(self._order) > _KEPT:
            self._forget(self._order.popleft())

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """`GET …/Messages.json`, newest first: filters `To` and `DateSent>` (a day), `PageSize` and `Page`.

        Raises:
            ValueError: a number or a day is none.
        """
        self._follow_run()
        size = min(max(int(query.get("PageSize", _DEFAULT_PAGE)), 1), _LARGEST_PAGE)
        number = max(int(query.get("Page", 0)), 0)
        since_s = _day_s(query["DateSent>"]) if query.get("DateSent>") else 0.0
        found = [taken for taken in self._newest(query.get("To")) if taken.created_s >= since_s]
        path = f"/2010-04-01/Accounts/{self._account}/Messages.json"
        more = len(found) > (number + 1) * size
        return {
            "messages": [self._resource(taken) for taken in found[number * size : (number + 1) * size]],
            "page": number,
            "page_size": size,
            "next_page_uri": f"{path}?{urlencode({**query, 'Page': str(number + 1)})}" if more else None,
            "uri": f"{path}?{urlencode(query)}",
        }

    def _newest(self, to: str | None) -> Iterator[_Taken]:
        return reversed(self._order if to is None else self._by_to.get(to, deque()))

    def _resource(self, taken: _Taken) -> dict[str, Any]:
        _, status, code = self._judge.state(taken.index)
        created = formatdate(taken.created_s)
        return {
            **resource(self._account, sid_of(self._run, taken.index), taken.fields, status, code),
            "date_created": created,
            "date_sent": None if status in _QUEUED else created,
        }

    def _follow_run(self) -> None:
        if self._run != self._judge.run:  # the judge was told to forget
            self._run = self._judge.run
            self._order.clear()
            self._by_to.clear()

    def _forget(self, taken: _Taken) -> None:
        kept = self._by_to[taken.fields["To"]]
        kept.popleft()
        if not kept:
            del self._by_to[taken.fields["To"]]


def _day_s(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
