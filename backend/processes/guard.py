"""Ends registered process groups when the process that registered them is gone, however it ended.

A program of its own, standard library only, started by path. It reads `+PID` and `-PID` lines from
standard input; the end of input means that its owner died or is done. What is still registered then
gets time to stop (the seconds of the first argument; the SIGTERM came from the kernel on Linux, see
`die_with_parent`, and comes from here elsewhere) and is killed after that, with everything it forked.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

_POLL_S = 0.05


def group_is_alive(group: int) -> bool:
    """Whether a process of this group is left. Zombies count, until somebody reaps them."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so for zombies, Linux for processes of somebody else
        return sys.platform == "linux"
    return True


def main() -> None:
    """Read until the end of input, then end what is left."""
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    if sys.platform != "linux":
        for group in groups:
            with contextlib.suppress(OSError):
                os.kill(group, signal.SIGTERM)
    deadline = time.monotonic() + float(sys.argv[1])
    while any(map(group_is_alive, groups)) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
