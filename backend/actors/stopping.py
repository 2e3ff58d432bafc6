"""Whether this process has been asked to stop: drains end after the window they are in."""

from __future__ import annotations

import signal
import threading
from types import FrameType

_requested = threading.Event()


def on_signals() -> None:
    """Take SIGTERM and SIGINT as the request. Call it in the main thread."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        request()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def request() -> None:
    """Ask every drain of this process to end."""
    _requested.set()


def requested() -> bool:
    """Whether to end."""
    return _requested.is_set()


def wait(seconds: float) -> bool:
    """Wait until asked to stop, at most so long; whether it was asked."""
    return _requested.wait(seconds)
