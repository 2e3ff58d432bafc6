"""The judge: every message the simulated providers took, kept compactly.

About 140 bytes a message. The last hundred are kept whole, for the phone and the inbox on the page.
"""

from __future__ import annotations

import secrets
import time
from array import array
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

MEDIA = ("sms", "whatsapp", "email")
SHOWN = 100
_LONGEST_LIST = 100
_MOST_HEARD = 100_000
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    """What is kept of a file in an email: everything but its content."""

    name: str
    content_type: str
    size_bytes: int


@dataclass(slots=True)
class ShownMessage:
    """One of the last messages, whole. `substitutions`: what is filled into it when somebody looks."""

    index: int
    medium: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    attachments: tuple[ShownAttachment, ...] = ()
    substitutions: Mapping[str, str] = field(default_factory=dict)

    def filled(self) -> ShownMessage:
        """As its reader sees it."""
        subject, text, html = self.subject, self.text, self.html
        for placeholder, value in self.substitutions.items():
            subject, text, html = (part.replace(placeholder, value) for part in (subject, text, html))
        return replace(self, subject=subject, text=text, html=html, substitutions={})


class Judge:
    """Counts what was accepted. Not for several threads."""

    def __init__(self, most_records: int) -> None:
        self._most_records = most_records
        self.reset()

    def reset(self) -> None:
        """Forget everything; ids given out before are unknown afterwards."""
        self.run = secrets.token_hex(12)
        self._media = bytearray()
        self._addresses: list[str] = []
        self._at_s = array("d")
        self._status: list[str] = []
        self._code = array("l")
        self._by_address: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
        self._not_recorded = 0
        self._requests = {medium: _Peak() for medium in MEDIA}
        self._messages = {medium: _Peak() for medium in MEDIA}
        self._shown: deque[ShownMessage] = deque(maxlen=SHOWN)
        self._visits: dict[str, int] = {}
        self._heard_at_s: dict[str, float] = {}

    def hear(self, address: str) -> None:
        """Note that a person wrote by WhatsApp. Bounded: the oldest are forgotten."""
        self._heard_at_s.pop(address, None)
        self._heard_at_s[address] = time.time()
        if len(self._heard_at_s) > _MOST_HEARD:
            del self._heard_at_s[next(iter(self._heard_at_s))]

    def takes_free_text(self, address: str) -> bool:
        """Whether a person wrote by WhatsApp within a day."""
        return self._heard_at_s.get(address, 0) > time.time() - _DAY_S

    def visit(self, address: str) -> int:
        """How often a fault has met this address before. Bounded: the oldest are forgotten."""
        count = self._visits.get(address, 0)
        self._visits[address] = count + 1
        if len(self._visits) > 100_000:
            del self._visits[next(iter(self._visits))]
        return count

    def note_request(self, medium: str) -> None:
        """Count one request, whatever becomes of it."""
        self._requests[medium].add(1)

    def accept(self, medium: str, to: str, status: str) -> int:
        """Note one accepted message and return its index; -1 when the memory for them is full."""
        self._messages[medium].add(1)
        if len(self._addresses) >= self._most_records:
            self._not_recorded += 1
            return -1
        position = MEDIA.index(medium)
        self._by_address[position][to] += 1
        self._media.append(position)
        self._addresses.append(to)
        self._at_s.append(time.time())
        self._status.append(status)
        self._code.append(0)
        return len(self._addresses) - 1

    @property
    def shown(self) -> list[ShownMessage]:
        """The last messages, the oldest first."""
        return [message.filled() for message in self._shown]

    def show(self, message: ShownMessage) -> None:
        """Keep one message whole until a hundred newer ones came."""
        self._shown.append(message)

    def report(self, index: int, status: str, code: int = 0) -> None:
        """Note where a message got to."""
        if 0 <= index < len(self._status):
            self._status[index] = status
            self._code[index] = code

    def address(self, index: int) -> str:
        """Whom a message was for."""
        return self._addresses[index]

    def state(self, index: int) -> tuple[str, str, int]:
        """Address, status and error code (0: none) of a message.

        Raises:
            IndexError: there is no such message.
        """
        if index < 0:
            raise IndexError(index)
        return self._addresses[index], self._status[index], self._code[index]

    def messages(self, limit: int, to: str | None) -> list[dict[str, Any]]:
        """The newest messages first, to one address or to anybody."""
        found: list[dict[str, Any]] = []
        for index in range(len(self._addresses) - 1, -1, -1):
            if len(found) >= limit:
                break
            if to is None or self._addresses[index] == to:
                found.append(self._message(index))
        return found

    def _message(self, index: int) -> dict[str, Any]:
        return {
            "index": index,
            "medium": MEDIA[self._media[index]],
            "to": self._addresses[index],
            "at_s": self._at_s[index],
            "status": self._status[index],
            "error_code": self._code[index] or None,
        }

    def counts(self) -> dict[str, Any]:
        """The verdict: totals, the most that one address got on one medium, and who got more than one."""
        repeated = [
            {"medium": medium, "to": to, "count": count}
            for medium, counter in zip(MEDIA, self._by_address, strict=True)
            for to, count in counter.items()
            if count > 1
        ]
        return {
            "total": len(self._addresses) + self._not_recorded,
            "not_recorded": self._not_recorded,
            "by_medium": {medium: peak.total for medium, peak in self._messages.items()},
            "by_address_max": max((max(counter.values(), default=0) for counter in self._by_address), default=0),
            "duplicate_count": len(repeated),
            "duplicates": repeated[:_LONGEST_LIST],
            "requests": {medium: peak.total for medium, peak in self._requests.items()},
            "requests_per_second": {medium: peak.most for medium, peak in self._requests.items()},
            "messages_per_second": {medium: peak.most for medium, peak in self._messages.items()},
        }


class _Peak:
    """A total and the most within one second of the clock."""

    __slots__ = ("_count", "_second", "most", "total")

    def __init__(self) -> None:
        self.total = self.most = self._count = self._second = 0

    def add(self, count: int) -> None:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += count
        self.total += count
        self.most = max(self.most, self._count)
