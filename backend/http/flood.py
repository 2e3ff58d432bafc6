"""Token buckets and shapes: what one browser may send over its socket."""

from __future__ import annotations

import re
import time
from collections import OrderedDict

EVENTS_PER_S = 50.0
EVENTS_BURST = 200.0
_ADDRESSES = 10_000
MAX_MESSAGE_CHARS = 600_000  # the largest email body, escaped
MAX_DEPTH = 20
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT_BRACKETS = re.compile(r"[^\[\]{}]+")


class Bucket:
    """`burst` at once, refilled at `per_s`."""

    __slots__ = ("_at", "_burst", "_left", "_per_s")

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s, self._burst, self._left, self._at = per_s, burst, burst, time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class AddressBuckets:
    """One bucket an address; those not heard of for longest are forgotten."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str) -> bool:
        bucket = self._buckets.pop(address, None) or Bucket(self._per_s, self._burst)
        self._buckets[address] = bucket
        if len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take()


def socket_bucket() -> Bucket:
    """What one tab may send."""
    return Bucket(EVENTS_PER_S, EVENTS_BURST)


def address_buckets() -> AddressBuckets:
    """What all tabs behind one address may send: many people can share it."""
    return AddressBuckets(per_s=400, burst=2_000)


def stranger_buckets() -> AddressBuckets:
    """How many sockets strangers may open from one address: each leaves a state in Redis for a day."""
    return AddressBuckets(per_s=0.5, burst=60)


def is_misshapen(text: str) -> bool:
    """Whether a message is larger or deeper than anything a page of ours sends."""
    if len(text) > MAX_MESSAGE_CHARS:
        return True
    depth = 0
    for bracket in _NOT_BRACKETS.sub("", _STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False
