"""Child processes that never outlive this one and never meet the terminal's Ctrl-C themselves."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO

from backend.processes import die_with_parent
from backend.processes import guard as guard_program

# Isolated (-I) and without site (-S): 15 ms instead of 60, and nothing of the environment matters.
_BARE_PYTHON = (sys.executable, "-I", "-S")
_STANDARD_ERROR = 2


class Guard:
    """The process that ends registered children when this one is killed. See `guard.py`.

    Args:
        keep_open: a file descriptor that the guard holds as long as it lives, such as a lock that
            must not be free before the last child is gone.
        grace_s: how long the children of a killed process have, before they are killed too.
    """

    def __init__(self, keep_open: int | None = None, grace_s: float = 20) -> None:
        self._process = subprocess.Popen(
            [*_BARE_PYTHON, guard_program.__file__, str(grace_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=() if keep_open is None else (keep_open,),
        )

    def watch(self, pid: int) -> None:
        """End this process group when we are gone."""
        self._tell(f"+{pid}\n")

    def release(self, pid: int) -> None:
        """The group is gone; its number may come to belong to somebody else."""
        self._tell(f"-{pid}\n")

    def close(self) -> None:
        """Call when every child is released."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        self._process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        stdin = self._process.stdin
        assert stdin is not None
        return stdin

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # killed by somebody; the kernel's signal remains
            self._stdin.write(line.encode())
            self._stdin.flush()


def spawn(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    stdout: IO[bytes] | None = None,
    guard: Guard | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own that gets SIGTERM when we end.

    Its standard output goes to our standard error, unless `stdout` names a file.
    Call it from the main thread, see `die_with_parent`.
    """
    if sys.platform == "linux":
        command = [*_BARE_PYTHON, die_with_parent.__file__, str(os.getpid()), *command]
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout or _STANDARD_ERROR,
        process_group=0,
    )
    if guard:
        guard.watch(process.pid)
    return process


def terminate(process: subprocess.Popen[bytes]) -> None:
    """Ask one child to stop, and not what it forked.

    dramatiq's forks are told by their parent; told by us as well they would take it for a second
    order and drop what they hold.
    """
    with contextlib.suppress(ProcessLookupError):
        process.terminate()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and everything it forked. Safe when all of it is gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
