"""Whether this process has been asked to stop: drains end after the window they are in."""

from __future__ import annotations

import contextlib
import queue
import signal
from types import FrameType

_requested = False
# A signal interrupts whatever the main thread does, even a put() of its own: this queue allows that, an Event does not.
_asked: queue.SimpleQueue[None] = queue.SimpleQueue()


def on_signals() -> None:
    """Take SIGTERM and SIGINT as the request. Call it in the main thread."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        request()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def request() -> None:
    """Ask every drain of this process to end."""
    global _requested  # noqa: PLW0603 - one request a process
    _requested = True
    _asked.put(None)


def requested() -> bool:
    """Whether to end."""
    return _requested


def wait(seconds: float) -> bool:
    """Wait until asked to stop, at most so long; whether it was asked. For one thread of a process."""
    if not _requested:
        with contextlib.suppress(queue.Empty):
            _asked.get(timeout=seconds)
    return _requested
