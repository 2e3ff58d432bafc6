"""At most one `unisoft run` for each DATA_DIR."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.processes.errors import StartError


@contextmanager
def only_one(data_dir: Path) -> Iterator[int]:
    """Hold DATA_DIR's lock; yields its file descriptor. The kernel frees it however we end.

    Raises:
        StartError: another process holds it.
    """
    private_dir(data_dir)
    path = private_dir(data_dir / "run") / "lock"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(
                f"Another `unisoft run` uses {data_dir.resolve()}; stop it, or set DATA_DIR to another folder."
            ) from None
        yield descriptor
    finally:
        os.close(descriptor)


def private_dir(path: Path) -> Path:
    """Make a folder that only this user can enter (0700), also when it exists with wider rights."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    except OSError as error:
        raise StartError(f"DATA_DIR: {path} cannot be used ({error.strerror}).") from None
    return path
