"""Signals of the supervising process, turned into flags and a way to wait for them."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from types import FrameType
from typing import Self


class Signals:
    """SIGINT, SIGTERM and SIGHUP ask to stop; a second SIGINT asks to kill.

    A repeated SIGTERM is not a second request: `kill -TERM -GROUP` on a group with `make` in it
    arrives twice.
    """

    def __init__(self) -> None:
        self.stop = False
        self.kill = False
        self._reader, self._writer = socket.socketpair()

    def __enter__(self) -> Self:
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._previous_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        handlers = {
            signal.SIGINT: self._interrupt,
            signal.SIGTERM: self._terminate,
            signal.SIGHUP: self._terminate,
            signal.SIGCHLD: self._wake,
        }
        self._previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._previous_fd)
        self._reader.close()
        self._writer.close()

    def wait(self, timeout_s: float) -> None:
        """Return when any signal came, such as a child's end, and at the latest after `timeout_s`."""
        if select.select([self._reader], [], [], timeout_s)[0]:
            with contextlib.suppress(BlockingIOError):
                self._reader.recv(4096)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.kill = self.stop
        self.stop = True

    def _terminate(self, _number: int, _frame: FrameType | None) -> None:
        self.stop = True

    def _wake(self, _number: int, _frame: FrameType | None) -> None:
        """The byte in the wake-up socket is all we need."""
