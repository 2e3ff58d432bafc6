"""Whether this process has been asked to stop: drains end after the window they are in."""

from __future__ import annotations

import threading

_requested = threading.Event()


def request() -> None:
    """Ask every drain of this process to end."""
    _requested.set()


def requested() -> bool:
    """Whether to end."""
    return _requested.is_set()


def wait(seconds: float) -> bool:
    """Wait until asked to stop, at most so long; whether it was asked."""
    return _requested.wait(seconds)
