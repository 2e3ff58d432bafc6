"""Commands of the product, each in a new process that need not import the product again.

Most of the second that a command takes is its imports. A server process does them once and forks for each
command, which so begins with nothing of another's but the modules.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from backend import cli

_ROOT = Path(__file__).resolve().parents[2]
_WITHIN_S = 60
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__])


class CommandError(Exception):
    """What a command that failed printed on standard error."""


def run_command(arguments: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """What `unisoft …` prints in this environment. Raises `CommandError` unless it ends well."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = _forks.Process(target=_command, args=(arguments, dict(environment), name))
        process.start()
        process.join(_WITHIN_S)
        # Not `exitcode`: a start in another thread looks after all processes, and can be told it in our place.
        if (ended := _read(folder / "ended")) != "0":
            process.kill()
            raise CommandError(f"{arguments} ended with {ended or process.exitcode}: {_read(folder / 'errors')}")
        return _read(folder / "output")


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _command(arguments: tuple[str, ...], environment: dict[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(_ROOT)
    for number, name in ((1, "output"), (2, "errors")):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["unisoft", *arguments]
    code: object = None
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    Path(folder, "ended").write_text(str(code or 0))
