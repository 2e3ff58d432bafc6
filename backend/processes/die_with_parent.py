"""A process that ends when its parent does, also when the parent is killed with SIGKILL (Linux).

Run by path it becomes another program: `python die_with_parent.py PARENT_PID PROGRAM ARGUMENT…`.
That is a program of its own, and not a `preexec_fn`, because code between fork and exec may hang
when the parent has threads. Standard library only.

The kernel ties this to the *thread* that started the process: start children from the main thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int, signal_number: int = signal.SIGTERM) -> None:
    """Ask the kernel for a signal when the parent ends. Forked workers call it again for themselves.

    Does nothing but look for the parent outside Linux.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent_pid:  # it died before we asked
        sys.exit(1)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    try:
        os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is what we want
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
