"""What closed tabs leave behind is collected, and the C library's free pages go back to the machine.

Most of what a tab held are cycles, which Python looks for when it makes new objects; a process whose tabs have gone
makes none. Python's own pools for small objects stay: a megabyte goes back only when nothing at all lives in it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc

_MANY = 20
# Closed sockets still answer, and the tabs of one network that went away close one after the other.
_AFTER_S = 3.0


class Leftovers:
    """Gives memory back a moment after many sockets have closed. For the event loop only."""

    def __init__(self) -> None:
        self._closed = 0
        self._is_planned = False

    def note_closed(self) -> None:
        """One more socket has closed."""
        self._closed += 1
        if self._closed >= _MANY and not self._is_planned:
            self._is_planned = True
            asyncio.get_running_loop().call_later(_AFTER_S, self._give_back)

    def _give_back(self) -> None:
        self._closed, self._is_planned = 0, False
        gc.collect()  # no other thread could run meanwhile either, and here is where sockets may end
        asyncio.get_running_loop().run_in_executor(None, trim)


def trim() -> None:
    """Return free pages of the C library to the machine, where it can: glibc only."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(ctypes.c_size_t(0))
